"""Decisions for every state of an article and every event: the whole table, and the times that a decision sets."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from feedsvc.articles.decide import (
    Decision,
    Edited,
    Event,
    Received,
    Restoration,
    TimeCame,
    Withdrawal,
    decide,
)
from feedsvc.articles.identity import hash_content
from feedsvc.models import VIETNAM, Article, Ward

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=VIETNAM)
PAST, FUTURE = NOW - timedelta(days=4), NOW + timedelta(days=4)
WARD = Ward(1, "00199", date(2025, 7, 1), None, "phuong", "Phường Láng", "phuong-lang")


def make(*, content: str = "<p>Cũ.</p>", published: datetime = PAST, **more: object) -> Article:
    values: dict[str, object] = {
        "guid": "", "identity": "key:1", "categories": (), "title": "Họp", "slug": "hop", "summary": "Cũ.",
        "author": "UBND phường Láng", "published_has_time": True, "source_url": "", "view_count": None,
        "content_hash": "", "state": "draft", "updated": published,
    }  # fmt: skip
    article = Article(id=0, ward=WARD, content_html=content, published=published, **(values | more))  # type: ignore[arg-type]
    return replace(article, content_hash=hash_content(article))


def know(state: str) -> Article | None:
    if state == "unknown":
        return None
    published = FUTURE if state in {"draft", "scheduled"} else PAST
    gone = {"withdrawn_at": PAST + timedelta(days=1), "withdrawn_reason": "Sai"} if state == "withdrawn" else {}
    return replace(make(published=published), id=7, guid="tag:x,2026:article/7", state=state, **gone)  # type: ignore[arg-type]


OLD, NEW = "<p>Cũ.</p>", "<p>Mới.</p>"
CANDIDATES = {
    f"{what} {when}": make(content=content, published=published)
    for what, content in (("old", OLD), ("new", NEW))
    for when, published in (("past", PAST), ("future", FUTURE))
}
EVENTS: dict[str, Event] = {
    **{f"received {name}": Received(candidate) for name, candidate in CANDIDATES.items()},
    **{f"saved {name}": Edited(candidate, publish=False) for name, candidate in CANDIDATES.items()},
    **{f"published {name}": Edited(candidate, publish=True) for name, candidate in CANDIDATES.items()},
    "withdrawn": Withdrawal("Sai ngày"),
    "restored": Restoration(),
    "time came": TimeCame(),
}

# The act, the state afterwards, and the kind of change in the log.
PUBLISH, SCHEDULE = ("publish", "published", "published"), ("schedule", "scheduled", None)
SAVE, CORRECT = ("save", "draft", None), ("correct", "published", "corrected")
REFUSE = ("refuse", "withdrawn", None)
TABLE: dict[str, dict[str, tuple[str, str, str | None]]] = {
    "unknown": {"received old past": PUBLISH, "received old future": SCHEDULE,
                "received new past": PUBLISH, "received new future": SCHEDULE},
    "draft": {"received new past": SAVE, "received new future": SAVE, "received old past": SAVE,
              "saved new past": SAVE, "saved new future": SAVE, "saved old past": SAVE,
              "published old past": PUBLISH, "published old future": SCHEDULE,
              "published new past": PUBLISH, "published new future": SCHEDULE},
    "scheduled": {"received new past": PUBLISH, "received new future": SCHEDULE, "received old past": PUBLISH,
                  "saved new past": PUBLISH, "saved new future": SCHEDULE, "saved old past": PUBLISH,
                  "published new past": PUBLISH, "published new future": SCHEDULE, "published old past": PUBLISH,
                  "withdrawn": ("call off", "draft", None), "time came": PUBLISH},
    "published": {"received new past": CORRECT, "received new future": CORRECT,
                  "saved new past": CORRECT, "saved new future": CORRECT,
                  "published new past": CORRECT, "published new future": CORRECT,
                  "withdrawn": ("withdraw", "withdrawn", "withdrawn")},
    "withdrawn": {"restored": ("restore", "published", "restored"),
                  **{name: REFUSE for name in EVENTS if name.startswith(("saved", "published"))}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("state", "event"),
    [(state, event) for state in TABLE for event in EVENTS if state != "unknown" or event.startswith("received")],
)
def test_the_table_says_what_becomes_of_an_article(state: str, event: str) -> None:
    known = know(state)
    decision = decide(known, EVENTS[event], now=NOW)
    act, after, change = TABLE[state].get(event, ("leave alone", state, None))
    assert (decision.act, decision.article.state, decision.change) == (act, after, change)
    if not decision.is_to_be_stored:
        assert decision.article == known


@pytest.mark.parametrize("event", [name for name in EVENTS if not name.startswith("received")])
def test_only_a_received_article_may_be_unknown(event: str) -> None:
    with pytest.raises(ValueError, match="needs a known article"):
        decide(None, EVENTS[event], now=NOW)


def follow(known: Article | None, *events: Event, now: datetime = NOW) -> list[Article]:
    """Return the article after each of the events, all at the same time."""
    found = []
    for event in events:
        known = decide(known, event, now=now).article
        found.append(known)
    return found


def test_a_changed_article_keeps_its_identity_and_time_of_publication() -> None:
    known = know("published")
    assert known is not None
    other = make(content=NEW, published=PAST + timedelta(days=1), identity="key:2", published_has_time=False)
    after = decide(known, Received(other), now=NOW).article
    for name in ("id", "guid", "identity", "published", "published_has_time"):
        assert getattr(after, name) == getattr(known, name)
    assert after.content_hash == hash_content(after)


def test_another_time_alone_does_not_correct_a_published_article() -> None:
    for published in (PAST + timedelta(days=1), FUTURE):
        decision = decide(know("published"), Received(make(published=published)), now=NOW)
        assert decision.act == "leave alone"


def test_each_visible_change_of_one_second_has_its_own_update_time() -> None:
    events: list[Event] = [
        Received(make(content=NEW)),
        Withdrawal("Sai"),
        Restoration(),
        Received(make(content=OLD)),
        Restoration(),
    ]
    corrected, withdrawn, restored, again, _ = follow(know("published"), *events)
    assert PAST < corrected.updated < restored.updated < again.updated
    assert withdrawn.withdrawn_at is not None
    assert corrected.updated <= withdrawn.withdrawn_at < restored.updated


def test_a_time_that_a_wrong_clock_has_put_ahead_does_not_stay_ahead() -> None:
    ahead = decide(know("published"), Received(make(content=NEW)), now=NOW + timedelta(days=1)).article
    after = decide(ahead, Received(make(content=OLD)), now=NOW).article
    assert after.updated == after.corrected_at == NOW
    back = follow(ahead, Withdrawal("Sai"), Restoration())[-1]
    assert back.updated == NOW


def test_only_a_correction_sets_the_time_of_the_correction() -> None:
    later = NOW + timedelta(hours=3)
    corrected = decide(know("published"), Received(make(content=NEW)), now=NOW).article
    assert corrected.corrected_at == NOW
    withdrawn, restored = follow(corrected, Withdrawal("Sai"), Restoration(), now=later)
    assert withdrawn.corrected_at == restored.corrected_at == NOW
    assert [each.corrected_at for each in follow(know("published"), Withdrawal("Sai"), Restoration())] == [None, None]


def test_an_article_appears_when_it_is_first_public_and_old_material_at_its_own_time() -> None:
    late = timedelta(hours=3)
    assert decide(None, Received(make()), now=NOW).article.appeared == NOW
    assert decide(None, Received(make(), backfill=True), now=NOW).article.appeared == PAST
    scheduled = decide(None, Received(make(published=FUTURE), backfill=True), now=NOW).article
    assert scheduled.appeared is None
    assert decide(scheduled, TimeCame(), now=FUTURE + late).article.appeared == FUTURE + late
    assert decide(know("draft"), Edited(make(), publish=True), now=NOW).article.appeared == NOW


def test_nothing_that_happens_later_moves_when_an_article_appeared() -> None:
    first = decide(None, Received(make()), now=NOW).article
    events: list[Event] = [
        Received(make(content=NEW), backfill=True),
        Edited(make(content=OLD), publish=True),
        Withdrawal("Sai"),
        Restoration(),
    ]
    assert {each.appeared for each in follow(first, *events, now=NOW + timedelta(days=1))} == {NOW}


@pytest.mark.parametrize("state", list(TABLE))
@pytest.mark.parametrize("event", list(EVENTS))
def test_every_time_that_is_set_has_whole_seconds(state: str, event: str) -> None:
    if state == "unknown" and not event.startswith("received"):
        return
    moment = NOW + timedelta(seconds=5, microseconds=123_456)
    after = decide(know(state), EVENTS[event], now=moment).article
    times = [after.published, after.updated, after.corrected_at, after.withdrawn_at, after.appeared]
    assert not any(time.microsecond for time in times if time)


def test_a_note_alone_is_a_correction_by_an_editor_but_its_absence_from_a_record_is_not() -> None:
    noted = make(correction_note="Sửa giờ họp")
    known = know("published")
    decision: Decision = decide(known, Edited(noted, publish=True), now=NOW)
    assert (decision.act, decision.article.correction_note) == ("correct", "Sửa giờ họp")
    assert decide(decision.article, Received(make()), now=NOW).act == "leave alone"


def test_a_sender_without_a_view_count_keeps_ours() -> None:
    known = replace(make(view_count=200), id=7, state="published")
    assert decide(known, Received(make(content=NEW)), now=NOW).article.view_count == 200
    assert decide(known, Received(make(content=NEW, view_count=201)), now=NOW).article.view_count == 201
