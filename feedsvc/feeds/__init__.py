"""What we publish. FORMATS is the one table of formats: it yields the routes, media types, links and golden tests."""

from collections.abc import Callable
from dataclasses import dataclass

from .feed import Entry, Feed, Term, article_path, build_entry, build_feed
from .jsonfeed import render_json
from .scope import feed_path, page_path, scope_name, scope_path, scope_subtitle, scope_title, search_values
from .xmlfeed import render_atom, render_rss

__all__ = [
    "FORMATS",
    "Entry",
    "Feed",
    "Format",
    "Term",
    "article_path",
    "build_entry",
    "build_feed",
    "feed_path",
    "page_path",
    "scope_name",
    "scope_path",
    "scope_subtitle",
    "scope_title",
    "search_values",
]


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a feed. `render` takes the feed and the URL under which it stands (for the self link)."""

    label: str
    filename: str
    media_type: str
    render: Callable[[Feed, str], bytes]


FORMATS = {
    item.filename: item
    for item in (
        Format("RSS", "rss.xml", "application/rss+xml", render_rss),
        Format("Atom", "atom.xml", "application/atom+xml", render_atom),
        Format("JSON Feed", "feed.json", "application/feed+json", render_json),
    )
}
