"""Lists for API clients: each page is one range of an index, however many articles there are."""

from datetime import datetime

import pytest

from feedsvc.database import Database
from feedsvc.models import Ward
from feedsvc.store.filters import Filter, list_filtered
from feedsvc.store.wards import get_ward


@pytest.fixture
def ward(db: Database) -> Ward:
    return get_ward(db, "phuong-lang")


@pytest.mark.parametrize(("of_ward", "index"), [(False, "articles_by_time"), (True, "articles_by_ward")])
def test_a_page_is_one_range_of_an_index(db: Database, ward: Ward, now: datetime, of_ward: bool, index: str) -> None:
    statements: list[str] = []
    db.conn.set_trace_callback(statements.append)
    list_filtered(db, Filter(ward=ward if of_ward else None), limit=10, after=(now, 7))
    db.conn.set_trace_callback(None)
    select = next(statement for statement in statements if "ORDER BY a.published DESC" in statement)
    plan = [row["detail"] for row in db.conn.execute(f"EXPLAIN QUERY PLAN {select}")]
    assert len(plan) == 1
    assert f"USING COVERING INDEX {index}" in plan[0]
    assert "published<?" in plan[0]
