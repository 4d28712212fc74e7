"""Read a feed of any format into one value, as far as the checks need it. The only part that parses foreign XML."""

import html
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
_OWN = "_feedsvc"


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a feed in any format; missing values are empty.

    `urls` are all its addresses apart from those in the content. `captions` are those of its images;
    `alternatives` are the alternative texts of its images by URL, and `has_thumbnail` tells of one: both None in a
    format without a place for them. `extension` is what JSON says in `_feedsvc`, None in other formats.
    """

    guid: str
    url: str
    title: str
    summary: str
    content: str
    author: str
    published: str
    updated: str
    urls: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    alternatives: dict[str, str] | None = None
    has_thumbnail: bool | None = None
    extension: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A feed: the address that it gives as its own, all its addresses, its items, the withdrawn guids with the time.

    `faults` are what is wrong with the document beyond that, in words.
    """

    own_url: str
    urls: tuple[str, ...]
    items: list[Item]
    deleted: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def parse_xml(body: bytes) -> Any:
    """Return the root element; raises ValueError. Entities are not resolved, because the document is untrusted."""
    try:
        return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from None


def read_rss(body: bytes) -> Document:
    """Raises ValueError if it is no RSS."""
    channel = parse_xml(body).find("channel")
    if channel is None:
        raise ValueError("there is no <channel>")
    required = ("title", "link", "description", "language", "lastBuildDate")
    return Document(
        own_url=_link(channel, "self"),
        urls=(channel.findtext("link", ""), *_hrefs(channel)),
        items=[
            Item(
                guid=item.findtext("guid", ""),
                url=item.findtext("link", ""),
                title=item.findtext("title", ""),
                summary=html.unescape(item.findtext("description", "")),
                content=item.findtext(_CONTENT) or item.findtext("description", ""),
                author=item.findtext(_CREATOR) or item.findtext("author", ""),
                published=item.findtext("pubDate", ""),
                updated=item.findtext(f"{_ATOM}updated") or item.findtext("pubDate", ""),
                urls=(*(str(each.get("url")) for each in item.iterfind("enclosure")), *_media_urls(item)),
                **_read_media(item),
            )
            for item in channel.iterfind("item")
        ],
        faults=[f"the channel has no {name}" for name in required if not channel.findtext(name)],
    )


def read_atom(body: bytes) -> Document:
    """Raises ValueError if it is no Atom."""
    feed = parse_xml(body)
    if feed.tag != f"{_ATOM}feed":
        raise ValueError(f"the root is {feed.tag}")
    faults = [f"the feed has no {name}" for name in ("id", "title", "updated") if not feed.findtext(f"{_ATOM}{name}")]
    for node in feed.iter(*(_ATOM + name for name in ("title", "subtitle", "summary", "rights"))):
        if node.get("type", "text") == "text" and not {"<", "&"}.isdisjoint(node.text or ""):
            name = etree.QName(node).localname
            faults.append(
                f'the {name} {node.text[:40]!r} has "<" or "&" and is not type="html": some readers lose a part'
            )
    return Document(
        own_url=_link(feed, "self"),
        urls=tuple(_hrefs(feed)),
        items=[
            Item(
                guid=entry.findtext(f"{_ATOM}id", ""),
                url=_link(entry, "alternate"),
                title=_read_text(entry, "title"),
                summary=_read_text(entry, "summary"),
                content=entry.findtext(f"{_ATOM}content") or entry.findtext(f"{_ATOM}summary", ""),
                author=entry.findtext(f"{_ATOM}author/{_ATOM}name") or feed.findtext(f"{_ATOM}author/{_ATOM}name", ""),
                published=entry.findtext(f"{_ATOM}published") or entry.findtext(f"{_ATOM}updated", ""),
                updated=entry.findtext(f"{_ATOM}updated", ""),
                urls=(*_hrefs(entry), *_media_urls(entry)),
                **_read_media(entry),
            )
            for entry in feed.iterfind(f"{_ATOM}entry")
        ],
        deleted={str(node.get("ref")): str(node.get("when")) for node in feed.iterfind(_DELETED)},
        faults=faults,
    )


def read_json(body: bytes) -> Document:
    """Raises ValueError, KeyError or TypeError if it is no JSON Feed."""
    feed: dict[str, Any] = json.loads(body)
    faults = [] if feed.get("title") else ["the feed has no title"]
    if not str(feed.get("version", "")).startswith("https://jsonfeed.org/version/"):
        faults.append("version is not that of a JSON Feed")
    links = [feed.get(name, "") for name in ("home_page_url", "feed_url", "next_url", "icon", "favicon")]
    return Document(
        own_url=feed.get("feed_url", ""),
        urls=tuple(filter(None, [*links, *(hub.get("url", "") for hub in feed.get("hubs", []))])),
        items=[
            Item(
                guid=item["id"],
                url=item.get("url", ""),
                title=item.get("title", ""),
                summary=item.get("summary", ""),
                content=item.get("content_html") or item.get("content_text", ""),
                author=" ".join(author.get("name", "") for author in item.get("authors", feed.get("authors", []))),
                published=item.get("date_published", ""),
                updated=item.get("date_modified") or item.get("date_published", ""),
                urls=tuple(
                    filter(None, [item.get("external_url"), item.get("image"), *_values(item, "attachments", "url")])
                ),
                captions=tuple(_values(item, "attachments", "title")),
                extension=item.get(_OWN),
            )
            for item in feed["items"]
        ],
        deleted={gone["id"]: gone["when"] for gone in feed.get(_OWN, {}).get("deleted", [])},
        faults=faults,
    )


READERS: dict[str, Callable[[bytes], Document]] = {
    "application/rss+xml": read_rss,
    "application/atom+xml": read_atom,
    "application/feed+json": read_json,
}


def _values(item: dict[str, Any], name: str, key: str) -> Iterator[str]:
    return (value[key] for value in item.get(name, []) if value.get(key))


def _read_text(node: Any, name: str) -> str:
    """Return a text construct of Atom (RFC 4287, 3.1) as text."""
    found = node.find(f"{_ATOM}{name}")
    text = "" if found is None else found.text or ""
    return html.unescape(text) if found is not None and found.get("type") == "html" else text


def _link(node: Any, rel: str) -> str:
    found = [str(link.get("href")) for link in node.iterfind(f"{_ATOM}link") if link.get("rel", "alternate") == rel]
    return (found or [""])[0]


def _hrefs(node: Any) -> Iterator[str]:
    return (str(link.get("href")) for link in node.iterfind(f"{_ATOM}link"))


def _media_urls(node: Any) -> Iterator[str]:
    return (str(each.get("url")) for each in node.iter(f"{_MEDIA}content", f"{_MEDIA}thumbnail"))


def _read_media(node: Any) -> dict[str, Any]:
    """Return what Media RSS says of the images of an item."""
    contents = list(node.iterfind(f"{_MEDIA}content"))
    captions = tuple(text for each in contents if (text := each.findtext(f"{_MEDIA}description")))
    return {
        "captions": captions,
        "alternatives": {str(each.get("url")): each.findtext(f"{_MEDIA}text", "") for each in contents},
        "has_thumbnail": node.find(f"{_MEDIA}thumbnail") is not None,
    }
