"""Write names, days and numbers in Vietnamese, for pages, feeds and messages. Pure."""

from datetime import date, datetime

from .models import VIETNAM, Area, Month, Ward

# How a day may be typed: as a browser with a field for dates sends it, and as people here write it.
DAY_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]


def full_name(unit: Ward | Area, today: date) -> str:
    """Return the name; that of a closed unit with its last day, because a living unit may have the same name."""
    if unit.valid_to is None or not unit.has_ended(today):
        return unit.name
    return f"{unit.name} (đến {format_day(unit.valid_to)})"


def format_day(day: date) -> str:
    """Return a day: 13/09/2023."""
    return f"{day:%d/%m}/{day.year:04}"


def parse_day(text: str) -> date | None:
    """Return the day in a typed text in one of DAY_FORMATS; None if it is not a day."""
    for form in DAY_FORMATS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - only the day counts
        except ValueError:
            continue
    return None


def format_moment(moment: datetime) -> str:
    """Return day and time outside of a sentence: 13/09/2023 16:20."""
    local = moment.astimezone(VIETNAM)
    return f"{format_day(local)} {local:%H:%M}"


def moment_in_sentence(moment: datetime) -> str:
    """Return day and time within a sentence, after "lúc": 16:20 ngày 13/09/2023."""
    local = moment.astimezone(VIETNAM)
    return f"{local:%H:%M} ngày {format_day(local)}"


def format_month(month: Month) -> str:
    """Return a month, after "tháng": 11/2025."""
    return f"{month.number:02}/{month.year:04}"


def format_number(number: int) -> str:
    """Return a count: 1.234."""
    return f"{number:,}".replace(",", ".")


def format_large(number: int) -> str:
    """Return a large round number as 50 triệu, any other number as `format_number` does."""
    if number < 1_000_000 or number % 100_000:
        return format_number(number)
    return f"{number / 1_000_000:g} triệu".replace(".", ",")


def format_size(length: int) -> str:
    """Return a number of bytes in MB, or in KB below one MB: 10 MB, 1,5 MB, 250 KB."""
    size, unit = (length / 1_000_000, "MB") if length >= 1_000_000 else (length / 1000, "KB")
    return f"{size:.1f}".removesuffix(".0").replace(".", ",") + f" {unit}"
