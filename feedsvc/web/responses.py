"""Answer with a document: a view states what it depends on and how to build it, and returns it."""

import gzip
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from flask import Response, request
from werkzeug.http import http_date

from ..models import ScopeState
from ..serving.documents import GZIP_SUFFIX, Document, Environ, accepts_gzip, list_versions
from ..serving.front import Handover
from ..store.facts import get_epoch_start
from ..store.scopes import REGISTRY_KEY
from .context import get_db, get_now, get_parts


@dataclass(frozen=True, slots=True)
class Policy:
    """The time for which an answer may be used without asking again, in seconds, and whether the service keeps it.

    `shared_max_age` is the age for shared caches if it differs. `most_seconds` limits how long the document is fresh,
    if it shows values that move no scope. `keep`: see Document.
    """

    max_age: int
    shared_max_age: int | None = None
    most_seconds: int | None = None
    keep: bool = True

    @property
    def cache_control(self) -> str:
        """Return the Cache-Control.

        For a reader, a stale copy is better than an error and, unless shared caches have their own age, better than
        waiting for a fresh one.
        """
        is_shared = self.shared_max_age is not None
        renewal = f"s-maxage={self.shared_max_age}" if is_shared else f"stale-while-revalidate={2 * self.max_age}"
        return f"public, max-age={self.max_age}, {renewal}, stale-if-error=86400"


class DocumentResponse(Response):
    """A response whose body is a document. `Front` takes the document, evaluates conditions, encodes and sends it."""

    def __init__(self, document: Document, policy: Policy, headers: dict[str, str]) -> None:
        super().__init__(headers=headers)
        self.document = document
        self.headers["Cache-Control"] = policy.cache_control
        self.headers["Vary"] = "Accept-Encoding"

    def get_app_iter(self, environ: Environ) -> Handover:
        return Handover(self.document, self.close)


def respond(
    name: str,
    keys: Sequence[str],
    state: ScopeState,
    build: Callable[[], bytes],
    *,
    media_type: str,
    policy: Policy,
    extra: str = "",
    headers: dict[str, str] | None = None,
) -> DocumentResponse:
    """Answer with the document `name` (its path and query), built only if this request gets its body.

    The document depends on the scopes `keys`. Its validators consist of `state`, the state of the scopes that it is
    about, and of `extra`, the other values that it shows.
    """
    documents, now = get_parts().documents, get_now()
    # A restored document may be older than the lost version that a client has; its date must not confirm that version.
    changed_at = max(state.changed_at, get_epoch_start(get_db())).astimezone(UTC).replace(microsecond=0)
    document = Document(
        name,
        documents.version_of(name, state, extra),
        (*keys, REGISTRY_KEY),
        int(changed_at.timestamp()),
        keep=policy.keep,
    )
    # Another change may follow within the second of a change, and the client must be able to distinguish the two
    # (RFC 9110, 8.8.2.2). In that second, Last-Modified therefore names the previous second.
    second_is_over = changed_at + timedelta(seconds=1)
    # Last-Modified is never after Date (8.8.2.1), even if a wrong clock recorded the change in the future.
    modified = min(changed_at - timedelta(seconds=now < second_is_over), now.astimezone(UTC))
    if now < second_is_over:
        document.until = second_is_over.timestamp()
    elif policy.most_seconds is not None:
        document.until = now.timestamp() + policy.most_seconds
    if document.needs_body(request.environ, now.timestamp()):
        document.body = documents.build(name, document.version, build)
    own = {"Content-Type": media_type, "Last-Modified": http_date(modified)}
    return DocumentResponse(document, policy, {**(headers or {}), **own})


def find_older_version(name: str, state: ScopeState) -> int | None:
    """Return the seq of the client's version of this very document if it is older than the present one, else None."""
    current = get_parts().documents.version_of(name, state).partition("-")[2]
    versions = [version.partition("-") for version in list_versions(request.headers.get("If-None-Match", ""))]
    older = [int(seq, 16) for seq, _, digest in versions if digest == current and re.fullmatch("[0-9a-f]{1,15}", seq)]
    return max((seq for seq in older if seq < state.seq), default=None)


def respond_with_delta(body: bytes, version: str, *, media_type: str, headers: dict[str, str]) -> Response:
    """Answer 226 IM Used (RFC 3229) with the changes since the client's version; caches must not store it."""
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
