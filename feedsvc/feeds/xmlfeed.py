"""Write a Feed as RSS 2.0 and Atom 1.0. The only user of feedgen 1.0.0; each of its traps has a comment and a test."""

import threading
from datetime import datetime
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.ext.dc import DcEntryExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from .feed import Entry, Feed

_ATOM = "http://www.w3.org/2005/Atom"

# Trap: feedgen's RFC 822 dates call locale.setlocale for the whole process around each date, which no other thread may
# see half done; so one thread renders at a time.
_RENDERING = threading.Lock()


def render_rss(feed: Feed, self_url: str) -> bytes:
    """Return the feed as RSS 2.0 with content, dc and atom elements, UTF-8."""
    with _RENDERING:
        return bytes(_build_generator(feed, self_url, "application/rss+xml").rss_str(pretty=True))


def render_atom(feed: Feed, self_url: str) -> bytes:
    """Return the feed as Atom 1.0 (RFC 4287), UTF-8."""
    with _RENDERING:
        return bytes(_build_generator(feed, self_url, "application/atom+xml").atom_str(pretty=True))


def check_xml(entry: Entry) -> None:
    """Raise what writing an RSS or an Atom feed with this entry would raise: where its elements can be made, it can."""
    with _RENDERING:
        item = _build_item(entry)
        item.rss_entry()
        item.atom_entry()


def _build_item(entry: Entry) -> FeedEntry:
    """Return an entry outside of any feed, with the extensions that a feed of ours would give it."""
    item = FeedEntry()
    item.register_extension("dc", DcEntryExtension, atom=False, rss=True)
    item.register_extension("links", _EntryLinks)
    _fill_entry(item, entry)
    return item


def _build_generator(feed: Feed, self_url: str, media_type: str) -> FeedGenerator:
    generator = FeedGenerator()
    generator.load_extension("dc", atom=False, rss=True)
    # Trap: the class for the feed is called even if it is None: the base class stands for "nothing at that level".
    generator.register_extension("links", BaseExtension, _EntryLinks)
    generator.id(feed.guid)
    generator.title(feed.title)
    if feed.subtitle:  # Trap: an empty subtitle raises for RSS; RSS needs a description, so the title stands in.
        generator.subtitle(feed.subtitle)
    else:
        generator.description(feed.title)
    # Trap: RSS takes its <link> from the last call of link(): self first, alternate last.
    generator.link(href=self_url, rel="self", type=media_type)
    generator.link(href=feed.url, rel="alternate", type="text/html")
    generator.author(name=feed.publisher)
    generator.language(feed.language)
    if feed.rights:
        generator.rights(feed.rights)
    generator.ttl(feed.ttl_minutes)
    generator.generator(feed.generator, version=feed.version, uri=None)
    # Trap: `updated` and `lastBuildDate` default to now; they come from the data.
    generator.updated(_whole_seconds(feed.updated))
    generator.lastBuildDate(_whole_seconds(feed.updated))
    generator.dc.dc_publisher(feed.publisher)
    for entry in feed.entries:
        # Trap: add_entry() prepends unless told otherwise.
        _fill_entry(generator.add_entry(order="append"), entry)
    return generator


def _fill_entry(item: FeedEntry, entry: Entry) -> None:
    item.guid(entry.guid, permalink=False)
    item.title(entry.title)
    # Trap: description() after content() replaces the content. And type="CDATA" would make invalid Atom, no type would
    # mean text, "xhtml" raises on anything ill-formed: "html" is the one that holds.
    item.description(entry.summary, isSummary=True)
    item.content(entry.content_html, type="html")
    # For RSS only: the links of an Atom entry are written by _EntryLinks.
    item.link(href=entry.url, rel="alternate", type="text/html")
    # Trap: an author without e-mail is left out of RSS; dc:creator carries the name there.
    item.author(name=entry.author)
    item.dc.dc_creator(entry.author)
    item.dc.dc_publisher(entry.publisher)
    item.dc.dc_date(_whole_seconds(entry.published).isoformat())
    item.dc.dc_identifier(entry.guid)
    item.published(_whole_seconds(entry.published))
    item.updated(_whole_seconds(entry.updated))  # Trap: defaults to now.
    for term in entry.categories:
        item.category(term=term.term, label=term.label, scheme=term.scheme)
    item.links.set_entry(entry)


def _whole_seconds(moment: datetime) -> datetime:
    # Trap: microseconds leak into Atom; naive times raise, which is right.
    return moment.replace(microsecond=0)


def _add(parent: Any, name: str, **attributes: str) -> Any:
    return etree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)


class _EntryLinks(BaseEntryExtension):  # type: ignore[misc]
    """Write the links of an Atom entry, and atom:updated of an RSS item.

    Trap: in atom_entry() a loop variable is shadowed, and links lose rel, type and length: an enclosure would become a
    second alternate. So those that it wrote are taken out again and written anew.
    """

    def __init__(self) -> None:
        self._entry: Entry | None = None

    def set_entry(self, entry: Entry) -> None:
        self._entry = entry

    def extend_atom(self, node: Any) -> Any:
        assert self._entry is not None
        for link in node.findall("link"):
            node.remove(link)
        link = etree.SubElement(node, "link", {"rel": "alternate", "type": "text/html", "href": self._entry.url})
        if self._entry.source_url:
            etree.SubElement(node, "link", {"rel": "via", "href": self._entry.source_url})
        return node

    def extend_rss(self, node: Any) -> Any:
        assert self._entry is not None
        _add(node, "updated").text = _whole_seconds(self._entry.updated).isoformat()
        return node
