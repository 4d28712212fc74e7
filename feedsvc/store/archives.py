"""Query archives: the articles of a scope in one month, and the months that have any. All are ranges of `listings`."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from ..database import Database
from ..models import Article, Month
from .articles import list_articles
from .times import from_seconds, to_seconds

_SCOPE_ID = "(SELECT id FROM scopes WHERE key = ?)"


def list_month(db: Database, keys: Sequence[str], month: Month) -> list[Article]:
    """List every article that one or more scopes published in a month, the newest first."""
    ids = {row["article_id"] for key in keys for row in _list_month_rows(db, key, month)}
    return sorted(list_articles(db, sorted(ids)), key=lambda article: (article.published, article.id), reverse=True)


def _list_month_rows(db: Database, key: str, month: Month) -> list[dict[str, int]]:
    rows = db.execute(
        f"SELECT article_id FROM listings WHERE scope_id = {_SCOPE_ID} AND published >= ? AND published < ?",
        [key, to_seconds(month.start), to_seconds(month.end)],
    )
    return [dict(row) for row in rows]


def get_month_state(db: Database, keys: Sequence[str], month: Month) -> tuple[str, datetime | None]:
    """Return a digest of the content of a month's archive, and the time of its last change (None: never any content).

    An archive of the past thus stays the same document, whatever the scope publishes today (RFC 5005, 4).
    """
    digest = hashlib.blake2b(digest_size=12)
    changed_at = 0
    for key in keys:
        for query in (_SHOWN_IN_MONTH, _GONE_FROM_MONTH):
            for row in db.execute(query, [key, to_seconds(month.start), to_seconds(month.end)]):
                changed_at = max(changed_at, row["changed_at"])
                digest.update(repr(tuple(row)).encode())
    return digest.hexdigest(), from_seconds(changed_at) if changed_at else None


_STATE_OF_ARTICLE = (
    "SELECT a.id, a.content_hash, a.updated, a.changed_at, a.state, w.name,"
    " (SELECT group_concat(coalesce(ac.label, c.label) || c.slug) FROM article_categories AS ac"
    "    JOIN categories AS c ON c.id = ac.category_id WHERE ac.article_id = a.id) AS labels"
)
# Each query reads in the order of its table, so SQLite need not sort.
_SHOWN_IN_MONTH = (
    f"{_STATE_OF_ARTICLE} FROM listings AS l JOIN articles AS a ON a.id = l.article_id"
    f" JOIN wards AS w ON w.id = a.ward_id WHERE l.scope_id = {_SCOPE_ID} AND l.published >= ? AND l.published < ?"
    " ORDER BY l.published, l.article_id"
)
_GONE_FROM_MONTH = (
    f"{_STATE_OF_ARTICLE} FROM tombstones AS t JOIN articles AS a ON a.id = t.article_id"
    f" JOIN wards AS w ON w.id = a.ward_id WHERE t.scope_id = {_SCOPE_ID} AND a.published >= ? AND a.published < ?"
    " ORDER BY t.withdrawn_at, t.article_id"
)


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
