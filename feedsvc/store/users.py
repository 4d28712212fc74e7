"""Queries on users, their sessions and failed logins. Passwords come in hashed; tokens are hashed here."""

import sqlite3
from datetime import datetime, timedelta

from ..accounts import Role, User
from ..database import Database
from ..errors import NotFoundError
from ..models import Ward
from . import wards
from .times import from_seconds, to_seconds
from .tokens import hash_secret


def _row_to_user(db: Database, row: sqlite3.Row) -> User:
    ward: Ward | None = None if row["ward_id"] is None else wards.get_ward_by_id(db, row["ward_id"])
    return User(row["id"], row["name"], row["role"], ward)


def has_users(db: Database) -> bool:
    return db.execute("SELECT 1 FROM users LIMIT 1").fetchone() is not None


def find_user(db: Database, name: str) -> tuple[User, str] | None:
    """Return the user of that name (letter case does not count) and the hash of the password."""
    row = db.execute("SELECT id, name, role, ward_id, password_hash FROM users WHERE name = ?", [name]).fetchone()
    return None if row is None else (_row_to_user(db, row), row["password_hash"])


def list_users(db: Database) -> list[User]:
    return [_row_to_user(db, row) for row in db.execute("SELECT id, name, role, ward_id FROM users ORDER BY name")]


def save_user(db: Database, name: str, password_hash: str, role: Role, ward: Ward | None, *, now: datetime) -> None:
    """Add a user; raises sqlite3.IntegrityError where the name is taken."""
    db.execute(
        "INSERT INTO users (name, password_hash, role, ward_id, created_at) VALUES (?, ?, ?, ?, ?)",
        [name, password_hash, role, ward and ward.id, to_seconds(now)],
    )


def save_password(db: Database, name: str, password_hash: str) -> None:
    """Set a new password hash and end every session of that user."""
    if db.execute("UPDATE users SET password_hash = ? WHERE name = ?", [password_hash, name]).rowcount == 0:
        raise NotFoundError("user", name, "see `feedsvc users list`")
    db.execute("DELETE FROM sessions WHERE user_id = (SELECT id FROM users WHERE name = ?)", [name])


def delete_user(db: Database, name: str) -> None:
    """Remove a user and every session; the articles stay."""
    if db.execute("DELETE FROM users WHERE name = ?", [name]).rowcount == 0:
        raise NotFoundError("user", name, "see `feedsvc users list`")


def save_session(db: Database, user: User, token: str, *, now: datetime, lasts: timedelta) -> None:
    """Start a session; sessions that have ended are cleared away."""
    db.execute("DELETE FROM sessions WHERE expires_at <= ?", [to_seconds(now)])
    db.execute(
        "INSERT INTO sessions (token_hash, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
        [hash_secret(token), user.id, to_seconds(now), to_seconds(now + lasts)],
    )


def find_session_user(db: Database, token: str, *, now: datetime) -> User | None:
    row = db.execute(
        "SELECT u.id, u.name, u.role, u.ward_id FROM sessions AS s JOIN users AS u ON u.id = s.user_id"
        " WHERE s.token_hash = ? AND s.expires_at > ?",
        [hash_secret(token), to_seconds(now)],
    ).fetchone()
    return None if row is None else _row_to_user(db, row)


def delete_session(db: Database, token: str) -> None:
    db.execute("DELETE FROM sessions WHERE token_hash = ?", [hash_secret(token)])


def record_failed_login(db: Database, name: str, address: str, *, now: datetime, kept: timedelta) -> None:
    """Note a failed login, and forget those older than `kept`."""
    db.execute("DELETE FROM failed_logins WHERE failed_at <= ?", [to_seconds(now - kept)])
    db.execute(
        "INSERT INTO failed_logins (name, address, failed_at) VALUES (?, ?, ?)", [name, address, to_seconds(now)]
    )


def list_failed_logins(db: Database, name: str, address: str, *, since: datetime) -> list[datetime]:
    """List the times of failed logins of that name from that address, the latest last."""
    rows = db.execute(
        "SELECT failed_at FROM failed_logins WHERE name = ? AND address = ? AND failed_at > ? ORDER BY failed_at",
        [name, address, to_seconds(since)],
    )
    return [from_seconds(row["failed_at"]) for row in rows]
