"""Serve the change log for portals: every change, in order, with one growing number."""

import json
import re
from typing import Any

from flask import Blueprint, abort, request
from werkzeug.exceptions import ServiceUnavailable

from ...addresses import ARTICLE_BY_ID, CHANGES, absolute, changes_path
from ...database import Database
from ...models import ScopeState, Site
from ...store.facts import get_epoch
from ...store.scopes import ChangeItem, get_scope_state, has_change, list_change_items
from ..context import get_db, get_parts, get_settings
from ..responses import DocumentResponse, Policy, respond
from .cors import CORS, answer_preflight

blueprint = Blueprint("changes", __name__)
blueprint.after_request(answer_preflight)

PAGE_ENTRIES = 500
MOST_ENTRIES = 1000
# A full page never changes within an epoch, because it contains only fields of an article that never change. Caches may
# therefore keep it only under an address that names the epoch.
_FULL_PAGE_MAX_AGE = 604_800


@blueprint.get(CHANGES)
def changes() -> DocumentResponse:
    """Answer with the changes after `since`, at most `limit` of them, and the address of the next page.

    If `since` is not a position in this history (a restored database has another history), the answer says to start
    again.
    """
    parts, db = get_parts(), get_db()
    since, limit = _read_number("since", 0), max(1, min(_read_number("limit", PAGE_ENTRIES), MOST_ENTRIES))
    given, state = request.args.get("epoch") or None, get_scope_state(db, "everything")
    is_reset = _is_elsewhere(db, since, given)
    items = [] if is_reset else list_change_items(db, since=since, limit=limit)
    is_full = len(items) == limit
    last = 0 if is_reset else items[-1].change.seq if items else since
    path = changes_path(since, limit=limit, epoch=given)
    url = absolute(parts.site.url, path)
    # A full page stays the same within an epoch; the last page moves with every change.
    if is_full:
        state = ScopeState(last, items[-1].change.changed_at, state.epoch)

    def build() -> bytes:
        document: dict[str, Any] = {
            "epoch": state.epoch,
            "reset": is_reset,
            "since": since,
            "last": last,
            "complete": not is_full and not is_reset,
            "next": absolute(parts.site.url, changes_path(last, limit=limit, epoch=state.epoch)),
            "changes": [_build_change(item, parts.site) for item in items],
        }
        return json.dumps(document, ensure_ascii=False, indent=1).encode()

    policy = Policy(
        _FULL_PAGE_MAX_AGE if is_full and given else 0,
        # Keep only the page at which portals wait for the next change, not those of a portal that catches up, and not
        # those of an invented number.
        keep=not is_full and not is_reset and limit == PAGE_ENTRIES,
    )
    return respond(
        path,
        [] if is_full else ["everything"],
        state,
        build,
        media_type="application/json; charset=utf-8",
        policy=policy,
        extra=f"{last} {is_full} {is_reset}",
        headers={**CORS, "Link": f'<{url}>; rel="self"'},
    )


def _is_elsewhere(db: Database, since: int, epoch: str | None) -> bool:
    """Tell if the client's position is not in this change log: it is in another epoch, or a restore lost it.

    Without an epoch, the seq alone decides: the changes that a restore lost and those after it have no seq in common.
    """
    if epoch is not None and epoch != get_epoch(db):
        return True
    if since == 0 or has_change(db, since):
        return False
    if get_settings().read_only:  # a copy may be a moment behind; a client that asks again gets the page
        raise ServiceUnavailable(retry_after=1)
    return True


def _read_number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,15}", text):
        abort(400)
    return int(text)


def _build_change(logged: ChangeItem, site: Site) -> dict[str, Any]:
    change = logged.change
    item: dict[str, Any] = {
        "seq": change.seq,
        "kind": change.kind,
        "changed_at": change.changed_at.isoformat(timespec="seconds"),
    }
    if change.article_id is not None:
        item["article"] = {
            "id": logged.guid,
            "url": absolute(site.url, ARTICLE_BY_ID.format(article_id=change.article_id)),
            "published": logged.published,
            "position": logged.position,
        }
    for kind in ("ward", "area", "category"):
        thing_id = getattr(change, f"{kind}_id")
        if thing_id is not None:
            item[kind] = {"id": site.build_tag(f"feed/{kind}/{thing_id}")}
    return item
