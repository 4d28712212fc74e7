"""JSON Feed 1.1."""

import json
from typing import Any

from feedsvc.feeds.jsonfeed import render_json

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


def test_vietnamese_stands_readable_in_the_file() -> None:
    assert "Tin phường, xã".encode() in render_json(RICH, "feed.json")


def test_an_empty_feed_has_an_empty_list() -> None:
    assert document(EMPTY)["items"] == []
