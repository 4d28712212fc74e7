"""Who gets which slug. Pure.

The living unit of a name has the plain slug. A closed unit whose slug a living one needs gets "-" and the year in which
it closed; without such a namesake it keeps the plain slug. Among closed namesakes the one that closed last counts as
the holder; two that would share a slug even with the year get their code too.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from ..text import make_slug

Key = tuple[str, str]  # code, valid_from


def assign_slugs(units: Mapping[Key, Mapping[str, Any]]) -> dict[Key, str]:
    """Return the slug of each unit; a unit holds name, valid_to (None while it lives) and code."""
    by_name: dict[str, list[Key]] = defaultdict(list)
    for key, unit in units.items():
        by_name[make_slug(unit["name"])].append(key)
    slugs: dict[Key, str] = {}
    for plain, keys in by_name.items():
        # The living first, then the last closed; of two living namesakes (in two provinces) the first code.
        keys.sort(key=lambda key: (-_closed_day(units[key]), key))
        taken: set[str] = set()
        for key in keys:
            year = (units[key]["valid_to"] or "")[:4]
            choices = [plain, f"{plain}-{year}" if year else f"{plain}-{key[0]}", f"{plain}-{year or key[1]}-{key[0]}"]
            slug = next(choice for choice in choices if choice not in taken)
            taken.add(slug)
            slugs[key] = slug
    return slugs


def _closed_day(unit: Mapping[str, Any]) -> int:
    return int((unit["valid_to"] or "9999-99-99").replace("-", ""))
