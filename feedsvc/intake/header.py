"""Read the line of a portal page that states the date of publication and the number of views.

Dates are never guessed: an uncertain one (not a day of the calendar, later than now, "17 giờ trước") counts as missing.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from ..models import VIETNAM

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
        # 17 giờ trước: relative to the time of a capture, which we do not know
        r"^\d+ (?:phút|giờ|ngày|tuần|tháng) trước$",
    )
]


@dataclass(frozen=True, slots=True)
class Header:
    """The content of a header line; `published` is None if it is uncertain or if there is no such line."""

    published: datetime | None = None
    has_time: bool = False
    view_count: int | None = None
    line: str = ""


def is_header(line: str) -> bool:
    """Tell if the whole line (normalised, as `one_line` returns it) is a header line."""
    return any(pattern.match(line) for pattern in _HEADERS)


def read_header(line: str, now: datetime) -> Header:
    """Read a header line (see `is_header`)."""
    match = next(found for pattern in _HEADERS if (found := pattern.match(line)))
    parts = match.groupdict()
    views = parts.get("views")
    view_count = int(re.sub(r"[.,]", "", views)) if views else None
    if parts.get("day") is None:
        return Header(None, has_time=False, view_count=view_count, line=line)
    hour, minute = int(parts["hour"] or 0), int(parts["minute"] or 0)
    try:
        published = datetime(int(parts["year"]), int(parts["month"]), int(parts["day"]), hour, minute, tzinfo=VIETNAM)
    except ValueError:  # not a day of the calendar, not an hour of a day, or a year such as 23018
        return Header(None, has_time=False, view_count=view_count, line=line)
    if published > now:
        return Header(None, has_time=False, view_count=view_count, line=line)
    # Midnight means that the portal did not know the time.
    return Header(published, has_time=(hour, minute) != (0, 0), view_count=view_count, line=line)
