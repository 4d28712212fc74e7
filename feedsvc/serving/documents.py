"""Keep ready documents: bytes, validators, headers, and the evaluation of conditional requests. No Flask, no database.

The name of a document is its path and query. Its version, the opaque part of its entity tags, is known without the
body.
"""

import gzip
import hashlib
import re
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from math import inf
from typing import Any

from werkzeug.http import parse_accept_header, parse_date

from ..config import Settings
from ..models import ScopeState, Site
from ..position import Position

GZIP_SUFFIX = "-gzip"
_ENTITY_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_STALE_FOR = re.compile(r"stale-while-revalidate=(\d+)")
# The headers of a 304 in addition to the entity tag: those that may be new to a cache, or that let a script of another
# site see the response. The client has the others with its document (RFC 9110, 15.4.5), and every header costs bytes in
# every poll.
_OF_NOT_MODIFIED = {"cache-control", "vary", "last-modified", "access-control-allow-origin"}
# The maximum difference between two correct clocks in seconds; a larger one means that a clock was wrong.
CLOCKS_DIFFER = 60
# The estimated memory of one document apart from its body: names, headers, the object.
_OVERHEAD_BYTES = 4_000

_NOWHERE = Position("", -1)

Environ = Mapping[str, Any]
HeaderList = list[tuple[str, str]]


@dataclass(slots=True)
class Packed:
    """A body as gzip, with its length without gzip; clients without gzip are rare, and decompressing costs little."""

    data: bytes
    length: int

    def unpack(self) -> bytes:
        return zlib.decompress(self.data, wbits=31, bufsize=self.length)


@dataclass(slots=True)
class Document:
    """A document that is ready to be sent, and the conditions under which it is fresh.

    `keys` are the scopes that it depends on: it is fresh while none of them has moved since the change `as_of`, the
    last one before it was built, and only before `until`. `body` is None as long as no request needed it; a 304 and a
    HEAD do not. Times are seconds since 1970. `keep` is False if there may be a million different documents of this
    kind, each requested once: they would push out those that everybody requests.
    """

    name: str
    version: str
    keys: tuple[str, ...]
    changed_at: int
    body: Packed | None = None
    until: float = inf
    keep: bool = True
    as_of: Position = _NOWHERE
    # The headers of a 200 and of a 304, by "does the client accept gzip".
    ok: dict[bool, HeaderList] = field(default_factory=dict)
    not_modified: dict[bool, HeaderList] = field(default_factory=dict)
    # The document may be sent for `stale_for` seconds after `stood_at`, when it was last fresh, while another request
    # renews it (from its own Cache-Control). `generation` is the number of the Watch at the last check of its scopes.
    stale_for: int = 0
    stood_at: float = 0
    generation: int = -1
    is_used: bool = False
    tag_gzip: str = field(init=False)

    def __post_init__(self) -> None:
        self.tag_gzip = self.tag(gzipped=True)

    def tag(self, *, gzipped: bool) -> str:
        return f'"{self.version}{GZIP_SUFFIX if gzipped else ""}"'

    def finish(self, headers: HeaderList) -> None:
        """Build the headers of every variant from those of the complete response."""
        own = {"etag", "content-length", "content-encoding"}
        headers = [(name, value) for name, value in headers if name.lower() not in own]
        short = [(name, value) for name, value in headers if name.lower() in _OF_NOT_MODIFIED]
        for gzipped in (True, False):
            tag = [("ETag", self.tag(gzipped=gzipped))]
            self.not_modified[gzipped] = tag + short
            self.ok[gzipped] = tag + headers
            if self.body is not None:
                self.ok[gzipped].append(("Content-Length", str(len(self.body.data) if gzipped else self.body.length)))
            if gzipped:
                self.ok[gzipped].append(("Content-Encoding", "gzip"))
        found = _STALE_FOR.search(dict(headers).get("Cache-Control", ""))
        self.stale_for = int(found[1]) if found else 0

    def needs_body(self, environ: Environ, now: float) -> bool:
        """Tell if a request needs the body. HEAD does not; it omits the length if no body was built (RFC 9110, 8.6)."""
        return environ["REQUEST_METHOD"] != "HEAD" and not self.is_had_by(environ, now)

    def is_had_by(self, environ: Environ, now: float) -> bool:
        """Evaluate If-None-Match or, only if it is absent, If-Modified-Since (RFC 9110, 13.2.2).

        A date after `now` (seconds since 1970) comes from a wrong clock and is ignored.

        The comparison is weak, and a tag of any encoding matches: a client that has the gzip body and asks for the
        plain one (because of a proxy) has the document all the same.
        """
        tags = environ.get("HTTP_IF_NONE_MATCH")
        if tags is not None:
            if tags == self.tag_gzip:  # nearly every poll sends this tag, so it is not parsed
                return True
            return tags.strip() == "*" or self.version in list_versions(tags)
        text = environ.get("HTTP_IF_MODIFIED_SINCE")
        since = None if text is None else parse_date(text)
        return since is not None and self.changed_at <= since.timestamp() <= now + CLOCKS_DIFFER


