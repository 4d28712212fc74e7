"""Send HTTP requests and return the raw responses, with nothing added or hidden; record exchanges with a proxy."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """Status, header lines in order, body as sent (gzip stays gzip)."""

    status: int
    reason: str
    fields: list[tuple[str, str]]
    body: bytes

    def get(self, name: str) -> str | None:
        found = [value for field, value in self.fields if field.lower() == name.lower()]
        assert len(found) < 2, f"{name} stands twice: {found}"
        return found[0] if found else None


def fetch(url: str, method: str = "GET", *, content: bytes | None = None, **headers: str) -> Answer:
    """Send one request without following redirects. Header names have "_" in place of "-"."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, content, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Answer(response.status, response.reason, response.getheaders(), response.read())
    finally:
        connection.close()


def until(ask: Callable[[], Answer], holds: Callable[[Answer], bool]) -> Answer:
    """Repeat a request until the answer is as wanted, for at most twenty seconds, within the limits of one address."""
    deadline = time.monotonic() + 20
    while not holds(answer := ask()):
        assert time.monotonic() < deadline, (answer.status, answer.fields)
        time.sleep(0.02)
    return answer


@dataclass(frozen=True)
class Noted:
    """One exchange that passed through the proxy."""

    path: str
    status: int
    is_conditional: bool


@contextmanager
def recording_proxy(upstream: str, port: int) -> Iterator[list[Noted]]:
    """Run a proxy between a reader and `upstream` on a loopback port; yield the growing list of exchanges."""
    notes: list[Noted] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            answer = fetch(upstream + self.path, "GET", content=None, **headers)
            conditional = "If-None-Match" in self.headers or "If-Modified-Since" in self.headers
            notes.append(Noted(self.path, answer.status, conditional))
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.fields:
                if name.lower() not in {"connection", "transfer-encoding"}:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield notes
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
