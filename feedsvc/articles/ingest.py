"""Write articles; no other module does. All ways in lead here, and this module applies the decisions of `decide`.

It turns a draft into a candidate (`candidates`), decides, renders the article in every format, and saves it with its
change in one transaction. Nothing here depends on HTTP or a terminal.
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
from ..models import Article, Draft, Site
from ..problems import Problem, RejectedError
from ..store import articles as store
from ..store import scopes, search
from ..store.catalogue import Catalogue, load_catalogue, renew_catalogue
from .candidates import Candidate, read_draft
from .decide import Act, Decision, Edited, Received, Restoration, TimeCame, Withdrawal, decide
from .figures import Pictures, keep_pictures, read_pictures
from .rendering import check_rendering

# Updates of the search index that are collected for one call; None: each is applied at once.
_Updates = list[search.IndexUpdate] | None
OutcomeKind = Literal["added", "corrected", "unchanged", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of ingesting a draft. "withdrawn": its article was withdrawn and stays so until it is restored.

    `kind` is for the counts of a report, `act` is the decision. `notes` are remarks for the sender that did not stop
    the draft (an unknown section); `before` is the article as it was stored before.
    """

    kind: OutcomeKind
    act: Act
    article: Article
    notes: tuple[str, ...] = ()
    before: Article | None = None


class EditConflictError(FeedsvcError):
    """Another editor has changed the article since it was read; `current` is the stored article."""

    def __init__(self, current: Article) -> None:
        super().__init__(f"article {current.id} was changed at {current.updated}: read it again before you save")
        self.current = current


class WithdrawnError(FeedsvcError):
    """An editor saves a withdrawn article, which must be restored first; `article` is the stored article."""

    def __init__(self, article: Article) -> None:
        super().__init__(f"article {article.id} is withdrawn: restore it, then edit it")
        self.article = article


