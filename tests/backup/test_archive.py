"""The contents of a backup are compared with its manifest before any of them is used."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from feedsvc.backup import BackupError, read_contents, restore, verify, write_backup
from feedsvc.config import Settings
from feedsvc.database import Database

Files = dict[str, bytes]


def repack(archive: Path, change: Callable[[Files], object]) -> None:
    """Rewrite an archive with changed files, which a check of gzip alone would accept."""
    with tarfile.open(archive) as opened:
        files = {member.name: stream.read() for member in opened if (stream := opened.extractfile(member))}
    change(files)
    archive.unlink()
    with tarfile.open(archive, "w:gz") as packed:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            packed.addfile(info, io.BytesIO(data))


@pytest.fixture
def backup(settings: Settings, db: Database, now: datetime, archive: Path) -> Path:
    settings.media_path.mkdir()
    (settings.media_path / "a.jpg").write_bytes(b"picture")
    write_backup(settings, archive, now=now)
    return archive


def change_format(files: Files) -> None:
    files["manifest.json"] = files["manifest.json"].replace(b"feedsvc-backup-1", b"feedsvc-backup-2")


FAULTS: dict[str, tuple[Callable[[Files], object], str]] = {
    "changed": (lambda files: files.update({"media/a.jpg": b"Picture"}), "has a changed media/a.jpg"),
    "missing": (lambda files: files.pop("media/a.jpg"), "lacks media/a.jpg"),
    "added": (lambda files: files.update({"media/b.jpg": b"x"}), "has, against its manifest, media/b.jpg"),
    "newer": (change_format, "is a backup of a newer feedsvc"),
    "no manifest": (lambda files: files.update({"manifest.json": b"{"}), "a manifest that cannot be read"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_not_as_the_manifest_says_is_refused(
    settings: Settings, backup: Path, now: datetime, fault: str
) -> None:
    change, message = FAULTS[fault]
    repack(backup, change)
    there = sorted(settings.instance.rglob("*"))
    with pytest.raises(BackupError, match=message):
        verify(backup)
    with pytest.raises(BackupError, match=message):
        restore(settings, backup, now=now)
    assert sorted(settings.instance.rglob("*")) == there


def test_a_backup_of_version_0_1_has_no_manifest_and_is_taken(settings: Settings, backup: Path, now: datetime) -> None:
    repack(backup, lambda files: files.pop("manifest.json"))
    assert not verify(backup).has_manifest
    assert restore(settings, backup, now=now).replaced is not None


def test_the_manifest_names_size_and_digest_of_each_file(settings: Settings, backup: Path) -> None:
    contents = read_contents(backup)
    assert contents.sizes.keys() == {"feedsvc.db", "secret_key", "media/a.jpg"} == contents.hashes.keys()
    assert contents.hashes["media/a.jpg"] == hashlib.sha256(b"picture").hexdigest()
    with tarfile.open(backup) as opened:
        last = opened.getmembers()[-1]
        stream = opened.extractfile(last)
        assert stream is not None
        assert (last.name, json.load(stream)["format"]) == ("manifest.json", "feedsvc-backup-1")
