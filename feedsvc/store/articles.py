"""Query and save the rows of articles. `store.scopes` has their listings and the change log."""

import json
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any, Literal

from ..database import Database
from ..errors import NotFoundError
from ..models import Article, Category, Image, State
from .times import from_seconds, to_seconds
from .wards import make_ward

# The columns with the same name as the field of Article: texts and numbers unchanged, times as seconds. Categories,
# ward and images have tables of their own. A new text field takes one word here, and a migration.
_PLAIN = (
    "id", "guid", "identity", "title", "slug", "summary", "content_html", "author", "source_url", "view_count",
    "content_hash", "state", "withdrawn_reason", "language", "correction_note",
)  # fmt: skip
_TIMES = ("published", "updated", "withdrawn_at", "corrected_at", "appeared")
# In the order in which row_to_article reads them: lookups by name would take a quarter of its time.
_COLUMNS = (
    ", ".join(f"a.{name}" for name in (*_PLAIN, *_TIMES, "published_has_time")) + ","
    " w.id, w.code, w.valid_from, w.valid_to, w.kind, w.name, w.slug,"
    " (SELECT json_group_array(json_array(ac.position, c.id, c.slug, coalesce(ac.label, c.label)))"
    "    FROM article_categories AS ac JOIN categories AS c ON c.id = ac.category_id"
    "    WHERE ac.article_id = a.id),"
    " (SELECT json_group_array(json_array(i.position, i.url, i.media_type, i.length, i.width, i.height,"
    "    i.caption, i.credit, i.alt, i.media_hash)) FROM article_images AS i WHERE i.article_id = a.id)"
)
_END_OF_PLAIN, _END_OF_TIMES = len(_PLAIN), len(_PLAIN) + len(_TIMES)
_FROM_ARTICLES = "articles AS a JOIN wards AS w ON w.id = a.ward_id"
_NOTHING = "[]"
_END_OF_TIME = (2**62, 0)


def row_to_article(row: sqlite3.Row) -> Article:
    values = tuple(row)
    has_time, *ward, categories, images = values[_END_OF_TIMES:]
    times = [None if value is None else from_seconds(value) for value in values[_END_OF_PLAIN:_END_OF_TIMES]]
    fields: dict[str, Any] = dict(zip(_PLAIN, values[:_END_OF_PLAIN], strict=True))
    fields.update(zip(_TIMES, times, strict=True))
    return Article(
        **fields,
        published_has_time=bool(has_time),
        ward=make_ward(*ward),
        categories=tuple([Category(*each) for _, *each in sorted(json.loads(categories))]),
        images=tuple([Image(*each) for _, *each in sorted(json.loads(images))]) if images != _NOTHING else (),
    )


def find_article(db: Database, article_id: int) -> Article | None:
    return _find(db, "a.id = ?", article_id)


def get_article(db: Database, article_id: int) -> Article:
    article = find_article(db, article_id)
    if article is None:
        raise NotFoundError("article", article_id, "see `feedsvc articles list`")
    return article


def find_article_by_identity(db: Database, identity: str) -> Article | None:
    return _find(db, "a.identity = ?", identity)


def _find(db: Database, condition: str, value: object) -> Article | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM {_FROM_ARTICLES} WHERE {condition}", [value]).fetchone()
    return None if row is None else row_to_article(row)


def find_public(db: Database, text: str) -> Article | None:
    """Return the article whose id somebody gives as text, if it is or was public."""
    article = find_article(db, int(text)) if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) else None
    # An article that was withdrawn since still marks a position; one that nobody has seen yet does not.
    return article if article and article.state in {"published", "withdrawn"} else None


def has_articles(db: Database) -> bool:
    return db.execute("SELECT 1 FROM articles LIMIT 1").fetchone() is not None


def list_latest(
    db: Database,
    *scope_keys: str,
    limit: int,
    damaged: dict[int, str] | None = None,
    before: tuple[datetime, int] | None = None,
) -> list[Article]:
    """List the newest `limit` published articles of one or more scopes; reads one range of `listings` per scope.

    With `before` (time and id of an article), only those that follow it in that order. An unreadable row is omitted;
    its id and the reason are added to `damaged`.
    """
    return newest_first(_list_last(db, scope_keys, "published", limit=limit, damaged=damaged, before=before))[:limit]


