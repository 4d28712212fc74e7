"""Decide what an event changes about an article: take the stored article and the event, return a decision. Pure.

Every way in applies these decisions: files, the API, the form, the commands, the clock.

    state       Received          Edited                 Withdrawal   Restoration   TimeCame
    (unknown)   publish/schedule  –                      –            –             –
    draft       save              save, publish/schedule leave alone  leave alone   leave alone
    scheduled   publish/schedule  publish/schedule       call off     leave alone   publish
    published   correct           correct                withdraw     leave alone   leave alone
    withdrawn   leave alone       refuse                 leave alone  restore       leave alone

"publish/schedule" depends on the article's time of publication. Received and Edited without new content leave it alone.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from ..models import VIETNAM, Article, ChangeKind
from .identity import hash_content

Act = Literal[
    "publish", "schedule", "save", "correct", "withdraw", "restore", "call off", "leave alone", "refuse"
]  # fmt: skip


# A time that is further in the future was written by a wrong clock.
CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Received:
    """A sender sent its version of an article (a file, a record, a new form) without having seen the stored one.

    `backfill`: it is old material, which counts as having appeared at its own time and is not news to subscribers.
    """

    candidate: Article
    backfill: bool = False


@dataclass(frozen=True, slots=True)
class Edited:
    """An editor saved this very article; `publish` tells if a draft is to be published with that."""

    candidate: Article
    publish: bool


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An editor or a program withdraws the article for a reason; the schedule of a scheduled one is called off."""

    reason: str


@dataclass(frozen=True, slots=True)
class Restoration:
    """An editor publishes a withdrawn article again."""


@dataclass(frozen=True, slots=True)
class TimeCame:
    """The time of publication of a scheduled article has come."""


Event = Received | Edited | Withdrawal | Restoration | TimeCame


@dataclass(frozen=True, slots=True)
class Decision:
    """The act, and the article to store, or the stored one if nothing is to be stored.

    `change` is the kind for the change log, None if nobody outside could notice the change. An article that is still
    unknown has neither id nor guid yet.
    """

    act: Act
    article: Article
    change: ChangeKind | None = None

    @property
    def is_to_be_stored(self) -> bool:
        return self.act not in {"leave alone", "refuse"}


def decide(known: Article | None, event: Event, *, now: datetime) -> Decision:
    """Return the decision about the article `known` (None: unknown) after an event at the time `now`, aware.

    Raises ValueError if the event needs an article and there is none, which is a programming error.
    """
    now = now.astimezone(VIETNAM).replace(microsecond=0)  # the precision of the database
    if isinstance(event, Received):
        return _begin(event.candidate, now, event.backfill) if known is None else _receive(known, event, now)
    if known is None:
        raise ValueError(f"{event} needs a known article")
    return _edit(known, event, now) if isinstance(event, Edited) else _act_on(known, event, now)


def _act_on(known: Article, event: Withdrawal | Restoration | TimeCame, now: datetime) -> Decision:
    match (event, known.state):
        case Withdrawal(reason), "published":
            # Readers compare the two: the tombstone must not be older than the entry (RFC 6721, section 3), and the
            # entry about the withdrawal must be newer.
            when = max(now, known.updated + timedelta(seconds=1))
            article = replace(known, state="withdrawn", withdrawn_at=when, withdrawn_reason=reason)
            return Decision("withdraw", article, "withdrawn")
        case Withdrawal(), "scheduled":  # nobody has seen it, so there is nothing to withdraw
            return Decision("call off", replace(known, state="draft"))
        case Restoration(), "withdrawn":
            article = replace(
                known, state="published", updated=_next_update(known, now), withdrawn_at=None, withdrawn_reason=""
            )
            return Decision("restore", article, "restored")
        case TimeCame(), "scheduled":
            return Decision("publish", replace(known, state="published", appeared=now), "published")
    return Decision("leave alone", known)


def _begin(candidate: Article, now: datetime, backfill: bool) -> Decision:
    """Publish an article that has never been public, or schedule it if its time is in the future."""
    article = replace(candidate, updated=candidate.published)
    if candidate.published > now:
        return Decision("schedule", replace(article, state="scheduled"))
    appeared = candidate.published if backfill else now
    return Decision("publish", replace(article, state="published", appeared=appeared), "published")


def _receive(known: Article, event: Received, now: datetime) -> Decision:
    candidate = event.candidate
    # A different note alone is not a change: a sender's record does not repeat an editor's note.
    if known.state == "withdrawn" or says_the_same(known, candidate):
        return Decision("leave alone", known)
    if known.state == "draft":  # an editor called it off; the same record, sent again, does not undo that
        return _save(known, candidate)
    if known.state == "published":
        return _correct(known, candidate, now)
    return _begin(_take_over(known, candidate), now, event.backfill)


def _edit(known: Article, event: Edited, now: datetime) -> Decision:
    candidate = event.candidate
    if known.state == "withdrawn":
        return Decision("refuse", known)
    leaves_drawer = known.state == "draft" and event.publish
    if says_the_same(known, candidate) and candidate.correction_note == known.correction_note and not leaves_drawer:
        return Decision("leave alone", known)
    if known.state == "published":
        return _correct(known, candidate, now)
    if known.state == "draft" and not event.publish:
        return _save(known, candidate)
    return _begin(_take_over(known, candidate), now, backfill=False)


def _save(known: Article, candidate: Article) -> Decision:
    return Decision("save", replace(_take_over(known, candidate), updated=candidate.published, state="draft"))


def _correct(known: Article, candidate: Article, now: datetime) -> Decision:
    article = replace(
        _take_over(known, _at_its_time(known, candidate)),
        updated=_next_update(known, now),
        corrected_at=now,
        state="published",
    )
    return Decision("correct", replace(article, content_hash=hash_content(article)), "corrected")


def _take_over(known: Article, candidate: Article) -> Article:
    """Return the new content with the old id, guid and identity; keep our view count if the sender gives none."""
    views = known.view_count if candidate.view_count is None else candidate.view_count
    return replace(
        candidate, id=known.id, guid=known.guid, identity=known.identity, view_count=views, appeared=known.appeared
    )


def says_the_same(known: Article, candidate: Article) -> bool:
    """Tell if a candidate has nothing new for a subscriber; a published article keeps its time, whatever it says."""
    if candidate.content_hash == known.content_hash:
        return True
    return known.state == "published" and hash_content(_at_its_time(known, candidate)) == known.content_hash


def _at_its_time(known: Article, candidate: Article) -> Article:
    return replace(candidate, published=known.published, published_has_time=known.published_has_time)


def _next_update(known: Article, now: datetime) -> datetime:
    """Return the time of a change, strictly later than the time of every earlier change, even within one second.

    If a wrong clock put earlier changes into the future, return the present time instead.
    """
    earlier = known.updated if known.withdrawn_at is None else max(known.updated, known.withdrawn_at)
    if earlier > now + CLOCKS_DIFFER:
        return max(now, known.published)
    return max(now, earlier + timedelta(seconds=1))
