"""Serve searches as a page and as feeds; `store.search` decides what is found.

Any query text is valid; a filter that names nothing gets a message next to its field, and nothing is guessed.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from ...addresses import SEARCH, scope_path, search_values
from ...database import Database
from ...errors import NotFoundError
from ...feeds import Format
from ...markup import html_to_text
from ...models import Article, Scope, ScopeState, Search
from ...phrases import cut_query, find_excerpt
from ...store.areas import list_areas
from ...store.articles import find_public
from ...store.categories import list_categories
from ...store.scopes import get_scope_state, list_ward_ids_with_articles
from ...store.search import Lookup, count_found, list_found, prepare_search
from ...store.wards import list_wards
from ...text import one_line
from ...wording import parse_day
from ..context import get_db, get_settings, get_today
from ..routes import FEED_RULE
from ..scopes import find_named
from .feeds import respond_with_feed
from .pages import PAGE, PAGE_ENTRIES, respond_with_page

blueprint = Blueprint("search", __name__)

FIELDS = ("q", "ward", "area", "category", "from", "to", "before")
_UNKNOWN = {
    "ward": "Không có phường, xã này. Hãy chọn trong danh sách.",
    "area": "Không có khu vực này. Hãy chọn trong danh sách.",
    "category": "Không có chuyên mục này. Hãy chọn trong danh sách.",
}
_NOT_A_DAY = "Ngày phải viết theo dạng ngày/tháng/năm, ví dụ 13/09/2023."
_DAYS_TURNED = "“Đến ngày” phải sau hoặc trùng “Từ ngày”. Hãy sửa một trong hai."
_NO_SUCH_PAGE = "Không có trang kết quả này. Hãy tìm lại từ đầu."


@dataclass(frozen=True, slots=True)
class Asked:
    """The search that a query string asks for, complete if there are no `problems` (field → message).

    `typed` is the input by field; `is_cut` tells that the query was too long; `before` is the last article of the
    previous page.
    """

    typed: dict[str, str]
    problems: dict[str, str]
    search: Search
    is_cut: bool
    before: Article | None


def read_query(db: Database, args: MultiDict[str, str]) -> Asked:
    """Read the known parameters and ignore all others."""
    typed = {name: one_line(args.get(name, "")) for name in FIELDS}
    problems: dict[str, str] = {}
    found: dict[str, Any] = {}
    for name, message in _UNKNOWN.items():
        if typed[name]:
            try:
                found[name] = find_named(db, name, typed)
            except NotFoundError:
                problems[name] = message
    for name, field in (("from", "since"), ("to", "until")):
        if typed[name]:
            found[field] = parse_day(typed[name])
            if found[field] is None:
                problems[name] = _NOT_A_DAY
    if found.get("since") and found.get("until") and found["until"] < found["since"]:
        problems["to"] = _DAYS_TURNED
    text, is_cut = cut_query(typed["q"])
    before = find_public(db, typed["before"])
    if typed["before"] and before is None:
        problems["before"] = _NO_SUCH_PAGE
    return Asked(typed, problems, Search(text, **found), is_cut, before)


@blueprint.get(SEARCH)
def page() -> ResponseReturnValue:
    db = get_db()
    asked = read_query(db, request.args)
    if asked.problems:
        return _render_form(db, asked), 400
    shown = f"{scope_path(asked.search)} {asked.is_cut} {asked.before and asked.before.id}"
    return respond_with_page(lambda: _render_results(db, asked), extra=shown, policy=replace(PAGE, keep=False))


@blueprint.get(f"{SEARCH}/{FEED_RULE}")
def feed(item: Format) -> ResponseReturnValue:
    db = get_db()
    asked = read_query(db, request.args)
    # A feed has no further pages, so `before` is an unknown parameter of feeds.
    if asked.problems.keys() - {"before"}:
        return _render_form(db, asked), 400
    state = get_scope_state(db, Scope().key)
    return respond_with_feed(
        item, asked.search, state, lambda: _list_window(db, prepare_search(db, asked.search), state)
    )


def _list_window(db: Database, lookup: Lookup, state: ScopeState) -> list[Article]:
    """List the articles of a search's feed, by the rule of `feeds.list_window`."""
    settings = get_settings()
    since = state.changed_at - timedelta(days=settings.feed_window_days)
    recent = count_found(db, lookup, since, most=settings.feed_max_entries)
    return list_found(db, lookup, limit=max(recent, settings.feed_min_entries))


def _render_results(db: Database, asked: Asked) -> str:
    lookup = prepare_search(db, asked.search)
    articles = list_found(db, lookup, limit=PAGE_ENTRIES + 1, before=asked.before)
    shown = articles[:PAGE_ENTRIES]
    phrases, exactly = lookup.phrases, lookup.exactly
    results = [
        {
            "article": article,
            "title": find_excerpt(article.title, phrases, exactly=exactly, limit=None),
            "excerpt": find_excerpt(html_to_text(article.content_html), phrases, exactly=exactly),
        }
        for article in shown
    ]
    older = f"{scope_path(asked.search)}&before={shown[-1].id}" if len(articles) > len(shown) else ""
    return _render_form(
        db,
        asked,
        results=results,
        older=older,
        has_phrases=bool(phrases),
        is_folded=any(phrase.has_accents for phrase in phrases) and not exactly,
    )


def _render_form(db: Database, asked: Asked, **values: object) -> str:
    search, today = asked.search, get_today()
    with_articles = list_ward_ids_with_articles(db)
    return render_template(
        "search.html",
        search=search,
        # For a valid query the form shows the parsed values, because page and validators are functions of these.
        typed=asked.typed if asked.problems else search_values(search),
        problems=asked.problems,
        is_cut=asked.is_cut,
        is_first_page=asked.before is None,
        wards=[ward for ward in list_wards(db, begun_by=today) if ward.id in with_articles or ward == search.ward],
        areas=_with_chosen(list_areas(db, today=today), search.area),
        categories=_with_chosen(list_categories(db), search.category),
        **values,
    )


def _with_chosen(things: list[Any], chosen: Any) -> list[Any]:
    """Add the chosen thing to the list if it is no longer in it."""
    return things if chosen is None or chosen in things else [*things, chosen]
