"""Define the values that the parts exchange. Frozen; no I/O, no clock, no rule that needs a database.

Times are aware datetimes, in output always in `VIETNAM` (+07:00); days are dates in Việt Nam.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from .text import in_sentence

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

WardKind = Literal["phuong", "xa", "thi-tran", "dac-khu"]
SuccessionKind = Literal["renamed", "merged", "split"]
State = Literal["draft", "scheduled", "published", "withdrawn"]
ChangeKind = Literal["published", "corrected", "withdrawn", "restored",
                     "opened", "renamed", "closed", "hidden", "shown", "members"]  # fmt: skip
UnitKey = tuple[str, date]  # code, valid_from


class Lifetime:
    """The time from `valid_from` to `valid_to`, both days included; None means no known beginning or end.

    Only these methods decide what exists on a day. A reform is loaded before it takes effect, so a `valid_to` does not
    mean that the unit has ended.
    """

    __slots__ = ()
    valid_from: date | None
    valid_to: date | None

    def lives_on(self, day: date) -> bool:
        return self.has_begun(day) and not self.has_ended(day)

    def has_begun(self, day: date) -> bool:
        """Tell if the first day is that day or an earlier one."""
        return self.valid_from is None or self.valid_from <= day

    def has_ended(self, day: date) -> bool:
        """Tell if the last day is before that day."""
        return self.end_by(day) is not None

    def end_by(self, day: date) -> date | None:
        """Return the last day if it is before that day, else None; a future end is not shown."""
        return self.valid_to if self.valid_to is not None and self.valid_to < day else None


@dataclass(frozen=True, slots=True)
class Ward(Lifetime):
    """An administrative unit of the commune level, from `valid_from` to `valid_to` (both days included).

    (code, valid_from) identifies it: a code or a name alone refers to different units at different times.
    """

    id: int
    code: str
    valid_from: date
    valid_to: date | None
    kind: WardKind
    name: str
    slug: str

    @property
    def key(self) -> UnitKey:
        return self.code, self.valid_from

    @property
    def publisher(self) -> str:
        """Return the name of the issuing body: "UBND phường Phúc Đồng"."""
        return f"UBND {in_sentence(self.name)}"


@dataclass(frozen=True, slots=True)
class Succession:
    """The fact that `successor` took over `ward`, or a part of it, on the day `on`."""

    ward: Ward
    successor: Ward
    on: date
    kind: SuccessionKind
    is_default: bool
    legal_basis: str


@dataclass(frozen=True, slots=True)
class Area(Lifetime):
    """A named group of wards: a city, a former district, a group that a portal made."""

    id: int
    slug: str
    name: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Membership(Lifetime):
    """The membership of a ward in an area for a time; without days, as long as the ward lives."""

    area_id: int
    ward_id: int
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Category:
    """A section (chuyên mục). If the section is unknown (slug "khac"), `label` is its original heading."""

    id: int
    slug: str
    label: str


@dataclass(frozen=True, slots=True)
class DraftImage:
    """An image of a draft: its URL, or a file in the folder of the page or the record.

    A saved page gives both: the file counts if it exists, otherwise the URL. A URL may be the path of one of our own
    pictures ("/media/HASH.jpg").
    """

    url: str = ""
    file: str = ""
    caption: str = ""
    credit: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """An image of an article: its absolute URL, or the path of one of our own files ("/media/HASH.ext").

    `length` in bytes, `width` and `height` in pixels; None if unknown, as for images on other sites. `media_hash`
    names our own file; it is None for images on other sites.
    """

    url: str
    media_type: str | None = None
    length: int | None = None
    width: int | None = None
    height: int | None = None
    caption: str = ""
    credit: str = ""
    alt: str = ""
    media_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as a sender gives it, untrusted: any field may contain any text.

    `ward` is a slug, a code, a name, or a code with a day on which this unit had it ("00151@2023-09-13"); None if the
    ward must be recognised in the text. `categories` are slugs or headings. Exactly one of `content_text` (the plain
    form of `markup.plain_to_html`) and `content_html` is given. `published_text` is the original text of the date, for
    the message if `published` could not be read from it. `backfill`: old material, not news (see `Article.appeared`).
    """

    title: str
    published: datetime | None
    published_has_time: bool = True
    ward: str | None = None
    categories: tuple[str, ...] = ()
    content_text: str | None = None
    content_html: str | None = None
    author: str = ""
    summary: str = ""
    external_id: str = ""
    source_url: str = ""
    view_count: int | None = None
    published_text: str = ""
    images: tuple[DraftImage, ...] = ()
    language: str = "vi"
    correction_note: str = ""
    backfill: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """A stored article: cleaned, identified, renderable in every format.

    `content_hash` covers everything that a subscriber sees; `identity` recognises the article when it is sent again.
    `appeared` is when it first became public, None before that; imported old material counts as having appeared at its
    own time. `updated` moves with every change that a subscriber notices, including a restoration;
    `corrected_at` is the time of the last change of the content after publication, `correction_note` the editor's note
    about it. `language` is a BCP 47 tag.
    """

    id: int
    guid: str
    identity: str
    ward: Ward
    categories: tuple[Category, ...]
    title: str
    slug: str
    summary: str
    content_html: str
    author: str
    published: datetime
    published_has_time: bool
    updated: datetime
    source_url: str
    view_count: int | None
    content_hash: str
    state: State
    withdrawn_at: datetime | None = None
    withdrawn_reason: str = ""
    images: tuple[Image, ...] = ()
    language: str = "vi"
    corrected_at: datetime | None = None
    correction_note: str = ""
    appeared: datetime | None = None


