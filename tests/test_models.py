"""The life of a unit: on which days it is there."""

from datetime import date

import pytest

from feedsvc.models import Area

FIRST, LAST = date(2025, 7, 1), date(2027, 6, 30)
BEFORE, AFTER = date(2025, 6, 30), date(2027, 7, 1)


@pytest.mark.parametrize(
    ("first", "last", "day", "begun", "lives", "ended"),
    [
        (FIRST, LAST, BEFORE, False, False, False),
        (FIRST, LAST, FIRST, True, True, False),
        (FIRST, LAST, LAST, True, True, False),
        (FIRST, LAST, AFTER, True, False, True),
        (FIRST, None, AFTER, True, True, False),
        (None, LAST, BEFORE, True, True, False),
        (None, None, date.min, True, True, False),
        (FIRST, FIRST, FIRST, True, True, False),
    ],
)
def test_a_unit_lives_from_its_first_to_its_last_day(
    first: date | None, last: date | None, day: date, begun: bool, lives: bool, ended: bool
) -> None:
    area = Area(1, "khu", "Khu", first, last)
    assert (area.has_begun(day), area.lives_on(day), area.has_ended(day)) == (begun, lives, ended)
    assert area.end_by(day) == (last if ended else None)
