"""Measure the speed and memory of ingest: `python -m bench.ingest [ARTICLES] [MANY]`.

One run gives three figures: NDJSON through the whole of `feedsvc ingest` (in its own process), compared with raw
sqlite3.executemany of the same rows; the same file again, unchanged; peak memory for ARTICLES (20,000) and for MANY
records (200,000).
"""

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from feedsvc.database import open_database
from feedsvc.instance import read_samples
from feedsvc.intake import decode_text, parse_portal_page
from feedsvc.models import VIETNAM
from feedsvc.text import one_line

ROOT = Path(__file__).resolve().parent.parent
CONTENT_BYTES = 5_000
FIRST_DAY = datetime(2025, 7, 2, tzinfo=VIETNAM)


def make_records(count: int) -> Iterator[dict[str, Any]]:
    """Yield articles of 5 KB with sentences of the sample pages, from several wards, over twelve months."""
    chance = random.Random(1)
    pages = [parse_portal_page(decode_text(page), now=FIRST_DAY) for page in read_samples().values()]
    sentences = [
        one_line(sentence) for page in pages for sentence in (page.content_text or "").split(". ") if len(sentence) > 20
    ]
    titles = [page.title for page in pages if page.title]
    wards = ["phuong-viet-hung", "phuong-bo-de", "phuong-phuc-loi", "phuong-long-bien", "phuong-lang", "xa-gia-lam"]
    categories = ["thong-bao", "hoat-dong-phuong", "van-hoa-xa-hoi"]
    for number in range(count):
        paragraphs, size = [], 0
        while size < CONTENT_BYTES:
            paragraph = ". ".join(chance.choices(sentences, k=3)) + "."
            paragraphs.append(paragraph)
            size += len(paragraph.encode()) + 2
        yield {
            "external_id": f"bench-{number}",
            "ward": chance.choice(wards),
            "category": chance.choice(categories),
            "title": f"{chance.choice(titles)} ({number})",
            "published": (FIRST_DAY + timedelta(minutes=25 * (number % 20_000))).isoformat(),
            "content_text": "\n\n".join(paragraphs),
            "views": number % 1000,
        }


def write_records(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for record in make_records(count):
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


# The child process reports its own use, so the figure contains nothing of the benchmark.
_RUN = r"""
import re, sys, time
from pathlib import Path
from feedsvc.cli import commands
started, used = time.perf_counter(), time.process_time()
try:
    commands(["ingest", sys.argv[1]])
except SystemExit as end:
    assert end.code == 0, end.code
# Not ru_maxrss, in which Linux counts the memory of the process that started this one.
peak = re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]
print(time.perf_counter() - started, time.process_time() - used, peak)
"""


def ingest(instance: Path, records: Path) -> tuple[float, float, float]:
    """Run the command; return seconds, seconds of CPU, and its peak memory in MB (Linux only)."""
    environ = {**os.environ, "FEEDSVC_INSTANCE": str(instance)}
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(records)], env=environ, cwd=ROOT, capture_output=True, text=True, check=True
    )
    seconds, used, kilobytes = done.stdout.splitlines()[-1].split()
    return float(seconds), float(used), int(kilobytes) / 1024


def executemany(database: Path, folder: Path) -> tuple[float, float]:
    """Write the rows of `articles` to a table of a new database with executemany; return seconds and CPU seconds."""
    with sqlite3.connect(database) as source:
        rows = source.execute("SELECT * FROM articles").fetchall()
        (schema,) = source.execute("SELECT sql FROM sqlite_master WHERE name = 'articles'").fetchone()
    db = open_database(folder / "raw.db").conn
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute(schema)
    places = ", ".join("?" * len(rows[0]))
    started, used = time.perf_counter(), time.process_time()
    with db:
        db.executemany(f"INSERT INTO articles VALUES ({places})", rows)
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    db.close()
    return seconds, cpu


def main(count: int, many: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records = folder / "records.ndjson"
        write_records(records, count)
        size = records.stat().st_size / count
        print(f"{count:,} articles of {size:,.0f} bytes; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        seconds, used, memory = ingest(folder / "instance", records)
        raw_seconds, raw_used = executemany(folder / "instance" / "feedsvc.db", folder)
        print(f"through the door: {count / seconds:,.0f} articles/s ({count / used:,.0f} per second of CPU)")
        print(f"raw executemany:  {count / raw_seconds:,.0f} rows/s ({count / raw_used:,.0f} per second of CPU)")
        print(f"ratio:            {raw_seconds / seconds:.3f} ({raw_used / used:.3f} of CPU)")
        again, again_used, _ = ingest(folder / "instance", records)
        print(f"again, unchanged: {count / again:,.0f} articles/s ({count / again_used:,.0f} per second of CPU)")
        print(f"peak memory, {count:,}: {memory:.0f} MB")
        if many:
            write_records(records, many)
            seconds, used, memory = ingest(folder / "many", records)
            print(
                f"peak memory, {many:,}: {memory:.0f} MB ({many / seconds:,.0f} articles/s, {many / used:,.0f} of CPU)"
            )


if __name__ == "__main__":
    main(*(int(argument.replace(",", "")) for argument in (*sys.argv[1:], "20000", "200000")[:2]))
