"""Measure the cost of a request among ten thousand, a million and ten million articles.

`python -m bench.scale [10_000 1_000_000 10_000_000]` fills instances (`bench/population.py`; ten million articles take
an hour or more and 25 GB of the temporary folder, and are kept there) and runs the queries of pages and feeds. A figure
is the median (least - most) in milliseconds, and its ratio to the figure for 10,000 articles of the same length.

Warm: everything was read before. Cold: a new connection, after the kernel was told to forget the file (posix_fadvise
DONTNEED), so reads come from the disk or, on a virtual machine, from the host's memory.
"""

import os
import random
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from bench import report
from bench.population import LAST, LIVING, find_or_fill, list_words, make_rare_word
from feedsvc.addresses import month_path
from feedsvc.articles.ingest import ingest
from feedsvc.config import Settings
from feedsvc.database import Database, open_database
from feedsvc.instance import load_site
from feedsvc.models import Draft, Month, Scope, Search
from feedsvc.store.archives import find_sealed, list_block, list_month
from feedsvc.store.articles import count_by_state, list_latest
from feedsvc.store.scopes import list_change_items, list_states_with_articles
from feedsvc.store.search import list_found, prepare_search
from feedsvc.store.sitemap import list_range_states
from feedsvc.text import fold

SIZES = (10_000, 1_000_000, 10_000_000)
LIMIT = 30
WARM_SECONDS, COLD_RUNS, PUBLISHED = 1.5, 7, 25
MONTH = Month(2026, 10)
Call = Callable[[Database], object]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Population:
    """The numbers of articles and wards, and the bytes of a body; ten million articles are those of a country."""

    articles: int
    wards: int
    content: int

    @property
    def title(self) -> str:
        return f"{self.articles:,} of {self.content:,} bytes, {self.wards:,} wards"


@dataclass
class Figures:
    """The measurements of a population: milliseconds by name, and other figures as text."""

    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)


def choose_populations(sizes: Sequence[int]) -> list[Population]:
    """Return the populations to measure, with one of 10,000 articles to compare for each length of body."""
    contents = {size: 1_500 if size == 1_000_000 else 250 for size in sizes}
    wanted = [Population(size, 3_321 if size >= 10_000_000 else LIVING, contents[size]) for size in sizes]
    base = [Population(10_000, LIVING, content) for content in sorted(set(contents.values()))]
    return [*base, *(population for population in wanted if population not in base)]


def measure(population: Population) -> Figures:
    settings = find_or_fill(population.articles, wards=population.wards, content=population.content)
    figures = Figures()
    db = open_database(settings.database_path)
    calls = dict(list_calls(db, population))
    db.close()
    for name, variants in calls.items():
        for kind, values in (("warm", measure_warm(settings, variants)), ("cold", measure_cold(settings, variants))):
            figures.milliseconds[f"{name}, {kind}"] = values
            print(f"{population.title}: {name}, {kind}: {report.spread(values, 3)}", file=sys.stderr, flush=True)
    figures.milliseconds["publish one article, with fsync"] = measure_publishing(settings, population)
    figures.others |= measure_memory(settings, calls)
    figures.others |= measure_size(settings)
    return figures


def list_calls(db: Database, population: Population) -> Iterator[tuple[str, list[Call]]]:
    """Yield the calls to measure: a name, and calls of that kind with different values."""
    chance = random.Random(2)
    scopes = choose_scopes(db, chance)
    for kind, keys in scopes.items():
        yield f"latest {LIMIT} of {kind}", bind(lambda db, key: list_latest(db, key, limit=LIMIT), keys)
    wards = scopes["a ward"]
    for kind in ("everything", "a ward"):
        yield f"archive document of {kind}: state", bind(lambda db, key: find_sealed(db, key, 1), scopes[kind])
        yield (
            f"archive document of {kind}: articles",
            bind(lambda db, key: list_block(db, key, 1, damaged={}), scopes[kind]),
        )
    yield f"{LIMIT} of a ward's month", bind(lambda db, key: list_month(db, [key], MONTH, limit=LIMIT), wards)
    places = [chance.randrange(population.articles) for _ in range(20)]
    yield "500 changes", bind(lambda db, since: list_change_items(db, since=since, limit=500), places)
    for name, texts in choose_searches(db, chance).items():
        yield f"search: {name}", bind(search, texts)
    yield "counts for /metrics", [count_by_state]
    yield "all scopes, for OPML and sitemap", [list_states_with_articles]
    yield "all ranges of the sitemap", [lambda db: list_range_states(db, size=50_000)]


