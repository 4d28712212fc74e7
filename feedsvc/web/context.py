"""What a request works with: the connection of its thread, the site, the settings, the time."""

from collections.abc import Callable
from datetime import date, datetime

from flask import Flask, current_app, request

from ..addresses import ADMIN, API
from ..config import Settings
from ..database import Database
from ..instance import load_media_folder, load_site
from ..models import VIETNAM, Site
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


def get_today() -> date:
    """Return the day of this request, in Việt Nam."""
    return get_now().astimezone(VIETNAM).date()


def is_api_request() -> bool:
    """Tell if a program asks, which is answered with problems instead of pages."""
    return request.path.startswith(API)


def is_admin_request() -> bool:
    """Tell if the administration is asked, with or without the slash at its end."""
    return f"{request.path}/".startswith(ADMIN)
