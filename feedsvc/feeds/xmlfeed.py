"""Write a Feed as RSS 2.0 and Atom 1.0. The only user of feedgen 1.0.0; each of its traps has a comment and a test.

`xmlextensions` writes what feedgen does not.
"""

import re
import threading
from datetime import datetime
from html import escape

from feedgen.entry import FeedEntry
from feedgen.ext.dc import DcEntryExtension
from feedgen.feed import FeedGenerator

from ..addresses import ATOM, RSS
from .entry import Entry
from .feed import Feed
from .xmlextensions import EntryExtension, FeedExtension

# Trap: feedgen's RFC 822 dates call locale.setlocale for the whole process around each date. Another thread must not
# run in between, so only one thread renders at a time.
_RENDERING = threading.Lock()
# The text of an element, with the tag before it.
_TEXT = re.compile(rb"<(?!content:encoded)[a-z][^<>]*>[^<>]*&[^<>]*")


def render_rss(feed: Feed, self_url: str) -> bytes:
    """Return the feed as RSS 2.0 with content, dc, media and atom elements, UTF-8."""
    with _RENDERING:
        return _write_entities(_build_generator(feed, self_url, RSS, "application/rss+xml").rss_str(pretty=True))


def render_atom(feed: Feed, self_url: str) -> bytes:
    """Return the feed as Atom 1.0 (RFC 4287), UTF-8."""
    with _RENDERING:
        return bytes(_build_generator(feed, self_url, ATOM, "application/atom+xml").atom_str(pretty=True))


def _write_entities(document: bytes) -> bytes:
    """Return RSS with "&" and "<" in texts as the RSS profile wants them: readers differ on whether a title is HTML.

    The content is HTML for every reader, so it stays as it is. lxml writes "<" and ">" only where a tag begins or ends.
    """
    return _TEXT.sub(lambda text: text[0].replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;"), document)


def check_xml(entry: Entry) -> None:
    """Raise what writing an RSS or Atom feed with this entry would raise, by building the elements of the entry."""
    with _RENDERING:
        item = FeedEntry()
        item.register_extension("dc", DcEntryExtension, atom=False, rss=True)
        item.register_extension("feedsvc", EntryExtension)
        _fill_entry(item, entry, entry.language, is_rss=True)
        item.rss_entry()
        item.atom_entry()


def _build_generator(feed: Feed, self_url: str, filename: str, media_type: str) -> FeedGenerator:
    is_rss = filename == RSS
    generator = FeedGenerator()
    generator.load_extension("dc", atom=False, rss=True)
    # Trap: feedgen calls the class for the feed even if it is None.
    generator.register_extension("feedsvc", FeedExtension, EntryExtension)
    generator.feedsvc.set_feed(feed, filename, media_type)
    generator.id(feed.guid)
    generator.title(feed.title)
    if feed.subtitle:  # Trap: an empty subtitle raises for RSS; RSS needs a description, so the title replaces it.
        generator.subtitle(feed.subtitle)
    else:
        generator.description(feed.title)
    # Trap: RSS takes its <link> from the last call of link(). Simple Atom readers use the first link that they find.
    links = [
        {"href": self_url, "rel": "self", "type": media_type},
        {"href": feed.url, "rel": "alternate", "type": "text/html"},
    ]
    for link in links if is_rss else reversed(links):
        generator.link(link)
    generator.author(name=feed.publisher)
    generator.language(feed.language)
    if feed.rights:
        generator.rights(feed.rights)
    if feed.icon_url:
        generator.icon(feed.icon_url)
        if is_rss:  # Trap: image() also writes atom:logo, but a square icon is not a logo (RFC 4287, 4.2.8).
            generator.image(url=feed.icon_url, title=feed.title, link=feed.url)
    generator.ttl(feed.ttl_minutes)
    generator.generator(feed.generator, version=feed.version, uri=None)
    # Trap: `updated` and `lastBuildDate` default to the present time; here they come from the data.
    generator.updated(_whole_seconds(feed.updated))
    generator.lastBuildDate(_whole_seconds(feed.updated))
    generator.dc.dc_publisher(feed.publisher)
    for entry in feed.entries:
        # Trap: add_entry() prepends by default.
        _fill_entry(generator.add_entry(order="append"), entry, feed.language, is_rss=is_rss)
    return generator


def _fill_entry(item: FeedEntry, entry: Entry, feed_language: str, *, is_rss: bool) -> None:
    item.guid(entry.guid, permalink=False)
    item.title(entry.title)
    # Trap: description() after content() replaces the content. type="CDATA" would give invalid Atom, no type would mean
    # text, and "xhtml" raises on ill-formed content; only "html" works.
    # In RSS the description is HTML, and readers drop what looks like a tag; in Atom the summary is marked as text.
    item.description(escape(entry.summary, quote=False) if is_rss else entry.summary, isSummary=True)
    if entry.content_html:
        item.content(entry.content_html, type="html")
    # For RSS only: the extension writes the links of an Atom entry.
    item.link(href=entry.url, rel="alternate", type="text/html")
    # Trap: feedgen omits an author without e-mail in RSS; dc:creator has the name there.
    item.author(name=entry.author)
    # No dc:date and no dc:subject in addition to pubDate and category: the W3C Feed Validator warns about both, and
    # readers add the subject to the categories, some of them word by word. The HTML page satisfies circular
    # 24/2011/TT-BTTTT, article 4.
    item.dc.dc_creator(entry.author)
    item.dc.dc_publisher(entry.publisher)
    item.dc.dc_identifier(entry.guid)
    item.dc.dc_language(entry.language)
    item.published(_whole_seconds(entry.published))
    item.updated(_whole_seconds(entry.updated))  # Trap: defaults to the present time.
    for term in entry.categories:
        item.category(term=term.term, label=term.label, scheme=term.scheme)
    item.feedsvc.set_entry(entry, feed_language)


def _whole_seconds(moment: datetime) -> datetime:
    # Trap: microseconds appear in Atom; naive times raise, as they should.
    return moment.replace(microsecond=0)
