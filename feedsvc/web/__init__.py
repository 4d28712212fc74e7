"""Handle HTTP with Flask. The layers below decide what pages and feeds say."""

from collections.abc import Callable
from datetime import datetime

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from ..config import Settings
from ..serving import front
from . import context, due, errors, headers, health, presentation, read_only, routes, scopes
from .admin.views import blueprint as admin_blueprint
from .api.views import blueprint as api_blueprint
from .public import changes, feeds, lists, media, pages, search


def register(app: Flask, settings: Settings, clock: Callable[[], datetime]) -> None:
    """Give the application its connections, routes, error pages and headers, and the layer in front of Flask."""
    context.register(app, settings, clock)
    routes.register(app)
    read_only.register(app)
    due.register(app)
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
    app.register_blueprint(health.blueprint)
    app.register_blueprint(api_blueprint)
    app.register_blueprint(admin_blueprint)
    parts = app.extensions["feedsvc"]
    # The address of a client matters only for counting failed logins; host and scheme come from site_url.
    inner = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=0, x_host=0)
    app.wsgi_app = front.Front(inner, parts.documents, parts.watch, clock)  # type: ignore[method-assign]
