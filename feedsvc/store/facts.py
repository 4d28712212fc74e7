"""Query the facts of the instance: name and value. Those of the first start never change, whatever the settings."""

import secrets
from datetime import datetime

from ..database import Database
from ..models import VIETNAM
from .times import from_seconds, to_seconds


def find_fact(db: Database, name: str) -> str | None:
    row = db.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
    return None if row is None else str(row["value"])


def get_epoch(db: Database) -> str:
    """Return the epoch to which every seq belongs; each restore and each site has another one."""
    return find_fact(db, "epoch") or ""


def get_epoch_start(db: Database) -> datetime:
    """Return the time of the last restore; for clients that saw lost changes, no document is older than this time."""
    return from_seconds(int(find_fact(db, "epoch_start") or 0))


def renew_epoch(db: Database, *, now: datetime) -> None:
    """Begin a new epoch, which invalidates every seq, page and validator that clients know."""
    record_fact(db, "epoch", secrets.token_hex(8))
    record_fact(db, "epoch_start", str(to_seconds(now)))


def get_created_at(db: Database) -> datetime:
    """Return the time of the first start: the last change of a feed in which nothing has ever happened."""
    return from_seconds(int(find_fact(db, "created_at") or 0))


def record_first_start(db: Database, *, tag_authority: str, now: datetime) -> None:
    """Store the authority and date of every guid (RFC 4151) and the time of the first start; later calls do nothing."""
    day = now.astimezone(VIETNAM).date().isoformat()
    facts = {"tag_authority": tag_authority, "tag_date": day, "created_at": str(to_seconds(now))}
    for name, value in facts.items():
        db.execute("INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", [name, value])


def record_fact(db: Database, name: str, value: str) -> None:
    db.execute(
        "INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [name, value],
    )
