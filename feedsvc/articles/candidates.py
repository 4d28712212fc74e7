"""Turn a draft into a candidate: an article without the values that saving adds. Nothing is written.

This module normalises, cleans and completes untrusted values, and finds every problem of every field.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, TypeVar

from .. import markup, text
from ..database import Database
from ..models import VIETNAM, Article, Category, Draft, Image, Site, Ward
from ..problems import Problem, RejectedError
from ..store.catalogue import Catalogue
from ..store.search import IndexedText, index_text
from .figures import Pictures, place_images, take_home
from .identity import hash_content, identify
from .publisher import recognise_ward

_T = TypeVar("_T")
TITLE_LIMIT = 500
_MOST_VIEWS = 2**53 - 1  # a typing error in a page must not exceed what the database can hold


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article without id and guid, in state "draft", with its words for the search index and its pictures.

    `notes` are remarks for the sender; `backfill` as in the draft.
    """

    article: Article
    indexed: IndexedText
    pictures: Pictures
    notes: tuple[str, ...]
    backfill: bool = False


def read_draft(db: Database, draft: Draft, catalogue: Catalogue, pictures: Pictures, *, site: Site) -> Candidate:
    """Clean and complete a draft, whose images were read before. Raises RejectedError with all problems of all fields.

    It reads the database only for our own pictures that the draft names.
    """
    draft = _normalise(draft)
    problems = list(pictures.problems)
    title = text.one_line(draft.title)
    if not title:
        problems.append(Problem("title", "title_missing"))
    elif len(title) > TITLE_LIMIT:
        problems.append(Problem("title", "title_long", values={"length": len(title), "limit": TITLE_LIMIT}))
    content_html, images = _collect(problems, lambda: _read_content(db, draft, pictures, site)) or ("", ())
    body = markup.html_to_text(content_html)
    if not body and not any(problem.field.startswith("images") for problem in problems):
        problems.append(Problem("content", "content_missing"))
    source_url = draft.source_url.strip()
    if source_url and not markup.is_absolute_url(source_url):
        problems.append(Problem("source_url", "url_bad", source_url))
    if draft.view_count is not None and not 0 <= draft.view_count <= _MOST_VIEWS:
        problems.append(Problem("view_count", "field_number", text.shorten(str(draft.view_count), 40)))
    categories, notes = _read_categories(draft, catalogue)
    published = draft.published
    ward: Ward | None = None
    if published is None:
        problems.append(Problem("published", "published_missing", draft.published_text or "none"))
    elif not 1990 <= published.year <= 2200:
        problems.append(Problem("published", "published_range", values={"day": published.date()}))
    else:
        published = published.astimezone(VIETNAM).replace(microsecond=0)
        ward = _collect(problems, lambda: _read_ward(draft, catalogue, title=title, body=body, day=published.date()))
    if problems:
        raise RejectedError(*problems)
    assert ward is not None
    assert published is not None
    article = Article(
        id=0,
        guid="",
        identity=identify(draft, ward=ward, title=title, published=published),
        ward=ward,
        categories=categories,
        title=title,
        slug=text.make_slug(title),
        summary=text.shorten(draft.summary) or text.shorten(markup.paragraphs_to_text(content_html) or body),
        content_html=content_html,
        author=text.one_line(draft.author) or ward.publisher,
        published=published,
        published_has_time=draft.published_has_time,
        updated=published,
        source_url=source_url,
        view_count=draft.view_count,
        content_hash="",
        state="draft",
        images=images,
        language=draft.language,
        correction_note=text.one_line(draft.correction_note),
    )
    article = replace(article, content_hash=hash_content(article))
    return Candidate(article, index_text(title, body), pictures, notes, draft.backfill)


def _normalise(draft: Draft) -> Draft:
    """Return the draft with only legal characters in its texts: JSON may carry a lone surrogate, SQLite may not.

    `_read_content` handles the content, because `markup.clean_html` knows where tags end.
    """
    texts: dict[str, Any] = {
        name: text.normalise(value)
        for name in _FIELDS
        if isinstance(value := getattr(draft, name), str) and name not in {"content_html", "content_text"}
    }
    return replace(draft, **texts, categories=tuple(map(text.normalise, draft.categories)))


_FIELDS = [item.name for item in fields(Draft)]


def _collect(problems: list[Problem], read: Callable[[], _T]) -> _T | None:
    """Return the result of `read`; if it raises RejectedError, add the problems to the list and return None."""
    try:
        return read()
    except RejectedError as error:
        problems += error.problems
        return None


def _read_content(db: Database, draft: Draft, pictures: Pictures, site: Site) -> tuple[str, tuple[Image, ...]]:
    """Return the clean content, which contains its images, and the images."""
    if draft.content_html is None:
        cleaned = markup.plain_to_html(draft.content_text or "")  # clean by construction
    else:
        base_url = draft.source_url.strip()
        cleaned = markup.clean_html(
            take_home(draft.content_html, site_url=site.url),
            base_url=base_url if markup.is_absolute_url(base_url) else None,
            images=pictures.addresses,
        )
    return place_images(db, cleaned, pictures)


def _read_categories(draft: Draft, catalogue: Catalogue) -> tuple[tuple[Category, ...], tuple[str, ...]]:
    found: dict[int, Category] = {}
    notes = []
    for heading in draft.categories or (catalogue.unknown.slug,):
        category = catalogue.match_category(heading)
        if category.slug == catalogue.unknown.slug and category.label != catalogue.unknown.label:
            notes.append(f"section {category.label!r} is not in the registry: kept as a label under {category.slug!r}")
        found.setdefault(category.id, category)
    return tuple(found.values()), tuple(notes)


def _read_ward(draft: Draft, catalogue: Catalogue, *, title: str, body: str, day: date) -> Ward:
    """Return the publishing unit as it existed on that day: the one that the draft names, or the one recognised."""
    if draft.ward is None:
        return recognise_ward(title, body, catalogue.list_wards(day))
    named = catalogue.wards_by_slug.get(draft.ward) or _find_ward_by_code_and_day(draft.ward, catalogue)
    if named is not None:
        if not named.has_begun(day):
            raise RejectedError(Problem("ward", "ward_early", named.name, {"day": day, "begins": named.valid_from}))
        if named.valid_to is not None and named.has_ended(day):
            raise RejectedError(Problem("ward", "ward_late", named.name, {"day": day, "ends": named.valid_to}))
        return named
    matches = catalogue.list_namesakes(draft.ward, day)
    if len(matches) != 1:
        raise RejectedError(Problem("ward", "ward_unknown", draft.ward))
    return matches[0]


def _find_ward_by_code_and_day(given: str, catalogue: Catalogue) -> Ward | None:
    """Return the unit of "00151@2023-09-13": the one that had this code on that day, whichever unit has it now."""
    code, _, day = given.partition("@")
    try:
        return next((ward for ward in catalogue.list_wards(date.fromisoformat(day)) if ward.code == code), None)
    except ValueError:
        return None
