"""Convert between the database's numbers and texts and the times and days of `models`."""

from datetime import UTC, date, datetime

from ..models import VIETNAM


def to_seconds(moment: datetime) -> int:
    """Return whole seconds since 1970 (UTC). Raises ValueError for a naive time, which is a programming error."""
    if moment.tzinfo is None:
        raise ValueError(f"naive time {moment}: every time carries its zone")
    return int(moment.astimezone(UTC).timestamp())


def from_seconds(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, VIETNAM)


def from_day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def to_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
