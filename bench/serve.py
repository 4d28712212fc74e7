"""Measure the cost of an answer, and compare it with that of contenders: `python -m bench.serve [ROUNDS]`.

Our service and five contenders with the same articles are measured in one interleaved run, in turn for half a second
each (a 304, a gzip 200, an identity 200, a 304 over a new connection each time). It reports the server's CPU time per
request, from the kernel, and requests per second; then p50 and p99 at half of each one's capacity. Ratios are computed
within a round.

Needs h2load, nginx and the extra `bench`: `pip install -c constraints.txt -e '.[bench]'`.
"""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench import ingest, report
from bench.load import fetch, measure_latency, saturate
from bench.servers import Server, cpu_between, run_feedsvc, run_gunicorn, run_nginx_in_front, run_nginx_static

PATH = "/rss.xml"
ARTICLES = 300
ENTRIES = 30  # of every contender's feed
SLICE = 0.5  # seconds; short, so that the neighbours of the machine are the same within a round
LATENCY_SECONDS = 2
LATENCY_ROUNDS = 3

OURS, HELLO, NAIVE, DJANGO = "feedsvc", "raw WSGI hello world", "Flask + feedgen", "Django syndication"
STATIC, CACHED = "nginx, the file", "nginx's cache before feedsvc"

GZIP = {"Accept-Encoding": "gzip"}
NOT_MODIFIED, COMPRESSED, PLAIN, CONNECTING = "304", "gzip 200", "identity 200", "304, a new connection each time"
CASES = {
    NOT_MODIFIED: GZIP | {"If-None-Match": ""},
    COMPRESSED: GZIP,
    PLAIN: {},
    CONNECTING: GZIP | {"If-None-Match": "", "Connection": "close"},
}


@dataclass
class Trial:
    """One contender in one case: its request, the expected answer, and the measurements, one number per round."""

    server: Server
    headers: dict[str, str]
    status: int
    body_bytes: int
    count: int = 0
    cpu: list[float] = field(default_factory=list)  # µs a request
    rate: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    def warm_up(self) -> None:
        """Warm up every worker, and find the number of requests that take one slice."""
        first = saturate(self.server.url + PATH, self.headers, 40)
        again = saturate(self.server.url + PATH, self.headers, max(40, round(first.rate * SLICE)))
        self.count = max(16, round(again.rate * SLICE))

    def run(self) -> None:
        before = self.server.read_cpu()
        load = saturate(self.server.url + PATH, self.headers, self.count)
        spent = cpu_between(before, self.server.read_cpu())
        assert load.statuses[f"{self.status // 100}xx"] == self.count, load
        # The length of Django's gzip is random, and the first answers of a worker may differ.
        assert abs(load.body_bytes / self.count - self.body_bytes) <= self.body_bytes / 50, (load, self.body_bytes)
        self.cpu.append(spent / self.count / 1000)
        self.rate.append(load.rate)

    def run_half(self) -> None:
        rate = statistics.median(self.rate) / 2
        p50, p99 = measure_latency(self.server.url + PATH, self.headers, rate, LATENCY_SECONDS)
        self.p50.append(p50)
        self.p99.append(p99)


def start_contenders(folder: Path, running: ExitStack) -> dict[str, Server]:
    """Fill an instance with ingest, and start all contenders over it."""
    instance, records = folder / "instance", folder / "records.ndjson"
    ingest.write_records(records, ARTICLES)
    ingest.ingest(instance, records)
    ours = running.enter_context(run_feedsvc(instance, feed_max_entries=ENTRIES))
    files = {"rss.xml": fetch(ours.url + PATH).body, "rss.xml.gz": fetch(ours.url + PATH, headers=GZIP).body}
    return {
        OURS: ours,
        HELLO: running.enter_context(run_gunicorn("hello", instance)),
        NAIVE: running.enter_context(run_gunicorn("naive", instance)),
        DJANGO: running.enter_context(run_gunicorn("syndication", instance)),
        STATIC: running.enter_context(run_nginx_static(folder / "static", files)),
        CACHED: running.enter_context(run_nginx_in_front(folder / "cache", ours)),
    }


