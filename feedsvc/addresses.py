"""Where everything stands: the one module that spells paths and file names. Pure.

A path with names in braces is a pattern: the functions here fill it in, and `web.routes` makes Flask's rules of it.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from .models import Article, ArticleStamp, Month, Scope, Search

WARDS, AREAS, CATEGORIES = "/wards/", "/areas/", "/categories/"
# The page of a scope, by what the scope names. Its archives and its feeds stand below it.
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

# The files of feeds, the same below every scope and below SEARCH; and the list of feeds of everything and of an area.
RSS, ATOM, JSON_FEED = "rss.xml", "atom.xml", "feed.json"
OPML = "opml.xml"

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

# Pictures of ours are files, named by the hash of what is in them; the width of the small version is in its name.
# No file by another name is ever opened.
MEDIA = "/media/"
SMALL_WIDTH = 640
_SMALL = f"-{SMALL_WIDTH}.webp"
_HASH = "[0-9a-f]{64}"
_WHOLE = r"\.(?:jpg|png)"
MEDIA_NAME = re.compile(rf"(?P<hash>{_HASH})(?:{_WHOLE}|{re.escape(_SMALL)})")
PICTURE = re.compile(rf"{MEDIA}(?P<hash>{_HASH}){_WHOLE}")


@dataclass(frozen=True, slots=True)
class Variant:
    """How much of a feed is asked for: `?content=summary`, `?limit=N`."""

    summary: bool = False
    limit: int | None = None

    def values(self) -> dict[str, str]:
        """Return the parameters that ask for it, in their one order."""
        content = {"content": "summary"} if self.summary else {}
        return content | ({"limit": str(self.limit)} if self.limit is not None else {})


WHOLE = Variant()


def absolute(site_url: str, path: str) -> str:
    """Return the URL of a path of ours under `site_url` (no trailing slash); a URL is returned as it is."""
    return site_url + path if path.startswith("/") else path


def scope_path(scope: Scope | Search) -> str:
    """Return the path under which the scope stands, without query; a search has its parameters, in one order."""
    if isinstance(scope, Search):
        return SEARCH + _query(search_values(scope))
    slugs = {kind: thing.slug for kind in ("ward", "area", "category") if (thing := getattr(scope, kind)) is not None}
    return SCOPES[tuple(slugs)].format(**slugs)


def month_path(month: Month) -> str:
    """Return where the archive of a month stands below a scope's path."""
    return f"{month.year:04}/{month.number:02}/"


def page_path(scope: Scope | Search, *, month: Month | None = None) -> str:
    """Return the path and query of the scope's page, or of its archive of a month."""
    if isinstance(scope, Search):
        return scope_path(scope)
    return scope_path(scope) + (month_path(month) if month else "") + _query(_lineage_values(scope))


def feed_path(scope: Scope | Search, filename: str, *, month: Month | None = None, variant: Variant = WHOLE) -> str:
    """Return the path and query of the scope's feed in the format that is filed under `filename`.

    With a month that of its archive document, with a variant that of the feed so asked for.
    """
    if isinstance(scope, Search):
        return f"{SEARCH}/{filename}" + _query(search_values(scope) | variant.values())
    folder = scope_path(scope) + (month_path(month) if month else "")
    return folder + filename + _query(_lineage_values(scope) | variant.values())


def opml_path(scope: Scope) -> str:
    """Return the path of the list of feeds of everything, or of an area."""
    return scope_path(scope) + OPML


def _lineage_values(scope: Scope) -> dict[str, str]:
    return {"lineage": "1"} if scope.lineage else {}


def _query(values: dict[str, str]) -> str:
    return "?" + urlencode(values, quote_via=quote, safe="") if values else ""


def search_values(search: Search) -> dict[str, str]:
    """Return the parameters that ask for this search, in their one order; a filter that is not set is not there."""
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
    """Return the path and query of the change log after `since`, at most `limit` changes of it.

    With the epoch in which `since` counts, as somebody asks who has read in the log before.
    """
    values = {"since": str(since), "limit": None if limit is None else str(limit), "epoch": epoch}
    return CHANGES + _query({name: value for name, value in values.items() if value is not None})


def media_name(media_hash: str, extension: str) -> str:
    """Return the name of the file of a picture in its full size."""
    return f"{media_hash}.{extension}"


def small_name(media_hash: str) -> str:
    """Return the name of the file of a picture's small version."""
    return media_hash + _SMALL
