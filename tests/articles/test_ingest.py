"""Ingest: identity, correction, withdrawal, scheduling, refusal."""

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from feedsvc.articles.ingest import (
    EditConflictError,
    Outcome,
    edit,
    ingest,
    ingest_batch,
    publish_due,
    restore,
    withdraw,
)
from feedsvc.config import Settings
from feedsvc.database import Database, open_database
from feedsvc.intake import decode_text, parse_portal_page
from feedsvc.models import VIETNAM, Article, Draft, Scope, Search, Site
from feedsvc.problems import RejectedError
from feedsvc.store.areas import get_area
from feedsvc.store.articles import count_since, find_article, list_arrivals, list_latest
from feedsvc.store.catalogue import load_catalogue
from feedsvc.store.categories import get_category, list_section_keys
from feedsvc.store.scopes import get_scope_state, list_changes
from feedsvc.store.search import list_found, prepare_search
from feedsvc.store.wards import get_ward

from ..conftest import REAL_PAGE

DRAFT = Draft(
    title="Phường Phúc Đồng ra quân tổng vệ sinh môi trường",
    published=datetime(2024, 3, 2, 8, 30, tzinfo=VIETNAM),
    categories=("Khối phường",),
    content_text="Sáng 2/3/2024, phường Phúc Đồng ra quân.\n\nHơn 200 người tham gia./.",
    view_count=10,
)


