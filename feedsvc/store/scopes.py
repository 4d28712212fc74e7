"""Query and update scopes, their listings and the change log: everything that a change of an article affects."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal, NamedTuple

from ..database import Database
from ..models import VIETNAM, Article, Category, Change, ChangeKind, Scope, ScopeState, Tombstone
from ..position import Position
from .areas import list_areas_of_ward
from .articles import list_articles, list_published_of_ward
from .categories import row_to_category
from .facts import get_created_at, get_epoch
from .places import ARTICLES_THAT_NAME, MOVED, give_places, move_blocks, move_blocks_that_name
from .times import from_seconds, to_seconds
from .wards import list_lineage, list_renamed_to

# This scope moves with every change of a ward, an area or a category, whose names and addresses any scope may show.
REGISTRY_KEY = "registry"


def get_scope_state(db: Database, *keys: str) -> ScopeState:
    """Return the state of one or more scopes together; (0, time of the first start) if nothing has ever happened.

    A scope without any publication moves with the registry, which may change its name.
    """
    moved = _find_states(db, keys) or _find_states(db, [REGISTRY_KEY])
    if not moved:
        return ScopeState(0, get_created_at(db), get_epoch(db))
    seq, changed_at = (max(row[name] for row in moved) for name in ("seq", "changed_at"))
    return ScopeState(seq, from_seconds(changed_at), get_epoch(db))


def _find_states(db: Database, keys: Iterable[str]) -> list[sqlite3.Row]:
    rows = [db.execute("SELECT seq, changed_at FROM scopes WHERE key = ?", [key]).fetchone() for key in keys]
    return [row for row in rows if row is not None]


def get_last_position(db: Database) -> Position:
    """Return the position of the last change of anything."""
    return Position(get_epoch(db), db.execute("SELECT max(seq) FROM changes").fetchone()[0] or 0)


def has_change(db: Database, seq: int) -> bool:
    """Tell if the change log has an entry with this seq."""
    return db.execute("SELECT 1 FROM changes WHERE seq = ?", [seq]).fetchone() is not None


def find_next_move(db: Database, keys: Iterable[str]) -> tuple[Position, int | None]:
    """Return the position of the last change in any of the scopes, and the time of the next scheduled article.

    The time is in seconds since 1970. One cheap read that tells if a ready document is still fresh; `keys` may name
    scopes that do not exist yet.
    """
    row = db.execute(
        "SELECT (SELECT max(seq) FROM scopes WHERE key IN (SELECT value FROM json_each(?))),"
        " (SELECT min(published) FROM articles WHERE state = 'scheduled')",
        [json.dumps(list(keys))],
    ).fetchone()
    return Position(get_epoch(db), row[0] or 0), row[1]


def list_parts(db: Database, scope: Scope, *, today: date) -> list[Scope]:
    """List the scopes that a scope is put together from: itself, or with lineage also that of each preceding unit."""
    if scope.ward is None or not scope.lineage:
        return [scope]
    return [Scope(ward=ward, category=scope.category) for ward in list_lineage(db, scope.ward, by=today)]


def list_scope_keys(db: Database, scope: Scope, *, today: date) -> list[str]:
    """List the keys under which a scope is listed: its own, or with lineage also those of each preceding unit."""
    return [part.key for part in list_parts(db, scope, today=today)]


def list_scopes_of(db: Database, article: Article, *, today: date) -> list[Scope]:
    """List every scope that has the article today: of its ward, of the ward's later names, of the areas on its day."""
    day = article.published.astimezone(VIETNAM).date()
    wards = [article.ward, *list_renamed_to(db, article.ward, by=today)]
    places = [Scope(), *(Scope(ward=ward) for ward in wards)]
    places += [Scope(area=area) for area in list_areas_of_ward(db, article.ward.id, on=day) if area.has_begun(today)]
    sections = [None, *article.categories]
    return [Scope(place.ward, place.area, category) for place in places for category in sections]


def record_change(db: Database, article: Article, kind: ChangeKind, *, now: datetime) -> int:
    """Append to the change log, update the listings of the article, and move every scope that it is in or was in.

    Returns the seq of the change. Call it after saving the row of the article, in the same transaction.
    """
    seq = _append(db, kind, "article_id", article.id, now)
    db.execute("DELETE FROM tombstones WHERE article_id = ?", [article.id])
    if article.withdrawn_at is not None:
        db.execute(
            "INSERT INTO tombstones (scope_id, withdrawn_at, article_id)"
            " SELECT scope_id, ?, article_id FROM listings WHERE article_id = ?",
            [to_seconds(article.withdrawn_at), article.id],
        )
    _list_where_it_belongs(db, article, seq, now)
    return seq


