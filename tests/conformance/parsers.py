"""Read feeds with parsers from PyPI, and return the same fields as the programs in this folder print."""

from collections.abc import Callable
from typing import Any

import atoma
import fastfeedparser
import feedparser
from rss_parser import AtomParser, RSSParser

Item = dict[str, Any]


def read_feedparser(body: bytes, kind: str) -> list[Item]:
    parsed = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    assert not parsed.bozo, parsed.bozo_exception
    items = []
    for entry in parsed.entries:
        item = {
            "id": entry.id,
            "url": entry.link,
            "title": entry.title,
            "summary": entry.summary,
            "content": entry.content[0].value if "content" in entry else None,
            "author": entry.author,
            "published": entry.published,
            "updated": entry.updated,
            "labels": [tag.label if kind == "atom" else tag.term for tag in entry.get("tags", [])],
        }
        if kind == "atom":
            item["terms"] = [tag.term for tag in entry.get("tags", [])]
            item["enclosures"] = [link.href for link in entry.links if link.rel == "enclosure"]
        items.append(item)
    return items


def read_atoma(body: bytes, kind: str) -> list[Item]:
    if kind == "rss":
        return [
            {
                "id": item.guid,
                "url": item.link,
                "title": item.title,
                "summary": item.description,
                "content": item.content_encoded,
                "published": item.pub_date.isoformat(),
                "labels": item.categories,
            }
            for item in atoma.parse_rss_bytes(body).items
        ]
    if kind == "atom":
        return [
            {
                "id": entry.id_,
                "url": next(link.href for link in entry.links if link.rel == "alternate"),
                "title": entry.title.value,
                "summary": entry.summary.value,
                "content": entry.content.value if entry.content else None,
                "author": entry.authors[0].name,
                "published": entry.published.isoformat(),
                "updated": entry.updated.isoformat(),
                "labels": [category.label for category in entry.categories],
                "terms": [category.term for category in entry.categories],
                "enclosures": [link.href for link in entry.links if link.rel == "enclosure"],
            }
            for entry in atoma.parse_atom_bytes(body).entries
        ]
    return [
        {
            "id": item.id_,
            "url": item.url,
            "title": item.title,
            "summary": item.summary,
            "content": item.content_html,
            "published": item.date_published.isoformat(),
            "updated": item.date_modified.isoformat(),
            "labels": item.tags,
            "enclosures": [attachment.url for attachment in item.attachments],
        }
        for item in atoma.parse_json_feed_bytes(body).items
    ]


def read_fastfeedparser(body: bytes, kind: str) -> list[Item]:
    return [
        {
            "id": entry.id,
            "url": entry.link,
            "title": entry.title,
            "summary": entry.description,
            "content": entry.content[0]["value"] if "content" in entry else None,
            "author": entry.author,
            "published": entry.published,
            "updated": entry.updated,
            "labels": [tag["label"] or tag["term"] for tag in entry.get("tags", [])],
        }
        for entry in fastfeedparser.parse(body).entries
    ]


def read_rss_parser(body: bytes, kind: str) -> list[Item]:
    """Read with rss-parser, whose pydantic models validate the feed."""
    if kind == "rss":
        channel: Any = RSSParser.parse(body.decode()).channel  # type: ignore[attr-defined]
        return [
            {
                "id": item.guid.content,
                "url": item.links[0].content,
                "title": item.title.content,
                "summary": item.description.content,
                "published": item.pub_date.content.isoformat(),
                "labels": [category.content for category in item.categories],
            }
            for item in channel.items
        ]
    feed: Any = AtomParser.parse(body.decode()).feed  # type: ignore[attr-defined]
    return [
        {
            "id": entry.id.content,
            "url": entry.links[0].attributes["href"],
            "title": entry.title.content,
            "summary": entry.summary.content,
            "content": getattr(entry.content.content, "content", None),
            "author": entry.authors[0].content.name.content,
            "published": entry.published.content.isoformat(),
            "updated": entry.updated.content.isoformat(),
            "labels": [category.attributes["label"] for category in entry.categories],
        }
        for entry in feed.entries
    ]


PARSERS: dict[str, tuple[Callable[[bytes, str], list[Item]], tuple[str, ...]]] = {
    "feedparser": (read_feedparser, ("rss", "atom")),
    "atoma": (read_atoma, ("rss", "atom", "json")),
    "fastfeedparser": (read_fastfeedparser, ("rss", "atom", "json")),
    "rss-parser of PyPI": (read_rss_parser, ("rss", "atom")),
}
