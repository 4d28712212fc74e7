"""Define the models of the API's queries and answers, from which the OpenAPI document is made.

A client may send the answer of GET back with PUT: fields that an answer shares with `intake.record.Record` mean the
same.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from ...addresses import API_ARTICLE, absolute, article_path
from ...markup import make_absolute
from ...models import VIETNAM, Article, Category, Site, State
from ...store.categories import UNKNOWN
from ...text import make_slug

MOST_LISTED = 200
_KEY = "key:"


def _require_iso_day(value: object) -> object:
    """Refuse other forms of a day that pydantic would accept, such as a number of seconds."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        return value
    raise PydanticCustomError("day", "must be a day: YYYY-MM-DD")


def _require_digits(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"\d{1,9}", value, re.ASCII):
        raise PydanticCustomError("number", "must be a whole number")
    return value


_Day = Annotated[date, BeforeValidator(_require_iso_day)]
_Slug = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ArticlesQuery(BaseModel):
    """The query string of a list of articles."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ward: _Slug | None = Field(default=None, description="Slug of a ward.", examples=["phuong-viet-hung"])
    area: _Slug | None = Field(
        default=None,
        description="Slug of an area; its wards are those that belonged to it on the day of each article.",
        examples=["khu-vuc-long-bien"],
    )
    category: _Slug | None = Field(default=None, description="Slug of a category.", examples=["thong-bao"])
    state: State | None = Field(default=None, description="Only articles in this state.")
    since: _Day | None = Field(
        default=None, description="First day of publication, in Việt Nam.", examples=["2026-11-01"]
    )
    until: _Day | None = Field(
        default=None, description="Last day of publication, in Việt Nam.", examples=["2026-11-30"]
    )
    limit: Annotated[int, BeforeValidator(_require_digits)] = Field(
        default=50, ge=1, le=MOST_LISTED, description="Maximum number of articles on one page."
    )
    after: str | None = Field(
        default=None, max_length=100, description="End of the previous page, taken from its `next`."
    )


class ReasonQuery(BaseModel):
    """The query string of a withdrawal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str | None = Field(default=None, description="The reason, if no body is sent.", examples=["Sai ngày họp"])


class Withdrawal(BaseModel):
    """The reason for a withdrawal."""

    model_config = ConfigDict(frozen=True, strict=True)

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)] = Field(
        description="The reason; readers see it on the article's page.", examples=["Sai ngày họp"]
    )


class ImageAnswer(BaseModel):
    """An image of an article."""

    url: str = Field(description="Absolute address.")
    caption: str
    credit: str
    alt: str
    media_type: str | None = None
    length: int | None = Field(default=None, description="Size in bytes.")
    width: int | None = Field(default=None, description="Width in pixels.")
    height: int | None = Field(default=None, description="Height in pixels.")


class ArticleAnswer(BaseModel):
    """An article as it is stored. A client may change it and send it back with PUT."""

    id: int
    self: str = Field(description="Address of this article in the API.")
    page: str = Field(description="Address of its public page.")
    guid: str = Field(description="Its permanent id in every feed.")
    version: str = Field(default="", description="The opaque part of the ETag: If-Match takes it in quotes.")
    state: State
    title: str
    published: datetime | date = Field(description="When it was published; only a date if the time is unknown.")
    updated: datetime = Field(description="Time of the last change that subscribers see.")
    ward: str = Field(description="Slug of the ward that published it.")
    ward_name: str
    categories: list[str] = Field(description="Slugs, the main one first; the original heading of an unknown section.")
    author: str
    summary: str
    content_html: str
    external_id: str = Field(description="The sender's own key; empty if none was given.")
    url: str = Field(description="Address of the original article; empty if none was given.")
    images: list[ImageAnswer]
    views: int | None = None
    language: str
    corrected_at: datetime | None = Field(
        default=None, description="Time of the last correction after publication; absent if there was none."
    )
    correction_note: str
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None


