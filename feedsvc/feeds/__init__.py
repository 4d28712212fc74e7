"""What we publish. FORMATS is the one table of formats: it yields the routes, media types, links and golden tests."""

from collections.abc import Callable
from dataclasses import dataclass

from .feed import Entry, Feed, Term, article_path, build_entry, build_feed
from .jsonfeed import check_json, render_json
from .scope import feed_path, page_path, scope_name, scope_path, scope_subtitle, scope_title, search_values
from .xmlfeed import check_xml, render_atom, render_rss

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
    """One way to write a feed. `render` takes the feed and the URL under which it stands (for the self link).

    `check` raises for an entry what rendering a feed with it would raise, at the cost of the entry alone; formats may
    share one.
    """

    label: str
    filename: str
    media_type: str
    render: Callable[[Feed, str], bytes]
    check: Callable[[Entry], None]


FORMATS = {
    item.filename: item
    for item in (
        Format("RSS", "rss.xml", "application/rss+xml", render_rss, check_xml),
        Format("Atom", "atom.xml", "application/atom+xml", render_atom, check_xml),
        Format("JSON Feed", "feed.json", "application/feed+json", render_json, check_json),
    )
}
