"""A restore: numbers continue, no kill leaves half an instance, and acknowledged articles can be recovered."""

import json
import shutil
import signal
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from feedsvc.articles.ingest import withdraw
from feedsvc.backup import BackupError, Replacement, adopt, finish, restore, write_backup
from feedsvc.config import Settings
from feedsvc.database import Database, open_database
from feedsvc.instance import make_instance
from feedsvc.store.articles import find_article
from feedsvc.store.facts import get_epoch
from feedsvc.store.history import GAP, read_marks

from .conftest import Feedsvc, Post


def read_numbers(settings: Settings) -> dict[str, int]:
    with closing(open_database(settings.database_path)) as db:
        return dict(read_marks(db).numbers)


def read_titles(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [title for (title,) in db.execute("SELECT title FROM articles ORDER BY id")]


@pytest.fixture
def restored(settings: Settings, db: Database, post: Post, now: datetime, archive: Path) -> Replacement:
    """Two articles are backed up; then the second is corrected, the first is withdrawn, and three more are added."""
    post("1")
    post("2")
    write_backup(settings, archive, now=now)
    post("2", "Nội dung đã sửa.")
    withdraw(db, 1, reason="Nhầm", now=now)
    post("3")
    post("4")
    withdraw(db, 4, reason="Sai", now=now)
    post("5", published=now + timedelta(days=1))
    db.close()
    return restore(settings, archive, now=now)


def test_numbers_go_on_above_both_databases_in_another_epoch(settings: Settings, restored: Replacement) -> None:
    assert restored.replaced is not None
    with closing(open_database(restored.replaced / "feedsvc.db")) as old:
        marks, epoch = read_marks(old), get_epoch(old)
    assert marks.numbers["articles"] == 5
    assert read_numbers(settings) == marks.numbers
    with closing(open_database(settings.database_path)) as db:
        assert get_epoch(db) not in {"", epoch}
        assert db.execute("SELECT count(*) FROM sessions").fetchone()[0] == 0


def test_no_place_in_the_order_of_arrival_is_given_twice(settings: Settings, restored: Replacement) -> None:
    assert restored.replaced is not None
    with closing(open_database(restored.replaced / "feedsvc.db")) as old:
        lost = read_marks(old).places
    with closing(open_database(settings.database_path)) as db:
        assert read_marks(db).places == lost
        given = db.execute("SELECT max(position) FROM appearances WHERE scope_id = 1").fetchone()[0]
    assert lost["everything"] == given + 2  # two of the three that came after the backup were public


@pytest.mark.parametrize("what", ["lost", "damaged", "begun again"])
def test_where_nobody_knows_what_was_given_the_numbers_leave_a_gap(
    settings: Settings, db: Database, post: Post, now: datetime, archive: Path, what: str
) -> None:
    post("1")
    write_backup(settings, archive, now=now)
    db.close()
    if what == "damaged":
        settings.database_path.write_bytes(b"no database" * 1000)
    else:
        shutil.rmtree(settings.instance)
        if what == "begun again":  # somebody started the service over an empty disk before thinking of the backup
            make_instance(settings, now=now + timedelta(days=1))
    restore(settings, archive, now=now)
    numbers = read_numbers(settings)
    assert numbers["articles"] == 1 + GAP
    assert numbers["changes"] >= 1 + GAP


def test_what_was_there_beyond_the_backup_is_listed(settings: Settings, restored: Replacement) -> None:
    beyond = restored.list_beyond(settings)
    assert beyond is not None
    assert [(number, state) for number, state, _, _ in beyond.added] == [
        *((3, "published"), (4, "withdrawn"), (5, "scheduled"))
    ]
    assert [(number, state) for number, state, _, _ in beyond.changed] == [(1, "withdrawn"), (2, "published")]
    assert (beyond.users, beyond.tokens) == ([], [])


def test_what_was_there_is_brought_in_under_its_guids_once(
    settings: Settings, restored: Replacement, feedsvc: Feedsvc
) -> None:
    assert restored.replaced is not None
    with closing(open_database(restored.replaced / "feedsvc.db")) as old:
        wanted = [find_article(old, number) for number in range(1, 6)]
    last = read_numbers(settings)["changes"]
    done = feedsvc("ingest", "--from", restored.replaced)
    assert (done.returncode, done.stdout) == (0, "5 brought in, 0 left\n")
    with closing(open_database(settings.database_path)) as db:
        assert [find_article(db, number) for number in range(1, 6)] == wanted
        rows = db.execute("SELECT article_id, kind FROM changes WHERE seq > ? ORDER BY seq", [last]).fetchall()
    assert [tuple(row) for row in rows] == [
        *((3, "published"), (4, "published"), (4, "withdrawn"), (1, "withdrawn"), (2, "corrected"))
    ]
    assert feedsvc("ingest", "--from", restored.replaced).stdout == "0 brought in, 0 left\n"
    assert feedsvc("check").stdout == "no fault found\n"


def test_what_happened_since_the_restore_stays(
    settings: Settings, restored: Replacement, feedsvc: Feedsvc, tmp_path: Path
) -> None:
    record = {"title": "Tin 3", "ward": "phuong-lang", "published": "2026-11-24T10:00:00+07:00", "content_text": "Lại."}
    (tmp_path / "again.json").write_text(json.dumps({**record, "external_id": "3"}))
    (tmp_path / "other.json").write_text(json.dumps({**record, "title": "Tin 2", "external_id": "2"}))
    assert feedsvc("ingest", tmp_path / "again.json", tmp_path / "other.json").returncode == 0
    done = feedsvc("ingest", "--from", restored.replaced)
    assert (done.returncode, done.stdout) == (1, "3 brought in, 1 left\n")
    assert "3  Tin 3: article 6 here is the same text, entered again" in done.stderr
    with closing(open_database(settings.database_path)) as db:
        found = find_article(db, 2)
        assert found is not None
        assert "Lại." in found.content_html


def test_pictures_come_with_their_articles(
    settings: Settings, db: Database, now: datetime, archive: Path, feedsvc: Feedsvc, tmp_path: Path
) -> None:
    from ..pictures import make_photo

    write_backup(settings, archive, now=now)
    (tmp_path / "anh.jpg").write_bytes(make_photo())
    record = {"title": "Ảnh", "ward": "phuong-lang", "published": "2026-11-24T10:00:00+07:00", "content_text": "x"}
    (tmp_path / "tin.json").write_text(json.dumps({**record, "images": [{"file": "anh.jpg"}]}))
    assert feedsvc("ingest", tmp_path / "tin.json").returncode == 0
    db.close()
    replaced = restore(settings, archive, now=now).replaced
    assert not settings.media_path.exists()
    assert feedsvc("ingest", "--from", replaced).returncode == 0
    assert len(list(settings.media_path.iterdir())) == 2
    assert feedsvc("check").stdout == "no fault found\n"


# Killed


@pytest.mark.parametrize("number", range(1, 6))
def test_a_restore_that_is_killed_at_any_rename_is_finished_by_the_next(
    settings: Settings, db: Database, post: Post, now: datetime, archive: Path, feedsvc: Feedsvc, number: int
) -> None:
    """The first rename is that of the journal; then the database, -wal and key move away, and the new ones move in."""
    post("1")
    write_backup(settings, archive, now=now)
    post("2")
    db.close()
    killed = feedsvc("restore", archive, dies=("rename", number))
    assert killed.returncode == -signal.SIGKILL
    if number == 1:  # nothing was changed
        assert read_titles(settings.database_path) == ["Tin 1", "Tin 2"]
        assert feedsvc("restore", archive).returncode == 0
    else:
        there = sorted(path for path in settings.instance.rglob("*") if path.name != "feedsvc.lock")
        for command in (("serve",), ("articles", "list"), ("check",), ("migrate",)):
            refused = feedsvc(*command)
            assert refused.returncode == 2
            assert "run `feedsvc restore` without a file, which finishes it" in refused.stderr
        with pytest.raises(BackupError, match="stopped before its end"):
            restore(settings, archive, now=now)
        assert sorted(path for path in settings.instance.rglob("*") if path.name != "feedsvc.lock") == there
        finished = feedsvc("restore")
        assert finished.returncode == 0, finished.stderr
        assert "Tin 2" in finished.stdout  # the articles beyond the backup are listed now
    assert read_titles(settings.database_path) == ["Tin 1"]
    (replaced,) = settings.instance.glob("replaced-*")
    assert read_titles(replaced / "feedsvc.db") == ["Tin 1", "Tin 2"]
    assert not list(settings.instance.glob(".restore*"))
    assert feedsvc("check").stdout == "no fault found\n"


def test_a_restore_that_was_never_begun_is_not_finished(settings: Settings, db: Database, feedsvc: Feedsvc) -> None:
    assert finish(settings) is None
    refused = feedsvc("restore")
    assert (refused.returncode, "there is no interrupted restore" in refused.stderr) == (2, True)


# Another database


def test_a_database_that_litestream_restored_is_adopted(
    settings: Settings, db: Database, post: Post, now: datetime, tmp_path: Path, feedsvc: Feedsvc
) -> None:
    post("1")
    point = tmp_path / "point.db"
    with closing(sqlite3.connect(point)) as copy:
        db.conn.backup(copy)
    post("2")
    epoch, key = get_epoch(db), settings.secret_key_path.read_bytes()
    db.close()
    done = feedsvc("adopt", point)
    assert done.returncode == 0, done.stderr
    assert "Tin 2" in done.stdout
    assert read_numbers(settings)["articles"] == 2
    assert settings.secret_key_path.read_bytes() == key
    with closing(open_database(settings.database_path)) as adopted:
        assert get_epoch(adopted) != epoch
    assert read_titles(point) == ["Tin 1"]


def test_a_database_that_lies_in_the_instance_already_is_adopted_with_a_gap(
    settings: Settings, db: Database, post: Post, now: datetime
) -> None:
    post("1")
    epoch = get_epoch(db)
    db.close()
    adopt(settings, settings.database_path, now=now)
    assert read_numbers(settings)["articles"] == 1 + GAP
    with closing(open_database(settings.database_path)) as adopted:
        assert get_epoch(adopted) != epoch


@pytest.mark.parametrize("content", [b"", b"no database" * 1000])
def test_what_is_no_database_of_ours_is_not_adopted(
    settings: Settings, db: Database, now: datetime, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "other.db").write_bytes(content)
    there = sorted(settings.instance.iterdir())
    with pytest.raises(BackupError, match="is damaged"):
        adopt(settings, tmp_path / "other.db", now=now)
    assert sorted(settings.instance.iterdir()) == there
