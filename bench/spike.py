"""Measure a spike of polls: `python -m bench.spike [POLLS]`.

100,000 conditional polls of the feeds of 3,321 wards, each with its own entity tag, arrive evenly within ten seconds,
directly at gunicorn, and through nginx with deploy/nginx.conf; each first with no ready documents, then in turn with
all ready. The time of a poll counts from its due time, so a server that falls behind shows it.
"""

import random
import sqlite3
import sys
import tempfile
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from bench import population, report
from bench.arrivals import send
from bench.load import address_of, fetch, write_request
from bench.servers import Server, cpu_between, read_memory, run_feedsvc, run_nginx_in_front

WARDS = 3_321
ARTICLES = 30 * WARDS
CONTENT = 1_000
SECONDS = 10
CONNECTIONS = 256
ROUNDS = 3
GZIP = {"Accept-Encoding": "gzip"}


def list_feeds(database: Path) -> list[str]:
    """List the paths of the feeds of the living wards."""
    with closing(sqlite3.connect(database)) as db:
        rows = db.execute("SELECT slug FROM wards WHERE valid_to IS NULL ORDER BY slug").fetchall()
    assert len(rows) == WARDS, len(rows)
    return [f"/wards/{slug}/rss.xml" for (slug,) in rows]


def write_polls(server: Server, feeds: list[str], count: int) -> list[bytes]:
    """Ask once for the tag of each feed, and return `count` polls of random feeds."""
    polls = []
    for path in feeds:
        answer = fetch(server.url + path, headers=GZIP | {"If-None-Match": "*"})
        assert answer.status == 304
        polls.append(write_request(server.url + path, GZIP | {"If-None-Match": answer.headers["ETag"]}))
    return random.Random(1).choices(polls, k=count)


@dataclass
class Runs:
    """The measurements of the runs of one kind."""

    seconds: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # µs a poll
    memory: float = 0.0

    def add(self, server: Server, polls: list[bytes]) -> None:
        before = server.read_cpu()
        sent = send(address_of(server.url), polls, len(polls) / SECONDS, connections=CONNECTIONS)
        assert set(sent.statuses) == {304}, sent.statuses
        self.cpu.append(cpu_between(before, server.read_cpu()) / len(polls) / 1000)
        self.seconds.append(sent.seconds)
        self.p50.append(sent.quantile(50))
        self.p99.append(sent.quantile(99))
        self.most.append(max(sent.times))
        self.memory = max(read_memory(process) for process in server.list_processes()) / 2**20

    def show(self, what: str, other: "Runs") -> tuple[str, ...]:
        ratios = [this / that for this, that in zip(self.cpu, other.cpu, strict=True)]
        times = (_spread(values, 1) for values in (self.seconds, self.p50, self.p99, self.most))
        return what, *times, _spread(self.cpu), _spread(ratios, 2), f"{self.memory:.0f}"


def _spread(values: list[float], digits: int = 0) -> str:
    return report.spread(values, digits) if len(values) > 1 else f"{values[0]:,.{digits}f}"


HEADER = ("", "seconds", "p50 ms", "p99 ms", "most ms", "CPU µs a poll", "CPU : straight", "largest process, MB")


def main(count: int) -> None:
    settings = population.find_or_fill(articles=ARTICLES, wards=WARDS, content=CONTENT)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        straight = running.enter_context(run_feedsvc(settings.instance, site_url=settings.site_url))
        fronted = running.enter_context(run_nginx_in_front(Path(folder) / "nginx", straight))
        feeds = list_feeds(settings.database_path)
        size = len(fetch(straight.url + feeds[0], headers=GZIP).body)
        polls = write_polls(straight, feeds, count)
        cold, cold_fronted, warm, warm_fronted = Runs(), Runs(), Runs(), Runs()
        cold.add(straight, polls)
        cold_fronted.add(fronted, polls)
        for _ in range(ROUNDS):
            warm.add(straight, polls)
            warm_fronted.add(fronted, polls)
    lines = [
        f"{count:,} polls of {len(feeds):,} feeds (of {size:,} bytes with gzip), {count / SECONDS:,.0f} a second, "
        f"over {CONNECTIONS} connections; {ROUNDS} rounds where all is ready: median (least - most).",
        "",
        *report.table(
            HEADER,
            [
                cold.show("straight, nothing ready", cold),
                cold_fronted.show("nginx, its cache empty", cold),
                warm.show("straight", warm),
                warm_fronted.show("nginx", warm),
            ],
        ),
    ]
    report.write("spike", lines)


if __name__ == "__main__":
    main(*(int(argument.replace(",", "")) for argument in (*sys.argv[1:], "100000")[:1]))
