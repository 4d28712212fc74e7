"""Give every command the settings and an open, current database."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from .. import lock
from ..config import Settings, load_settings
from ..database import Database, check_schema, open_database
from ..instance import check_copy, load_site, require_instance, share_instance
from ..models import VIETNAM, Site
from ..registry import is_settled, settle


@dataclass(frozen=True, slots=True)
class Work:
    """An open instance for the duration of one command."""

    settings: Settings
    db: Database
    site: Site


@contextmanager
def open_instance(*, writes: bool = False) -> Iterator[Work]:
    """Open an instance of this version; nothing is made or migrated.

    A command that `writes` holds the instance for its time, so that no `restore` replaces the database under it; other
    commands open it to read only. Raises InstanceError, SchemaError.
    """
    settings = load_settings()
    if settings.read_only:
        check_copy(settings)
    else:
        require_instance(settings)
    reads, path = settings.read_only or not writes, settings.database_path
    with nullcontext() if reads else share(settings), closing(open_database(path, read_only=reads)) as db:
        check_schema(db)
        if not reads:
            _settle(db)
        yield Work(settings, db, load_site(settings, db))


def _settle(db: Database) -> None:
    """Let reforms whose day has come take effect, as the service does, before anything is written."""
    now = get_now()
    if not is_settled(db, now.astimezone(VIETNAM).date()):
        settle(db, now=now)


def share(settings: Settings) -> lock.Lock:
    """Hold the instance together with everybody who writes, under the name of the command that runs."""
    return share_instance(settings, name_command())


def name_command() -> str:
    """Return the command as it was called, without its arguments: "feedsvc users add"."""
    return " ".join(["feedsvc", *click.get_current_context().command_path.split()[1:]])


def get_now() -> datetime:
    return datetime.now(UTC)
