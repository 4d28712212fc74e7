"""Compose and render feeds. FORMATS is the one table of formats; routes, media types and links come from it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..addresses import ATOM, JSON_FEED, RSS
from .entry import Entry, Term, build_entry
from .feed import Feed, build_feed, place_among_archives
from .jsonfeed import check_json, render_json
from .scope import scope_in_sentence, scope_name, scope_subtitle, scope_title
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
    "scope_in_sentence",
    "scope_name",
    "scope_subtitle",
    "scope_title",
]


@dataclass(frozen=True, slots=True)
class Format:
    """One format of feeds. `render` takes the feed and its own URL (for the self link).

    `check` raises for an entry what rendering a feed with it would raise, at the cost of that entry; formats may share
    a check.
    """

    label: str
    filename: str
    media_type: str
    render: Callable[[Feed, str], bytes]
    check: Callable[[Entry], None]


def render_sound(item: Format, feed: Feed, self_url: str) -> tuple[bytes, dict[str, str]]:
    """Return the feed without the entries that cannot be rendered, and the reasons by guid.

    `articles.ingest` checks every article, but a row may have been damaged since, by hand or by another version; one
    damaged row must not break the whole feed.
    """
    try:
        return item.render(feed, self_url), {}
    # The libraries of the renderers do not document which exceptions they raise; after any of them, the other entries
    # are still served.
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
