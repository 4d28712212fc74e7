"""Serve the public HTML pages: index, lists, a page of every scope, articles."""

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from ...addresses import AREAS, ARTICLE, ARTICLE_BY_ID, CATEGORIES, WARDS, absolute, article_path, page_path
from ...database import Database
from ...models import Article, Month, Scope
from ...store.archives import find_month_after, find_month_before, list_month, list_months
from ...store.areas import list_areas
from ...store.articles import find_article, find_public, list_latest
from ...store.categories import list_categories
from ...store.scopes import get_scope_state, list_categories_with_articles, list_scope_keys, list_ward_ids_with_articles
from ...store.wards import list_predecessors, list_successors, list_wards
from ...text import fold, one_line
from ..context import get_db, get_now, get_parts, get_today
from ..responses import DocumentResponse, Policy, respond
from ..routes import MONTH_RULE, SCOPE_RULES, make_rule
from ..scopes import get_scope, require_month

blueprint = Blueprint("pages", __name__)

PAGE_ENTRIES = 30
OTHER_ARTICLES = 5
MOST_FILTER = 100
# A browser asks again each time and gets a 304, so that a clerk sees a new post at once; a shared cache may answer for
# a minute.
PAGE = Policy(max_age=0, shared_max_age=60)


def respond_with_page(
    build: Callable[[], str], *, path: str = "", extra: str = "", policy: Policy = PAGE
) -> DocumentResponse:
    """Answer with an HTML page. Pages show names and lists of everything, so every change of anything renews them.

    `path` is the page's own address if its query matters; see `respond` for the other parameters.
    """
    return respond(
        path or request.path,
        [Scope().key],
        get_scope_state(get_db(), Scope().key),
        lambda: build().encode(),
        media_type="text/html; charset=utf-8",
        policy=policy,
        extra=extra,
    )


def _scope_view(**slugs: str) -> DocumentResponse:
    db = get_db()
    scope = get_scope(db, slugs)
    return respond_with_page(lambda: _render_scope(db, scope), path=page_path(scope))


def _month_view(month: Month, **slugs: str) -> DocumentResponse:
    """Answer with what a scope published in a month, a page at a time: `before` is the last article of the page before.

    Each page is one range of an index, so that the last one of a full month costs no more than the first.
    """
    db = get_db()
    require_month(month)
    scope = get_scope(db, slugs)
    keys = list_scope_keys(db, scope, today=get_today())
    if not list_month(db, keys, month, limit=1):
        abort(404)
    before = find_public(db, request.args.get("before", ""))
    place = None if before is None else (before.published, before.id)

    def build() -> str:
        articles = list_month(db, keys, month, limit=PAGE_ENTRIES + 1, before=place)
        return render_template(
            "archive.html",
            scope=scope,
            month=month,
            articles=articles[:PAGE_ENTRIES],
            is_first_page=before is None,
            older=articles[PAGE_ENTRIES - 1].id if len(articles) > PAGE_ENTRIES else None,
            earlier=find_month_before(db, keys, month.start),
            later=find_month_after(db, keys, month.end),
        )

    path = page_path(scope, month=month, before=None if before is None else before.id)
    return respond_with_page(build, path=path, policy=replace(PAGE, keep=before is None))


def _render_scope(db: Database, scope: Scope) -> str:
    today = get_today()
    keys = list_scope_keys(db, scope, today=today)
    articles = list_latest(db, *keys, limit=PAGE_ENTRIES)
    months = list_months(db, keys, before=get_now())
    if scope == Scope():
        with_articles = list_ward_ids_with_articles(db)
        wards = sorted(
            (ward for ward in list_wards(db, begun_by=today) if ward.id in with_articles),
            key=lambda ward: ward.has_ended(today),
        )
        return render_template(
            "index.html",
            scope=scope,
            articles=articles,
            months=months,
            wards=wards,
            categories=list_categories(db),
            areas=list_areas(db, today=today),
        )
    place = scope.without_category()
    return render_template(
        "scope.html",
        scope=scope,
        articles=articles,
        months=months,
        place=place,
        categories=list_categories_with_articles(db, place) if scope.ward or scope.area else [],
        wards=list_wards(db, area_id=scope.area.id, begun_by=today) if scope.area else [],
        successors=list_successors(db, scope.ward, by=today) if scope.ward else [],
        predecessors=list_predecessors(db, scope.ward, by=today) if scope.ward else [],
    )


for _rule in SCOPE_RULES:
    blueprint.add_url_rule(_rule, "scope", _scope_view)
    blueprint.add_url_rule(_rule + MONTH_RULE, "month", _month_view)


@blueprint.get(WARDS)
def wards() -> DocumentResponse:
    db, query, today = get_db(), _get_filter(), get_today()
    return respond_with_page(
        lambda: render_template(
            "wards.html",
            query=query,
            wards=[ward for ward in list_wards(db, begun_by=today) if fold(query) in fold(ward.name)],
            with_articles=list_ward_ids_with_articles(db),
        ),
        extra=query,
        policy=replace(PAGE, keep=not query),
    )


@blueprint.get(AREAS)
def areas() -> DocumentResponse:
    db, query, today = get_db(), _get_filter(), get_today()
    return respond_with_page(
        lambda: render_template(
            "areas.html",
            query=query,
            areas=[
                (area, list_wards(db, area_id=area.id, begun_by=today))
                for area in list_areas(db, today=today)
                if fold(query) in fold(area.name)
            ],
        ),
        extra=query,
        policy=replace(PAGE, keep=not query),
    )


def _get_filter() -> str:
    """Return the text by which the visitor filters a list of names, as pages.js does during typing."""
    return one_line(request.args.get("q", "")[:MOST_FILTER])


@blueprint.get(CATEGORIES)
def categories() -> DocumentResponse:
    db = get_db()
    return respond_with_page(lambda: render_template("categories.html", categories=list_categories(db)))


@blueprint.get(make_rule(ARTICLE_BY_ID, article_id="int"))
@blueprint.get(make_rule(ARTICLE_BY_ID, article_id="int") + "/")
@blueprint.get(make_rule(ARTICLE, article_id="int"))
def article(article_id: int, slug: str = "") -> ResponseReturnValue:
    found = find_article(get_db(), article_id) if article_id < 2**63 else None
    if found is None or found.state in {"draft", "scheduled"}:
        abort(404)
    if found.state == "withdrawn":
        return render_template("withdrawn.html", article=found), 410
    if slug != found.slug:
        return redirect(absolute(get_parts().site.url, article_path(found)), 301)
    shown = f"{found.content_hash} {found.updated} {found.view_count}"
    # A new view count moves no scope, so the page is fresh only as long as a shared cache may keep it.
    policy = replace(PAGE, most_seconds=PAGE.shared_max_age)
    return respond_with_page(lambda: _render_article(get_db(), found), extra=shown, policy=policy)


def _render_article(db: Database, article: Article) -> str:
    latest = list_latest(db, Scope(ward=article.ward).key, limit=OTHER_ARTICLES + 1)
    others = [other for other in latest if other.id != article.id][:OTHER_ARTICLES]
    today = get_today()
    successors = list_successors(db, article.ward, by=today) if article.ward.has_ended(today) else []
    return render_template("article.html", article=article, others=others, successors=successors)
