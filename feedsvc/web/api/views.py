"""Serve the HTTP API for programs. `openapi` has the table of its routes; `permissions` decides what a token may do.

It neither reads nor sets a cookie. The input is a Record, which goes through ingest like all other input, and every
error is a problem (`problems`).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ValidationError
from werkzeug.http import is_resource_modified

from ...accounts import Token
from ...addresses import API_ARTICLES, absolute
from ...articles.ingest import edit, withdraw
from ...database import transaction
from ...models import Article, Draft, Ward
from ...permissions import list_own_names
from ...problems import RejectedError
from ...store.areas import find_area
from ...store.categories import find_category
from ...store.filters import Filter, list_filtered
from ...store.times import from_seconds, to_seconds
from ...store.tokens import find_answer, record_answer
from ...store.wards import find_ward
from ..context import get_db, get_now, get_parts, get_settings, get_site, get_today
from ..responses import Policy
from .articles import (
    describe_saved,
    get_own_article,
    prepare,
    prepare_all,
    refuse_withdrawn,
    require_permission,
    require_version,
    take_in_all,
)
from .bodies import Body, read_body
from .models import (
    ArticleAnswer,
    ArticlesAnswer,
    ArticlesQuery,
    FieldProblem,
    ReasonQuery,
    SavedAnswer,
    Withdrawal,
    describe_article,
    dump,
)
from .openapi import OPERATIONS, render_document
from .problems import ApiError, reject, reject_model
from .tokens import get_token

blueprint = Blueprint("api", __name__)
M = TypeVar("M", bound=BaseModel)
ANSWER_KEPT = timedelta(days=1)


def _authenticate() -> Token:
    """Return the token of the request, and count the request. Raises ApiError 401, 429."""
    token = get_token()
    wait = get_parts().rate_limit.take(token.id, get_now().timestamp())
    if wait:
        rule = f"at most {get_settings().api_requests_per_minute} requests in a minute"
        raise ApiError("too-often", f"{rule}: wait {wait} s", headers={"Retry-After": str(wait)})
    return token


def list_articles() -> ResponseReturnValue:
    token, db, site = _authenticate(), get_db(), get_site()
    query = _read_query(ArticlesQuery)
    today = get_today()
    finders: dict[str, Callable[..., Any]] = {
        "ward": partial(find_ward, today=today),
        "area": partial(find_area, today=today),
        "category": find_category,
    }
    named = {name: find(db, slug) for name, find in finders.items() if (slug := getattr(query, name)) is not None}
    problems = [_unknown_slug(name, getattr(query, name)) for name, found in named.items() if found is None]
    after = None
    if query.after is not None and (after := _read_cursor(query.after)) is None:
        problems.append(
            FieldProblem(field="after", code="cursor", detail="is not a position in this list: start again")
        )
    if problems:
        raise ApiError("invalid", f"{len(problems)} problem(s): see errors", errors=problems)
    wanted = Filter(own_area=token.area, state=query.state, since=query.since, until=query.until, **named)
    own: list[Ward | None] = [*list_own_names(db, token, today=today)]
    found = [
        article
        for name in own or [None]
        for article in list_filtered(db, replace(wanted, own_ward=name), limit=query.limit + 1, after=after)
    ]
    found.sort(key=lambda article: (article.published, article.id), reverse=True)
    page, url = found[: query.limit], None
    if len(found) > query.limit:
        arguments = {**request.args.to_dict(), "after": _write_cursor(page[-1])}
        url = absolute(site.url, f"{API_ARTICLES}?{urlencode(arguments)}")
    answer = ArticlesAnswer(items=[ArticleAnswer(**describe_article(item, site=site)) for item in page], next=url)
    return _json(dump(answer), 200, {"Link": f'<{url}>; rel="next"'} if url else {})


def _unknown_slug(name: str, slug: str) -> FieldProblem:
    return FieldProblem(field=name, code=f"{name}_unknown", detail=f"there is no {name} {slug!r}")


def _write_cursor(article: Article) -> str:
    return base64.urlsafe_b64encode(f"{to_seconds(article.published)}.{article.id}".encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[datetime, int] | None:
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    found = re.fullmatch(r"(-?\d{1,10})\.(\d{1,18})", plain, re.ASCII)
    return (from_seconds(int(found[1])), int(found[2])) if found else None


def post_articles() -> ResponseReturnValue:
    token, db, now = _authenticate(), get_db(), get_now()
    body = read_body()
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return _answer_saved(*take_in_all(prepare_all(body, token), token))
    if not 1 <= len(key) <= 255:
        problem = FieldProblem(field="Idempotency-Key", code="key_length", detail="must have 1 to 255 characters")
        raise ApiError("invalid", "1 problem(s): see errors", errors=[problem])
    if (kept := find_answer(db, token, key, now=now, kept=ANSWER_KEPT)) is not None:
        return _answer_again(*kept, body=body)
    given = prepare_all(body, token)
    # One transaction: of two equal requests at the same time, the second waits and finds the answer to the first.
    with transaction(db):
        kept = find_answer(db, token, key, now=now, kept=ANSWER_KEPT)
        if kept is not None:
            return _answer_again(*kept, body=body)
        status, answer = take_in_all(given, token)
        text = answer.decode()
        record_answer(db, token, key, request_hash=body.digest, status=status, body=text, now=now, kept=ANSWER_KEPT)
    return _answer_saved(status, answer)


def _answer_again(digest: str, status: int, answer: str, *, body: Body) -> Response:
    if digest != body.digest:
        raise ApiError("key-reused", "this Idempotency-Key came with another body: use a new key for another request")
    response = _answer_saved(status, answer.encode())
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _answer_saved(status: int, body: bytes) -> Response:
    """Answer with a saved article, from whose fields the headers come, or with the results of several."""
    if status == 207:
        return _json(body, status)
    answer = SavedAnswer.model_validate_json(body)
    return _json(body, status, {"ETag": f'"{answer.version}"', "Location": answer.self})


def read_article(article_id: int) -> ResponseReturnValue:
    article = get_own_article(_authenticate(), article_id)
    answer = ArticleAnswer(**describe_article(article, site=get_site()))
    headers = {"ETag": f'"{answer.version}"'}
    if not is_resource_modified(request.environ, etag=answer.version):
        return Response(status=304, headers=headers)
    return _json(dump(answer), 200, headers)


def put_article(article_id: int) -> ResponseReturnValue:
    token, db = _authenticate(), get_db()
    get_own_article(token, article_id)
    if "If-Match" not in request.headers:
        raise ApiError("if-match", "send the ETag of the article that you read as If-Match")
    known = get_own_article(token, article_id)
    require_version(known)
    body, media = read_body(), get_parts().media
    item = prepare(body.value, body, ward=known.ward.slug)
    try:
        with transaction(db):
            known = get_own_article(token, article_id)
            require_version(known)
            if known.state == "withdrawn":
                raise refuse_withdrawn(known)
            outcome = edit(
                db,
                known.id,
                item.draft,
                seen_hash=known.content_hash,
                site=get_site(),
                now=get_now(),
                media=media,
                pictures=item.pictures,
            )
            require_permission(token, outcome.article)
    except RejectedError as error:
        raise reject(error.problems) from None
    return _answer_changed(describe_saved(article_id, outcome.kind, [*item.notes, *_list_kept(known, item.draft)]))


def _list_kept(known: Article, draft: Draft) -> list[str]:
    """List notes on values of the record that a correction does not change."""
    notes = []
    if known.state == "published" and draft.published != known.published:
        notes.append(f"published stays {known.published.isoformat()}: the article is published")
    if draft.external_id and known.identity != f"key:{draft.external_id}":
        notes.append("external_id stays unchanged: it identifies the article")
    return notes


def delete_article(article_id: int) -> ResponseReturnValue:
    token, db = _authenticate(), get_db()
    get_own_article(token, article_id)
    query = _read_query(ReasonQuery)
    # A client library may send a media type even for a DELETE without a body.
    has_body = bool(request.get_data())
    value = read_body().value if has_body else {} if query.reason is None else {"reason": query.reason}
    try:
        given = Withdrawal.model_validate(value)
    except ValidationError as error:
        raise reject_model(error, prefix="#") from None
    with transaction(db):
        known = get_own_article(token, article_id)
        if "If-Match" in request.headers:
            require_version(known)
        article = withdraw(db, article_id, reason=given.reason, now=get_now())
    outcome = "unchanged" if article == known else "withdrawn"
    return _answer_changed(describe_saved(article_id, outcome, []))


def _answer_changed(answer: SavedAnswer) -> Response:
    return _json(dump(answer), 200, {"ETag": f'"{answer.version}"'})


def read_openapi() -> ResponseReturnValue:
    """Answer with the OpenAPI document, which is public, because it reveals nothing that is stored."""
    body = render_document(get_site(), get_settings())
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": Policy(get_settings().feed_max_age).cache_control}
    response = _json(body, 200, headers)
    response.set_etag(hashlib.sha256(body).hexdigest()[:24])
    return response.make_conditional(request)


def _json(body: bytes, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers=headers, content_type="application/json")


def _read_query(model: type[M]) -> M:
    """Return the query string as a model; a repeated or unknown parameter is a problem."""
    values = {name: found[0] if len(found) == 1 else found for name, found in request.args.lists()}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise reject_model(error) from None


_VIEWS: dict[str, Callable[..., ResponseReturnValue]] = {
    "list_articles": list_articles,
    "post_articles": post_articles,
    "get_article": read_article,
    "put_article": put_article,
    "delete_article": delete_article,
    "get_openapi": read_openapi,
}
for _operation in OPERATIONS:
    blueprint.add_url_rule(
        _operation.path.replace("{id}", "<int:article_id>"),
        endpoint=_operation.name,
        view_func=_VIEWS[_operation.name],
        methods=[_operation.method.upper()],
    )