def list_arrivals(db: Database, *scope_keys: str, limit: int, damaged: dict[int, str] | None = None) -> list[Article]:
    """List the `limit` articles that appeared last in one or more scopes, the last one first; see `list_latest`."""
    found = _list_last(db, scope_keys, "appeared", limit=limit, damaged=damaged)
    return sorted(found, key=lambda article: (article.appeared, article.id), reverse=True)[:limit]


def _list_last(
    db: Database,
    scope_keys: Iterable[str],
    name: Literal["published", "appeared"],
    *,
    limit: int,
    damaged: dict[int, str] | None,
    before: tuple[datetime, int] | None = None,
) -> Collection[Article]:
    found: dict[int, Article] = {}
    end = _END_OF_TIME if before is None else (to_seconds(before[0]), before[1])
    for key in scope_keys:
        rows = db.execute(
            f"SELECT {_COLUMNS} FROM listings AS l JOIN articles AS a ON a.id = l.article_id"
            " JOIN wards AS w ON w.id = a.ward_id"
            f" WHERE l.scope_id = (SELECT id FROM scopes WHERE key = ?) AND (l.{name}, l.article_id) < (?, ?)"
            f" ORDER BY l.{name} DESC, l.article_id DESC LIMIT ?",
            [key, *end, limit],
        )
        found |= {article.id: article for article in _read_sound(rows, damaged)}
    return found.values()


def newest_first(articles: Iterable[Article]) -> list[Article]:
    """Return the articles in the order of all documents: by time of publication, the newest first."""
    return sorted(articles, key=lambda article: (article.published, article.id), reverse=True)


def list_listed(
    db: Database, ids: Iterable[int], *scope_keys: str, damaged: dict[int, str] | None = None
) -> list[Article]:
    """List those articles of `ids` that any of the scopes shows, the newest first; `damaged` as for `list_latest`."""
    rows = db.execute(
        "SELECT DISTINCT article_id FROM listings WHERE article_id IN (SELECT value FROM json_each(?))"
        " AND scope_id IN (SELECT id FROM scopes WHERE key IN (SELECT value FROM json_each(?)))",
        [json.dumps(list(ids)), json.dumps(scope_keys)],
    )
    return newest_first(list_articles(db, [row["article_id"] for row in rows], damaged=damaged))


def _read_sound(rows: Iterable[sqlite3.Row], damaged: dict[int, str] | None) -> Iterator[Article]:
    for row in rows:
        try:
            yield row_to_article(row)
        except (ValueError, OverflowError, OSError, TypeError) as error:  # such as a time out of range, invalid JSON
            if damaged is not None:
                damaged[row["id"]] = f"{type(error).__name__}: {error}"


def count_since(db: Database, scope_key: str, since: datetime, *, most: int) -> int:
    """Count the articles of a scope that appeared at or after `since`, up to `most`."""
    row = db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM listings WHERE scope_id = (SELECT id FROM scopes WHERE key = ?)"
        " AND appeared >= ? LIMIT ?)",
        [scope_key, to_seconds(since), most],
    ).fetchone()
    return int(row[0])


def list_for_editing(
    db: Database, *, ward_id: int | None, state: State | None = None, before_id: int | None = None, limit: int = 50
) -> list[Article]:
    """List articles of one ward or of all, in one state or in any, the most recently added first."""
    values: dict[str, object] = {"limit": limit}
    conditions = ["1"]
    for condition, name, value in (
        ("a.ward_id = :ward", "ward", ward_id),
        (condition_of_state(state), "state", state),
        ("a.id < :before", "before", before_id),
    ):
        if value is not None:
            conditions.append(condition)
            values[name] = value
    condition = " AND ".join(conditions)
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM {_FROM_ARTICLES} WHERE {condition} ORDER BY a.id DESC LIMIT :limit", values
    )
    return [row_to_article(row) for row in rows]


def condition_of_state(state: State | None) -> str:
    """Return the SQL condition of a state; for a rare state, one that lets SQLite use the partial index."""
    return "a.state = :state" if state == "published" else "a.state = :state AND a.state <> 'published'"


