"""After each run the reference consumer equals what the service publishes, whatever happened in between."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from feedsvc.articles.ingest import ingest, restore, withdraw
from feedsvc.client.mirror import mirror, read_items
from feedsvc.database import Database, transaction
from feedsvc.models import VIETNAM, Draft, Site
from feedsvc.registry import load_registry
from feedsvc.registry.edit import add_area, change_category_label, set_area_hidden, set_category_hidden
from feedsvc.store.facts import renew_epoch
from feedsvc.store.scopes import list_changes
from feedsvc.store.wards import get_ward

from ..conftest import Clock

SITE_URL = "https://tin.example.vn"
WARDS = ("phuong-lang", "phuong-viet-hung", "xa-bat-trang", "phuong-bo-de")
CATEGORIES = ("thong-bao", "khac", "chinh-quyen")


@pytest.fixture
def fetch(client: FlaskClient) -> Callable[[str], Any]:
    def call(url: str) -> Any:
        response = client.get(url.removeprefix(SITE_URL))
        return None if response.status_code == 404 else json.loads(response.text)

    return call


def make_draft(number: int, start: datetime) -> Draft:
    return Draft(
        title=f"Tin số {number}",
        published=start + timedelta(hours=7 * number),
        ward=WARDS[number % 4],
        categories=(CATEGORIES[number % 3],),
        content_text=f"Nội dung {number}.",
        external_id=str(number),
    )


def list_published(db: Database) -> set[str]:
    return {row["guid"] for row in db.execute("SELECT guid FROM articles WHERE state = 'published'")}


def check_equal(db: Database, folder: Path, fetch: Callable[[str], Any], tmp_path: Path) -> None:
    """Compare the copy with the database, and with a new copy."""
    assert read_items(folder).keys() == list_published(db)
    fresh = tmp_path / "fresh"
    mirror(SITE_URL, fresh, fetch)
    assert read_items(folder) == read_items(fresh)
    for path in (fresh / "items").glob("*"):
        path.unlink()
    (fresh / "state.json").unlink()


@pytest.mark.slow
def test_a_thousand_articles_through_corrections_withdrawals_and_a_rename_end_equal(
    db: Database, site: Site, clock: Clock, fetch: Callable[[str], Any], tmp_path: Path
) -> None:
    start = datetime(2026, 1, 1, 8, tzinfo=VIETNAM)
    with transaction(db):
        for number in range(1000):
            ingest(db, make_draft(number, start), site=site, now=clock.now)
    folder = tmp_path / "copy"
    report = mirror(SITE_URL, folder, fetch)
    assert report.written == 1000
    check_equal(db, folder, fetch, tmp_path)

    clock.now += timedelta(hours=1)
    with transaction(db):
        for number in range(0, 1000, 7):
            draft = replace(make_draft(number, start), content_text=f"Đã sửa {number}.")
            ingest(db, draft, site=site, now=clock.now)
        for number in range(5, 1000, 11):
            withdraw(db, number + 1, reason="Nhầm", now=clock.now)
        for number in range(5, 1000, 55):
            restore(db, number + 1, now=clock.now)
        for number in range(1000, 1050):
            ingest(db, make_draft(number, start), site=site, now=clock.now)
    report = mirror(SITE_URL, folder, fetch)
    assert report.fetched < 20
    check_equal(db, folder, fetch, tmp_path)

    clock.now += timedelta(hours=1)
    unit = {"code": "00199", "valid_from": "2025-07-01", "kind": "phuong", "name": "Phường Láng Hạ"}
    load_registry(db, {"format": "feedsvc-registry-1", "wards": [unit]}, origin="test", now=clock.now)
    change_category_label(db, "khac", "Chuyện khác", now=clock.now)
    mirror(SITE_URL, folder, fetch)
    assert "UBND phường Láng Hạ" in {item["_feedsvc"]["publisher"] for item in read_items(folder).values()}
    check_equal(db, folder, fetch, tmp_path)


def test_a_run_without_news_reads_one_document(
    db: Database, site: Site, now: datetime, fetch: Callable[[str], Any], tmp_path: Path
) -> None:
    ingest(db, make_draft(1, now - timedelta(days=30)), site=site, now=now)
    mirror(SITE_URL, tmp_path, fetch)
    report = mirror(SITE_URL, tmp_path, fetch)
    assert (report.written, report.removed, report.fetched) == (0, 0, 1)


def test_an_interrupted_run_is_repeated_by_the_next(
    db: Database, site: Site, now: datetime, fetch: Callable[[str], Any], tmp_path: Path
) -> None:
    for number in range(3):
        ingest(db, make_draft(number, now - timedelta(days=90)), site=site, now=now)

    def fail_at_the_feed(url: str) -> Any:
        if "feed.json" in url:
            raise ConnectionError
        return fetch(url)

    with pytest.raises(ConnectionError):
        mirror(SITE_URL, tmp_path, fail_at_the_feed)
    assert mirror(SITE_URL, tmp_path, fetch).written == 3


def test_what_leaves_items_as_they_are_makes_nobody_read_them_again(
    db: Database, site: Site, now: datetime, fetch: Callable[[str], Any], tmp_path: Path
) -> None:
    ingest(db, make_draft(1, now - timedelta(days=30)), site=site, now=now)
    mirror(SITE_URL, tmp_path, fetch)
    area = add_area(db, "Khu trung tâm", [], now=now)
    add_area(db, "Khu trung tâm", [get_ward(db, "phuong-viet-hung")], now=now)
    set_area_hidden(db, area.slug, hidden=True, now=now)
    set_category_hidden(db, "khac", hidden=True, now=now)
    set_category_hidden(db, "khac", hidden=False, now=now)
    kinds = [change.kind for change in list_changes(db, since=1, limit=9)]
    assert kinds == ["opened", "members", "hidden", "hidden", "shown"]
    report = mirror(SITE_URL, tmp_path, fetch)
    assert (report.written, report.removed, report.fetched) == (0, 0, 1)


def test_a_service_that_was_restored_is_read_again_from_the_beginning(
    db: Database, site: Site, clock: Clock, fetch: Callable[[str], Any], tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    with transaction(db):
        for number in range(5):
            ingest(db, make_draft(number, clock.now - timedelta(days=90)), site=site, now=clock.now)
    backup = sqlite3.connect(":memory:")
    db.conn.backup(backup)
    ingest(db, make_draft(5, clock.now - timedelta(days=90)), site=site, now=clock.now)
    mirror(SITE_URL, folder, fetch)
    backup.backup(db.conn)
    backup.close()
    with transaction(db):
        renew_epoch(db, now=clock.now)
    # The same seqs as those that the mirror has read, and other articles.
    ingest(db, make_draft(6, clock.now - timedelta(days=90)), site=site, now=clock.now)
    report = mirror(SITE_URL, folder, fetch)
    assert report.removed + report.written > 0
    check_equal(db, folder, fetch, tmp_path)
    assert mirror(SITE_URL, folder, fetch).fetched == 1


def test_the_state_of_an_older_mirror_is_understood(
    db: Database, site: Site, now: datetime, fetch: Callable[[str], Any], tmp_path: Path
) -> None:
    ingest(db, make_draft(1, now - timedelta(days=30)), site=site, now=now)
    mirror(SITE_URL, tmp_path, fetch)
    state = json.loads((tmp_path / "state.json").read_text())
    (tmp_path / "state.json").write_text(json.dumps({"site": SITE_URL, "last": state["last"]}))
    assert mirror(SITE_URL, tmp_path, fetch).fetched == 1
    assert json.loads((tmp_path / "state.json").read_text()) == state
