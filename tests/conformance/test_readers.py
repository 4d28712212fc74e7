"""Real readers that keep state get 304 when they poll again, and have every article."""

import re
import sqlite3
import subprocess
from pathlib import Path

import pytest
from reader import make_reader

from ..conftest import free_port
from .conftest import Rich
from .wire import recording_proxy

FEEDS = ("/rss.xml", "/atom.xml", "/wards/phuong-viet-hung/rss.xml", "/wards/phuong-ba-dinh/atom.xml")
CATEGORY = "/categories/thong-bao/rss.xml"


@pytest.mark.newsboat
def test_newsboat_polls_three_times_and_gets_304(rich: Rich, tmp_path: Path) -> None:
    port = free_port()
    urls, cache, config = tmp_path / "urls", tmp_path / "cache.db", tmp_path / "config"
    urls.write_text("".join(f"http://127.0.0.1:{port}{path}\n" for path in (*FEEDS, CATEGORY)))
    config.write_text("download-retries 1\n")
    command = ["newsboat", "-q", "-u", str(urls), "-c", str(cache), "-C", str(config), "-x", "reload"]
    seen = []
    with recording_proxy(rich.url, port) as notes:
        for _ in range(3):
            notes.clear()
            result = subprocess.run(
                command, env={"HOME": str(tmp_path), "LANG": "C.UTF-8"}, capture_output=True, timeout=60, check=False
            )
            assert result.returncode == 0, result.stderr.decode()
            seen.append(sorted((note.path, note.status, note.is_conditional) for note in notes))
    everything = sorted((*FEEDS, CATEGORY))
    # It stores validators with the feed, and saves the feed after the first poll: the third poll is the first with
    # them.
    assert seen[0] == seen[1] == [(path, 200, False) for path in everything]
    assert seen[2] == [(path, 304, True) for path in everything]
    with sqlite3.connect(cache) as db:
        rows = db.execute(
            "SELECT guid, title, url, content FROM rss_item"
            " WHERE feedurl LIKE '%/thong-bao/rss.xml' ORDER BY pubDate DESC"
        ).fetchall()
    db.close()
    wanted = [item for item in rich.expected if "thong-bao" in item.slugs]
    assert [(guid, url) for guid, _, url, _ in rows] == [
        (item.article.guid, f"{rich.url}/articles/{item.article.id}/{item.article.slug}") for item in wanted
    ]
    assert [content for *_, content in rows] == [item.content for item in wanted]
    assert [title for _, title, *_ in rows] == [item.draft.title for item in wanted]


def test_reader_keeps_state_and_finds_every_field(rich: Rich, tmp_path: Path) -> None:
    port = free_port()
    filenames = ("rss.xml", "atom.xml", "feed.json")
    with recording_proxy(rich.url, port) as notes:
        reader = make_reader(str(tmp_path / "reader.db"))
        for filename in filenames:
            reader.add_feed(f"http://127.0.0.1:{port}/{filename}")
        for poll in range(3):
            notes.clear()
            for feed in reader.get_feeds():
                reader.update_feed(feed)
            assert [note.status for note in notes] == [304 if poll else 200] * 3
        for filename in filenames:
            entries = list(reader.get_entries(feed=f"http://127.0.0.1:{port}/{filename}"))
            by_id = {entry.id: entry for entry in entries}
            assert by_id.keys() == {item.article.guid for item in rich.expected}
            for item in rich.expected:
                entry = by_id[item.article.guid]
                content = entry.get_content(prefer_summary=False)
                assert entry.authors_str == item.author
                assert entry.published == item.draft.published
                assert (entry.updated or entry.published) == item.updated
                assert content is not None
                if "<b>" not in item.draft.title:  # in RSS it treats a title that looks like HTML as HTML
                    assert entry.title == item.draft.title
                if not re.search("<table|<img", html := item.content):
                    assert content.value == html
        reader.close()
