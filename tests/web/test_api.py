"""The HTTP API: who may, what becomes of a record, lost updates, requests sent twice, limits, problems."""

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from feedsvc import create_app
from feedsvc.config import Settings
from feedsvc.database import Database, transaction
from feedsvc.store.areas import find_area
from feedsvc.store.tokens import list_tokens, revoke_token, save_token
from feedsvc.store.wards import find_ward
from feedsvc.web.problems import KINDS

from ..conftest import Clock
from ..pictures import make_photo

RECORD: dict[str, Any] = {
    "title": "Thông báo lịch tiếp dân",
    "published": "2026-11-20T08:30:00+07:00",
    "ward": "phuong-lang",
    "category": "thong-bao",
    "content_text": "Đoạn một.\n\nĐoạn hai & hết./.",
    "external_id": "cms-1",
}
OLD = {**RECORD, "ward": "phuong-phuc-dong", "published": "2023-09-13T16:20:00+07:00", "external_id": "cms-2"}
JSON = "application/json"
PROBLEM = "application/problem+json"


class Program:
    """What a program does with the API under one token: the vocabulary of these tests."""

    def __init__(self, client: FlaskClient, secret: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {secret}"}

    def send(self, method: str, path: str = "", json: Any = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(f"/api/articles{path}", method=method, json=json, headers={**self.headers, **named})

    def get(self, path: str = "", **headers: str) -> TestResponse:
        return self.send("GET", path, **headers)

    def post(self, record: Any = RECORD, **headers: str) -> TestResponse:
        return self.send("POST", "", record, **headers)

    def put(self, article_id: int = 1, *, if_match: str | None = None, **changes: Any) -> TestResponse:
        """Replace an article; without `if_match` with the ETag that it has now."""
        tag = if_match or self.get(f"/{article_id}").headers["ETag"]
        return self.send("PUT", f"/{article_id}", {**RECORD, **changes}, If_Match=tag)

    def delete(self, article_id: int = 1, reason: str | None = "Sai ngày", **headers: str) -> TestResponse:
        return self.send("DELETE", f"/{article_id}", None if reason is None else {"reason": reason}, **headers)


Enrol = Callable[..., Program]


@pytest.fixture
def enrol(app: Flask, db: Database, now: datetime) -> Enrol:
    """Make a token for a ward, an area or all, and return the program that has it."""

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


def fields(response: TestResponse) -> dict[str, str]:
    assert response.content_type == PROBLEM
    return {item["field"]: item["code"] for item in response.json["errors"]}  # type: ignore[index]


def kind(response: TestResponse) -> str:
    """Return the kind of a problem, after a look at what every problem has to be (RFC 9457)."""
    assert response.content_type == PROBLEM
    body = response.get_json()
    assert body["status"] == response.status_code
    assert body["title"]
    assert body["detail"]
    document, _, pointer = body["type"].partition("#/x-problem-types/")
    assert document == "https://tin.example.vn/api/openapi.json"
    return str(pointer)


def test_it_works(lang: Program) -> None:
    response = lang.post()
    assert response.status_code == 201
    assert response.headers["Location"] == "https://tin.example.vn/api/articles/1"
    article = response.get_json()
    assert response.headers["ETag"] == f'"{article["version"]}"'
    assert article["page"] == "https://tin.example.vn/articles/1/thong-bao-lich-tiep-dan"
    assert (article["state"], article["outcome"], article["notes"]) == ("published", "added", [])
    assert article["published"] == "2026-11-20T08:30:00+07:00"
    assert article["content_html"] == "<p>Đoạn một.</p>\n<p>Đoạn hai &amp; hết./.</p>"
    assert (article["author"], article["categories"], article["external_id"]) == (
        "UBND phường Láng",
        ["thong-bao"],
        "cms-1",
    )
    for path in ("/rss.xml", "/wards/phuong-lang/thong-bao/atom.xml", "/wards/phuong-lang/"):
        assert "Thông báo lịch tiếp dân" in lang.client.get(path).text


def test_what_is_read_is_what_was_answered(lang: Program) -> None:
    saved = lang.post().get_json()
    read = lang.get("/1")
    assert {**read.get_json(), "outcome": "added", "notes": []} == saved
    assert read.headers["ETag"] == f'"{saved["version"]}"'
    assert lang.get("/1", If_None_Match=read.headers["ETag"]).status_code == 304
    lang.put(title="Tiêu đề khác")
    assert lang.get("/1", If_None_Match=read.headers["ETag"]).status_code == 200


def test_posting_again_changes_nothing_and_a_changed_record_corrects(lang: Program) -> None:
    first = lang.post().get_json()
    again = lang.post()
    assert (again.status_code, again.get_json()["outcome"]) == (200, "unchanged")
    assert again.get_json()["version"] == first["version"]
    corrected = lang.post({**RECORD, "title": "Lịch tiếp dân (sửa)"})
    assert (corrected.status_code, corrected.get_json()["outcome"]) == (200, "corrected")
    assert (corrected.get_json()["id"], corrected.get_json()["guid"]) == (1, first["guid"])


def test_a_ward_token_need_not_name_the_ward(lang: Program) -> None:
    record = {name: value for name, value in RECORD.items() if name != "ward"}
    assert lang.post(record).get_json()["ward"] == "phuong-lang"


def test_a_time_to_come_schedules(lang: Program) -> None:
    assert lang.post({**RECORD, "published": "2026-11-27T08:00:00+07:00"}).get_json()["state"] == "scheduled"
    assert "Thông báo lịch tiếp dân" not in lang.client.get("/rss.xml").text
    assert lang.delete().get_json()["state"] == "draft"


def test_a_day_alone_comes_back_as_a_day(lang: Program) -> None:
    assert lang.post({**RECORD, "published": "2026-11-20"}).get_json()["published"] == "2026-11-20"


def test_unknown_fields_and_sections_are_reported_and_do_not_stop_it(lang: Program) -> None:
    notes = lang.post({**RECORD, "tilte": "x", "category": "Chuyện lạ"}).get_json()["notes"]
    assert len(notes) == 2
    assert "'tilte'" in notes[0]
    assert "Chuyện lạ" in notes[1]


# What is wrong with a record


def test_every_problem_of_every_field_is_listed(lang: Program, db: Database) -> None:
    response = lang.post(
        {"title": 5, "published": "hôm qua", "images": [{"url": 1}], "views": -1, "language": "tiếng Việt"}
    )
    assert (response.status_code, kind(response)) == (422, "invalid")
    assert fields(response).keys() >= {"title", "published", "content", "images[0].url", "views", "language"}
    pointers = {item["field"]: item["pointer"] for item in response.get_json()["errors"]}
    assert pointers["images[0].url"] == "#/images/0/url"
    assert pointers["content"] == "#/content_html"
    assert all(item["detail"] and item["detail_vi"] for item in response.get_json()["errors"])
    assert db.execute("SELECT count(*) FROM articles").fetchone()[0] == 0


def test_what_ingest_refuses_is_listed_the_same_way(lang: Program) -> None:
    response = lang.post({**RECORD, "title": "x" * 501, "ward": "khong-co", "url": "tin/1"})
    assert fields(response) == {"title": "title_long", "ward": "ward_unknown", "source_url": "url_bad"}


def test_an_image_that_was_not_sent_is_named(lang: Program) -> None:
    assert fields(lang.post({**RECORD, "images": [{"file": "a.jpg"}]})) == {"images[0]": "image_missing"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting property name"),
        (b'{"title": "\xff"}', "not UTF-8"),
        (b'{"views": NaN}', "NaN is no JSON number"),
        (b'{"views": -Infinity}', "-Infinity is no JSON number"),
        (b'{"views": 1e999}', "too large"),
        (b'{"views": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"title": "a", "title": "b"}', "'title' is given twice"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_is_refused_with_the_place(lang: Program, body: bytes, reason: str) -> None:
    response = lang.client.post("/api/articles", data=body, headers=lang.headers, content_type=JSON)
    assert (response.status_code, kind(response)) == (400, "json")
    assert reason in response.get_json()["detail"]


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "", f"{JSON}; charset=latin1"]
)
def test_another_media_type_is_refused(lang: Program, media_type: str) -> None:
    response = lang.client.post("/api/articles", data=b"{}", headers=lang.headers, content_type=media_type)
    assert (response.status_code, kind(response)) == (415, "media-type")


def test_a_byte_order_mark_and_a_charset_are_no_obstacle(lang: Program) -> None:
    data = "\ufeff" + json.dumps(RECORD)
    response = lang.client.post("/api/articles", data=data, headers=lang.headers, content_type=f"{JSON}; charset=UTF-8")
    assert response.status_code == 201


def test_a_body_above_the_limit_is_refused_before_it_is_parsed(lang: Program, settings: Settings) -> None:
    response = lang.client.post(
        "/api/articles", data=b"[" * (settings.max_form_bytes + 1), headers=lang.headers, content_type=JSON
    )
    assert (response.status_code, kind(response)) == (413, "too-large")


def test_a_body_of_unknown_length_has_the_same_limit(lang: Program, settings: Settings) -> None:
    record = json.dumps(RECORD).encode()
    for padding, status in ((10, 201), (settings.max_form_bytes, 413)):
        response = lang.client.post(
            "/api/articles",
            input_stream=BytesIO(record + b" " * padding),
            headers={**lang.headers, "Transfer-Encoding": "chunked"},
            content_type=JSON,
            environ_overrides={"wsgi.input_terminated": True},
        )
        assert response.status_code == status


# Who may


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
def test_without_a_valid_token_nothing_is_told(
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


def test_what_another_ward_has_scheduled_is_not_there(lang: Program, centre: Program) -> None:
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


# Several at once


def test_of_several_articles_each_stands_for_itself(lang: Program, db: Database) -> None:
    lang.post({**RECORD, "external_id": "gone"})
    lang.delete()
    records = [
        RECORD,
        {**RECORD, "title": ""},
        {**RECORD, "ward": "phuong-bo-de", "external_id": "b"},
        RECORD,
        {**RECORD, "external_id": "gone"},
        "x",
    ]
    response = lang.post(records)
    assert (response.status_code, response.content_type) == (207, JSON)
    items = response.get_json()
    assert [item["status"] for item in items] == [201, 422, 403, 200, 409, 422]
    assert items[0]["article"]["outcome"] == "added"
    assert items[1]["problem"]["errors"][0]["pointer"] == "#/1/title"
    assert items[5]["problem"]["errors"][0]["pointer"] == "#/5"
    assert db.execute("SELECT count(*) FROM articles").fetchone()[0] == 2


def test_more_articles_than_allowed_are_refused_before_any_is_taken(lang: Program, db: Database) -> None:
    response = lang.post([RECORD] * 101)
    assert (response.status_code, kind(response)) == (413, "too-many")
    assert (lang.post([]).status_code, kind(lang.post([]))) == (422, "invalid")
    assert db.execute("SELECT count(*) FROM articles").fetchone()[0] == 0


# A request that is sent again


def test_the_same_key_gives_the_same_answer_and_writes_nothing(lang: Program, db: Database) -> None:
    first = lang.post(Idempotency_Key="k1")
    lang.put(title="Đã sửa tay")
    again = lang.post(Idempotency_Key="k1")
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    for name in ("Location", "ETag", "Content-Type"):
        assert again.headers[name] == first.headers[name]
    assert lang.get("/1").get_json()["title"] == "Đã sửa tay"


def test_the_answer_to_several_articles_is_kept_too(lang: Program) -> None:
    first = lang.post([RECORD, {}], Idempotency_Key="k1")
    again = lang.post([RECORD, {}], Idempotency_Key="k1")
    assert (again.status_code, again.data) == (207, first.data)


def test_a_key_with_another_body_is_refused(lang: Program) -> None:
    lang.post(Idempotency_Key="k1")
    response = lang.post({**RECORD, "title": "Khác"}, Idempotency_Key="k1")
    assert (response.status_code, kind(response)) == (422, "key-reused")


def test_a_refused_request_may_be_mended_under_its_key(lang: Program) -> None:
    assert lang.post({**RECORD, "title": ""}, Idempotency_Key="k1").status_code == 422
    assert lang.post(Idempotency_Key="k1").status_code == 201


def test_a_key_belongs_to_its_token_and_is_forgotten_after_a_day(
    lang: Program, centre: Program, clock: Clock, db: Database
) -> None:
    lang.post(Idempotency_Key="k1")
    assert centre.post({**RECORD, "external_id": "2"}, Idempotency_Key="k1").status_code == 201
    clock.now += timedelta(days=1)
    assert lang.post({**RECORD, "external_id": "3"}, Idempotency_Key="k1").status_code == 201
    assert db.execute("SELECT count(*) FROM idempotency_keys").fetchone()[0] == 2


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_has_a_sensible_length(lang: Program, key: str) -> None:
    assert fields(lang.post(Idempotency_Key=key)) == {"Idempotency-Key": "key_length"}


# Images


def upload(
    program: Program, record: Any, *files: tuple[str, bytes], method: str = "POST", **headers: str
) -> TestResponse:
    """Send a record and files as multipart/form-data."""
    parts = {f"image{index}": (BytesIO(data), name) for index, (name, data) in enumerate(files)}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    path = "/api/articles/1" if method == "PUT" else "/api/articles"
    data = {"article": record if isinstance(record, str) else json.dumps(record), **parts}
    sent: dict[str, Any] = {"data": data, "content_type": "multipart/form-data"}
    return program.client.open(path, method=method, headers={**program.headers, **named}, **sent)


PICTURED = {**RECORD, "images": [{"file": "hop.jpg", "caption": "Buổi họp", "alt": "Hội trường"}]}


def test_an_image_comes_with_the_article_and_stands_in_it(lang: Program) -> None:
    response = upload(lang, PICTURED, ("hop.jpg", make_photo()))
    assert response.status_code == 201
    article = response.get_json()
    [image] = article["images"]
    assert image["url"].startswith("https://tin.example.vn/media/")
    assert (image["media_type"], image["width"], image["caption"]) == ("image/jpeg", 80, "Buổi họp")
    assert f'<img src="{image["url"]}"' in article["content_html"]
    assert lang.client.get(image["url"].removeprefix("https://tin.example.vn")).status_code == 200


def test_an_article_with_images_may_be_sent_back_as_it_was_read(lang: Program) -> None:
    upload(lang, PICTURED, ("hop.jpg", make_photo()))
    read = lang.get("/1")
    response = lang.send("PUT", "/1", read.get_json(), If_Match=read.headers["ETag"])
    assert {**read.get_json(), "outcome": "unchanged", "notes": []} == response.get_json()


def test_the_address_of_an_upload_serves_for_another_article(lang: Program) -> None:
    [image] = upload(lang, PICTURED, ("hop.jpg", make_photo())).get_json()["images"]
    response = lang.post({**RECORD, "external_id": "2", "images": [{"url": image["url"], "caption": "Khác"}]})
    assert response.status_code == 201
    assert response.get_json()["images"] == [{**image, "caption": "Khác", "alt": ""}]


def test_a_put_brings_new_images(lang: Program) -> None:
    seen = lang.post().headers["ETag"]
    response = upload(lang, PICTURED, ("hop.jpg", make_photo()), method="PUT", If_Match=seen)
    assert (response.status_code, len(response.get_json()["images"])) == (200, 1)


def test_an_upload_that_is_sent_again_is_known_by_its_content(lang: Program) -> None:
    first = upload(lang, PICTURED, ("hop.jpg", make_photo()), Idempotency_Key="k")
    again = upload(lang, PICTURED, ("hop.jpg", make_photo()), Idempotency_Key="k")
    assert (again.data, again.headers["Idempotency-Replayed"]) == (first.data, "true")
    other = upload(lang, PICTURED, ("hop.jpg", make_photo(colour="blue")), Idempotency_Key="k")
    assert kind(other) == "key-reused"


def test_what_is_no_image_is_named(lang: Program) -> None:
    assert fields(upload(lang, PICTURED, ("hop.jpg", b"<svg/>"))) == {"images[0]": "image_unreadable"}
    assert fields(upload(lang, PICTURED, ("khac.jpg", make_photo()))) == {"images[0]": "image_missing"}


def test_images_and_the_record_beside_them_have_their_limits(settings: Settings, lang: Program, clock: Clock) -> None:
    app = create_app(replace(settings, max_form_bytes=10_000, max_image_bytes=10_000), clock=clock)
    program = Program(app.test_client(), "fs_lang")
    large = make_photo() + bytes(10_000)
    assert fields(upload(program, PICTURED, ("hop.jpg", large))) == {"images[0]": "image_large"}
    assert kind(upload(program, {"title": "x" * 10_000})) == "too-large"
    assert kind(upload(program, RECORD, *((f"{index}.jpg", b"x") for index in range(11)))) == "too-many"
    assert kind(upload(program, RECORD, *((f"{index}.jpg", bytes(30_000)) for index in range(4)))) == "too-large"
    app.extensions["feedsvc"].close()


def test_more_files_than_allowed_are_refused_before_any_is_decoded(lang: Program) -> None:
    record = {**RECORD, "images": [{"file": "hop.jpg"}] * 11}
    assert kind(upload(lang, record, ("hop.jpg", make_photo()))) == "too-many"


@pytest.mark.parametrize("data", [{}, {"article": "{}", "more": "x"}, {"record": "{}"}])
def test_a_form_without_its_article_is_refused(lang: Program, data: dict[str, str]) -> None:
    response = lang.client.post("/api/articles", data=data, headers=lang.headers, content_type="multipart/form-data")
    assert (response.status_code, kind(response)) == (400, "bad-request")


def test_files_come_with_one_article_and_under_different_names(lang: Program) -> None:
    assert kind(upload(lang, [PICTURED], ("hop.jpg", make_photo()))) == "bad-request"
    assert kind(upload(lang, PICTURED, ("hop.jpg", make_photo()), ("hop.jpg", make_photo()))) == "bad-request"
    assert kind(upload(lang, "{", ("hop.jpg", make_photo()))) == "json"


# Replace


def test_a_put_replaces_and_what_was_published_keeps_its_time(lang: Program) -> None:
    first = lang.post().get_json()
    response = lang.put(title="Lịch mới", published="2020-01-01T00:00:00+07:00", external_id="khác")
    article = response.get_json()
    assert (response.status_code, article["outcome"], article["title"]) == (200, "corrected", "Lịch mới")
    assert (article["published"], article["external_id"]) == (first["published"], "cms-1")
    assert ["published stays" in article["notes"][0], "external_id stays" in article["notes"][1]] == [True, True]
    assert response.headers["ETag"] == f'"{article["version"]}"' != f'"{first["version"]}"'


def test_what_get_gives_may_be_sent_back_by_put(lang: Program) -> None:
    lang.post({**RECORD, "category": "Chuyện lạ", "views": 12, "url": "https://cu.example.vn/1"})
    read = lang.get("/1")
    response = lang.send("PUT", "/1", read.get_json(), If_Match=read.headers["ETag"])
    assert {**read.get_json(), "outcome": "unchanged", "notes": []} == response.get_json()


def test_a_put_without_if_match_is_refused(lang: Program) -> None:
    lang.post()
    response = lang.send("PUT", "/1", RECORD)
    assert (response.status_code, kind(response)) == (428, "if-match")


def test_a_lost_update_is_refused(lang: Program) -> None:
    seen = lang.post().headers["ETag"]
    lang.put(title="Người khác sửa")
    response = lang.put(if_match=seen, title="Tôi sửa")
    assert (response.status_code, kind(response)) == (412, "changed")
    current = lang.get("/1")
    assert current.get_json()["title"] == "Người khác sửa"
    assert response.headers["ETag"] == current.headers["ETag"]
    assert lang.put(if_match=f"W/{current.headers['ETag']}").status_code == 412
    assert lang.put(if_match=f'"x", {current.headers["ETag"]}', title="Tôi sửa").status_code == 200


def test_a_put_makes_no_article_and_none_of_a_withdrawn_one(lang: Program) -> None:
    assert lang.put(7, if_match="*").status_code == 404
    lang.post()
    lang.delete()
    response = lang.put()
    assert (response.status_code, kind(response)) == (409, "withdrawn")


def test_what_is_wrong_with_a_put_is_listed_and_changes_nothing(lang: Program) -> None:
    before = lang.post().headers["ETag"]
    assert fields(lang.put(title="", content_text="")) == {"title": "field_missing", "content": "content_missing"}
    assert lang.get("/1").headers["ETag"] == before


def test_a_view_count_is_no_correction(lang: Program) -> None:
    first = lang.post().get_json()
    article = lang.put(views=7).get_json()
    assert (article["outcome"], article["views"], article["updated"]) == ("unchanged", 7, first["updated"])


# Withdraw


def test_a_withdrawal_says_why_and_may_be_sent_again(lang: Program) -> None:
    lang.post()
    for outcome in ("withdrawn", "unchanged"):
        response = lang.delete()
        article = response.get_json()
        assert (response.status_code, article["state"], article["outcome"]) == (200, "withdrawn", outcome)
        assert article["withdrawn_reason"] == "Sai ngày"
    assert lang.client.get("/articles/1/x").status_code == 410


def test_the_reason_may_stand_in_the_query_string(lang: Program) -> None:
    lang.post()
    assert lang.send("DELETE", "/1?reason=Sai%20ngày").get_json()["withdrawn_reason"] == "Sai ngày"


@pytest.mark.parametrize("path", ["/1", "/1?reason=", "/1?reason=%20", f"/1?reason={'x' * 301}"])
def test_a_withdrawal_needs_a_reason(lang: Program, path: str) -> None:
    lang.post()
    assert fields(lang.send("DELETE", path)).keys() == {"reason"}
    assert lang.get("/1").get_json()["state"] == "published"


def test_a_withdrawal_may_be_bound_to_a_version(lang: Program) -> None:
    lang.post()
    assert lang.delete(If_Match='"x"').status_code == 412
    assert lang.delete(If_Match=lang.get("/1").headers["ETag"]).status_code == 200


def test_a_withdrawn_article_does_not_come_back_by_posting_it(lang: Program) -> None:
    lang.post()
    lang.delete()
    response = lang.post()
    assert (response.status_code, kind(response)) == (409, "withdrawn")
    assert response.get_json()["article"] == "https://tin.example.vn/api/articles/1"


# Lists


@pytest.fixture
def several(centre: Program) -> Program:
    """Seven articles: 1 to 4 of Láng (3 scheduled, 4 withdrawn), 5 and 6 of Bồ Đề at one time, 7 of a former ward."""
    records = [
        {**RECORD, "published": "2026-11-20T08:00:00+07:00", "external_id": "1"},
        {**RECORD, "published": "2026-11-21", "category": "chinh-quyen", "external_id": "2"},
        {**RECORD, "published": "2026-12-01T08:00:00+07:00", "external_id": "3"},
        {**RECORD, "published": "2026-11-22T23:59:59+07:00", "external_id": "4"},
        {**RECORD, "ward": "phuong-bo-de", "external_id": "5"},
        {**RECORD, "ward": "phuong-bo-de", "external_id": "6"},
        {**OLD, "external_id": "7"},
    ]
    assert {item["status"] for item in centre.post(records).get_json()} == {201}
    centre.delete(4)
    return centre


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [3, 4, 2, 6, 5, 1, 7]),
        ("?ward=phuong-bo-de", [6, 5]),
        ("?area=khu-vuc-long-bien", [6, 5]),
        ("?area=quan-long-bien", [7]),
        ("?category=chinh-quyen", [2]),
        ("?state=scheduled", [3]),
        ("?state=withdrawn", [4]),
        ("?state=draft", []),
        ("?since=2026-11-21", [3, 4, 2]),
        ("?until=2026-11-20", [6, 5, 1, 7]),
        ("?since=2026-11-20&until=2026-11-22&ward=phuong-lang", [4, 2, 1]),
        ("?limit=2", [3, 4]),
    ],
)
def test_a_list_is_filtered_and_newest_first(several: Program, query: str, ids: list[int]) -> None:
    assert [item["id"] for item in several.get(query).get_json()["items"]] == ids


