"""What falls due: the first request after its time publishes a scheduled article and settles a reform. No scheduler."""

from flask import Flask

from ..articles.ingest import publish_due
from ..registry import is_settled, settle
from .context import get_db, get_now, get_parts, get_today


def register(app: Flask) -> None:
    @app.before_request
    def do_what_is_due() -> None:
        db, now, parts = get_db(), get_now(), get_parts()
        if parts.settings.read_only:
            return  # it comes with the changes of the instance that writes
        publish_due(db, now=now)
        today = get_today()
        if parts.settled_on != today:
            if not is_settled(db, today):
                settle(db, now=now)
            parts.settled_on = today