def list_tombstones(db: Database, *keys: str, since: datetime) -> list[Tombstone]:
    """List the articles withdrawn from one or more scopes at or after `since`, the latest first."""
    found: dict[int, Tombstone] = {}
    for key in keys:
        rows = db.execute(
            "SELECT a.id, a.guid, t.withdrawn_at, a.withdrawn_reason FROM tombstones AS t"
            " JOIN articles AS a ON a.id = t.article_id"
            " WHERE t.scope_id = (SELECT id FROM scopes WHERE key = ?) AND t.withdrawn_at >= ?",
            [key, to_seconds(since)],
        )
        for row in rows:
            found[row["id"]] = Tombstone(row["guid"], from_seconds(row["withdrawn_at"]), row["withdrawn_reason"])
    return sorted(found.values(), key=lambda tombstone: (tombstone.withdrawn_at, tombstone.guid), reverse=True)


def list_withdrawn(
    db: Database, *keys: str, since: datetime, most: int, damaged: dict[int, str] | None = None
) -> list[Article]:
    """List the articles withdrawn last from one or more scopes, at or after `since`; at most `most` of each scope."""
    ids: set[int] = set()
    for key in keys:
        rows = db.execute(
            "SELECT article_id FROM tombstones WHERE scope_id = (SELECT id FROM scopes WHERE key = ?)"
            " AND withdrawn_at >= ? ORDER BY withdrawn_at DESC, article_id DESC LIMIT ?",
            [key, to_seconds(since), most],
        )
        ids |= {row["article_id"] for row in rows}
    return list_articles(db, sorted(ids), damaged=damaged)


def list_changed_since(db: Database, seq: int, *, most: int) -> set[int] | None:
    """Return the ids of articles that changed after `seq`; None if more than `most` did, or if the registry changed."""
    rows = db.execute("SELECT article_id FROM changes WHERE seq > ? ORDER BY seq LIMIT ?", [seq, most + 1]).fetchall()
    if len(rows) > most or any(row["article_id"] is None for row in rows):
        return None
    return {row["article_id"] for row in rows}


def record_registry_change(
    db: Database, kind: ChangeKind, subject: Literal["ward", "area", "category"], subject_id: int, *, now: datetime
) -> int:
    """Log a change of a ward, an area or a category, and move every scope that shows it. Returns the seq of the change.

    These scopes are its own; all scopes of its articles, because an item names its ward and categories; and
    "everything", which renews the lists on pages.
    """
    seq = _append(db, kind, f"{subject}_id", subject_id, now)
    own = f"{subject}/{subject_id}"
    keys = json.dumps(["everything", REGISTRY_KEY, own])
    db.execute(_MOVE_SCOPES, {"keys": keys, "seq": seq, "now": to_seconds(now)})
    db.execute(
        f"UPDATE scopes SET {MOVED} WHERE key GLOB :below OR key GLOB :within",
        {"seq": seq, "at": to_seconds(now), "below": f"{own}/*", "within": f"*/{own}"},
    )
    if subject != "area":
        values = {"seq": seq, "at": to_seconds(now), "subject": subject_id}
        db.execute(_MOVE_WHERE_SHOWN[subject], values)
        if kind == "renamed":  # archive documents show articles, which carry names
            move_blocks_that_name(db, subject, subject_id, seq, now)
    return seq


_MOVE_WHERE_SHOWN = {
    subject: f"UPDATE scopes SET {MOVED} WHERE id IN (SELECT scope_id FROM listings WHERE article_id IN ({articles}))"
    for subject, articles in ARTICLES_THAT_NAME.items()
}


def relist_ward(db: Database, ward_id: int, *, seq: int, now: datetime) -> None:
    """Update the listings of every article of a ward after its areas or successions changed.

    Only scopes that gain or lose an article move.
    """
    for article in list_published_of_ward(db, ward_id):
        listed = {
            row["key"]
            for row in db.execute(
                "SELECT key FROM scopes WHERE id IN (SELECT scope_id FROM listings WHERE article_id = ?)", [article.id]
            )
        }
        wanted = {scope.key for scope in list_scopes_of(db, article, today=_day_of(now))}
        if listed != wanted:
            _move(db, listed ^ wanted, seq, now)
            db.execute("DELETE FROM listings WHERE article_id = ?", [article.id])
            _list(db, article, wanted)
            move_blocks(db, article.id, seq, now, keys=listed ^ wanted)


def _append(db: Database, kind: ChangeKind, name: str, subject_id: int, now: datetime) -> int:
    cursor = db.execute(
        f"INSERT INTO changes (kind, {name}, changed_at) VALUES (?, ?, ?)", [kind, subject_id, to_seconds(now)]
    )
    assert cursor.lastrowid is not None
    return int(cursor.lastrowid)


