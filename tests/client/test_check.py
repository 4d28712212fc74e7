"""The validator for operators reports its findings in words."""

from dataclasses import replace

import pytest

from feedsvc.client.check import check_feed, check_not_modified, list_archive_urls
from feedsvc.client.fetch import Answer
from feedsvc.feeds import FORMATS

from ..feeds.examples import EMPTY, ENTRIES, RICH

HEADERS = {"etag": '"1-a"', "last-modified": "Tue, 24 Nov 2026 03:00:00 GMT", "cache-control": "public"}
RSS = {**HEADERS, "content-type": "application/rss+xml; charset=utf-8"}
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
    ],
)
def test_a_fault_of_an_item_is_named(filename: str, change: dict[str, object], finding: str) -> None:
    feed = replace(PLAIN, entries=(replace(PLAIN.entries[0], **change), PLAIN.entries[1]))  # type: ignore[arg-type]
    findings = check_feed(answer(filename, feed))
    assert any(finding in found for found in findings), findings


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
