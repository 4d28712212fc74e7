"""Query articles for the sitemap: published articles by ranges of ids, and the last change of each range.

Range N of size S covers the ids from N*S + 1 to (N+1)*S, published or not, so an old range never shifts.
"""

from collections.abc import Iterator

from ..database import Database
from ..models import ArticleStamp, ScopeState
from .facts import get_epoch
from .times import from_seconds


def count_published(db: Database, *, most: int) -> int:
    """Count the published articles, up to `most`."""
    row = db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM listings WHERE scope_id = (SELECT id FROM scopes WHERE key = 'everything')"
        " LIMIT ?)",
        [most],
    ).fetchone()
    return int(row[0])


def list_stamps(db: Database, number: int, *, size: int) -> Iterator[ArticleStamp]:
    """Yield the published articles of a range in the order of their ids, one row at a time, without their texts."""
    rows = db.execute(
        "SELECT id, slug, updated FROM articles WHERE id > :number * :size AND id <= (:number + 1) * :size"
        " AND state = 'published' ORDER BY id",
        {"number": number, "size": size},
    )
    return (ArticleStamp(row["id"], row["slug"], from_seconds(row["updated"])) for row in rows)


def find_range_state(db: Database, number: int, *, size: int) -> ScopeState | None:
    """Return the last change of any article in a range; None if no article in it is published."""
    row = db.execute(
        "SELECT seq, changed_at FROM changes"
        " WHERE seq = (SELECT max(seq) FROM changes"
        " WHERE article_id > :number * :size AND article_id <= (:number + 1) * :size)"
        " AND EXISTS (SELECT 1 FROM articles"
        " WHERE id > :number * :size AND id <= (:number + 1) * :size AND state = 'published')",
        {"number": number, "size": size},
    ).fetchone()
    return None if row is None else ScopeState(row["seq"], from_seconds(row["changed_at"]), get_epoch(db))


def list_range_states(db: Database, *, size: int) -> dict[int, ScopeState]:
    """Return the last change of each range that has published articles, by its number."""
    last = db.execute("SELECT coalesce(max(id), 0) FROM articles").fetchone()[0]
    states = ((number, find_range_state(db, number, size=size)) for number in range(-(-last // size)))
    return {number: state for number, state in states if state is not None}
