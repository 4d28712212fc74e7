"""Publish the news of Việt Nam's wards as RSS, Atom and JSON feeds."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .addresses import ADMIN, absolute
from .config import Settings, load_settings
from .instance import FIRST_ADMINISTRATOR, load_secret_key, prepare_instance, share_instance

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["Settings", "create_app"]


def _read_clock() -> datetime:
    return datetime.now(UTC)


def create_app(settings: Settings | None = None, *, clock: Callable[[], datetime] = _read_clock) -> "Flask":
    """Prepare the instance and return the WSGI application: the one place that connects all parts.

    Without `settings`, `config.load_settings` reads them. `clock` returns an aware time; it decides which articles are
    due, which units exist and which documents are stale. Raises ConfigError and SchemaError.
    """
    # Imported here: commands that do not serve start without Flask.
    from flask import Flask

    from . import web

    settings = settings or load_settings()
    held = None
    if not settings.read_only:
        # Of its own, and not that of `serve` alone: another server than gunicorn may run the application.
        held = share_instance(settings, "the service")
    prepared = prepare_instance(settings, now=clock())
    if prepared.first_password:
        print(first_login_message(settings, prepared.first_password), file=sys.stderr, flush=True)  # noqa: T201
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=None
        if settings.read_only
        else load_secret_key(settings),  # nobody logs in on an instance that only reads
        SESSION_COOKIE_NAME="feedsvc_admin",
        SESSION_COOKIE_PATH=ADMIN,
        SESSION_COOKIE_SAMESITE="Lax",
        # The default would set the cookie again in every response, even on a public page if the client sends it there.
        SESSION_REFRESH_EACH_REQUEST=False,
        SESSION_COOKIE_SECURE=settings.is_https,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        MAX_CONTENT_LENGTH=settings.max_form_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_form_bytes,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a clerk who writes for two hours must not lose the text
    )
    web.register(app, settings, clock)
    app.extensions["feedsvc.lock"] = held
    return app


def first_login_message(settings: Settings, password: str) -> str:
    """Say how the first administrator logs in. It is shown once, because only the hash of the password is stored."""
    return (
        f"First administrator: {FIRST_ADMINISTRATOR}   password: {password}\n"
        f"  log in at {absolute(settings.site_url, ADMIN)} and keep it: it is not shown again "
        f"(feedsvc users passwd {FIRST_ADMINISTRATOR} sets a new one)"
    )