def codes(error: pytest.ExceptionInfo[RejectedError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


def latest(db: Database, scope: Scope) -> list[int]:
    return [article.id for article in list_latest(db, scope.key, limit=50)]


def counts(db: Database) -> tuple[int, int, int]:
    tables = ("articles", "changes", "listings")
    a, b, c = (int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) for table in tables)
    return a, b, c


def test_it_works(db: Database, site: Site, now: datetime) -> None:
    outcome = ingest(db, DRAFT, site=site, now=now)
    article = outcome.article
    assert outcome.kind == "added"
    assert article == find_article(db, article.id)
    assert article.guid == "tag:tin.example.vn,2026-11-24:article/1"
    assert article.ward.slug == "phuong-phuc-dong"
    assert [category.slug for category in article.categories] == ["hoat-dong-phuong"]
    assert article.author == "UBND phường Phúc Đồng"
    assert article.published == article.updated == DRAFT.published
    assert article.content_html == "<p>Sáng 2/3/2024, phường Phúc Đồng ra quân.</p>\n<p>Hơn 200 người tham gia./.</p>"


def test_the_real_page_becomes_an_article_of_the_former_ward(db: Database, site: Site, now: datetime) -> None:
    page = decode_text(REAL_PAGE.read_bytes())
    draft = parse_portal_page(page, now=now, sections=list_section_keys(db))
    article = ingest(db, draft, site=site, now=now).article
    assert (article.ward.code, article.ward.name) == ("00151", "Phường Phúc Đồng")
    assert article.categories[0].label == "Hoạt động phường, xã"
    assert article.published.isoformat() == "2023-09-13T16:20:00+07:00"
    assert article.view_count == 200
    assert article.content_html.count("<p>") == 11
    assert article.content_html.count("<p><em>") == 4  # captions of missing photos
    assert article.content_html.endswith("ngày càng tốt hơn./.</p>")
    assert "]]" not in article.content_html


def test_ingesting_again_changes_nothing(db: Database, site: Site, now: datetime) -> None:
    first = ingest(db, DRAFT, site=site, now=now).article
    before = counts(db)
    outcome = ingest(db, DRAFT, site=site, now=now + timedelta(days=1))
    assert outcome.kind == "unchanged"
    assert outcome.article == first
    assert counts(db) == before


def test_a_new_view_count_is_kept_but_is_not_a_change(db: Database, site: Site, now: datetime) -> None:
    first = ingest(db, DRAFT, site=site, now=now).article
    outcome = ingest(db, replace(DRAFT, view_count=999), site=site, now=now + timedelta(hours=1))
    assert outcome.kind == "unchanged"
    stored = find_article(db, first.id)
    assert stored == replace(first, view_count=999)
    assert get_scope_state(db, "everything").seq == 1


def test_a_changed_page_corrects_the_article(db: Database, site: Site, now: datetime) -> None:
    first = ingest(db, DRAFT, site=site, now=now).article
    later = now + timedelta(hours=1)
    outcome = ingest(db, replace(DRAFT, content_text="Nội dung đã sửa."), site=site, now=later)
    assert outcome.kind == "corrected"
    assert outcome.article.guid == first.guid
    assert outcome.article.published == first.published
    assert outcome.article.updated == later
    assert outcome.article.view_count == first.view_count
    assert [change.kind for change in list_changes(db, since=0, limit=10)] == ["published", "corrected"]


def test_two_corrections_in_one_second_have_two_update_times(db: Database, site: Site, now: datetime) -> None:
    ingest(db, DRAFT, site=site, now=now)
    first = ingest(db, replace(DRAFT, content_text="Sửa một."), site=site, now=now).article
    second = ingest(db, replace(DRAFT, content_text="Sửa hai."), site=site, now=now).article
    assert second.updated > first.updated


def test_the_senders_key_identifies_whatever_else_changes(db: Database, site: Site, now: datetime) -> None:
    first = ingest(db, replace(DRAFT, external_id="portal/77"), site=site, now=now).article
    changed = replace(DRAFT, external_id="portal/77", title="Phường Phúc Đồng: tiêu đề khác hẳn")
    outcome = ingest(db, changed, site=site, now=now)
    assert outcome.kind == "corrected"
    assert outcome.article.guid == first.guid
    assert outcome.article.slug == "phuong-phuc-dong-tieu-de-khac-han"


def test_the_address_of_the_source_identifies_without_a_key(db: Database, site: Site, now: datetime) -> None:
    source = "https://longbien.example.vn/tin/77"
    ingest(db, replace(DRAFT, source_url=source), site=site, now=now)
    outcome = ingest(db, replace(DRAFT, source_url=source, title="Phường Phúc Đồng: khác"), site=site, now=now)
    assert outcome.kind == "corrected"


def test_letter_case_and_accents_of_a_title_make_no_other_article(db: Database, site: Site, now: datetime) -> None:
    ingest(db, DRAFT, site=site, now=now)
    outcome = ingest(db, replace(DRAFT, title=DRAFT.title.upper()), site=site, now=now)
    assert outcome.kind == "corrected"


def test_withdrawn_article_does_not_return_by_reingesting(db: Database, site: Site, now: datetime) -> None:
    article = ingest(db, DRAFT, site=site, now=now).article
    withdraw(db, article.id, reason="Nhầm số liệu", now=now)
    outcome = ingest(db, replace(DRAFT, content_text="Bản khác"), site=site, now=now)
    assert outcome.kind == "withdrawn"
    assert latest(db, Scope()) == []


def test_withdrawal_moves_every_scope_and_empties_it(db: Database, site: Site, now: datetime) -> None:
    article = ingest(db, DRAFT, site=site, now=now).article
    scope = Scope(ward=article.ward, category=article.categories[0])
    later = now + timedelta(minutes=5)
    withdrawn = withdraw(db, article.id, reason="Nhầm số liệu", now=later)
    assert withdrawn.withdrawn_at == later
    assert latest(db, scope) == []
    state = get_scope_state(db, scope.key)
    assert (state.seq, state.changed_at) == (2, later)


def test_withdrawing_twice_is_one_change(db: Database, site: Site, now: datetime) -> None:
    article = ingest(db, DRAFT, site=site, now=now).article
    first = withdraw(db, article.id, reason="Một", now=now)
    second = withdraw(db, article.id, reason="Hai", now=now + timedelta(hours=1))
    assert second == first
    assert counts(db)[1] == 2


def test_a_restored_article_is_back_under_its_guid_and_date(db: Database, site: Site, now: datetime) -> None:
    article = ingest(db, DRAFT, site=site, now=now).article
    withdraw(db, article.id, reason="Nhầm", now=now)
    back = restore(db, article.id, now=now + timedelta(hours=1))
    assert (back.guid, back.published, back.state) == (article.guid, article.published, "published")
    assert latest(db, Scope()) == [article.id]
    assert [change.kind for change in list_changes(db, since=0, limit=9)] == ["published", "withdrawn", "restored"]


def test_an_article_appears_in_each_of_its_scopes(db: Database, site: Site, now: datetime) -> None:
    article = ingest(db, DRAFT, site=site, now=now).article
    category = get_category(db, "hoat-dong-phuong")
    district, city = get_area(db, "quan-long-bien"), get_area(db, "ha-noi")
    for place in (Scope(), Scope(ward=article.ward), Scope(area=district), Scope(area=city)):
        assert latest(db, place) == [article.id]
        assert latest(db, replace(place, category=category)) == [article.id]
    assert latest(db, Scope(area=get_area(db, "khu-vuc-long-bien"))) == []
    assert latest(db, Scope(category=get_category(db, "thong-bao"))) == []
    assert counts(db)[2] == 8


def test_a_changed_ward_moves_the_article_and_both_wards(db: Database, site: Site, now: datetime) -> None:
    article = ingest(db, replace(DRAFT, external_id="1"), site=site, now=now).article
    ingest(db, replace(DRAFT, external_id="1", ward="phuong-thach-ban"), site=site, now=now)
    assert latest(db, Scope(ward=article.ward)) == []
    assert latest(db, Scope(ward=get_ward(db, "phuong-thach-ban"))) == [article.id]
    assert get_scope_state(db, Scope(ward=article.ward).key).seq == 2


def test_latest_come_first_and_equal_times_by_entry_in_whatever_order_they_came(
    db: Database, site: Site, now: datetime
) -> None:
    dates = [datetime(2024, 3, day, 8, 0, tzinfo=VIETNAM) for day in (3, 1, 2, 2)]
    for number, published in enumerate(dates):
        ingest(db, replace(DRAFT, external_id=str(number), published=published), site=site, now=now)
    assert latest(db, Scope()) == [1, 4, 3, 2]
    assert [article.id for article in list_arrivals(db, "everything", limit=3)] == [4, 3, 2]
    assert count_since(db, "everything", dates[2], most=10) == 4


def test_old_material_counts_as_if_it_had_come_at_its_own_time(db: Database, site: Site, now: datetime) -> None:
    dates = [datetime(2024, 3, day, 8, 0, tzinfo=VIETNAM) for day in (3, 1, 2, 2)]
    for number, published in enumerate(dates):
        old = replace(DRAFT, external_id=str(number), published=published, backfill=True)
        ingest(db, old, site=site, now=now)
    assert [article.id for article in list_arrivals(db, "everything", limit=3)] == [1, 4, 3]
    assert count_since(db, "everything", dates[2], most=10) == 3


def test_an_unknown_section_is_kept_as_a_label_and_reported(db: Database, site: Site, now: datetime) -> None:
    outcome = ingest(db, replace(DRAFT, categories=("Gương người tốt",)), site=site, now=now)
    stored = find_article(db, outcome.article.id)
    assert stored is not None
    assert [(category.slug, category.label) for category in stored.categories] == [("khac", "Gương người tốt")]
    assert "Gương người tốt" in outcome.notes[0]


def test_an_article_is_of_the_unit_of_its_day(db: Database, site: Site, now: datetime) -> None:
    text = "Phường Việt Hưng họp tổ dân phố"
    draft = replace(DRAFT, title=text, content_text=text)
    before = ingest(db, draft, site=site, now=now).article
    after = ingest(db, replace(draft, published=datetime(2026, 3, 2, tzinfo=VIETNAM)), site=site, now=now).article
    assert (before.ward.slug, after.ward.slug) == ("phuong-viet-hung-2025", "phuong-viet-hung")


@pytest.mark.parametrize(
    "given", ["phuong-thach-ban", "00148", "Phường Thạch Bàn", "PHUONG THACH BAN", "00148@2020-01-01"]
)
def test_a_ward_may_be_named_by_slug_code_name_or_code_and_day(
    db: Database, site: Site, now: datetime, given: str
) -> None:
    assert ingest(db, replace(DRAFT, ward=given), site=site, now=now).article.ward.code == "00148"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": " \n"}, ["title_missing"]),
        ({"title": "a" * 501}, ["title_long"]),
        ({"content_text": "\u200b \n\n "}, ["content_missing"]),
        ({"content_text": None, "content_html": "<script>alert(1)</script>"}, ["content_missing"]),
        ({"published": None}, ["published_missing"]),
        ({"published": datetime(23, 9, 13, tzinfo=VIETNAM)}, ["published_range"]),
        ({"ward": "phuong-khong-co"}, ["ward_unknown"]),
        ({"ward": "phuong-lang"}, ["ward_early"]),
        ({"ward": "00118@2026-01-01"}, ["ward_early"]),
        ({"ward": "00118@gestern"}, ["ward_unknown"]),
        ({"title": "Họp", "content_text": "Không nói ở đâu."}, ["ward_missing"]),
        ({"title": "Họp", "content_text": "Phường Thạch Bàn và phường Cự Khối họp."}, ["ward_ambiguous"]),
        ({"source_url": "http:moc.gov.vn/tin"}, ["url_bad"]),
        ({"source_url": "http://[::1/tin"}, ["url_bad"]),
        (
            {"title": "", "published": None, "content_text": ""},
            ["title_missing", "content_missing", "published_missing"],
        ),
    ],
)
def test_an_invalid_draft_is_refused_with_every_reason(
    db: Database, site: Site, now: datetime, change: dict[str, object], expected: list[str]
) -> None:
    with pytest.raises(RejectedError) as error:
        ingest(db, replace(DRAFT, **change), site=site, now=now)  # type: ignore[arg-type]
    assert codes(error) == expected
    assert counts(db) == (0, 0, 0)


