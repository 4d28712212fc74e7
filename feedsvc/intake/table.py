"""Read records from CSV: a header with the names of fields, and one row for each article.

A quotation mark that is never closed costs only its own row: reading resumes with the next line.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..problems import Problem, RejectedError
from ..text import fold, one_line, shorten
from .items import Item, Read, Reading, Refused
from .lines import Line, join_lines
from .record import Record, parse_record

KEY = "csv_text"
_DELIMITERS = ",;\t"
_IMAGE_COLUMNS = ("image_url", "image_file", "image_caption", "image_credit", "image_alt")
_NOT_IN_A_CELL = {"images", "categories", "backfill"}
_COLUMNS = {
    **{name: name for name in Record.model_fields if name not in _NOT_IN_A_CELL},
    **{name: name for name in (*_IMAGE_COLUMNS, "categories")},
    "content": "content_text",
    # Headings that clerks write, in the form of `fold`.
    "tieu de": "title",
    "ngay dang": "published",
    "noi dung": "content_text",
    "phuong xa": "ward",
    "chuyen muc": "category",
    "tac gia": "author",
    "tom tat": "summary",
    "dia chi": "url",
    "luot xem": "views",
    "ma bai": "external_id",
}
_BY_FOLDED = {fold(name): field for name, field in _COLUMNS.items()}


@dataclass(frozen=True, slots=True)
class Columns:
    """The header of a table: the field of each column (an unknown column keeps its own name)."""

    delimiter: str
    names: tuple[str, ...]


def find_columns(lines: Iterable[str]) -> Columns | None:
    """Return the header in the first line after "sep=;" and blank lines; None if it has no column `title`."""
    for line in lines:
        if not line.strip() or re.fullmatch(r"sep=.", line.strip(), re.IGNORECASE):
            continue
        found = [_read_header(line, delimiter) for delimiter in _DELIMITERS]
        best = max(found, key=lambda columns: sum(name in Record.model_fields for name in columns.names))
        return best if "title" in best.names and len(best.names) > 1 else None
    return None


def _read_header(line: str, delimiter: str) -> Columns:
    cells = next(csv.reader([line], delimiter=delimiter), [])
    return Columns(delimiter, tuple(_BY_FOLDED.get(fold(cell), one_line(cell)) for cell in cells))


def read_table(lines: Iterator[Line], place: str, reading: Reading) -> Iterator[Item]:
    """Yield an item for each row of a table; a faulty row does not affect the others."""
    head = next((line for line in lines if line.text.strip() and not line.text.lower().startswith("sep=")), None)
    if head is None:
        return
    columns = find_columns([head.text])
    if columns is None or head.problem:
        problem = head.problem or Problem("file", "csv_header", shorten(head.text, 80))
        yield Refused(f"{place}:{head.number}", (problem,), {"unread": place})
        return
    for taken, row in _read_rows(lines, columns.delimiter, limit=reading.record_limit):
        where = f"{place}:{taken[0].number}"
        raw = {KEY: f"{head.text}\n{join_lines(taken)}"}
        if isinstance(row, Problem):
            yield Refused(where, (row,), raw if all(line.is_whole for line in taken) else {"unread": where, **raw})
        elif any(cell.strip() for cell in row):
            yield _read_row(row, columns, where, raw)


def _read_rows(
    lines: Iterator[Line], delimiter: str, *, limit: int
) -> Iterator[tuple[Sequence[Line], list[str] | Problem]]:
    """Yield the lines of each row, and the row or the problem with it."""
    csv.field_size_limit(2**31 - 1)  # a limit of the whole process; `limit` is ours
    again: deque[Line] = deque()
    taken: list[Line] = []

    def feed() -> Iterator[str]:
        size = 0
        while (line := again.popleft() if again else next(lines, None)) is not None:
            taken.append(line)
            size += len(line.text) + 1
            if line.problem is not None or size > limit:
                raise RejectedError(line.problem or Problem("record", "line_long", values={"limit": limit}))
            yield line.text + "\n"

    while True:
        taken = []
        try:
            row = next(csv.reader(feed(), delimiter=delimiter, strict=True), None)
        except RejectedError as error:
            is_inside = len(taken) > 1
            problem = Problem("record", "csv_row", "a quotation mark is not closed") if is_inside else error.problems[0]
            yield _give_back(taken, again), problem
        except csv.Error as error:
            yield _give_back(taken, again), Problem("record", "csv_row", str(error))
        else:
            if row is None:
                return
            yield taken, row


def _give_back(taken: list[Line], again: deque[Line]) -> list[Line]:
    """Return the first line that was taken, which is at fault; put the others back to be read again."""
    again.extendleft(reversed(taken[1:]))
    return taken[:1]


def _read_row(row: list[str], columns: Columns, place: str, raw: dict[str, Any]) -> Item:
    if any(cell.strip() for cell in row[len(columns.names) :]):
        problem = Problem("record", "csv_row", f"{len(row)} cells under {len(columns.names)} names")
        return Refused(place, (problem,), raw)
    record = _build_record(row, columns)
    try:
        draft, unknown = parse_record(record)
    except RejectedError as error:
        return Refused(place, error.problems, record)
    return Read(place, draft, record, unknown)


def _build_record(row: list[str], columns: Columns) -> dict[str, Any]:
    """Return the row in the form of a JSON record; empty cells are omitted."""
    record: dict[str, Any] = {}
    for name, text in zip(columns.names, row, strict=False):
        if text.strip():
            record[name] = _read_cell(name, text.strip(), is_vietnamese=columns.delimiter == ";")
    image = {name.removeprefix("image_"): record.pop(name) for name in _IMAGE_COLUMNS if name in record}
    if image:
        record["images"] = [image]
    return record


def _read_cell(name: str, text: str, *, is_vietnamese: bool) -> Any:
    """Return the value of a cell; a text that is not understood stays unchanged, and the record is refused for it."""
    if name == "categories":
        return [part.strip() for part in text.split(";") if part.strip()]
    if name == "views" and re.fullmatch(r"\d{1,3}([.,]\d{3})*|\d{1,18}", text, re.ASCII):
        return int(re.sub("[.,]", "", text))
    if name == "ward" and re.fullmatch(r"\d{1,4}", text, re.ASCII):
        return text.zfill(5)  # spreadsheets turn a code into a number
    # A spreadsheet whose list separator is ";" writes dates in the Vietnamese order; elsewhere 03/09 may be in March.
    day = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: +(\d{1,2}):(\d{2})(:\d{2})?)?", text, re.ASCII)
    if name in {"published", "updated"} and is_vietnamese and day:
        date = f"{day[3]}-{day[2]:0>2}-{day[1]:0>2}"
        return f"{date}T{day[4]:0>2}:{day[5]}{day[6] or ':00'}+07:00" if day[4] else date
    return text
