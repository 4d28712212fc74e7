"""HTTP in and out. Everything that knows Flask lives here; what a page or feed says is decided below."""

from flask import Flask

from ..config import Settings
from . import admin, db, errors, feeds, headers, operations, pages, presentation


def register(app: Flask, settings: Settings) -> None:
    """Give the application its connections, routes, error pages and headers."""
    db.register(app, settings)
    headers.register(app)
    presentation.register(app)
    errors.register(app)
    app.register_blueprint(feeds.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(operations.blueprint)
    app.register_blueprint(admin.blueprint)
