"""Make temporary files in the instance, of mode 700; the next run removes those that a killed run left."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..config import Settings

_PREFIX = ".feedsvc-"
PART_SUFFIX = ".feedsvc-part"
RESTORE = ".restore"
# A new folder may be without the lock of its process for this long.
_SECONDS_TO_LOCK = 60


@contextmanager
def scratch_folder(instance: Path) -> Iterator[Path]:
    """Yield a temporary folder in the instance, locked by this process and removed at the end."""
    for path in instance.glob(f"{_PREFIX}*"):
        if _is_left(path):
            shutil.rmtree(path, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=instance) as folder:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield Path(folder)
        finally:
            os.close(descriptor)


def remove_parts(folder: Path) -> None:
    """Remove the parts of unfinished backups in the folder."""
    for path in folder.glob(f".*{PART_SUFFIX}"):
        if _is_left(path):
            path.unlink(missing_ok=True)


def list_leftovers(settings: Settings) -> list[Path]:
    """List the remains of killed backups and restores in the instance, including those of version 0.1.

    The files that an unfinished restore needs are not among them.
    """
    found = [path for path in settings.instance.glob(f"{_PREFIX}*") if _is_left(path)]
    found += [path for path in settings.instance.glob("tmp????????") if _is_left(path) and _holds_a_copy(path)]
    prepared = settings.instance / RESTORE
    if prepared.exists() and not settings.restore_journal_path.exists():
        found.append(prepared)
    return sorted(found)


def _holds_a_copy(folder: Path) -> bool:
    """Tell if version 0.1 made the folder: it contains only the files of a database or an instance."""
    known = {"feedsvc.db", "feedsvc.db-journal", "feedsvc.toml", "secret_key", "media"}
    return folder.is_dir() and {path.name for path in folder.iterdir()} <= known


def _is_left(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return time.time() - os.fstat(descriptor).st_mtime > _SECONDS_TO_LOCK
    except OSError:
        return False
    finally:
        os.close(descriptor)
