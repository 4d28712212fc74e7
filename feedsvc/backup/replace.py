"""Replace the database, or the whole instance, so that no kill leaves it half replaced.

First everything is prepared in a folder of the instance. Then a journal is written that lists all moves. From then on,
the replacement only continues: a process that finds the journal makes the remaining moves.
"""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path

from ..config import Settings
from ..database import migrate, open_database, transaction
from ..store.history import Beyond, Marks, begin_epoch, list_beyond, read_marks
from .archive import DATABASE, BackupError, Progress, check_database, extract, ignore
from .scratch import RESTORE
from .write import copy_database, sync_folder

_OF_DATABASE = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm")
_OF_INSTANCE = (*_OF_DATABASE, "secret_key", "feedsvc.toml", "media")


@dataclass(frozen=True, slots=True)
class Replacement:
    """The source of a replacement, and the folder of the replaced files (None if there were none)."""

    source: str
    replaced: Path | None

    def list_beyond(self, settings: Settings) -> Beyond | None:
        """List what the replaced database has beyond the backup; None if that database cannot be read."""
        if self.replaced is None or not (self.replaced / DATABASE).exists():
            return None
        try:
            with closing(open_database(settings.database_path, read_only=True)) as db:
                return list_beyond(db, self.replaced / DATABASE)
        except sqlite3.DatabaseError:
            return None


@dataclass(frozen=True, slots=True)
class _Journal:
    """A replacement in progress: the names to move out of the instance, and those to move into it."""

    source: str
    replaced: str
    away: list[str] = field(default_factory=list)
    into: list[str] = field(default_factory=list)


def restore(settings: Settings, file: Path, *, now: datetime, progress: Progress = ignore) -> Replacement:
    """Replace this instance by that of a backup; the caller holds the exclusive lock.

    Raises BackupError if the file is not a sound backup, SchemaError if a newer version wrote it; nothing changes then.
    """
    fresh = _start(settings)
    try:
        extract(file, fresh, progress=progress)
        check_database(fresh / DATABASE, f"the database in {file}")
        _begin_epoch(fresh / DATABASE, settings.database_path, now)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return _replace(settings, str(file), _OF_INSTANCE, now)


def adopt(settings: Settings, file: Path, *, now: datetime, progress: Progress = ignore) -> Replacement:
    """Replace the database by a copy of the file, as `restore` does, but keep pictures, settings and secret key.

    The file may be the database of the instance itself, restored there by other means.
    """
    fresh = _start(settings)
    try:
        check_database(file, str(file))
        copy_database(file, fresh / DATABASE, progress)
        is_own = settings.database_path.exists() and settings.database_path.samefile(file)
        _begin_epoch(fresh / DATABASE, None if is_own else settings.database_path, now)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return _replace(settings, str(file), _OF_DATABASE, now)


def finish(settings: Settings) -> Replacement | None:
    """Complete an interrupted replacement; return None if there is none. The caller holds the exclusive lock."""
    if not settings.restore_journal_path.exists():
        return None
    return _carry_out(settings, _Journal(**json.loads(settings.restore_journal_path.read_bytes())))


def _start(settings: Settings) -> Path:
    if settings.restore_journal_path.exists():
        raise BackupError("a restore was stopped before its end: run `feedsvc restore` without a file to finish it")
    fresh = settings.instance / RESTORE
    shutil.rmtree(fresh, ignore_errors=True)  # from a restore that was killed before it changed anything
    fresh.mkdir(mode=0o700, parents=True)  # the instance may be lost with its disk
    return fresh


def _begin_epoch(path: Path, replaced: Path | None, now: datetime) -> None:
    with closing(open_database(path)) as db:
        migrate(db)
        with transaction(db):
            begin_epoch(db, _find_marks(replaced), now=now)
        db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _find_marks(path: Path | None) -> Marks | None:
    if path is None or not path.exists():
        return None
    try:
        with closing(open_database(path, read_only=True)) as db:
            return read_marks(db)
    except sqlite3.DatabaseError:  # it is damaged, which is a reason to restore
        return None


def _replace(settings: Settings, source: str, names: tuple[str, ...], now: datetime) -> Replacement:
    fresh = settings.instance / RESTORE
    away = [name for name in names if (settings.instance / name).exists()]
    into = sorted(path.name for path in fresh.iterdir() if path.name in _OF_INSTANCE)
    folder = _name_folder(settings.instance, f"replaced-{now:%Y%m%dT%H%M%SZ}") if away else ""
    journal = _Journal(source, folder, away, into)
    aside = fresh / "journal"
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(json.dumps(asdict(journal), indent=1).encode())
        file.flush()
        os.fsync(file.fileno())
    sync_folder(fresh)
    aside.rename(settings.restore_journal_path)
    sync_folder(settings.instance)
    return _carry_out(settings, journal)


def _name_folder(parent: Path, name: str) -> str:
    """Return a name that does not exist yet, because two restores may come within a second."""
    names = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(each for each in names if not (parent / each).exists())


def _carry_out(settings: Settings, journal: _Journal) -> Replacement:
    """Make all moves that remain; files move away first, so that no name is needed for two files."""
    instance, fresh, replaced = settings.instance, settings.instance / RESTORE, settings.instance / journal.replaced
    replaced.mkdir(mode=0o700, exist_ok=True)
    for name in journal.away:
        if (instance / name).exists() and not (replaced / name).exists():
            (instance / name).rename(replaced / name)
    sync_folder(replaced)
    for name in journal.into:
        if (fresh / name).exists():
            (fresh / name).rename(instance / name)
    sync_folder(instance)
    settings.restore_journal_path.unlink()
    shutil.rmtree(fresh, ignore_errors=True)
    sync_folder(instance)
    return Replacement(journal.source, replaced if journal.replaced else None)
