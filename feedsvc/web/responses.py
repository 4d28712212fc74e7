"""How a view answers with a document: it says what that depends on and how to build it, and leaves it to `front`."""

import gzip
import re
from collections.abc import Callable, Sequence
from datetime import UTC, timedelta

from flask import Response, request
from werkzeug.http import http_date

from ..models import ScopeState
from ..serving.documents import GZIP_SUFFIX, Document, accepts_gzip, list_versions
from ..serving.front import LEFT
from ..store.scopes import REGISTRY_KEY
from .context import get_now, get_parts


def respond(
    name: str,
    keys: Sequence[str],
    state: ScopeState,
    build: Callable[[], bytes],
    *,
    media_type: str,
    cache_control: str,
    extra: str = "",
    headers: dict[str, str] | None = None,
    keep: bool = True,
    most_seconds: int | None = None,
) -> Response:
    """Leave the document `name` (its path and query) to `front`, which evaluates conditions, encodes and sends it.

    It is built only where it is sent. It depends on the scopes `keys`; `state` is how far those of
    them have moved that its validators are made of; `extra` is what it shows beside. Where it shows something that
    moves no scope, `most_seconds` limits how long it stands. `keep`: see Document.
    """
    documents, now = get_parts().documents, get_now()
    changed_at = state.changed_at.astimezone(UTC).replace(microsecond=0)
    document = Document(
        name,
        documents.version_of(name, state, extra),
        (*keys, REGISTRY_KEY),
        int(changed_at.timestamp()),
        keep=keep,
    )
    response = Response(mimetype=None, headers=headers)
    response.headers["Content-Type"] = media_type
    response.headers["Cache-Control"] = cache_control
    response.headers["Vary"] = "Accept-Encoding"
    # Another change may follow within the second of a change, and the client must not take the two for one (RFC 9110,
    # 8.8.2.2): so in that second it is told one earlier.
    second_is_over = changed_at + timedelta(seconds=1)
    response.headers["Last-Modified"] = http_date(changed_at - timedelta(seconds=now < second_is_over))
    if now < second_is_over:
        document.until = second_is_over.timestamp()
    elif most_seconds is not None:
        document.until = now.timestamp() + most_seconds
    if document.needs_body(request.environ):
        document.body = documents.build(name, document.version, build)
    request.environ[LEFT] = document
    return response


def find_older_version(name: str, state: ScopeState) -> int | None:
    """Return the seq of the version of this very document that the client has, if it is an older one."""
    current = get_parts().documents.version_of(name, state).partition("-")[2]
    versions = [version.partition("-") for version in list_versions(request.headers.get("If-None-Match", ""))]
    older = [int(seq, 16) for seq, _, digest in versions if digest == current and re.fullmatch("[0-9a-f]{1,15}", seq)]
    return max((seq for seq in older if seq < state.seq), default=None)


def respond_with_delta(body: bytes, version: str, *, media_type: str, headers: dict[str, str]) -> Response:
    """Answer 226 IM Used (RFC 3229) with what is new since the client's version; no cache may take it for the whole."""
    response = Response(mimetype=None, headers=headers, status="226 IM Used")
    response.headers["Content-Type"] = media_type
    response.headers["IM"] = "feed"
    response.headers["Cache-Control"] = "no-store, im"
    response.headers["Vary"] = "Accept-Encoding, A-IM, If-None-Match"
    gzipped = accepts_gzip(request.headers.get("Accept-Encoding", ""))
    response.headers["ETag"] = f'"{version}{GZIP_SUFFIX if gzipped else ""}"'
    response.set_data(gzip.compress(body, 6, mtime=0) if gzipped else body)
    if gzipped:
        response.headers["Content-Encoding"] = "gzip"
    return response


def public_cache_control(max_age: int) -> str:
    """Return the Cache-Control of feeds and lists; `max_age` in seconds.

    A stale copy while a new one is fetched, or for a day while we are down, is better for a reader than an error.
    """
    return f"public, max-age={max_age}, stale-while-revalidate={2 * max_age}, stale-if-error=86400"
