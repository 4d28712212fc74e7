"""The feeds of every scope, in every format of the table."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from flask import Blueprint, Response

from ..config import Settings
from ..database import Database
from ..feeds import FORMATS, Format, build_feed, feed_path
from ..models import Article, Scope, ScopeState, Search
from ..store.articles import count_since, list_latest
from ..store.scopes import get_scope_state, list_scope_keys
from ..store.wards import list_successors
from .db import get_db, get_now, get_parts, get_settings
from .documents import public_cache_control, respond
from .scopes import SCOPE_RULES, get_scope, has_ended

blueprint = Blueprint("feeds", __name__)


def _feed_view(item: Format, **slugs: str) -> Response:
    db, settings = get_db(), get_settings()
    scope = get_scope(db, slugs)
    keys = list_scope_keys(db, scope)
    state = get_scope_state(db, *keys)
    return respond_with_feed(item, scope, state, lambda: list_window(db, keys, state, settings))


def respond_with_feed(
    item: Format,
    scope: Scope | Search,
    state: ScopeState,
    list_articles: Callable[[], list[Article]],
    *,
    keep: bool = True,
) -> Response:
    """Answer with the feed of a scope or a search in one format; it asks for the articles only to build it."""
    parts = get_parts()
    url = parts.site.url + feed_path(scope, item.filename)

    def build() -> bytes:
        ward = scope.ward if isinstance(scope, Scope) else None
        successors = list_successors(get_db(), ward) if ward is not None and has_ended(ward) else None
        feed = build_feed(scope, list_articles(), site=parts.site, updated=state.changed_at, successors=successors)
        return item.render(feed, url)

    return respond(
        parts.documents,
        f"{scope.key}/{item.filename}",
        state,
        build,
        media_type=f"{item.media_type}; charset=utf-8",
        cache_control=public_cache_control(parts.settings.feed_max_age),
        now=get_now(),
        extra=url,  # a renamed scope has other links
        headers={"Access-Control-Allow-Origin": "*", "Link": f'<{url}>; rel="self"'},
        keep=keep,
    )


def list_window(db: Database, keys: Sequence[str], state: ScopeState, settings: Settings) -> list[Article]:
    """List what the feed of a scope shows: all of the last days, but a minimum and no more than a maximum.

    The days are counted back from the last change, not from now: so a feed is a function of the data, and a reader that
    polls hourly sees every item of a burst. `keys`: the scope's, or of each scope that it is put together from.
    """
    since = state.changed_at - timedelta(days=settings.feed_window_days)
    recent = sum(count_since(db, key, since, most=settings.feed_max_entries) for key in keys)
    return list_latest(db, *keys, limit=min(max(recent, settings.feed_min_entries), settings.feed_max_entries))


for _rule in SCOPE_RULES:
    for _format in FORMATS.values():
        blueprint.add_url_rule(
            _rule + _format.filename,
            endpoint=f"{_format.filename.partition('.')[0]}{_rule.translate(str.maketrans('/', '_', '<>'))}".strip("_"),
            view_func=_feed_view,
            defaults={"item": _format},
        )
