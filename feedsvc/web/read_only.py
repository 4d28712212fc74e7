"""Refuse requests that would write, on an instance that only reads.

The status is 503, not 403: the client has the right, but this machine cannot do it. After a 503, a balancer tries
another server and a program tries again; both then reach the instance that writes. The whole API is refused: a program
that reads what it has just written, from a copy some seconds old, would get 404 and stale versions.
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