def has_due(db: Database, now: datetime) -> bool:
    """Tell if a scheduled article is due: one lookup in a partial index, cheap enough for every request."""
    row = db.execute("SELECT 1 FROM articles WHERE state = 'scheduled' AND published <= ? LIMIT 1", [to_seconds(now)])
    return row.fetchone() is not None


def list_due(db: Database, now: datetime) -> list[Article]:
    """List the scheduled articles that are due, the earliest first."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM {_FROM_ARTICLES} WHERE a.state = 'scheduled' AND a.published <= ?"
        " ORDER BY a.published, a.id",
        [to_seconds(now)],
    )
    return [row_to_article(row) for row in rows]


def list_articles(db: Database, ids: Sequence[int], *, damaged: dict[int, str] | None = None) -> list[Article]:
    """List the articles of these ids, in the order of the ids; `damaged` as for `list_latest`."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM {_FROM_ARTICLES} WHERE a.id IN (SELECT value FROM json_each(?))",
        [json.dumps(list(ids))],
    )
    found = {article.id: article for article in _read_sound(rows, damaged)}
    return [found[article_id] for article_id in ids if article_id in found]


def list_published(db: Database, *, damaged: dict[int, str] | None = None) -> Iterator[Article]:
    """Yield all published articles in the order of their ids, in constant memory; `damaged` as for `list_latest`."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM {_FROM_ARTICLES} WHERE a.state = 'published' ORDER BY a.id")
    return _read_sound(rows, damaged)


def list_published_of_ward(db: Database, ward_id: int) -> list[Article]:
    """List all published articles of a ward, the earliest first, for rare operations on every one of them."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM {_FROM_ARTICLES} WHERE a.ward_id = ? AND a.state = 'published'"
        " ORDER BY a.published, a.id",
        [ward_id],
    )
    return [row_to_article(row) for row in rows]


def next_article_id(db: Database) -> int:
    """Return the id of the next article that will be added; valid until the end of the write transaction."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'articles'").fetchone()
    return 1 + (0 if row is None else int(row[0]))


def save_article(db: Database, article: Article, *, now: datetime) -> None:
    """Insert or update the row of an article, its categories and images."""
    times = {name: getattr(article, name) for name in _TIMES}
    values: dict[str, Any] = {
        **{name: getattr(article, name) for name in _PLAIN},
        **{name: None if moment is None else to_seconds(moment) for name, moment in times.items()},
        "published_has_time": int(article.published_has_time),
        "ward_id": article.ward.id,
        "changed_at": to_seconds(now),
    }
    names = list(values)
    # An upsert, not REPLACE, which would first delete the row to which other tables refer.
    db.execute(
        f"INSERT INTO articles ({', '.join(names)}, ingested_at)"
        f" VALUES ({', '.join(f':{name}' for name in names)}, :changed_at)"
        f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names[1:])}",
        values,
    )
    _save_categories(db, article.id, article.categories)
    _save_images(db, article.id, article.images)


def _save_categories(db: Database, article_id: int, categories: Iterable[Category]) -> None:
    db.execute("DELETE FROM article_categories WHERE article_id = ?", [article_id])
    for position, category in enumerate(categories):
        db.execute(
            "INSERT INTO article_categories (article_id, position, category_id, label)"
            " VALUES (:article, :position, :category,"
            " nullif(:label, (SELECT label FROM categories WHERE id = :category)))",
            {"article": article_id, "position": position, "category": category.id, "label": category.label},
        )


def _save_images(db: Database, article_id: int, images: Iterable[Image]) -> None:
    db.execute("DELETE FROM article_images WHERE article_id = ?", [article_id])
    for position, image in enumerate(images):
        db.execute(
            "INSERT INTO article_images (article_id, position, url, media_type, length, width, height, caption, credit,"
            " alt, media_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [article_id, position, *astuple(image)],
        )


def record_view_count(db: Database, article_id: int, view_count: int) -> None:
    """Store the source's count of views; subscribers do not see such a change."""
    db.execute("UPDATE articles SET view_count = ? WHERE id = ?", [view_count, article_id])


def count_by_state(db: Database) -> dict[State, int]:
    """Count the articles of each state; states without articles are omitted."""
    rows = db.execute("SELECT state, articles FROM article_counts WHERE articles > 0")
    return {row["state"]: row["articles"] for row in rows}
