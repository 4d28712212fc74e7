"""Define the headers that scripts of other sites may send and read (CORS), for pages that embed headlines."""

from flask import Response, request

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Link, IM",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "A-IM, If-Modified-Since, If-None-Match",
    "Access-Control-Max-Age": "86400",
}


def answer_preflight(response: Response) -> Response:
    """Let pages of other sites send the headers of a conditional request; for the `after_request` of a blueprint."""
    if request.method == "OPTIONS":
        response.headers.update(CORS | _PREFLIGHT)
    return response
