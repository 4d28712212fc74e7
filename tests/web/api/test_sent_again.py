"""Several articles in one request, and a request that is sent again."""

from datetime import timedelta

import pytest

from feedsvc.database import Database

from ...conftest import Clock
from .program import JSON, RECORD, Program, fields, kind


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


def test_a_refused_request_may_be_corrected_with_the_same_key(lang: Program) -> None:
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
