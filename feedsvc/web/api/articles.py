"""Take in and find articles for the API, and check permissions and versions.

Every function here raises ApiError; `views` only reads requests and writes answers.
"""

from dataclasses import dataclass, replace
from typing import Any

from flask import request

from ...accounts import Token
from ...articles.figures import Pictures, read_pictures
from ...articles.ingest import ingest
from ...database import transaction
from ...intake.record import parse_record
from ...models import VIETNAM, Article, Draft
from ...permissions import list_own_names, may_write_for
from ...problems import Problem, RejectedError
from ...store.articles import find_article, get_article
from ..context import get_db, get_now, get_parts, get_settings, get_site, get_today
from .bodies import MOST_FILES, Body
from .models import BatchItem, SavedAnswer, build_api_url, describe_article, dump, list_unknown
from .problems import ApiError, reject


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record with its images, read before the write lock is taken; `notes` name its unknown fields."""

    draft: Draft
    pictures: Pictures
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """The input of a request: one record, or several, of which some may be refused already."""

    items: tuple[Prepared | ApiError, ...]
    is_list: bool


def prepare_all(body: Body, token: Token) -> Given:
    """Read one record or several, without the write lock, which `take_in_all` takes later. Raises ApiError."""
    own = list_own_names(get_db(), token, today=get_today())
    ward = own[0].slug if own else None
    if not isinstance(body.value, list):
        return Given((prepare(body.value, body, ward=ward),), is_list=False)
    most = get_settings().api_max_items
    if len(body.value) > most:
        rule = f"{len(body.value)} articles in one request, at most {most} are allowed: send several"
        raise ApiError("too-many", rule)
    if not body.value:
        raise reject([Problem("record", "field_missing")])
    if body.files:
        raise ApiError("bad-request", "files come with one article only: send a request for each that has images")
    items: list[Prepared | ApiError] = []
    for index, value in enumerate(body.value):
        try:
            items.append(prepare(value, body, ward=ward, prefix=f"#/{index}"))
        except ApiError as error:
            items.append(error)
    return Given(tuple(items), is_list=True)


def prepare(value: Any, body: Body, *, ward: str | None, prefix: str = "#") -> Prepared:
    """Read a record and decode its images; `ward` applies if it names none. Raises ApiError."""
    try:
        draft, unknown = parse_record(value)
    except RejectedError as error:
        raise reject(error.problems, prefix=prefix) from None
    if sum(bool(image.file) for image in draft.images) > MOST_FILES:
        raise ApiError("too-many", f"an article may come with {MOST_FILES} files: send the others with PUT")
    draft = replace(draft, ward=draft.ward or ward)
    pictures = read_pictures(draft, replace(get_parts().media, read=body.read), site_url=get_site().url)
    return Prepared(draft, pictures, list_unknown(unknown, value))


def take_in_all(given: Given, token: Token) -> tuple[int, bytes]:
    """Take in prepared records; return the status and the body of the answer. Raises ApiError for a single record."""
    if not given.is_list:
        status, answer = _take_in(given.items[0], token)
        return status, dump(answer)
    # One commit for all of them; a refused record rolls back only itself.
    with transaction(get_db()):
        items = [_take_in_item(item, index, token) for index, item in enumerate(given.items)]
    return 207, b"[" + b",".join(map(dump, items)) + b"]"


def _take_in_item(item: Prepared | ApiError, index: int, token: Token) -> BatchItem:
    try:
        status, answer = _take_in(item, token, prefix=f"#/{index}")
    except ApiError as error:
        problem = error.describe(get_site())
        return BatchItem(status=problem.status, problem=problem)
    return BatchItem(status=status, article=answer)


def _take_in(item: Prepared | ApiError, token: Token, *, prefix: str = "#") -> tuple[int, SavedAnswer]:
    """Take in one record, completely or not at all. Raises ApiError."""
    if isinstance(item, ApiError):
        raise item
    db, media = get_db(), get_parts().media
    try:
        with transaction(db):
            outcome = ingest(db, item.draft, site=get_site(), now=get_now(), media=media, pictures=item.pictures)
            for touched in filter(None, (outcome.before, outcome.article)):
                require_permission(token, touched)
    except RejectedError as error:
        raise reject(error.problems, prefix=prefix) from None
    if outcome.kind == "withdrawn":
        raise refuse_withdrawn(outcome.article)
    notes = [*item.notes, *outcome.notes]
    return 201 if outcome.kind == "added" else 200, describe_saved(outcome.article.id, outcome.kind, notes)


def describe_saved(article_id: int, outcome: str, notes: list[str]) -> SavedAnswer:
    article = get_article(get_db(), article_id)
    return SavedAnswer(**describe_article(article, site=get_site()), outcome=outcome, notes=notes)


def get_own_article(token: Token, article_id: int) -> Article:
    """Return an article that the token may see. Raises ApiError 404, 403; 404 also hides another ward's drafts."""
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
    if not may_write_for(get_db(), token, article.ward, on=article.published.astimezone(VIETNAM).date()):
        hint = "if another ward's article has the same external_id or url, choose another one"
        raise ApiError("ward", f"the token {token.name!r} does not write for {article.ward.name}; {hint}")


def refuse_withdrawn(article: Article) -> ApiError:
    detail = f"article {article.id} is withdrawn ({article.withdrawn_reason}) until somebody restores it"
    return ApiError("withdrawn", detail, article=build_api_url(article, get_site()))


def require_version(article: Article) -> None:
    """Raise ApiError 412 if If-Match does not name the article's version; a weak tag never matches.

    RFC 9110, section 13.1.1.
    """
    version = describe_article(article, site=get_site())["version"]
    if request.if_match.star_tag or request.if_match.contains(version):
        return
    detail = "read the article again, and apply your change to that version"
    raise ApiError("changed", detail, headers={"ETag": f'"{version}"'}, version=version)
