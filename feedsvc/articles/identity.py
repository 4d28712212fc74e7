"""Identify an article that is sent again, and detect changes that a subscriber sees. Pure."""

import hashlib
import json
from dataclasses import astuple
from datetime import UTC, datetime

from .. import text
from ..models import Article, Draft, Ward


def identify(draft: Draft, *, ward: Ward, title: str, published: datetime) -> str:
    """Return the identity of the article: the sender's key, else the source's URL, else a fingerprint."""
    if draft.external_id:
        return f"key:{draft.external_id}"
    if draft.source_url:
        return f"url:{draft.source_url.strip()}"
    return "fingerprint:" + _digest(
        [ward.code, ward.valid_from.isoformat(), text.fold(title), published.date().isoformat()]
    )


def hash_content(article: Article) -> str:
    """Return a hash of everything that a subscriber sees, without the view count and our own dates."""
    seen = [
        article.ward.id,
        [[category.slug, category.label] for category in article.categories],
        article.title,
        article.summary,
        article.content_html,
        article.author,
        article.published.astimezone(UTC).isoformat(),
        article.published_has_time,
        article.source_url,
        [astuple(image) for image in article.images],
        article.language,
    ]
    return _digest(seen)


def _digest(values: object) -> str:
    return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()
