"""Provide programs with a token for a ward, for an area, or for all wards."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from feedsvc.database import Database, transaction
from feedsvc.store.areas import find_area
from feedsvc.store.tokens import save_token
from feedsvc.store.wards import find_ward

from .program import Enrol, Program


@pytest.fixture
def enrol(app: Flask, db: Database, now: datetime) -> Enrol:
    """Make a token for a ward, an area or all wards, and return a program that uses it."""

    def make(name: str, *, ward: str = "", area: str = "", days: int | None = None) -> Program:
        with transaction(db):
            expires_at = now + timedelta(days=days) if days else None
            places = {"ward": find_ward(db, ward), "area": find_area(db, area)}
            save_token(db, name, f"fs_{name}", **places, now=now, expires_at=expires_at)  # type: ignore[arg-type]
        return Program(app.test_client(), f"fs_{name}")

    return make


@pytest.fixture
def lang(enrol: Enrol) -> Program:
    """The content management system of phường Láng."""
    return enrol("lang", ward="phuong-lang")


@pytest.fixture
def centre(enrol: Enrol) -> Program:
    """A program that writes for every ward."""
    return enrol("centre")
