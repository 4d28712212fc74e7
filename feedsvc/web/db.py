"""What a request works with: the connection of its thread, the site, the settings, the time."""

import threading
from datetime import UTC, datetime

from flask import Flask, current_app

from ..config import Settings
from ..database import Database, open_database
from ..ingest import publish_due
from ..instance import load_site
from ..models import Site
from .documents import Documents


class Parts:
    """What one application holds beside Flask: settings, site, ready documents, one connection per thread.

    Opening a connection costs more than a hundred reads, so a thread keeps its own.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._local = threading.local()
        self._opened: list[Database] = []
        self.site = load_site(settings, self.connection())
        self.documents = Documents(settings, self.site)
        # Opened before gunicorn forks: SQLite forbids to carry a connection into the child.
        self.close()

    def connection(self) -> Database:
        db: Database | None = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = open_database(self.settings.database_path)
            self._opened.append(db)
        return db

    def close(self) -> None:
        """Close every connection; the next use opens a new one."""
        for db in self._opened:
            db.close()
        self._opened.clear()
        self._local = threading.local()


def register(app: Flask, settings: Settings) -> None:
    app.extensions["feedsvc"] = Parts(settings)

    @app.before_request
    def publish_what_is_due() -> None:
        """A scheduled article appears with the first request after its time; no other process is needed."""
        publish_due(get_db(), now=get_now())


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
    return datetime.now(UTC)
