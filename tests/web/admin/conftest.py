"""Provide the users of the administration: a clerk of a ward, an administrator."""

from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedsvc.database import Database, transaction
from feedsvc.passwords import hash_password
from feedsvc.store.users import save_user
from feedsvc.store.wards import get_ward

from .desk import PASSWORD, Clerk


@pytest.fixture
def clerk(client: FlaskClient, db: Database, now: datetime) -> Clerk:
    """A clerk of phường Láng, logged in."""
    with transaction(db):
        save_user(db, "lan", hash_password(PASSWORD), "clerk", get_ward(db, "phuong-lang"), now=now)
    clerk = Clerk(client)
    assert clerk.log_in().status_code == 302
    return clerk


@pytest.fixture
def administrator(app: Flask, db: Database, now: datetime) -> Clerk:
    with transaction(db):
        save_user(db, "minh", hash_password(PASSWORD), "administrator", None, now=now)
    administrator = Clerk(app.test_client())
    assert administrator.log_in("minh").status_code == 302
    return administrator
