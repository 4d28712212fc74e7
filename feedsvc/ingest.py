"""The only writer of articles: clean, identify, save, log the change. Four ways in end here.

A Draft is turned into an Article by pure steps (`_read_draft`), compared with what is stored, rendered in every format,
and saved with its change in one transaction. Nothing here knows HTTP or a terminal.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, TypeVar

from . import figures, markup, text
from .database import Database, transaction
from .errors import FeedsvcError, Problem, RejectedError
from .figures import Pictures
from .identity import hash_content, identify
from .media import MediaFolder
from .models import VIETNAM, Article, Category, ChangeKind, Draft, Image, Site, State, Ward
from .recognition import recognise_ward
from .rendering import check_rendering
from .store import articles as store
from .store import scopes, search
from .store.categories import UNKNOWN, get_category, match_category
from .store.wards import find_ward, list_wards

TITLE_LIMIT = 500
_T = TypeVar("_T")

OutcomeKind = Literal["added", "corrected", "unchanged", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a draft. "withdrawn": it is known and was withdrawn, so it does not come back by itself.

    `notes` are things that the giver should know of and that did not stop the draft (an unknown section); `before` is
    what was stored.
    """

    kind: OutcomeKind
    article: Article
    notes: tuple[str, ...] = ()
    before: Article | None = None


class EditConflictError(FeedsvcError):
    """The article was changed by somebody else since it was read; `current` is what it is now."""

    def __init__(self, current: Article) -> None:
        super().__init__(f"article {current.id} was changed at {current.updated}: read it again before you save")
        self.current = current


def ingest(
    db: Database,
    draft: Draft,
    *,
    site: Site,
    now: datetime,
    media: MediaFolder | None = None,
    pictures: Pictures | None = None,
) -> Outcome:
    """Take in a draft: a new article, a correction of a known one, or nothing at all where nothing changed.

    Known again by the giver's own key (external_id, else the source's URL), else by ward, folded title and day. A
    correction keeps guid and `published` and moves `updated`. A draft of a time to come is scheduled. `media`
    reads and keeps the files that come with the draft; `pictures` are its files where the caller, who holds the write
    lock already, has read them before. Raises RejectedError with every problem; then nothing was saved.
    """
    pictures = figures.read_pictures(draft, media) if pictures is None else pictures
    with transaction(db):
        article, notes = _read_draft(db, draft, pictures)
        figures.keep_pictures(db, pictures, media, now=now)
        known = store.find_article_by_identity(db, article.identity)
        if known is None:
            return Outcome("added", _add(db, article, site=site, now=now), notes)
        if known.state == "withdrawn":
            return Outcome("withdrawn", known, notes, known)
        if known.content_hash == article.content_hash and known.state != "draft":
            if draft.view_count is not None and draft.view_count != known.view_count:
                store.record_view_count(db, known.id, draft.view_count)
            return Outcome("unchanged", replace(known, view_count=article.view_count), notes, known)
        return Outcome("corrected", _correct(db, known, article, site=site, now=now), notes, known)


def edit(
    db: Database,
    article_id: int,
    draft: Draft,
    *,
    seen_hash: str,
    site: Site,
    now: datetime,
    media: MediaFolder | None = None,
    pictures: Pictures | None = None,
) -> Article:
    """Replace the content of an article that an editor read when its content_hash was `seen_hash`.

    Raises EditConflictError where it has changed since, RejectedError where the new content cannot stand.
    """
    pictures = figures.read_pictures(draft, media) if pictures is None else pictures
    with transaction(db):
        known = store.get_article(db, article_id)
        if known.content_hash != seen_hash:
            raise EditConflictError(known)
        if known.state == "published":
            # What was published keeps its time; the form does not offer another one.
            draft = replace(draft, published=known.published, published_has_time=known.published_has_time)
        article, _ = _read_draft(db, draft, pictures)
        figures.keep_pictures(db, pictures, media, now=now)
        if article.content_hash == known.content_hash and known.state == "published":
            views = known.view_count if draft.view_count is None else draft.view_count
            if views != known.view_count:
                store.record_view_count(db, known.id, views or 0)
            return replace(known, view_count=views)
        return _correct(db, known, article, site=site, now=now)