def search(db: Database, text: str) -> object:
    """Search for a text as the search page does."""
    return list_found(db, prepare_search(db, Search(text)), limit=LIMIT + 1)


def choose_scopes(db: Database, chance: random.Random) -> dict[str, list[str]]:
    """Return the keys of up to 20 scopes of each kind that have 30 articles or more."""
    patterns = {
        "everything": "everything",
        "a ward": r"ward/\d+",
        "an area": r"area/\d+",
        "a category": r"category/\d+",
        "a ward's category": r"ward/\d+/category/\d+",
        "an area's category": r"area/\d+/category/\d+",
    }
    keys = [row["key"] for row in db.execute("SELECT key FROM scopes ORDER BY key")]
    chance.shuffle(keys)
    found: dict[str, list[str]] = {}
    for kind, pattern in patterns.items():
        full = (key for key in keys if re.fullmatch(pattern, key) and has_many(db, key))
        found[kind] = [key for key, _ in zip(full, range(20), strict=False)]
    return found


def has_many(db: Database, key: str) -> bool:
    rows = db.execute(
        "SELECT 1 FROM listings WHERE scope_id = (SELECT id FROM scopes WHERE key = ?) LIMIT ?", [key, LIMIT]
    )
    return len(rows.fetchall()) == LIMIT


def choose_searches(db: Database, chance: random.Random) -> dict[str, list[str]]:
    words = [fold(word) for word in list_words()]
    rare = (make_rare_word(3 * number + 1) for number in iter(lambda: chance.randrange(1_000), None))
    return {
        "a word of most articles": words[:3],
        "a common word": words[20:40],
        "a rare word": [word for word, _ in zip((word for word in rare if search(db, word)), range(20), strict=False)],
        "two words": [f"{chance.choice(words[:200])} {chance.choice(words[:200])}" for _ in range(20)],
        "three words with accents": [" ".join(chance.sample(list_words()[:100], 3)) for _ in range(20)],
        "no match": [f"{chance.choice(words[:200])} qqz{number}" for number in range(20)],
        "a beginning of three letters": ["tho", "tru", "ngh", "cha", "lan", "kho", "mon"],
        "a beginning of two letters": ["th", "tr", "ng", "ch", "kh"],
    }


def measure_warm(settings: Settings, calls: Sequence[Call]) -> list[float]:
    """Return the milliseconds of the calls in turn, for WARM_SECONDS, after one round that is not counted."""
    db = open_database(settings.database_path)
    values: list[float] = []
    for call in calls:
        call(db)
    end = time.perf_counter() + WARM_SECONDS
    while len(values) < 3 * len(calls) or (time.perf_counter() < end and len(values) < 2_000):
        values.append(take_time(calls[len(values) % len(calls)], db))
    db.close()
    return values


def measure_cold(settings: Settings, calls: Sequence[Call]) -> list[float]:
    """Return the milliseconds of the calls, each on a new connection to a file that the kernel has forgotten."""
    values = []
    for number in range(COLD_RUNS):
        forget(settings.database_path)
        db = open_database(settings.database_path)
        values.append(take_time(calls[number % len(calls)], db))
        db.close()
    return values


def take_time(call: Call, db: Database) -> float:
    started = time.perf_counter()
    call(db)
    return (time.perf_counter() - started) * 1_000


def forget(path: Path) -> None:
    """Make the kernel drop the pages of a file from memory, after writing the changed ones."""
    file = os.open(path, os.O_RDWR)
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


def bind(call: Callable[[Database, Value], object], values: Iterable[Value]) -> list[Call]:
    """Return a call for each value."""

    def give(value: Value) -> Call:
        return lambda db: call(db, value)

    return [give(value) for value in values]


