"""Serve the feeds of every scope in every format: subscription documents and their archives (RFC 5005)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, abort, current_app, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from ...addresses import CUSTOMARY, Variant, absolute, feed_path
from ...blocks import Block
from ...config import Settings
from ...database import Database, transaction
from ...feeds import Feed, Format, build_feed, place_among_archives, render_sound, scope_title
from ...models import Article, Month, Scope, ScopeState, Search
from ...store.archives import (
    Sealed,
    find_first_of_month,
    find_last_sealed,
    find_sealed,
    list_block,
    list_ids_after_sealed,
    list_tombstones_of_block,
)
from ...store.articles import count_since, list_arrivals, list_listed, newest_first
from ...store.damaged import record_damaged
from ...store.scopes import get_scope_state, list_changed_since, list_parts, list_tombstones, list_withdrawn
from ...store.wards import list_successors
from ..context import get_db, get_now, get_parts, get_settings, get_today
from ..responses import DocumentResponse, Policy, find_older_version, respond, respond_with_delta
from ..routes import BLOCK_RULE, CUSTOMARY_RULE, FEED_RULE, MONTH_RULE, SCOPE_RULES
from ..scopes import find_scope, get_scope, require_month
from .cors import CORS, answer_preflight

blueprint = Blueprint("feeds", __name__)
blueprint.after_request(answer_preflight)

# A consumer that is further behind gets the whole feed.
_MOST_CHANGES_IN_DELTA = 1000


@dataclass(frozen=True, slots=True)
class _Source:
    """The source of a feed: its scope, the keys under which the scope is listed, and its state.

    The articles under each key have their own order of arrival. A key is found by the unit in the names of its blocks.
    """

    scope: Scope
    orders: Mapping[int | None, str]
    state: ScopeState

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self.orders.values())


def _find_source(slugs: dict[str, str]) -> _Source:
    """Return the source of the feeds of the scope that the request names; its own order of arrival comes first."""
    db = get_db()
    scope = get_scope(db, slugs)
    orders: dict[int | None, str] = {None: Scope(scope.ward, scope.area, scope.category).key}
    for part in list_parts(db, scope, today=get_today()):
        if part.ward is not None and part.ward != scope.ward:
            orders[part.ward.id] = part.key
    return _Source(scope, orders, get_scope_state(db, *orders.values()))


def _feed_view(item: Format, **slugs: str) -> Response:
    parts, db = get_parts(), get_db()
    source = _find_source(slugs)
    variant = read_variant()
    path = feed_path(source.scope, item.filename, variant=variant)
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
        source.keys,
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


def _archive_view(item: Format, block: Block, **slugs: str) -> DocumentResponse:
    """Answer with the archive document of a full block (RFC 5005, 4), which never gains an entry."""
    parts, db = get_parts(), get_db()
    source = _find_source(slugs)
    key = source.orders.get(block.unit, "")
    sealed = find_sealed(db, key, block.number)
    if sealed is None:
        abort(404)
    scope, variant = source.scope, Variant(summary=read_variant().summary)
    earlier, later = _find_neighbours(db, source, block, sealed)

    def build() -> Feed:
        feed = build_feed(
            scope,
            _list_sound(lambda damaged: list_block(db, key, block.number, damaged=damaged)),
            site=parts.site,
            today=get_today(),
            updated=sealed.changed_at,
            tombstones=list_tombstones_of_block(db, key, block.number),
            variant=variant,
        )
        return place_among_archives(
            feed, scope, site=parts.site, block=block, earlier=earlier, later=later, variant=variant
        )

    return _respond(
        item,
        feed_path(scope, item.filename, block=block, variant=variant),
        [key],
        ScopeState(sealed.seq, sealed.changed_at, source.state.epoch),
        build,
        policy=Policy(parts.settings.archive_max_age),
        # The state of the block covers the articles; the title covers the scope, which may close or be renamed.
        extra=f"{earlier} {later} {scope_title(scope, parts.site, get_today())}",
    )


def _find_neighbours(db: Database, source: _Source, block: Block, sealed: Sealed) -> tuple[Block | None, Block | None]:
    """Return the blocks before and after one; before the first of a unit come those of the next unit."""
    later = None if sealed.later is None else Block(sealed.later, block.unit)
    if sealed.earlier is not None:
        return Block(sealed.earlier, block.unit), later
    units = list(source.orders)
    following = units[units.index(block.unit) + 1 :]
    return _find_last_block(db, {unit: source.orders[unit] for unit in following}), later


def _find_last_block(db: Database, orders: Mapping[int | None, str]) -> Block | None:
    """Return the last full block of the first order that has any."""
    found = (Block(number, unit) for unit, key in orders.items() if (number := find_last_sealed(db, key)) is not None)
    return next(found, None)


def _month_view(item: Format, month: Month, **slugs: str) -> Response:
    """Redirect the feed of a month, which version 0.1 had, to the archive document of its first article."""
    require_month(month)
    db, source = get_db(), _find_source(slugs)
    firsts = {unit: first for unit, key in source.orders.items() if (first := find_first_of_month(db, key, month))}
    if not firsts:
        abort(404)
    unit = min(firsts, key=lambda unit: firsts[unit])
    block = Block.of(firsts[unit][1], unit)
    is_sealed = find_sealed(db, source.orders[unit], block.number) is not None
    variant = Variant(summary=read_variant().summary)
    # Until that is full, the subscription document has the article.
    path = feed_path(source.scope, item.filename, block=block if is_sealed else None, variant=variant)
    response = current_app.make_response(redirect(absolute(get_parts().site.url, path), 301 if is_sealed else 302))
    response.headers.update(CORS)
    return response


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
    if variant.limit is not None:  # where it leaves off, no archive begins
        return feed
    earlier = _find_last_block(db, source.orders)
    return place_among_archives(feed, scope, site=parts.site, block=None, earlier=earlier, variant=variant)


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

    Articles that are in no archive document yet are always shown, so the two are complete together; `limit` leaves
    them out. An article that comes late, with a time of last week, is news to subscribers all the same. The days count
    back from the last change, not from the present: so a feed is a function of the data, and a reader that polls hourly
    sees every item of a burst. `keys` are those of the scope, or of each scope that it combines.
    """
    if limit is not None:
        return _list_sound(lambda damaged: newest_first(list_arrivals(db, *keys, limit=limit, damaged=damaged)))
    since = state.changed_at - timedelta(days=settings.feed_window_days)
    recent = sum(count_since(db, key, since, most=settings.feed_max_entries) for key in keys)
    shown = min(max(recent, settings.feed_min_entries), settings.feed_max_entries)
    window = _list_sound(lambda damaged: list_arrivals(db, *keys, limit=shown, damaged=damaged))
    in_no_archive = {number for key in keys for number in list_ids_after_sealed(db, key)}
    others = in_no_archive - {article.id for article in window}
    return newest_first([*window, *_list_sound(lambda damaged: list_listed(db, others, *keys, damaged=damaged))])


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
    blueprint.add_url_rule(_rule + BLOCK_RULE + FEED_RULE, "archive", _archive_view)
    blueprint.add_url_rule(_rule + MONTH_RULE + FEED_RULE, "month", _month_view)
