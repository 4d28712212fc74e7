"""Serve the feeds of every scope in every format: subscription documents, and archives by month (RFC 5005)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, abort, current_app, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from ...addresses import CUSTOMARY, Variant, absolute, feed_path
from ...config import Settings
from ...database import Database, transaction
from ...feeds import Feed, Format, build_feed, place_among_archives, render_sound, scope_title
from ...models import Article, Month, Scope, ScopeState, Search
from ...store.archives import find_month_after, find_month_before, get_month_state, list_month
from ...store.articles import count_since, list_arrivals, list_listed, newest_first
from ...store.damaged import record_damaged
from ...store.facts import get_epoch
from ...store.scopes import get_scope_state, list_changed_since, list_scope_keys, list_tombstones, list_withdrawn
from ...store.wards import list_successors
from ..context import get_db, get_now, get_parts, get_settings, get_today
from ..responses import DocumentResponse, Policy, find_older_version, respond, respond_with_delta
from ..routes import ARCHIVE_RULE, CUSTOMARY_RULE, FEED_RULE, SCOPE_RULES
from ..scopes import find_scope, get_scope, require_month
from .cors import CORS, answer_preflight

blueprint = Blueprint("feeds", __name__)
blueprint.after_request(answer_preflight)

# A consumer that is further behind gets the whole feed.
_MOST_CHANGES_IN_DELTA = 1000


@dataclass(frozen=True, slots=True)
class _Source:
    """The source of a feed: its scope, the keys under which the scope is listed, and its state."""

    scope: Scope
    keys: Sequence[str]
    state: ScopeState


def _feed_view(item: Format, **slugs: str) -> Response:
    parts, db = get_parts(), get_db()
    scope = get_scope(db, slugs)
    keys = list_scope_keys(db, scope, today=get_today())
    source = _Source(scope, keys, get_scope_state(db, *keys))
    variant = read_variant()
    path = feed_path(scope, item.filename, variant=variant)
    url = absolute(parts.site.url, path)

    older = find_older_version(path, source.state) if _wants_delta() else None
    changed = None if older is None else list_changed_since(db, older, most=_MOST_CHANGES_IN_DELTA)
    if changed is not None:
        return respond_with_delta(
            _render(item, _build_subscription(source, variant, only=changed), url),
            parts.documents.version_of(path, source.state),
            media_type=_media_type(item),
            headers=_feed_headers(url),
        )
    return _respond(
        item,
        path,
        keys,
        source.state,
        lambda: _build_subscription(source, variant),
        policy=Policy(parts.settings.feed_max_age),
    )


def _customary_view(name: str, **slugs: str) -> WerkzeugResponse:
    """Redirect an address where people look for a feed to the feed of the scope, in one step."""
    path = feed_path(find_scope(get_db(), slugs), CUSTOMARY[name], variant=read_variant())
    return redirect(absolute(get_parts().site.url, path), 301)


def respond_with_feed(
    item: Format, search: Search, state: ScopeState, list_articles: Callable[[], list[Article]]
) -> DocumentResponse:
    """Answer with the feed of a search in one format; it lists the articles only to build the feed."""
    site, variant = get_parts().site, read_variant()
    path = feed_path(search, item.filename, variant=variant)

    def build() -> Feed:
        articles = list_articles()[: variant.limit]
        return build_feed(search, articles, site=site, today=get_today(), updated=state.changed_at, variant=variant)

    return _respond(item, path, [Scope().key], state, build, policy=Policy(get_settings().feed_max_age, keep=False))


def _archive_view(item: Format, month: Month, **slugs: str) -> DocumentResponse:
    parts, db = get_parts(), get_db()
    require_month(month)
    scope = get_scope(db, slugs)
    keys = list_scope_keys(db, scope, today=get_today())
    digest, changed_at = get_month_state(db, keys, month)
    if changed_at is None:
        abort(404)
    variant = Variant(summary=read_variant().summary)
    path = feed_path(scope, item.filename, month=month, variant=variant)
    earlier, later = find_month_before(db, keys, month.start), find_month_after(db, keys, month.end)
    is_past = month.end <= get_now()

    def build() -> Feed:
        articles = list_month(db, keys, month)
        gone = list_tombstones(db, *keys, since=month.start, published_in=month)
        feed = build_feed(
            scope,
            articles,
            site=parts.site,
            today=get_today(),
            updated=changed_at,
            tombstones=gone,
            variant=variant,
        )
        return place_among_archives(
            feed, scope, site=parts.site, month=month, earlier=earlier, later=later, is_past=is_past, variant=variant
        )

    return _respond(
        item,
        path,
        keys,
        ScopeState(0, changed_at, get_epoch(db)),
        build,
        policy=Policy(parts.settings.archive_max_age if is_past else parts.settings.feed_max_age),
        # The digest covers the articles; the title covers the scope, which may close or be renamed.
        extra=f"{digest} {earlier} {later} {is_past} {scope_title(scope, parts.site, get_today())}",
    )


def read_variant() -> Variant:
    """Return the variant that the query string asks for; unknown values and parameters are ignored."""
    limit = request.args.get("limit", "")
    most = get_settings().feed_max_entries
    return Variant(
        summary=request.args.get("content") == "summary",
        limit=min(int(limit), most) if re.fullmatch(r"[1-9][0-9]{0,8}", limit) else None,
    )


def _build_subscription(source: _Source, variant: Variant, *, only: set[int] | None = None) -> Feed:
    """Build the subscription document, or the delta of the articles `only` that changed (RFC 3229 "feed").

    A delta contains all of them that the scope shows, even outside of its window, so that a correction of an old
    article reaches readers.
    """
    parts, db, today = get_parts(), get_db(), get_today()
    scope, state, ward = source.scope, source.state, source.scope.ward
    gone = _list_withdrawn(source)
    if only is None:
        articles = list_window(db, source.keys, state, parts.settings, limit=variant.limit)
    else:
        articles = _list_sound(lambda damaged: list_listed(db, only, *source.keys, damaged=damaged))[: variant.limit]
        gone = [article for article in gone if article.id in only]
    kept_since = state.changed_at - timedelta(days=parts.settings.tombstone_days)
    feed = build_feed(
        scope,
        newest_first([*articles, *gone])[: variant.limit],
        site=parts.site,
        today=today,
        updated=state.changed_at,
        successors=list_successors(db, ward, by=today) if ward is not None and ward.has_ended(today) else None,
        tombstones=list_tombstones(db, *source.keys, since=kept_since),
        variant=variant,
    )
    earlier = Month.of(articles[-1].published) if articles else None
    return place_among_archives(feed, scope, site=parts.site, month=None, earlier=earlier, variant=variant)


def _list_withdrawn(source: _Source) -> list[Article]:
    """List the withdrawn articles that the feed still shows, as entries that say so.

    They count from the last change as everything else does, and need not be within the window: who has read a wrong
    article has to learn that it was wrong, however much has been published since.
    """
    settings = get_settings()
    if not settings.withdrawn_days:
        return []
    since = source.state.changed_at - timedelta(days=settings.withdrawn_days)
    return _list_sound(
        lambda damaged: list_withdrawn(
            get_db(), *source.keys, since=since, most=settings.feed_max_entries, damaged=damaged
        )
    )


def list_window(
    db: Database, keys: Sequence[str], state: ScopeState, settings: Settings, *, limit: int | None = None
) -> list[Article]:
    """List the articles of a scope's feed: all that appeared in the last days, between a minimum and a maximum.

    An article that comes late, with a time of last week, is news to subscribers all the same. The days count back from
    the last change, not from the present: so a feed is a function of the data, and a reader that polls hourly sees
    every item of a burst. `keys` are those of the scope, or of each scope that it combines.
    """
    if limit is None:
        since = state.changed_at - timedelta(days=settings.feed_window_days)
        recent = sum(count_since(db, key, since, most=settings.feed_max_entries) for key in keys)
        limit = min(max(recent, settings.feed_min_entries), settings.feed_max_entries)
    return _list_sound(lambda damaged: newest_first(list_arrivals(db, *keys, limit=limit, damaged=damaged)))


def _list_sound(read: Callable[[dict[int, str]], list[Article]]) -> list[Article]:
    """Return the articles that `read` can read, and record those that it cannot."""
    damaged: dict[int, str] = {}
    articles = read(damaged)
    _note_damage(damaged)
    return articles


def _respond(
    item: Format,
    path: str,
    keys: Sequence[str],
    state: ScopeState,
    build: Callable[[], Feed],
    *,
    policy: Policy,
    extra: str = "",
) -> DocumentResponse:
    parts = get_parts()
    url = absolute(parts.site.url, path)
    return respond(
        path,
        keys,
        state,
        lambda: _render(item, build(), url),
        media_type=_media_type(item),
        policy=policy,
        extra=extra,
        headers=_feed_headers(url),
    )


def _render(item: Format, feed: Feed, url: str) -> bytes:
    body, reasons = render_sound(item, feed, url)
    ids = {guid.rpartition("/")[2]: reason for guid, reason in reasons.items()}
    _note_damage({int(article_id): reason for article_id, reason in ids.items() if article_id.isdecimal()})
    return body


def _note_damage(reasons: dict[int, str]) -> None:
    """Log articles that had to be omitted from a feed, and record them for /metrics and `feedsvc check`."""
    for article_id, reason in reasons.items():
        current_app.logger.error("article %s is damaged and omitted: %s", article_id, reason)
        if get_settings().read_only:
            continue
        with transaction(get_db()) as db:
            record_damaged(db, article_id, reason, now=get_now())


def _media_type(item: Format) -> str:
    return f"{item.media_type}; charset=utf-8"


def _feed_headers(url: str) -> dict[str, str]:
    hub = get_parts().site.hub_url
    return {**CORS, "Link": f'<{url}>; rel="self"' + (f', <{hub}>; rel="hub"' if hub else "")}


def _wants_delta() -> bool:
    """Tell if the client accepts only the entries that are new to it (RFC 3229, "A-IM: feed").

    Debian's rss2email (3.13) asks for them, but treats the answer 226 as an error and never polls again.
    """
    if request.headers.get("User-Agent", "").startswith("rss2email/"):
        return False
    return "feed" in (part.partition(";")[0].strip() for part in request.headers.get("A-IM", "").split(","))


for _rule in SCOPE_RULES:
    blueprint.add_url_rule(_rule + FEED_RULE, "feed", _feed_view)
    for _ending in ("", "/"):
        blueprint.add_url_rule(_rule + CUSTOMARY_RULE + _ending, "customary", _customary_view)
    blueprint.add_url_rule(_rule + ARCHIVE_RULE + FEED_RULE, "archive", _archive_view)