def withdraw(db: Database, article_id: int, *, reason: str, now: datetime) -> Article:
    """Withdraw a published article: it leaves every feed and page, and its own page says why. Idempotent.

    One that was only scheduled becomes a draft again: nobody has seen it, so there is nothing to withdraw.
    """
    with transaction(db):
        known = store.get_article(db, article_id)
        if known.state in {"withdrawn", "draft"}:
            return known
        if known.state == "scheduled":
            article = replace(known, state="draft")
            store.save_article(db, article, now=now)
            return article
        article = replace(known, state="withdrawn", withdrawn_at=now, withdrawn_reason=text.one_line(reason))
        return _save(db, article, "withdrawn", now=now)


def restore(db: Database, article_id: int, *, now: datetime) -> Article:
    """Publish a withdrawn article again, under its guid and time of publication. Idempotent."""
    with transaction(db):
        known = store.get_article(db, article_id)
        if known.state != "withdrawn":
            return known
        updated = max(now, known.updated)
        article = replace(known, state="published", updated=updated, withdrawn_at=None, withdrawn_reason="")
        return _save(db, article, "restored", now=now)


def publish_due(db: Database, *, now: datetime) -> int:
    """Publish every scheduled article whose time has come; returns how many. Cheap where nothing is due."""
    if not store.has_due(db, now):
        return 0
    with transaction(db):
        due = store.list_due(db, now)
        for article in due:
            _save(db, replace(article, state="published"), "published", now=now)
    return len(due)


def _add(db: Database, article: Article, *, site: Site, now: datetime) -> Article:
    article_id = store.next_article_id(db)
    article = replace(
        article, id=article_id, guid=site.build_tag(f"article/{article_id}"), state=_state_at(article.published, now)
    )
    check_rendering(article, site)
    return _save(db, article, "published", now=now)


def _correct(db: Database, known: Article, article: Article, *, site: Site, now: datetime) -> Article:
    """Store the new content under the old identity and guid."""
    article = replace(article, id=known.id, guid=known.guid, identity=known.identity)
    if article.view_count is None:
        article = replace(article, view_count=known.view_count)
    kind: ChangeKind = "published"
    if known.state == "published":
        # Strictly later, even within the same second: a reader compares the two.
        updated = max(now.replace(microsecond=0), datetime.fromtimestamp(known.updated.timestamp() + 1, VIETNAM))
        article = replace(article, published=known.published, updated=updated, state="published")
        kind = "corrected"
    else:
        article = replace(article, updated=article.published, state=_state_at(article.published, now))
    check_rendering(article, site)
    return _save(db, article, kind, now=now)


def _save(db: Database, article: Article, kind: ChangeKind, *, now: datetime) -> Article:
    before = store.find_article(db, article.id)
    try:
        store.save_article(db, article, now=now)
    except sqlite3.IntegrityError as error:
        if "articles.identity" in str(error):  # only an edit of ward and title can collide with another article
            raise RejectedError(Problem("title", "duplicate")) from error
        raise
    search.replace_in_index(db, before, article)
    # What is scheduled leaves no trace that anybody could see before its time.
    if article.state in {"published", "withdrawn"}:
        scopes.record_change(db, article, kind, now=now)
    return article


def _state_at(published: datetime, now: datetime) -> State:
    return "scheduled" if published > now else "published"


