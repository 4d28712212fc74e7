"""Measure the lag of a read-only instance: `python -m bench.replica [PUBLICATIONS]`.

It runs the programs of tests/conformance/replica.py on one machine: an instance that writes, Litestream into a folder,
the copy that follows, and a read-only instance over the copy. Each of PUBLICATIONS (50) articles is posted to the API
of the writer, and requested from the reader until it appears. Then it measures the CPU of each program during ten idle
seconds, and the cost of reading a row from the copy and from the writer's database.
"""

import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from bench import report
from feedsvc.database import Database, open_database
from tests.conformance.replica import DEPLOY, Site, run_site
from tests.conformance.wire import fetch

IDLE_SECONDS = 10
READS = 2_000
PROGRAMS = ("litestream", "follower", "reader")
_CHANCE = random.Random(1)


def measure_lag(site: Site, number: int) -> tuple[float, list[float]]:
    """Publish one article; return the seconds from the answer until it is visible, and those of each answer.

    It publishes at a random time; otherwise each article would come just after the round of Litestream in which the
    previous one became visible.
    """
    time.sleep(_CHANCE.uniform(0, 1.5))
    article_id = site.post(f"Tin thứ {number}")
    published, answered = time.perf_counter(), []
    for _ in count():
        asked = time.perf_counter()
        status = fetch(f"{site.reader.url}/articles/{article_id}").status
        answered.append(time.perf_counter() - asked)
        if status != 404:
            break
        time.sleep(0.005)
    return time.perf_counter() - published, answered


def measure_idle(site: Site) -> list[float]:
    """Return the percentage of one core that each program uses when idle."""
    before = [_count_ticks(site, name) for name in PROGRAMS]
    time.sleep(IDLE_SECONDS)
    return [_count_ticks(site, name) - ticks for name, ticks in zip(PROGRAMS, before, strict=True)]


def _count_ticks(site: Site, name: str) -> float:
    """Return the CPU time of a program so far, in hundredths of a second, per second of the idle time."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in site.list_pids(name)]
    return sum(int(field[11]) + int(field[12]) for field in fields) / IDLE_SECONDS


def measure_reads(db: Database) -> float:
    """Return the mean microseconds for reading a row of `articles` by its id, over READS reads."""
    read: Callable[[int], object] = lambda number: db.conn.execute(  # noqa: E731
        "SELECT title FROM articles WHERE id = ?", [number % 20 + 1]
    ).fetchone()
    read(0)
    started = time.perf_counter()
    for number in range(READS):
        read(number)
    return (time.perf_counter() - started) / READS * 1e6


def measure(name: str, folder: Path, publications: int, *, config: Path, follow_interval: str = "") -> list[str]:
    """Measure one configuration; return its row of the table."""
    folder.mkdir()
    with run_site(folder, config=config, follow_interval=follow_interval) as site:
        measured = [measure_lag(site, number) for number in range(publications)]
        idle = measure_idle(site)
        reads = [
            measure_reads(open_database(server.instance / "feedsvc.db", read_only=True))
            for server in (site.writer, site.reader)
        ]
    lags = sorted(lag for lag, _ in measured)
    answers = sorted(seconds for _, answered in measured for seconds in answered)
    return [
        name,
        *(f"{value:.2f} s" for value in (statistics.median(lags), pick(lags, 0.99), lags[-1])),
        f"{pick(answers, 0.5) * 1000:.0f}, {pick(answers, 0.99) * 1000:.0f}, {answers[-1] * 1000:.0f} ms",
        " / ".join(f"{percent:.1f}" for percent in idle),
        " / ".join(f"{microseconds:.0f}" for microseconds in reads),
    ]


def pick(ordered: list[float], part: float) -> float:
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def main(publications: int) -> None:
    shipped = DEPLOY / "litestream.yml"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = folder / "defaults.yml"
        plain.write_text(re.sub(r"(?m)^ +(monitor|sync)-interval:.*\n", "", shipped.read_text()))
        rows = [
            measure("as shipped", folder / "shipped", publications, config=shipped),
            measure("Litestream's defaults", folder / "plain", publications, config=plain, follow_interval="1s"),
        ]
    header = (
        *("", "lag p50", "p99", "worst", "an answer of the reader meanwhile: p50, p99, worst"),
        "idle: litestream / follower / reader, % of a core",
        "a row: writer's database / copy, µs",
    )
    report.write("replica", [f"{publications} publications each.", "", *report.table(header, rows)])


if __name__ == "__main__":
    main(int((*sys.argv[1:], "50")[0]))
