"""Serve lists for machines: subscription lists (OPML), the sitemap, robots.txt."""

from collections.abc import Callable, Iterable
from itertools import chain, islice

from flask import Blueprint, Response, abort, request

from ...addresses import ADMIN, OPML, ROBOTS, SCOPES, SEARCH, SITEMAP, SITEMAP_OF_ARTICLES, SITEMAP_OF_PAGES, absolute
from ...database import Database
from ...feeds.opml import build_area_list, build_site_list, render_opml
from ...feeds.sitemap import (
    MAX_URLS,
    Location,
    list_article_locations,
    list_page_locations,
    render_sitemap,
    render_sitemap_index,
)
from ...models import Scope, ScopeState, Site, Ward
from ...store.areas import list_areas
from ...store.categories import list_categories
from ...store.scopes import get_scope_state, list_states_with_articles
from ...store.sitemap import count_published, find_range_state, list_range_states, list_stamps
from ...store.wards import list_renamed_ids, list_wards
from ..context import get_db, get_settings, get_site, get_today
from ..responses import DocumentResponse, Policy, respond
from ..routes import make_rule
from ..scopes import get_scope

blueprint = Blueprint("lists", __name__)

OPML_MEDIA_TYPE = "text/x-opml"
# A limit for numbers in URLs that no article reaches; SQLite could not multiply a much larger number.
_NUMBER = "int(max=9999999)"


@blueprint.get(SCOPES[()] + OPML)
def opml() -> DocumentResponse:
    """Answer with the list of every feed."""
    db, site = get_db(), get_site()
    state = get_scope_state(db, Scope().key)

    def build() -> bytes:
        return render_opml(
            build_site_list(
                site=site,
                today=get_today(),
                modified=state.changed_at,
                wards=_list_wards(db),
                areas=list_areas(db, today=get_today()),
                categories=list_categories(db),
                with_articles=list_states_with_articles(db),
            )
        )

    return _respond(build, state, OPML_MEDIA_TYPE)


@blueprint.get(make_rule(SCOPES["area",]) + OPML)
def area_opml(area: str) -> DocumentResponse:
    """Answer with the list of the feeds of an area and of its wards."""
    db, site = get_db(), get_site()
    found = get_scope(db, {"area": area}).area
    assert found is not None
    # The state of everything, not of the area: the list has wards without articles too, which may be renamed.
    state = get_scope_state(db, Scope().key)

    def build() -> bytes:
        return render_opml(
            build_area_list(
                found,
                site=site,
                today=get_today(),
                modified=state.changed_at,
                wards=_list_wards(db, area_id=found.id),
                categories=list_categories(db),
                with_articles=list_states_with_articles(db),
            )
        )

    return _respond(build, state, OPML_MEDIA_TYPE)


@blueprint.get(SITEMAP)
def sitemap(limit: int = MAX_URLS) -> DocumentResponse:
    """Answer with all pages and articles, or with an index of the files below if there are more than `limit` URLs."""
    db, site = get_db(), get_site()
    state = get_scope_state(db, Scope().key)

    def build() -> bytes:
        pages = list(_list_pages(db, site, state))
        ranges = list_range_states(db, size=limit)
        if len(pages) + count_published(db, most=limit) <= limit:
            return render_sitemap(chain(pages, *(_list_articles(db, site, number, limit) for number in ranges)))
        files = [
            Location(absolute(site.url, SITEMAP_OF_PAGES.format(number=number)), state.changed_at)
            for number in range(-(-len(pages) // limit))
        ]
        files += [
            Location(absolute(site.url, SITEMAP_OF_ARTICLES.format(number=number)), moved.changed_at)
            for number, moved in ranges.items()
        ]
        return render_sitemap_index(files)

    return _respond(build, state, "application/xml")


@blueprint.get(make_rule(SITEMAP_OF_PAGES, number=_NUMBER))
def sitemap_of_pages(number: int, limit: int = MAX_URLS) -> DocumentResponse:
    """Answer with a part of the pages: lists, wards, areas, categories."""
    db, site = get_db(), get_site()
    state = get_scope_state(db, Scope().key)

    part = list(islice(_list_pages(db, site, state), number * limit, (number + 1) * limit))
    if not part:
        abort(404)
    return _respond(lambda: render_sitemap(part), state, "application/xml", keep=False)


@blueprint.get(make_rule(SITEMAP_OF_ARTICLES, number=_NUMBER))
def sitemap_of_articles(number: int, limit: int = MAX_URLS) -> DocumentResponse:
    """Answer with the articles of a range of ids; only a change of one of these renews the file."""
    db, site = get_db(), get_site()
    state = find_range_state(db, number, size=limit)
    if state is None:
        abort(404)
    # Not kept: a crawler requests each of these large files once, which would push out the feeds that all request.
    return _respond(
        lambda: render_sitemap(_list_articles(db, site, number, limit)), state, "application/xml", keep=False
    )


@blueprint.get(ROBOTS)
def robots() -> Response:
    """Name the sitemap, and keep crawlers out of the forms and the endless number of searches."""
    sitemap_url = absolute(get_site().url, SITEMAP)
    text = f"User-agent: *\nDisallow: {ADMIN}\nDisallow: {SEARCH}?\n\nSitemap: {sitemap_url}\n"
    return Response(text, mimetype="text/plain")


def _list_wards(db: Database, *, area_id: int | None = None) -> list[Ward]:
    """List the wards that have begun, except renamed ones, whose URLs redirect."""
    today = get_today()
    renamed = list_renamed_ids(db, by=today)
    return [ward for ward in list_wards(db, begun_by=today, area_id=area_id) if ward.id not in renamed]


def _list_pages(db: Database, site: Site, state: ScopeState) -> Iterable[Location]:
    return list_page_locations(
        site=site,
        modified=state.changed_at,
        wards=_list_wards(db),
        areas=list_areas(db, today=get_today()),
        categories=list_categories(db),
        with_articles=list_states_with_articles(db),
    )


def _list_articles(db: Database, site: Site, number: int, size: int) -> Iterable[Location]:
    return list_article_locations(list_stamps(db, number, size=size), site=site)


def _respond(build: Callable[[], bytes], state: ScopeState, media_type: str, *, keep: bool = True) -> DocumentResponse:
    return respond(
        request.path,
        [Scope().key],
        state,
        build,
        media_type=f"{media_type}; charset=utf-8",
        policy=Policy(get_settings().feed_max_age, keep=keep),
        headers={"Access-Control-Allow-Origin": "*"},
    )
