"""Faults of a registry file: each is reported with its place."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from feedsvc.models import UnitKey, Ward
from feedsvc.registry.check import check as check_values
from feedsvc.registry.file import FORMAT, FileFaultsError, RegistryFile, Unit

HUNG = {"code": "00127", "valid_from": "2025-07-01", "kind": "phuong", "name": "Phường Việt Hưng"}
OLD_HUNG = {**HUNG, "valid_from": "2003-11-06", "valid_to": "2025-06-30"}
SUCCESSION = {
    "ward": ["00127", "2003-11-06"],
    "successor": ["00127", "2025-07-01"],
    "on": "2025-07-01",
    "kind": "merged",
    "is_default": True,
    "legal_basis": "Nghị quyết 1656/NQ-UBTVQH15",
}
AREA = {
    "slug": "quan-long-bien",
    "name": "Quận Long Biên",
    "valid_from": "2003-11-06",
    "valid_to": "2025-06-30",
    "members": [{"ward": ["00127", "2003-11-06"], "valid_from": "2003-11-06", "valid_to": "2025-06-30"}],
}


def without(item: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in names}


def check_registry(
    data: Any, known: list[dict[str, Any]], successions: Iterable[tuple[UnitKey, UnitKey]] = ()
) -> list[str]:
    """Return the faults of a file's content; `known` are the fields of the loaded wards."""
    try:
        file = RegistryFile.read(data)
    except FileFaultsError as error:
        return error.faults
    units = [Unit(**fields) for fields in known]
    wards = [Ward(0, unit.code, unit.valid_from, unit.valid_to, unit.kind, unit.name, "") for unit in units]
    return check_values(file, wards, successions)


def check(**lists: Any) -> list[str]:
    return check_registry({"format": FORMAT, **lists}, [])


def check_wards(*wards: Any) -> list[str]:
    return check(wards=list(wards))


def test_whole_data_have_no_fault() -> None:
    assert check(wards=[OLD_HUNG, HUNG], successions=[SUCCESSION], areas=[AREA], sources=["báo"]) == []


def test_file_may_be_empty_but_for_its_format() -> None:
    assert check() == []


def test_last_day_of_a_living_unit_may_be_null() -> None:
    assert check_wards({**HUNG, "valid_to": None}) == []


@pytest.mark.parametrize("data", [[], "x", 5, None, [HUNG]], ids=repr)
def test_a_file_that_is_not_an_object_is_named(data: Any) -> None:
    assert check_registry(data, []) == ["the file: must be an object"]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ({}, "the file: format is missing"),
        ({"format": FORMAT, "ward": []}, "the file: there is no field 'ward'"),
        ({"format": "feedsvc-registry-2"}, "format is 'feedsvc-registry-2': this version reads 'feedsvc-registry-1'"),
        ({"format": None}, "format is None: this version reads 'feedsvc-registry-1'"),
        ({"format": FORMAT, "wards": {}}, "wards: must be a list"),
        ({"format": FORMAT, "wards": None}, "wards: must be a list"),
        ({"format": FORMAT, "successions": "x"}, "successions: must be a list"),
        ({"format": FORMAT, "areas": 5}, "areas: must be a list"),
    ],
)
def test_file_of_another_shape_is_named(data: Any, fault: str) -> None:
    assert check_registry(data, []) == [fault]


@pytest.mark.parametrize(
    ("ward", "fault"),
    [
        *((without(HUNG, name), f"{name} is missing") for name in ("code", "valid_from", "kind", "name")),
        ({**HUNG, "slug": "x"}, "there is no field 'slug'"),
        ("Phường Việt Hưng", "must be an object"),
        (None, "must be an object"),
        ({**HUNG, "code": "127"}, "code '127' must be a text of 5 digits"),
        ({**HUNG, "code": "001270"}, "code '001270' must be a text of 5 digits"),
        ({**HUNG, "code": "0012x"}, "code '0012x' must be a text of 5 digits"),
        ({**HUNG, "code": "0012²"}, "code '0012²' must be a text of 5 digits"),
        ({**HUNG, "code": 127}, "code 127 must be a text of 5 digits"),
        ({**HUNG, "code": None}, "code None must be a text of 5 digits"),
        ({**HUNG, "kind": "quan"}, "kind 'quan' must be one of phuong, xa, thi-tran, dac-khu"),
        ({**HUNG, "kind": ["xa"]}, "kind ['xa'] must be one of phuong, xa, thi-tran, dac-khu"),
        ({**HUNG, "name": ""}, "name '' must be a text such as 'Phường Phúc Đồng'"),
        ({**HUNG, "name": " "}, "name ' ' must be a text such as 'Phường Phúc Đồng'"),
        ({**HUNG, "name": 5}, "name 5 must be a text such as 'Phường Phúc Đồng'"),
        ({**HUNG, "valid_from": "2025-02-30"}, "valid_from '2025-02-30' must be a day as YYYY-MM-DD"),
        ({**HUNG, "valid_from": "1/7/2025"}, "valid_from '1/7/2025' must be a day as YYYY-MM-DD"),
        ({**HUNG, "valid_from": "20250701"}, "valid_from '20250701' must be a day as YYYY-MM-DD"),
        ({**HUNG, "valid_from": 2025}, "valid_from 2025 must be a day as YYYY-MM-DD"),
        ({**HUNG, "valid_from": None}, "valid_from None must be a day as YYYY-MM-DD"),
        ({**HUNG, "valid_from": ""}, "valid_from '' must be a day as YYYY-MM-DD"),
        ({**HUNG, "valid_to": "today"}, "valid_to 'today' must be a day as YYYY-MM-DD"),
        ({**HUNG, "valid_to": ""}, "valid_to '' must be a day as YYYY-MM-DD"),
        ({**HUNG, "valid_to": "2025-06-30"}, "valid_to 2025-06-30 is before valid_from 2025-07-01"),
    ],
)
def test_fault_of_a_ward_is_named_with_its_place(ward: Any, fault: str) -> None:
    assert check_wards(OLD_HUNG, ward) == [f"wards[1]: {fault}"]


