"""Set the headers of every response."""

from flask import Flask, Response, request

from .context import is_admin_request, is_api_request

# The only script is static/pages.js; the only content of other sites is the pictures of articles that came from another
# portal. JSON-LD is data, which this policy does not treat as a script.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: http:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def register(app: Flask) -> None:
    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", _POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        if is_admin_request():
            headers["Cache-Control"] = "no-store"
        # Redirects, 404, 410: without this header a cache may choose how long to keep them (RFC 9111, 4.2.2).
        headers.setdefault("Cache-Control", _choose_cache_control(response.status_code))
        return response


def _choose_cache_control(status: int) -> str:
    """Return the Cache-Control of a response that has none: public for a minute, or not stored at all."""
    is_public = request.method in {"GET", "HEAD"} and status < 500 and not is_api_request()
    return "public, max-age=0, s-maxage=60" if is_public else "no-store"