@dataclass(frozen=True, slots=True)
class ArticleStamp:
    """The parts of a published article that a sitemap needs: its address and the time of its last change."""

    id: int
    slug: str
    updated: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the change log, with its place `seq` in the one growing sequence.

    It is about an article, or about a ward, an area or a category: exactly one of the four ids is given.
    """

    seq: int
    kind: ChangeKind
    changed_at: datetime
    article_id: int | None = None
    ward_id: int | None = None
    area_id: int | None = None
    category_id: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """The subject of a feed: everything, or a ward or an area, and/or a category.

    `lineage`: include the articles of all units that the ward took over from.
    """

    ward: Ward | None = None
    area: Area | None = None
    category: Category | None = None
    lineage: bool = False

    @property
    def key(self) -> str:
        """Return the name of the scope in the database and in feed ids; it consists of ids, so a rename keeps it."""
        place = f"ward/{self.ward.id}" if self.ward else f"area/{self.area.id}" if self.area else ""
        section = f"category/{self.category.id}" if self.category else ""
        lineage = "lineage" if self.lineage else ""
        return "/".join(part for part in (place, section, lineage) if part) or "everything"

    def without_category(self) -> "Scope":
        return replace(self, category=None)


@dataclass(frozen=True, slots=True)
class Search:
    """A search: words (`text`, on one line), and optionally a ward, an area, a category, and days (both included).

    Like a Scope it has a page and feeds; unlike a Scope it has no row, so every change of anything moves it.
    """

    text: str
    ward: Ward | None = None
    area: Area | None = None
    category: Category | None = None
    since: date | None = None
    until: date | None = None

    @property
    def key(self) -> str:
        """Return the name of the search in the ids of its feeds; it contains ids, so a rename keeps it."""
        parts = ["search", quote(self.text, safe="")]
        parts += [f"{kind}/{item.id}" for kind in ("ward", "area", "category") if (item := getattr(self, kind))]
        parts += [f"from/{self.since}"] if self.since else []
        parts += [f"to/{self.until}"] if self.until else []
        return "/".join(parts)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month in Việt Nam, by which people look through what a scope published."""

    year: int
    number: int

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.number, 1, tzinfo=VIETNAM)

    @property
    def end(self) -> datetime:
        """Return the start of the next month."""
        return Month(self.year + self.number // 12, self.number % 12 + 1).start

    @classmethod
    def of(cls, moment: datetime) -> "Month":
        local = moment.astimezone(VIETNAM)
        return cls(local.year, local.month)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The trace of a withdrawn article (RFC 6721): its guid, the time of the withdrawal, and the reason."""

    guid: str
    withdrawn_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ScopeState:
    """The state of a scope: the seq (0: none yet) and time of its last change, and the epoch of that seq."""

    seq: int
    changed_at: datetime
    epoch: str


@dataclass(frozen=True, slots=True)
class Site:
    """The publisher: the values about the whole service that every document needs.

    `url` has no trailing slash. `tag_authority` and `tag_date` are the fixed parts of every guid (RFC 4151).
    """

    url: str
    name: str
    description: str
    rights: str
    tag_authority: str
    tag_date: str
    ttl_minutes: int
    version: str
    hub_url: str = ""

    def build_tag(self, specific: str) -> str:
        """Return a `tag:` URI (RFC 4151) of this service."""
        return f"tag:{self.tag_authority},{self.tag_date}:{specific}"
