"""Compose articles into a feed. Pure: no database, no clock, no Flask.

A Feed is the same value for all formats; how it is written down is the business of `xmlfeed` and `jsonfeed`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from html import escape

from ..markup import make_absolute
from ..models import VIETNAM, Article, ArticleStamp, Scope, Search, Site, Succession, Ward
from .scope import page_path, scope_path, scope_subtitle, scope_title

LANGUAGE = "vi"


@dataclass(frozen=True, slots=True)
class Term:
    """A category of an entry (RFC 4287, 4.2.2): machine name, human label, and the URL that defines the names."""

    term: str
    label: str
    scheme: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One article as subscribers see it. Nothing here depends on the scope that it is shown in."""

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


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of a scope. `url` is the HTML page of the scope; a renderer is given the feed's own address."""

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


def build_feed(
    scope: Scope | Search,
    articles: Iterable[Article],
    *,
    site: Site,
    updated: datetime,
    successors: Sequence[Succession] | None = None,
) -> Feed:
    """Compose the feed of a scope or a search; articles come newest first, `updated` is when the scope last changed.

    `successors` are given where the ward is closed (none may have followed): then the newest entry says so.
    """
    entries = [build_entry(article, site=site) for article in articles]
    if isinstance(scope, Scope) and scope.ward is not None and successors is not None:
        entries.insert(0, build_closing_entry(scope.ward, successors, site=site))
    return Feed(
        guid=site.build_tag(f"feed/{scope.key}"),
        url=site.url + page_path(scope),
        title=scope_title(scope, site),
        subtitle=scope_subtitle(scope, site),
        language=LANGUAGE,
        rights=site.rights,
        publisher=scope.ward.publisher if scope.ward else site.name,
        updated=updated,
        ttl_minutes=site.ttl_minutes,
        generator="feedsvc",
        version=site.version,
        entries=tuple(entries),
    )


def build_entry(article: Article, *, site: Site) -> Entry:
    return Entry(
        guid=article.guid,
        url=site.url + article_path(article),
        title=article.title,
        summary=article.summary,
        content_html=make_absolute(article.content_html, site.url),
        author=article.author,
        publisher=article.ward.publisher,
        published=article.published,
        updated=article.updated,
        categories=tuple(
            Term(category.slug, category.label, f"{site.url}/categories/") for category in article.categories
        ),
        source_url=article.source_url,
    )


def build_closing_entry(ward: Ward, successors: Sequence[Succession], *, site: Site) -> Entry:
    """Compose the last entry of a closed ward's feeds: when it ended, and where to subscribe now."""
    assert ward.valid_to is not None
    ended = datetime.combine(ward.valid_to + timedelta(days=1), time(), VIETNAM)
    summary = f"{ward.name} tồn tại đến ngày {ward.valid_to:%d/%m/%Y}. Tin cũ vẫn được giữ; kênh không có tin mới."
    content = f"<p>{escape(summary)}</p>"
    if successors:
        links = [
            (escape(site.url + scope_path(Scope(ward=item.successor))), escape(item.successor.name))
            for item in successors
        ]
        items = "".join(f'<li><a href="{url}">{name}</a></li>' for url, name in links)
        content += f"\n<p>Đơn vị kế tiếp:</p>\n<ul>{items}</ul>"
        summary += f" Đơn vị kế tiếp: {', '.join(item.successor.name for item in successors)}."
    return Entry(
        guid=site.build_tag(f"ward/{ward.id}/closed"),
        url=site.url + scope_path(Scope(ward=ward)),
        title="Kênh này đã kết thúc",
        summary=summary,
        content_html=content,
        author=ward.publisher,
        publisher=ward.publisher,
        published=ended,
        updated=ended,
        categories=(),
        source_url="",
    )


def article_path(article: Article | ArticleStamp) -> str:
    return f"/articles/{article.id}/{article.slug}"
