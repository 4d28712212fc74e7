"""A read-only instance over a database that Litestream updates, as in docs/scaling.md: writer, replica, reader."""

import json
import re
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from feedsvc.database import get_data_version, list_faults, open_database

from .replica import DEPLOY, Site, run_site
from .test_nginx import run_nginx
from .wire import Answer, fetch, until

pytestmark = pytest.mark.litestream
PATHS = (
    "/rss.xml",
    "/wards/phuong-lang/atom.xml",
    "/feed.json?content=summary",
    "/",
    "/wards/phuong-lang/",
    "/opml.xml",
    "/changes.json",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with run_site(tmp_path_factory.mktemp("site"), follow_interval="200ms") as running:
        yield running


def publish(site: Site, title: str) -> int:
    """Publish on the writer; return when the reader shows the article."""
    article_id = site.post(title)
    until(lambda: fetch(f"{site.reader.url}/feed.json"), lambda answer: title.encode() in answer.body)
    return article_id


def is_settled(answer: Answer) -> bool:
    now, changed = (parsedate_to_datetime(answer.get(name) or "") for name in ("Date", "Last-Modified"))
    return now - changed > timedelta(seconds=1)


def test_what_is_published_and_withdrawn_appears_on_the_reader(site: Site) -> None:
    first, second = publish(site, "Tin thứ nhất"), publish(site, "Tin thứ hai")
    site.withdraw(first)
    gone = until(lambda: fetch(f"{site.reader.url}/articles/{first}"), lambda answer: answer.status == 410)
    assert "Nhầm" in gone.body.decode()
    titles = [item["title"] for item in json.loads(fetch(f"{site.reader.url}/feed.json").body)["items"]]
    assert "Tin thứ hai" in titles
    assert "Tin thứ nhất" not in titles
    found = fetch(f"{site.reader.url}/search?q=thu+hai").body.decode()
    assert f"/articles/{second}/" in found


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_both_answer_with_the_same_bytes_under_the_same_entity_tag(site: Site, encoding: str) -> None:
    publish(site, f"Tin để so sánh {encoding}")
    # Within the second of a change, Last-Modified names an earlier second.
    until(lambda: fetch(f"{site.writer.url}/rss.xml"), is_settled)
    for path in PATHS:
        written = fetch(site.writer.url + path, Accept_Encoding=encoding)
        read = fetch(site.reader.url + path, Accept_Encoding=encoding)
        assert (read.status, read.body) == (200, written.body), path
        for name in ("ETag", "Last-Modified", "Cache-Control", "Content-Type", "Content-Encoding", "Link", "Vary"):
            assert read.get(name) == written.get(name), (path, name)
        tag = written.get("ETag")
        assert tag is not None
        assert fetch(site.reader.url + path, If_None_Match=tag).status == 304


def test_nothing_can_be_written_on_the_reader(site: Site) -> None:
    url, instance = site.reader.url, site.reader.instance
    posted = fetch(f"{url}/api/articles", "POST", content=b"{}", Content_Type="application/json")
    assert (posted.status, posted.get("Content-Type")) == (503, "application/problem+json")
    assert fetch(f"{url}/admin/login").status == 503
    refused = site.reader.run("articles", "withdraw", "1", "--reason", "x")
    assert (refused.returncode, "do this on the instance that writes" in refused.stderr) == (2, True)
    copy = open_database(instance / "feedsvc.db", read_only=True)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        copy.execute("DELETE FROM articles")
    copy.close()
    assert {path.name for path in instance.iterdir()} == {"feedsvc.db", "feedsvc.db.next", "feedsvc.db.next-txid"}


def test_readers_during_a_write_get_only_complete_answers(site: Site) -> None:
    """Several readers run while the copy changes: Litestream locks, they wait, and nobody gets an error."""
    seen: Counter[int] = Counter()
    sequence: list[int] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            for path in ("/changes.json?since=0&limit=1000", "/search?q=tin", "/wards/phuong-lang/rss.xml?limit=9"):
                answer = fetch(site.reader.url + path, Accept_Encoding="identity")
                seen[answer.status] += 1
                if path.startswith("/changes"):
                    sequence.append(json.loads(answer.body)["last"])

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for number in range(8):
            publish(site, f"Tin giữa chừng {number}")
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert set(seen) == {200}, seen
    assert max(sequence) - min(sequence) >= 7
    with_copy = open_database(site.reader.instance / "feedsvc.db", read_only=True)
    assert list_faults(with_copy) == []
    with_copy.close()


def test_a_connection_to_the_copy_learns_of_every_change_from_sqlite_itself(site: Site) -> None:
    """The cache of a connection holds pages that a change replaces; it reads the first page to detect the change."""
    copy = open_database(site.reader.instance / "feedsvc.db", read_only=True)
    copy.execute("PRAGMA mmap_size = 0")
    query = "SELECT state FROM articles WHERE id = ?"
    try:
        for number in range(3):
            article_id = publish(site, f"Tin sẽ thu hồi {number}")
            assert copy.execute(query, [article_id]).fetchone()["state"] == "published"
            version = get_data_version(copy)
            site.withdraw(article_id)
            until(lambda: fetch(f"{site.reader.url}/articles/{article_id}"), lambda answer: answer.status == 410)  # noqa: B023
            assert get_data_version(copy) != version
            assert copy.execute(query, [article_id]).fetchone()["state"] == "withdrawn"
    finally:
        copy.close()


def test_the_reader_keeps_answering_while_the_writer_is_dead_and_follows_it_again(site: Site) -> None:
    publish(site, "Tin trước sự cố")
    before = fetch(f"{site.reader.url}/rss.xml")
    site.kill("writer")
    with pytest.raises(OSError, match="refused"):
        fetch(f"{site.writer.url}/rss.xml")
    after = fetch(f"{site.reader.url}/rss.xml")
    assert (after.status, after.get("ETag"), after.body) == (200, before.get("ETag"), before.body)
    site.start_writer()
    publish(site, "Tin sau sự cố")


def test_litestream_that_was_killed_catches_up(site: Site) -> None:
    site.kill("litestream")
    article_id = site.post("Tin khi không sao chép")
    site.start_litestream()
    until(lambda: fetch(f"{site.reader.url}/articles/{article_id}"), lambda answer: answer.status == 301)


def test_a_follower_that_was_killed_begins_a_fresh_copy_that_the_reader_takes_up(site: Site) -> None:
    site.kill("follower")
    article_id = site.post("Tin khi không theo dõi")
    assert fetch(f"{site.reader.url}/articles/{article_id}").status == 404
    assert fetch(f"{site.reader.url}/rss.xml").status == 200
    site.start_follower()
    until(lambda: fetch(f"{site.reader.url}/articles/{article_id}"), lambda answer: answer.status == 301)
    publish(site, "Tin sau khi theo dõi lại")


def test_the_follower_leaves_an_instance_that_writes_alone(site: Site) -> None:
    before = (site.writer.instance / "feedsvc.db").stat().st_ino
    environ = {**site.writer.environ, "FEEDSVC_REPLICA": "file:///nowhere"}
    done = subprocess.run([DEPLOY / "follow-replica.sh"], env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, "is an instance that writes" in done.stderr) == (2, True)
    assert (site.writer.instance / "feedsvc.db").stat().st_ino == before


@pytest.mark.nginx
def test_behind_one_address_readers_are_shared_and_what_writes_goes_to_the_writer(site: Site, tmp_path: Path) -> None:
    publish(site, "Tin sau một địa chỉ")
    with run_nginx(tmp_path, site.writer.url, site.reader.url) as url:
        # The cache does not answer these requests: each goes to one of the two instances.
        tags = {fetch(f"{url}/rss.xml?{number}").get("ETag") for number in range(10)}
        assert len(tags) == 1
        for _ in range(4):
            assert fetch(f"{url}/admin/login").status == 200
            assert fetch(f"{url}/api/articles").status == 401
            assert re.search(rb"^feedsvc_changes_total \d+$", fetch(f"{url}/metrics").body, re.M)
        site.kill("writer")
        assert {fetch(f"{url}/atom.xml?{number}").status for number in range(10)} == {200}
        assert fetch(f"{url}/admin/login").status == 502
        site.start_writer()
