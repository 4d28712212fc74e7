"""Compose articles into a feed. Pure: no database, no clock, no Flask.

A Feed is the same value for all formats; `xmlfeed` and `jsonfeed` write it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from html import escape

from ..addresses import (
    CATEGORIES,
    ICON,
    WHOLE,
    Variant,
    absolute,
    article_path,
    month_path,
    page_path,
    scope_path,
)
from ..markup import make_absolute
from ..models import (
    VIETNAM,
    Article,
    Image,
    Month,
    Scope,
    Search,
    Site,
    Succession,
    Tombstone,
    Ward,
)
from ..text import in_sentence
from ..wording import format_day, format_month, full_name
from .scope import scope_subtitle, scope_title

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


@dataclass(frozen=True, slots=True)
class Archives:
    """The place of a feed among its archive documents (RFC 5005, 4), each given by the URL of its folder, "" for none.

    `query` follows the file name in each of them. `current` is the subscription document of an archive.
    """

    is_archive: bool = False
    current: str = ""
    prev_archive: str = ""
    next_archive: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of a scope. `url` is the HTML page of the scope; renderers get the feed's own address separately."""

    guid: str
    url: str
    title: str
    subtitle: str
    language: str
    rights: str
    publisher: str
    updated: datetime
    ttl_minutes: int
    generator: str
    version: str
    entries: tuple[Entry, ...]
    icon_url: str = ""
    hub_url: str = ""
    tombstones: tuple[Tombstone, ...] = ()
    archives: Archives = Archives()


def build_feed(
    scope: Scope | Search,
    articles: Iterable[Article],
    *,
    site: Site,
    today: date,
    updated: datetime,
    successors: Sequence[Succession] | None = None,
    tombstones: Iterable[Tombstone] = (),
    variant: Variant = WHOLE,
) -> Feed:
    """Compose the feed of a scope or a search from articles, newest first; `updated` is the scope's last change.

    `today` tells which units are closed. `successors` is not None if the ward is closed (it is empty if none followed);
    the first entry then announces that.
    """
    entries = [build_entry(article, site=site) for article in articles]
    if isinstance(scope, Scope) and scope.ward is not None and successors is not None:
        entries.insert(0, build_closing_entry(scope.ward, successors, site=site, today=today))
    if variant.summary:
        entries = [replace(entry, content_html="") for entry in entries]
    return Feed(
        guid=site.build_tag(f"feed/{scope.key}"),
        url=absolute(site.url, page_path(scope)),
        title=scope_title(scope, site, today),
        subtitle=scope_subtitle(scope, site, today),
        language=LANGUAGE,
        rights=site.rights,
        publisher=scope.ward.publisher if scope.ward else site.name,
        updated=updated,
        ttl_minutes=site.ttl_minutes,
        generator="feedsvc",
        version=site.version,
        entries=tuple(entries),
        icon_url=absolute(site.url, ICON),
        hub_url=site.hub_url,
        tombstones=tuple(tombstones),
    )


def place_among_archives(
    feed: Feed,
    scope: Scope,
    *,
    site: Site,
    month: Month | None,
    earlier: Month | None,
    later: Month | None = None,
    is_past: bool = False,
    variant: Variant = WHOLE,
) -> Feed:
    """Return the feed with links to its archive documents; `month` is None for the subscription document.

    The document of the present month still changes, so it is not marked as an archive; but it is linked, so that no
    article is missing between the subscription document and the archives.
    """
    base = absolute(site.url, scope_path(scope))
    query = page_path(scope).removeprefix(scope_path(scope))
    if variant.summary:
        query += ("&" if query else "?") + "content=summary"
    archives = Archives(
        is_archive=month is not None and is_past,
        current=base if month else "",
        prev_archive=base + month_path(earlier) if earlier else "",
        next_archive=base + month_path(later) if later else "",
        query=query,
    )
    if month is None:
        return replace(feed, archives=archives)
    return replace(
        feed,
        guid=f"{feed.guid}/{month.year:04}/{month.number:02}",
        url=absolute(site.url, page_path(scope, month=month)),
        title=f"{feed.title} – tháng {format_month(month)}",
        archives=archives,
    )


def build_entry(article: Article, *, site: Site) -> Entry:
    return Entry(
        guid=article.guid,
        url=absolute(site.url, article_path(article)),
        title=article.title,
        summary=article.summary,
        content_html=make_absolute(article.content_html, site.url),
        author=article.author,
        publisher=article.ward.publisher,
        published=article.published,
        updated=article.updated,
        categories=tuple(
            Term(category.slug, category.label, absolute(site.url, CATEGORIES)) for category in article.categories
        ),
        source_url=article.source_url,
        language=article.language,
        images=tuple(replace(image, url=absolute(site.url, image.url)) for image in article.images),
    )


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
