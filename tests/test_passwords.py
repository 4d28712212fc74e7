"""A password matches only its own hash, and an unknown name takes as long as a known one."""

import pytest
from argon2 import extract_parameters
from argon2.exceptions import VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY

from feedsvc import passwords

from .cheap import REAL_HASHER


@pytest.fixture(autouse=True)
def _at_full_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", REAL_HASHER)


@pytest.mark.slow
def test_a_password_matches_only_its_own_hash() -> None:
    kept = passwords.hash_password("mật khẩu dài")
    assert passwords.verify_password("mật khẩu dài", kept)
    assert not passwords.verify_password("mật khẩu khác", kept)
    assert not passwords.verify_password("mật khẩu dài", passwords.hash_password("mật khẩu khác"))


@pytest.mark.parametrize("kept", [None, "", "no hash", "$argon2id$v=19$m=8,t=1,p=1$$"])
def test_no_password_matches_an_invalid_hash(kept: str | None) -> None:
    assert not passwords.verify_password("mật khẩu dài", kept)


def test_a_hash_costs_what_rfc_9106_recommends() -> None:
    assert extract_parameters(passwords.hash_password("x")) == RFC_9106_LOW_MEMORY


def test_the_hash_of_nobody_costs_as_much_as_that_of_somebody() -> None:
    nobody = passwords._make_hash_of_nobody()
    assert extract_parameters(nobody) == extract_parameters(passwords.hash_password("x"))
    # A mismatch, not an invalid hash: argon2 has computed the hash before it raises this.
    with pytest.raises(VerifyMismatchError):
        REAL_HASHER.verify(nobody, "x")
