"""Send requests that no reader would send, and measure their cost: `python -m bench.abuse [REQUESTS [ADDRESSES]]`.

It sends junk in queries and headers and ADDRESSES (a million) different addresses; it runs clients that read nothing,
send nothing, leave early or do not close; then it sends REQUESTS (a million) ordinary requests. After each kind it
reports the memory of the largest worker, the statuses (0: the connection ended without one), and the response time of
an ordinary request: meanwhile for clients that hold a connection, otherwise afterwards. The requests go directly to
gunicorn, without nginx, which would keep slow clients away.
"""

import random
import socket
import statistics
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from bench import ingest, report
from bench.arrivals import UNPACED, send
from bench.load import address_of, fetch, write_request
from bench.servers import Server, read_memory, run_feedsvc

ARTICLES = 300
FEW = 2_000  # requests of each kind of junk
CHUNK = 100_000  # requests that are prepared at once
HOLDERS = 64
HOLD_SECONDS = 8
PATIENCE = 5  # seconds that an ordinary client waits
PATHS = ("/rss.xml", "/atom.xml", "/feed.json", "/", "/wards/phuong-lang/rss.xml", "/opml.xml")
GZIP = {"Accept-Encoding": "gzip"}

Requests = Iterator[bytes]


def junk_queries(url: str) -> Requests:
    chance = random.Random(1)
    names = ("limit", "content", "q", "page", "since", "lineage", "x", "%00", "[]", "")
    values = (
        "-1",
        "0",
        "99999999999999999999",
        "%00",
        "%ff%fe",
        "'",
        "%",
        "..%2f..",
        "summary",
        "\u0111".encode().hex(),
    )
    for _ in range(FEW):
        pairs = (f"{chance.choice(names)}={chance.choice(values)}" for _ in range(chance.randint(1, 30)))
        path = chance.choice((*PATHS, "/search/", "/search/rss.xml", "/changes.json", "/articles/1", "/sitemap.xml"))
        yield write_request(f"{url}{path}?{'&'.join(pairs)}", GZIP)


def different_addresses(url: str, count: int) -> Requests:
    """Yield requests for new addresses: of feeds, and of articles, wards and pictures that do not exist."""
    for number in range(count):
        path = (
            f"/rss.xml?u={number}",
            f"/wards/xa-{number}/rss.xml",
            f"/articles/{1_000_000 + number}",
            f"/{number}/{quote('điều')}",
            f"/atom.xml?utm_source={number}&utm_medium=x",
            f"/changes.json?since={number}",
            f"/wards/phuong-lang/feed.json?{number}",
            f"/media/{number:064x}.jpg",
        )[number % 8]
        yield write_request(url + path, GZIP | {"If-None-Match": "*"})


def huge_headers(url: str) -> Requests:
    chance = random.Random(1)
    for _ in range(FEW):
        yield chance.choice(
            (
                write_request(url + "/rss.xml", {"X-Junk": "j" * 8_000}),
                write_request(url + "/rss.xml", {"X-Junk": "j" * 60_000}),
                write_request(url + "/rss.xml", {f"X-Junk-{number}": "j" for number in range(90)}),
                write_request(url + "/rss.xml", {f"X-Junk-{number}": "j" * 100 for number in range(300)}),
                write_request(url + "/rss.xml?" + "j" * 3_900, {}),
                write_request(url + "/" + "j" * 9_000, {}),
                write_request(url + "/rss.xml", {"Accept-Encoding": "gzip;q=0.1, " * 600}),
                write_request(url + "/rss.xml", {"Cookie": "feedsvc_admin=" + "j" * 7_000}),
                write_request(url + "/rss.xml", {"If-Modified-Since": "j" * 7_000}),
            )
        )


def long_lists_of_tags(url: str) -> Requests:
    """Yield If-None-Match headers of 8 KB, which gunicorn accepts, and of 10 KB, which it refuses; some malformed."""
    chance = random.Random(1)
    for number in range(FEW):
        size = 8_000 if number % 2 else 10_240
        tag = chance.choice(('"1-0123456789abcdef-gzip", ', '"', "W/", ",", '"' + "a" * 7_000, 'W/"x" '))
        yield write_request(url + "/rss.xml", GZIP | {"If-None-Match": (tag * size)[:size].strip()})


def heads_and_ranges(url: str) -> Requests:
    chance = random.Random(1)
    ranges = (
        "bytes=0-10",
        "bytes=-1",
        "bytes=999999999-",
        "bytes=0-1,5-6,9-",
        "bytes=5-1",
        "items=0-1",
        "bytes=" + "0-,",
    ) * 3
    for _ in range(FEW):
        headers = {} if chance.random() < 0.3 else {"Range": chance.choice(ranges)}
        yield write_request(url + chance.choice(PATHS), headers | GZIP, chance.choice(("GET", "HEAD")))


