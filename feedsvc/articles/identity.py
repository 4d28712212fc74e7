"""How an article is known again on the way in, and what of it is a change that a subscriber sees. Pure."""

import hashlib
import json
from dataclasses import astuple
from datetime import UTC, datetime

from .. import text
from ..models import Article, Draft, Ward


def identify(draft: Draft, *, ward: Ward, title: str, published: datetime) -> str:
    """Return how this article is known again: the giver's key, the source's URL, or a fingerprint."""
    if draft.external_id:
        return f"key:{draft.external_id}"
    if draft.source_url:
        return f"url:{draft.source_url.strip()}"
    return "fingerprint:" + _digest(
        [ward.code, ward.valid_from.isoformat(), text.fold(title), published.date().isoformat()]
    )


def hash_content(article: Article) -> str:
    """Return a hash of what a subscriber sees; the view count and our own dates are not part of it."""
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
