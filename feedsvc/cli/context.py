"""Give every command the settings and an open, current database."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from .. import lock
from ..config import Settings, load_settings
from ..database import Database, open_database
from ..instance import load_site, prepare_instance
from ..models import Site


@dataclass(frozen=True, slots=True)
class Work:
    """An open instance for the duration of one command."""

    settings: Settings
    db: Database
    site: Site


@contextmanager
def open_instance(*, writes: bool = False) -> Iterator[Work]:
    """Prepare the instance and open it as `serve` does, but do not add the first administrator.

    `writes`: hold the lock of the instance during the command, so that no `restore` replaces the database meanwhile.
    """
    settings = load_settings()
    with share_instance(settings) if writes and not settings.read_only else nullcontext():
        prepare_instance(settings, now=get_now(), with_administrator=False)
        db = open_database(settings.database_path, read_only=settings.read_only)
        try:
            yield Work(settings, db, load_site(settings, db))
        finally:
            db.close()


def share_instance(settings: Settings) -> lock.Lock:
    """Take the shared lock of the instance in the name of the running command."""
    settings.instance.mkdir(parents=True, exist_ok=True)
    return lock.share(settings.instance, name_command())


def name_command() -> str:
    """Return the name of the running command without its arguments, such as "feedsvc users add"."""
    return " ".join(["feedsvc", *click.get_current_context().command_path.split()[1:]])


def get_now() -> datetime:
    return datetime.now(UTC)
