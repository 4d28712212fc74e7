"""The validator for operators reports its findings in words."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from feedsvc.client.check import check_customary, check_feed, check_not_modified, list_archive_urls
from feedsvc.client.fetch import Answer
from feedsvc.feeds import FORMATS
from feedsvc.models import Image, Tombstone

from ..feeds.examples import EMPTY, ENTRIES, RICH

HEADERS = {"etag": '"1-a"', "last-modified": "Tue, 24 Nov 2026 03:00:00 GMT", "cache-control": "public"}
RSS = {**HEADERS, "content-type": "application/rss+xml; charset=utf-8"}
TAGS = "its title has HTML tags: some readers show them, some drop them"
PLAIN = replace(RICH, entries=(replace(ENTRIES[0], title="Họp mặt"), ENTRIES[1]))


def answer(filename: str, feed: object = PLAIN, **changes: object) -> Answer:
    item = FORMATS[filename]
    url = f"https://tin.example.vn/{filename}"
    headers = {**HEADERS, "content-type": f"{item.media_type}; charset=utf-8"}
    return replace(Answer(url, 200, headers, item.render(feed, url)), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("filename", FORMATS)
@pytest.mark.parametrize("feed", [PLAIN, EMPTY], ids=["plain", "empty"])
def test_our_feeds_have_no_findings(filename: str, feed: object) -> None:
    assert check_feed(answer(filename, feed)) == []


@pytest.mark.parametrize("filename", FORMATS)
@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"url": "/articles/1"}, "is not absolute"),
        ({"content_html": '<p><a href="/x">x</a></p>'}, "has a relative URL"),
        ({"title": "Họp <b>mặt</b>"}, "its title has HTML tags"),
        ({"updated": ENTRIES[0].published.replace(year=2020)}, "before it was published"),
        ({"guid": ENTRIES[1].guid}, "occurs 2 times"),
        ({"url": "https://tin.example.vn/bài"}, "is no URI"),
        ({"content_html": '<p><a href="https://x.vn/ả?a=1&amp;b=2">x</a></p>'}, "'https://x.vn/ả?a=1&b=2' is no URI"),
        ({"images": (Image("https://anh.example.vn/ả.jpg"),)}, "is no URI"),
        ({"content_html": '<p><a rel="noopener">x</a></p>'}, "a link without an address"),
        ({"content_html": "<h1>x</h1>"}, "has an <h1>"),
        ({"content_html": "<h3>x</h3>"}, "an <h3> below an <h1>"),
        ({"content_html": "<h2>x</h2><h4>x</h4>"}, "an <h4> below an <h2>"),
        ({"content_html": "<figure><figcaption>Sân (Ảnh: Ảnh: An)</figcaption></figure>"}, "twice before a credit"),
        ({"summary": "Sân đình. Hôm nay", "images": (Image("https://a.vn/1", caption="Sân đình"),)}, "the caption of"),
    ],
)
def test_a_fault_of_an_item_is_named(filename: str, change: dict[str, object], finding: str) -> None:
    feed = replace(PLAIN, entries=(replace(PLAIN.entries[0], **change), PLAIN.entries[1]))  # type: ignore[arg-type]
    findings = check_feed(answer(filename, feed))
    assert any(finding in found for found in findings), findings


@pytest.mark.parametrize("filename", ["atom.xml", "feed.json"])  # RSS does not name it
def test_an_origin_that_is_no_uri_is_named(filename: str) -> None:
    feed = replace(PLAIN, entries=(replace(PLAIN.entries[0], source_url="https://cu.example.vn/bài 1"),))
    assert any("'https://cu.example.vn/bài 1' is no URI" in found for found in check_feed(answer(filename, feed)))


IMAGE = Image("https://a.vn/1.jpg", alt="Sân")


@pytest.mark.parametrize("filename", ["rss.xml", "atom.xml"])
@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"images": (IMAGE,)}, "no media:thumbnail"),
        (
            {"images": (IMAGE,), "content_html": '<img alt="Đình" src="https://a.vn/1.jpg">'},
            "another alternative text in Media RSS",
        ),
    ],
)
def test_a_fault_of_media_rss_is_named(filename: str, change: dict[str, object], finding: str) -> None:
    feed = replace(PLAIN, entries=(replace(PLAIN.entries[0], **change),))  # type: ignore[arg-type]
    findings = check_feed(answer(filename, feed))
    assert any(finding in found for found in findings), findings


def test_texts_that_readers_read_differently_are_named() -> None:
    rss = answer("rss.xml", RICH)
    assert check_feed(rss) == ["item 1 ('Họp mặt <b>R&D</b> & “]]>” 😀'): " + TAGS]
    (finding, _) = check_feed(replace(rss, body=rss.body.replace(b"&#x26;", b"&amp;").replace(b"&#x3C;", b"&lt;")))
    assert '"&" and "<" in <title> have to be' in finding
    atom = answer("atom.xml", RICH)
    found = check_feed(replace(atom, body=re.sub(b'<(title|summary|subtitle) type="html">', rb"<\1>", atom.body)))
    assert [finding.split(" ")[1] for finding in found[:3]] == ["subtitle", "title", "summary"]


@pytest.mark.parametrize(
    ("extension", "finding"),
    [
        ({"has_time": None}, "does not say whether the time"),
        ({"has_time": False}, "is said to be unknown, and is given"),
        ({"correction_note": "Sửa", "corrected_at": "2026-11-24T10:00:00+07:00"}, "does not begin with that"),
        ({"correction_note": "Sửa"}, "does not say when"),
    ],
)
def test_a_fault_of_the_extension_is_named(extension: dict[str, object], finding: str) -> None:
    good = answer("feed.json")
    document = json.loads(good.body)
    document["items"][0]["_feedsvc"] |= extension
    findings = check_feed(replace(good, body=json.dumps(document).encode()))
    assert any(finding in found for found in findings), findings


@pytest.mark.parametrize("filename", ["atom.xml", "feed.json"])
def test_a_withdrawal_that_readers_do_not_see_is_named(filename: str) -> None:
    when = ENTRIES[0].updated.replace(microsecond=0)
    gone = replace(PLAIN, tombstones=(Tombstone(ENTRIES[0].guid, when, "Sai"),))
    assert any("readers go on showing it" in finding for finding in check_feed(answer(filename, gone)))
    told = replace(PLAIN.entries[0], title="Đã thu hồi: Họp mặt", updated=when)
    assert check_feed(answer(filename, replace(gone, entries=(told,)))) == []
    newer = replace(told, updated=when + timedelta(seconds=1))
    assert "is newer" in check_feed(answer(filename, replace(gone, entries=(newer,))))[0]


@pytest.mark.parametrize("filename", FORMATS)
def test_an_address_of_the_feed_that_is_no_uri_is_named(filename: str) -> None:
    feed = replace(PLAIN, hub_url="https://hub.example.vn/đẩy")
    assert check_feed(answer(filename, feed)) == ["'https://hub.example.vn/đẩy' is no URI (RFC 3986)"]


def test_a_customary_address_has_to_lead_to_the_feed() -> None:
    feed = answer("rss.xml")
    assert check_customary(replace(feed, url="https://tin.example.vn/feed"), feed.url) == []
    assert "leads to no feed" in check_customary(replace(feed, status=404), feed.url)[0]
    for wrong in (answer("atom.xml"), replace(feed, headers={"content-type": "text/html"})):
        assert "does not lead to this feed" in check_customary(wrong, feed.url)[0]


@pytest.mark.parametrize("filename", ["rss.xml", "feed.json"])  # in Atom the author of the feed applies
def test_an_item_without_author_is_named(filename: str) -> None:
    feed = replace(PLAIN, entries=(replace(PLAIN.entries[0], author=""),))
    assert any("it has no author" in found for found in check_feed(answer(filename, feed)))


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"status": 500}, "the status is 500"),
        ({"headers": {**HEADERS, "content-type": "text/html"}}, "not a feed type"),
        (
            {"headers": {**RSS, "set-cookie": "a=b"}},
            "a cookie",
        ),
        ({"headers": {"content-type": "application/rss+xml; charset=utf-8"}}, "the header etag is missing"),
        (
            {"headers": {**RSS, "etag": "abc"}},
            "is not an entity tag",
        ),
        ({"headers": {**RSS, "vary": "Cookie"}}, "Vary is"),
        ({"url": "https://other.example.vn/rss.xml"}, "gives its own address as"),
        ({"body": b"<rss><channel>"}, "cannot be read"),
        ({"body": b"<html/>"}, "cannot be read"),
    ],
)
def test_a_fault_of_an_answer_is_named(changes: dict[str, object], finding: str) -> None:
    assert any(finding in found for found in check_feed(answer("rss.xml", **changes)))


def test_a_poll_that_is_not_304_is_a_finding() -> None:
    assert "not 304" in check_not_modified(answer("rss.xml"), "If-None-Match")[0]
    assert check_not_modified(answer("rss.xml", status=304, body=b""), "If-None-Match") == []
    assert check_not_modified(answer("rss.xml", status=304), "If-None-Match") == ["a 304 has a body"]


def test_a_feed_without_archives_names_none() -> None:
    assert list_archive_urls(answer("atom.xml")) == list_archive_urls(answer("feed.json")) == []
