"""HTTP in and out. Everything that knows Flask lives here; what a page or feed says is decided below."""

from collections.abc import Callable
from datetime import datetime

from flask import Flask

from ..config import Settings
from . import (
    admin,
    api,
    changes,
    db,
    errors,
    feeds,
    front,
    headers,
    lists,
    media,
    operations,
    pages,
    presentation,
    reading,
    scopes,
    search,
)


def register(app: Flask, settings: Settings, clock: Callable[[], datetime]) -> None:
    """Give the application its connections, routes, error pages and headers, and the layer in front of it."""
    db.register(app, settings, clock)
    reading.register(app)
    scopes.register(app)
    headers.register(app)
    presentation.register(app)
    errors.register(app)
    app.register_blueprint(feeds.blueprint)
    app.register_blueprint(changes.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(search.blueprint)
    app.register_blueprint(lists.blueprint)
    app.register_blueprint(media.blueprint)
    app.register_blueprint(operations.blueprint)
    app.register_blueprint(api.blueprint)
    app.register_blueprint(admin.blueprint)
    parts = app.extensions["feedsvc"]
    app.wsgi_app = front.Front(app.wsgi_app, parts.documents, parts.watch, clock)  # type: ignore[method-assign]
