"""Headers that every answer carries."""

from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, request
from werkzeug.routing import RequestRedirect

from .db import get_site

# No script at all, nothing from elsewhere but pictures of articles that were brought over from another portal.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' https: http:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def register(app: Flask) -> None:
    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        if isinstance(request.routing_exception, RequestRedirect):
            # A missing slash: Werkzeug takes the address from the Host header; ours comes from site_url.
            asked = urlsplit(request.routing_exception.new_url)
            headers["Location"] = get_site().url + urlunsplit(asked._replace(scheme="", netloc=""))
            response.status_code = 301 if request.method in {"GET", "HEAD"} else 308
        headers.setdefault("Content-Security-Policy", _POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        if request.path.startswith("/admin"):
            headers["Cache-Control"] = "no-store"
        return response
