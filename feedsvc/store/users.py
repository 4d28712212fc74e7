"""Query users, their sessions and failed logins. Callers hash passwords; this module hashes session tokens."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..accounts import Role, User
from ..database import Database
from ..errors import NotFoundError
from ..models import Ward
from . import wards
from .times import from_seconds, to_seconds
from .tokens import hash_secret

# What strangers can make us keep: bounded, whatever they send.
MOST_FAILED_LOGINS = 10_000
MOST_LOGIN_NETWORKS = 20


def _row_to_user(db: Database, row: sqlite3.Row) -> User:
    ward: Ward | None = None if row["ward_id"] is None else wards.get_ward_by_id(db, row["ward_id"])
    return User(row["id"], row["name"], row["role"], ward)


def has_users(db: Database) -> bool:
    return db.execute("SELECT 1 FROM users LIMIT 1").fetchone() is not None


def find_user(db: Database, name: str) -> tuple[User, str] | None:
    """Return the user of that name (case-insensitive) and the hash of the password."""
    row = db.execute("SELECT id, name, role, ward_id, password_hash FROM users WHERE name = ?", [name]).fetchone()
    return None if row is None else (_row_to_user(db, row), row["password_hash"])


def list_users(db: Database) -> list[User]:
    return [_row_to_user(db, row) for row in db.execute("SELECT id, name, role, ward_id FROM users ORDER BY name")]


def save_user(db: Database, name: str, password_hash: str, role: Role, ward: Ward | None, *, now: datetime) -> None:
    """Add a user; raises sqlite3.IntegrityError if the name is taken."""
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
    """Start a session, and delete expired sessions."""
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


@dataclass(frozen=True, slots=True)
class Failures:
    """The numbers of failed logins with this name from this network, from the network, and with the name.

    `last_of_name` is the time of the last failure with the name.
    """

    of_both: int
    of_network: int
    of_name: int
    last_of_name: datetime | None


def count_failed_logins(db: Database, name: str, network: str, *, since: datetime, now: datetime) -> Failures:
    """Count the failed logins from `since` to `now`, without later ones, which a wrong clock may have recorded."""
    row = db.execute(
        "SELECT sum(name = :name AND address = :network), sum(address = :network), sum(name = :name),"
        " max(CASE WHEN name = :name THEN failed_at END) FROM failed_logins"
        " WHERE (name = :name OR address = :network) AND failed_at > :since AND failed_at <= :now",
        {"name": name, "network": network, "since": to_seconds(since), "now": to_seconds(now)},
    ).fetchone()
    of_both, of_network, of_name, last = row
    return Failures(of_both or 0, of_network or 0, of_name or 0, None if last is None else from_seconds(last))


def record_failed_login(db: Database, name: str, network: str, *, now: datetime, kept: timedelta) -> int:
    """Record a failed login and return its id; delete those older than `kept`, and all but MOST_FAILED_LOGINS."""
    cursor = db.execute(
        "INSERT INTO failed_logins (name, address, failed_at) VALUES (?, ?, ?)", [name, network, to_seconds(now)]
    )
    assert cursor.lastrowid is not None
    db.execute(
        "DELETE FROM failed_logins WHERE failed_at <= ? OR id <= ?",
        [to_seconds(now - kept), cursor.lastrowid - MOST_FAILED_LOGINS],
    )
    return cursor.lastrowid


def forget_failed_login(db: Database, failure_id: int) -> None:
    """Delete the record of a login that was successful in the end."""
    db.execute("DELETE FROM failed_logins WHERE id = ?", [failure_id])


def record_login_network(db: Database, user: User, network: str, *, now: datetime) -> None:
    """Record the network of a successful login; keep the last MOST_LOGIN_NETWORKS of each user."""
    db.execute(
        "INSERT INTO login_networks (user_id, network, last_at) VALUES (:user, :network, :now)"
        " ON CONFLICT DO UPDATE SET last_at = excluded.last_at",
        {"user": user.id, "network": network, "now": to_seconds(now)},
    )
    db.execute(
        "DELETE FROM login_networks WHERE user_id = :user AND network NOT IN (SELECT network FROM login_networks"
        " WHERE user_id = :user ORDER BY last_at DESC LIMIT :most)",
        {"user": user.id, "most": MOST_LOGIN_NETWORKS},
    )


def is_login_network(db: Database, name: str, network: str) -> bool:
    """Tell if the user of that name has logged in from that network before."""
    row = db.execute(
        "SELECT 1 FROM login_networks AS n JOIN users AS u ON u.id = n.user_id WHERE u.name = ? AND n.network = ?",
        [name, network],
    )
    return row.fetchone() is not None
