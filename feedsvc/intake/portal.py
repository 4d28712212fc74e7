"""Read a page of a district portal as text: section, title, the line with the date, paragraphs.

Each line of the page is a paragraph on these portals, with or without blank lines between them.
"""

import re
from collections.abc import Collection
from datetime import datetime

from ..models import Draft
from ..text import fold, normalise, one_line
from .body import read_body
from .header import Header, is_header, read_header

# The header line is near the top; a date further down belongs to an event.
_HEADER_WITHIN = 8
# Names of portlets that appear in the text above the section.
_JUNK = {"detailcontroller", "visitor tracking"}


def parse_portal_page(page: str, *, now: datetime, sections: Collection[str] = ()) -> Draft:
    """Return the draft of the page.

    `sections` are the folded headings of known categories; they distinguish a section from a title. Missing parts stay
    empty. An uncertain date (not a day of the calendar, later than `now`, "17 giờ trước") becomes None, with the line
    in `published_text`; ingest then rejects the draft with the reason. `content_text` has captions and lists in the
    plain form of `markup.plain_to_html`.
    """
    lines = [line for raw in _strip_cdata_end(normalise(page)).split("\n") if (line := one_line(raw))]
    while lines and lines[0].casefold() in _JUNK:
        del lines[0]
    place = next((index for index, line in enumerate(lines[:_HEADER_WITHIN]) if is_header(line)), None)
    if place is None:
        section, title = _split_head(lines[:2], sections)
        body = lines[2:]
        if title.endswith((".", "./.", ";", ":")):  # the body follows the section directly: the title is missing
            title, body = "", [title, *body]
        header = Header()
    else:
        section, title = _split_head(lines[:place], sections)
        body = lines[place + 1 :]
        header = read_header(lines[place], now)
    return Draft(
        title=title,
        published=header.published,
        published_has_time=header.has_time,
        published_text=header.line,
        categories=(section,) if section else (),
        content_text=read_body(body),
        view_count=header.view_count,
    )


def _strip_cdata_end(page: str) -> str:
    """Remove the `]]>` that a broken export leaves at the very end; elsewhere it is text."""
    return re.sub(r"(?:\s*\]\]>)+\s*\Z", "", page)


def _split_head(lines: list[str], sections: Collection[str]) -> tuple[str, str]:
    """Return section and title from the lines above the date; a repeated line counts once.

    The section is the last known heading before the last line, or the first line if there is none. All lines after the
    section are the title; the lines above it are navigation.
    """
    distinct = list(dict.fromkeys(lines))
    if len(distinct) < 2:
        line = "".join(distinct)
        return (line, "") if fold(line) in sections else ("", line)
    known = [index for index, line in enumerate(distinct[:-1]) if fold(line) in sections]
    place = known[-1] if known else 0
    return distinct[place], " ".join(distinct[place + 1 :])