class SavedAnswer(ArticleAnswer):
    """An article after a request that writes, with the outcome and notes for the sender."""

    outcome: str = Field(description="added, corrected, unchanged or withdrawn")
    notes: list[str] = Field(description="Remarks that did not stop the request: unknown fields, an unknown section.")


class ArticlesAnswer(BaseModel):
    """A page of a list of articles, newest first."""

    items: list[ArticleAnswer]
    next: str | None = Field(description="Address of the next page; null on the last one.")


class FieldProblem(BaseModel):
    """One thing that is wrong with one field of the body, or with one parameter."""

    field: str = Field(description="The field or parameter.")
    pointer: str | None = Field(default=None, description="Its place in the body: a JSON pointer as a fragment.")
    code: str
    detail: str
    detail_vi: str | None = Field(default=None, description="The same for a clerk, in Vietnamese.")


class ProblemAnswer(BaseModel):
    """A problem (RFC 9457) with every problem of every field."""

    type: str = Field(description="Kind of the problem: an address in the document of this API.")
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []
    version: str | None = Field(default=None, description="The present version of the article.")
    article: str | None = Field(default=None, description="Address of the article that causes the conflict.")


class BatchItem(BaseModel):
    """The result for one article of several: `article` or `problem`."""

    status: int = Field(description="The status that a request with only this article would have had.")
    article: SavedAnswer | None = None
    problem: ProblemAnswer | None = None


def dump(model: BaseModel) -> bytes:
    """Render an answer; unknown optional fields are omitted."""
    return model.model_dump_json(exclude_unset=True).encode()


def describe_article(article: Article, *, site: Site) -> dict[str, Any]:
    """Return the fields of an ArticleAnswer, with the version: a digest of all other fields."""
    values: dict[str, Any] = {
        "id": article.id,
        "self": build_api_url(article, site),
        "page": absolute(site.url, article_path(article)),
        "guid": article.guid,
        "state": article.state,
        "title": article.title,
        "published": article.published if article.published_has_time else article.published.astimezone(VIETNAM).date(),
        "updated": article.updated,
        "ward": article.ward.slug,
        "ward_name": article.ward.name,
        "categories": [_name_category(category) for category in article.categories],
        "author": article.author,
        "summary": article.summary,
        "content_html": make_absolute(article.content_html, site.url),
        "external_id": article.identity.removeprefix(_KEY) if article.identity.startswith(_KEY) else "",
        "url": article.source_url,
        "images": [
            ImageAnswer(
                url=absolute(site.url, image.url),
                caption=image.caption,
                credit=image.credit,
                alt=image.alt,
                **_known(media_type=image.media_type, length=image.length, width=image.width, height=image.height),
            )
            for image in article.images
        ],
        "language": article.language,
        "correction_note": article.correction_note,
        **_known(views=article.view_count, corrected_at=article.corrected_at, withdrawn_at=article.withdrawn_at),
        **({"withdrawn_reason": article.withdrawn_reason} if article.state == "withdrawn" else {}),
    }
    version = hashlib.blake2b(dump(ArticleAnswer(**values)), digest_size=12).hexdigest()
    return {**values, "version": version}


def _name_category(category: Category) -> str:
    """Return the slug, or the original heading when the section is unknown, so that sending it back keeps it."""
    return category.label if category.slug == UNKNOWN and make_slug(category.label) != UNKNOWN else category.slug


def _known(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def build_api_url(article: Article, site: Site) -> str:
    return absolute(site.url, API_ARTICLE.format(id=article.id))


def list_unknown(unknown: tuple[str, ...], sent: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a note on each unknown field, except on fields of our own answers that a client sends back."""
    own = ArticleAnswer.model_fields.keys() | SavedAnswer.model_fields.keys()
    own_image = {f"images[{index}].{name}" for index in range(len(sent.get("images") or ())) for name in _IMAGE_FIELDS}
    return tuple(f"unknown field {name!r}: ignored" for name in unknown if name not in own | own_image)


_IMAGE_FIELDS = ImageAnswer.model_fields.keys()
