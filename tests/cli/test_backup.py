"""A backup is the whole instance in one file, and a restored instance is the same."""

import io
import sqlite3
import tarfile
from pathlib import Path

import pytest

from feedsvc.backup import BackupError

from ..conftest import REAL_PAGE, SAMPLES, start_server, stop_server
from ..pictures import make_photo
from .conftest import Run


def test_it_works(run: Run, tmp_path: Path) -> None:
    run("ingest", SAMPLES)
    before = run("articles", "list").stdout
    assert run("backup", tmp_path / "b.tar.gz").exit_code == 0
    assert (tmp_path / "b.tar.gz").stat().st_mode & 0o777 == 0o600
    run("articles", "withdraw", 1, "--reason", "Nhầm")
    result = run("restore", tmp_path / "b.tar.gz")
    assert "the replaced files are in" in result.stdout
    assert run("articles", "list").stdout == before
    replaced = next((tmp_path / "instance").glob("replaced-*"))
    assert {"feedsvc.db", "secret_key"} <= {path.name for path in replaced.iterdir()}


def test_pictures_and_the_secret_key_come_back(run: Run, tmp_path: Path) -> None:
    (tmp_path / "anh.jpg").write_bytes(make_photo())
    (tmp_path / "tin.json").write_text(
        '{"title": "Phường Phúc Đồng họp", "ward": "phuong-phuc-dong", "published": "2023-09-13T16:20:00+07:00",'
        ' "content_text": "x", "images": [{"file": "anh.jpg"}]}'
    )
    run("ingest", tmp_path / "tin.json")
    instance = tmp_path / "instance"
    kept = {path.name: path.read_bytes() for path in (instance / "media").iterdir()}
    key = (instance / "secret_key").read_bytes()
    run("backup", tmp_path / "b.tar.gz")
    run("restore", tmp_path / "b.tar.gz")
    assert {path.name: path.read_bytes() for path in (instance / "media").iterdir()} == kept
    assert (instance / "secret_key").read_bytes() == key
    assert run("check").stdout == "no fault found\n"


@pytest.mark.slow
def test_a_running_service_is_backed_up_whole(tmp_path: Path) -> None:
    process, server = start_server(tmp_path / "served", "--samples")
    try:
        assert server.run("backup", str(tmp_path / "b.tar.gz")).returncode == 0
    finally:
        stop_server(process)
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        database = archive.extractfile("feedsvc.db")
        assert database is not None
        (tmp_path / "feedsvc.db").write_bytes(database.read())
    db = sqlite3.connect(tmp_path / "feedsvc.db")
    assert db.execute("SELECT count(*) FROM articles").fetchone() == (27,)
    db.close()


def test_a_backup_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "b.tar.gz").write_text("x")
    result = run("backup", tmp_path / "b.tar.gz")
    assert isinstance(result.exception, BackupError)
    assert (tmp_path / "b.tar.gz").read_text() == "x"


def pack(path: Path, *members: tuple[str, bytes | tarfile.TarInfo]) -> Path:
    """Write an archive of these members in this order; a TarInfo adds a member that is not a regular file."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members:
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            if isinstance(content, bytes):
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return path


def special(kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


DATABASE = ("feedsvc.db", b"x")
NO_BACKUPS: dict[str, list[tuple[str, bytes | tarfile.TarInfo]]] = {
    "stranger": [DATABASE, ("evil.py", b"x")],
    "outside": [DATABASE, ("../evil", b"x")],
    "outside by way of media": [DATABASE, ("media/../../evil", b"x")],
    "the folder itself": [DATABASE, ("media/..", b"x")],
    "absolute": [DATABASE, ("/evil", b"x")],
    "twice": [DATABASE, ("secret_key", b"x"), ("secret_key", b"x")],
    "link": [DATABASE, ("media/a.jpg", special(tarfile.SYMTYPE, "/etc/passwd"))],
    "hard link": [DATABASE, ("secret_key", special(tarfile.LNKTYPE, "/etc/passwd"))],
    "a folder that is a link": [DATABASE, ("media", special(tarfile.SYMTYPE, "/etc")), ("media/a.jpg", b"x")],
    "device": [DATABASE, ("secret_key", special(tarfile.CHRTYPE))],
    "no database": [("secret_key", b"x")],
    "damaged": [("feedsvc.db", b"SQLite format 3\0" + b"x" * 5000)],
}


@pytest.mark.parametrize("kind", ["text", "cut off", *NO_BACKUPS])
def test_an_incomplete_backup_changes_nothing(run: Run, tmp_path: Path, kind: str) -> None:
    run("ingest", REAL_PAGE)
    run("backup", tmp_path / "good.tar.gz")
    before = run("articles", "show", 1).stdout
    file = tmp_path / "bad.tar.gz"
    if kind == "text":
        file.write_text("no archive")
    elif kind == "cut off":
        file.write_bytes((tmp_path / "good.tar.gz").read_bytes()[:-2000])
    else:
        pack(file, *NO_BACKUPS[kind])
    there = sorted(tmp_path.rglob("*"))
    assert isinstance(run("restore", file).exception, BackupError)
    assert sorted(tmp_path.rglob("*")) == there
    assert run("articles", "show", 1).stdout == before


def test_a_restored_file_is_written_by_its_owner_alone(run: Run, tmp_path: Path) -> None:
    run("backup", tmp_path / "b.tar.gz")
    with tarfile.open(tmp_path / "b.tar.gz") as archive, tarfile.open(tmp_path / "open.tar.gz", "w:gz") as opened:
        for member in archive:
            member.mode, member.mtime, member.pax_headers = 0o6777, 1_700_000_000, {}
            opened.addfile(member, archive.extractfile(member))
    assert run("restore", tmp_path / "open.tar.gz").exit_code == 0
    restored = (tmp_path / "instance" / "secret_key").stat()
    assert (restored.st_mode & 0o7777, restored.st_mtime) == (0o600, 1_700_000_000)


@pytest.mark.slow
def test_a_backup_is_not_restored_while_the_service_runs(run: Run, tmp_path: Path) -> None:
    run("backup", tmp_path / "b.tar.gz")
    process, server = start_server(tmp_path / "instance", FEEDSVC_SITE_URL="https://tin.example.vn")
    try:
        refused = server.run("restore", str(tmp_path / "b.tar.gz"))
        assert refused.returncode == 2
        assert "is in use by" in refused.stderr
        assert f"feedsvc serve (process {process.pid}: kill {process.pid}" in refused.stderr  # with its workers
        # kill -9 kills only the master: its workers still answer for a moment, and hold the lock until they end.
        process.kill()
        process.communicate(timeout=30)
        while (again := server.run("restore", str(tmp_path / "b.tar.gz"))).returncode:
            assert "is in use by" in again.stderr
    finally:
        stop_server(process)
    assert again.stdout.startswith("restored from")
