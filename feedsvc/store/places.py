"""Give articles their places in the order of arrival of each scope, and keep the state of the blocks of a hundred."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from ..blocks import BLOCK
from ..database import Database
from .times import to_seconds

# The time of a change never goes back, unless a wrong clock has put it more than a minute into the future: until then,
# clients that ask only by date would learn of nothing.
MOVED = "seq = :seq, changed_at = min(max(changed_at, :at), :at + 60)"

_BLOCK_OF = f"(position + {BLOCK - 1}) / {BLOCK}"
_NEW_TO = (
    "key IN (SELECT value FROM json_each(:keys))"
    " AND NOT EXISTS (SELECT 1 FROM appearances WHERE article_id = :article AND scope_id = scopes.id)"
)


def give_places(db: Database, article_id: int, keys: Iterable[str]) -> None:
    """Give an article the next place in each of these scopes in which it has none."""
    values = {"keys": json.dumps(sorted(keys)), "article": article_id}
    db.execute(f"UPDATE scopes SET last_position = last_position + 1 WHERE {_NEW_TO}", values)
    db.execute(
        "INSERT INTO appearances (scope_id, position, article_id)"
        f" SELECT id, last_position, :article FROM scopes WHERE {_NEW_TO}",
        values,
    )


def move_blocks(db: Database, article_id: int, seq: int, now: datetime, *, keys: Iterable[str] | None = None) -> None:
    """Set the state of the blocks in which an article has a place, in the scopes of `keys` or in all."""
    db.execute(
        _MOVE_BLOCKS if keys is None else _MOVE_BLOCKS_OF_SCOPES,
        {"article": article_id, "seq": seq, "at": to_seconds(now), "keys": json.dumps(sorted(keys or ()))},
    )


_PLACES = f"""
INSERT INTO blocks (scope_id, number, seq, changed_at)
SELECT scope_id, {_BLOCK_OF}, :seq, :at FROM appearances WHERE article_id = :article
"""
_OR_MOVE = f" ON CONFLICT (scope_id, number) DO UPDATE SET {MOVED}"
_MOVE_BLOCKS = _PLACES + _OR_MOVE
_IN_SCOPES = " AND scope_id IN (SELECT id FROM scopes WHERE key IN (SELECT value FROM json_each(:keys)))"
_MOVE_BLOCKS_OF_SCOPES = _PLACES + _IN_SCOPES + _OR_MOVE


def move_blocks_that_name(
    db: Database, subject: Literal["ward", "category"], subject_id: int, seq: int, now: datetime
) -> None:
    """Set the state of the blocks with an article that names the ward or the category."""
    db.execute(_MOVE_BLOCKS_THAT_NAME[subject], {"seq": seq, "at": to_seconds(now), "subject": subject_id})


ARTICLES_THAT_NAME = {
    "ward": "SELECT id FROM articles WHERE ward_id = :subject",
    "category": "SELECT article_id FROM article_categories WHERE category_id = :subject",
}
_MOVE_BLOCKS_THAT_NAME = {
    subject: f"UPDATE blocks SET {MOVED} WHERE (scope_id, number) IN"
    f" (SELECT scope_id, {_BLOCK_OF} FROM appearances WHERE article_id IN ({articles}))"
    for subject, articles in ARTICLES_THAT_NAME.items()
}
