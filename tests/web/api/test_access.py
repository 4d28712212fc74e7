"""Permissions of tokens to read and write."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from feedsvc.database import Database, transaction
from feedsvc.store.tokens import list_tokens, revoke_token

from ...conftest import Clock
from .program import OLD, RECORD, Enrol, Program, kind


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("", "send the header"),
        ("Basic bGFuOng=", "send the header"),
        ("Bearer", "send the header"),
        ("Bearer fs_wrong", "not known"),
        ("Bearer fs_ended", "expired"),
        ("Bearer fs_revoked", "revoked"),
    ],
)
@pytest.mark.parametrize("path", ["", "/1"])
def test_without_a_valid_token_nothing_is_revealed(
    enrol: Enrol, db: Database, now: datetime, clock: Clock, header: str, why: str, path: str
) -> None:
    program = enrol("ended", days=1)
    enrol("revoked")
    with transaction(db):
        revoke_token(db, "revoked", now=now)
    clock.now = now + timedelta(days=1)
    program.headers = {"Authorization": header} if header else {}
    response = program.get(path)
    assert (response.status_code, kind(response)) == (401, "token")
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")
    assert why in response.get_json()["detail"]


def test_a_token_writes_for_its_ward_only(lang: Program, centre: Program) -> None:
    centre.post({**RECORD, "ward": "phuong-bo-de"})
    other = {**RECORD, "ward": "phuong-bo-de", "external_id": "x"}
    version = centre.get("/1").headers["ETag"]
    for response in (lang.post(other), lang.get("/1"), lang.put(if_match=version), lang.delete()):
        assert (response.status_code, kind(response)) == (403, "ward")
    assert [item["id"] for item in centre.get().get_json()["items"]] == [1]


def test_nobody_takes_over_an_article_of_another_ward_by_its_external_id(lang: Program, centre: Program) -> None:
    before = centre.post({**RECORD, "ward": "phuong-bo-de"}).get_json()
    response = lang.post({**RECORD, "title": "Chiếm bài"})
    assert response.status_code == 403
    assert "external_id" in response.get_json()["detail"]
    assert centre.get("/1").get_json()["version"] == before["version"]


def test_a_correction_cannot_give_an_article_to_another_ward(lang: Program) -> None:
    before = lang.post().get_json()
    assert lang.put(ward="phuong-bo-de").status_code == 403
    assert lang.post({**RECORD, "ward": "phuong-bo-de"}).status_code == 403
    assert lang.get("/1").get_json()["version"] == before["version"]


def test_scheduled_articles_of_another_ward_are_not_found(lang: Program, centre: Program) -> None:
    centre.post({**RECORD, "ward": "phuong-bo-de", "published": "2026-12-01T08:00:00+07:00"})
    for response in (lang.get("/1"), lang.delete()):
        assert (response.status_code, kind(response)) == (404, "not-found")


def test_an_area_token_writes_for_the_wards_that_belonged_to_it_on_the_day(enrol: Enrol) -> None:
    portal = enrol("portal", area="quan-long-bien")
    assert portal.post(OLD).status_code == 201
    today = {**RECORD, "ward": "phuong-bo-de"}
    assert portal.post(today).status_code == 403
    assert enrol("today", area="khu-vuc-long-bien").post(today).status_code == 201
    assert [item["id"] for item in portal.get().get_json()["items"]] == [1]


def test_the_session_of_the_administration_gives_no_access(client: FlaskClient) -> None:
    page = client.get("/admin/login")
    assert client.get_cookie("feedsvc_admin", path="/admin/") is not None
    client.set_cookie("feedsvc_admin", page.headers["Set-Cookie"].split("=")[1].split(";")[0], path="/")
    response = client.get("/api/articles")
    assert response.status_code == 401
    assert "Set-Cookie" not in response.headers


def test_the_use_of_a_token_is_noted_once_a_minute(lang: Program, db: Database, now: datetime, clock: Clock) -> None:
    def used() -> datetime | None:
        return list_tokens(db)[0].last_used_at

    assert used() is None
    lang.get()
    assert used() == now
    clock.now = now + timedelta(seconds=59)
    version = db.execute("PRAGMA data_version").fetchone()[0]
    lang.get()
    assert used() == now
    assert db.execute("PRAGMA data_version").fetchone()[0] == version
    clock.now = now + timedelta(seconds=60)
    lang.get()
    assert used() == clock.now


def test_answers_are_never_stored_and_set_no_cookie(lang: Program) -> None:
    for response in (lang.post(), lang.get(), lang.get("/1"), lang.get("/7"), lang.client.get("/api/articles")):
        assert response.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in response.headers