def _list_where_it_belongs(db: Database, article: Article, seq: int, now: datetime) -> None:
    db.execute(
        f"UPDATE scopes SET {MOVED} WHERE id IN (SELECT scope_id FROM listings WHERE article_id = :article)",
        {"seq": seq, "at": to_seconds(now), "article": article.id},
    )
    db.execute("DELETE FROM listings WHERE article_id = ?", [article.id])
    keys = {scope.key for scope in list_scopes_of(db, article, today=_day_of(now))}
    _move(db, keys, seq, now)
    if article.state == "published":
        _list(db, article, keys)
    move_blocks(db, article.id, seq, now)


def _day_of(moment: datetime) -> date:
    return moment.astimezone(VIETNAM).date()


def _move(db: Database, keys: Iterable[str], seq: int, now: datetime) -> None:
    """Set the state of scopes; add those that are new."""
    db.execute(_MOVE_SCOPES, {"keys": json.dumps(sorted(keys)), "seq": seq, "now": to_seconds(now)})


def _list(db: Database, article: Article, keys: Iterable[str]) -> None:
    db.execute(
        "INSERT INTO listings (scope_id, published, article_id, appeared)"
        " SELECT id, :published, :article, :appeared FROM scopes WHERE key IN (SELECT value FROM json_each(:keys))",
        {
            "keys": json.dumps(sorted(keys)),
            "published": to_seconds(article.published),
            "article": article.id,
            "appeared": to_seconds(article.appeared or article.published),
        },
    )
    give_places(db, article.id, keys)


# Without WHERE true, SQLite would parse ON as that of a join.
_MOVE_SCOPES = """
INSERT INTO scopes (key, seq, changed_at) SELECT value, :seq, :now FROM json_each(:keys) WHERE true
ON CONFLICT (key) DO UPDATE SET
  seq = excluded.seq, changed_at = min(max(changed_at, excluded.changed_at), excluded.changed_at + 60)
"""


def list_changes(db: Database, *, since: int, limit: int) -> list[Change]:
    """List changes after seq `since`, in order."""
    return [item.change for item in list_change_items(db, since=since, limit=limit)]


class ChangeItem(NamedTuple):
    """A change with what never changes of its article: guid, publication time (ISO 8601), place in order of arrival."""

    change: Change
    guid: str | None
    published: str | None
    position: int | None


def list_change_items(db: Database, *, since: int, limit: int) -> list[ChangeItem]:
    """List changes after seq `since`, in order."""
    rows = db.execute(
        "SELECT c.seq, c.kind, c.article_id, c.ward_id, c.area_id, c.category_id, c.changed_at, a.guid, a.published,"
        " p.position FROM changes AS c LEFT JOIN articles AS a ON a.id = c.article_id"
        " LEFT JOIN appearances AS p ON p.article_id = c.article_id"
        "  AND p.scope_id = (SELECT id FROM scopes WHERE key = ?)"
        " WHERE c.seq > ? ORDER BY c.seq LIMIT ?",
        [Scope().key, since, limit],
    )
    return [
        ChangeItem(
            Change(
                seq=row["seq"],
                kind=row["kind"],
                article_id=row["article_id"],
                ward_id=row["ward_id"],
                area_id=row["area_id"],
                category_id=row["category_id"],
                changed_at=from_seconds(row["changed_at"]),
            ),
            row["guid"],
            None if row["published"] is None else from_seconds(row["published"]).isoformat(),
            row["position"],
        )
        for row in rows
    ]


def list_categories_with_articles(db: Database, place: Scope) -> list[Category]:
    """List the categories in which a place (a ward, an area, everything) has articles, in the order of the registry.

    The key of a place is the prefix of the keys of its scopes, so this reads a few keys and never an article.
    """
    prefix = "" if place.key == "everything" else place.key + "/"
    rows = db.execute(
        "SELECT c.id, c.slug, c.label FROM categories AS c JOIN scopes AS s ON s.key = ? || 'category/' || c.id"
        " WHERE c.hidden = 0 AND EXISTS (SELECT 1 FROM listings AS l WHERE l.scope_id = s.id)"
        " ORDER BY c.position, c.id",
        [prefix],
    )
    return [row_to_category(row) for row in rows]


def list_ward_ids_with_articles(db: Database) -> set[int]:
    """Return the ids of the wards that have published articles."""
    rows = db.execute(
        "SELECT w.id FROM wards AS w JOIN scopes AS s ON s.key = 'ward/' || w.id"
        " WHERE EXISTS (SELECT 1 FROM listings AS l WHERE l.scope_id = s.id)"
    )
    return {row["id"] for row in rows}


def list_states_with_articles(db: Database) -> dict[str, ScopeState]:
    """Return the state of every scope that has published articles, by its key; one query serves all lists."""
    rows = db.execute(
        "SELECT s.key, s.seq, s.changed_at FROM scopes AS s"
        " WHERE EXISTS (SELECT 1 FROM listings AS l WHERE l.scope_id = s.id)"
    )
    epoch = get_epoch(db)
    return {row["key"]: ScopeState(row["seq"], from_seconds(row["changed_at"]), epoch) for row in rows}
