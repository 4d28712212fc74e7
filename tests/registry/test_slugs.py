"""The unit that gets the plain slug of a name, and the slugs of the others."""

from datetime import date

import pytest

from feedsvc.models import Ward
from feedsvc.registry.slugs import assign_slugs

HUNG = "Phường Việt Hưng"
Unit = tuple[str, str, str | None, str]  # code, valid_from, valid_to, name


def slugs_of(*units: Unit) -> dict[tuple[str, str], str]:
    wards = [
        Ward(number, code, date.fromisoformat(begins), date.fromisoformat(ends) if ends else None, "phuong", name, "")
        for number, (code, begins, ends, name) in enumerate(units)
    ]
    slugs = assign_slugs(wards, today=date(2026, 11, 24))
    return {(ward.code, str(ward.valid_from)): slugs[ward.id] for ward in wards}


OLD: Unit = ("00127", "2003-11-06", "2025-06-30", HUNG)
OLDER: Unit = ("00128", "1990-01-01", "2003-11-05", HUNG)
TODAY: Unit = ("00127", "2025-07-01", None, HUNG)


@pytest.mark.parametrize(
    ("units", "slugs"),
    [
        pytest.param([TODAY], ["phuong-viet-hung"], id="a living unit has the plain slug"),
        pytest.param([OLD], ["phuong-viet-hung"], id="a closed unit without a namesake has the plain slug"),
        pytest.param(
            [OLD, TODAY],
            ["phuong-viet-hung-2025", "phuong-viet-hung"],
            id="a closed unit whose slug a living one needs gets the year it closed",
        ),
        pytest.param(
            [OLDER, OLD, TODAY],
            ["phuong-viet-hung-2003", "phuong-viet-hung-2025", "phuong-viet-hung"],
            id="each closed namesake of a living unit gets its own year",
        ),
        pytest.param(
            [OLDER, OLD],
            ["phuong-viet-hung-2003", "phuong-viet-hung"],
            id="of closed namesakes the one that closed last has the plain slug",
        ),
        pytest.param(
            [("00001", "2003-11-06", "2025-06-30", HUNG), ("00002", "2003-11-06", "2025-06-30", HUNG), TODAY],
            ["phuong-viet-hung-2025", "phuong-viet-hung-2025-00002", "phuong-viet-hung"],
            id="closed namesakes of one year get their code too",
        ),
        pytest.param(
            [TODAY, ("30001", "2025-07-01", None, HUNG)],
            ["phuong-viet-hung", "phuong-viet-hung-30001"],
            id="of two living namesakes the second code is named",
        ),
        pytest.param(
            [TODAY, ("30001", "2025-07-01", None, HUNG), OLD],
            ["phuong-viet-hung", "phuong-viet-hung-30001", "phuong-viet-hung-2025"],
            id="a closed namesake of two living ones gets the year",
        ),
        pytest.param(
            [TODAY, ("00565", "2025-07-01", None, "Xã Việt Hưng")],
            ["phuong-viet-hung", "xa-viet-hung"],
            id="units of two kinds are no namesakes",
        ),
        pytest.param(
            [("00139", "2003-11-06", "2025-06-30", "Phường Bồ Đề"), ("00118", "2025-07-01", None, "Phường Bồ Đề")],
            ["phuong-bo-de-2025", "phuong-bo-de"],
            id="namesakes may have two codes",
        ),
        pytest.param(
            [
                ("00001", "2003-11-06", "2025-06-30", "Phường Hoà Bình"),
                ("00002", "2025-07-01", None, "Phường Hòa Bính"),
            ],
            ["phuong-hoa-binh-2025", "phuong-hoa-binh"],
            id="names that differ in diacritics only are namesakes",
        ),
    ],
)
def test_slug_follows_the_rule(units: list[Unit], slugs: list[str]) -> None:
    assert slugs_of(*units) == {(unit[0], unit[1]): slug for unit, slug in zip(units, slugs, strict=True)}


def test_order_of_the_units_does_not_matter() -> None:
    assert slugs_of(TODAY, OLD, OLDER) == slugs_of(OLDER, OLD, TODAY)


def test_slugs_are_unique() -> None:
    units = [(f"{code:05}", f"{2000 + code}-01-01", f"{2000 + code % 3}-12-31", HUNG) for code in range(30)]
    assert len(set(slugs_of(*units, TODAY).values())) == 31
