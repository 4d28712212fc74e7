"""Send one request, or many with h2load (Debian: nghttp2-client), which counts statuses and bytes of the answers."""

import http.client
import re
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.arrivals import send

CONNECTIONS = 16  # as many as gunicorn has threads


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch(
    url: str, method: str = "GET", content: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """Send one request over its own connection, without following redirects or decompressing."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request(method, target_of(url), content, dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


def address_of(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def target_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def write_request(url: str, headers: Mapping[str, str], method: str = "GET") -> bytes:
    """Return the bytes of a request without a body."""
    fields = {"Host": urlsplit(url).netloc, **headers}
    lines = [f"{method} {target_of(url)} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


@dataclass(frozen=True, slots=True)
class Load:
    """The result of a run of h2load: requests per second, answers by class of status, bytes of bodies."""

    rate: float
    statuses: dict[str, int]
    body_bytes: int


def saturate(url: str, headers: Mapping[str, str], count: int, connections: int = CONNECTIONS) -> Load:
    """Send `count` requests as fast as the server answers, over kept connections unless `headers` close them."""
    text = _h2load(url, headers, "-n", str(count), "-c", str(min(connections, count)))
    return _read(text, count)


def measure_latency(url: str, headers: Mapping[str, str], rate: float, seconds: float) -> tuple[float, float]:
    """Send `rate` requests per second; return the p50 and p99 in milliseconds.

    Over kept connections it uses h2load, which measures from the sending. If `headers` close them, it uses our own
    client, which measures from the due time, because h2load does not keep a rate then.
    """
    count = max(CONNECTIONS, round(rate * seconds))
    if headers.get("Connection") == "close":
        sent = send(address_of(url), [write_request(url, headers)] * count, rate, connections=64)
        assert 0 not in sent.statuses, sent.statuses
        return sent.quantile(50), sent.quantile(99)
    with tempfile.NamedTemporaryFile() as log:
        pace = (f"--rps={rate / CONNECTIONS:.3f}", f"--log-file={log.name}")
        _read(_h2load(url, headers, "-n", str(count), "-c", str(CONNECTIONS), *pace), count)
        times = [int(line.split()[2]) / 1000 for line in log.read().decode().splitlines()]
    assert len(times) == count
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return cuts[49], cuts[98]


@contextmanager
def keep_asking(url: str, headers: Mapping[str, str], rate: float) -> Iterator[None]:
    """Send `rate` requests per second while the block runs, and verify the rate."""
    with tempfile.NamedTemporaryFile() as log:
        pace = (f"--rps={rate / CONNECTIONS:.3f}", f"--log-file={log.name}")
        command = _command(url, headers, "-n", str(round(rate * 3600)), "-c", str(CONNECTIONS), *pace)
        process, begun = subprocess.Popen(command, stdout=subprocess.DEVNULL), time.monotonic()
        try:
            yield
            seconds = time.monotonic() - begun
            assert process.poll() is None, "h2load has ended"
        finally:
            process.terminate()
            process.wait()
        statuses = [line.split()[1] for line in log.read().decode().splitlines()]
    asked = len(statuses) / seconds
    assert set(statuses) == {"304"}, Counter(statuses)
    assert asked > 0.7 * rate, f"{asked:.0f} of {rate:.0f} a second"


def _h2load(url: str, headers: Mapping[str, str], *options: str) -> str:
    done = subprocess.run(_command(url, headers, *options), capture_output=True, text=True, check=True, timeout=300)
    return done.stdout


def _command(url: str, headers: Mapping[str, str], *options: str) -> list[str]:
    fields = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    return ["h2load", "--h1", "-t", "1", *options, *fields, url]


def _read(text: str, count: int) -> Load:
    rate = re.search(r"finished in .*, ([\d.]+) req/s", text)
    done = re.search(r"requests: .* (\d+) done, .* (\d+) failed, (\d+) errored, (\d+) timeout", text)
    statuses = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", text)
    body = re.search(r"traffic: .* \((\d+)\) data", text)
    assert rate, text
    assert done, text
    assert statuses, text
    assert body, text
    assert [int(number) for number in done.groups()] == [count, 0, 0, 0], text
    by_class = {f"{number}xx": int(found) for number, found in enumerate(statuses.groups(), start=2)}
    return Load(float(rate[1]), by_class, int(body[1]))