def test_a_token_sees_the_articles_of_its_ward_in_every_state(lang: Program, several: Program) -> None:
    assert [item["id"] for item in lang.get().get_json()["items"]] == [3, 4, 2, 1]
    assert lang.get("?ward=phuong-bo-de").get_json()["items"] == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_paging_meets_every_article_once_also_those_of_one_time(several: Program, limit: int) -> None:
    path, found = f"?limit={limit}&since=2000-01-01", []
    while path:
        response = several.get(path)
        found += [item["id"] for item in response.get_json()["items"]]
        url = response.get_json()["next"]
        assert response.headers.get("Link") == (f'<{url}>; rel="next"' if url else None)
        path = url.removeprefix("https://tin.example.vn/api/articles") if url else ""
    assert found == [3, 4, 2, 6, 5, 1, 7]


def test_what_is_added_while_somebody_pages_shifts_nothing(several: Program) -> None:
    url = several.get("?limit=3").get_json()["next"]
    several.post({**RECORD, "published": "2026-11-23T08:00:00+07:00", "external_id": "new"})
    path = url.removeprefix("https://tin.example.vn/api/articles")
    assert [item["id"] for item in several.get(path).get_json()["items"]] == [6, 5, 1]


def test_every_wrong_parameter_is_named(lang: Program) -> None:
    response = lang.get("?limit=0&state=x&since=1694563200&wrad=x&until=2026-13-01&category=a&category=b")
    assert fields(response).keys() == {"limit", "state", "since", "wrad", "until", "category"}
    assert fields(lang.get("?ward=khong-co&area=x&category=y&after=!")) == {
        "ward": "ward_unknown",
        "area": "area_unknown",
        "category": "category_unknown",
        "after": "cursor",
    }
    assert fields(lang.get("?limit=1_0")).keys() == fields(lang.get("?limit=201")).keys() == {"limit"}


