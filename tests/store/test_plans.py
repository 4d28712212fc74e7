"""The query plans of SQLite: no public request scans a table or sorts; each uses an index, however many rows there are.

Without ANALYZE, SQLite's plans depend only on the schema and the queries, so a few hundred articles are enough.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from bench.population import LAST, fill
from feedsvc import create_app
from feedsvc.articles.ingest import ingest, withdraw
from feedsvc.blocks import Block
from feedsvc.config import Settings
from feedsvc.database import Database, open_database, transaction
from feedsvc.feeds import FORMATS
from feedsvc.instance import load_site
from feedsvc.models import Draft, Month, State
from feedsvc.store.areas import get_area
from feedsvc.store.articles import list_for_editing
from feedsvc.store.categories import get_category
from feedsvc.store.filters import Filter, list_filtered
from feedsvc.store.wards import get_ward

pytestmark = pytest.mark.slow

NOW = LAST + timedelta(hours=10)
ARTICLES = 300

# Tables and indexes that may be scanned completely: the page lists all of it, or it is small.
SCANNED = {
    "CONSTANT": "a value that we gave",
    "json_each": "a list that we gave",
    "search": "the articles of the words in the query, the newest first, up to a limit",
    "earlier": "the units before a ward",
    "later": "the units that a ward was renamed to",
    "wards": "the page of all wards: some thousand rows",
    "w": "the same, those that have articles",
    "s": "the lists of all feeds name every scope that has articles",
    "areas": "the page of all areas: some ten rows",
    "categories": "the page of all categories: a dozen rows",
    "c": "the same, those that a place has articles in",
    "article_counts": "four rows",
    "damaged_articles": "none, unless something is broken",
}
SORTED = {
    "FROM categories": "a dozen rows",
    "FROM later": "one row for each time that a ward was renamed",
    "FROM earlier": "one row for each unit before a ward",
}

VALUES: dict[str, Any] = {
    "ward": "phuong-ba-dinh",
    "area": "ha-noi",
    "category": "hoat-dong-phuong",
    "month": Month(2026, 10),
    "block": Block(1),
    "name": "none.jpg",
}
PAGES_OF_SCOPES = [
    "/",
    "/wards/phuong-ba-dinh/",
    "/wards/phuong-ba-dinh/hoat-dong-phuong/",
    "/areas/ha-noi/",
    "/areas/ha-noi/hoat-dong-phuong/",
    "/categories/hoat-dong-phuong/",
]
# Requests with other parameters, in addition to one request for each route.
MORE = (
    "/rss.xml?limit=3",
    "/atom.xml?content=summary",
    "/wards/phuong-long-bien/atom.xml?lineage=1",
    "/wards/phuong-ba-dinh/2026/10/atom.xml?lineage=1",
    "/wards/phuong-ba-dinh/archive/1/atom.xml?lineage=1",
    "/wards/phuong-ba-dinh/2026/10/?before=290",
    "/wards/phuong-phuc-dong/",
    "/wards/phuong-phuc-dong/atom.xml",
    "/wards/khong-co/",
    "/wards/khong-co/atom.xml",
    "/WARDS/Phường Ba Đình",
    "/wards/?q=ba",
    "/search?q=",
    "/search?q=mot+hai&ward=phuong-ba-dinh&area=ha-noi&category=thong-bao&from=2026-01-01&to=2026-10-01",
    "/search?q=Đường+phố&before=7",
    "/search/atom.xml?q=mot&area=ha-noi",
    "/changes.json?since=17&limit=5",
    "/articles/1",
    "/articles/999999",
)


@pytest.fixture(scope="module")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Some hundred articles, a few withdrawn, one scheduled; without statistics, as in production."""
    settings = Settings(instance=tmp_path_factory.mktemp("populated"))
    fill(settings, articles=ARTICLES, wards=4)
    db = open_database(settings.database_path)
    for article_id in range(1, ARTICLES, 30):
        withdraw(db, article_id, reason="Đăng nhầm", now=LAST)
    draft = Draft(title="Mai", published=NOW + timedelta(days=1), ward="phuong-ba-dinh", content_text="Sắp tới.")
    ingest(db, draft, site=load_site(settings, db), now=NOW)
    with transaction(db):  # every scope has an archive document; a restore lost what had the other places
        db.execute("UPDATE scopes SET last_position = last_position + 100 WHERE last_position > 0")
    assert not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'").fetchall()
    db.close()
    return settings


@pytest.fixture(scope="module")
def db(populated: Settings) -> Iterator[Database]:
    connection = open_database(populated.database_path)
    yield connection
    connection.close()


@dataclass
class Recorder:
    """The queries that ran, each with its values and the first path that ran it; and the status of each path."""

    queries: dict[str, tuple[Any, str]] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)

    def ask(self, settings: Settings, path: str, **headers: str) -> str:
        """Ask a new application, which has no ready documents; return the entity tag."""
        app = make_app(settings)
        connection: Database = app.extensions["feedsvc"].connection()

        def note(sql: str, values: Any) -> None:
            self.queries.setdefault(sql, (values, path))

        with connection.tracer(note):
            response = app.test_client().get(path, headers=headers)
        app.extensions["feedsvc"].close()
        self.statuses[path] = response.status_code
        return response.headers.get("ETag", "")


