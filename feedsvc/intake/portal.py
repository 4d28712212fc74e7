"""Read a page of a district portal, as text: section, title, the line with the date, paragraphs.

The page is taken line by line: on these portals a line is a paragraph, whether blank lines stand between or not.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ..models import VIETNAM, Draft
from ..text import fold, normalise, one_line
from .body import read_body

# The header line stands near the top; further down a date is that of an event.
_HEADER_WITHIN = 8
_DATE = r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4,})"
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})"
_BAR = r"\s*[|\-–]?\s*"
_VIEWS = r"(?:(?:lượt xem|view count)\s*:?\s*)?(?P<views>\d[\d.,]*)"
_HEADERS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # Ngày đăng 13/09/2023 | 16:20 | Lượt xem: 200 · Đăng ngày: 02/07/2024 - Lượt xem: 424 · 27/06/2022 17:40 91
        rf"^(?:(?:ngày đăng|đăng ngày)\s*:?\s*)?{_DATE}(?:{_BAR}{_TIME})?(?:{_BAR}{_VIEWS})?$",
        # 21:08 20/07/2025
        rf"^(?:(?:ngày đăng|đăng ngày)\s*:?\s*)?{_TIME}{_BAR}{_DATE}(?:{_BAR}{_VIEWS})?$",
        # 17 giờ trước: relative to a capture that we know nothing of
        r"^\d+ (?:phút|giờ|ngày|tuần|tháng) trước$",
    )
]
# Names of portlets that fall out of the page above the section.
_JUNK = {"detailcontroller", "visitor tracking"}


@dataclass(frozen=True, slots=True)
class _Header:
    published: datetime | None
    has_time: bool
    view_count: int | None


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
    place = next((index for index, line in enumerate(lines[:_HEADER_WITHIN]) if _is_header(line)), None)
    if place is None:
        section, title = _split_head(lines[:2], sections)
        body = lines[2:]
        if title.endswith((".", "./.", ";", ":")):  # the body follows the section at once: the title is missing
            title, body = "", [title, *body]
        header = _Header(None, has_time=False, view_count=None)
    else:
        section, title = _split_head(lines[:place], sections)
        body = lines[place + 1 :]
        header = _read_header(lines[place], now)
    return Draft(
        title=title,
        published=header.published,
        published_has_time=header.has_time,
        published_text="" if place is None else lines[place],
        categories=(section,) if section else (),
        content_text=read_body(body),
        view_count=header.view_count,
    )


def _strip_cdata_end(page: str) -> str:
    """Remove the `]]>` that a broken export leaves at the very end; anywhere else it is text."""
    return re.sub(r"(?:\s*\]\]>)+\s*\Z", "", page)


def _is_header(line: str) -> bool:
    return any(pattern.match(line) for pattern in _HEADERS)


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


def _read_header(line: str, now: datetime) -> _Header:
    match = next(found for pattern in _HEADERS if (found := pattern.match(line)))
    parts = match.groupdict()
    views = parts.get("views")
    view_count = int(re.sub(r"[.,]", "", views)) if views else None
    if parts.get("day") is None:
        return _Header(None, has_time=False, view_count=view_count)
    hour, minute = int(parts["hour"] or 0), int(parts["minute"] or 0)
    try:
        published = datetime(int(parts["year"]), int(parts["month"]), int(parts["day"]), hour, minute, tzinfo=VIETNAM)
    except ValueError:  # not a day of the calendar, not an hour of a day, or a year such as 23018
        return _Header(None, has_time=False, view_count=view_count)
    if published > now:
        return _Header(None, has_time=False, view_count=view_count)
    # Midnight means that the portal did not know the time.
    return _Header(published, has_time=(hour, minute) != (0, 0), view_count=view_count)
