"""An instance that only reads: what would write is refused before anything is looked at.

503, not 403: nobody lacks a right, this machine cannot do it. It is the status at which a balancer tries elsewhere and
a program tries again; both then reach the instance that writes. The API is refused whole: a program that reads what it
has just written, from a copy some seconds old, would get 404 and stale versions.
"""

from flask import Flask, abort, request

from .api.problems import ApiError
from .context import get_settings, is_admin_request, is_api_request


def register(app: Flask) -> None:
    @app.before_request
    def refuse_what_writes() -> None:
        if not get_settings().read_only:
            return
        if is_api_request() and request.endpoint != "api.get_openapi":
            raise ApiError("read-only", "this server has a copy: send the request to the one that writes")
        if is_admin_request():
            abort(503)