# Limits and errors


@pytest.fixture
def hasty(settings: Settings, db: Database, clock: Clock, now: datetime) -> Any:
    """A program whose service allows five requests in a minute."""
    app = create_app(replace(settings, api_requests_per_minute=5), clock=clock)
    with transaction(db):
        for name in ("hasty", "calm"):
            save_token(db, name, f"fs_{name}", ward=None, area=None, now=now, expires_at=None)
    yield Program(app.test_client(), "fs_hasty")
    app.extensions["feedsvc"].close()


def test_too_many_requests_are_told_how_long_to_wait(hasty: Program, clock: Clock) -> None:
    assert [hasty.get().status_code for _ in range(6)] == [200] * 5 + [429]
    response = hasty.post()
    assert (response.status_code, kind(response)) == (429, "too-often")
    wait = int(response.headers["Retry-After"])
    assert wait == 12
    clock.now += timedelta(seconds=wait)
    assert [hasty.get().status_code for _ in range(2)] == [200, 429]
    clock.now += timedelta(minutes=5)
    assert [hasty.get().status_code for _ in range(6)] == [200] * 5 + [429]


def test_one_program_does_not_slow_down_another(hasty: Program) -> None:
    for _ in range(6):
        hasty.get()
    assert Program(hasty.client, "fs_calm").get().status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "expected"),
    [
        ("GET", "/api/", 404, "not-found"),
        ("GET", "/api/artikles", 404, "not-found"),
        ("GET", "/api/articles/", 404, "not-found"),
        ("GET", "/api/articles/abc", 404, "not-found"),
        ("GET", "/api/articles/7", 404, "not-found"),
        ("GET", f"/api/articles/{2**63}", 404, "not-found"),
        ("PATCH", "/api/articles", 405, "method"),
        ("POST", "/api/articles/1", 405, "method"),
        ("DELETE", "/api/openapi.json", 405, "method"),
    ],
)
def test_every_error_under_api_is_a_problem(lang: Program, method: str, path: str, status: int, expected: str) -> None:
    response = lang.client.open(path, method=method, headers=lang.headers)
    assert (response.status_code, kind(response)) == (status, expected)
    assert ("Allow" in response.headers) == (status == 405)


