"""Read files that are one page of text; PAGES is the table of their formats."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..models import Draft
from ..problems import Problem, RejectedError
from .decode import decode_text
from .items import Item, Read, Reading, Refused
from .lines import Source
from .portal import parse_portal_page
from .saved_page import parse_html_page


@dataclass(frozen=True, slots=True)
class Page:
    """One format of pages. `key` is the field of a rejects file that holds such a page."""

    key: str
    parse: Callable[[str, Reading], Draft]

    def read(self, text: str, place: str, reading: Reading) -> Item:
        """Return the draft of a page, or the problems if there is none."""
        raw = {self.key: text}
        try:
            return Read(place, self.parse(text, reading), raw)
        except RejectedError as error:
            return Refused(place, error.problems, raw)


def _parse_portal(text: str, reading: Reading) -> Draft:
    return parse_portal_page(text, now=reading.now, sections=reading.sections)


def _parse_html(text: str, reading: Reading) -> Draft:
    return parse_html_page(text, now=reading.now, base_url=reading.base_url, sections=reading.sections)


PAGES = {
    "portal": Page("portal_page", _parse_portal),
    "html": Page("html_page", _parse_html),
}


def read_whole(source: Source, *, limit: int) -> str:
    """Return the whole text of a source. Raises RejectedError if it has more than `limit` bytes or is not text."""
    data = io.BufferedReader(source, buffer_size=1 << 16).read(limit + 1)
    if len(data) > limit:
        raise RejectedError(Problem("file", "file_long", values={"limit": limit}))
    return decode_text(data)


def read_page(name: str, source: Source, place: str, reading: Reading) -> Iterator[Item]:
    """Read a source as one page; `name` is a key of PAGES."""
    try:
        text = read_whole(source, limit=reading.record_limit)
    except RejectedError as error:
        yield Refused(place, error.problems, {"unread": place})
    else:
        yield PAGES[name].read(text, place, reading)
