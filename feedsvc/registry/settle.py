"""What a new day or new data makes of the units: slugs pass on, units open and close, and who subscribed gets to know.

A reform may be loaded before it comes into force; on its first day the first request (or command) settles it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ..database import Database, transaction
from ..models import VIETNAM, ChangeKind
from ..store.areas import list_all_areas
from ..store.facts import find_fact, record_fact
from ..store.registry import Key, list_units, record_former_slug, save_ward_slugs
from ..store.scopes import record_registry_change
from .slugs import assign_slugs

_FACT = "settled_on"


def is_settled(db: Database, today: date) -> bool:
    return find_fact(db, _FACT) == today.isoformat()


def settle(db: Database, *, now: datetime, before: Mapping[Key, Mapping[str, Any]] | None = None) -> int:
    """Give every unit its slug of today and log what happened to it since it was settled last; returns how much did.

    `before` are the units as they stood before new data came; without it only the days have passed.
    """
    today = now.astimezone(VIETNAM).date()
    with transaction(db):
        last_day = find_fact(db, _FACT)
        units = list_units(db)
        before = units if before is None else before
        slugs = assign_slugs(units, today=today)
        save_ward_slugs(db, {unit["id"]: slugs[key] for key, unit in units.items() if unit["slug"] != slugs[key]})
        record_fact(db, _FACT, today.isoformat())
        if last_day is None:  # the first load: nobody has subscribed to anything yet
            return len(units)
        happened = 0
        for key, unit in units.items():
            old = before.get(key)
            kind = _what_happened(old, {**unit, "slug": slugs[key]}, last_day, today.isoformat())
            if kind is not None:
                happened += 1
                record_registry_change(db, kind, "ward", unit["id"], now=now)
            if old is not None and old["slug"] != slugs[key]:
                record_former_slug(db, "ward", old["slug"], unit["id"])
        for area in list_all_areas(db):
            if area.valid_to is not None and last_day <= area.valid_to.isoformat() < today.isoformat():
                happened += 1
                record_registry_change(db, "closed", "area", area.id, now=now)
        return happened


def _what_happened(
    old: Mapping[str, Any] | None, unit: Mapping[str, Any], last_day: str, today: str
) -> ChangeKind | None:
    """Compare a unit on the day it was settled last with today; an end that is still to come is no change yet."""
    state = _state_on(unit, today)
    if old is not None and (old["name"], old["slug"]) != (unit["name"], unit["slug"]):
        return "renamed"
    if state == "ended" and (old is None or old["valid_to"] != unit["valid_to"] or _state_on(old, last_day) != state):
        return "closed"
    if state == "living" and (old is None or _state_on(old, last_day) != state):
        return "opened"
    return None


def _state_on(unit: Mapping[str, Any], day: str) -> str:
    if unit["valid_from"] > day:
        return "to come"
    return "ended" if unit["valid_to"] is not None and unit["valid_to"] < day else "living"
