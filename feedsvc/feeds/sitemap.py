"""Compose and write sitemaps (https://www.sitemaps.org/protocol.html). Pure: no database, no clock, no Flask."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, product
from xml.sax.saxutils import escape

from ..addresses import AREAS, CATEGORIES, WARDS, absolute, article_path, scope_path
from ..models import Area, ArticleStamp, Category, Scope, ScopeState, Site, Ward

# The limit of the protocol for one file, a sitemap or an index of sitemaps.
MAX_URLS = 50_000
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_LISTS = (scope_path(Scope()), WARDS, AREAS, CATEGORIES)


@dataclass(frozen=True, slots=True)
class Location:
    """A URL, and the time of the last change of its document."""

    url: str
    modified: datetime


def list_page_locations(
    *,
    site: Site,
    modified: datetime,
    wards: Sequence[Ward],
    areas: Sequence[Area],
    categories: Sequence[Category],
    with_articles: Mapping[str, ScopeState],
) -> Iterator[Location]:
    """Yield the index, the lists, and the page of each scope that has articles; `modified` applies to the lists."""
    for path in _LISTS:
        yield Location(absolute(site.url, path), modified)
    places = chain((Scope(),), (Scope(ward=ward) for ward in wards), (Scope(area=area) for area in areas))
    for place, category in product(places, (None, *categories)):
        scope = Scope(place.ward, place.area, category)
        state = with_articles.get(scope.key)
        if state is not None and scope != Scope():
            yield Location(absolute(site.url, scope_path(scope)), state.changed_at)


def list_article_locations(articles: Iterable[ArticleStamp], *, site: Site) -> Iterator[Location]:
    return (Location(absolute(site.url, article_path(article)), article.updated) for article in articles)


def render_sitemap(locations: Iterable[Location]) -> bytes:
    """Return a sitemap of pages, UTF-8."""
    return _render("urlset", "url", locations)


def render_sitemap_index(locations: Iterable[Location]) -> bytes:
    """Return a sitemap of sitemaps, UTF-8."""
    return _render("sitemapindex", "sitemap", locations)


def _render(root: str, item: str, locations: Iterable[Location]) -> bytes:
    # Written as text, because a tree of fifty thousand elements would take ten times as much time and memory.
    lines = "".join(
        f"<{item}><loc>{escape(location.url)}</loc>"
        f"<lastmod>{location.modified.isoformat(timespec='seconds')}</lastmod></{item}>\n"
        for location in locations
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{_NAMESPACE}">\n{lines}</{root}>\n'.encode()
