"""Assign slugs to units. Pure.

On any day the living unit of a name has the plain slug. A closed unit whose slug a living unit needs gets "-" and the
year in which it closed; without such a namesake it keeps the plain slug. Among closed namesakes, the one that closed
last has priority; a future unit comes after all of them and gets the year in which it begins. Two units that would
share a slug even with the year get their codes too.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from ..models import Ward
from ..text import make_slug


def assign_slugs(wards: Iterable[Ward], *, today: date) -> dict[int, str]:
    """Return the slug of each ward on that day, by id.

    Of two living namesakes in two provinces, the one that has the plain slug keeps it.
    """
    by_name: dict[str, list[Ward]] = defaultdict(list)
    for ward in wards:
        by_name[make_slug(ward.name)].append(ward)
    slugs: dict[int, str] = {}
    for plain, namesakes in by_name.items():
        taken: set[str] = set()
        for ward in sorted(namesakes, key=lambda ward: _rank(ward, plain, today)):
            slugs[ward.id] = next(slug for slug in _choices(ward, plain, today) if slug not in taken)
            taken.add(slugs[ward.id])
    return slugs


def _choices(ward: Ward, plain: str, today: date) -> tuple[str, ...]:
    if ward.lives_on(today):
        return plain, f"{plain}-{ward.code}"
    year = (ward.end_by(today) or ward.valid_from).year
    return plain, f"{plain}-{year}", f"{plain}-{year}-{ward.code}", f"{plain}-{ward.valid_from}-{ward.code}"


def _rank(ward: Ward, plain: str, today: date) -> tuple[int, int, str]:
    """Rank the living unit first, then the unit that closed last, then the unit that begins next."""
    if ward.lives_on(today):
        return 0, int(ward.slug != plain), ward.code
    if last := ward.end_by(today):
        return 1, -last.toordinal(), ward.code
    return 2, ward.valid_from.toordinal(), ward.code
