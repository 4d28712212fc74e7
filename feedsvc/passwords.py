"""Passwords: argon2id hashes, and new random passwords. The only door to argon2."""

import secrets
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

LEAST_LENGTH = 10
_HASHER = PasswordHasher()


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def verify_password(password: str, password_hash: str | None) -> bool:
    """Tell if the password matches the hash; takes the same time for a user who does not exist (None)."""
    try:
        return _HASHER.verify(password_hash or _make_hash_of_nobody(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def make_password() -> str:
    """Return a random password of 16 characters, easy to read aloud: without the look-alikes 0 O and 1 l I."""
    alphabet = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))


def _make_hash_of_nobody() -> str:
    """Return an encoded argon2 hash that no known password has; verifying it takes as long as verifying a real one.

    `verify_password` uses it for unknown names, so that the response time does not tell which names exist. It consists
    of random bytes, because computing a real hash would cost every command, or the first login, up to 0.4 s.
    """
    lengths = (_HASHER.salt_len, _HASHER.hash_len)
    salt, digest = (b64encode(secrets.token_bytes(length)).decode().rstrip("=") for length in lengths)
    costs = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    return f"$argon2{_HASHER.type.name.lower()}$v={ARGON2_VERSION}${costs}${salt}${digest}"
