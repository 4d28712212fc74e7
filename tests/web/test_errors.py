"""Messages to people and programs when the database or the disk cannot store their input."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from flask import Flask

from feedsvc.config import Settings
from feedsvc.database import Database

from .admin.conftest import clerk
from .admin.desk import Clerk
from .api.conftest import enrol, lang
from .api.program import Program, kind

__all__ = ["clerk", "enrol", "lang"]


@pytest.fixture
def locked(app: Flask, settings: Settings) -> Iterator[None]:
    """Another writer that keeps the lock; requests that wait for it give up at once."""
    app.extensions["feedsvc"].connection().execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(settings.database_path)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@pytest.fixture
def full(app: Flask) -> None:
    """A disk that is too full for another page of the database."""
    db = app.extensions["feedsvc"].connection()
    db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")


def test_a_locked_database_is_told_to_a_clerk_and_the_text_may_be_sent_again(clerk: Clerk, locked: None) -> None:
    answer = clerk.post()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Hệ thống đang bận" in answer.text


def test_a_locked_database_is_told_to_a_program(lang: Program, locked: None) -> None:
    answer = lang.post()
    assert (answer.status_code, kind(answer), answer.headers["Retry-After"]) == (503, "busy", "60")


def test_a_full_disk_is_told_to_a_clerk(clerk: Clerk, full: None, db: Database) -> None:
    answer = clerk.post(content="Đoạn rất dài. " * 20_000)
    assert answer.status_code == 507
    assert "hết chỗ lưu trữ" in answer.text
    assert db.execute("SELECT count(*) FROM articles").fetchone()[0] == 0


def test_a_full_disk_is_told_to_a_program(lang: Program, full: None) -> None:
    answer = lang.post({"title": "Dài", "published": "2026-11-20", "content_text": "Đoạn rất dài. " * 20_000})
    assert (answer.status_code, kind(answer)) == (507, "full")


def test_any_other_failure_of_the_database_stays_a_failure_of_ours(app: Flask, lang: Program) -> None:
    app.extensions["feedsvc"].connection().execute("DROP TABLE search_words")
    answer = lang.post()
    assert (answer.status_code, kind(answer)) == (500, "internal")