def prepare(name: str, server: Server, case: str) -> Trial:
    """Send one request, and verify that the answer is that of the case."""
    headers = dict(CASES[case])
    whole = fetch(server.url + PATH, headers=GZIP if "Accept-Encoding" in headers else {})
    is_compressed = whole.headers.get("Content-Encoding") == "gzip"
    assert whole.status == 200
    assert is_compressed == ("Accept-Encoding" in headers and name != HELLO), (name, case, whole.headers)
    if "If-None-Match" in headers:
        headers["If-None-Match"] = whole.headers.get("ETag", '"0"')
    answer = fetch(server.url + PATH, headers=headers)
    has_304 = "If-None-Match" in headers and name not in {HELLO, NAIVE}
    assert answer.status == (304 if has_304 else 200), (name, case, answer.status)
    assert name != CACHED or answer.headers["X-Cache"] == "HIT", answer.headers
    return Trial(server, headers, answer.status, len(answer.body))


def measure(case: str, servers: dict[str, Server], rounds: int) -> dict[str, Trial]:
    trials = {name: prepare(name, server, case) for name, server in servers.items()}
    for trial in trials.values():
        trial.warm_up()
    for number in range(rounds):
        for trial in _in_turn(trials, number):
            trial.run()
    for number in range(LATENCY_ROUNDS):
        for trial in _in_turn(trials, number):
            trial.run_half()
    print(f"{case}: done", file=sys.stderr)
    return trials


def _in_turn(trials: dict[str, Trial], number: int) -> list[Trial]:
    """Return the trials, beginning with another one in each round, so that none always follows the same one."""
    order = list(trials.values())
    return order[number % len(order) :] + order[: number % len(order)]


def ratios(these: list[float], those: list[float]) -> list[float]:
    return [this / that for this, that in zip(these, those, strict=True)]


def show_goals(cases: dict[str, dict[str, Trial]]) -> Iterator[tuple[str, str, str, str]]:
    for what, case, other, aim in (
        ("CPU of raw hello world : ours, 304", NOT_MODIFIED, HELLO, 1.0),
        ("CPU of Flask + feedgen : ours, gzip 200", COMPRESSED, NAIVE, 25.0),
        ("CPU of Django : ours, gzip 200", COMPRESSED, DJANGO, 35.0),
    ):
        yield _goal(what, aim, ratios(cases[case][other].cpu, cases[case][OURS].cpu))
    for case, aim in ((NOT_MODIFIED, 0.7), (COMPRESSED, 0.4)):
        measured = ratios(cases[case][CACHED].rate, cases[case][STATIC].rate)
        yield _goal(f"requests/s, nginx's cache : nginx's file, {case}", aim, measured)


def _goal(what: str, aim: float, measured: list[float]) -> tuple[str, str, str, str]:
    held = "yes" if statistics.median(measured) >= aim else "no"
    return what, f"{aim:g}", report.spread(measured, 2), held


def show_case(trials: dict[str, Trial]) -> Iterator[tuple[str, ...]]:
    ours = trials[OURS]
    for name, trial in trials.items():
        yield (
            name,
            f"{trial.status}, {trial.body_bytes:,}",
            report.spread(trial.cpu),
            report.spread(ratios(trial.cpu, ours.cpu), 2),
            report.spread(trial.rate),
            report.spread(ratios(trial.rate, ours.rate), 2),
            report.spread(trial.p50, 1),
            report.spread(trial.p99, 1),
        )


HEADER = ("", "status, bytes", "CPU µs", "CPU : ours", "requests/s", "requests/s : ours", "p50 ms", "p99 ms")


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        servers = start_contenders(Path(name), running)
        cases = {case: measure(case, servers, rounds) for case in CASES}
    lines = [f"{rounds} rounds; median (least - most).", ""]
    lines += report.table(("goal: at least", "aim", "measured", "held"), show_goals(cases))
    for case, trials in cases.items():
        lines += ["", f"**{case}**", "", *report.table(HEADER, show_case(trials))]
    report.write("serve", lines)


if __name__ == "__main__":
    main(*(int(argument) for argument in (*sys.argv[1:], "15")[:1]))
