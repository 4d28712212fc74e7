"""Read lines of text from a stream of bytes in constant memory, whatever its encoding, line ends and length."""

import codecs
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ..problems import Problem
from .decode import explain_bytes, is_utf_16

_SHOWN = 200  # characters shown of a line that is too long


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its line end. If it has a problem, `text` shows it as well as possible.

    `is_whole`: `text` is the complete line.
    """

    number: int
    text: str
    problem: Problem | None = None
    is_whole: bool = True


class Source(io.RawIOBase):
    """A stream that keeps its first bytes in `head`, to recognise the format, and counts the bytes that were read."""

    def __init__(self, stream: BinaryIO, head_size: int = 1 << 16) -> None:
        super().__init__()
        self._stream = stream
        self.head = stream.read(head_size)
        self.position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        data = self.head[self.position : self.position + len(buffer)] or self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)


def read_lines(source: Source, *, limit: int) -> Iterator[Line]:
    """Yield the lines of a source; a line of more than `limit` characters is skipped and has a problem.

    Line ends of all systems may be mixed. Bytes that are not UTF-8 affect only their own line.
    """
    # UTF-8 never decodes to a lone surrogate: each one represents an invalid byte.
    encoding, errors = ("utf-16", "replace") if is_utf_16(source.head) else ("utf-8", "surrogateescape")
    if source.head.startswith(codecs.BOM_UTF8):  # Python's own "utf-8-sig" is many times slower
        source.read(len(codecs.BOM_UTF8))
    stream = io.TextIOWrapper(io.BufferedReader(source, buffer_size=1 << 16), encoding=encoding, errors=errors)
    return (_look_at(number, text, limit) for number, text in enumerate(_cut(stream, limit), start=1))


def split_lines(text: str) -> Iterator[Line]:
    """Yield the lines of a text."""
    return (_look_at(number, line, len(text) + 1) for number, line in enumerate(io.StringIO(text, newline=None), 1))


def _cut(stream: io.TextIOWrapper, limit: int) -> Iterator[str]:
    while text := stream.readline(limit + 1):
        yield text
        while not text.endswith("\n") and len(text) > limit:  # the rest of a line that is too long
            text = stream.readline(limit + 1)


def _look_at(number: int, text: str, limit: int) -> Line:
    line = text.removesuffix("\n")
    if len(line) > limit:
        problem = Problem("record", "line_long", values={"limit": limit})
        return Line(number, _show(line[:_SHOWN]), problem, is_whole=False)
    if "\0" in line or not _is_encodable(line):
        problem = explain_bytes(line.encode("utf-8", "surrogateescape"))
        return Line(number, _show(line), problem, is_whole=False)
    return Line(number, line)


def _is_encodable(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def _show(line: str) -> str:
    return line.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def join_lines(lines: Iterable[Line]) -> str:
    return "\n".join(line.text for line in lines)
