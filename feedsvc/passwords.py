"""Passwords: argon2id hashes, and new random passwords. The only door to argon2."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_LENGTH = 10
_HASHER = PasswordHasher()
# Verified when the name is unknown, so that the time of an answer does not tell which names exist.
_NOBODY = _HASHER.hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def verify_password(password: str, password_hash: str | None) -> bool:
    """Tell if the password fits; takes as long for a user who does not exist (None)."""
    try:
        return _HASHER.verify(password_hash or _NOBODY, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def make_password() -> str:
    """Return a random password of 16 characters that one can read out: no look-alikes (0 O, 1 l I)."""
    alphabet = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))
