"""Compose articles into a feed. Pure: no database, no clock, no Flask.

A Feed is the same value for all formats; `xmlfeed` and `jsonfeed` write it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from ..addresses import ICON, WHOLE, Variant, absolute, block_path, page_path, scope_path
from ..blocks import Block
from ..models import Article, Scope, Search, Site, Succession, Tombstone
from .entry import LANGUAGE, Entry, build_closing_entry, build_entry
from .scope import scope_subtitle, scope_title


@dataclass(frozen=True, slots=True)
class Archives:
    """The place of a feed among its archive documents (RFC 5005, 4), each given by the URL of its folder, "" for none.

    `query` follows the file name in each of them. `current` is the subscription document of an archive.
    """

    is_archive: bool = False
    current: str = ""
    prev_archive: str = ""
    next_archive: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of a scope. `url` is the HTML page of the scope; renderers get the feed's own address separately."""

    guid: str
    url: str
    title: str
    subtitle: str
    language: str
    rights: str
    publisher: str
    updated: datetime
    ttl_minutes: int
    generator: str
    version: str
    entries: tuple[Entry, ...]
    icon_url: str = ""
    hub_url: str = ""
    tombstones: tuple[Tombstone, ...] = ()
    archives: Archives = Archives()


def build_feed(
    scope: Scope | Search,
    articles: Iterable[Article],
    *,
    site: Site,
    today: date,
    updated: datetime,
    successors: Sequence[Succession] | None = None,
    tombstones: Iterable[Tombstone] = (),
    variant: Variant = WHOLE,
) -> Feed:
    """Compose the feed of a scope or a search from articles, newest first; `updated` is the scope's last change.

    `today` tells which units are closed. `successors` is not None if the ward is closed (it is empty if none followed);
    the first entry then announces that.
    """
    entries = [build_entry(article, site=site) for article in articles]
    if isinstance(scope, Scope) and scope.ward is not None and successors is not None:
        entries.insert(0, build_closing_entry(scope.ward, successors, site=site, today=today))
    if variant.summary:
        entries = [replace(entry, content_html="") for entry in entries]
    return Feed(
        guid=site.build_tag(f"feed/{scope.key}"),
        url=absolute(site.url, page_path(scope)),
        title=scope_title(scope, site, today),
        subtitle=scope_subtitle(scope, site, today),
        language=LANGUAGE,
        rights=site.rights,
        publisher=scope.ward.publisher if scope.ward else site.name,
        updated=updated,
        ttl_minutes=site.ttl_minutes,
        generator="feedsvc",
        version=site.version,
        entries=tuple(entries),
        icon_url=absolute(site.url, ICON),
        hub_url=site.hub_url,
        tombstones=tuple(tombstones),
    )


def place_among_archives(
    feed: Feed,
    scope: Scope,
    *,
    site: Site,
    block: Block | None,
    earlier: Block | None,
    later: Block | None = None,
    variant: Variant = WHOLE,
) -> Feed:
    """Return the feed with links to its archive documents; `block` is None for the subscription document."""
    base = absolute(site.url, scope_path(scope))
    query = page_path(scope).removeprefix(scope_path(scope))
    if variant.summary:
        query += ("&" if query else "?") + "content=summary"
    archives = Archives(
        is_archive=block is not None,
        current=base if block else "",
        prev_archive=base + block_path(earlier) if earlier else "",
        next_archive=base + block_path(later) if later else "",
        query=query,
    )
    if block is None:
        return replace(feed, archives=archives)
    return replace(
        feed,
        guid=f"{feed.guid}/archive/{block.name}",
        title=f"{feed.title} – lưu trữ {block.name}",
        archives=archives,
    )
