"""The search index: its results, their order, and its agreement with the articles."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from feedsvc.articles.ingest import edit, ingest, publish_due, restore, withdraw
from feedsvc.config import Settings
from feedsvc.database import Database, migrate, open_database, transaction
from feedsvc.instance import prepare_instance
from feedsvc.migrations import migrations
from feedsvc.models import VIETNAM, Article, Draft, Search, Site
from feedsvc.phrases import cut_query
from feedsvc.registry import load_registry
from feedsvc.store import search as search_module
from feedsvc.store.areas import get_area
from feedsvc.store.articles import list_articles, list_for_editing
from feedsvc.store.categories import get_category
from feedsvc.store.facts import find_fact, record_fact
from feedsvc.store.search import INDEX_VERSION, count_found, list_found, prepare_search, rebuild_index
from feedsvc.store.wards import get_ward

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=VIETNAM)
DRAFT = Draft(title="Tin", published=NOW, ward="phuong-lang", categories=("thong-bao",), content_text="Nội dung.")
PROPERTY = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

Post = Callable[..., Article]


@pytest.fixture
def post(db: Database, site: Site) -> Post:
    """Post an article with this text and return it; each is a day older than the previous one."""
    count = 0

    def post_one(text: str, **fields: object) -> Article:
        nonlocal count
        count += 1
        values: dict[str, object] = {"external_id": str(count), "published": NOW - timedelta(days=count), **fields}
        return ingest(db, replace(DRAFT, content_text=text, **values), site=site, now=NOW).article  # type: ignore[arg-type]

    return post_one


def found(db: Database, text: str, **filters: object) -> list[int]:
    search = Search(text, **filters)  # type: ignore[arg-type]
    return [article.id for article in list_found(db, prepare_search(db, search), limit=50)]


def dump(db: Database) -> list[tuple[object, ...]]:
    """Return every word of the index with its column and positions."""
    with transaction(db):
        db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.words USING fts5vocab (main, search, instance)")
    return [tuple(row) for row in db.execute("SELECT * FROM temp.words ORDER BY term, doc, col, offset")]


def test_it_works(db: Database, post: Post) -> None:
    article = post("Sáng 2/3, Đường phố sạch.", title="Tổng vệ sinh")
    assert list_found(db, prepare_search(db, Search("duong ve sinh")), limit=10) == [article]


def test_a_query_without_accents_finds_every_spelling(db: Database, post: Post) -> None:
    ids = [post(text).id for text in ("Đường", "DUONG", "ĐƯƠNG", "đường")]
    assert found(db, "duong") == ids


def test_a_query_with_accents_finds_just_these_where_any_article_has_them(db: Database, post: Post) -> None:
    exact = post("Đường phố").id
    post("Chất đường ruột: đương nhiên") and post("duong")
    assert exact in found(db, "đường")
    assert len(found(db, "đường")) == 2
    assert prepare_search(db, Search("đường")).exactly


def test_a_query_with_accents_that_nobody_wrote_finds_the_words_without(db: Database, post: Post) -> None:
    article = post("Đường phố").id
    assert found(db, "đuòng") == [article]
    assert not prepare_search(db, Search("đuòng")).exactly


def test_tone_placement_does_not_matter_even_with_accents(db: Database, post: Post) -> None:
    article = post("Uỷ ban hoà giải").id
    post("uy ban hoa giai")
    assert found(db, "ủy ban hòa") == [article]


def test_decomposed_accents_and_the_icelandic_letter_are_the_same_text(db: Database, post: Post) -> None:
    article = post("Bồ \u00d0ề").id
    assert found(db, "Bo\u0302\u0300 Đề") == [article]


def test_all_words_have_to_be_there_in_title_or_text(db: Database, post: Post) -> None:
    both = post("vệ sinh", title="Tổng kết").id
    post("vệ sinh")
    assert found(db, "sinh tong ve") == [both]


def test_a_phrase_in_quotes_has_to_stand_together(db: Database, post: Post) -> None:
    together = post("ra quân tổng vệ sinh").id
    post("vệ sinh tổng")
    assert found(db, '"tổng vệ sinh"') == found(db, '"tong ve sinh"') == found(db, "“tong ve”") == [together]
    assert len(found(db, "tong ve sinh")) == 2


def test_the_last_word_may_be_the_beginning_of_one(db: Database, post: Post) -> None:
    article = post("nghiêm túc").id
    assert found(db, "tuc ngh") == [article]
    assert found(db, "nghi tuc") == []
    assert found(db, '"ngh"') == []
    assert found(db, "n") == found(db, "ng") == []


def test_the_beginning_of_a_word_stands_for_every_word_that_begins_so(db: Database, post: Post) -> None:
    ids = [post(text).id for text in ("thoáng", "thoang thoảng", "thoa", "số 12/thoa-xyz", "thong")]
    assert found(db, "thoa") == ids[:4]
    assert found(db, "thoản") == [ids[1]]
    assert found(db, "12/tho") == [ids[3]]
    assert found(db, "thoanga") == []


def test_among_too_many_words_with_a_beginning_the_first_are_searched_for(
    db: Database, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "_MOST_WORDS", 3)
    ids = [post(f"abc{number}").id for number in range(5)]
    assert found(db, "abc") == ids[:3]
    assert found(db, "abc4") == ids[4:]


def test_the_newest_comes_first_and_a_page_continues_after_the_previous_one(db: Database, post: Post) -> None:
    articles = [post("x", published=NOW - timedelta(days=number % 3)) for number in range(9)]
    expected = sorted(articles, key=lambda article: (article.published, article.id), reverse=True)
    lookup = prepare_search(db, Search("x"))
    pages, last = [], None
    for _ in range(5):
        pages.append(list_found(db, lookup, limit=2, before=last))
        last = pages[-1][-1]
    assert [article for page in pages for article in page] == expected
    assert list_found(db, lookup, limit=2, before=last) == []


def test_ward_category_area_and_days_narrow_it_down(db: Database, post: Post) -> None:
    day = date(2024, 12, 31)
    first = post("x", ward="phuong-phuc-dong", published=datetime(2024, 12, 31, tzinfo=VIETNAM)).id
    last = post("x", ward="phuong-sai-dong", published=datetime(2024, 12, 31, 23, 59, 59, tzinfo=VIETNAM)).id
    other = post("x", ward="phuong-lang", categories=("khac",)).id
    assert found(db, "x") == [other, last, first]
    assert found(db, "x", ward=get_ward(db, "phuong-phuc-dong")) == [first]
    assert found(db, "x", category=get_category(db, "khac")) == [other]
    assert found(db, "x", category=get_category(db, "thong-bao")) == [last, first]
    assert found(db, "x", area=get_area(db, "quan-long-bien")) == [last, first]
    assert found(db, "x", area=get_area(db, "quan-long-bien"), ward=get_ward(db, "phuong-lang")) == []
    assert found(db, "x", since=day, until=day) == [last, first]
    assert found(db, "x", since=day + timedelta(days=1)) == [other]
    assert found(db, "x", until=day - timedelta(days=1)) == []
    assert found(db, "x", since=date.min, until=date.max) == [other, last, first]
    assert found(db, "x", since=date.max) == found(db, "x", until=date.min) == []


def test_filters_are_no_words_and_words_are_no_filters(db: Database, post: Post) -> None:
    article = post("ward9999 category1 x")
    assert found(db, f"ward{article.ward.id}") == []
    assert found(db, "x", category=get_category(db, "hoat-dong-phuong")) == []


def test_the_search_in_a_renamed_ward_finds_what_it_wrote_under_its_old_name(db: Database, post: Post) -> None:
    old = post("x", ward="phuong-lang").ward
    unit = {"code": old.code, "kind": old.kind}
    data = {
        "format": "feedsvc-registry-1",
        "wards": [
            {**unit, "name": old.name, "valid_from": str(old.valid_from), "valid_to": "2026-11-21"},
            {**unit, "name": "Phường Láng Mới", "valid_from": "2026-11-22"},
        ],
        "successions": [
            {
                "ward": [old.code, str(old.valid_from)],
                "successor": [old.code, "2026-11-22"],
                "on": "2026-11-22",
                "kind": "renamed",
                "is_default": True,
            }
        ],
    }
    load_registry(db, data, origin="test", now=NOW + timedelta(days=4))
    assert len(found(db, "x", ward=get_ward(db, "phuong-lang-moi"))) == 1


def test_articles_found_since_a_time_are_counted_up_to_a_limit(db: Database, post: Post) -> None:
    for _ in range(5):
        post("x")
    lookup = prepare_search(db, Search("x"))
    assert count_found(db, lookup, NOW - timedelta(days=3), most=9) == 3
    assert count_found(db, lookup, NOW - timedelta(days=9), most=4) == 4


@pytest.mark.parametrize("text", ["", "  ", '"', "!?", "\u0301"])
def test_a_query_without_words_finds_nothing(db: Database, post: Post, text: str) -> None:
    post('" !? -')
    assert found(db, text) == []


OPERATORS = ["AND", "OR", "NOT", "NEAR(", "NEAR(a b, 2)", "*", "^", ":", "-", "+", "(", ")", "{", "}", '"', "'", "--"]
QUERIES = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=()), max_size=20),
        st.sampled_from(
            [*OPERATORS, ";", "folded:", "rowid", "\x00", "\ud800", "“", "”", "đường", "\u0345", "\U0001e921"]
        ),
    ),
    max_size=8,
).map(" ".join)


@pytest.mark.slow
@given(text=QUERIES)
@example(text="\U0001e921 x")
@example(text='x" OR "đ')
@PROPERTY
def test_any_text_is_a_valid_query(db: Database, site: Site, text: str) -> None:
    ingest(db, DRAFT, site=site, now=NOW)
    assert set(found(db, cut_query(text)[0])) <= {1}
    found(db, text)


def test_migration_takes_the_words_of_an_older_index(tmp_path: Path) -> None:
    old = open_database(tmp_path / "old.db")
    migrations.apply(old, stop_before="m006_scale")
    with transaction(old):
        old.execute(
            "INSERT INTO search (rowid, folded, exact, filters) VALUES (1, 'duong ly', 'đường lý', 'ward1 category2')"
        )
    migrate(old)
    assert [row["word"] for row in old.execute("SELECT word FROM search_words")] == ["duong", "đường"]
    old.close()


@pytest.mark.slow
@given(text=st.text(st.characters(exclude_categories=()), max_size=60))
@PROPERTY
def test_every_article_is_found_by_its_own_title_in_quotes(db: Database, site: Site, text: str) -> None:
    title = f"đ {text} x"
    article = ingest(db, replace(DRAFT, title=title, external_id=ascii(title)), site=site, now=NOW).article
    assert article.id in found(db, '"' + article.title.translate(str.maketrans("“”", "  ")).replace('"', " ") + '"')


@pytest.mark.parametrize("operator", ["a AND b", "a OR b", "NOT a", "a NEAR b", "folded:a", "a*", "^a", "-a", "(a)"])
def test_operators_of_fts5_are_ordinary_words(db: Database, post: Post, operator: str) -> None:
    article = post(operator)
    post("b c")
    assert found(db, operator) == [article.id]


@pytest.mark.parametrize("filters", [{}, {"since": date(2024, 1, 1), "until": date(2026, 1, 1)}])
def test_the_latest_are_read_off_the_index_without_sorting(db: Database, filters: dict[str, Any]) -> None:
    lookup = prepare_search(
        db, Search("duong pho", area=get_area(db, "ha-noi"), ward=get_ward(db, "phuong-lang"), **filters)
    )
    values = {"match": lookup.match, "first": 0, "end": 1, "area_key": lookup.area_key, "limit": 30}
    plan = [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {search_module._FOUND}", values)]
    assert plan[0].startswith("SCAN search VIRTUAL TABLE")
    assert not [step for step in plan if "TEMP B-TREE" in step or step.startswith("SCAN listings")], plan


def test_the_index_follows_correction_withdrawal_and_return(db: Database, site: Site) -> None:
    draft = replace(DRAFT, content_text="Cũ", external_id="k")
    article = ingest(db, draft, site=site, now=NOW).article
    assert found(db, "cu") == [article.id]
    corrected = replace(draft, content_text="Mới", categories=("khac",), ward="phuong-bo-de")
    ingest(db, corrected, site=site, now=NOW)
    assert found(db, "cu") == found(db, "moi", ward=get_ward(db, "phuong-lang")) == []
    assert found(db, "moi", ward=get_ward(db, "phuong-bo-de"), category=get_category(db, "khac")) == [article.id]
    withdraw(db, article.id, reason="", now=NOW)
    assert found(db, "moi") == []
    assert dump(db) == []
    restore(db, article.id, now=NOW)
    assert found(db, "moi") == [article.id]


def test_a_scheduled_article_is_found_from_its_time_on(db: Database, site: Site) -> None:
    at = NOW + timedelta(hours=1)
    article = ingest(db, replace(DRAFT, published=at), site=site, now=NOW).article
    assert found(db, "tin") == []
    assert dump(db) == []
    publish_due(db, now=at)
    assert found(db, "tin") == [article.id]


def test_a_save_that_fails_leaves_the_index_as_it_was(db: Database, post: Post, site: Site) -> None:
    kept = post("x")
    before = dump(db)

    def fail_after_withdrawing() -> None:
        with transaction(db):
            withdraw(db, kept.id, reason="", now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_withdrawing()
    assert dump(db) == before


STEPS = st.lists(
    st.tuples(st.sampled_from("IIEWRP"), st.integers(1, 4), st.sampled_from(["Đường", "duong ß", "x y", ""]))
)


@pytest.mark.slow
@given(steps=STEPS)
@settings(PROPERTY, max_examples=60)
def test_after_any_steps_the_index_equals_a_rebuilt_one(
    db: Database, site: Site, steps: list[tuple[str, int, str]]
) -> None:
    now = NOW
    for step, number, text in steps:
        now += timedelta(hours=1)
        draft = replace(
            DRAFT,
            title=f"Tin {text}",
            content_text=f"{text} {number}",
            external_id=f"key{number}",
            ward=("phuong-lang", "phuong-bo-de")[len(text) % 2],
            categories=("thong-bao", "khac")[: 1 + len(text) % 2],
            published=now + timedelta(hours=number - 2),
        )
        known = {article.id: article for article in list_for_editing(db, ward_id=None)}.get(number)
        if step == "I":
            ingest(db, draft, site=site, now=now)
        elif step == "P":
            publish_due(db, now=now)
        elif known and step == "E" and known.state != "withdrawn":
            edit(db, number, replace(draft, external_id=""), seen_hash=known.content_hash, site=site, now=now)
        elif known and step == "W":
            withdraw(db, number, reason="", now=now)
        elif known and step == "R":
            restore(db, number, now=now)
    before = dump(db)
    with transaction(db):
        rebuild_index(db)
    assert dump(db) == before
    listed = db.execute(
        "SELECT count(*) FROM listings WHERE scope_id = (SELECT id FROM scopes WHERE key = 'everything')"
    )
    assert len({row[1] for row in before}) == listed.fetchone()[0]


def test_an_index_with_other_rules_is_rebuilt_at_the_start(
    db: Database, post: Post, settings: Settings, now: datetime
) -> None:
    article = post("x")
    assert find_fact(db, "search_index") == INDEX_VERSION
    with transaction(db):
        db.execute("INSERT INTO search (search) VALUES ('delete-all')")
    prepare_instance(settings, now=now, with_administrator=False)
    assert found(db, "x") == []  # nothing records that the rules changed
    with transaction(db):
        record_fact(db, "search_index", "0")
    prepare_instance(settings, now=now, with_administrator=False)
    assert found(db, "x") == [article.id]


def test_articles_are_given_in_the_order_that_was_asked_for(db: Database, post: Post) -> None:
    ids = [post("x").id for _ in range(3)]
    wanted = [ids[1], ids[2], ids[0]]
    assert [article.id for article in list_articles(db, wanted)] == wanted
