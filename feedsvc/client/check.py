"""Check a feed as a strict reader would, and report in words what is wrong. Pure: an Answer in, findings out."""

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from .fetch import Answer

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_RELATIVE = re.compile(r"""(?:src|href)\s*=\s*["'](?![a-z][a-z0-9+.-]*:)""", re.IGNORECASE)


def parse_xml(body: bytes) -> Any:
    """Return the root element; raises ValueError. Entities are not resolved, because the document is untrusted."""
    try:
        return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from None


@dataclass(frozen=True, slots=True)
class _Item:
    """An item of a feed in any format; missing values are empty."""

    guid: str
    url: str
    title: str
    content: str
    author: str
    published: str
    updated: str


def check_feed(answer: Answer) -> list[str]:
    """Return everything that is wrong with the answer to a GET of a feed; empty if it is correct."""
    if answer.status != 200:
        return [f"the status is {answer.status}, a reader needs 200"]
    findings = _check_headers(answer)
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip()
    reader = _READERS.get(media_type)
    if reader is None:
        return [*findings, f"Content-Type is {media_type!r}, which is not a feed type ({', '.join(_READERS)})"]
    try:
        own_url, items, more = reader(answer.body)
    except (ValueError, KeyError, TypeError) as error:
        return [*findings, f"the body cannot be read as {media_type}: {error}"]
    if own_url != answer.url:
        findings.append(f"the feed gives its own address as {own_url!r}: readers that follow self would move there")
    findings += more
    for place, item in enumerate(items, start=1):
        findings += [f"item {place} ({item.title[:40]!r}): {finding}" for finding in _check_item(item)]
    guids = [item.guid for item in items]
    repeated = sorted({guid for guid in guids if guids.count(guid) > 1})
    findings += [f"guid {guid!r} occurs {guids.count(guid)} times" for guid in repeated]
    return findings


def check_not_modified(answer: Answer, validators: str) -> list[str]:
    """Return what is wrong with the answer to a GET with the validator in the header `validators`, which is current."""
    if answer.status != 304:
        return [f"with {validators} the status is {answer.status}, not 304: every poll transfers the whole feed"]
    return ["a 304 has a body"] if answer.body else []


def list_archive_urls(answer: Answer) -> list[str]:
    """Return the URL of the preceding archive that the feed names (RFC 5005), if any."""
    if answer.status != 200:
        return []
    if "json" in answer.headers.get("content-type", ""):
        url = json.loads(answer.body).get("next_url")
        return [url] if url else []
    root = parse_xml(answer.body)
    return [str(link.get("href")) for link in root.iter(f"{_ATOM}link") if link.get("rel") == "prev-archive"]


def _check_headers(answer: Answer) -> list[str]:
    needed = ("etag", "last-modified", "cache-control")
    findings = [f"the header {name} is missing" for name in needed if name not in answer.headers]
    etag = answer.headers.get("etag", '""')
    if not re.fullmatch(r'(W/)?"[\x21\x23-\x7e]*"', etag):
        findings.append(f"the ETag {etag} is not an entity tag (RFC 9110, 8.8.3)")
    if "charset=utf-8" not in answer.headers.get("content-type", "").lower():
        findings.append("Content-Type does not say charset=utf-8")
    if "set-cookie" in answer.headers:
        findings.append("it sets a cookie: no shared cache may keep it")
    if answer.headers.get("vary", "").lower() not in {"", "accept-encoding"}:
        findings.append(f"Vary is {answer.headers['vary']!r}: shared caches keep several copies")
    return findings


def _check_item(item: _Item) -> Iterator[str]:
    for name in ("guid", "url", "title", "author", "published", "updated"):
        if not getattr(item, name):
            yield f"it has no {name}"
    if item.url and not _is_absolute(item.url):
        yield f"its URL {item.url!r} is not absolute"
    if re.search(r"<\w+[^>]*>", item.title):
        yield "its title has HTML tags: some readers show them, some drop them"
    if _RELATIVE.search(item.content):
        yield "its content has a relative URL: readers have no base to resolve it"
    times = [time for text in (item.published, item.updated) if (time := _read_time(text)) is not None]
    if len(times) < sum(1 for text in (item.published, item.updated) if text):
        yield f"a date cannot be read, or has no zone ({item.published!r}, {item.updated!r})"
    if len(times) == 2 and times[1] < times[0]:
        yield f"it was updated ({item.updated}) before it was published ({item.published})"


