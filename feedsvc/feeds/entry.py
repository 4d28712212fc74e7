"""Compose an article into an entry: the form that subscribers see, the same in every scope and format. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from html import escape

from ..addresses import CATEGORIES, MEDIA, SMALL_WIDTH, absolute, article_path, scope_path, small_name
from ..markup import list_alternative_texts, make_portable
from ..models import VIETNAM, Article, Image, Scope, Site, Succession, Ward
from ..text import in_sentence
from ..uris import to_uri
from ..wording import format_day, full_name, moment_in_sentence

LANGUAGE = "vi"


@dataclass(frozen=True, slots=True)
class Term:
    """A category of an entry (RFC 4287, 4.2.2): machine name, human label, and the URL that defines the names."""

    term: str
    label: str
    scheme: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One article as subscribers see it, independent of the scope of the feed.

    `content_html` is empty in a feed of summaries. All URLs are absolute, also those of images.
    """

    guid: str
    url: str
    title: str
    summary: str
    content_html: str
    author: str
    publisher: str
    published: datetime
    updated: datetime
    categories: tuple[Term, ...]
    source_url: str
    language: str = LANGUAGE
    images: tuple[Image, ...] = ()
    thumbnail: Image | None = None
    has_time: bool = True
    corrected_at: datetime | None = None
    correction_note: str = ""
    withdrawn_at: datetime | None = None


def build_entry(article: Article, *, site: Site) -> Entry:
    """Compose the entry of an article; that of a withdrawn one has the same guid, and a notice in place of the text."""
    url = absolute(site.url, article_path(article))
    entry = Entry(
        guid=article.guid,
        url=url,
        title=article.title,
        summary=article.summary,
        content_html=_build_correction(article) + make_portable(article.content_html, site.url, url),
        author=article.author,
        publisher=article.ward.publisher,
        published=article.published,
        updated=article.updated,
        categories=tuple(
            Term(category.slug, category.label, absolute(site.url, CATEGORIES)) for category in article.categories
        ),
        source_url=to_uri(article.source_url),
        language=article.language,
        images=tuple(_build_images(article, site=site)),
        thumbnail=_build_thumbnail(article.images[0], site=site) if article.images else None,
        has_time=article.published_has_time,
        corrected_at=article.corrected_at,
        correction_note=article.correction_note,
    )
    return entry if article.withdrawn_at is None else _replace_by_notice(entry, article.withdrawn_at, article)


def _replace_by_notice(entry: Entry, withdrawn_at: datetime, article: Article) -> Entry:
    """Return the entry with the reason of the withdrawal, because readers ignore tombstones and keep the old entry."""
    lines = [f"{article.ward.publisher} đã thu hồi bài này lúc {moment_in_sentence(withdrawn_at)}."]
    lines += [f"Lý do: {article.withdrawn_reason}"] if article.withdrawn_reason else []
    return replace(
        entry,
        title=f"Đã thu hồi: {article.title}",
        summary=" ".join(lines),
        content_html="\n".join(f"<p>{escape(line, quote=False)}</p>" for line in lines),
        author=article.ward.publisher,
        updated=withdrawn_at,
        source_url="",
        images=(),
        thumbnail=None,
        corrected_at=None,
        correction_note="",
        withdrawn_at=withdrawn_at,
    )


def _build_correction(article: Article) -> str:
    """Return the note of a correction as a paragraph before the content, because readers show no extensions."""
    if article.corrected_at is None or not article.correction_note:
        return ""
    when = moment_in_sentence(article.corrected_at)
    return f"<p><strong>Đính chính lúc {when}:</strong> {escape(article.correction_note, quote=False)}</p>\n"


def _build_images(article: Article, *, site: Site) -> Iterator[Image]:
    """Yield the images; one without an alternative text has the one that it has in the content."""
    texts = list_alternative_texts(article.content_html)
    for image in article.images:
        url = to_uri(absolute(site.url, image.url))
        yield replace(image, url=url, alt=image.alt or texts.get(image.url, ""))


def _build_thumbnail(image: Image, *, site: Site) -> Image:
    """Return the small version of one of our own pictures, or an image on another site unchanged."""
    if image.media_hash is None:
        return replace(image, url=to_uri(absolute(site.url, image.url)))
    url = absolute(site.url, MEDIA + small_name(image.media_hash))
    if not image.width or not image.height or image.width <= SMALL_WIDTH:
        return Image(url, width=image.width, height=image.height)
    return Image(url, width=SMALL_WIDTH, height=max(1, round(image.height * SMALL_WIDTH / image.width)))


def build_closing_entry(ward: Ward, successors: Sequence[Succession], *, site: Site, today: date) -> Entry:
    """Compose the last entry of a closed ward's feeds: the day on which it ended, and its successors."""
    assert ward.valid_to is not None
    ended = datetime.combine(ward.valid_to + timedelta(days=1), time(), VIETNAM)
    summary = (
        f"{ward.name} (cũ) hoạt động đến hết ngày {format_day(ward.valid_to)}. "
        "Kênh tin này không còn bài mới; các bài cũ vẫn được lưu."
    )
    content = f"<p>{escape(summary)}</p>"
    if successors:
        names = {
            absolute(site.url, scope_path(Scope(ward=item.successor))): full_name(item.successor, today)
            for item in successors
        }
        items = "".join(f'<li><a href="{escape(url)}">{escape(name)}</a></li>' for url, name in names.items())
        since = f"Đơn vị mới từ ngày {format_day(successors[0].on)}"
        follow = "Hãy theo dõi kênh tin của đơn vị mới."
        content += f"\n<p>{since}:</p>\n<ul>{items}</ul>\n<p>{follow}</p>"
        summary += f" {since}: {', '.join(map(in_sentence, names.values()))}. {follow}"
    return Entry(
        guid=site.build_tag(f"ward/{ward.id}/closed"),
        url=absolute(site.url, scope_path(Scope(ward=ward))),
        title=f"Kênh tin {in_sentence(full_name(ward, today))} đã ngừng cập nhật",
        summary=summary,
        content_html=content,
        author=ward.publisher,
        publisher=ward.publisher,
        published=ended,
        updated=ended,
        categories=(),
        source_url="",
    )
