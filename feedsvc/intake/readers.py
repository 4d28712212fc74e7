"""Read the drafts of a stream in any of the formats. Faulty input never ends the reading: it becomes a `Refused`."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ..problems import Problem, RejectedError
from ..text import shorten
from . import table
from .formats import recognise_format
from .items import Item, Read, Reading, Refused
from .lines import Line, Source, read_lines, split_lines
from .pages import PAGES, read_page, read_whole
from .record import REJECTED_KEY, parse_record

JSON_KEY = "json_text"


def read_items(source: Source, place: str, file_format: str, reading: Reading) -> Iterator[Item]:
    """Yield every item of a source in order; `file_format` is a key of FORMATS, or "auto".

    `place` names the source in reports. Raises OSError if the stream fails.
    """
    name = recognise_format(source.head, place) if file_format == "auto" else file_format
    read = FORMATS.get(name)
    if read is None:
        return iter([Refused(place, (Problem("file", "format_unknown", name),), {"unread": place})])
    return read(source, place, reading)


def _read_json(source: Source, place: str, reading: Reading) -> Iterator[Item]:
    try:
        text = read_whole(source, limit=reading.file_limit)
    except RejectedError as error:
        yield Refused(place, error.problems, {"unread": place})
    else:
        yield from _read_json_text(text, place, reading)


def _read_json_text(text: str, place: str, reading: Reading) -> Iterator[Item]:
    """Read a JSON object or a list of objects."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raw = {JSON_KEY: text} if len(text) <= reading.record_limit else {"unread": place}
        yield Refused(place, (Problem("record", "json_broken", shorten(str(error), 120)),), raw)
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _read_value(item, f"{place}[{index}]", reading)
    else:
        yield from _read_value(value, place, reading)


def _read_ndjson(source: Source, place: str, reading: Reading) -> Iterator[Item]:
    for line in read_lines(source, limit=reading.record_limit):
        where = f"{place}:{line.number}"
        if line.problem is not None:
            yield Refused(where, (line.problem,), _keep_line(line, where))
        elif line.text.strip():
            yield from _read_json_line(line.text, where, reading)


def _read_json_line(text: str, place: str, reading: Reading) -> Iterator[Item]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        problem = Problem("record", "json_broken", shorten(str(error), 120))
        yield Refused(place, (problem,), {JSON_KEY: text})
    else:
        yield from _read_value(value, place, reading)


def _keep_line(line: Line, place: str) -> dict[str, Any]:
    return {JSON_KEY: line.text} if line.is_whole else {"unread": place, "beginning": line.text[:200]}


def _read_value(value: Any, place: str, reading: Reading) -> Iterator[Item]:
    """Read a decoded JSON value: a record, or the text that a rejects file keeps of another input."""
    if isinstance(value, dict):
        value = {name: item for name, item in value.items() if name != REJECTED_KEY}
        for key, read_kept in _KEPT.items():
            if isinstance(value.get(key), str):
                yield from read_kept(value[key], place, reading)
                return
        if "unread" in value:
            yield Refused(place, (Problem("record", "unread", shorten(str(value["unread"]), 120)),), value)
            return
    try:
        draft, unknown = parse_record(value)
    except RejectedError as error:
        raw = value if isinstance(value, dict) else {JSON_KEY: json.dumps(value, ensure_ascii=False)}
        yield Refused(place, error.problems, raw)
    else:
        yield Read(place, draft, value, unknown)


def _read_table(source: Source, place: str, reading: Reading) -> Iterator[Item]:
    return table.read_table(read_lines(source, limit=reading.record_limit), place, reading)


def _read_kept_page(name: str, text: str, place: str, reading: Reading) -> Iterator[Item]:
    yield PAGES[name].read(text, place, reading)


def _read_kept_table(text: str, place: str, reading: Reading) -> Iterator[Item]:
    return table.read_table(split_lines(text), place, reading)


# The fields in which a rejects file keeps text, with their readers: a corrected text is read in its original format.
_KEPT: dict[str, Callable[[str, str, Reading], Iterator[Item]]] = {
    **{page.key: partial(_read_kept_page, name) for name, page in PAGES.items()},
    JSON_KEY: _read_json_text,
    table.KEY: _read_kept_table,
}

FORMATS: dict[str, Callable[[Source, str, Reading], Iterator[Item]]] = {
    **{name: partial(read_page, name) for name in PAGES},
    "json": _read_json,
    "ndjson": _read_ndjson,
    "csv": _read_table,
}