def make_app(settings: Settings) -> Flask:
    return create_app(settings, clock=lambda: NOW)


def list_paths(settings: Settings, slug: str) -> Iterator[str]:
    """Return a path of every public route that answers GET, and those of MORE."""
    app = make_app(settings)
    adapter = app.url_map.bind("tin.example.vn")
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.rule.startswith(("/admin", "/static", "/api/articles")):
            given = {"article_id": 7, "slug": slug, **VALUES, "number": find_number(rule), **(rule.defaults or {})}
            for item in FORMATS.values() if "item" in rule.arguments else (None,):
                yield adapter.build(rule.endpoint, {name: {**given, "item": item}[name] for name in rule.arguments})
    app.extensions["feedsvc"].close()
    yield from MORE


def find_number(rule: Rule) -> int:
    return 0 if "sitemap" in rule.rule else 10


@pytest.fixture(scope="module")
def recorded(populated: Settings, db: Database) -> Recorder:
    """The queries of every path."""
    recorder = Recorder()
    (slug,) = db.execute("SELECT slug FROM articles WHERE id = 7").fetchone()
    for path in list_paths(populated, slug):
        recorder.ask(populated, path)
    tag = recorder.ask(populated, "/atom.xml").strip('"').partition("-")[2]
    recorder.ask(populated, "/atom.xml", **{"A-IM": "feed", "If-None-Match": f'"{ARTICLES:x}-{tag}"'})
    return recorder


Step = tuple[str, str, str]  # path, step of the plan, SQL


def explain(db: Database, queries: dict[str, tuple[Any, str]]) -> list[Step]:
    return [
        (path, row["detail"], sql)
        for sql, (values, path) in queries.items()
        for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values or [])
    ]


def list_scans(steps: Iterable[Step]) -> dict[str, Step]:
    """Return the steps that scan a table or an index, by the name that the query gives it."""
    scans = ((re.match(r"SCAN (\w+)", step[1]), step) for step in steps)
    return {found[1]: step for found, step in scans if found}


def list_sorts(steps: Iterable[Step]) -> list[Step]:
    return [step for step in steps if "TEMP B-TREE" in step[1]]


def test_every_page_was_asked_for(recorded: Recorder) -> None:
    answered = [path for path, status in recorded.statuses.items() if status in {200, 226}]
    assert len(answered) > 70
    assert recorded.statuses["/atom.xml"] == 226
    refused = {path: status for path, status in recorded.statuses.items() if status >= 400}
    assert refused == {
        "/media/none.jpg": 404,
        # No customary address of a feed.
        **dict.fromkeys([f"{page}none.jpg" for page in PAGES_OF_SCOPES], 404),
        "/wards/khong-co/": 404,
        "/wards/khong-co/atom.xml": 404,
        "/articles/1": 410,
        "/articles/999999": 404,
    }


def test_no_public_request_reads_a_table(recorded: Recorder, db: Database) -> None:
    scans = list_scans(explain(db, recorded.queries))
    assert {name: step for name, step in scans.items() if name not in SCANNED} == {}
    assert SCANNED.keys() == scans.keys()


def test_no_public_request_sorts_what_it_found(recorded: Recorder, db: Database) -> None:
    sorts = list_sorts(explain(db, recorded.queries))
    assert [step for step in sorts if not any(piece in step[2] for piece in SORTED)] == []
    assert SORTED.keys() == {piece for _, _, sql in sorts for piece in SORTED if piece in sql}


def record_list(db: Database, call: Any, **values: Any) -> list[Step]:
    queries: dict[str, tuple[Any, str]] = {}

    def note(sql: str, given: Any) -> None:
        queries.setdefault(sql, (given, ""))

    with db.tracer(note):
        call(db, limit=20, **values)
    return explain(db, queries)


STATES: tuple[State | None, ...] = (None, "published", "draft", "withdrawn")


@pytest.mark.parametrize(("ward_id", "state", "before_id"), list(product((None, 15), STATES, (None, 200))))
def test_the_lists_of_clerks_are_ranges_of_an_index(
    db: Database, ward_id: int | None, state: State | None, before_id: int | None
) -> None:
    steps = record_list(db, list_for_editing, ward_id=ward_id, state=state, before_id=before_id)
    is_rare = state in {"draft", "withdrawn"}
    assert list_scans(steps).keys() <= (set() if ward_id or is_rare else {"a"})  # from the newest, up to the limit
    assert not list_sorts(steps) or (is_rare and not ward_id)


@pytest.mark.parametrize(
    ("names", "state", "after"),
    list(product(((), ("ward",), ("area",), ("category",), ("ward", "category", "area")), STATES, (None, (LAST, 77)))),
)
def test_the_lists_of_programs_are_ranges_of_an_index(
    db: Database, names: tuple[str, ...], state: State | None, after: Any
) -> None:
    found: dict[str, Any] = {
        "ward": get_ward(db, "phuong-ba-dinh"),
        "area": get_area(db, "ha-noi"),
        "category": get_category(db, "thong-bao"),
    }
    wanted = Filter(state=state, since=date(2025, 1, 1), **{name: found[name] for name in names})
    steps = record_list(db, list_filtered, wanted=wanted, after=after)
    assert list_scans(steps).keys() <= {"json_each"}
    assert list_sorts(steps) == []
