"""A clock that was wrong, and is set right: nothing lies after the Date of an answer, and nobody waits for a day."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from flask import Flask
from flask.testing import FlaskClient

from feedsvc.articles.ingest import ingest
from feedsvc.database import Database
from feedsvc.models import VIETNAM, Draft, Site

from ..conftest import Clock

FEED = "/wards/phuong-lang/feed.json"
PUBLISHED = datetime(2026, 11, 20, 8, 30, tzinfo=VIETNAM)
DAY = timedelta(days=1)


def post(db: Database, site: Site, clock: Clock, key: str, text: str = "Nội dung.") -> None:
    draft = Draft(title=f"Bài {key}", published=PUBLISHED, ward="phuong-lang", content_text=text, external_id=key)
    ingest(db, draft, site=site, now=clock.now)


def ask(client: FlaskClient, since: str = "") -> tuple[int, str]:
    answer = client.get(FEED, headers={"If-Modified-Since": since} if since else {})
    return answer.status_code, answer.headers["Last-Modified"]


def test_a_change_after_the_clock_was_set_right_reaches_who_asks_by_dates_alone(
    client: FlaskClient, db: Database, site: Site, clock: Clock
) -> None:
    clock.now += DAY
    post(db, site, clock, "1")
    clock.now += timedelta(seconds=5)
    _, last_modified = ask(client)
    assert ask(client, last_modified)[0] == 304
    clock.now -= DAY
    for number in range(2, 6):
        post(db, site, clock, str(number))
        clock.now += timedelta(seconds=20)
        status, last_modified = ask(client, last_modified)
        assert status == 200
        assert parsedate_to_datetime(last_modified) <= clock.now
    clock.now += timedelta(minutes=2)
    _, last_modified = ask(client)
    assert ask(client, last_modified)[0] == 304


def test_a_date_from_the_future_says_nothing(client: FlaskClient, db: Database, site: Site, clock: Clock) -> None:
    post(db, site, clock, "1")
    clock.now += timedelta(minutes=1)
    tomorrow = format_datetime((clock.now + DAY).astimezone(UTC), usegmt=True)
    assert ask(client, tomorrow)[0] == 200


def test_a_correction_after_the_clock_was_set_right_has_the_right_time(
    client: FlaskClient, db: Database, site: Site, clock: Clock
) -> None:
    post(db, site, clock, "1")
    clock.now += DAY
    post(db, site, clock, "1", "Sửa một.")
    clock.now += timedelta(hours=1) - DAY
    post(db, site, clock, "1", "Sửa hai.")
    (item,) = client.get(FEED).get_json()["items"]
    assert datetime.fromisoformat(item["date_modified"]) == clock.now


def test_what_was_built_while_the_clock_was_wrong_does_not_stand_when_it_is_right(
    app: Flask, client: FlaskClient, db: Database, site: Site, clock: Clock
) -> None:
    post(db, site, clock, "1")
    asked: list[str] = []
    clock.now += 2 * DAY
    client.get(FEED)
    client.get(FEED)
    app.before_request_funcs.setdefault(None, []).append(lambda: asked.append("Flask"))
    client.get(FEED)
    assert asked == []
    clock.now -= 2 * DAY
    client.get(FEED)
    assert asked == ["Flask"]