def _read_draft(db: Database, draft: Draft, pictures: Pictures) -> tuple[Article, tuple[str, ...]]:
    """Clean and complete a draft: the article without id and guid, and what the giver should know.

    Raises RejectedError with all problems of all fields.
    """
    draft = _normalise(draft)
    problems = list(pictures.problems)
    title = text.one_line(draft.title)
    if not title:
        problems.append(Problem("title", "title_missing"))
    elif len(title) > TITLE_LIMIT:
        problems.append(Problem("title", "title_long", str(len(title))))
    content_html, images = _collect(problems, lambda: _read_content(db, draft, pictures)) or ("", ())
    body = markup.html_to_text(content_html)
    if not body and not any(problem.field.startswith("images") for problem in problems):
        problems.append(Problem("content", "content_missing"))
    source_url = draft.source_url.strip()
    if source_url and not markup.is_absolute_url(source_url):
        problems.append(Problem("source_url", "url_bad", source_url))
    categories, notes = _read_categories(db, draft)
    published = draft.published
    ward: Ward | None = None
    if published is None:
        problems.append(Problem("published", "published_missing", draft.published_text or "none"))
    elif not 1990 <= published.year <= 2200:
        problems.append(Problem("published", "published_range", published.isoformat()))
    else:
        published = published.astimezone(VIETNAM).replace(microsecond=0)
        ward = _collect(problems, lambda: _read_ward(db, draft, title=title, body=body, published=published))
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
        summary=text.shorten(draft.summary) or text.shorten(body),
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
    return replace(article, content_hash=hash_content(article)), notes


def _normalise(draft: Draft) -> Draft:
    """Return the draft with every text in legal characters: what JSON may carry (a lone surrogate), SQLite may not.

    HTML is left to `markup.clean_html`, which knows where its tags end.
    """
    texts: dict[str, Any] = {
        name: text.normalise(value)
        for name, value in asdict(draft).items()
        if isinstance(value, str) and name != "content_html"
    }
    return replace(draft, **texts, categories=tuple(map(text.normalise, draft.categories)))


def _collect(problems: list[Problem], read: Callable[[], _T]) -> _T | None:
    """Return what `read` returns; where it rejects, add its problems to the list."""
    try:
        return read()
    except RejectedError as error:
        problems += error.problems
        return None


def _read_content(db: Database, draft: Draft, pictures: Pictures) -> tuple[str, tuple[Image, ...]]:
    """Return the clean content with its images in it, and the images."""
    base_url = draft.source_url.strip()
    # Text goes through the cleaner as well: there is one place that decides what HTML we publish.
    given = markup.plain_to_html(draft.content_text or "") if draft.content_html is None else draft.content_html
    cleaned = markup.clean_html(
        given, base_url=base_url if markup.is_absolute_url(base_url) else None, images=pictures.addresses
    )
    return figures.place_images(db, cleaned, pictures)


def _read_categories(db: Database, draft: Draft) -> tuple[tuple[Category, ...], tuple[str, ...]]:
    found: dict[int, Category] = {}
    notes = []
    for heading in draft.categories or (UNKNOWN,):
        category = match_category(db, heading)
        if category.slug == UNKNOWN and category.label != get_category(db, UNKNOWN).label:
            notes.append(f"section {category.label!r} is not in the registry: kept as a label under {UNKNOWN!r}")
        found.setdefault(category.id, category)
    return tuple(found.values()), tuple(notes)


def _read_ward(db: Database, draft: Draft, *, title: str, body: str, published: datetime) -> Ward:
    """Return the unit that published this: the one named, else the one recognised, as it existed on that day."""
    day = published.date()
    candidates = list_wards(db, on=day)
    if draft.ward is None:
        return recognise_ward(title, body, candidates)
    named = find_ward(db, draft.ward) or _find_ward_by_code_and_day(db, draft.ward)
    if named is not None:
        if not named.existed_on(day):
            span = (
                f"{named.valid_from:%d/%m/%Y}–{named.valid_to:%d/%m/%Y}"
                if named.valid_to
                else f"{named.valid_from:%d/%m/%Y}–"
            )
            raise RejectedError(Problem("ward", "ward_time", f"{named.name} ({span}), {day:%d/%m/%Y}"))
        return named
    wanted = text.fold(draft.ward)
    matches = [ward for ward in candidates if draft.ward == ward.code or wanted == text.fold(ward.name)]
    if len(matches) != 1:
        raise RejectedError(Problem("ward", "ward_unknown", draft.ward))
    return matches[0]


def _find_ward_by_code_and_day(db: Database, given: str) -> Ward | None:
    """Return the unit of "00151@2023-09-13": the one that had this code on that day, whatever has it now."""
    code, _, day = given.partition("@")
    try:
        return next((ward for ward in list_wards(db, on=date.fromisoformat(day)) if ward.code == code), None)
    except ValueError:
        return None
