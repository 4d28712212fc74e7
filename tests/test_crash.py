"""A short run of bench/crash.py, the test that kills: nothing acknowledged is lost, nothing is half visible."""

from contextlib import closing
from pathlib import Path

import pytest

from bench import crash
from feedsvc.database import open_database, transaction


@pytest.mark.slow
def test_nothing_that_was_acknowledged_is_lost_when_the_service_is_killed(tmp_path: Path) -> None:
    work = crash.run(tmp_path, rounds=4, seed=7)
    assert work.findings == []
    assert work.counts["acknowledged writes"] > 0
    assert work.counts["server errors"] == 0


@pytest.mark.slow
def test_the_test_that_kills_finds_what_is_lost_half_visible_or_reused(tmp_path: Path) -> None:
    work = crash.run(tmp_path, rounds=1, seed=3)
    assert work.findings == []
    kept = [key for key, said in work.said.items() if said.acknowledged]
    with closing(open_database(work.instance / "feedsvc.db")) as db, transaction(db):
        db.execute("UPDATE articles SET content_html = '<p>Khác</p>' WHERE identity = ?", [f"key:{kept[0]}"])
        db.execute("DELETE FROM listings WHERE article_id = (SELECT max(id) FROM articles WHERE state = 'published')")
        db.execute("UPDATE changes SET changed_at = 1 WHERE seq = 1")
    crash.look(work)
    assert {finding.split(": ")[1] for finding in work.findings} == {"lost", "half", "reused"}
