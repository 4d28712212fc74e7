"""Tell the format of a file by its first bytes; its name decides only where the content leaves it open."""

import json
import re
from pathlib import PurePath

from .decode import is_utf_16
from .table import find_columns

_BY_NAME = {
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".tsv": "csv",
    ".html": "html",
    ".htm": "html",
}
# What a folder is searched for; the rest of it (images, documents, keys) is counted and left alone.
SUFFIXES = {*_BY_NAME, ".txt"}


def recognise_format(head: bytes, name: str) -> str:
    """Return "html", "xml", "json", "ndjson", "csv" or "portal": what a file that begins like this is."""
    text = head.decode("utf-16" if is_utf_16(head) else "utf-8-sig", "replace").lstrip()
    first_line, _, rest = text.partition("\n")
    if text.startswith("<"):
        return "xml" if re.match(r"<(\?xml(?!.*<html)|rss|feed)\b", text[:1000], re.S) else "html"
    if re.match(r"\[\s*(\{|\]|\Z)", text):
        return "json"
    if text.startswith("{"):
        return "json" if rest.strip() and _goes_on(first_line) else "ndjson"
    if find_columns(text.splitlines()) is not None:
        return "csv"
    return _BY_NAME.get(PurePath(name).suffix.lower(), "portal")


def _goes_on(line: str) -> bool:
    """Tell if an object that begins on this line goes on with the next: laid out by somebody, not broken."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return line.rstrip().endswith(("{", "[", ","))
    return False