def test_a_failure_of_ours_is_a_problem_and_tells_nothing_of_the_inside(
    app: Flask, lang: Program, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with transaction(db):
        db.execute("DROP TABLE idempotency_keys")
    response = lang.post(Idempotency_Key="k")
    assert (response.status_code, kind(response)) == (500, "internal")
    assert "idempotency_keys" not in response.text
    assert "no such table" in caplog.text


def test_errors_elsewhere_stay_pages(client: FlaskClient) -> None:
    assert client.get("/khong-co").mimetype == "text/html"


# docs/api.md

DOCS = Path(__file__).parents[2] / "docs" / "api.md"
EXAMPLES = re.findall(r"^```sh\n# (\d+)\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.S | re.M)


def read_curl(command: str, **variables: str) -> dict[str, Any]:
    """Return what this curl command would send, as arguments of a test client; an option that is unknown here fails."""
    for name, value in variables.items():
        command = command.replace(f"${name}", value.replace('"', '\\"'))
    words = iter(shlex.split(command))
    assert next(words) == "curl"
    sent: dict[str, Any] = {"method": "GET", "headers": {}}
    for word in words:
        if word == "-X":
            sent["method"] = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            sent["headers"][name] = value
        elif word == "--json":
            sent |= {
                "data": next(words),
                "content_type": JSON,
                "method": {"GET": "POST"}.get(sent["method"], sent["method"]),
            }
        elif word != "-i":
            sent["path"] = word.removeprefix("http://127.0.0.1:8000")
    return sent


def test_the_examples_of_the_documentation_work_in_their_order(lang: Program) -> None:
    tag = ""
    assert len(EXAMPLES) == 7
    for status, command in EXAMPLES:
        response = lang.client.open(**read_curl(command, TOKEN="fs_lang", ETAG=tag))
        assert (response.status_code, command) == (int(status), command)
        tag = response.headers.get("ETag", tag)


def test_the_documentation_names_every_status_of_a_problem() -> None:
    named = set(re.findall(r"\d{3}", "".join(re.findall(r"^\| ([\d, ]+) \|", DOCS.read_text(encoding="utf-8"), re.M))))
    assert named == {str(status) for status, _ in KINDS.values()} - {"405"}
