"""Headers that every answer carries."""

from flask import Flask, Response, request

from .context import is_admin_request, is_api_request

# No script but static/pages.js, nothing from elsewhere but pictures of articles that were brought over from another
# portal. JSON-LD is data: it is no script to this policy.
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
        # Redirects, 404, 410: without a word any cache may keep them for as long as it thinks right (RFC 9111, 4.2.2).
        headers.setdefault("Cache-Control", _choose_cache_control(response.status_code))
        return response


def _choose_cache_control(status: int) -> str:
    """Return what goes for an answer that says nothing of it: public and good for a minute, or private."""
    is_public = request.method in {"GET", "HEAD"} and status < 500 and not is_api_request()
    return "public, max-age=0, s-maxage=60" if is_public else "no-store"