def test_unit_of_a_single_day_is_no_fault() -> None:
    assert check_wards({**HUNG, "valid_to": HUNG["valid_from"]}) == []


def test_a_ward_that_occurs_twice_is_named() -> None:
    assert check_wards(HUNG, OLD_HUNG, HUNG) == ["wards[2]: ward 00127 of 2025-07-01 stands already in wards[0]"]


@pytest.mark.parametrize(
    ("valid_to", "until"),
    [(None, "today"), ("2025-07-01", "2025-07-01"), ("2030-01-01", "2030-01-01")],
)
def test_units_of_one_code_may_not_overlap(valid_to: str | None, until: str) -> None:
    fault = (
        f"ward 00127 of 2003-11-06 (to {until}) overlaps ward 00127 of 2025-07-01: "
        "close it with valid_to before the other begins"
    )
    assert check_wards({**OLD_HUNG, "valid_to": valid_to}, HUNG) == [fault]
    loaded = {**OLD_HUNG, "valid_to": valid_to}
    assert check_registry({"format": FORMAT, "wards": [HUNG]}, [loaded]) == [fault]


def test_file_may_close_a_unit_that_is_loaded() -> None:
    loaded = {**OLD_HUNG, "valid_to": None}
    assert check_registry({"format": FORMAT, "wards": [OLD_HUNG, HUNG]}, [loaded]) == []


@pytest.mark.parametrize(
    ("succession", "fault"),
    [
        *((without(SUCCESSION, name), f"{name} is missing") for name in ("ward", "successor", "on", "kind")),
        ({**SUCCESSION, "from": "x"}, "there is no field 'from'"),
        (["00127", "00127"], "must be an object"),
        ({**SUCCESSION, "ward": "00127"}, "ward '00127' must be [code, valid_from]"),
        ({**SUCCESSION, "ward": ["00127"]}, "ward ['00127'] must be [code, valid_from]"),
        ({**SUCCESSION, "successor": [127, "x"]}, "successor [127, 'x'] must be [code, valid_from]"),
        ({**SUCCESSION, "successor": None}, "successor None must be [code, valid_from]"),
        ({**SUCCESSION, "on": "mai"}, "on 'mai' must be a day as YYYY-MM-DD"),
        ({**SUCCESSION, "on": None}, "on None must be a day as YYYY-MM-DD"),
        ({**SUCCESSION, "kind": "moved"}, "kind 'moved' must be one of renamed, merged, split"),
        ({**SUCCESSION, "is_default": 1}, "is_default 1 must be true or false"),
        ({**SUCCESSION, "legal_basis": None}, "legal_basis must be a text"),
        ({**SUCCESSION, "ward": ["00128", "2003-11-06"]}, "ward 00128 of 2003-11-06 is neither in the file nor loaded"),
        (
            {**SUCCESSION, "successor": ["00127", "2025-07-02"]},
            "ward 00127 of 2025-07-02 is neither in the file nor loaded",
        ),
        ({**SUCCESSION, "on": "2025-06-30"}, "ward 00127 of 2003-11-06 has to be closed before 2025-06-30"),
    ],
)
def test_fault_of_a_succession_is_named_with_its_place(succession: Any, fault: str) -> None:
    faults = check(wards=[OLD_HUNG, HUNG], successions=[{**SUCCESSION, "is_default": False}, succession])
    assert faults[0] == f"successions[1]: {fault}"


def test_living_unit_has_no_successor() -> None:
    succession = {**SUCCESSION, "ward": ["00127", "2025-07-01"], "successor": ["00118", "2025-07-01"]}
    assert check(wards=[HUNG, {**HUNG, "code": "00118"}], successions=[succession]) == [
        "successions[0]: ward 00127 of 2025-07-01 has to be closed before 2025-07-01"
    ]


def test_succession_of_loaded_units_is_no_fault() -> None:
    assert check_registry({"format": FORMAT, "successions": [SUCCESSION]}, [OLD_HUNG, HUNG]) == []


def test_unit_may_not_succeed_itself() -> None:
    succession = {**SUCCESSION, "successor": ["00127", "2003-11-06"]}
    assert check(wards=[OLD_HUNG], successions=[succession]) == [
        "successions: ward 00127 of 2003-11-06 succeeds itself"
    ]


