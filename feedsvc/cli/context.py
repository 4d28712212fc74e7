"""What every command works with: the settings and an open, current database."""

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
    """An open instance, for the time of one command."""

    settings: Settings
    db: Database
    site: Site


@contextmanager
def open_instance(*, writes: bool = False) -> Iterator[Work]:
    """Make the instance ready and open it, as `serve` would; the first administrator is left to `serve`.

    A command that `writes` holds the instance for its time, so that no `restore` replaces the database under it.
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
    """Hold the instance together with everybody who writes, under the name of the command that runs."""
    settings.instance.mkdir(parents=True, exist_ok=True)
    return lock.share(settings.instance, name_command())


def name_command() -> str:
    """Return the command as it was called, without its arguments: "feedsvc users add"."""
    return " ".join(["feedsvc", *click.get_current_context().command_path.split()[1:]])


def get_now() -> datetime:
    return datetime.now(UTC)
