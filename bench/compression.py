"""Measure what a better content coding than gzip would save: `python -m bench.compression INSTANCE`.

The feeds are those that `serve` would make from the instance folder INSTANCE.
"""

import gzip
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import brotli
import zstandard

from feedsvc import create_app
from feedsvc.config import load_settings

CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip 6 (ours)": lambda body: gzip.compress(body, 6, mtime=0),
    "gzip 9": lambda body: gzip.compress(body, 9, mtime=0),
    "zstd 3": zstandard.ZstdCompressor(level=3).compress,
    "zstd 12": zstandard.ZstdCompressor(level=12).compress,
    "br 5": lambda body: brotli.compress(body, quality=5),
    "br 9": lambda body: brotli.compress(body, quality=9),
}

PATHS = ("/rss.xml", "/atom.xml", "/feed.json")


def main(instance: Path) -> None:
    os.environ["FEEDSVC_INSTANCE"] = str(instance)
    client = create_app(load_settings()).test_client()
    for path in PATHS:
        body = client.get(path).data
        ours = len(CODINGS["gzip 6 (ours)"](body))
        print(f"{path}: {len(body):,} bytes")
        for name, encode in CODINGS.items():
            started, count = time.process_time(), 0
            while count < 3 or time.process_time() - started < 0.3:
                size, count = len(encode(body)), count + 1
            spent = (time.process_time() - started) / count * 1000
            print(f"  {name:14} {size:>8,} bytes  {size / ours:5.2f} of ours  {spent:6.2f} ms")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
