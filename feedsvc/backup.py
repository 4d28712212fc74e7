"""Write an instance to one file, and make an instance from such a file: all or nothing, and without overwriting."""

import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path

from .config import Settings
from .errors import FeedsvcError

_MEMBER = re.compile(r"feedsvc\.db|feedsvc\.toml|secret_key|media/[0-9a-z][0-9a-z.-]*")


class BackupError(FeedsvcError):
    """A backup cannot be written, or a file is not a backup of feedsvc."""


def write_backup(settings: Settings, file: Path) -> int:
    """Write database, pictures, settings and secret key to one .tar.gz, mode 600; return its size in bytes.

    The service may keep running: the copy of the database is its state at one moment, and a picture is on disk before a
    row names it, so the backup holds every picture that the copy names. Raises BackupError if the file exists or cannot
    be written.
    """
    if file.exists():
        raise BackupError(f"{file} exists: choose another name, nothing is overwritten")
    aside = file.with_name(f".{file.name}.part")
    try:
        with tempfile.TemporaryDirectory(dir=settings.instance) as folder:
            copy = Path(folder) / "feedsvc.db"
            _copy_database(settings.database_path, copy)
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                with tarfile.open(fileobj=stream, mode="w:gz") as archive:
                    archive.add(copy, "feedsvc.db")
                    for path in _list_others(settings):
                        archive.add(path, path.relative_to(settings.instance).as_posix())
                stream.flush()
                os.fsync(stream.fileno())
        aside.replace(file)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise BackupError(f"{file} cannot be written: {error.strerror or error}") from None
    return file.stat().st_size


def read_backup(settings: Settings, file: Path, *, now: datetime) -> Path | None:
    """Replace this instance by that of a backup; return the folder that now holds the replaced files, None without any.

    The service must be stopped first. Raises BackupError if the file is not a complete backup; nothing changes then.
    """
    settings.instance.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.instance) as folder:
        fresh = Path(folder)
        try:
            with tarfile.open(file, "r:gz") as archive:
                members = archive.getmembers()
                strangers = [
                    member.name for member in members if not (member.isfile() and _MEMBER.fullmatch(member.name))
                ]
                if strangers or "feedsvc.db" not in {member.name for member in members}:
                    raise BackupError(f"{file} is not a feedsvc backup ({', '.join(strangers[:3]) or 'no feedsvc.db'})")
                for member in members:
                    _extract(archive, member, fresh)
            _check_database(fresh / "feedsvc.db", file)
        except (tarfile.TarError, OSError, EOFError) as error:
            raise BackupError(f"{file} cannot be read as a backup: {error}") from None
        replaced = _move_away(settings, now)
        for path in sorted(fresh.iterdir()):
            path.rename(settings.instance / path.name)
    return replaced


def _copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as db, closing(sqlite3.connect(target)) as copy:
        db.backup(copy)
        # The copy is one file, without a -wal file.
        copy.execute("PRAGMA journal_mode = DELETE")


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write one file of the archive to a new folder, with its time; raises OSError if the name exists already.

    `extractall` is safe only with `filter`, which exists since Python 3.11.4. This function restores neither owner nor
    special modes.
    """
    path = folder / member.name
    path.parent.mkdir(exist_ok=True)
    source = archive.extractfile(member)
    assert source is not None  # the caller passes regular files only
    with source, os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        shutil.copyfileobj(source, target)
    path.chmod(member.mode & 0o644 | 0o600)
    os.utime(path, (member.mtime, member.mtime))


def _check_database(path: Path, file: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as db:
            result = db.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        result = str(error)
    if result != "ok":
        raise BackupError(f"the database in {file} is damaged: {result}")


def _list_others(settings: Settings) -> list[Path]:
    pictures = [path for path in sorted(settings.media_path.glob("*")) if not path.name.startswith(".")]
    singles = [settings.secret_key_path, settings.instance / "feedsvc.toml"]
    return [path for path in (*singles, *pictures) if path.is_file()]


def _move_away(settings: Settings, now: datetime) -> Path | None:
    names = ("feedsvc.db", "feedsvc.db-wal", "feedsvc.db-shm", "secret_key", "feedsvc.toml", "media")
    there = [path for name in names if (path := settings.instance / name).exists()]
    if not there:
        return None
    replaced = settings.instance / f"replaced-{now:%Y%m%dT%H%M%SZ}"
    replaced.mkdir()
    for path in there:
        path.rename(replaced / path.name)
    return replaced