def ingest(
    db: Database,
    draft: Draft,
    *,
    site: Site,
    now: datetime,
    media: MediaFolder | None = None,
    pictures: Pictures | None = None,
) -> Outcome:
    """Ingest a draft: add a new article, correct a known one, or leave it alone if nothing changed.

    A known article is recognised by the sender's own key (external_id), else by the source's URL, else by ward, folded
    title and day. A correction keeps guid and `published` and moves `updated`. A draft with a future time is scheduled.
    `media` reads and keeps the draft's files; `pictures` are its files if the caller has read them already, before
    taking the write lock. Raises RejectedError with every problem; nothing is saved then.
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
    backfill: bool = False,
) -> list[Outcome | RejectedError]:
    """Ingest drafts as `ingest` does, each with the folder that reads its files, all in one transaction.

    A rejected draft does not affect the others; with `backfill`, all of them are old material. The drafts are read
    before the transaction begins, so other writers wait only while the batch is written. Raises sqlite3.DatabaseError
    if the database fails (a full disk); none of the drafts is saved then.
    """
    drafts = [(replace(draft, backfill=draft.backfill or backfill), media) for draft, media in drafts]
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
    """Ingest one draft of a batch; add its changes of the search index to `updates`."""
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
            raise  # a full disk, a damaged file: not the fault of this draft
        return _unforeseen(error)


def _unforeseen(error: Exception) -> RejectedError:
    """Return a rejection for an unexpected error: one draft among thousands must not stop the others."""
    return RejectedError(Problem("record", "unforeseen", text.shorten(f"{type(error).__name__}: {error}", 200)))


def _take_in(db: Database, candidate: Candidate, updates: _Updates = None, *, site: Site, now: datetime) -> Outcome:
    """Add, correct or leave alone the article; with `updates`, leave the search index to the caller."""
    known = store.find_article_by_identity(db, candidate.article.identity)
    decision = decide(known, Received(candidate.article, backfill=candidate.backfill), now=now)
    notes = candidate.notes
    if known is not None and known.state == "draft":
        notes = (*notes, f"article {known.id} is a draft since its schedule was called off: it stays a draft until "
                 "somebody publishes it")  # fmt: skip
    return _accept(db, known, decision, replace(candidate, notes=notes), updates, site=site, now=now)


def edit(
    db: Database,
    article_id: int,
    draft: Draft,
    *,
    seen_hash: str,
    site: Site,
    now: datetime,
    publish: bool = True,
    media: MediaFolder | None = None,
    pictures: Pictures | None = None,
) -> Outcome:
    """Replace the content of an article that had the content_hash `seen_hash` when the editor read it.

    Without `publish` a draft stays a draft. Raises EditConflictError if the article has changed since, WithdrawnError
    if it is withdrawn, RejectedError if the new content is invalid.
    """
    pictures = read_pictures(draft, media, site_url=site.url) if pictures is None else pictures
    with transaction(db):
        known = store.get_article(db, article_id)
        if known.content_hash != seen_hash:
            raise EditConflictError(known)
        if known.state == "published":
            # A published article keeps its time, and with it its unit; the form does not offer another one.
            draft = replace(draft, published=known.published, published_has_time=known.published_has_time)
        candidate = read_draft(db, draft, load_catalogue(db), pictures, site=site)
        decision = decide(known, Edited(candidate.article, publish=publish), now=now)
        return _accept(db, known, decision, candidate, site=site, now=now)


def withdraw(db: Database, article_id: int, *, reason: str, now: datetime) -> Article:
    """Withdraw a published article: it leaves every feed and list, and its own page shows the reason. Idempotent.

    A scheduled article becomes a draft again: nobody has seen it, so there is nothing to withdraw.
    """
    return _act_on(db, article_id, Withdrawal(text.one_line(reason)), now=now)


def restore(db: Database, article_id: int, *, now: datetime) -> Article:
    """Publish a withdrawn article again, with its guid and time of publication. Idempotent."""
    return _act_on(db, article_id, Restoration(), now=now)


def publish_due(db: Database, *, now: datetime) -> int:
    """Publish every scheduled article that is due; return their number. Cheap if nothing is due."""
    if not store.has_due(db, now):
        return 0
    with transaction(db):
        due = store.list_due(db, now)
        for known in due:
            apply(db, known, decide(known, TimeCame(), now=now), now=now)
    return len(due)


def _act_on(db: Database, article_id: int, event: Withdrawal | Restoration, *, now: datetime) -> Article:
    with transaction(db):
        known = store.get_article(db, article_id)
        return apply(db, known, decide(known, event, now=now), now=now)


def _accept(
    db: Database,
    known: Article | None,
    decision: Decision,
    candidate: Candidate,
    updates: _Updates = None,
    *,
    site: Site,
    now: datetime,
) -> Outcome:
    """Apply a decision about a candidate: keep its pictures, and reject it if it cannot be rendered."""
    if decision.act == "refuse":
        raise WithdrawnError(decision.article)
    if known is not None and known.state == "withdrawn":
        return Outcome("withdrawn", decision.act, known, candidate.notes, known)
    keep_pictures(db, candidate.pictures, now=now)  # even if nothing changed, because a file may be lost
    if known is not None and not decision.is_to_be_stored:
        views = candidate.article.view_count
        if views is not None and views != known.view_count:
            store.record_view_count(db, known.id, views)
            return Outcome("unchanged", decision.act, replace(known, view_count=views), candidate.notes, known)
        return Outcome("unchanged", decision.act, known, candidate.notes, known)
    if known is None:
        number = store.next_article_id(db)
        guid = site.build_tag(f"article/{number}")
        decision = replace(decision, article=replace(decision.article, id=number, guid=guid))
    check_rendering(decision.article, site)
    article = apply(db, known, decision, updates, indexed=candidate.indexed, now=now)
    return Outcome("added" if known is None else "corrected", decision.act, article, candidate.notes, known)


def apply(
    db: Database,
    known: Article | None,
    decision: Decision,
    updates: _Updates = None,
    *,
    indexed: search.IndexedText | None = None,
    now: datetime,
) -> Article:
    """Save the article of a decision, with its change and, without `updates`, its words in the search index."""
    article = decision.article
    if not decision.is_to_be_stored:
        return article
    try:
        store.save_article(db, article, now=now)
    except sqlite3.IntegrityError as error:
        if "articles.identity" in str(error):  # only an edit of ward and title can collide with another article
            raise RejectedError(Problem("title", "duplicate")) from error
        raise
    update = search.IndexUpdate(known, article, indexed)
    if updates is None:
        search.update_index(db, [update])
    else:
        updates.append(update)
    # A scheduled article leaves no trace that anybody could see before its time.
    if decision.change is not None:
        scopes.record_change(db, article, decision.change, now=now)
    return article
