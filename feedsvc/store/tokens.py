"""Query API tokens, and the answers kept for repeated requests. This module hashes the secrets."""

import hashlib
import sqlite3
from datetime import datetime, timedelta

from ..accounts import Token
from ..database import Database
from ..errors import NotFoundError
from ..models import Area, Ward
from .areas import get_area_by_id
from .times import from_seconds, to_seconds
from .wards import get_ward_by_id

_COLUMNS = "id, name, ward_id, area_id, created_at, expires_at, last_used_at, revoked_at"


def hash_secret(secret: str) -> str:
    """Return the hash under which a secret is stored; secrets have 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def save_token(
    db: Database,
    name: str,
    secret: str,
    *,
    ward: Ward | None,
    area: Area | None,
    now: datetime,
    expires_at: datetime | None,
) -> None:
    """Add a token; raises sqlite3.IntegrityError if the name is taken."""
    db.execute(
        "INSERT INTO tokens (name, token_hash, ward_id, area_id, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        [
            name,
            hash_secret(secret),
            ward and ward.id,
            area and area.id,
            to_seconds(now),
            None if expires_at is None else to_seconds(expires_at),
        ],
    )


def find_token(db: Database, secret: str) -> Token | None:
    """Return the token of that secret, even if it is expired or revoked (see `Token.state_at`)."""
    row = db.execute(f"SELECT {_COLUMNS} FROM tokens WHERE token_hash = ?", [hash_secret(secret)]).fetchone()
    return None if row is None else _row_to_token(db, row)


def list_tokens(db: Database) -> list[Token]:
    return [_row_to_token(db, row) for row in db.execute(f"SELECT {_COLUMNS} FROM tokens ORDER BY name")]


def revoke_token(db: Database, name: str, *, now: datetime) -> None:
    """Revoke a token. Idempotent: the time of the first revocation stays."""
    changed = db.execute(
        "UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE name = ?", [to_seconds(now), name]
    )
    if changed.rowcount == 0:
        raise NotFoundError("token", name, "see `feedsvc tokens list`")


def record_token_use(db: Database, token: Token, *, now: datetime) -> None:
    db.execute("UPDATE tokens SET last_used_at = ? WHERE id = ?", [to_seconds(now), token.id])


def _row_to_token(db: Database, row: sqlite3.Row) -> Token:
    created_at, *others = (
        None if row[name] is None else from_seconds(row[name])
        for name in ("created_at", "expires_at", "last_used_at", "revoked_at")
    )
    assert created_at is not None
    return Token(
        row["id"],
        row["name"],
        None if row["ward_id"] is None else get_ward_by_id(db, row["ward_id"]),
        None if row["area_id"] is None else get_area_by_id(db, row["area_id"]),
        created_at,
        *others,
    )


def find_answer(db: Database, token: Token, key: str, *, now: datetime, kept: timedelta) -> tuple[str, int, str] | None:
    """Return (request_hash, status, body) of the answer to this token's request with the key, if it is still kept."""
    row = db.execute(
        "SELECT request_hash, status, body FROM idempotency_keys WHERE token_id = ? AND key = ? AND created_at > ?",
        [token.id, key, to_seconds(now - kept)],
    ).fetchone()
    return None if row is None else (row["request_hash"], row["status"], row["body"])


def record_answer(
    db: Database, token: Token, key: str, *, request_hash: str, status: int, body: str, now: datetime, kept: timedelta
) -> None:
    """Keep an answer for a repetition of the request, and delete answers to the token that are older than `kept`."""
    db.execute(
        "DELETE FROM idempotency_keys WHERE token_id = ? AND created_at <= ?", [token.id, to_seconds(now - kept)]
    )
    db.execute(
        "INSERT INTO idempotency_keys (token_id, key, request_hash, status, body, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [token.id, key, request_hash, status, body, to_seconds(now)],
    )
