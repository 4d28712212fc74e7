"""The model of a record: one article as JSON, NDJSON, CSV or the HTTP API send it; and its conversion to a Draft.

The model checks only the shape (which fields, of which type); `articles.candidates` checks if a ward exists or a title
is too long. The model is the contract in docs/records.md and in the OpenAPI document.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from ..models import VIETNAM, Draft, DraftImage
from ..problems import PROBLEMS, Problem, RejectedError
from ..text import shorten

# The field that a rejects file adds to a record; ignored when the record is ingested again.
REJECTED_KEY = "_rejected"
_MOST_VIEWS = 2**53 - 1  # the largest integer that every JSON parser represents exactly
_MOST_CATEGORIES, _MOST_IMAGES = 20, 100


def _read_moment(value: object) -> datetime | date:
    """Return an aware time, or a date if no time was given. Accepts only text in ISO 8601."""
    if isinstance(value, str):
        try:
            if len(value.strip()) <= len("2023-W37-3"):
                return date.fromisoformat(value.strip())
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            pass
        else:
            return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)
    raise PydanticCustomError("field_time", "not a time")


def _read_day(value: object) -> date:
    moment = _read_moment(value)
    return moment.astimezone(VIETNAM).date() if isinstance(moment, datetime) else moment


_Moment = Annotated[
    datetime | date,
    PlainValidator(_read_moment),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}),
]
_Day = Annotated[date, PlainValidator(_read_day), WithJsonSchema({"type": "string", "format": "date"})]


def _drop_empty(value: Any) -> Any:
    """Drop null and blank fields: tables and form libraries write "not given" that way."""
    if not isinstance(value, dict):
        return value
    return {name: item for name, item in value.items() if item is not None and not _is_blank(item)}


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    _drop = model_validator(mode="before")(_drop_empty)


class WardReference(_Part):
    """A ward by its code and a day on which it existed: the same code names different units at different times."""

    code: str = Field(description="Code of the unit, five digits with leading zeros.", examples=["00151"])
    date: _Day = Field(description="A day on which the unit of that code is the one meant.", examples=["2023-09-13"])


class RecordImage(_Part):
    """An image: exactly one of `url` and `file`."""

    url: str = Field("", description="Absolute address of the image.", examples=["https://example.vn/anh/ra-quan.jpg"])
    file: str = Field(
        "", description="Path of an image file, relative to the file that the record stands in.", examples=["anh/1.jpg"]
    )
    caption: str = Field("", description="Text under the image.", examples=["Lực lượng thanh niên ra quân"])
    credit: str = Field("", description="Who made the image.", examples=["Nguyễn Văn An"])
    alt: str = Field(
        "", description="What the image shows, for people who cannot see it.", examples=["Người dân quét ngõ"]
    )

    @model_validator(mode="after")
    def _check_source(self) -> "RecordImage":
        if bool(self.url) == bool(self.file):
            raise PydanticCustomError("image_source", "not exactly one source")
        return self


def _tell_ward(value: object) -> str:
    return "unit" if isinstance(value, dict | WardReference) else "text"


_Ward = Annotated[Annotated[str, Tag("text")] | Annotated[WardReference, Tag("unit")], Discriminator(_tell_ward)]


class Record(_Part):
    """One article as a sender gives it. Blank and null fields count as not given; unknown fields are reported."""

    model_config = ConfigDict(
        title="Article",
        json_schema_extra={"oneOf": [{"required": ["content_html"]}, {"required": ["content_text"]}]},
    )

    title: str = Field(
        description="Title, at most 500 characters.", examples=["Phường Phúc Đồng ra quân tổng vệ sinh môi trường"]
    )
    published: _Moment = Field(
        description="When it was published: ISO 8601 date and time with zone. A time without a zone is taken as time in"
        " Việt Nam (+07:00). A date alone means that the time is not known. A future time schedules the article.",
        examples=["2023-09-13T16:20:00+07:00", "2023-09-13"],
    )
    content_html: str = Field(
        "",
        description="Content as HTML; reduced to the elements that a feed may carry. Exactly one of content_html and"
        " content_text.",
        examples=["<p>Sáng 13/9/2023, UBND phường tổ chức…</p>"],
    )
    content_text: str = Field(
        "",
        description="Content as plain text; blank lines separate paragraphs.",
        examples=["Sáng 13/9/2023, UBND phường tổ chức…\n\nHơn 200 người tham gia./."],
    )
    external_id: str = Field(
        "",
        coerce_numbers_to_str=True,
        strict=False,
        description="Your own key of the article. The same key means the same article: changed content corrects it."
        " Without a key, `url` identifies the article, or without a URL its ward, title and day.",
        examples=["portal-48213"],
    )
    url: str = Field(
        "",
        description="Absolute address of the original article.",
        examples=["https://phucdong.longbien.hanoi.gov.vn/tin/48213"],
    )
    ward: _Ward | None = Field(
        None,
        description="The ward that published it: its slug, code or name on the day of publication; or a code with a"
        " day. Without it the ward is recognised in title and content.",
        examples=["phuong-phuc-dong", "00151", "Phường Phúc Đồng", {"code": "00151", "date": "2023-09-13"}],
    )
    category: str = Field(
        "", description="Category: a slug, or a heading as portals write it.", examples=["hoat-dong-phuong"]
    )
    categories: list[str] = Field(
        [],
        max_length=_MOST_CATEGORIES,
        description="Several categories, the main one first; `category`, if given, comes before them.",
        examples=[["hoat-dong-phuong", "Thông báo"]],
    )
    author: str = Field("", description="Author; by default the ward's committee.", examples=["Nguyễn Văn An"])
    updated: _Moment | None = Field(
        None,
        description="When the source last changed it. Must be a valid time, but is not used: an article counts as"
        " updated when changed content reaches this service.",
        examples=["2023-09-14T08:00:00+07:00"],
    )
    summary: str = Field(
        "", description="One or two sentences; by default the beginning of the content.", examples=["Hơn 200 người…"]
    )
    images: list[RecordImage] = Field([], max_length=_MOST_IMAGES, description="Images that belong to the article.")
    views: int | None = Field(
        None, ge=0, le=_MOST_VIEWS, description="How often it was read, according to the source.", examples=[200]
    )
    language: str = Field(
        "vi",
        pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
        max_length=35,
        description="Language of the article, a tag of BCP 47.",
        examples=["vi", "en"],
    )
    correction_note: str = Field(
        "", description="What was corrected, for readers.", examples=["Sửa ngày tổ chức hội nghị."]
    )
    backfill: bool = Field(
        False,
        description="Old material: it is not announced to subscribers as news, who find it in the archives. By default,"
        " articles from the API are news, and articles from `feedsvc ingest` are old material without --announce.",
        examples=[True],
    )


def parse_record(value: Any) -> tuple[Draft, tuple[str, ...]]:
    """Return the draft of a decoded JSON value, and the names of the unknown fields.

    Raises RejectedError with every problem of every field.
    """
    if not isinstance(value, dict):
        raise RejectedError(Problem("record", "record_object", _show(value)))
    problems = list(_check_contents(value))
    try:
        record = Record.model_validate(value)
    except ValidationError as error:
        raise RejectedError(*_explain(error), *problems) from None
    if problems:
        raise RejectedError(*problems)
    return _to_draft(record), tuple(_list_unknown(value))


def _check_contents(value: dict[str, Any]) -> Iterator[Problem]:
    given = [name for name in ("content_html", "content_text") if value.get(name) and not _is_blank(value[name])]
    if len(given) != 1:
        yield Problem("content", "content_twice" if given else "content_missing")


_CODES = {
    "missing": "field_missing",
    "string_type": "field_text",
    "string_unicode": "field_text",
    "list_type": "field_list",
    "too_long": "field_long_list",
    "model_type": "field_object",
    "dict_type": "field_object",
    "int_type": "field_number",
    "int_parsing_size": "field_number",
    "greater_than_equal": "field_number",
    "less_than_equal": "field_number",
    "string_pattern_mismatch": "field_language",
    "string_too_long": "field_language",
}


def _explain(error: ValidationError) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_context=False):
        code = detail["type"] if detail["type"] in PROBLEMS else _CODES.get(detail["type"], "field_unfit")
        is_whole = code in {"field_missing", "image_source"}
        yield Problem(_name_place(detail), code, "" if is_whole else _show(detail["input"]))


def _name_place(detail: ErrorDetails) -> str:
    """Return the name of the field as its sender writes it ("images[0].url"), without pydantic's tags of a ward."""
    place = ""
    for step in detail["loc"]:
        if isinstance(step, int):
            place += f"[{step}]"
        elif place != "ward" or step not in {"text", "unit"}:
            place += f".{step}" if place else step
    return place