def test_a_tie_names_the_candidates(db: Database, site: Site, now: datetime) -> None:
    draft = replace(DRAFT, title="Họp", content_text="Phường Thạch Bàn và phường Cự Khối họp.")
    with pytest.raises(RejectedError, match="Phường Cự Khối, Phường Thạch Bàn"):
        ingest(db, draft, site=site, now=now)


def test_an_article_that_no_format_can_carry_is_refused_with_the_reason(
    db: Database, site: Site, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Any text from text.normalise can be rendered; if normalise had a gap, the text must still not reach a feed.
    monkeypatch.setattr("feedsvc.text.normalise", lambda text: text)
    with pytest.raises(RejectedError) as error:
        ingest(db, replace(DRAFT, author="\x00"), site=site, now=now)
    assert codes(error) == ["not_renderable"]
    assert "RSS" in str(error.value)
    assert counts(db) == (0, 0, 0)


def test_a_scheduled_article_is_nowhere_before_its_time(db: Database, site: Site, now: datetime) -> None:
    at = now + timedelta(hours=2)
    article = ingest(db, replace(DRAFT, published=at, ward="phuong-lang"), site=site, now=now).article
    assert article.state == "scheduled"
    assert counts(db) == (1, 0, 0)
    assert publish_due(db, now=at - timedelta(seconds=1)) == 0
    assert get_scope_state(db, "everything").seq == 0


def test_a_scheduled_article_appears_at_its_time(db: Database, site: Site, now: datetime) -> None:
    at = now + timedelta(hours=2)
    article = ingest(db, replace(DRAFT, published=at, ward="phuong-lang"), site=site, now=now).article
    assert publish_due(db, now=at) == 1
    assert latest(db, Scope()) == [article.id]
    stored = find_article(db, article.id)
    assert stored is not None
    assert (stored.state, stored.published, stored.updated) == ("published", at, at)
    assert publish_due(db, now=at) == 0


def test_a_scheduled_article_that_is_called_off_was_never_public(db: Database, site: Site, now: datetime) -> None:
    at = now + timedelta(hours=2)
    article = ingest(db, replace(DRAFT, published=at, ward="phuong-lang"), site=site, now=now).article
    assert withdraw(db, article.id, reason="Hoãn", now=now).state == "draft"
    assert publish_due(db, now=at) == 0
    assert counts(db) == (1, 0, 0)


def test_a_scheduled_article_may_get_another_time(db: Database, site: Site, now: datetime) -> None:
    draft = replace(DRAFT, published=now + timedelta(hours=2), ward="phuong-lang", external_id="x")
    article = ingest(db, draft, site=site, now=now).article
    sooner = replace(draft, published=now - timedelta(minutes=1))
    edited = edit(db, article.id, sooner, seen_hash=article.content_hash, site=site, now=now).article
    assert (edited.state, edited.published, edited.updated) == ("published", sooner.published, sooner.published)
    assert [change.kind for change in list_changes(db, since=0, limit=9)] == ["published"]


def an_article(db: Database, site: Site, now: datetime) -> Article:
    return ingest(db, DRAFT, site=site, now=now).article


def test_an_edit_keeps_the_time_of_publication(db: Database, site: Site, now: datetime) -> None:
    article = an_article(db, site, now)
    draft = replace(DRAFT, title="Phường Phúc Đồng: sửa", published=now)
    edited = edit(db, article.id, draft, seen_hash=article.content_hash, site=site, now=now).article
    assert (edited.title, edited.published, edited.guid) == (draft.title, article.published, article.guid)


def test_an_edit_without_a_change_moves_nothing(db: Database, site: Site, now: datetime) -> None:
    article = an_article(db, site, now)
    outcome = edit(db, article.id, DRAFT, seen_hash=article.content_hash, site=site, now=now)
    assert (outcome.kind, outcome.article) == ("unchanged", article)
    assert counts(db)[1] == 1


def test_an_edit_of_an_old_copy_is_refused(db: Database, site: Site, now: datetime) -> None:
    article = an_article(db, site, now)
    ingest(db, replace(DRAFT, content_text="Ai đó đã sửa."), site=site, now=now)
    with pytest.raises(EditConflictError):
        edit(db, article.id, DRAFT, seen_hash=article.content_hash, site=site, now=now)


def test_a_failing_write_leaves_nothing_behind(
    settings: object, db: Database, site: Site, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.execute("CREATE TEMP TRIGGER full BEFORE INSERT ON listings BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(sqlite3.IntegrityError, match="disk full"):
        ingest(db, DRAFT, site=site, now=now)
    assert counts(db) == (0, 0, 0)
    assert not db.conn.in_transaction


def test_a_second_writer_waits_and_both_are_stored(db: Database, site: Site, now: datetime) -> None:
    path = Path(db.execute("PRAGMA database_list").fetchone()["file"])
    other = open_database(path)
    try:
        for number in range(5):
            ingest(db, replace(DRAFT, external_id=f"a{number}"), site=site, now=now)
            ingest(other, replace(DRAFT, external_id=f"b{number}"), site=site, now=now)
    finally:
        other.close()
    assert counts(db)[:2] == (10, 10)


def test_a_batch_ingests_the_valid_and_names_the_rest(db: Database, site: Site, now: datetime) -> None:
    drafts = [DRAFT, replace(DRAFT, title=""), replace(DRAFT, author="Nguyễn Văn An"), DRAFT]
    results = ingest_batch(db, [(draft, None) for draft in drafts], catalogue=load_catalogue(db), site=site, now=now)
    kinds = [result.kind if isinstance(result, Outcome) else "rejected" for result in results]
    assert kinds == ["added", "rejected", "corrected", "corrected"]
    article = find_article(db, 1)
    assert article is not None
    assert article.author == "UBND phường Phúc Đồng"
    lookup = prepare_search(db, Search("tổng vệ sinh"))
    assert [found.id for found in list_found(db, lookup, limit=5)] == [1]
    db.execute("INSERT INTO search (search) VALUES ('integrity-check')")


def test_a_registry_that_changes_before_a_batch_is_written_is_honoured(
    db: Database, site: Site, now: datetime, settings: Settings
) -> None:
    catalogue = load_catalogue(db)
    other = open_database(settings.database_path)
    other.conn.execute("UPDATE wards SET slug = 'phuong-ten-moi' WHERE slug = 'phuong-phuc-dong'")
    other.conn.commit()
    other.close()
    draft = replace(DRAFT, ward="phuong-ten-moi")
    (result,) = ingest_batch(db, [(draft, None)], catalogue=catalogue, site=site, now=now)
    assert isinstance(result, Outcome)
    assert result.article.ward.slug == "phuong-ten-moi"


def test_the_summary_is_made_of_paragraphs_and_of_the_rest_only_without_any(
    db: Database, site: Site, now: datetime
) -> None:
    text = "[Ảnh] Đoàn rước nước trên sông Hồng\n\nPhần lễ diễn ra trang trọng.\n\n- Một mục"
    article = ingest(db, replace(DRAFT, ward="phuong-phuc-dong", content_text=text), site=site, now=now).article
    assert article.summary == "Phần lễ diễn ra trang trọng."
    listed = replace(DRAFT, title="Khác", ward="phuong-phuc-dong", content_text="- Một mục\n- Hai mục")
    article = ingest(db, listed, site=site, now=now).article
    assert article.summary == "Một mục Hai mục"
