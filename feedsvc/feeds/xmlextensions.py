"""Write what feedgen cannot, through its extension hooks: links, archives, tombstones, images, languages.

Standards: RFC 4287 (Atom links), RFC 5005 (fh), RFC 6721 (at), Media RSS (media), WebSub (rel="hub").
"""

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from lxml import etree

from ..addresses import ATOM
from ..models import VIETNAM, Image
from .entry import Entry
from .feed import Feed

_ATOM = "http://www.w3.org/2005/Atom"
_HISTORY = "http://purl.org/syndication/history/1.0"
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_MEDIA = "http://search.yahoo.com/mrss/"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class FeedExtension(BaseExtension):  # type: ignore[misc]
    """Writes links to the hub and archives, the mark of an archive, tombstones (Atom only)."""

    def __init__(self) -> None:
        self._feed: Feed | None = None
        self._filename = self._media_type = ""

    def set_feed(self, feed: Feed, filename: str, media_type: str) -> None:
        """Set the feed to write, and the file name and media type of its format."""
        self._feed, self._filename, self._media_type = feed, filename, media_type

    def extend_ns(self) -> dict[str, str]:
        """Return the namespaces by prefix, only those that this document uses."""
        assert self._feed is not None
        wanted = {
            "fh": _HISTORY if self._feed.archives.is_archive else "",
            "at": _TOMBSTONES if self._feed.tombstones and self._filename == ATOM else "",
            "media": _MEDIA if any(entry.images for entry in self._feed.entries) else "",
        }
        return {prefix: uri for prefix, uri in wanted.items() if uri}

    def extend_atom(self, node: Any) -> Any:
        assert self._feed is not None
        _write_markup_as_html(node, "title", "subtitle", "rights")
        for attributes in self._list_links():
            etree.SubElement(node, "link", attributes)
        if self._feed.archives.is_archive:
            etree.SubElement(node, f"{{{_HISTORY}}}archive")
        for tombstone in self._feed.tombstones:
            when = tombstone.withdrawn_at.astimezone(VIETNAM).isoformat(timespec="seconds")
            deleted = etree.SubElement(node, f"{{{_TOMBSTONES}}}deleted-entry", {"ref": tombstone.guid, "when": when})
            if tombstone.reason:
                etree.SubElement(deleted, f"{{{_TOMBSTONES}}}comment").text = tombstone.reason
        return node

    def extend_rss(self, node: Any) -> Any:
        assert self._feed is not None
        channel = node[0]
        for attributes in self._list_links():
            etree.SubElement(channel, f"{{{_ATOM}}}link", attributes)
        if self._feed.archives.is_archive:
            etree.SubElement(channel, f"{{{_HISTORY}}}archive")
        return node

    def _list_links(self) -> Iterator[dict[str, str]]:
        """Yield the links that feedgen does not write; in RSS it writes only self."""
        assert self._feed is not None
        archives = self._feed.archives
        if self._feed.hub_url:
            yield {"rel": "hub", "href": self._feed.hub_url}
        folders = {
            "current": archives.current,
            "prev-archive": archives.prev_archive,
            "next-archive": archives.next_archive,
        }
        for rel, folder in folders.items():
            if folder:
                yield {"rel": rel, "type": self._media_type, "href": folder + self._filename + archives.query}


class EntryExtension(BaseEntryExtension):  # type: ignore[misc]
    """Writes links, images and language of an entry, and atom:updated of an RSS item."""

    def __init__(self) -> None:
        self._entry: Entry | None = None
        self._feed_language = ""

    def set_entry(self, entry: Entry, feed_language: str) -> None:
        """Set the entry to write, and the language of the feed."""
        self._entry, self._feed_language = entry, feed_language

    def extend_atom(self, node: Any) -> Any:
        assert self._entry is not None
        # Trap: atom_entry() shadows a loop variable, so links lose rel, type and length, and an enclosure would become
        # a second alternate. Its links are therefore removed and written again.
        for link in node.findall("link"):
            node.remove(link)
        etree.SubElement(node, "link", {"rel": "alternate", "type": "text/html", "href": self._entry.url})
        if self._entry.source_url:
            etree.SubElement(node, "link", {"rel": "via", "href": self._entry.source_url})
        for image in self._entry.images:
            etree.SubElement(node, "link", {"rel": "enclosure", "href": image.url, **_type_and_length(image)})
        if self._entry.language != self._feed_language:
            node.set(_LANG, self._entry.language)
        _write_markup_as_html(node, "title", "summary")
        _add_media(node, self._entry)
        return node

    def extend_rss(self, node: Any) -> Any:
        assert self._entry is not None
        updated = self._entry.updated.replace(microsecond=0).isoformat()
        etree.SubElement(node, f"{{{_ATOM}}}updated").text = updated
        # RSS 2.0 allows one enclosure, which needs length and type: the first image for which both are known.
        for image in self._entry.images:
            attributes = _type_and_length(image)
            if len(attributes) == 2:
                etree.SubElement(node, "enclosure", {"url": image.url, **attributes})
                break
        _add_media(node, self._entry)
        return node


def _write_markup_as_html(node: Any, *names: str) -> None:
    """Write texts with "<" or "&" as HTML: many readers treat the text of a title as HTML, whatever its type."""
    for name in names:
        text = node.find(name)
        if text is not None and re.search("[<&]", text.text or ""):
            text.text = escape(text.text, quote=False)
            text.set("type", "html")


def _type_and_length(image: Image) -> dict[str, str]:
    # Trap: feedgen would write length="None" for an unknown length; unknown values are omitted here.
    values = {"type": image.media_type, "length": image.length}
    return {name: str(value) for name, value in values.items() if value is not None}


def _add_media(node: Any, entry: Entry) -> None:
    """Write every image as media:content. Trap: feedgen's own extension wraps all in one media:group."""
    for image in entry.images:
        values = {
            "url": image.url,
            "medium": "image",
            "type": image.media_type,
            "fileSize": image.length,
            "width": image.width,
            "height": image.height,
        }
        content = _add_media_element(node, "content", values)
        if image.caption:
            _add_media_element(content, "description", {"type": "plain"}).text = image.caption
        if image.credit:
            _add_media_element(content, "credit").text = image.credit
        if image.alt:
            _add_media_element(content, "text", {"type": "plain"}).text = image.alt
    if entry.thumbnail is not None:
        thumbnail = entry.thumbnail
        values = {"url": thumbnail.url, "width": thumbnail.width, "height": thumbnail.height}
        _add_media_element(node, "thumbnail", values)


def _add_media_element(node: Any, name: str, values: Mapping[str, object] | None = None) -> Any:
    attributes = {key: str(value) for key, value in (values or {}).items() if value is not None}
    return etree.SubElement(node, f"{{{_MEDIA}}}{name}", attributes)
