"""Compute what visitors see of the registry on a day, and the events between two such views.

New data and a new day are treated alike: every difference between the two views is an event, and nothing else is. A
reform that is loaded ahead therefore leaves no trace before its day.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ..database import Database
from ..models import ChangeKind, Membership
from ..store.areas import list_all_areas, list_memberships
from ..store.wards import list_successions, list_wards


@dataclass(frozen=True, slots=True)
class WardSight:
    """A ward that has begun; `ended` is its last day, None until that is over.

    `successors` has (id, kind of succession, is the default) of each ward that has taken over by then.
    """

    called: tuple[str, str]  # name, slug
    ended: date | None
    successors: frozenset[tuple[int, str, bool]]

    @property
    def later_names(self) -> set[int]:
        return {successor for successor, kind, _ in self.successors if kind == "renamed"}


@dataclass(frozen=True, slots=True)
class AreaSight:
    """An area that has begun; `ended` is its last day, None until that is over; `members` are those that have begun."""

    called: str
    ended: date | None
    members: frozenset[Membership]

    def describe_members(self, day: date) -> set[tuple[int, date | None, date | None]]:
        """Return the ward, the first day and the last day of each member; None for a last day that is not yet over."""
        return {
            (member.ward_id, member.valid_from, member.valid_to if member.has_ended(day) else None)
            for member in self.members
        }


@dataclass(frozen=True, slots=True)
class Sight:
    """The wards and areas that have begun by `day`, by id."""

    day: date
    wards: dict[int, WardSight]
    areas: dict[int, AreaSight]


@dataclass(frozen=True, slots=True)
class Event:
    """An entry for the change log."""

    kind: ChangeKind
    subject: Literal["ward", "area"]
    subject_id: int


def look(db: Database, day: date) -> Sight:
    """Return what visitors see on that day, from the stored registry."""
    successors: dict[int, set[tuple[int, str, bool]]] = defaultdict(set)
    for item in list_successions(db):
        if item.on <= day:
            successors[item.ward.id].add((item.successor.id, item.kind, item.is_default))
    wards = {
        ward.id: WardSight((ward.name, ward.slug), ward.end_by(day), frozenset(successors[ward.id]))
        for ward in list_wards(db, begun_by=day)
    }
    members: dict[int, set[Membership]] = defaultdict(set)
    for member in list_memberships(db):
        if member.has_begun(day) and member.ward_id in wards:
            members[member.area_id].add(member)
    areas = {
        area.id: AreaSight(area.name, area.end_by(day), frozenset(members[area.id]))
        for area in list_all_areas(db)
        if area.has_begun(day)
    }
    return Sight(day, wards, areas)


def list_events(before: Sight, after: Sight) -> Iterator[Event]:
    """Yield what happened to wards and areas between two views."""
    for ward_id, ward in after.wards.items():
        known = before.wards.get(ward_id)
        for kind in _compare(known, ward):
            yield Event(kind, "ward", ward_id)
        if known is not None and known.ended == ward.ended is not None and known.successors != ward.successors:
            yield Event("closed", "ward", ward_id)  # once more, because its feeds and page name other successors
    for area_id, area in after.areas.items():
        old = before.areas.get(area_id)
        for kind in _compare(old, area):
            yield Event(kind, "area", area_id)
        if old is not None and old.describe_members(before.day) != area.describe_members(after.day):
            yield Event("members", "area", area_id)
    for area_id in before.areas.keys() - after.areas.keys():
        yield Event("closed", "area", area_id)  # its first day was postponed


def _compare(old: WardSight | AreaSight | None, new: WardSight | AreaSight) -> Iterator[ChangeKind]:
    if old is None:
        yield "closed" if new.ended else "opened"
        return
    if old.called != new.called:
        yield "renamed"
    if old.ended != new.ended:
        yield "closed" if new.ended else "opened"


def list_regrouped(before: Sight, after: Sight) -> set[int]:
    """Return the ids of the wards whose articles are in other feeds than before.

    A membership that ended in between moves no article: the articles of its time stay in the area's feeds.
    """
    regrouped = {
        ward_id
        for ward_id, ward in after.wards.items()
        if (before.wards[ward_id].later_names if ward_id in before.wards else set()) != ward.later_names
    }
    for area_id in before.areas.keys() | after.areas.keys():
        old, new = (
            sight.areas[area_id].describe_members(before.day) if area_id in sight.areas else set()
            for sight in (before, after)
        )
        regrouped |= {ward_id for ward_id, _, _ in old ^ new}
    return regrouped
