"""Recognise the format of a file by its first bytes; the name decides only if the content does not."""

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
# The suffixes that a walk through a folder reads; other files (images, documents, keys) are only counted.
SUFFIXES = {*_BY_NAME, ".txt"}


def recognise_format(head: bytes, name: str) -> str:
    """Return the format of a file with this beginning: "html", "xml", "json", "ndjson", "csv" or "portal"."""
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
    """Tell if a JSON object continues on the next line: it is pretty-printed, not broken."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return line.rstrip().endswith(("{", "[", ","))
    return False
