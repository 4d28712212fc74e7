"""Write the results of a benchmark to docs/performance.md, with a description of the machine."""

import os
import platform
import sqlite3
import statistics
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"


def write(name: str, lines: Iterable[str]) -> None:
    """Write `lines` between `<!-- NAME -->` and `<!-- /NAME -->` of the page, and to standard output."""
    text = "\n".join([describe_machine(), "", *lines])
    print(text)
    page = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = page.partition(begin)
    assert found, f"{PAGE.name} has no {begin}"
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def describe_machine() -> str:
    """Return one line: day, processor, cores, memory, versions, and the load of the machine before."""
    about = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = next((line.partition(": ")[2] for line in about.splitlines() if line.startswith("model name")), "?")
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{date.today():%Y-%m-%d}; {os.cpu_count()} cores ({model}), {gigabytes:.0f} GB; Python "  # noqa: DTZ011
        f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}; load before: {os.getloadavg()[0]:.1f}."
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    return [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}", *(f"| {' | '.join(row)} |" for row in rows)]


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Return "median (least - most)", which shows the noise of the machine's neighbours."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:,.{digits}f} ({low:,.{digits}f} - {high:,.{digits}f})"
