"""bench/population.py writes the same rows as ingest does for the same articles."""

import pytest

from bench.population import FIRST, _add_wards, fill, invent
from feedsvc.articles.ingest import ingest
from feedsvc.config import Settings
from feedsvc.database import Database, list_faults, open_database
from feedsvc.instance import load_site, make_instance
from feedsvc.models import Scope, Search
from feedsvc.store.articles import list_latest
from feedsvc.store.search import list_found, prepare_search

pytestmark = pytest.mark.slow

COUNT, WARDS, CONTENT = 60, 230, 400


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """A population of several areas, written without ingest."""
    settings = Settings(instance=tmp_path_factory.mktemp("filled"))
    fill(settings, articles=COUNT, wards=WARDS, content=CONTENT)
    return open_database(settings.database_path)


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The same articles, each ingested at the second of its publication."""
    settings = Settings(instance=tmp_path_factory.mktemp("ingested"))
    make_instance(settings, now=FIRST, with_administrator=False)
    db = open_database(settings.database_path)
    _add_wards(db, WARDS - 126)
    for invented in list(invent(db, COUNT, wards=WARDS, content=CONTENT, seed=1)):
        ingest(db, invented.to_draft(), site=load_site(settings, db), now=invented.published)
    return db


def dump(db: Database) -> dict[str, list[tuple[object, ...]]]:
    """Return the schema, the rows of all tables, and the words of the index, but not the segments of the index.

    Nor the epoch: it is random.
    """
    schema = db.execute("SELECT name, type, sql FROM sqlite_master ORDER BY name").fetchall()
    tables = [
        row["name"] for row in schema if row["type"] == "table" and row["name"] not in {"search", "_sqlite_migrations"}
    ]
    pieces = {"search_data", "search_idx"}
    db.conn.execute("CREATE VIRTUAL TABLE temp.all_words USING fts5vocab (main, search, instance)")
    return {
        "schema": [tuple(row) for row in schema],
        "words": [tuple(row) for row in db.execute("SELECT * FROM temp.all_words ORDER BY term, doc, col, offset")],
        **{
            name: sorted(
                (row for row in map(tuple, db.execute(f"SELECT * FROM {name}")) if "epoch" not in row), key=repr
            )
            for name in tables
            if name not in pieces
        },
    }


def test_a_population_is_row_by_row_what_ingest_makes_of_its_articles(filled: Database, ingested: Database) -> None:
    made, expected = dump(filled), dump(ingested)
    assert made.keys() == expected.keys()
    for name, rows in expected.items():
        assert made[name] == rows, name
    assert len(expected["listings"]) > 6 * COUNT
    assert list_faults(filled) == []
    assert filled.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_population_is_read_as_any_instance_is(filled: Database, ingested: Database) -> None:
    latest = list_latest(filled, Scope().key, limit=30)
    assert latest == list_latest(ingested, Scope().key, limit=30)
    found = [list_found(db, prepare_search(db, Search(latest[0].title)), limit=30) for db in (filled, ingested)]
    assert found[0] == found[1]
    assert latest[0] in found[0]


def test_the_common_words_stand_in_most_articles_and_most_words_in_a_few(filled: Database) -> None:
    filled.conn.execute("CREATE VIRTUAL TABLE temp.counted USING fts5vocab (main, search, col)")
    rows = filled.execute("SELECT term, doc FROM temp.counted WHERE col = 'folded' ORDER BY doc").fetchall()
    counts = [row["doc"] for row in rows]
    assert counts[-1] > 0.9 * COUNT
    assert counts[len(counts) // 2] < 0.1 * COUNT
