"""Query archives: the blocks of a hundred places in the order of arrival, and the months that people look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..blocks import BLOCK
from ..database import Database
from ..models import Article, Month, Tombstone
from .articles import list_latest, list_listed
from .times import from_seconds, to_seconds

_SCOPE_ID = "(SELECT id FROM scopes WHERE key = ?)"


@dataclass(frozen=True, slots=True)
class Sealed:
    """The state of a full block: the last change in it, and the numbers of the full blocks next to it, if any."""

    seq: int
    changed_at: datetime
    earlier: int | None
    later: int | None


def find_sealed(db: Database, key: str, number: int) -> Sealed | None:
    """Return the state of block `number` of a scope; None if it is not full, or nothing has ever appeared in it."""
    row = db.execute(
        "SELECT b.seq, b.changed_at,"
        " (SELECT max(e.number) FROM blocks AS e WHERE e.scope_id = b.scope_id AND e.number < b.number) AS earlier,"
        " (SELECT min(l.number) FROM blocks AS l WHERE l.scope_id = b.scope_id AND l.number > b.number"
        f"   AND l.number <= s.last_position / {BLOCK}) AS later"
        " FROM scopes AS s JOIN blocks AS b ON b.scope_id = s.id"
        f" WHERE s.key = ? AND b.number = ? AND b.number <= s.last_position / {BLOCK}",
        [key, number],
    ).fetchone()
    return None if row is None else Sealed(row["seq"], from_seconds(row["changed_at"]), row["earlier"], row["later"])


def find_last_sealed(db: Database, key: str) -> int | None:
    """Return the number of the last full block of a scope."""
    row = db.execute(
        f"SELECT max(number) FROM blocks WHERE scope_id = {_SCOPE_ID}"
        f" AND number <= (SELECT last_position / {BLOCK} FROM scopes WHERE key = ?)",
        [key, key],
    ).fetchone()
    return None if row[0] is None else int(row[0])


def list_block(db: Database, key: str, number: int, *, damaged: dict[int, str]) -> list[Article]:
    """List the articles of a block that the scope shows today, the newest first; `damaged` as for `list_latest`."""
    rows = db.execute(
        f"SELECT article_id FROM appearances WHERE scope_id = {_SCOPE_ID} AND position > ? AND position <= ?",
        [key, (number - 1) * BLOCK, number * BLOCK],
    )
    return list_listed(db, [row["article_id"] for row in rows], key, damaged=damaged)


def list_tombstones_of_block(db: Database, key: str, number: int) -> list[Tombstone]:
    """List what is left of the articles of a block that were withdrawn, the latest first."""
    rows = db.execute(
        "SELECT a.guid, t.withdrawn_at, a.withdrawn_reason FROM appearances AS p"
        " JOIN articles AS a ON a.id = p.article_id"
        " JOIN tombstones AS t ON t.scope_id = p.scope_id AND t.withdrawn_at = a.withdrawn_at AND t.article_id = a.id"
        f" WHERE p.scope_id = {_SCOPE_ID} AND p.position > ? AND p.position <= ?",
        [key, (number - 1) * BLOCK, number * BLOCK],
    )
    found = [Tombstone(row["guid"], from_seconds(row["withdrawn_at"]), row["withdrawn_reason"]) for row in rows]
    return sorted(found, key=lambda tombstone: (tombstone.withdrawn_at, tombstone.guid), reverse=True)


def list_ids_after_sealed(db: Database, key: str) -> list[int]:
    """List the ids of the articles that appeared in a scope after its last full block: at most 99."""
    rows = db.execute(
        "SELECT p.article_id FROM scopes AS s JOIN appearances AS p ON p.scope_id = s.id"
        f" AND p.position > s.last_position / {BLOCK} * {BLOCK} WHERE s.key = ?",
        [key],
    )
    return [row["article_id"] for row in rows]


def find_first_of_month(db: Database, key: str, month: Month) -> tuple[datetime, int] | None:
    """Return time and place (position) of the first article that a scope published in a month."""
    row = db.execute(
        "SELECT l.published, p.position FROM listings AS l"
        " JOIN appearances AS p ON p.article_id = l.article_id AND p.scope_id = l.scope_id"
        f" WHERE l.scope_id = {_SCOPE_ID} AND l.published >= ? AND l.published < ?"
        " ORDER BY l.published, l.article_id LIMIT 1",
        [key, to_seconds(month.start), to_seconds(month.end)],
    ).fetchone()
    return None if row is None else (from_seconds(row["published"]), row["position"])


def list_month(
    db: Database, keys: Sequence[str], month: Month, *, limit: int, before: tuple[datetime, int] | None = None
) -> list[Article]:
    """List up to `limit` articles that one or more scopes published in a month, the newest first.

    With `before` (time and id of an article), only those that follow it in that order.
    """
    found = list_latest(db, *keys, limit=limit, before=before or (month.end, 0))
    return [article for article in found if article.published >= month.start]


def find_month_before(db: Database, keys: Sequence[str], moment: datetime) -> Month | None:
    """Return the last month before a moment in which the scope published anything."""
    found = [
        db.execute(
            f"SELECT max(published) FROM listings WHERE scope_id = {_SCOPE_ID} AND published < ?",
            [key, to_seconds(moment)],
        ).fetchone()[0]
        for key in keys
    ]
    times = [seconds for seconds in found if seconds is not None]
    return Month.of(from_seconds(max(times))) if times else None


def find_month_after(db: Database, keys: Sequence[str], moment: datetime) -> Month | None:
    """Return the first month that begins at or after a moment in which the scope published anything."""
    found = [
        db.execute(
            f"SELECT min(published) FROM listings WHERE scope_id = {_SCOPE_ID} AND published >= ?",
            [key, to_seconds(moment)],
        ).fetchone()[0]
        for key in keys
    ]
    times = [seconds for seconds in found if seconds is not None]
    return Month.of(from_seconds(min(times))) if times else None


def list_months(db: Database, keys: Sequence[str], *, before: datetime) -> list[Month]:
    """List the months in which the scope published anything, the newest first; one index lookup per month and key."""
    months: list[Month] = []
    month = find_month_before(db, keys, before)
    while month is not None:
        months.append(month)
        month = find_month_before(db, keys, month.start)
    return months
