"""The feeds of every scope, in every format of the table."""

from datetime import timedelta

from flask import Blueprint, Response

from ..config import Settings
from ..database import Database
from ..feeds import FORMATS, Format, build_feed, feed_path
from ..models import Article, Scope, ScopeState
from ..store.articles import count_since, list_latest
from ..store.scopes import get_scope_state
from .db import get_db, get_now, get_parts
from .documents import respond
from .scopes import SCOPE_RULES, get_scope

blueprint = Blueprint("feeds", __name__)


def _feed_view(item: Format, **slugs: str) -> Response:
    parts, db = get_parts(), get_db()
    scope = get_scope(db, slugs)
    state = get_scope_state(db, scope.key)
    url = parts.site.url + feed_path(scope, item.filename)
    age = parts.settings.feed_max_age

    def build() -> bytes:
        articles = list_window(db, scope, state, parts.settings)
        feed = build_feed(scope, articles, site=parts.site, updated=state.changed_at)
        return item.render(feed, url)

    return respond(
        parts.documents,
        f"{scope.key}/{item.filename}",
        state,
        build,
        media_type=f"{item.media_type}; charset=utf-8",
        cache_control=f"public, max-age={age}, stale-while-revalidate={2 * age}, stale-if-error=86400",
        now=get_now(),
        extra=url,  # a renamed scope has other links
        headers={"Access-Control-Allow-Origin": "*", "Link": f'<{url}>; rel="self"'},
    )


def list_window(db: Database, scope: Scope, state: ScopeState, settings: Settings) -> list[Article]:
    """List what the feed of a scope shows: all of the last days, but a minimum and no more than a maximum.

    The days are counted back from the last change, not from now: so a feed is a function of the data, and a reader that
    polls hourly sees every item of a burst.
    """
    since = state.changed_at - timedelta(days=settings.feed_window_days)
    recent = count_since(db, scope.key, since, most=settings.feed_max_entries)
    return list_latest(db, scope.key, limit=max(recent, settings.feed_min_entries))


for _rule in SCOPE_RULES:
    for _format in FORMATS.values():
        blueprint.add_url_rule(
            _rule + _format.filename,
            endpoint=f"{_format.filename.partition('.')[0]}{_rule.translate(str.maketrans('/', '_', '<>'))}".strip("_"),
            view_func=_feed_view,
            defaults={"item": _format},
        )
