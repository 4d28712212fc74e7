"""Read a page of a district portal, as text: section, title, the line with the date, paragraphs.

The page is taken line by line: on these portals a line is a paragraph, whether blank lines stand between or not.
"""

import re
from collections.abc import Collection
from datetime import datetime

from ..models import Draft
from ..text import fold, normalise, one_line
from .body import read_body
from .header import Header, is_header, read_header

# The header line stands near the top; further down a date is that of an event.
_HEADER_WITHIN = 8
# Names of portlets that fall out of the page above the section.
_JUNK = {"detailcontroller", "visitor tracking"}


def parse_portal_page(page: str, *, now: datetime, sections: Collection[str] = ()) -> Draft:
    """Return the draft that the page holds.

    `sections` are the folded headings of known categories: they tell a section from a title. What is not there stays
    empty, and a date that is not certain (not a day of the calendar, later than `now`, "17 giờ trước") is None with the
    line in `published_text`; ingest then rejects the draft with the reason. Captions and lists stand in `content_text`
    in the plain form of `markup.plain_to_html`.
    """
    lines = [line for raw in _strip_cdata_end(normalise(page)).split("\n") if (line := one_line(raw))]
    while lines and lines[0].casefold() in _JUNK:
        del lines[0]
    place = next((index for index, line in enumerate(lines[:_HEADER_WITHIN]) if is_header(line)), None)
    if place is None:
        section, title = _split_head(lines[:2], sections)
        body = lines[2:]
        if title.endswith((".", "./.", ";", ":")):  # the body follows the section at once: the title is missing
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
    """Remove the `]]>` that a broken export leaves at the very end; anywhere else it is text."""
    return re.sub(r"(?:\s*\]\]>)+\s*\Z", "", page)


def _split_head(lines: list[str], sections: Collection[str]) -> tuple[str, str]:
    """Tell section and title of the lines above the date; a doubled line counts once.

    The section is the last known heading before the last line, else the first line; what follows it is the title, on
    however many lines. What stands above it is navigation.
    """
    distinct = list(dict.fromkeys(lines))
    if len(distinct) < 2:
        line = "".join(distinct)
        return (line, "") if fold(line) in sections else ("", line)
    known = [index for index, line in enumerate(distinct[:-1]) if fold(line) in sections]
    place = known[-1] if known else 0
    return distinct[place], " ".join(distinct[place + 1 :])
