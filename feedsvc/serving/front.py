"""Answer GET and HEAD from ready documents, in a thin layer before Flask.

Requests without a fresh document go to Flask; its view hands the document back as the body of its answer (`Handover`).
Nothing else can put one into the cache.

This layer never decides which document a request means or what it says: it finds a document by exactly the path and
query that the view named it by.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from math import inf
from typing import Any

from ..models import VIETNAM
from .documents import CLOCKS_DIFFER, Document, Documents, HeaderList, accepts_gzip
from .watch import Watch

StartResponse = Callable[..., Any]
Application = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Handover:
    """The body of an answer that is a document. It has no bytes itself: `Front` takes the document out and sends it."""

    document: Document
    close: Callable[[], object]

    def __iter__(self) -> Iterator[bytes]:
        return iter(())


class Front:
    """A WSGI application around another one, with the ready documents of this process."""

    def __init__(
        self, application: Application, documents: Documents, watch: Watch, clock: Callable[[], datetime]
    ) -> None:
        self._application = application
        self._documents = documents
        self._watch = watch
        self._clock = clock
        self._being_renewed: set[str] = set()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return self._application(environ, start_response)
        query = environ.get("QUERY_STRING", "")
        document = self._documents.find(f"{environ['PATH_INFO']}?{query}" if query else environ["PATH_INFO"])
        # A-IM asks for a delta (RFC 3229), which only the view can make.
        if document is None or "HTTP_A_IM" in environ:
            return self._ask(environ, start_response)
        now = self._clock()
        if self._stands(document, now) or self._may_be_stale(document, now):
            if document.body is not None or not document.needs_body(environ, now.timestamp()):
                return _send(document, environ, start_response, now)
            return self._ask(environ, start_response)
        self._being_renewed.add(document.name)
        try:
            return self._ask(environ, start_response)
        finally:
            self._being_renewed.discard(document.name)

    def _stands(self, document: Document, now: datetime) -> bool:
        """Tell if nothing that the document shows has changed; takes one lookup if nothing at all was committed."""
        generation = self._watch.look()
        if generation != document.generation:
            moved, due = self._watch.find_next_move(document.keys)
            if not document.as_of.reaches(moved):
                return False
            document.until = min(document.until, inf if due is None else due)
            document.generation = generation
        seconds = now.timestamp()
        # After the clock was set back, `until` may be on a day that has not begun.
        if seconds >= document.until or seconds < document.stood_at - CLOCKS_DIFFER:
            return False
        document.stood_at = seconds
        return True

    def _may_be_stale(self, document: Document, now: datetime) -> bool:
        """Tell if the document may be sent while another thread renews it (stale-while-revalidate, RFC 5861)."""
        age = now.timestamp() - document.stood_at
        return document.name in self._being_renewed and age < document.stale_for

    def _ask(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Let Flask answer; if its view hands a document over, keep it with the headers of the answer, and send it."""
        # Read before the view reads anything, so that a commit in between moves a scope beyond this position.
        as_of, now = self._watch.get_last_position(), self._clock()
        answer: list[Any] = []

        def hold(*given: Any) -> None:
            answer[:] = given

        body = self._application(environ, hold)
        if not isinstance(body, Handover):
            start_response(*answer)
            return body
        document = body.document
        body.close()
        status, headers = answer[:2]
        _check_public(status, headers)
        document.finish(headers)
        document.as_of = as_of
        # Units begin and end at midnight, and the first request to Flask after that applies the change.
        midnight = datetime.combine(now.astimezone(VIETNAM), time(), VIETNAM) + timedelta(days=1)
        document.until = min(document.until, midnight.timestamp())
        if document.keep:
            self._documents.keep(document)
        return _send(document, environ, start_response, now)


def _check_public(status: str, headers: HeaderList) -> None:
    """Raise if an answer must not be sent to others: such a fault of ours becomes a 500 instead of a leak."""
    fields = {name.lower(): value for name, value in headers}
    is_public = fields.get("cache-control", "").startswith("public") and "set-cookie" not in fields
    if status[:3] != "200" or not is_public or fields.get("vary") != "Accept-Encoding":
        raise AssertionError(f"a document came with an answer that is not public: {status} {sorted(fields)}")


def _send(document: Document, environ: dict[str, Any], start_response: StartResponse, now: datetime) -> Iterable[bytes]:
    # Copies of the header lists, because a server may change them (PEP 3333).
    gzipped = accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
    if document.is_had_by(environ, now.timestamp()):
        start_response("304 Not Modified", document.not_modified[gzipped].copy())
        return ()
    start_response("200 OK", document.ok[gzipped].copy())
    if environ["REQUEST_METHOD"] == "HEAD":
        return ()
    assert document.body is not None
    return (document.body.data if gzipped else document.body.unpack(),)
