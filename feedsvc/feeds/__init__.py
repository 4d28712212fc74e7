"""What we publish. FORMATS is the one table of formats: it yields the routes, media types, links and golden tests."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..addresses import ATOM, JSON_FEED, RSS
from .feed import Entry, Feed, Term, build_entry, build_feed, place_among_archives
from .jsonfeed import check_json, render_json
from .scope import scope_name, scope_subtitle, scope_title
from .xmlfeed import check_xml, render_atom, render_rss

__all__ = [
    "FORMATS",
    "Entry",
    "Feed",
    "Format",
    "Term",
    "build_entry",
    "build_feed",
    "place_among_archives",
    "render_sound",
    "scope_name",
    "scope_subtitle",
    "scope_title",
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


def render_sound(item: Format, feed: Feed, self_url: str) -> tuple[bytes, dict[str, str]]:
    """Return the feed without the entries that cannot be rendered, and the reasons by guid.

    What is stored could be rendered when it was stored (`ingest`), but a row may be damaged since, by hand or by
    another version; one of them must not take the feed down.
    """
    try:
        return item.render(feed, self_url), {}
    # The renderers' libraries document no closed set of exceptions; whatever one entry raises, the others are served.
    except Exception:
        reasons = {
            entry.guid: reason for entry in feed.entries if (reason := _find_damage(item, feed, entry, self_url))
        }
        if not reasons:
            raise
    sound = tuple(entry for entry in feed.entries if entry.guid not in reasons)
    return item.render(replace(feed, entries=sound), self_url), reasons


def _find_damage(item: Format, feed: Feed, entry: Entry, self_url: str) -> str:
    try:
        item.render(replace(feed, entries=(entry,)), self_url)
    except Exception as error:
        return f"{item.label}: {type(error).__name__}: {error}"
    return ""


FORMATS = {
    item.filename: item
    for item in (
        Format("RSS", RSS, "application/rss+xml", render_rss, check_xml),
        Format("Atom", ATOM, "application/atom+xml", render_atom, check_xml),
        Format("JSON Feed", JSON_FEED, "application/feed+json", render_json, check_json),
    )
}
