"""Compose articles into a feed. Pure: no database, no clock, no Flask.

A Feed is the same value for all formats; how it is written down is the business of `xmlfeed` and `jsonfeed`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ..models import Article, Scope, Site
from .scope import scope_path, scope_subtitle, scope_title

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


def build_feed(scope: Scope, articles: Iterable[Article], *, site: Site, updated: datetime) -> Feed:
    """Compose the feed of a scope; articles come newest first, `updated` is when the scope last changed."""
    return Feed(
        guid=site.build_tag(f"feed/{scope.key}"),
        url=site.url + scope_path(scope),
        title=scope_title(scope, site),
        subtitle=scope_subtitle(scope, site),
        language=LANGUAGE,
        rights=site.rights,
        publisher=scope.ward.publisher if scope.ward else site.name,
        updated=updated,
        ttl_minutes=site.ttl_minutes,
        generator="feedsvc",
        version=site.version,
        entries=tuple(build_entry(article, site=site) for article in articles),
    )


def build_entry(article: Article, *, site: Site) -> Entry:
    return Entry(
        guid=article.guid,
        url=site.url + article_path(article),
        title=article.title,
        summary=article.summary,
        content_html=article.content_html,
        author=article.author,
        publisher=article.ward.publisher,
        published=article.published,
        updated=article.updated,
        categories=tuple(
            Term(category.slug, category.label, f"{site.url}/categories/") for category in article.categories
        ),
        source_url=article.source_url,
    )


def article_path(article: Article) -> str:
    return f"/articles/{article.id}/{article.slug}"
