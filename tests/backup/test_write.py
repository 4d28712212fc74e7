"""A backup succeeds only if it can be restored, and leaves nothing behind when it fails or is killed."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from feedsvc.backup import BackupError, list_leftovers, verify, write_backup
from feedsvc.config import Settings
from feedsvc.database import Database, open_database

from .conftest import Feedsvc, Post


def damage(path: Path) -> None:
    """Overwrite twenty pages in the middle of a database that is not open."""
    db = open_database(path)
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(os.urandom(20 * 4096))


def test_a_damaged_database_is_no_backup(settings: Settings, db: Database, post: Post, archive: Path) -> None:
    post("1")
    db.close()
    damage(settings.database_path)
    there = {path.name for path in archive.parent.rglob("*")} | {"feedsvc.db-wal", "feedsvc.db-shm"}
    with pytest.raises(BackupError, match=r"is damaged: .*; nothing was written: keep the backups"):
        write_backup(settings, archive, now=datetime.now().astimezone())
    assert {path.name for path in archive.parent.rglob("*")} <= there


def test_a_file_that_is_no_database_is_named(settings: Settings, db: Database, archive: Path, feedsvc: Feedsvc) -> None:
    db.close()
    settings.database_path.write_bytes(b"no database at all" * 1000)
    done = feedsvc("backup", archive)
    assert (done.returncode, archive.exists()) == (2, False)
    assert "has a damaged database, feedsvc.db" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_row_that_refers_to_nothing_is_no_backup(
    settings: Settings, db: Database, now: datetime, archive: Path
) -> None:
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("INSERT INTO successions VALUES (99999, 99998, '2025-01-01', 'merged', 1, '')")
    with pytest.raises(BackupError, match="refers to no row"):
        write_backup(settings, archive, now=now)


def test_it_says_in_one_line_what_it_wrote_and_verifies_it(
    settings: Settings, db: Database, post: Post, archive: Path, feedsvc: Feedsvc
) -> None:
    post("1")
    done = feedsvc("backup", archive)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    assert "1 articles, 0 files of pictures, last change 2026-11-24T10:00:00+07:00, sound" in done.stdout
    assert archive.stat().st_mode & 0o777 == 0o600
    verified = feedsvc("backup", "--verify", archive)
    assert (verified.returncode, "sound" in verified.stdout) == (0, True)
    listed = feedsvc("restore", "--list", archive)
    assert "1 articles" in listed.stdout
    assert "secret_key" in listed.stdout


def test_the_copy_is_of_one_moment_while_others_write(
    settings: Settings, db: Database, now: datetime, archive: Path
) -> None:
    """A continuous writer can neither make the copy inconsistent nor keep it from finishing."""
    db.execute("CREATE TABLE filler (number INTEGER, data BLOB)")
    db.conn.executemany("INSERT INTO filler VALUES (?, zeroblob(4000))", ((number,) for number in range(12_000)))
    db.conn.commit()
    program = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None); print('go', flush=True)\n"
        "while True: db.execute('UPDATE filler SET number = number + 1 WHERE rowid % 500 = 0')"
    )
    command = [sys.executable, "-c", program, str(settings.database_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "go\n"
        write_backup(settings, archive, now=now)
        writer.kill()
    assert verify(archive).has_manifest


def test_nothing_of_a_killed_backup_stays_for_long(
    settings: Settings, db: Database, post: Post, archive: Path, feedsvc: Feedsvc
) -> None:
    killed = feedsvc("backup", archive, dies=("replace", 1))
    assert killed.returncode == -signal.SIGKILL
    assert not archive.exists()
    left = [*settings.instance.glob(".feedsvc-*"), *archive.parent.glob(".*.feedsvc-part")]
    assert len(left) == 1  # the archive is complete, but not yet renamed
    os.utime(left[0], (time.time() - 120, time.time() - 120))
    assert feedsvc("backup", archive).returncode == 0
    assert not left[0].exists()


def test_check_removes_what_others_left(settings: Settings, db: Database, feedsvc: Feedsvc) -> None:
    old, killed, own = (settings.instance / name for name in ("tmpab12cd34", ".feedsvc-x", "tmp-by-me"))
    for folder in (old, killed, own):
        folder.mkdir()
        (folder / ("feedsvc.db" if folder != own else "notes.txt")).write_bytes(b"x")
        os.utime(folder, (time.time() - 120, time.time() - 120))
    assert list_leftovers(settings) == sorted([old, killed])
    named = feedsvc("check")
    assert (named.returncode, "tmpab12cd34" in named.stdout, "check --fix" in named.stdout) == (1, True, True)
    feedsvc("check", "--fix")
    assert [path.exists() for path in (old, killed, own)] == [False, False, True]


def test_a_stopped_backup_cleans_up_after_itself(settings: Settings, db: Database, archive: Path) -> None:
    """A timeout sends SIGTERM."""
    program = (
        "import os, pathlib, signal, sys\n"
        "pathlib.Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGTERM)\n"
        "from feedsvc.cli import main; sys.argv = ['feedsvc', 'backup', sys.argv[1]]; main()"
    )
    environ = {**os.environ, "FEEDSVC_INSTANCE": str(settings.instance), "FEEDSVC_SITE_URL": settings.site_url}
    done = subprocess.run([sys.executable, "-c", program, str(archive)], env=environ, timeout=60, check=False)
    assert done.returncode == 128 + signal.SIGTERM
    assert list(archive.parent.glob(".*")) == []
    assert list(settings.instance.glob(".feedsvc-*")) == []


def test_a_backup_can_be_taken_before_the_upgrade(
    settings: Settings, db: Database, now: datetime, archive: Path
) -> None:
    """A database of another version, older or newer, is copied unchanged."""
    db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm010_epoch'")
    db.execute("DELETE FROM facts WHERE name = 'epoch'")
    db.conn.commit()
    write_backup(settings, archive, now=now)
    assert verify(archive).database is not None


def test_a_read_only_instance_is_backed_up_too(
    settings: Settings, db: Database, archive: Path, feedsvc: Feedsvc
) -> None:
    shutil.rmtree(settings.media_path, ignore_errors=True)
    settings.secret_key_path.unlink()
    with sqlite3.connect(settings.database_path) as connection:
        connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    assert feedsvc("backup", archive).returncode == 0