def _is_absolute(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def _read_time(text: str) -> datetime | None:
    try:
        time = parsedate_to_datetime(text) if "," in text else datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo is not None else None


def _read_rss(body: bytes) -> tuple[str, list[_Item], list[str]]:
    channel = parse_xml(body).find("channel")
    if channel is None:
        raise ValueError("there is no <channel>")
    own = [str(link.get("href")) for link in channel.iterfind(f"{_ATOM}link") if link.get("rel") == "self"]
    items = [
        _Item(
            guid=item.findtext("guid", ""),
            url=item.findtext("link", ""),
            title=item.findtext("title", ""),
            content=item.findtext(_CONTENT) or item.findtext("description", ""),
            author=item.findtext(_CREATOR) or item.findtext("author", ""),
            published=item.findtext("pubDate", ""),
            updated=item.findtext(f"{_ATOM}updated") or item.findtext("pubDate", ""),
        )
        for item in channel.iterfind("item")
    ]
    required = ("title", "link", "description", "language", "lastBuildDate")
    more = [f"the channel has no {name}" for name in required if not channel.findtext(name)]
    return (own or [""])[0], items, more


def _read_atom(body: bytes) -> tuple[str, list[_Item], list[str]]:
    feed = parse_xml(body)
    if feed.tag != f"{_ATOM}feed":
        raise ValueError(f"the root is {feed.tag}")
    items = [
        _Item(
            guid=entry.findtext(f"{_ATOM}id", ""),
            url=_link(entry, "alternate"),
            title=_read_text(entry, "title"),
            content=entry.findtext(f"{_ATOM}content") or entry.findtext(f"{_ATOM}summary", ""),
            author=entry.findtext(f"{_ATOM}author/{_ATOM}name") or feed.findtext(f"{_ATOM}author/{_ATOM}name", ""),
            published=entry.findtext(f"{_ATOM}published") or entry.findtext(f"{_ATOM}updated", ""),
            updated=entry.findtext(f"{_ATOM}updated", ""),
        )
        for entry in feed.iterfind(f"{_ATOM}entry")
    ]
    more = [f"the feed has no {name}" for name in ("id", "title", "updated") if not feed.findtext(f"{_ATOM}{name}")]
    return _link(feed, "self"), items, more


def _read_text(node: Any, name: str) -> str:
    """Return a text construct of Atom (RFC 4287, 3.1) as text."""
    found = node.find(f"{_ATOM}{name}")
    text = "" if found is None else found.text or ""
    return html.unescape(text) if found is not None and found.get("type") == "html" else text


def _link(node: Any, rel: str) -> str:
    found = [str(link.get("href")) for link in node.iterfind(f"{_ATOM}link") if link.get("rel", "alternate") == rel]
    return (found or [""])[0]


def _read_json(body: bytes) -> tuple[str, list[_Item], list[str]]:
    feed: dict[str, Any] = json.loads(body)
    items = [
        _Item(
            guid=item["id"],
            url=item.get("url", ""),
            title=item.get("title", ""),
            content=item.get("content_html") or item.get("content_text", ""),
            author=" ".join(author.get("name", "") for author in item.get("authors", feed.get("authors", []))),
            published=item.get("date_published", ""),
            updated=item.get("date_modified") or item.get("date_published", ""),
        )
        for item in feed["items"]
    ]
    more = (
        []
        if str(feed.get("version", "")).startswith("https://jsonfeed.org/version/")
        else ["version is not that of a JSON Feed"]
    )
    return feed.get("feed_url", ""), items, more + ([] if feed.get("title") else ["the feed has no title"])


_READERS: dict[str, Callable[[bytes], tuple[str, list[_Item], list[str]]]] = {
    "application/rss+xml": _read_rss,
    "application/atom+xml": _read_atom,
    "application/feed+json": _read_json,
}
