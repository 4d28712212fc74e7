"""Ready documents: bytes, validators, headers, and what a conditional request asks of them. No Flask, no database.

A document is named by its path and query. Its version, the opaque part of its entity tags, is known without its body.
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
# What a 304 carries beside the entity tag: what may be news to a cache, or lets a script of another site see it at all.
# The rest stands with the document that the client has (RFC 9110, 15.4.5), and each header costs every poll.
_OF_NOT_MODIFIED = {"cache-control", "vary", "last-modified", "access-control-allow-origin"}
# How many seconds apart two clocks may be that are both right: more is a clock that was wrong.
CLOCKS_DIFFER = 60
# What one document takes beside its body: names, headers, the object.
_OVERHEAD_BYTES = 4_000

_NOWHERE = Position("", -1)

Environ = Mapping[str, Any]
HeaderList = list[tuple[str, str]]


@dataclass(slots=True)
class Packed:
    """A body as gzip, and how long it is without: who takes no gzip is rare, and unpacking costs little."""

    data: bytes
    length: int

    def unpack(self) -> bytes:
        return zlib.decompress(self.data, wbits=31, bufsize=self.length)


@dataclass(slots=True)
class Document:
    """A document ready to be sent, and for how long it stands.

    `keys` are the scopes that it depends on: it stands while none of them has moved since the change `as_of`, which was
    the last one before it was built, and not after `until`. `body` is None where nobody needed it yet: a 304 and a HEAD
    do not. Times are seconds since 1970. `keep` is False where there may be a million different ones, each asked for
    once: they would push out those that everybody asks for.
    """

    name: str
    version: str
    keys: tuple[str, ...]
    changed_at: int
    body: Packed | None = None
    until: float = inf
    keep: bool = True
    as_of: Position = _NOWHERE
    # By "does the client take gzip": the headers of a 200 and of a 304.
    ok: dict[bool, HeaderList] = field(default_factory=dict)
    not_modified: dict[bool, HeaderList] = field(default_factory=dict)
    # For how many seconds it may be sent while somebody renews it (what its own Cache-Control says), since `stood_at`,
    # when it stood last; and at which number of the Watch its scopes were looked at.
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
        """Take the headers of the whole answer, as they go out, and make those of every variant of them."""
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
        """Tell if a request takes the body. HEAD does not, and says no length of what is not built (RFC 9110, 8.6)."""
        return environ["REQUEST_METHOD"] != "HEAD" and not self.is_had_by(environ, now)

    def is_had_by(self, environ: Environ, now: float) -> bool:
        """Evaluate If-None-Match and, only without one, If-Modified-Since (RFC 9110, 13.2.2).

        A date that lies after `now` (seconds since 1970) is from a clock that was wrong, and says nothing.

        Weak comparison, and every encoding of the document counts: a client that stored the gzip body and asks for
        the plain one (a proxy in between) has the document all the same.
        """
        tags = environ.get("HTTP_IF_NONE_MATCH")
        if tags is not None:
            if tags == self.tag_gzip:  # what nearly every poll says, without parsing it
                return True
            return tags.strip() == "*" or self.version in list_versions(tags)
        text = environ.get("HTTP_IF_MODIFIED_SINCE")
        since = None if text is None else parse_date(text)
        return since is not None and self.changed_at <= since.timestamp() <= now + CLOCKS_DIFFER


def list_versions(tags: str) -> list[str]:
    """List the versions that the entity tags of an If-None-Match name, whatever their encoding; what is no tag, not."""
    return [tag.removesuffix(GZIP_SUFFIX) for tag in _ENTITY_TAG.findall(tags)]


@lru_cache(maxsize=256)
def accepts_gzip(header: str) -> bool:
    """Tell if a client with this Accept-Encoding takes gzip (RFC 9110, 12.5.3)."""
    return parse_accept_header(header).quality("gzip") > 0


class Documents:
    """The ready documents of one process, those that nobody asked for of late leave first; bounded in bytes.

    A body is kept from the second time on that somebody needs the document: a crawler, which asks for everything once,
    pushes out nothing that others ask for.
    """

    def __init__(self, settings: Settings, site: Site) -> None:
        self._limit = settings.document_cache_bytes
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._being_built: dict[tuple[str, str], Future[Packed]] = {}
        self._fingerprint = _fingerprint(settings, site)

    def version_of(self, name: str, state: ScopeState, extra: str = "") -> str:
        """Return the opaque part of the entity tag: known without building the body, equal in every process."""
        digest = hashlib.blake2b(
            f"{name}\n{extra}\n{state.epoch}\n{self._fingerprint}".encode(), digest_size=8
        ).hexdigest()
        return f"{state.seq:x}-{digest}"

    def find(self, name: str) -> Document | None:
        document = self._kept.get(name)
        if document is not None:
            document.is_used = True  # and no more: every poll passes here, and a lock or a move would cost each of them
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
                if oldest.is_used:  # since it was put there: it gets a second chance, at the end
                    oldest.is_used = False
                    self._kept[name] = oldest
                else:
                    self._bytes -= _size(oldest)

    def build(self, name: str, version: str, build: Callable[[], bytes]) -> Packed:
        """Return the body of that version: the kept one, or built; by one thread, for which the others wait."""
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
            # mtime=0: the same body is the same bytes in every process.
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
