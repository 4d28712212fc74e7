"""What every command works with: the settings and an open, current database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

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
def open_instance() -> Iterator[Work]:
    """Make the instance ready and open it, as `serve` would; the first administrator is left to `serve`."""
    settings = load_settings()
    prepare_instance(settings, now=get_now(), with_administrator=False)
    db = open_database(settings.database_path, read_only=settings.read_only)
    try:
        yield Work(settings, db, load_site(settings, db))
    finally:
        db.close()


def get_now() -> datetime:
    return datetime.now(UTC)