def other_methods(url: str) -> Requests:
    chance = random.Random(1)
    for _ in range(FEW):
        method = chance.choice(("OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "NONSENSE"))
        yield write_request(url + chance.choice(PATHS), {"Content-Length": "0"}, method)


def ordinary(url: str, count: int) -> Requests:
    """Yield requests of readers: polls of a few feeds, three of four with a tag."""
    tags = {path: fetch(url + path, headers=GZIP).headers.get("ETag", "*") for path in PATHS}
    requests = [write_request(url + path, GZIP | {"If-None-Match": tag}) for path, tag in tags.items()]
    requests = requests * 3 + [write_request(url + path, GZIP) for path in PATHS]
    for number in range(count):
        yield requests[number % len(requests)]


class Trial:
    """A server under abuse, and the rows of its table."""

    def __init__(self, server: Server) -> None:
        self.server, self.url, self.address = server, server.url, address_of(server.url)
        self.rows: list[tuple[str, ...]] = []
        self.failures: Counter[int] = Counter()
        self.workers = server.list_workers()
        self.note("before", 0, Counter())

    def note(self, what: str, count: int, statuses: Counter[int], probes: list[float] | None = None) -> None:
        """Add a row; `probes` are response times during the abuse; without them, an ordinary client asks now."""
        assert self.server.list_workers() == self.workers, "a worker has died"
        probes = self.probe(10) if probes is None else probes
        memory = max(read_memory(worker) for worker in self.workers) / 2**20
        self.failures.update({status: number for status, number in statuses.items() if status >= 500})
        seen = ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items()))
        shown = [
            f"{probe:,.1f}" if probe < PATIENCE * 1000 else f"none in {PATIENCE:,} s"
            for probe in (statistics.median(probes), max(probes))
        ]
        self.rows.append((what, f"{count:,}", seen, *shown, f"{memory:,.1f}"))
        print(" | ".join(self.rows[-1]), file=sys.stderr)

    def probe(self, count: int) -> list[float]:
        """Ask `count` times over new connections; return the milliseconds of each, PATIENCE if there is no answer."""
        times = []
        for _ in range(count):
            begun = time.perf_counter()
            try:
                with socket.create_connection(self.address, timeout=PATIENCE) as client:
                    client.sendall(write_request(self.url + "/rss.xml", GZIP | {"If-None-Match": "*"}))
                    assert client.recv(4096).startswith(b"HTTP/1.1 304")
                times.append((time.perf_counter() - begun) * 1000)
            except TimeoutError:
                times.append(PATIENCE * 1000.0)
        return times

    def send(self, what: str, requests: Requests) -> None:
        """Send requests as fast as they are answered, and add a row with the results."""
        statuses: Counter[int] = Counter()
        while chunk := list(islice(requests, CHUNK)):
            statuses += send(self.address, chunk, UNPACED, connections=32).statuses
        self.note(what, statuses.total(), statuses)

    def send_in_parts(self, what: str, count: int) -> None:
        """Send ordinary requests, with a row after each tenth of them, to show the memory over time."""
        for part in range(1, 11):
            self.send(f"{what}, {part * count // 10:,}", ordinary(self.url, count // 10))

    def hold(self, what: str, begin: Callable[[socket.socket], None]) -> None:
        """Let many clients begin something and hold their connections; ask meanwhile, then let them leave."""
        with ExitStack() as held:
            for _ in range(HOLDERS):
                client = held.enter_context(socket.socket())
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.connect(self.address)
                begin(client)
            until, probes = time.monotonic() + HOLD_SECONDS, []
            while time.monotonic() < until:
                probes += self.probe(1)
                time.sleep(0.1)
        self.note(what, HOLDERS, Counter(), probes)

    def leave_early(self, what: str, after: int) -> None:
        """Ask for a whole feed and reset the connection after `after` bytes."""
        request = write_request(self.url + "/rss.xml", {})
        for _ in range(FEW):
            with socket.create_connection(self.address, timeout=PATIENCE) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.sendall(request)
                if after:
                    client.recv(after)
        self.note(what, FEW, Counter())


def main(count: int, addresses: int) -> None:
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        instance, records = Path(name) / "instance", Path(name) / "records.ndjson"
        ingest.write_records(records, ARTICLES)
        ingest.ingest(instance, records)
        server = running.enter_context(run_feedsvc(instance))
        url = server.url
        whole, closing = write_request(f"{url}/rss.xml", {}), write_request(f"{url}/rss.xml", {"Connection": "close"})
        trial = Trial(server)
        trial.send("ordinary requests", ordinary(url, FEW))
        trial.send("junk in the query", junk_queries(url))
        trial.send("huge headers and addresses", huge_headers(url))
        trial.send("If-None-Match of 8 and 10 KB", long_lists_of_tags(url))
        trial.send("HEAD and Range", heads_and_ranges(url))
        trial.send("other methods", other_methods(url))
        trial.leave_early("leaving before the answer", 0)
        trial.leave_early("leaving within the answer", 100)
        trial.hold("connecting, and sending nothing", lambda client: None)
        trial.hold("sending half a request", lambda client: client.sendall(whole[:-20]))
        trial.hold("asking for 64 feeds at once, and reading nothing", lambda client: client.sendall(whole * 64))
        trial.hold("Connection: close, and not closing", lambda client: client.sendall(closing))
        trial.send("different addresses", different_addresses(url, addresses))
        trial.send_in_parts("ordinary requests", count)
    header = (
        "",
        "requests",
        "statuses",
        "asked meanwhile or after: p50 ms",
        "most",
        "memory of the largest worker, MB",
    )
    report.write("abuse", report.table(header, trial.rows))
    assert not trial.failures, trial.failures


if __name__ == "__main__":
    given = [int(argument.replace(",", "")) for argument in sys.argv[1:]]
    main(*[*given, 1_000_000, 1_000_000][:2])
