"""Measure how soon a post is visible: `python -m bench.publish [POSTS]`.

It measures from the commit of a post to the new entity tag in every worker process, each polled over its own kept
connection; idle, and while another feed is polled at half of the service's capacity. Posts come in two ways: by
`ingest` in this process, which knows when its commit returned, and by the API, whose client knows only when the answer
came. GET waits for the whole new feed, built and compressed; HEAD waits only for its entity tag.
"""

import json
import os
import random
import re
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, product
from pathlib import Path
from typing import Any

from bench import ingest, report
from bench.load import address_of, fetch, keep_asking, saturate, write_request
from bench.servers import ROOT, Server, run_feedsvc
from feedsvc.articles.ingest import ingest as take_in
from feedsvc.config import load_settings
from feedsvc.database import open_database
from feedsvc.instance import load_site
from feedsvc.models import Draft

ARTICLES = 300
ENTRIES = 30
WARD, OTHER_WARD = "phuong-lang", "phuong-bo-de"
GZIP = {"Accept-Encoding": "gzip"}


@dataclass
class Watcher:
    """A kept connection to one worker process, and the entity tag of its last answer."""

    socket: socket.socket
    worker: int
    url: str
    method: str = "GET"
    etag: str = '"none"'

    def ask(self) -> None:
        self.socket.sendall(write_request(self.url, GZIP | {"If-None-Match": self.etag}, self.method))

    def read(self) -> bool:
        """Read the whole answer; tell if it had a new entity tag."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, _, body = data.partition(b"\r\n\r\n")
        status, etag = head[9:12], re.search(rb"\r\nETag: (.*?)\r\n", head)
        assert status in (b"200", b"304"), head
        assert etag, head
        length = re.search(rb"\r\nContent-Length: (\d+)", head)
        missing = int(length[1]) - len(body) if (status, self.method) == (b"200", "GET") and length else 0
        while missing > 0:
            missing -= len(self._receive())
        is_new, self.etag = etag[1].decode() != self.etag, etag[1].decode()
        return is_new

    def _receive(self) -> bytes:
        data = self.socket.recv(262_144)
        assert data, "the worker closed the connection"
        return data


def watch_every_worker(server: Server, url: str) -> list[Watcher]:
    """Open connections until each worker process has accepted one, which then stays with it."""
    watchers: dict[int, Watcher] = {}
    workers = server.list_workers()
    for _ in range(1000):
        connection = socket.create_connection(address_of(url))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        watcher = Watcher(connection, 0, url)
        watcher.ask()
        watcher.read()
        watcher.worker = _find_owner(connection, workers)
        if watcher.worker in watchers:
            connection.close()
        watchers.setdefault(watcher.worker, watcher)
        if len(watchers) == len(workers):
            return list(watchers.values())
    raise AssertionError(f"only {sorted(watchers)} of {workers} accept connections")


def _find_owner(connection: socket.socket, workers: list[int]) -> int:
    """Return the process at the other end, found by the inode of its socket (proc_net_tcp, proc_pid_fd)."""
    local, remote = (f"{port:04X}" for port in (connection.getpeername()[1], connection.getsockname()[1]))
    found = re.search(rf": \w+:{local} \w+:{remote} (?:\S+ +){{6}}(\d+)", Path("/proc/net/tcp").read_text())
    assert found
    for worker in workers:
        for handle in Path(f"/proc/{worker}/fd").iterdir():
            if os.readlink(handle) == f"socket:[{found[1]}]":
                return worker
    raise AssertionError("no worker holds the connection")


def wait_until_seen(watchers: list[Watcher]) -> float:
    """Poll every worker without pause; return the time when the last of them answered with a new entity tag."""
    left = {watcher.socket: watcher for watcher in watchers}
    for watcher in watchers:
        watcher.ask()
    while left:
        for ready in select.select(list(left), [], [], 30)[0]:
            if left[ready].read():
                del left[ready]
            else:
                left[ready].ask()
    return time.perf_counter()


@dataclass(frozen=True, slots=True)
class Posted:
    """The time when a post began, and the time when its commit was certain."""

    begun: float
    committed: float


def post_by_api(url: str, token: str) -> Callable[[dict[str, Any]], Posted]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(record: dict[str, Any]) -> Posted:
        begun = time.perf_counter()
        answer = fetch(f"{url}/api/articles", "POST", json.dumps(record).encode(), headers)
        committed = time.perf_counter()
        assert answer.status == 201, answer.body
        return Posted(begun, committed)

    return post


def post_in_this_process(instance: Path) -> Callable[[dict[str, Any]], Posted]:
    settings = load_settings({"FEEDSVC_INSTANCE": str(instance)})
    db = open_database(settings.database_path)
    site = load_site(settings, db)

    def post(record: dict[str, Any]) -> Posted:
        fields = dict(record, published=datetime.fromisoformat(record["published"]))
        draft = Draft(
            title=fields["title"],
            published=fields["published"],
            ward=fields["ward"],
            categories=(fields["category"],),
            content_text=fields["content_text"],
            external_id=fields["external_id"],
        )
        begun = time.perf_counter()
        outcome = take_in(db, draft, site=site, now=datetime.now(UTC))
        committed = time.perf_counter()
        assert outcome.kind == "added"
        return Posted(begun, committed)

    return post


def make_token(instance: Path) -> str:
    environ = {**os.environ, "FEEDSVC_INSTANCE": str(instance)}
    command = [sys.executable, "-m", "feedsvc", "tokens", "add", "bench"]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]


def measure(
    post: Callable[[dict[str, Any]], Posted], records: Iterator[dict[str, Any]], watchers: list[Watcher], posts: int
) -> tuple[list[float], list[float]]:
    """Post `posts` records; return the milliseconds from commit, and from begin, until every worker shows each."""
    chance = random.Random(2)
    since_commit, since_begin = [], []
    for record in islice(records, posts):
        time.sleep(chance.uniform(0.01, 0.05))  # so that a post falls at a random time of the workers' periodic work
        posted = post(record)
        seen = wait_until_seen(watchers)
        since_commit.append((seen - posted.committed) * 1000)
        since_begin.append((seen - posted.begun) * 1000)
    return since_commit, since_begin


def show(what: Sequence[str], since_commit: list[float], since_begin: list[float]) -> tuple[str, ...]:
    cells = list(what)
    for times in (since_commit, since_begin):
        cuts = statistics.quantiles(times, n=100, method="inclusive")
        cells += [f"{cuts[49]:.1f}", f"{cuts[98]:.1f}"]
    return (*cells, f"{max(since_commit):.1f}")


HEADER = (
    "",
    "posted by",
    "polled by",
    "commit to seen, p50 ms",
    "p99",
    "begin of the post to seen, p50",
    "p99",
    "most",
)


def main(posts: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        instance, file = Path(name) / "instance", Path(name) / "records.ndjson"
        ingest.write_records(file, ARTICLES)
        ingest.ingest(instance, file)
        token = make_token(instance)
        wanted = (record for record in islice(ingest.make_records(1_000_000), ARTICLES, None) if record["ward"] == WARD)
        with run_feedsvc(instance, feed_max_entries=ENTRIES, api_requests_per_minute=100_000) as server:
            watchers = watch_every_worker(server, f"{server.url}/rss.xml")
            other = f"{server.url}/wards/{OTHER_WARD}/rss.xml"
            headers = GZIP | {"If-None-Match": fetch(other, headers=GZIP).headers["ETag"]}
            ways = {"ingest": post_in_this_process(instance), "API": post_by_api(server.url, token)}
            rate = statistics.median(saturate(other, headers, 2000).rate for _ in range(5)) / 2
            rows = []
            for state in ("idle", "under load"):
                with keep_asking(other, headers, rate) if state == "under load" else nullcontext():
                    for (way, post), method in product(ways.items(), ("GET", "HEAD")):
                        for watcher in watchers:
                            watcher.method = method
                        rows.append(show((state, way, method), *measure(post, wanted, watchers, posts)))
        lines = [
            f"{posts} posts in each row, {len(watchers)} workers, a feed of {ENTRIES} entries. "
            f"Load: {rate:,.0f} conditional polls of another feed a second.",
            "",
            *report.table(HEADER, rows),
        ]
        report.write("publish", lines)


if __name__ == "__main__":
    main(*(int(argument) for argument in (*sys.argv[1:], "200")[:1]))
