"""What a request works with: the connection of its thread, the site, the settings, the time."""

from collections.abc import Callable
from datetime import date, datetime

from flask import Flask, current_app

from ..articles.ingest import publish_due
from ..config import Settings
from ..database import Database
from ..instance import load_media_folder, load_site
from ..models import VIETNAM, Site
from ..registry import is_settled, settle
from ..serving.connections import Connections
from ..serving.documents import Documents
from ..serving.limits import RateLimit
from ..serving.watch import Watch


class Parts:
    """What one application holds beside Flask: settings, site, clock, connections, ready documents, and how often the
    programs asked.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.clock = clock
        self._connections = Connections(settings)
        self.media = load_media_folder(settings)
        self.site = load_site(settings, self.connection())
        self.settled_on: date | None = None
        self.documents = Documents(settings, self.site)
        self.watch = Watch(settings)
        self.rate_limit = RateLimit(settings.api_requests_per_minute)
        # Opened before gunicorn forks: SQLite forbids to carry a connection into the child.
        self.close()

    def connection(self) -> Database:
        return self._connections.get()

    def close(self) -> None:
        """Close every connection; the next use opens a new one."""
        self._connections.close()
        self.watch.close()


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
