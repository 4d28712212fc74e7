"""Apply a new day or new data to the units: slugs pass on, units open and close, and subscribers learn of it.

A reform may be loaded before it takes effect; on its first day, the first request or command settles it.
"""

from datetime import date, datetime

from ..database import Database, transaction
from ..models import VIETNAM
from ..store.facts import find_fact, record_fact
from ..store.scopes import record_registry_change, relist_ward
from ..store.slugs import record_former_slug
from ..store.wards import list_wards, save_ward_slugs
from .sight import Sight, list_events, list_regrouped, look
from .slugs import assign_slugs

_FACT = "settled_on"


def is_settled(db: Database, today: date) -> bool:
    return find_fact(db, _FACT) == today.isoformat()


def look_as_settled(db: Database) -> Sight | None:
    """Return what visitors saw on the day of the last settling; None before the first registry is loaded."""
    day = find_fact(db, _FACT)
    return None if day is None else look(db, date.fromisoformat(day))


def settle(db: Database, *, now: datetime, before: Sight | None = None) -> int:
    """Give every unit its slug of today, and log the events since the last settling; return their number.

    `before` is what visitors saw before new data was loaded; without it, only time has passed.
    """
    today = now.astimezone(VIETNAM).date()
    with transaction(db):
        before = before or look_as_settled(db)
        wards = list_wards(db)
        slugs = assign_slugs(wards, today=today)
        save_ward_slugs(db, {ward.id: slugs[ward.id] for ward in wards if ward.slug != slugs[ward.id]})
        record_fact(db, _FACT, today.isoformat())
        if before is None:  # the first load: nobody has subscribed to anything yet
            return len(wards)
        after = look(db, today)
        seqs = [
            record_registry_change(db, event.kind, event.subject, event.subject_id, now=now)
            for event in list_events(before, after)
        ]
        for ward_id, ward in before.wards.items():
            _, slug = ward.called
            if slug != slugs[ward_id]:
                record_former_slug(db, "ward", slug, ward_id)
        for ward_id in list_regrouped(before, after):
            relist_ward(db, ward_id, seq=seqs[-1], now=now)
        return len(seqs)
