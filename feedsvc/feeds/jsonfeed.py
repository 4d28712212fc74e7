"""Write a Feed as JSON Feed 1.1."""

import json
from typing import Any

from .feed import Entry, Feed

VERSION = "https://jsonfeed.org/version/1.1"


def render_json(feed: Feed, self_url: str) -> bytes:
    """Return the feed as JSON Feed 1.1, UTF-8."""
    document: dict[str, Any] = {
        "version": VERSION,
        "title": feed.title,
        "home_page_url": feed.url,
        "feed_url": self_url,
        "description": feed.subtitle,
        "language": feed.language,
        "authors": [{"name": feed.publisher}],
        "_feedsvc": {
            "id": feed.guid,
            "updated": feed.updated.isoformat(timespec="seconds"),
            "ttl_minutes": feed.ttl_minutes,
            "version": feed.version,
            **({"rights": feed.rights} if feed.rights else {}),
        },
        "items": [_build_item(entry) for entry in feed.entries],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def check_json(entry: Entry) -> None:
    """Raise what writing a feed with this entry would raise."""
    json.dumps(_build_item(entry), ensure_ascii=False).encode()


def _build_item(entry: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": entry.content_html,
        "date_published": entry.published.isoformat(timespec="seconds"),
        "date_modified": entry.updated.isoformat(timespec="seconds"),
        "authors": [{"name": entry.author}],
        "tags": [term.label for term in entry.categories],
        "_feedsvc": {
            "publisher": entry.publisher,
            "categories": [
                {"term": term.term, "label": term.label, "scheme": term.scheme} for term in entry.categories
            ],
        },
    }
    if entry.source_url:
        item["external_url"] = entry.source_url
    return item