def _show(value: object) -> str:
    """Return a value in a form that is short and safe for a terminal, a log and a form."""
    return shorten(value if isinstance(value, str) else repr(value)[:400], 80)


def _list_unknown(value: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the fields that the model or its parts do not know."""
    yield from (_show(name) for name in value if name not in Record.model_fields and name != REJECTED_KEY)
    ward, images = value.get("ward"), value.get("images")
    if isinstance(ward, dict):
        yield from (f"ward.{_show(name)}" for name in ward if name not in WardReference.model_fields)
    for index, image in enumerate(images or ()):
        yield from (f"images[{index}].{_show(name)}" for name in image if name not in RecordImage.model_fields)


def _to_draft(record: Record) -> Draft:
    moment = record.published
    has_time = isinstance(moment, datetime)
    ward = record.ward
    return Draft(
        title=record.title,
        published=moment if isinstance(moment, datetime) else datetime.combine(moment, time(), VIETNAM),
        published_has_time=has_time,
        ward=f"{ward.code}@{ward.date}" if isinstance(ward, WardReference) else ward,
        categories=tuple(name for name in dict.fromkeys((record.category, *record.categories)) if not _is_blank(name)),
        content_text=record.content_text or None,
        content_html=record.content_html or None,
        author=record.author,
        summary=record.summary,
        external_id=record.external_id,
        source_url=record.url,
        view_count=record.views,
        images=tuple(DraftImage(**image.model_dump()) for image in record.images),
        language=record.language,
        correction_note=record.correction_note,
        backfill=record.backfill,
    )
