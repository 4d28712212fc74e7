"""Tokens and kept answers in the database."""

import sqlite3
from datetime import datetime, timedelta

import pytest

from feedsvc.database import Database, transaction
from feedsvc.errors import NotFoundError
from feedsvc.store.areas import get_area
from feedsvc.store.tokens import (
    find_answer,
    find_token,
    list_tokens,
    record_answer,
    record_token_use,
    revoke_token,
    save_token,
)
from feedsvc.store.wards import get_ward

DAY = timedelta(days=1)


def test_it_works(db: Database, now: datetime) -> None:
    ward, area = get_ward(db, "phuong-lang"), get_area(db, "ha-noi")
    with transaction(db):
        save_token(db, "lang", "fs_a", ward=ward, area=None, now=now, expires_at=now + DAY)
        save_token(db, "ha-noi", "fs_b", ward=None, area=area, now=now, expires_at=None)
    token = find_token(db, "fs_a")
    assert token is not None
    assert (token.name, token.ward, token.area, token.created_at) == ("lang", ward, None, now)
    assert [item.area for item in list_tokens(db)] == [area, None]
    assert find_token(db, "fs_c") is None
    assert find_token(db, token.name) is None


def test_a_token_ends_at_its_time_or_when_it_is_revoked(db: Database, now: datetime) -> None:
    with transaction(db):
        save_token(db, "lang", "fs_a", ward=None, area=None, now=now, expires_at=now + DAY)
    token = find_token(db, "fs_a")
    assert token is not None
    assert [token.state_at(now), token.state_at(now + DAY)] == ["valid", "expired"]
    with transaction(db):
        record_token_use(db, token, now=now)
        revoke_token(db, "lang", now=now)
        revoke_token(db, "lang", now=now + DAY)
    token = find_token(db, "fs_a")
    assert token is not None
    assert (token.last_used_at, token.revoked_at, token.state_at(now)) == (now, now, "revoked")


def test_names_are_given_once_and_unknown_ones_are_named(db: Database, now: datetime) -> None:
    with transaction(db):
        save_token(db, "lang", "fs_a", ward=None, area=None, now=now, expires_at=None)
    with pytest.raises(sqlite3.IntegrityError), transaction(db):
        save_token(db, "lang", "fs_b", ward=None, area=None, now=now, expires_at=None)
    with pytest.raises(NotFoundError, match="no token 'x'"), transaction(db):
        revoke_token(db, "x", now=now)


def test_an_answer_is_kept_for_its_time_and_then_deleted(db: Database, now: datetime) -> None:
    with transaction(db):
        save_token(db, "lang", "fs_a", ward=None, area=None, now=now, expires_at=None)
        token = list_tokens(db)[0]
        record_answer(db, token, "k", request_hash="h", status=201, body="{}", now=now, kept=DAY)
    assert find_answer(db, token, "k", now=now, kept=DAY) == ("h", 201, "{}")
    assert find_answer(db, token, "l", now=now, kept=DAY) is None
    later = now + DAY
    assert find_answer(db, token, "k", now=later, kept=DAY) is None
    with transaction(db):
        record_answer(db, token, "k", request_hash="i", status=200, body="{}", now=later, kept=DAY)
    assert find_answer(db, token, "k", now=later, kept=DAY) == ("i", 200, "{}")