def test_unit_may_not_succeed_itself_through_others() -> None:
    codes = ("00001", "00002", "00003")
    wards = [{**OLD_HUNG, "code": code} for code in codes]
    ring = [
        {**SUCCESSION, "ward": [code, "2003-11-06"], "successor": [after, "2003-11-06"]}
        for code, after in zip(codes, (*codes[1:], codes[0]), strict=True)
    ]
    assert check(wards=wards, successions=ring)[-3:] == [
        f"successions: ward {code} of 2003-11-06 succeeds itself" for code in codes
    ]


def test_unit_may_not_succeed_itself_through_what_is_loaded() -> None:
    loaded = (("00127", date(2025, 7, 1)), ("00127", date(2003, 11, 6)))
    data = {"format": FORMAT, "wards": [OLD_HUNG, HUNG], "successions": [SUCCESSION]}
    assert check_registry(data, [], [loaded])[-1] == "successions: ward 00127 of 2025-07-01 succeeds itself"


def test_successor_has_to_exist_on_the_day() -> None:
    late = {**HUNG, "valid_from": "2025-08-01"}
    succession = {**SUCCESSION, "successor": ["00127", "2025-08-01"]}
    assert check(wards=[OLD_HUNG, late], successions=[succession]) == [
        "successions[0]: ward 00127 of 2025-08-01 does not exist on 2025-07-01"
    ]


def test_ward_has_one_default_successor_at_most() -> None:
    other = {**HUNG, "code": "00136"}
    successions = [SUCCESSION, {**SUCCESSION, "successor": ["00136", "2025-07-01"]}]
    assert check(wards=[OLD_HUNG, HUNG, other], successions=successions) == [
        "successions: ward 00127 of 2003-11-06 has 2 default successors, at most one is allowed"
    ]


@pytest.mark.parametrize(
    ("area", "fault"),
    [
        *((without(AREA, name), f"areas[0]: {name} is missing") for name in ("slug", "name", "members")),
        ({**AREA, "wards": []}, "areas[0]: there is no field 'wards'"),
        ("quan-long-bien", "areas[0]: must be an object"),
        ({**AREA, "slug": 5}, "areas[0]: slug 5 must be like 'khu-vuc-long-bien'"),
        ({**AREA, "name": None}, "areas[0]: name None must be a text such as 'Quận Long Biên'"),
        ({**AREA, "valid_from": "2003"}, "areas[0]: valid_from '2003' must be a day as YYYY-MM-DD"),
        ({**AREA, "valid_to": "2003-11-05"}, "areas[0]: valid_to 2003-11-05 is before valid_from 2003-11-06"),
        ({**AREA, "members": {}}, "areas[0]: members must be a list"),
        ({**AREA, "members": ["00127"]}, "areas[0].members[0]: must be an object"),
        ({**AREA, "members": [{}]}, "areas[0].members[0]: ward is missing"),
        ({**AREA, "members": [{"ward": "00127"}]}, "areas[0].members[0]: ward '00127' must be [code, valid_from]"),
        (
            {**AREA, "members": [{**AREA["members"][0], "on": "x"}]},  # type: ignore[dict-item]
            "areas[0].members[0]: there is no field 'on'",
        ),
        (
            {**AREA, "members": [{"ward": ["00127", "2003-11-06"], "valid_to": "x"}]},
            "areas[0].members[0]: valid_to 'x' must be a day as YYYY-MM-DD",
        ),
        (
            {**AREA, "members": [{"ward": ["00127", "2025-07-01"]}, {"ward": ["00128", "2003-11-06"]}]},
            "areas[0].members[1]: ward 00128 of 2003-11-06 is neither in the file nor loaded",
        ),
    ],
)
def test_fault_of_an_area_is_named_with_its_place(area: Any, fault: str) -> None:
    assert check(wards=[OLD_HUNG, HUNG], areas=[area]) == [fault]


def test_days_of_an_area_may_be_left_out() -> None:
    member = {"ward": ["00127", "2003-11-06"]}
    area = {**without(AREA, "valid_from"), "valid_to": None, "members": [member]}
    assert check(wards=[OLD_HUNG], areas=[area]) == []


def test_two_areas_of_one_slug_are_named() -> None:
    assert check(wards=[OLD_HUNG], areas=[AREA, {**AREA, "name": "Long Biên"}]) == [
        "areas: slug 'quan-long-bien' stands twice"
    ]


def test_every_fault_is_named_at_once() -> None:
    faults = check(wards=[{**HUNG, "code": "1", "kind": "x"}, {}], successions=[None], areas=[{**AREA, "slug": None}])
    assert faults == [
        "wards[0]: code '1' must be a text of 5 digits",
        "wards[0]: kind 'x' must be one of phuong, xa, thi-tran, dac-khu",
        "wards[1]: code is missing",
        "wards[1]: kind is missing",
        "wards[1]: name is missing",
        "wards[1]: valid_from is missing",
        "successions[0]: must be an object",
        "areas[0]: slug None must be like 'khu-vuc-long-bien'",
    ]
