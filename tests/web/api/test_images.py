"""Images that come with an article."""

import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from feedsvc import create_app
from feedsvc.config import Settings

from ...conftest import Clock
from ...pictures import make_photo
from .program import RECORD, Program, fields, kind


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


@pytest.mark.parametrize("name", ["x.jpg", f"{'a' * 64}.jpg", f"{'a' * 64}-640.webp", "../secret_key"])
def test_an_address_of_ours_that_names_no_picture_is_refused(lang: Program, name: str) -> None:
    response = lang.post({**RECORD, "images": [{"url": f"https://tin.example.vn/media/{name}"}]})
    assert set(fields(response).values()) == {"image_unknown"}


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


def test_a_file_that_is_not_an_image_is_named(lang: Program) -> None:
    assert fields(upload(lang, PICTURED, ("hop.jpg", b"<svg/>"))) == {"images[0]": "image_unreadable"}
    assert fields(upload(lang, PICTURED, ("khac.jpg", make_photo()))) == {"images[0]": "image_missing"}


def test_images_and_their_record_have_their_limits(settings: Settings, lang: Program, clock: Clock) -> None:
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
