"""Query the history of a database: its extent, its continuation after a restore, and what another one has beyond it."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..database import Database
from .facts import find_fact, renew_epoch
from .times import from_seconds, to_seconds

# Tables whose numbers are never reused: articles (whose number is part of the guid) and changes.
_NUMBERED = ("articles", "changes")
# The gap in the numbers of a restored database if nobody knows which numbers the lost one had used.
GAP = 100_000


@dataclass(frozen=True, slots=True)
class Summary:
    """The content of a database; `changed_at` is the time of the last change (ISO 8601), empty without changes."""

    articles: int
    last_seq: int
    changed_at: str


@dataclass(frozen=True, slots=True)
class Marks:
    """The highest numbers that a database has used, and the facts that identify its origin.

    `places` are the last ones in the order of arrival of each scope, by its key.
    """

    origin: tuple[str | None, ...]
    numbers: Mapping[str, int]
    places: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Beyond:
    """The difference between another database and this one: articles as (id, state, ward, title), names of others.

    `added` are unknown here; `changed` have a later version there; `users` and `tokens` differ between the two.
    """

    added: list[tuple[int, str, str, str]]
    changed: list[tuple[int, str, str, str]]
    users: list[str]
    tokens: list[str]


def summarise(db: sqlite3.Connection) -> Summary:
    """Return the counts of a database of any version."""
    (articles,) = db.execute("SELECT count(*) FROM articles").fetchone()
    seq, changed_at = db.execute("SELECT max(seq), max(changed_at) FROM changes").fetchone()
    return Summary(articles, seq or 0, from_seconds(changed_at).isoformat() if changed_at else "")


def read_marks(db: Database) -> Marks:
    """Return the highest numbers of a database of any version."""
    rows = db.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
    numbers = dict.fromkeys(_NUMBERED, 0) | {row["name"]: row["seq"] for row in rows if row["name"] in _NUMBERED}
    has_places = any(row["name"] == "last_position" for row in db.execute("PRAGMA table_info(scopes)"))
    places = db.execute("SELECT key, last_position FROM scopes").fetchall() if has_places else []
    return Marks(
        tuple(find_fact(db, name) for name in ("tag_authority", "tag_date", "created_at")),
        numbers,
        {row["key"]: row["last_position"] for row in places},
    )


def begin_epoch(db: Database, replaced: Marks | None, *, now: datetime) -> None:
    """Give a restored database a new epoch and numbers above all used ones, and end all sessions.

    The numbers of the replaced database count if it is a later state of the same database. Otherwise (`replaced` is
    None, or of another site, or newly begun) nobody knows which numbers were used after the backup, and the numbers
    continue after a gap of GAP.
    """
    own = read_marks(db)
    goes_on = (
        replaced is not None
        and replaced.origin == own.origin
        and all(replaced.numbers[name] >= own.numbers[name] for name in _NUMBERED)
    )
    for name in _NUMBERED:
        highest = max(own.numbers[name], replaced.numbers[name] if replaced else 0)
        if not goes_on:
            highest += GAP
        if db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", [highest, name]).rowcount == 0:
            db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [name, highest])
    lost = replaced.places if replaced else {}
    for key in own.places.keys() | lost.keys():
        last = max(own.places.get(key, 0), lost.get(key, 0)) + (0 if goes_on else GAP)
        db.execute(_GO_ON_IN_SCOPE, {"key": key, "last": last, "now": to_seconds(now)})
    renew_epoch(db, now=now)
    # Sessions that have ended since, by logout, a new password or removal, must not become valid again.
    db.execute("DELETE FROM sessions")


# A scope that only the lost database had gets a row for its places, and has nothing to show.
_GO_ON_IN_SCOPE = """
INSERT INTO scopes (key, seq, changed_at, last_position)
SELECT :key, coalesce(max(seq), 0), :now, :last FROM changes WHERE true
ON CONFLICT (key) DO UPDATE SET last_position = excluded.last_position
"""

_ARTICLES_BEYOND = """
SELECT o.id, o.state, w.slug, o.title, n.id IS NULL AS is_added
FROM other.articles AS o JOIN other.wards AS w ON w.id = o.ward_id LEFT JOIN main.articles AS n ON n.guid = o.guid
WHERE n.id IS NULL OR (
  (o.content_hash <> n.content_hash OR o.state <> n.state OR o.updated <> n.updated)
  AND (o.changed_at > n.changed_at
    OR (SELECT max(seq) FROM other.changes WHERE article_id = o.id)
      > (SELECT coalesce(max(seq), 0) FROM main.changes WHERE article_id = n.id)))
ORDER BY o.id
"""
_USERS_THAT_DIFFER = """
SELECT name FROM (
  SELECT name, password_hash, role FROM other.users EXCEPT SELECT name, password_hash, role FROM main.users
  UNION SELECT name, '', '' FROM main.users WHERE name NOT IN (SELECT name FROM other.users)
) ORDER BY name
"""
_TOKENS_THAT_DIFFER = """
SELECT name FROM (
  SELECT name, revoked_at FROM other.tokens EXCEPT SELECT name, revoked_at FROM main.tokens
  UNION SELECT name, 0 FROM main.tokens WHERE name NOT IN (SELECT name FROM other.tokens)
) ORDER BY name
"""


def list_beyond(db: Database, other: Path) -> Beyond:
    """List what the database in the file `other` has beyond this one, which may be open read-only.

    Raises sqlite3.DatabaseError if the other one cannot be read.
    """
    db.execute("ATTACH ? AS other", [f"{other.absolute().as_uri()}?mode=ro"])
    try:
        rows = db.execute(_ARTICLES_BEYOND).fetchall()
        articles = [(bool(row["is_added"]), (row["id"], row["state"], row["slug"], row["title"])) for row in rows]
        return Beyond(
            added=[item for is_added, item in articles if is_added],
            changed=[item for is_added, item in articles if not is_added],
            users=[row["name"] for row in db.execute(_USERS_THAT_DIFFER)],
            tokens=[row["name"] for row in db.execute(_TOKENS_THAT_DIFFER)],
        )
    finally:
        db.execute("DETACH other")
