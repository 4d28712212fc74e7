"""Write a Feed as JSON Feed 1.1. The extension `_feedsvc` holds values for which that standard has no field."""

import json
from typing import Any
from urllib.parse import urlsplit

from ..addresses import JSON_FEED
from .entry import Entry
from .feed import Feed

VERSION = "https://jsonfeed.org/version/1.1"
_IMAGE_TYPES = {
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "png": "png",
    "gif": "gif",
    "webp": "webp",
    "avif": "avif",
    "svg": "svg+xml",
}


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
    }
    if feed.icon_url:
        document["icon"] = document["favicon"] = feed.icon_url
    if feed.archives.prev_archive:
        document["next_url"] = _archive_url(feed, feed.archives.prev_archive)
    if feed.hub_url:
        document["hubs"] = [{"type": "WebSub", "url": feed.hub_url}]
    document["_feedsvc"] = _build_extension(feed)
    document["items"] = [_build_item(entry) for entry in feed.entries]
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _archive_url(feed: Feed, folder: str) -> str:
    return f"{folder}{JSON_FEED}{feed.archives.query}"


def _build_extension(feed: Feed) -> dict[str, Any]:
    extension: dict[str, Any] = {
        "id": feed.guid,
        "updated": feed.updated.isoformat(timespec="seconds"),
        "ttl_minutes": feed.ttl_minutes,
        "version": feed.version,
    }
    if feed.rights:
        extension["rights"] = feed.rights
    links = {
        "current": feed.archives.current,
        "prev_archive": feed.archives.prev_archive,
        "next_archive": feed.archives.next_archive,
    }
    extension |= {name: _archive_url(feed, folder) for name, folder in links.items() if folder}
    if feed.archives.is_archive:
        extension["archive"] = True
    if feed.tombstones:
        extension["deleted"] = [
            {"id": item.guid, "when": item.withdrawn_at.isoformat(timespec="seconds"), "reason": item.reason}
            for item in feed.tombstones
        ]
    return extension


def check_json(entry: Entry) -> None:
    """Raise what writing a feed with this entry would raise."""
    json.dumps(_build_item(entry), ensure_ascii=False).encode()


def _build_item(entry: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        # Every item needs a content; in a feed of summaries it is the summary.
        **({"content_html": entry.content_html} if entry.content_html else {"content_text": entry.summary}),
        "date_published": entry.published.isoformat(timespec="seconds"),
        "date_modified": entry.updated.isoformat(timespec="seconds"),
        "authors": [{"name": entry.author}],
        "tags": [term.label for term in entry.categories],
        "language": entry.language,
        "_feedsvc": _build_item_extension(entry),
    }
    if entry.source_url:
        item["external_url"] = entry.source_url
    if entry.images:
        item["image"] = entry.images[0].url
        item["attachments"] = [
            {
                "url": image.url,
                "mime_type": image.media_type or _guess_type(image.url),
                **({"title": image.caption} if image.caption else {}),
                **({"size_in_bytes": image.length} if image.length is not None else {}),
            }
            for image in entry.images
        ]
    return item


def _build_item_extension(entry: Entry) -> dict[str, Any]:
    extension: dict[str, Any] = {
        "publisher": entry.publisher,
        "has_time": entry.has_time,
        "categories": [{"term": term.term, "label": term.label, "scheme": term.scheme} for term in entry.categories],
    }
    if entry.corrected_at is not None:
        extension["corrected_at"] = entry.corrected_at.isoformat(timespec="seconds")
    if entry.correction_note:
        extension["correction_note"] = entry.correction_note
    if entry.withdrawn_at is not None:
        extension["withdrawn_at"] = entry.withdrawn_at.isoformat(timespec="seconds")
    return extension


def _guess_type(url: str) -> str:
    """Return a media type, which every attachment must have, for an image on another site whose type is unknown.

    The type follows from the file name; otherwise it is that of unknown data (RFC 2046, 4.5.1), because a range
    ("image/*") is not a type.
    """
    kind = _IMAGE_TYPES.get(urlsplit(url).path.rpartition(".")[2].lower())
    return f"image/{kind}" if kind else "application/octet-stream"
