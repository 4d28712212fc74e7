"""Ready documents: bytes, validators, conditional answers (RFC 9110). Built when something changed, not when asked.

A document is named by its scope, format and variant; how far the scope has moved (`seq`) decides if it still stands.
"""

import gzip
import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable

from flask import Response, request
from werkzeug.http import http_date, parse_date

from ..config import Settings
from ..models import ScopeState, Site

_GZIP_SUFFIX = "-gzip"
_ENTITY_TAG = re.compile(r'(?:W/)?"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Document:
    """A representation ready to be sent. `version` is the opaque part of its entity tags."""

    version: str
    body: bytes
    body_gzip: bytes


class Documents:
    """The ready documents of one process, the least recently used leave first; bounded in bytes."""

    def __init__(self, settings: Settings, site: Site) -> None:
        self._limit = settings.document_cache_bytes
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._fingerprint = _fingerprint(settings, site)

    def version_of(self, name: str, state: ScopeState, extra: str = "") -> str:
        """Return the opaque part of the entity tag: known without building the body, equal in every process."""
        digest = hashlib.blake2b(f"{name}\n{extra}\n{self._fingerprint}".encode(), digest_size=8).hexdigest()
        return f"{state.seq:x}-{digest}"

    def get(self, name: str, version: str, build: Callable[[], bytes], *, keep: bool = True) -> Document:
        """Return the document of that name and version; build it where it is not there, keep it if wanted."""
        with self._lock:
            document = self._kept.get(name)
            if document is not None and document.version == version:
                self._kept.move_to_end(name)
                return document
        body = build()
        # mtime=0: the same body is the same bytes in every process.
        document = Document(version, body, gzip.compress(body, 6, mtime=0))
        if keep:
            self._keep(name, document)
        return document

    def _keep(self, name: str, document: Document) -> None:
        with self._lock:
            old = self._kept.pop(name, None)
            self._bytes += _size(document) - (_size(old) if old else 0)
            self._kept[name] = document
            while self._bytes > self._limit and self._kept:
                self._bytes -= _size(self._kept.popitem(last=False)[1])


def _size(document: Document) -> int:
    return len(document.body) + len(document.body_gzip)


def _fingerprint(settings: Settings, site: Site) -> str:
    """Hash what shapes the output beside the data: version, settings, templates, style."""
    digest = hashlib.blake2b(repr(site).encode())
    shown = [item.name for item in fields(settings)[1:] if not item.metadata["is_local"]]
    digest.update(repr([(name, getattr(settings, name)) for name in shown]).encode())
    package = files(__package__.rpartition(".")[0])
    for folder in ("templates", "static"):
        for path, content in _walk(package / folder):
            digest.update(path.encode() + content)
    return digest.hexdigest()


def _walk(folder: Traversable) -> list[tuple[str, bytes]]:
    found = []
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        found += _walk(item) if item.is_dir() else [(item.name, item.read_bytes())]
    return found


def respond(
    documents: Documents,
    name: str,
    state: ScopeState,
    build: Callable[[], bytes],
    *,
    media_type: str,
    cache_control: str,
    now: datetime,
    extra: str = "",
    headers: dict[str, str] | None = None,
    keep: bool = True,
) -> Response:
    """Answer with the document, or with 304 where the client has it; HEAD and gzip are taken care of.

    `extra` is what the document shows beside what moves the scope. `keep` is False where there may be a million
    different documents, each asked for once: they would push out those that everybody asks for.
    """
    version = documents.version_of(name, state, extra)
    wants_gzip = request.accept_encodings.quality("gzip") > 0
    response = Response(mimetype=None, headers=headers)
    response.headers["ETag"] = f'"{version}{_GZIP_SUFFIX if wants_gzip else ""}"'
    response.headers["Last-Modified"] = http_date(_last_modified(state, now))
    response.headers["Cache-Control"] = cache_control
    response.headers["Vary"] = "Accept-Encoding"
    if _client_has_it(version, state):
        response.status_code = 304
        response.headers.pop("Content-Type", None)
        return response
    document = documents.get(name, version, build, keep=keep)
    response.headers["Content-Type"] = media_type
    response.set_data(document.body_gzip if wants_gzip else document.body)
    if wants_gzip:
        response.headers["Content-Encoding"] = "gzip"
    return response


def find_older_version(documents: Documents, name: str, state: ScopeState, extra: str) -> int | None:
    """Return the seq of the version of this very document that the client has, if it is an older one."""
    current = documents.version_of(name, state, extra).partition("-")[2]
    tags = _ENTITY_TAG.findall(request.headers.get("If-None-Match", ""))
    versions = [tag.removesuffix(_GZIP_SUFFIX).partition("-") for tag in tags]
    older = [int(seq, 16) for seq, _, digest in versions if digest == current and re.fullmatch("[0-9a-f]{1,15}", seq)]
    return max((seq for seq in older if seq < state.seq), default=None)


def respond_with_delta(body: bytes, version: str, *, media_type: str, headers: dict[str, str]) -> Response:
    """Answer 226 IM Used (RFC 3229) with what is new since the client's version; no cache may take it for the whole."""
    response = Response(mimetype=None, headers=headers, status="226 IM Used")
    response.headers["Content-Type"] = media_type
    response.headers["IM"] = "feed"
    response.headers["Cache-Control"] = "no-store, im"
    response.headers["Vary"] = "Accept-Encoding, A-IM, If-None-Match"
    wants_gzip = request.accept_encodings.quality("gzip") > 0
    response.headers["ETag"] = f'"{version}{_GZIP_SUFFIX if wants_gzip else ""}"'
    response.set_data(gzip.compress(body, 6, mtime=0) if wants_gzip else body)
    if wants_gzip:
        response.headers["Content-Encoding"] = "gzip"
    return response


def public_cache_control(max_age: int) -> str:
    """Return the Cache-Control of feeds and lists; `max_age` in seconds.

    A stale copy while a new one is fetched, or for a day while we are down, is better for a reader than an error.
    """
    return f"public, max-age={max_age}, stale-while-revalidate={2 * max_age}, stale-if-error=86400"


def _last_modified(state: ScopeState, now: datetime) -> datetime:
    """Return the time for Last-Modified: in the second of a change itself, one second earlier.

    Another change may follow within that second, and the client must not take the two for one (RFC 9110, 8.8.2.2).
    """
    changed_at = state.changed_at.astimezone(UTC)
    return changed_at if now >= changed_at + timedelta(seconds=1) else changed_at - timedelta(seconds=1)


def _client_has_it(version: str, state: ScopeState) -> bool:
    """Evaluate If-None-Match and, only without one, If-Modified-Since (RFC 9110, 13.2.2).

    Weak comparison, and every encoding of the document counts: a client that stored the gzip body and asks for the
    plain one (a proxy in between) has the document all the same.
    """
    if "If-None-Match" in request.headers:
        field = request.headers["If-None-Match"].strip()
        return field == "*" or any(tag.removesuffix(_GZIP_SUFFIX) == version for tag in _ENTITY_TAG.findall(field))
    since = parse_date(request.headers.get("If-Modified-Since"))
    return since is not None and state.changed_at.replace(microsecond=0) <= since
