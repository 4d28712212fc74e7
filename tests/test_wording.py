"""Names, days and numbers in Vietnamese."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.models import VIETNAM, Area, Ward
from feedsvc.registry import read_shipped
from feedsvc.text import in_sentence
from feedsvc.wording import format_day, format_moment, format_number, format_size, full_name, moment_in_sentence

SHIPPED = json.loads(read_shipped()["ha_noi.json"])
NAMES = sorted({unit["name"] for unit in (*SHIPPED["wards"], *SHIPPED["areas"])})
DAYS = st.dates(date(1990, 1, 1), date(2200, 12, 31))


@pytest.mark.parametrize(
    ("name", "within"),
    [
        ("Phường Việt Hưng", "phường Việt Hưng"),
        ("Xã Sóc Sơn", "xã Sóc Sơn"),
        ("Thị trấn Trâu Quỳ", "thị trấn Trâu Quỳ"),
        ("Đặc khu Phú Quốc", "đặc khu Phú Quốc"),
        ("Quận Long Biên", "quận Long Biên"),
        ("Thành phố Hà Nội", "thành phố Hà Nội"),
        ("Tỉnh Hưng Yên", "tỉnh Hưng Yên"),
        ("Địa bàn quận Long Biên (cũ)", "địa bàn quận Long Biên (cũ)"),
        ("Phường Việt Hưng (đến 30/06/2025)", "phường Việt Hưng (đến 30/06/2025)"),
    ],
)
def test_the_kind_of_a_unit_is_small_within_a_sentence(name: str, within: str) -> None:
    assert in_sentence(name) == within


@pytest.mark.parametrize(
    "name",
    ["Phường 5", "Quận 1", "Phường 12A", "Thành phố Hồ Chí Minh", "Thủ đô Hà Nội", "Long Biên", "Phường", "UBND", ""],
)
def test_a_name_with_a_number_or_without_a_kind_and_the_two_exceptions_keep_their_capital(name: str) -> None:
    assert in_sentence(name) == name


def test_a_publisher_of_a_numbered_ward_keeps_the_capital() -> None:
    ward = Ward(1, "27000", date(2021, 1, 1), None, "phuong", "Phường 5", "phuong-5")
    assert ward.publisher == "UBND Phường 5"


@given(st.one_of(st.sampled_from(NAMES), st.text()))
def test_only_the_first_letter_of_a_name_ever_changes(name: str) -> None:
    within = in_sentence(name)
    assert within[1:] == name[1:]
    assert within[:1] in {name[:1], name[:1].lower()}
    assert in_sentence(within) == within


def test_every_shipped_name_begins_with_a_kind() -> None:
    assert [name for name in NAMES if in_sentence(name) == name] == []


@given(DAYS, DAYS)
def test_a_full_name_tells_the_last_day_once_it_is_over(last: date, today: date) -> None:
    ward = Ward(1, "00118", date(1990, 1, 1), last, "phuong", "Phường Việt Hưng", "phuong-viet-hung")
    area = Area(1, "long-bien", "Quận Long Biên", None, last)
    for unit in (ward, area):
        name = full_name(unit, today)
        assert name == (f"{unit.name} (đến {last:%d/%m/%Y})" if last < today else unit.name)
        assert full_name(unit, last) == unit.name
        assert full_name(unit, last + timedelta(days=1)) != unit.name


def test_a_living_unit_has_no_day_in_its_full_name() -> None:
    area = Area(1, "ha-noi", "Thành phố Hà Nội", None, None)
    assert full_name(area, date(2200, 1, 1)) == "Thành phố Hà Nội"


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.sampled_from([UTC, VIETNAM])))  # noqa: DTZ001
def test_both_forms_of_a_moment_say_day_and_time_in_vietnam(moment: datetime) -> None:
    alone, within = format_moment(moment), moment_in_sentence(moment)
    day, time = alone.split(" ")
    assert within == f"{time} ngày {day}"
    local = datetime.strptime(alone, "%d/%m/%Y %H:%M").replace(tzinfo=VIETNAM)
    assert local == moment.astimezone(VIETNAM).replace(second=0, microsecond=0)


def test_a_moment_within_a_sentence_begins_with_the_time() -> None:
    assert moment_in_sentence(datetime(2023, 9, 13, 9, 20, tzinfo=UTC)) == "16:20 ngày 13/09/2023"


def test_days_have_four_digits_of_the_year() -> None:
    assert format_day(date(2023, 9, 3)) == "03/09/2023"
    assert format_day(date(202, 9, 3)) == "03/09/0202"


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (200, "200"), (1234, "1.234"), (1234567, "1.234.567")])
def test_full_stops_separate_thousands(number: int, text: str) -> None:
    assert format_number(number) == text


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (10_000_000, "10 MB"),
        (64_000_000, "64 MB"),
        (1_500_000, "1,5 MB"),
        (1_000_000, "1 MB"),
        (250_000, "250 KB"),
        (10_000, "10 KB"),
    ],
)
def test_a_size_is_never_in_bytes(length: int, text: str) -> None:
    assert format_size(length) == text
