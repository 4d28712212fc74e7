"""The only writer of articles: clean, identify, save, log the change. Four ways in end here.

A draft is read into a candidate (`candidates`), compared with what is stored, rendered in every format, and saved with
its change in one transaction. Nothing here knows HTTP or a terminal.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from .. import text
from ..database import Database, transaction
from ..errors import FeedsvcError
from ..media import MediaFolder
from ..models import VIETNAM, Article, ChangeKind, Draft, Site, State
from ..problems import Problem, RejectedError
from ..store import articles as store
from ..store import scopes, search
from ..store.catalogue import Catalogue, load_catalogue, renew_catalogue
from .candidates import Candidate, read_draft
from .figures import Pictures, keep_pictures, read_pictures
from .rendering import check_rendering

# Updates of the search index that wait for each other; None: each is made at once.
_Updates = list[search.IndexUpdate] | None
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
    pictures = read_pictures(draft, media, site_url=site.url) if pictures is None else pictures
    with transaction(db):
        return _take_in(db, read_draft(db, draft, load_catalogue(db), pictures, site=site), site=site, now=now)


def ingest_batch(
    db: Database,
    drafts: Sequence[tuple[Draft, MediaFolder | None]],
    *,
    catalogue: Catalogue,
    site: Site,
    now: datetime,
) -> list[Outcome | RejectedError]:
    """Take in drafts, each with what reads its files, in one transaction and each as `ingest` does.

    One that is rejected leaves the others alone.

    They are read before the transaction begins: other writers wait for as long as the database is written to, and
    find the door open in between. Raises sqlite3.DatabaseError where the database fails (a full disk); then none is in.
    """
    candidates = [_read(db, draft, media, catalogue, site) for draft, media in drafts]
    results: list[Outcome | RejectedError] = []
    updates: list[search.IndexUpdate] = []
    with transaction(db):
        current = renew_catalogue(db, catalogue)
        if current != catalogue:
            candidates = [_read(db, draft, media, current, site) for draft, media in drafts]
        for candidate in candidates:
            results.append(_try_to_take_in(db, candidate, updates, site=site, now=now))
        search.update_index(db, updates)
    return results


def _read(
    db: Database, draft: Draft, media: MediaFolder | None, catalogue: Catalogue, site: Site
) -> Candidate | RejectedError:
    try:
        pictures = read_pictures(draft, media, site_url=site.url)
        return read_draft(db, draft, catalogue, pictures, site=site)
    except RejectedError as error:
        return error
    except Exception as error:
        return _unforeseen(error)


def _try_to_take_in(
    db: Database,
    candidate: Candidate | RejectedError,
    updates: list[search.IndexUpdate],
    *,
    site: Site,
    now: datetime,
) -> Outcome | RejectedError:
    """Take in one of a batch; what it changes in the search index is added to `updates`."""
    if isinstance(candidate, RejectedError):
        return candidate
    own: list[search.IndexUpdate] = []
    try:
        with transaction(db):
            outcome = _take_in(db, candidate, own, site=site, now=now)
        updates += own
        return outcome
    except RejectedError as error:
        return error
    except Exception as error:
        if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
            raise  # a full disk, a damaged file: no fault of this draft
        return _unforeseen(error)


def _unforeseen(error: Exception) -> RejectedError:
    """Return a rejection for what nobody thought of: one draft among thousands must not stop the others."""
    return RejectedError(Problem("record", "unforeseen", text.shorten(f"{type(error).__name__}: {error}", 200)))


def _take_in(db: Database, candidate: Candidate, updates: _Updates = None, *, site: Site, now: datetime) -> Outcome:
    """Add, correct or leave alone. Where `updates` are given, those of the search index are left to the caller."""
    article, notes = candidate.article, candidate.notes
    known = store.find_article_by_identity(db, article.identity)
    if known is None:
        keep_pictures(db, candidate.pictures, now=now)
        return Outcome("added", _add(db, candidate, updates, site=site, now=now), notes)
    if known.state == "withdrawn":
        return Outcome("withdrawn", known, notes, known)
    keep_pictures(db, candidate.pictures, now=now)  # also where nothing changed: a file may be lost
    if known.content_hash == article.content_hash and known.state != "draft":
        if article.view_count is None or article.view_count == known.view_count:
            return Outcome("unchanged", known, notes, known)
        store.record_view_count(db, known.id, article.view_count)
        return Outcome("unchanged", replace(known, view_count=article.view_count), notes, known)
    return Outcome("corrected", _correct(db, known, candidate, updates, site=site, now=now), notes, known)


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
    pictures = read_pictures(draft, media, site_url=site.url) if pictures is None else pictures
    with transaction(db):
        known = store.get_article(db, article_id)
        if known.content_hash != seen_hash:
            raise EditConflictError(known)
        if known.state == "published":
            # What was published keeps its time; the form does not offer another one.
            draft = replace(draft, published=known.published, published_has_time=known.published_has_time)
        candidate = read_draft(db, draft, load_catalogue(db), pictures, site=site)
        keep_pictures(db, candidate.pictures, now=now)
        if candidate.article.content_hash == known.content_hash and known.state == "published":
            views = known.view_count if draft.view_count is None else draft.view_count
            if views != known.view_count:
                store.record_view_count(db, known.id, views or 0)
            return replace(known, view_count=views)
        return _correct(db, known, candidate, site=site, now=now)


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
        return _save(db, search.IndexUpdate(known, article), "withdrawn", now=now)


def restore(db: Database, article_id: int, *, now: datetime) -> Article:
    """Publish a withdrawn article again, under its guid and time of publication. Idempotent."""
    with transaction(db):
        known = store.get_article(db, article_id)
        if known.state != "withdrawn":
            return known
        updated = max(now, known.updated)
        article = replace(known, state="published", updated=updated, withdrawn_at=None, withdrawn_reason="")
        return _save(db, search.IndexUpdate(known, article), "restored", now=now)


def publish_due(db: Database, *, now: datetime) -> int:
    """Publish every scheduled article whose time has come; returns how many. Cheap where nothing is due."""
    if not store.has_due(db, now):
        return 0
    with transaction(db):
        due = store.list_due(db, now)
        for article in due:
            update = search.IndexUpdate(article, replace(article, state="published"))
            _save(db, update, "published", now=now)
    return len(due)


def _add(db: Database, candidate: Candidate, updates: _Updates, *, site: Site, now: datetime) -> Article:
    article_id = store.next_article_id(db)
    article = replace(
        candidate.article,
        id=article_id,
        guid=site.build_tag(f"article/{article_id}"),
        state=_state_at(candidate.article.published, now),
    )
    check_rendering(article, site)
    update = search.IndexUpdate(None, article, candidate.indexed)
    return _save(db, update, "published", updates, now=now)


def _correct(
    db: Database, known: Article, candidate: Candidate, updates: _Updates = None, *, site: Site, now: datetime
) -> Article:
    """Store the new content under the old identity and guid."""
    article = replace(candidate.article, id=known.id, guid=known.guid, identity=known.identity)
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
    return _save(db, search.IndexUpdate(known, article, candidate.indexed), kind, updates, now=now)


def _save(
    db: Database, update: search.IndexUpdate, kind: ChangeKind, updates: _Updates = None, *, now: datetime
) -> Article:
    """Save an article in place of how it was before, with its change and, if not left to the caller, its words."""
    article = update.after
    try:
        store.save_article(db, article, now=now)
    except sqlite3.IntegrityError as error:
        if "articles.identity" in str(error):  # only an edit of ward and title can collide with another article
            raise RejectedError(Problem("title", "duplicate")) from error
        raise
    if updates is None:
        search.update_index(db, [update])
    else:
        updates.append(update)
    # What is scheduled leaves no trace that anybody could see before its time.
    if article.state in {"published", "withdrawn"}:
        scopes.record_change(db, article, kind, now=now)
    return article


def _state_at(published: datetime, now: datetime) -> State:
    return "scheduled" if published > now else "published"
