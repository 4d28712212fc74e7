"""Records: the shape of an article in JSON, NDJSON, CSV and the API."""

import json
from datetime import date, datetime
from typing import Any

import pytest

from feedsvc.intake.record import Record, parse_record
from feedsvc.models import VIETNAM, Draft, DraftImage
from feedsvc.problems import RejectedError

LEAST = {"title": "Thông báo", "published": "2023-09-13T16:20:00+07:00", "content_text": "Nội dung."}


def problems_of(value: Any) -> list[tuple[str, str]]:
    with pytest.raises(RejectedError) as caught:
        parse_record(value)
    return [(problem.field, problem.code) for problem in caught.value.problems]


def test_it_works() -> None:
    draft, unknown = parse_record(
        {
            **LEAST,
            "external_id": "portal-1",
            "url": "https://example.vn/1",
            "ward": "phuong-phuc-dong",
            "category": "thong-bao",
            "categories": ["thong-bao", "Khối phường"],
            "author": "Nguyễn Văn An",
            "updated": "2023-09-14",
            "summary": "Tóm tắt",
            "images": [{"url": "https://example.vn/1.jpg", "caption": "Ra quân", "credit": "An", "alt": "Người"}],
            "views": 200,
            "language": "vi-VN",
            "correction_note": "Sửa ngày",
        }
    )
    assert unknown == ()
    assert draft == Draft(
        title="Thông báo",
        published=datetime(2023, 9, 13, 16, 20, tzinfo=VIETNAM),
        ward="phuong-phuc-dong",
        categories=("thong-bao", "Khối phường"),
        content_text="Nội dung.",
        author="Nguyễn Văn An",
        summary="Tóm tắt",
        external_id="portal-1",
        source_url="https://example.vn/1",
        view_count=200,
        images=(DraftImage(url="https://example.vn/1.jpg", caption="Ra quân", credit="An", alt="Người"),),
        language="vi-VN",
        correction_note="Sửa ngày",
    )


@pytest.mark.parametrize(
    ("given", "iso", "has_time"),
    [
        ("2023-09-13T16:20:00+07:00", "2023-09-13T16:20:00+07:00", True),
        ("2023-09-13T09:20:00Z", "2023-09-13T09:20:00+00:00", True),
        ("2023-09-13 16:20", "2023-09-13T16:20:00+07:00", True),
        (" 2023-09-13T16:20 ", "2023-09-13T16:20:00+07:00", True),
        ("2023-09-13T00:00:00+07:00", "2023-09-13T00:00:00+07:00", True),
        ("2023-09-13", "2023-09-13T00:00:00+07:00", False),
    ],
)
def test_a_time_without_zone_is_of_viet_nam_and_a_day_has_no_time(given: str, iso: str, has_time: bool) -> None:
    draft, _ = parse_record({**LEAST, "published": given})
    assert draft.published is not None
    assert (draft.published.isoformat(), draft.published_has_time) == (iso, has_time)


@pytest.mark.parametrize(
    "given",
    ["13/09/2023", "hôm qua", "2023-02-30", "2023-09-13T25:00", "2023", 1694596800, True, ["2023-09-13"], "\ud83d"],
)
def test_a_time_that_is_not_iso_8601_is_refused(given: object) -> None:
    assert problems_of({**LEAST, "published": given}) == [("published", "field_time")]


def test_a_ward_may_be_a_code_with_a_day() -> None:
    draft, _ = parse_record({**LEAST, "ward": {"code": "00151", "date": "2023-09-13"}})
    assert draft.ward == "00151@2023-09-13"
    assert problems_of({**LEAST, "ward": {"code": 151}}) == [
        ("ward.code", "field_text"),
        ("ward.date", "field_missing"),
    ]


def test_null_and_blank_fields_count_as_not_given() -> None:
    blank = dict.fromkeys(Record.model_fields.keys() - LEAST.keys(), None) | {
        "summary": " ",
        "author": "",
        "updated": "",
    }
    assert parse_record({**blank, **LEAST}) == parse_record(LEAST)
    assert problems_of({**LEAST, "title": " "}) == [("title", "field_missing")]


def test_a_number_may_be_the_senders_key() -> None:
    assert parse_record({**LEAST, "external_id": 4711})[0].external_id == "4711"


def test_every_problem_of_every_field_is_named() -> None:
    wrong = {
        "title": 5,
        "content_text": "a",
        "content_html": "b",
        "ward": 5,
        "images": [{}, {"url": 3}, "x", {"url": "a", "file": "b"}],
        "categories": "a",
        "updated": "gestern",
        "views": True,
        "language": "tiếng Việt",
    }
    assert problems_of(wrong) == [
        ("title", "field_text"),
        ("published", "field_missing"),
        ("ward", "field_text"),
        ("categories", "field_list"),
        ("updated", "field_time"),
        ("images[0]", "image_source"),
        ("images[1].url", "field_text"),
        ("images[2]", "field_object"),
        ("images[3]", "image_source"),
        ("views", "field_number"),
        ("language", "field_language"),
        ("content", "content_twice"),
    ]


@pytest.mark.parametrize("views", [-1, 1.5, "200", 2**53, 10**400, float("nan")])
def test_views_are_a_whole_number(views: object) -> None:
    assert problems_of({**LEAST, "views": views}) == [("views", "field_number")]


@pytest.mark.parametrize("value", [None, 5, "text", [LEAST], True])
def test_a_value_that_is_not_an_object_is_refused(value: object) -> None:
    assert problems_of(value) == [("record", "record_object")]


def test_content_is_given_once() -> None:
    assert problems_of({**LEAST, "content_text": ""}) == [("content", "content_missing")]
    assert problems_of({**LEAST, "content_html": "<p>a</p>"}) == [("content", "content_twice")]
    assert problems_of({**LEAST, "content_text": ["a"]}) == [("content_text", "field_text")]


def test_unknown_fields_are_named_also_within_parts() -> None:
    given = {
        **LEAST,
        "tieu_de": "x",
        "ward": {"code": "00151", "date": "2023-09-13", "name": "Phúc Đồng"},
        "images": [{"url": "https://example.vn/1.jpg", "width": 5}],
        "_rejected": {"place": "a:1", "problems": []},
    }
    assert parse_record(given)[1] == ("tieu_de", "ward.name", "images[0].width")


def test_a_message_shows_a_value_short_and_without_control_characters() -> None:
    with pytest.raises(RejectedError) as caught:
        parse_record({**LEAST, "published": "\x1b[31m" + "x" * 10_000})
    (problem,) = caught.value.problems
    assert len(problem.given) <= 80
    assert "\x1b" not in problem.message + problem.message_vi


def test_the_schema_describes_every_field_and_its_examples_are_records() -> None:
    fields = Record.model_json_schema()["properties"]
    for name, field in fields.items():
        assert field["description"], name
        for example in field.get("examples", ()):
            base = {
                key: value for key, value in LEAST.items() if not (name == "content_html" and key == "content_text")
            }
            parse_record({**base, name: example})
    assert Record.model_json_schema()["required"] == ["title", "published"]
    json.dumps(Record.model_json_schema())


def test_a_day_is_a_day_in_viet_nam() -> None:
    draft, _ = parse_record({**LEAST, "ward": {"code": "00151", "date": "2023-09-12T20:00:00Z"}})
    assert draft.ward == f"00151@{date(2023, 9, 13)}"
