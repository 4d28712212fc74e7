"""Give the templates their filters and functions: Vietnamese dates, links with a fingerprint, structured data."""

import hashlib
import json
import re
from collections.abc import Iterable
from importlib.resources import files

from flask import Flask, url_for
from markupsafe import Markup

from ..addresses import (
    ADMIN,
    AREAS,
    CATEGORIES,
    MEDIA,
    PICTURE,
    SEARCH,
    SMALL_WIDTH,
    WARDS,
    absolute,
    article_path,
    feed_path,
    opml_path,
    page_path,
    scope_path,
    small_name,
)
from ..feeds import FORMATS, scope_in_sentence, scope_name, scope_subtitle, scope_title
from ..models import VIETNAM, Article, Image, Scope, Site
from ..text import in_sentence
from ..wording import format_day, format_moment, format_month, format_number, full_name, moment_in_sentence
from .context import get_site, get_today

# Characters that could end a <script> element or a line of JavaScript, as JSON escapes.
_JSON_IN_HTML = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
# One of our own pictures with a width, as `figures` writes it (attributes of clean HTML contain no "<" or ">").
_OUR_IMAGE = re.compile(rf'<img (?=[^<>]*?width="(?P<width>\d+)")(?=[^<>]*?src="(?P<url>{PICTURE.pattern})")')
_IMAGE_WITHOUT_TEXT = re.compile(r"<img (?![^>]*\balt=)")


def register(app: Flask) -> None:
    """Give the templates their filters, functions and common values."""
    static = files(app.import_name) / "static"
    versions = {
        item.name: hashlib.blake2b(item.read_bytes(), digest_size=6).hexdigest()
        for item in static.iterdir()
        if item.is_file()
    }
    app.jinja_env.filters.update(
        day=format_day,
        moment=format_moment,
        moment_in_sentence=moment_in_sentence,
        in_sentence=in_sentence,
        full_name=lambda unit: full_name(unit, get_today()),
        published=format_published,
        w3c=format_w3c,
        month=format_month,
        number=format_number,
        content=format_content,
        json_ld=format_json_ld,
        thumbnail=thumbnail,
    )
    app.jinja_env.globals.update(
        ADMIN=ADMIN,
        AREAS=AREAS,
        CATEGORIES=CATEGORIES,
        FORMATS=FORMATS,
        SEARCH=SEARCH,
        WARDS=WARDS,
        Scope=Scope,
        article_path=article_path,
        feed_path=feed_path,
        opml_path=opml_path,
        page_path=page_path,
        scope_path=scope_path,
        static_url=lambda name: url_for("static", filename=name, v=versions[name]),
        build_breadcrumbs=build_breadcrumbs,
        build_news_article=build_news_article,
        image_url=image_url,
    )
    app.jinja_env.tests["ended"] = lambda unit: unit.has_ended(get_today())
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def common() -> dict[str, object]:
        return {
            "site": get_site(),
            "scope_name": lambda scope: scope_name(scope, get_today()),
            "scope_title": lambda scope: scope_title(scope, get_site(), get_today()),
            "scope_in_sentence": lambda scope: scope_in_sentence(scope, get_today()),
            "scope_subtitle": lambda scope, **options: scope_subtitle(scope, get_site(), get_today(), **options),
        }


def format_w3c(article: Article) -> str:
    """Return the time of publication for machines (ISO 8601), or only the day if the time is unknown."""
    local = article.published.astimezone(VIETNAM)
    return local.isoformat() if article.published_has_time else local.date().isoformat()


def format_published(article: Article) -> Markup:
    """Return the time of publication as a <time> element, or only the day if the time is unknown."""
    local = article.published.astimezone(VIETNAM)
    shown = format_moment(local) if article.published_has_time else format_day(local.date())
    return Markup('<time datetime="{}">{}</time>').format(format_w3c(article), shown)


def format_content(article: Article) -> Markup:
    """Return the article's HTML for our page: tables can be scrolled, even by keyboard, and every picture has an alt.

    The browser loads the small version of our own pictures if that is enough, and only when they come into view.

    The HTML is clean: `markup.clean_html`, the one place that decides what HTML we publish, cleaned it before it was
    stored. A <table> in clean HTML has no attributes.
    """
    text = _IMAGE_WITHOUT_TEXT.sub('<img alt="" ', article.content_html)
    text = _OUR_IMAGE.sub(_add_small_version, text)
    text = text.replace(
        "<table>", '<div class="scroll" tabindex="0" role="group" aria-label="Bảng, có thể cuộn ngang"><table>'
    )
    return Markup(text.replace("</table>", "</table></div>"))  # noqa: S704


def _add_small_version(image: re.Match[str]) -> str:
    width = int(image["width"])
    if width <= SMALL_WIDTH:
        return '<img loading="lazy" '
    sources = f"{MEDIA}{small_name(image['hash'])} {SMALL_WIDTH}w, {image['url']} {width}w"
    return f'<img loading="lazy" srcset="{sources}" sizes="(min-width: 46rem) 44rem, 100vw" '


def thumbnail(image: Image) -> str:
    """Return the address of the small version of one of our own pictures, or that of an image on another site."""
    return image.url if image.media_hash is None else MEDIA + small_name(image.media_hash)


def format_json_ld(value: dict[str, object]) -> Markup:
    """Return a JSON-LD block; no text in `value` can end it."""
    text = json.dumps(value, ensure_ascii=False).translate(_JSON_IN_HTML)
    return Markup(f'<script type="application/ld+json">{text}</script>')  # noqa: S704


def build_breadcrumbs(crumbs: Iterable[tuple[str, str]], *, site: Site) -> dict[str, object]:
    """Return the BreadcrumbList (schema.org) of pairs of path and label; the current page has no path."""
    items = []
    for position, (path, label) in enumerate(crumbs, start=1):
        item: dict[str, object] = {"@type": "ListItem", "position": position, "name": label}
        items.append(item | {"item": absolute(site.url, path)} if path else item)
    return {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": items}


def build_news_article(article: Article, *, site: Site) -> dict[str, object]:
    """Return the NewsArticle (schema.org) of an article; an author other than the issuing body counts as a person."""
    url = absolute(site.url, article_path(article))
    publisher = {
        "@type": "GovernmentOrganization",
        "name": article.ward.publisher,
        "url": absolute(site.url, scope_path(Scope(ward=article.ward))),
    }
    is_issuing_body = article.author == article.ward.publisher
    return {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "description": article.summary,
        "url": url,
        "mainEntityOfPage": url,
        "identifier": article.guid,
        "datePublished": format_w3c(article),
        "dateModified": article.updated.astimezone(VIETNAM).isoformat(),
        "author": publisher if is_issuing_body else {"@type": "Person", "name": article.author},
        "publisher": publisher,
        "articleSection": [category.label for category in article.categories],
        "inLanguage": article.language,
        **({"image": [image_url(image, site) for image in article.images]} if article.images else {}),
    }


def image_url(image: Image, site: Site) -> str:
    """Return the absolute URL of an image of an article."""
    return absolute(site.url, image.url)
