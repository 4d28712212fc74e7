"""What the API does with one article or several: take them in, find them, check who may and which version is meant.

Everything here raises ApiError; the views in `api` only read requests and write answers.
"""

from dataclasses import replace
from typing import Any

from flask import request

from ..accounts import Token
from ..database import transaction
from ..errors import Problem, RejectedError
from ..ingest import ingest
from ..intake.record import parse_record
from ..models import VIETNAM, Article, Draft
from ..store.articles import find_article, get_article
from .api_models import BatchItem, SavedAnswer, build_api_url, describe_article, dump, list_notes
from .auth import may_write_for
from .db import get_db, get_now, get_settings, get_site
from .problems import ApiError, reject


def take_in_all(value: Any, token: Token) -> tuple[int, bytes]:
    """Take in one record or several; returns the status and the body of the answer."""
    if not isinstance(value, list):
        status, answer = _take_in(value, token)
        return status, dump(answer)
    most = get_settings().api_max_items
    if len(value) > most:
        raise ApiError("too-many", f"{len(value)} articles in one request, at most {most} are allowed: send several")
    if not value:
        raise reject([Problem("record", "field_missing")])
    # One commit for all of them; what is refused rolls back for itself.
    with transaction(get_db()):
        items = [_take_in_item(item, index, token) for index, item in enumerate(value)]
    return 207, b"[" + b",".join(map(dump, items)) + b"]"


def _take_in_item(value: Any, index: int, token: Token) -> BatchItem:
    try:
        status, answer = _take_in(value, token, prefix=f"#/{index}")
    except ApiError as error:
        problem = error.describe(get_site())
        return BatchItem(status=problem.status, problem=problem)
    return BatchItem(status=status, article=answer)


def _take_in(value: Any, token: Token, *, prefix: str = "#") -> tuple[int, SavedAnswer]:
    """Take in one record: whole, or not at all. Raises ApiError."""
    db = get_db()
    try:
        draft, unknown = read_record(value, ward=token.ward.slug if token.ward else None)
        with transaction(db):
            outcome = ingest(db, draft, site=get_site(), now=get_now())
            for touched in filter(None, (outcome.before, outcome.article)):
                require_permission(token, touched)
    except RejectedError as error:
        raise reject(error.problems, prefix=prefix) from None
    if outcome.kind == "withdrawn":
        raise refuse_withdrawn(outcome.article)
    notes = list_notes(unknown, outcome.notes, value)
    return 201 if outcome.kind == "added" else 200, describe_saved(outcome.article.id, outcome.kind, notes)


def read_record(value: Any, *, ward: str | None) -> tuple[Draft, tuple[str, ...]]:
    """Return the draft of a record; `ward` is meant where it names none. Raises RejectedError."""
    draft, unknown = parse_record(value)
    unsent = [
        Problem(f"images[{index}].file", "image_unsent", image.file)
        for index, image in enumerate(draft.images)
        if image.file
    ]
    if unsent:
        raise RejectedError(*unsent)
    return replace(draft, ward=draft.ward or ward), unknown


def describe_saved(article_id: int, outcome: str, notes: list[str]) -> SavedAnswer:
    article = get_article(get_db(), article_id)
    return SavedAnswer(**describe_article(article, site=get_site()), outcome=outcome, notes=notes)


def get_own_article(token: Token, article_id: int) -> Article:
    """Return an article that the token may see. Raises ApiError 404, 403; what nobody sees yet is not there."""
    article = find_article(get_db(), article_id) if article_id < 2**63 else None
    if article is None:
        raise ApiError("not-found", f"there is no article {article_id}")
    try:
        require_permission(token, article)
    except ApiError:
        if article.state in {"draft", "scheduled"}:
            raise ApiError("not-found", f"there is no article {article_id}") from None
        raise
    return article


def require_permission(token: Token, article: Article) -> None:
    if not may_write_for(token, article.ward, on=article.published.astimezone(VIETNAM).date()):
        hint = "if another ward's article has the same external_id or url, choose another one"
        raise ApiError("ward", f"the token {token.name!r} does not write for {article.ward.name}; {hint}")


def refuse_withdrawn(article: Article) -> ApiError:
    detail = f"article {article.id} is withdrawn ({article.withdrawn_reason}) and stays so until somebody restores it"
    return ApiError("withdrawn", detail, article=build_api_url(article, get_site()))


def require_version(article: Article) -> None:
    """Raise ApiError 412 where If-Match does not name the article's version; a weak tag never does.

    RFC 9110, section 13.1.1.
    """
    version = describe_article(article, site=get_site())["version"]
    if request.if_match.star_tag or request.if_match.contains(version):
        return
    detail = "read the article again, and make your change to what it is now"
    raise ApiError("changed", detail, headers={"ETag": f'"{version}"'}, version=version)
