"""Raw WSGI hello world: what gunicorn itself costs, and nothing else."""

from collections.abc import Callable
from typing import Any

BODY = b"Hello, world!"


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))])
    return [BODY]
