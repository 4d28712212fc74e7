"""Logging in: guessing passwords is stopped, and nobody is locked out by it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask

from feedsvc.database import Database, transaction
from feedsvc.store.users import record_failed_login

from ...conftest import Clock
from .desk import Clerk


def come_from(clerk: Clerk, address: str) -> Clerk:
    clerk.client.environ_base["REMOTE_ADDR"] = address
    return clerk


@pytest.mark.slow
def test_whoever_tries_many_names_from_one_network_is_stopped(clerk: Clerk, app: Flask) -> None:
    guesser = Clerk(app.test_client())
    statuses = []
    for number in range(101):
        come_from(guesser, f"2001:db8:0:7::{number:x}")
        statuses.append(guesser.log_in(f"ten-{number}", "sai").status_code)
    assert statuses == [422] * 100 + [429]
    assert come_from(guesser, "2001:db8:0:8::1").log_in().status_code == 302


def test_guesses_from_everywhere_are_slowed_down_and_do_not_lock_the_clerk_out(
    clerk: Clerk, app: Flask, clock: Clock
) -> None:
    guesser, statuses = Clerk(app.test_client()), []
    for number in range(50):
        clock.now += timedelta(seconds=1)
        statuses.append(come_from(guesser, f"198.51.100.{number}").log_in(password="sai").status_code)
    assert statuses.count(422) == 42  # forty at once, then one in five seconds
    # The clerk has logged in from this network before.
    assert Clerk(app.test_client()).log_in().status_code == 302
    # From a new network, the clerk has to wait a moment.
    stranger = come_from(Clerk(app.test_client()), "203.0.113.9")
    assert stranger.log_in().headers.get("Retry-After") == "5"
    clock.now += timedelta(seconds=6)
    assert stranger.log_in().status_code == 302


def test_of_many_guesses_at_once_no_more_are_judged_than_of_as_many_in_turn(app: Flask, clerk: Clerk) -> None:
    guessers = [Clerk(app.test_client()) for _ in range(24)]
    with ThreadPoolExecutor(24) as pool:
        statuses = list(pool.map(lambda guesser: guesser.log_in(password="sai").status_code, guessers))
    assert sorted(statuses) == [422] * 8 + [429] * 16


def test_a_name_that_is_too_long_is_refused_and_kept_nowhere(clerk: Clerk, app: Flask, db: Database) -> None:
    assert Clerk(app.test_client()).log_in("x" * 101, "sai").status_code == 422
    assert db.execute("SELECT count(*) FROM failed_logins").fetchone()[0] == 0


def test_failed_logins_are_bounded_whatever_is_sent(db: Database, now: datetime) -> None:
    with transaction(db):
        for number in range(50):
            record_failed_login(db, f"{number}", "x", now=now, kept=timedelta(minutes=15))
        db.execute("UPDATE failed_logins SET id = id + 10000 WHERE id = 50")
        record_failed_login(db, "last", "x", now=now, kept=timedelta(minutes=15))
    assert db.execute("SELECT count(*) FROM failed_logins").fetchone()[0] == 2


@pytest.mark.parametrize("target", ["//[", "http://[::1", "/admin/%ff", "//[v1.x]/admin/"])
def test_no_address_to_go_to_raises(clerk: Clerk, target: str) -> None:
    assert clerk.client.get("/admin/login", query_string={"next": target}).status_code == 200
    assert clerk.log_in(next=target).status_code in {302, 422}


def test_the_key_of_a_form_means_an_article_of_its_clerk_only(clerk: Clerk, administrator: Clerk, db: Database) -> None:
    assert clerk.post(key="0" * 32).status_code == 302
    assert administrator.post(key="0" * 32, ward="phuong-bo-de", title="Bài của phường khác").status_code == 302
    titles = [row["title"] for row in db.execute("SELECT title FROM articles ORDER BY id")]
    assert titles == ["Thông báo lịch tiếp dân", "Bài của phường khác"]
