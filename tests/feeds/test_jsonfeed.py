"""JSON Feed 1.1."""

import json
from dataclasses import replace
from typing import Any

import pytest

from feedsvc.feeds.jsonfeed import render_json
from feedsvc.models import Image

from .examples import EMPTY, ENTRIES, RICH


def document(feed: Any = RICH) -> dict[str, Any]:
    loaded = json.loads(render_json(feed, feed.url + "feed.json"))
    assert isinstance(loaded, dict)
    return loaded


def test_the_feed_names_itself_and_its_page() -> None:
    feed = document()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert (feed["feed_url"], feed["home_page_url"]) == ("https://tin.example.vn/feed.json", "https://tin.example.vn/")
    assert feed["language"] == "vi"


def test_an_item_has_every_field() -> None:
    item = document()["items"][0]
    entry = ENTRIES[0]
    assert (item["id"], item["url"], item["title"]) == (entry.guid, entry.url, entry.title)
    assert (item["summary"], item["content_html"]) == (entry.summary, entry.content_html)
    assert item["authors"] == [{"name": entry.author}]
    assert item["tags"] == ["Thông báo", "Gương người tốt"]
    assert item["date_published"] == "2026-03-02T08:30:00+07:00"
    assert item["date_modified"] == "2026-03-03T09:00:05+07:00"
    assert item["external_url"] == entry.source_url


def test_vietnamese_is_readable_in_the_file() -> None:
    assert "Tin phường, xã".encode() in render_json(RICH, "feed.json")


def test_an_empty_feed_has_an_empty_list() -> None:
    assert document(EMPTY)["items"] == []


@pytest.mark.parametrize(
    ("url", "media_type"),
    [
        ("https://x.example.vn/a.JPG?w=1", "image/jpeg"),
        ("https://x.example.vn/a.b/anh", "application/octet-stream"),
        ("https://x.example.vn/", "application/octet-stream"),
    ],
)
def test_an_attachment_always_has_a_media_type(url: str, media_type: str) -> None:
    feed = replace(RICH, entries=(replace(ENTRIES[0], images=(Image(url=url),)),))
    assert document(feed)["items"][0]["attachments"] == [{"url": url, "mime_type": media_type}]


def test_an_item_says_whether_its_time_is_known_when_it_was_corrected_and_that_it_was_withdrawn() -> None:
    when = ENTRIES[0].updated.replace(microsecond=0)
    told = replace(ENTRIES[0], has_time=False, corrected_at=when, correction_note="Sửa số", withdrawn_at=when)
    extension = document(replace(RICH, entries=(told, ENTRIES[1])))["items"][0]["_feedsvc"]
    assert extension["has_time"] is False
    assert extension["correction_note"] == "Sửa số"
    assert extension["corrected_at"] == extension["withdrawn_at"] == "2026-03-03T09:00:05+07:00"
    plain = document()["items"][1]["_feedsvc"]
    assert plain.keys() == {"publisher", "categories", "has_time"}
    assert plain["has_time"] is True
