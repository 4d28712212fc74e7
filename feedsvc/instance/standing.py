"""What there is of an instance, before anybody works with it: nothing, a part, a whole one; and who may read it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from .. import lock
from ..config import Settings
from ..database import is_damage, open_connection
from ..errors import ConfigError, InstanceError

_REMAINS = ("secret_key", "media", "feedsvc.db-wal")


def require_instance(settings: Settings) -> None:
    """Raise InstanceError unless there is a whole instance, with words that say what to do."""
    folder, path = settings.instance, settings.database_path
    if settings.restore_journal_path.exists():
        state = "was being restored when that was stopped; nothing is lost: run `feedsvc restore` without a file"
        raise InstanceError(folder, f"{state}, which finishes it")
    if is_absent(settings):
        raise InstanceError(
            folder,
            "is not there: if it is elsewhere, set FEEDSVC_INSTANCE to its folder; "
            "`feedsvc init --site-url https://…` makes a new one, `feedsvc restore FILE` one of a backup",
        )
    if not _has_database(settings):
        raise InstanceError(
            folder,
            f"has {' and '.join(_list_remains(settings))}, but {path.name} is missing or empty: is its disk mounted? "
            "Nothing was changed. If the database is lost, `feedsvc restore FILE` puts the last backup in its place",
        )
    try:
        with closing(open_connection(path)) as db:
            db.execute("SELECT 1 FROM facts").fetchone()
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            raise InstanceError(folder, describe_damage(path, error)) from None
        state = f"has a {path.name} that cannot be opened as a database of feedsvc: {error}"
        raise InstanceError(folder, state) from None


def describe_damage(path: Path, error: sqlite3.Error) -> str:
    """Say that a database is damaged, and how to recover."""
    return (
        f"has a damaged database, {path.name}: {error}. Stop the service, keep a copy of the folder, and run "
        "`feedsvc restore FILE` with the last backup that `feedsvc backup --verify FILE` finds sound; "
        "it lists what can be taken from the damaged one"
    )


def is_absent(settings: Settings) -> bool:
    """Tell if nothing of an instance is there; a folder with settings alone is not yet one."""
    return not _has_database(settings) and not _list_remains(settings)


def _has_database(settings: Settings) -> bool:
    return settings.database_path.is_file() and settings.database_path.stat().st_size > 0


def _list_remains(settings: Settings) -> list[str]:
    replaced = sorted(path.name for path in settings.instance.glob("replaced-*"))
    return [name for name in _REMAINS if (settings.instance / name).exists()] + replaced[:1]


def share_instance(settings: Settings, holder: str) -> lock.Lock:
    """Hold a whole instance together with everybody who writes; raises InstanceError, also if it is not whole."""
    require_instance(settings)
    return lock.share(settings.instance, holder)


def make_folder(settings: Settings) -> None:
    """Make the instance folder if it is not there, for its owner alone. Raises ConfigError."""
    try:
        settings.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            "instance", str(settings.instance), f"must be a folder that can be created: {error}"
        ) from None


def is_public(site_url: str) -> bool:
    """Tell if others than this machine reach the address."""
    host = urlsplit(site_url).hostname or ""
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")


def list_open_modes(settings: Settings) -> Iterator[tuple[Path, int]]:
    """Yield what others than the owner may read or write, and the mode that it should have.

    The files in media/ are looked at if the folder itself is open to others: there may be a million.
    """
    folder = settings.instance
    singles = [*folder.glob("feedsvc.db*"), settings.secret_key_path, folder / lock.FILE_NAME]
    folders = [folder, settings.media_path, *folder.glob("replaced-*")]
    open_folders = [path for path in folders if path.is_dir() and path.stat().st_mode & 0o077]
    pictures = settings.media_path.iterdir() if settings.media_path in open_folders else ()
    for path in (*singles, *pictures):
        if path.is_file() and path.stat().st_mode & 0o077:
            yield path, 0o600
    yield from ((path, 0o700) for path in open_folders)


def mend_modes(settings: Settings) -> None:
    """Keep others from what the instance holds; what belongs to another user stays, and `check` names it."""
    for path, mode in list_open_modes(settings):
        try:
            path.chmod(mode)
        except OSError:
            continue
