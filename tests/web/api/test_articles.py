"""One article through the API: posted, replaced, withdrawn, and refused with a list of its problems."""

import json
from io import BytesIO

import pytest

from feedsvc.config import Settings
from feedsvc.database import Database

from .program import JSON, RECORD, Program, fields, kind


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


def test_old_material_is_no_news_and_what_comes_otherwise_is(lang: Program, db: Database) -> None:
    assert lang.post().get_json()["notes"] == []
    assert lang.post({**RECORD, "external_id": "cms-9", "backfill": True}).get_json()["notes"] == []
    assert lang.post({**RECORD, "external_id": "cms-10", "backfill": "yes"}).status_code == 422
    rows = db.execute("SELECT appeared = published FROM articles ORDER BY id")
    assert [row[0] for row in rows] == [0, 1]


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


def test_a_future_time_schedules(lang: Program) -> None:
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


# Problems of a record


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
        (b'{"views": NaN}', "NaN is not a JSON number"),
        (b'{"views": -Infinity}', "-Infinity is not a JSON number"),
        (b'{"views": 1e999}', "too large"),
        (b'{"views": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"title": "a", "title": "b"}', "'title' is given twice"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_invalid_json_is_refused_with_the_place(lang: Program, body: bytes, reason: str) -> None:
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


def test_a_view_count_is_not_a_correction(lang: Program) -> None:
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


def test_the_reason_may_be_in_the_query_string(lang: Program) -> None:
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
