"""Who gets which slug. Pure.

On any day the living unit of a name has the plain slug. A closed unit whose slug a living one needs gets "-" and the
year in which it closed; without such a namesake it keeps the plain slug. Among closed namesakes the one that closed
last counts as the holder; a unit of the future waits behind them all, under the year in which it begins. Two that would
share a slug even with the year get their code too.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from ..text import make_slug

Key = tuple[str, str]  # code, valid_from


def assign_slugs(units: Mapping[Key, Mapping[str, Any]], *, today: date) -> dict[Key, str]:
    """Return the slug of each unit on that day.

    A unit holds code, valid_from, valid_to (None while no end is known), name, and `slug` where it has one already: of
    two living namesakes in two provinces the one that holds the plain slug keeps it.
    """
    by_name: dict[str, list[Key]] = defaultdict(list)
    for key, unit in units.items():
        by_name[make_slug(unit["name"])].append(key)
    slugs: dict[Key, str] = {}
    for plain, keys in by_name.items():
        taken: set[str] = set()
        for key in sorted(keys, key=lambda key: _rank(units[key], plain, today)):
            slugs[key] = next(slug for slug in _choices(units[key], plain, today) if slug not in taken)
            taken.add(slugs[key])
    return slugs


def _choices(unit: Mapping[str, Any], plain: str, today: date) -> tuple[str, ...]:
    code, begins, ends = unit["code"], unit["valid_from"], unit["valid_to"]
    if _is_living(unit, today):
        return plain, f"{plain}-{code}"
    year = (begins if begins > today.isoformat() else ends)[:4]
    return plain, f"{plain}-{year}", f"{plain}-{year}-{code}", f"{plain}-{begins}-{code}"


def _rank(unit: Mapping[str, Any], plain: str, today: date) -> tuple[int, int, str]:
    """The living first, then the last closed, then the next to begin."""
    if _is_living(unit, today):
        return 0, int(unit.get("slug") != plain), unit["code"]
    if unit["valid_from"] > today.isoformat():
        return 2, int(unit["valid_from"].replace("-", "")), unit["code"]
    return 1, -int(unit["valid_to"].replace("-", "")), unit["code"]


def _is_living(unit: Mapping[str, Any], today: date) -> bool:
    return bool(unit["valid_from"] <= today.isoformat() <= (unit["valid_to"] or "9999-12-31"))
