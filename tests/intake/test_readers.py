"""Readers turn pages, JSON and NDJSON into drafts; they refuse faulty items completely and read the others."""

import json
from collections.abc import Callable

import pytest

from feedsvc.intake import FORMATS, REJECTED_KEY, Read

from .old_encodings import to_tcvn3, to_vni, to_windows_1258
from .reading import PAGE, RECORD, lines_of, outline, read, refused

SECOND = {**RECORD, "external_id": "a-2", "title": "Hai"}


def test_it_works() -> None:
    first, second = read(lines_of(RECORD, SECOND), name="tin.ndjson")
    assert isinstance(first, Read)
    assert (first.place, first.draft.external_id, first.raw) == ("tin.ndjson:1", "a-1", RECORD)
    assert second.place == "tin.ndjson:2"


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (PAGE, ["tin"]),
        (json.dumps(RECORD), ["tin:1"]),
        (json.dumps(RECORD, indent=1), ["tin"]),
        (json.dumps([RECORD, SECOND]), ["tin[0]", "tin[1]"]),
        (json.dumps([RECORD, SECOND], indent=1), ["tin[0]", "tin[1]"]),
        (lines_of(RECORD, SECOND), ["tin:1", "tin:2"]),
        ("\n \n" + lines_of(RECORD) + "\n\n" + lines_of(SECOND) + "\n", ["tin:3", "tin:6"]),
        (lines_of(RECORD, SECOND).replace("\n", "\r\n"), ["tin:1", "tin:2"]),
        (lines_of(RECORD, SECOND).replace("\n", "\r"), ["tin:1", "tin:2"]),
        (lines_of(RECORD).replace("\n", "\r\n") + lines_of(SECOND).strip(), ["tin:1", "tin:2"]),
        ("title,published,content_text\nMột,2023-09-13,Hai\n", ["tin:2"]),
        ("[]", []),
        ("{}", ["tin:1"]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_formats_are_recognised_by_content_in_every_encoding(text: str, places: list[str], encoding: str) -> None:
    assert [item.place for item in read(text.encode(encoding))] == places


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\x00",
        b"{",
        b"[",
        b'{"title": "a',
        b'"',
        b"\xff\xfe",
        b"\xff",
        b"5",
        b"null",
        b"a,b\n1",
        b"[" * 99_999,
    ],
)
def test_no_input_ends_the_reading(file_format: str, data: bytes) -> None:
    for item in [*read(data, file_format), *read(data, "auto")]:
        json.dumps(item.raw)
        assert item.place.startswith("tin")


def test_broken_lines_are_refused_completely_and_the_others_are_read() -> None:
    text = lines_of(RECORD) + '{"title": "đứt đoạn\n' + "5\n" + lines_of(SECOND)
    items = read(text)
    assert outline(items) == [
        ("tin:1", "Thông báo"),
        ("tin:2", "json_broken"),
        ("tin:3", "record_object"),
        ("tin:4", "Hai"),
    ]
    assert [item.raw for item in refused(items)] == [{"json_text": '{"title": "đứt đoạn'}, {"json_text": "5"}]


def test_a_line_beyond_the_limit_is_skipped_and_the_next_is_read() -> None:
    long = lines_of({**RECORD, "content_text": "x" * 5_000})
    items = read(lines_of(RECORD) + long + lines_of(SECOND), record_limit=1_000)
    assert outline(items) == [("tin:1", "Thông báo"), ("tin:2", "line_long"), ("tin:3", "Hai")]
    (one,) = refused(items)
    assert one.raw["unread"] == "tin:2"
    assert len(one.raw["beginning"]) == 200
    assert outline(read(long.strip(), "ndjson", record_limit=1_000)) == [("tin:1", "line_long")]


def test_a_line_of_other_bytes_affects_only_itself() -> None:
    spoilt = json.dumps(RECORD, ensure_ascii=False).encode()[:40] + b"\xf4\xd2" + b'"}\n'
    items = read(lines_of(RECORD).encode() + spoilt + b'{"title": "\x00"}\n' + lines_of(SECOND).encode())
    assert [code for _, code in outline(items)] == ["Thông báo", "not_text", "not_text", "Hai"]


@pytest.mark.parametrize("encode", [to_tcvn3, to_vni, to_windows_1258])
@pytest.mark.parametrize("file_format", ["portal", "json", "ndjson"])
def test_old_encodings_are_refused_with_advice(file_format: str, encode: Callable[[str], bytes]) -> None:
    data = encode('{"title": "Phường Phúc Đồng tổ chức hội nghị tổng kết", "content_text": "Ủy ban nhân dân phường"}\n')
    (one,) = refused(read(data, file_format))
    assert one.problems[0].code.startswith("encoding_")


@pytest.mark.parametrize("text", ["[{", '[{"title": "a"}, {"title', "{\n", '[{"title": "a"},]'])
def test_truncated_json_is_refused_with_its_text(text: str) -> None:
    (one,) = refused(read(text, "json"))
    assert (one.problems[0].code, one.raw) == ("json_broken", {"json_text": text})


def test_a_json_file_beyond_the_limit_is_refused_with_advice() -> None:
    (one,) = refused(read(json.dumps([RECORD] * 50), file_limit=1_000))
    assert one.problems[0].code == "file_long"
    assert "NDJSON" in one.problems[0].message


@pytest.mark.parametrize("text", ["<?xml version='1.0'?><rss/>", "<rss></rss>", "<feed xmlns='x'/>"])
def test_a_feed_is_not_recognised_as_a_page(text: str) -> None:
    (one,) = refused(read(text))
    assert one.problems[0].code == "format_unknown"


def test_the_name_decides_if_the_content_does_not() -> None:
    assert outline(read("hỏng", name="tin.csv")) == [("tin.csv:1", "csv_header")]
    assert outline(read("hỏng", name="tin.jsonl")) == [("tin.jsonl:1", "json_broken")]
    assert outline(read(PAGE, name="tin.html")) == [("tin.html", "format_unknown")] or "html" in FORMATS


def test_unknown_fields_are_named() -> None:
    (item,) = read(lines_of({**RECORD, "tieu_de": 1}))
    assert isinstance(item, Read)
    assert item.unknown == ("tieu_de",)


def test_a_corrected_item_is_read_again_in_its_original_format() -> None:
    kept = [
        {"portal_page": PAGE},
        {"json_text": json.dumps([RECORD, SECOND])},
        {"csv_text": "title,published,content_text\nBa,2023-09-13,x"},
        RECORD,
        {"unread": "tin:7"},
    ]
    items = read(lines_of(*({**raw, REJECTED_KEY: {"place": "x", "problems": []}} for raw in kept)))
    assert [text for _, text in outline(items)] == [
        "Phường Phúc Đồng thông báo",
        "Thông báo",
        "Hai",
        "Ba",
        "Thông báo",
        "unread",
    ]
    assert all(REJECTED_KEY not in item.raw for item in items)
    assert not any(item.unknown for item in items if isinstance(item, Read))


def test_an_emoji_cut_in_half_is_read() -> None:
    (item,) = read('{"title": "\\ud83d", "published": "2023-09-13", "content_text": "a"}\n')
    assert isinstance(item, Read)
