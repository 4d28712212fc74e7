"""What a request works with: the connection of its thread, the site, the settings, the time."""

import threading
from collections.abc import Callable
from datetime import date, datetime

from flask import Flask, current_app

from ..config import Settings
from ..database import Database, find_file, open_database
from ..ingest import publish_due
from ..instance import load_media_folder, load_site
from ..models import VIETNAM, Site
from ..registry import is_settled, settle
from .documents import Documents
from .limits import RateLimit


class Parts:
    """What one application holds beside Flask: settings, site, clock, ready documents, one connection per
    thread, and how often the programs asked.

    Opening a connection costs more than a hundred reads, so a thread keeps its own.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.clock = clock
        self._local = threading.local()
        self._opened: list[Database] = []
        self.media = load_media_folder(settings)
        self.site = load_site(settings, self.connection())
        self.settled_on: date | None = None
        self.documents = Documents(settings, self.site)
        self.rate_limit = RateLimit(settings.api_requests_per_minute)
        # Opened before gunicorn forks: SQLite forbids to carry a connection into the child.
        self.close()

    def connection(self) -> Database:
        db: Database | None = getattr(self._local, "db", None)
        if self.settings.read_only and db is not None:
            # What keeps the copy up begins a new file when it starts anew. The old connection may still be read from
            # in this request, so it is left to be collected.
            file = find_file(self.settings.database_path)
            if file is not None and file != self._local.file:
                self._opened.remove(db)
                db = None
        if db is None:
            self._local.file = find_file(self.settings.database_path)
            db = self._local.db = open_database(self.settings.database_path, read_only=self.settings.read_only)
            self._opened.append(db)
        return db

    def close(self) -> None:
        """Close every connection; the next use opens a new one."""
        for db in self._opened:
            db.close()
        self._opened.clear()
        self._local = threading.local()


def register(app: Flask, settings: Settings, clock: Callable[[], datetime]) -> None:
    app.extensions["feedsvc"] = Parts(settings, clock)

    @app.before_request
    def do_what_is_due() -> None:
        """What time brings appears with the first request after it: a scheduled article, a reform. No other process."""
        db, now, parts = get_db(), get_now(), get_parts()
        if parts.settings.read_only:
            return  # it comes with the changes of the instance that writes
        publish_due(db, now=now)
        today = now.astimezone(VIETNAM).date()
        if parts.settled_on != today:
            if not is_settled(db, today):
                settle(db, now=now)
            parts.settled_on = today


def get_parts() -> Parts:
    parts = current_app.extensions["feedsvc"]
    assert isinstance(parts, Parts)
    return parts


def get_db() -> Database:
    return get_parts().connection()


def get_site() -> Site:
    return get_parts().site


def get_settings() -> Settings:
    return get_parts().settings


def get_now() -> datetime:
    """Return the time of this request, aware."""
    return get_parts().clock()