def list_versions(tags: str) -> list[str]:
    """List the versions in the entity tags of an If-None-Match, of any encoding; ignore anything that is not a tag."""
    return [tag.removesuffix(GZIP_SUFFIX) for tag in _ENTITY_TAG.findall(tags)]


@lru_cache(maxsize=256)
def accepts_gzip(header: str) -> bool:
    """Tell if a client with this Accept-Encoding accepts gzip (RFC 9110, 12.5.3)."""
    return parse_accept_header(header).quality("gzip") > 0


class Documents:
    """The ready documents of one process; evicts the least recently used; bounded in bytes.

    The first request for a document keeps it without its body, the second with it. A crawler, which requests everything
    once, thus pushes out little that others request.
    """

    def __init__(self, settings: Settings, site: Site) -> None:
        self._limit = settings.document_cache_bytes
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._being_built: dict[tuple[str, str], Future[Packed]] = {}
        self._fingerprint = _fingerprint(settings, site)

    def version_of(self, name: str, state: ScopeState, extra: str = "") -> str:
        """Return the opaque part of the entity tag, without building the body; it is the same in every process."""
        digest = hashlib.blake2b(
            f"{name}\n{extra}\n{state.epoch}\n{self._fingerprint}".encode(), digest_size=8
        ).hexdigest()
        return f"{state.seq:x}-{digest}"

    def find(self, name: str) -> Document | None:
        document = self._kept.get(name)
        if document is not None:
            document.is_used = True  # no lock and no move here, because every poll would pay for it
        return document

    def keep(self, document: Document) -> None:
        with self._lock:
            old = self._kept.pop(document.name, None)
            if old is None:
                document = replace(document, body=None)
            self._bytes += _size(document) - (_size(old) if old else 0)
            self._kept[document.name] = document
            while self._bytes > self._limit and self._kept:
                name, oldest = self._kept.popitem(last=False)
                if oldest.is_used:  # used since it was put there: it gets a second chance, at the end
                    oldest.is_used = False
                    self._kept[name] = oldest
                else:
                    self._bytes -= _size(oldest)

    def build(self, name: str, version: str, build: Callable[[], bytes]) -> Packed:
        """Return the body of that version, kept or new; only one thread builds it while others wait for it."""
        known = self.find(name)
        if known is not None and known.version == version and known.body is not None:
            return known.body
        with self._lock:
            flight = self._being_built.get((name, version))
            if flight is None:
                own = self._being_built[name, version] = Future()
        if flight is not None:
            return flight.result()
        try:
            body = build()
            # mtime=0, so that the same body gives the same bytes in every process.
            own.set_result(Packed(gzip.compress(body, 6, mtime=0), len(body)))
        except BaseException as error:
            own.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._being_built[name, version]
        return own.result()


def _size(document: Document) -> int:
    return _OVERHEAD_BYTES + (len(document.body.data) if document.body else 0)


def _fingerprint(settings: Settings, site: Site) -> str:
    """Hash everything apart from the data that shapes the output: version, settings, templates, static files."""
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
