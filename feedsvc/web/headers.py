"""Headers that every answer carries."""

from flask import Flask, Response, request

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
        if request.path.startswith("/admin"):
            headers["Cache-Control"] = "no-store"
        if request.path.startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")
        return response
