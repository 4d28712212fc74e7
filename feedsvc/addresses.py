"""Spell all paths and file names; no other module does. Pure.

A path with names in braces is a pattern: the functions here fill it in, and `web.routes` makes Flask's rules from it.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from .blocks import Block
from .models import Article, ArticleStamp, Month, Scope, Search

WARDS, AREAS, CATEGORIES = "/wards/", "/areas/", "/categories/"
# The page of a scope, by the kinds of things that the scope names. Its archives and feeds are below it.
SCOPES: dict[tuple[str, ...], str] = {
    (): "/",
    ("ward",): WARDS + "{ward}/",
    ("ward", "category"): WARDS + "{ward}/{category}/",
    ("area",): AREAS + "{area}/",
    ("area", "category"): AREAS + "{area}/{category}/",
    ("category",): CATEGORIES + "{category}/",
}
ARTICLE_BY_ID = "/articles/{article_id}"
ARTICLE = ARTICLE_BY_ID + "/{slug}"
SEARCH = "/search"

# The file names of feeds, the same below every scope and SEARCH; and that of the list of all feeds or those of an area.
RSS, ATOM, JSON_FEED = "rss.xml", "atom.xml", "feed.json"
OPML = "opml.xml"
# Where people and programs look for a feed below a page, and the feed that they get.
CUSTOMARY = {"feed": RSS, "rss": RSS, "atom": ATOM, "index.xml": RSS}

CHANGES = "/changes.json"
SITEMAP = "/sitemap.xml"
SITEMAP_OF_PAGES = "/sitemap-pages-{number}.xml"
SITEMAP_OF_ARTICLES = "/sitemap-{number}.xml"
ROBOTS = "/robots.txt"
ICON = "/static/icon.png"

ADMIN = "/admin/"
API = "/api/"
API_ARTICLES = API + "articles"
API_ARTICLE = API_ARTICLES + "/{id}"
API_DOCUMENT = API + "openapi.json"

# Our own pictures are files named by the hash of their content; the name of the small version contains its width. A
# file with another name is never opened.
MEDIA = "/media/"
SMALL_WIDTH = 640
_SMALL = f"-{SMALL_WIDTH}.webp"
_HASH = "[0-9a-f]{64}"
_WHOLE = r"\.(?:jpg|png)"
MEDIA_NAME = re.compile(rf"(?P<hash>{_HASH})(?:{_WHOLE}|{re.escape(_SMALL)})")
PICTURE = re.compile(rf"{MEDIA}(?P<hash>{_HASH}){_WHOLE}")


@dataclass(frozen=True, slots=True)
class Variant:
    """The part of a feed that a client asks for: `?content=summary`, `?limit=N`."""

    summary: bool = False
    limit: int | None = None

    def values(self) -> dict[str, str]:
        """Return the query parameters of the variant, always in the same order."""
        content = {"content": "summary"} if self.summary else {}
        return content | ({"limit": str(self.limit)} if self.limit is not None else {})


WHOLE = Variant()


def absolute(site_url: str, path: str) -> str:
    """Return the URL of one of our paths under `site_url` (no trailing slash); return a URL unchanged."""
    return site_url + path if path.startswith("/") else path


def scope_path(scope: Scope | Search) -> str:
    """Return the path of a scope without a query; that of a search with its parameters, always in the same order."""
    if isinstance(scope, Search):
        return SEARCH + _query(search_values(scope))
    slugs = {kind: thing.slug for kind in ("ward", "area", "category") if (thing := getattr(scope, kind)) is not None}
    return SCOPES[tuple(slugs)].format(**slugs)


def month_path(month: Month) -> str:
    """Return the path of the page of a month, relative to the scope's path."""
    return f"{month.year:04}/{month.number:02}/"


def block_path(block: Block) -> str:
    """Return the path of the archive documents of a block, relative to the scope's path."""
    return f"archive/{block.name}/"


def page_path(scope: Scope | Search, *, month: Month | None = None, before: int | None = None) -> str:
    """Return the path and query of the scope's page, or of its page of a month after the article `before` (its id)."""
    if isinstance(scope, Search):
        return scope_path(scope)
    values = _lineage_values(scope) | ({} if before is None else {"before": str(before)})
    return scope_path(scope) + (month_path(month) if month else "") + _query(values)


def feed_path(scope: Scope | Search, filename: str, *, block: Block | None = None, variant: Variant = WHOLE) -> str:
    """Return the path and query of the scope's feed in the format with this file name.

    With `block`, return those of the archive document; with `variant`, those of that variant.
    """
    if isinstance(scope, Search):
        return f"{SEARCH}/{filename}" + _query(search_values(scope) | variant.values())
    folder = scope_path(scope) + (block_path(block) if block else "")
    return folder + filename + _query(_lineage_values(scope) | variant.values())


def opml_path(scope: Scope) -> str:
    """Return the path of the list of all feeds, or of the feeds of an area."""
    return scope_path(scope) + OPML


def _lineage_values(scope: Scope) -> dict[str, str]:
    return {"lineage": "1"} if scope.lineage else {}


def _query(values: dict[str, str]) -> str:
    return "?" + urlencode(values, quote_via=quote, safe="") if values else ""


def search_values(search: Search) -> dict[str, str]:
    """Return the query parameters of a search, always in the same order, without filters that are not set."""
    values = {
        "q": search.text,
        "ward": search.ward and search.ward.slug,
        "area": search.area and search.area.slug,
        "category": search.category and search.category.slug,
        "from": search.since,
        "to": search.until,
    }
    return {name: str(value) for name, value in values.items() if value}


def article_path(article: Article | ArticleStamp) -> str:
    return ARTICLE.format(article_id=article.id, slug=article.slug)


def changes_path(since: int, *, limit: int | None = None, epoch: str | None = None) -> str:
    """Return the path and query of the change log after `since`, with at most `limit` changes.

    `epoch` is the epoch of `since`, which clients that have read the log before send.
    """
    values = {"since": str(since), "limit": None if limit is None else str(limit), "epoch": epoch}
    return CHANGES + _query({name: value for name, value in values.items() if value is not None})


def media_name(media_hash: str, extension: str) -> str:
    """Return the file name of a picture in full size."""
    return f"{media_hash}.{extension}"


def small_name(media_hash: str) -> str:
    """Return the file name of the small version of a picture."""
    return media_hash + _SMALL
