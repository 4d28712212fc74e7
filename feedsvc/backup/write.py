"""Write a backup: a checked copy of the database at one moment, and the other files."""

import fcntl
import io
import os
import sqlite3
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from ..config import Settings
from ..database import open_connection
from ..store.history import summarise
from .archive import (
    DATABASE,
    MANIFEST,
    BackupError,
    Contents,
    DamagedError,
    HashingReader,
    Progress,
    check_database,
    ignore,
)
from .scratch import PART_SUFFIX, remove_parts, scratch_folder

_PAGES_AT_ONCE = 4096


def count_bytes(settings: Settings) -> int:
    """Return the bytes that `write_backup` will report; the database counts twice, for copying and for reading."""
    database = settings.database_path.stat().st_size
    return 2 * database + sum(path.stat().st_size for path in _list_others(settings))


def write_backup(settings: Settings, file: Path, *, now: datetime, progress: Progress = ignore) -> Contents:
    """Write database, pictures, settings and secret key to one .tar.gz, mode 600; return its contents.

    The service may keep running: the copy of the database is its state at one moment, and a picture is on disk before a
    row names it, so the backup holds every picture that the copy names. Raises BackupError if the database is damaged,
    or if the file exists or cannot be written; no file is made then.
    """
    if file.exists():
        raise BackupError(f"{file} exists: choose another name, nothing is overwritten")
    part = file.with_name(f".{file.name}{PART_SUFFIX}")
    try:
        remove_parts(file.parent)
        with scratch_folder(settings.instance) as folder:
            copy = folder / DATABASE
            copy_database(settings.database_path, copy, progress)
            check_database(copy, str(settings.database_path))
            contents = _write_archive(settings, copy, part, now, progress)
        part.replace(file)
        sync_folder(file.parent)
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)
    return contents


def copy_database(source: Path, target: Path, progress: Progress = ignore) -> None:
    """Copy a database that may be in use, in its state at one moment, to a new self-contained file of mode 600.

    Raises BackupError if it cannot be read as a database.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(open_connection(source)) as db, closing(sqlite3.connect(target)) as copy:
            # Within a transaction; otherwise each step would see later writes, and the copy would start again.
            db.execute("BEGIN")
            db.execute("SELECT 1 FROM sqlite_schema").fetchone()
            size, done = db.execute("PRAGMA page_size").fetchone()[0], 0

            def report(_: int, remaining: int, total: int) -> None:
                nonlocal done
                progress((total - remaining - done) * size)
                done = total - remaining

            db.backup(copy, pages=_PAGES_AT_ONCE, progress=report)
            db.rollback()
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a -wal file
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        raise DamagedError(str(source), str(error)) from None


def _write_archive(settings: Settings, copy: Path, part: Path, now: datetime, progress: Progress) -> Contents:
    with closing(open_connection(copy)) as db:
        database = summarise(db)
    files: dict[str, tuple[int, str]] = {}
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=6) as archive:
            for name, path in ((DATABASE, copy), *((_name(settings, path), path) for path in _list_others(settings))):
                if added := _add(archive, name, path, progress):
                    files[name] = added
            contents = Contents(
                {name: size for name, (size, _) in files.items()},
                now.astimezone(UTC).isoformat(timespec="seconds"),
                version("feedsvc"),
                {name: digest for name, (_, digest) in files.items()},
                database,
            )
            manifest = contents.dump()
            archive.addfile(_describe(MANIFEST, len(manifest), now.timestamp()), io.BytesIO(manifest))
        stream.flush()
        os.fsync(stream.fileno())
    return contents


def _add(archive: tarfile.TarFile, name: str, path: Path, progress: Progress) -> tuple[int, str] | None:
    """Add a file; return its size and SHA-256."""
    try:
        stream = path.open("rb")
    except FileNotFoundError:  # `check --fix` has just removed an unused picture
        return None
    with stream:
        status = os.fstat(stream.fileno())
        reader = HashingReader(stream, progress)
        archive.addfile(_describe(name, status.st_size, status.st_mtime), reader)
    return status.st_size, reader.hexdigest()


def _describe(name: str, size: int, modified: float) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, int(modified), 0o600
    return member


def _name(settings: Settings, path: Path) -> str:
    return path.relative_to(settings.instance).as_posix()


def _list_others(settings: Settings) -> list[Path]:
    pictures = [path for path in sorted(settings.media_path.glob("*")) if not path.name.startswith(".")]
    singles = [settings.secret_key_path, settings.settings_path]
    return [path for path in (*singles, *pictures) if path.is_file()]


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
