"""Articles in the database: their counts."""

from dataclasses import replace
from datetime import datetime, timedelta

from feedsvc.articles.ingest import ingest, publish_due, restore, withdraw
from feedsvc.database import Database, transaction
from feedsvc.models import Draft, Site
from feedsvc.store.articles import count_by_state

DRAFT = Draft(title="Tin", published=None, ward="phuong-lang", categories=("thong-bao",), content_text="Nội dung.")


def test_the_counts_follow_whatever_happens_to_an_article(db: Database, site: Site, now: datetime) -> None:
    assert count_by_state(db) == {}
    drafts = [replace(DRAFT, published=now + timedelta(hours=hour), external_id=str(hour)) for hour in (-2, -1, 1)]
    first, *_ = [ingest(db, draft, site=site, now=now).article for draft in drafts]
    assert count_by_state(db) == {"published": 2, "scheduled": 1}
    ingest(db, replace(drafts[0], title="Tin mới"), site=site, now=now)
    publish_due(db, now=now + timedelta(hours=1))
    assert count_by_state(db) == {"published": 3}
    withdraw(db, first.id, reason="", now=now)
    assert count_by_state(db) == {"published": 2, "withdrawn": 1}
    restore(db, first.id, now=now)
    with transaction(db):
        db.execute("DELETE FROM article_categories")
        db.execute("DELETE FROM listings")
        db.execute("DELETE FROM appearances")
        db.execute("DELETE FROM changes")
        db.execute("DELETE FROM tombstones")
        db.execute("DELETE FROM articles WHERE id = ?", [first.id])
    assert count_by_state(db) == {"published": 2}
