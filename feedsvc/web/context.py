"""Give a request its context: the connection of its thread, the site, the settings, the time."""

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
    """The parts of one application: settings, site, clock, connections, ready documents, rate limit."""

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
        # Opened before gunicorn forks; SQLite does not allow a child process to use the connection.
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
    """Return the present time, aware."""
    return get_parts().clock()


def get_today() -> date:
    """Return the present day in Việt Nam."""
    return get_now().astimezone(VIETNAM).date()


def is_api_request() -> bool:
    """Tell if the request is for the API, whose errors are problems instead of pages."""
    return request.path.startswith(API)


def is_admin_request() -> bool:
    """Tell if the request is for the administration, with or without a slash at the end."""
    return f"{request.path}/".startswith(ADMIN)
