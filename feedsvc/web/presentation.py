"""What the templates need: dates as people here write them, links with a fingerprint, the names of scopes."""

import hashlib
from datetime import date, datetime
from importlib.resources import files

from flask import Flask, url_for
from markupsafe import Markup

from ..feeds import FORMATS, article_path, feed_path, scope_name, scope_path, scope_subtitle, scope_title
from ..models import VIETNAM, Article, Scope
from .db import get_site


def register(app: Flask) -> None:
    style = (files(app.import_name) / "static" / "style.css").read_bytes()
    version = hashlib.blake2b(style, digest_size=6).hexdigest()
    app.jinja_env.filters.update(day=format_day, moment=format_moment, published=format_published, number=format_number)
    app.jinja_env.globals.update(
        FORMATS=FORMATS,
        Scope=Scope,
        article_path=article_path,
        feed_path=feed_path,
        scope_name=scope_name,
        scope_path=scope_path,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def common() -> dict[str, object]:
        return {
            "site": get_site(),
            "style_url": url_for("static", filename="style.css", v=version),
            "scope_title": lambda scope: scope_title(scope, get_site()),
            "scope_subtitle": lambda scope: scope_subtitle(scope, get_site()),
        }


def format_day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def format_moment(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%d/%m/%Y %H:%M}"


def format_number(number: int) -> str:
    """Return a count as Vietnamese writes it: 1.234."""
    return f"{number:,}".replace(",", ".")


def format_published(article: Article) -> Markup:
    """Return the time of publication as a <time> element; the day alone where the time is not known."""
    local = article.published.astimezone(VIETNAM)
    if article.published_has_time:
        return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), format_moment(local))
    return Markup('<time datetime="{}">{}</time>').format(local.date().isoformat(), format_day(local.date()))
