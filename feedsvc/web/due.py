"""Publish due articles and settle reforms on the first request after their time; no scheduler is needed."""

from flask import Flask

from ..articles.ingest import publish_due
from ..registry import is_settled, settle
from .context import get_db, get_now, get_parts, get_today


def register(app: Flask) -> None:
    @app.before_request
    def do_what_is_due() -> None:
        db, now, parts = get_db(), get_now(), get_parts()
        if parts.settings.read_only:
            return  # the instance that writes makes these changes, and the copy receives them
        publish_due(db, now=now)
        today = get_today()
        if parts.settled_on != today:
            if not is_settled(db, today):
                settle(db, now=now)
            parts.settled_on = today