def measure_publishing(settings: Settings, population: Population) -> list[float]:
    """Return the milliseconds of ingesting new articles one by one, each synced to the disk."""
    db = open_database(settings.database_path)
    site, words, values = load_site(settings, db), list_words(), []
    body = " ".join(words[: population.content // 6])
    for number in range(PUBLISHED):
        now = LAST + timedelta(seconds=number)
        key = f"scale-{time.time_ns()}"
        draft = Draft(key, now, ward="phuong-lang", categories=("thong-bao",), content_text=body, external_id=key)
        values.append(take_time(partial(ingest, draft=draft, site=site, now=now), db))
    db.close()
    return values


def measure_memory(settings: Settings, calls: dict[str, list[Call]]) -> dict[str, str]:
    """Return the memory of a worker after it answered pages of each kind: its own, and mapped pages of files."""
    db = open_database(settings.database_path)
    article = list_latest(db, Scope().key, limit=1)[0]
    ward, area = article.ward.slug, "khu-mau-01" if settings.instance.name.startswith("10000000") else "ha-noi"
    db.close()
    kinds = {
        "start": ["/healthz"],
        "feeds": [
            f"{place}{name}" for place in ("/", f"/wards/{ward}/") for name in ("rss.xml", "atom.xml", "feed.json")
        ],
        "pages": ["/", f"/wards/{ward}/", f"/areas/{area}/", "/wards/", f"/articles/{article.id}/{article.slug}"],
        "archives": [f"/wards/{ward}/{month_path(MONTH)}", "/archive/1/atom.xml"],
        "searches": [f"/search?q={urllib.parse.quote(word)}" for word in list_words()[:20]],
        "changes": ["/changes.json", "/changes.json?since=5000&limit=1000"],
        "lists": ["/opml.xml", "/sitemap.xml", "/sitemap-0.xml", "/metrics"],
    }
    found = {}
    with serve(settings) as (url, worker):
        for kind, paths in kinds.items():
            started = time.perf_counter()
            for path in paths:
                urllib.request.urlopen(url + path, timeout=300).read()
            seconds = time.perf_counter() - started
            status = Path(f"/proc/{worker}/status").read_text()
            own, shared = (
                int(kilobytes) / 1024 for kilobytes in re.findall(r"^(?:RssAnon|RssFile):\s+(\d+)", status, re.M)
            )
            found[f"memory of a worker after {kind}"] = f"{own:.0f} MB + {shared:.0f} MB of files ({seconds:.2f} s)"
    return found


@contextmanager
def serve(settings: Settings) -> Iterator[tuple[str, int]]:
    """Run the service with one worker; yield its address and the worker's process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environ = {**os.environ, "FEEDSVC_INSTANCE": str(settings.instance), "FEEDSVC_SITE_URL": url}
    command = [sys.executable, "-m", "feedsvc", "serve", "--bind", url.removeprefix("http://"), "--workers", "1"]
    process = subprocess.Popen(
        command, env=environ, cwd=report.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(f"{url}/healthz")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield url, int(children[-1])
    finally:
        process.terminate()
        process.wait()


def wait_for(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)


PARTS = {
    "texts (articles)": r"articles",
    "indexes of articles": r"articles_.*|unpublished_.*|sqlite_autoindex_articles_.*",
    "listings": r"listings",
    "listings by article": r"listings_by_article",
    "words (search index)": r"search_.*",
    "change log": r"changes.*",
    "categories of articles": r".*article_categories.*",
    "the rest": r".*",
}


def measure_size(settings: Settings) -> dict[str, str]:
    """Return the size of the file, and of each part of it if SQLite can tell (dbstat)."""
    db = open_database(settings.database_path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sizes = {"size of the database": settings.database_path.stat().st_size}
    options = {row[0] for row in db.execute("PRAGMA compile_options")}
    if "ENABLE_DBSTAT_VTAB" in options:
        for row in db.execute("SELECT name, pgsize FROM dbstat WHERE aggregate = 1"):
            part = next(part for part, pattern in PARTS.items() if re.fullmatch(pattern, row["name"]))
            sizes[f"of it {part}"] = sizes.get(f"of it {part}", 0) + row["pgsize"]
    db.close()
    return {name: f"{size / 2**20:,.0f} MB" for name, size in sizes.items()}


def main(sizes: Sequence[int]) -> None:
    measured = {population: measure(population) for population in choose_populations(sizes)}
    names = list(dict.fromkeys(name for figures in measured.values() for name in figures.milliseconds))
    others = list(dict.fromkeys(name for figures in measured.values() for name in figures.others))
    rows = [[name, *(describe(name, population, measured) for population in measured)] for name in names]
    rows += [[name, *(figures.others.get(name, "") for figures in measured.values())] for name in others]
    report.write("bench/scale.py", report.table(["ms", *(population.title for population in measured)], rows))


def describe(name: str, population: Population, measured: dict[Population, Figures]) -> str:
    """Return a figure, and its ratio to that of the smallest population with bodies of the same length."""
    values = measured[population].milliseconds[name]
    base = measured[Population(10_000, LIVING, population.content)].milliseconds[name]
    ratio = statistics.median(values) / statistics.median(base)
    return report.spread(values, 2) + ("" if values is base else f", × {ratio:.2f}")


if __name__ == "__main__":
    main([int(argument.replace(",", "").replace("_", "")) for argument in sys.argv[1:]] or SIZES)
