"""The values that the parts hand to each other. Frozen; no I/O, no clock, no rule that needs a database.

Times are aware datetimes, on the way out always in `VIETNAM` (+07:00); days are dates in Việt Nam.
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
ChangeKind = Literal[
    "published", "corrected", "withdrawn", "restored",
    "opened", "renamed", "closed", "hidden", "shown", "members",
]  # fmt: skip
UnitKey = tuple[str, date]  # code, valid_from


class Lifetime:
    """What lives from `valid_from` to `valid_to`, both days included; None: since ever, with no end known.

    The one answer to what stands on a day. A reform is loaded before it comes into force: that there is a `valid_to`
    says nothing of today.
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
        """Return the last day where it is before that day; an end that is still to come is nobody's concern."""
        return self.valid_to if self.valid_to is not None and self.valid_to < day else None


@dataclass(frozen=True, slots=True)
class Ward(Lifetime):
    """An administrative unit of the commune level, as it was from `valid_from` to `valid_to` (both days included).

    Identified by (code, valid_from): a code or a name alone names different units at different times.
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
        """Name the issuing body: "UBND phường Phúc Đồng"."""
        return f"UBND {in_sentence(self.name)}"


@dataclass(frozen=True, slots=True)
class Succession:
    """A living or closed unit that took over (a part of) another one on day `on`."""

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
    """A ward belongs to an area for a time; without days as long as the ward lives."""

    area_id: int
    ward_id: int
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Category:
    """A section (chuyên mục). `label` is the heading as found where the section is unknown (slug "khac")."""

    id: int
    slug: str
    label: str


@dataclass(frozen=True, slots=True)
class DraftImage:
    """An image of a draft: the URL where it stands, or a file beside the page or the record.

    A saved page names both: the file where it lies beside the page, else the URL counts. A URL may be the path of a
    picture of ours ("/media/HASH.jpg").
    """

    url: str = ""
    file: str = ""
    caption: str = ""
    credit: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """An image of an article: its absolute URL, or the path of a file of ours ("/media/HASH.ext").

    `length` in bytes, `width` and `height` in pixels; None where an image elsewhere did not tell. `media_hash` names
    the file of ours, None elsewhere.
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
    """What somebody gave us, not trusted: any text may stand in any field.

    `ward` is a slug, a code, a name, or a code with a day on which it was this unit's ("00151@2023-09-13"); None where
    it has to be recognised in the text; `categories` are slugs or headings; exactly one of `content_text` (the plain
    form of `markup.plain_to_html`) and `content_html` is given.
    `published_text` is the date as it stood, for the message where `published` could not be read from it.
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


@dataclass(frozen=True, slots=True)
class Article:
    """What we store: cleaned, identified, fit to be rendered in every format.

    `content_hash` covers what a subscriber sees; `identity` is how the same thing is known again on the way in.
    `updated` moves with all that a subscriber notices, a return after a withdrawal too; `corrected_at` is when the
    content was last changed after publication, `correction_note` what the editor says of that. `language` is a tag of
    BCP 47.
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


@dataclass(frozen=True, slots=True)
class ArticleStamp:
    """Where a published article stands and when it last changed: all that a list for machines needs of it."""

    id: int
    slug: str
    updated: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One published, corrected, withdrawn or restored article, with its place in the one growing sequence.

    Or a ward, an area or a category that opened, closed, has another name or other members, is hidden or shown again.
    One of the four ids is given.
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
    """What a feed is about: everything, or a ward or an area, and/or a category.

    `lineage`: with the articles of all units that the ward took over from.
    """

    ward: Ward | None = None
    area: Area | None = None
    category: Category | None = None
    lineage: bool = False

    @property
    def key(self) -> str:
        """Name the scope in the database and in validators; made of ids, so a rename does not move it."""
        place = f"ward/{self.ward.id}" if self.ward else f"area/{self.area.id}" if self.area else ""
        section = f"category/{self.category.id}" if self.category else ""
        lineage = "lineage" if self.lineage else ""
        return "/".join(part for part in (place, section, lineage) if part) or "everything"

    def without_category(self) -> "Scope":
        return replace(self, category=None)


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for: words (`text`, on one line), and where, in which section, on which days (both included).

    Like a Scope it has a page and feeds; unlike one it has no row: it moves whenever anything does.
    """

    text: str
    ward: Ward | None = None
    area: Area | None = None
    category: Category | None = None
    since: date | None = None
    until: date | None = None

    @property
    def key(self) -> str:
        """Name the search in its feeds' ids; made of the ids of what it names, so a rename does not move it."""
        parts = ["search", quote(self.text, safe="")]
        parts += [f"{kind}/{item.id}" for kind in ("ward", "area", "category") if (item := getattr(self, kind))]
        parts += [f"from/{self.since}"] if self.since else []
        parts += [f"to/{self.until}"] if self.until else []
        return "/".join(parts)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month in Việt Nam: what one archive document covers."""

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
    """What is left of a withdrawn article (RFC 6721): its guid, when it went, and why."""

    guid: str
    withdrawn_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ScopeState:
    """How far a scope has moved: seq (0: not yet) and time of the last change in it, and the epoch of that seq."""

    seq: int
    changed_at: datetime
    epoch: str


@dataclass(frozen=True, slots=True)
class Site:
    """Who publishes: what every document needs to know of the service as a whole.

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
        """Mint a `tag:` URI (RFC 4151) in the name of this service."""
        return f"tag:{self.tag_authority},{self.tag_date}:{specific}"
