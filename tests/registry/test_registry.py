"""Loading the registry: the shipped data, the next reform, and files with faults."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from feedsvc.database import Database
from feedsvc.errors import RegistryError
from feedsvc.models import VIETNAM, Succession, Ward
from feedsvc.registry import load_registry, load_registry_file, load_shipped, read_shipped
from feedsvc.store.areas import get_area, list_areas, list_areas_of_ward
from feedsvc.store.catalogue import load_catalogue
from feedsvc.store.wards import get_ward, list_predecessors, list_successors, list_wards
from feedsvc.text import fold

AFTER = datetime(2027, 7, 2, 9, 0, tzinfo=VIETNAM)  # after the reform below takes effect
DAY = date(2026, 11, 24)
NEXT_REFORM: dict[str, Any] = {
    "format": "feedsvc-registry-1",
    "wards": [
        {
            "code": "00127",
            "valid_from": "2025-07-01",
            "valid_to": "2027-06-30",
            "kind": "phuong",
            "name": "Phường Việt Hưng",
        },
        {"code": "00127", "valid_from": "2027-07-01", "kind": "phuong", "name": "Phường Việt Hưng"},
    ],
    "successions": [
        {
            "ward": ["00127", "2025-07-01"],
            "successor": ["00127", "2027-07-01"],
            "on": "2027-07-01",
            "kind": "merged",
            "is_default": True,
        }
    ],
    "areas": [
        {
            "slug": "khu-vuc-long-bien",
            "name": "Địa bàn quận Long Biên (cũ)",
            "valid_from": "2025-07-01",
            "members": [
                {"ward": ["00127", "2025-07-01"], "valid_from": "2025-07-01", "valid_to": "2027-06-30"},
                {"ward": ["00127", "2027-07-01"], "valid_from": "2027-07-01"},
            ],
        }
    ],
}


def dump(db: Database) -> list[str]:
    """Return all rows of the registry."""
    tables = ("wards", "successions", "areas", "area_members", "categories", "category_aliases")
    return [f"{table} {tuple(row)}" for table in tables for row in db.execute(f"SELECT * FROM {table}")]


def members(db: Database, slug: str, *, on: date | None = None) -> list[str]:
    return [ward.slug for ward in list_wards(db, area_id=get_area(db, slug).id, on=on)]


def test_shipped_data_hold_the_units_of_today_and_the_former_ones(db: Database) -> None:
    wards = list_wards(db)
    assert (len(wards), len([ward for ward in wards if ward.lives_on(DAY)])) == (140, 126)
    assert [len([w for w in list_wards(db, on=DAY) if w.kind == kind]) for kind in ("phuong", "xa")] == [51, 75]


@pytest.mark.parametrize(
    ("day", "count"),
    [
        (date(2003, 11, 5), 0),
        (date(2003, 11, 6), 14),
        (date(2024, 12, 31), 14),
        (date(2025, 1, 1), 13),
        (date(2025, 6, 30), 13),
        (date(2025, 7, 1), 126),
    ],
    ids=str,
)
def test_each_day_has_its_own_units(db: Database, day: date, count: int) -> None:
    assert len(list_wards(db, on=day)) == count


@pytest.mark.parametrize(
    ("slug", "code", "valid_from", "valid_to", "name"),
    [
        ("phuong-viet-hung", "00127", "2025-07-01", None, "Phường Việt Hưng"),
        ("phuong-viet-hung-2025", "00127", "2003-11-06", "2025-06-30", "Phường Việt Hưng"),
        ("phuong-bo-de", "00118", "2025-07-01", None, "Phường Bồ Đề"),
        ("phuong-bo-de-2025", "00139", "2003-11-06", "2025-06-30", "Phường Bồ Đề"),
        ("phuong-phuc-loi", "00136", "2025-07-01", None, "Phường Phúc Lợi"),
        ("phuong-phuc-loi-2025", "00136", "2003-11-06", "2025-06-30", "Phường Phúc Lợi"),
        ("phuong-long-bien", "00145", "2025-07-01", None, "Phường Long Biên"),
        ("phuong-long-bien-2025", "00145", "2003-11-06", "2025-06-30", "Phường Long Biên"),
        ("phuong-phuc-dong", "00151", "2003-11-06", "2025-06-30", "Phường Phúc Đồng"),
        ("phuong-sai-dong", "00142", "2003-11-06", "2024-12-31", "Phường Sài Đồng"),
        ("phuong-van-mieu-quoc-tu-giam", "00226", "2025-07-01", None, "Phường Văn Miếu - Quốc Tử Giám"),
        ("xa-bat-trang", "00577", "2025-07-01", None, "Xã Bát Tràng"),
    ],
)
def test_slug_names_one_unit(
    db: Database, slug: str, code: str, valid_from: str, valid_to: str | None, name: str
) -> None:
    ward = get_ward(db, slug)
    until = ward.valid_to.isoformat() if ward.valid_to else None
    assert (ward.code, ward.valid_from.isoformat(), until, ward.name) == (code, valid_from, valid_to, name)


def test_only_units_with_a_living_namesake_carry_a_year(db: Database) -> None:
    assert sorted(ward.slug for ward in list_wards(db) if ward.slug[-1].isdigit()) == [
        "phuong-bo-de-2025",
        "phuong-long-bien-2025",
        "phuong-phuc-loi-2025",
        "phuong-viet-hung-2025",
    ]


def test_wards_are_listed_in_vietnamese_order(db: Database) -> None:
    names = [ward.name for ward in list_wards(db, on=date(2023, 9, 13))]
    assert [name.removeprefix("Phường ") for name in names] == [
        *("Bồ Đề", "Cự Khối", "Đức Giang", "Gia Thụy", "Giang Biên", "Long Biên", "Ngọc Lâm", "Ngọc Thụy"),
        *("Phúc Đồng", "Phúc Lợi", "Sài Đồng", "Thạch Bàn", "Thượng Thanh", "Việt Hưng"),
    ]


def test_areas_are_the_city_the_former_district_and_its_land_today(db: Database) -> None:
    assert [(area.slug, area.name, area.valid_from, area.valid_to) for area in list_areas(db, today=DAY)] == [
        ("khu-vuc-long-bien", "Địa bàn quận Long Biên (cũ)", date(2025, 7, 1), None),
        ("ha-noi", "Thành phố Hà Nội", None, None),
        ("quan-long-bien", "Quận Long Biên", date(2003, 11, 6), date(2025, 6, 30)),
    ]


def test_areas_have_their_members(db: Database) -> None:
    assert len(members(db, "ha-noi")) == 140
    assert len(members(db, "ha-noi", on=DAY)) == 126
    assert len(members(db, "quan-long-bien")) == 14
    assert members(db, "quan-long-bien", on=DAY) == []
    assert members(db, "khu-vuc-long-bien") == [
        "phuong-bo-de",
        "phuong-long-bien",
        "phuong-phuc-loi",
        "phuong-viet-hung",
    ]


@pytest.mark.parametrize(
    ("slug", "day", "areas"),
    [
        ("phuong-viet-hung-2025", date(2023, 9, 13), {"ha-noi", "quan-long-bien"}),
        ("phuong-viet-hung", DAY, {"ha-noi", "khu-vuc-long-bien"}),
        ("phuong-lang", DAY, {"ha-noi"}),
    ],
)
def test_ward_belongs_to_its_areas_of_the_day(db: Database, slug: str, day: date, areas: set[str]) -> None:
    assert {area.slug for area in list_areas_of_ward(db, get_ward(db, slug).id, on=day)} == areas


def test_sai_dong_went_to_two_wards_on_the_first_of_january_2025(db: Database) -> None:
    sai_dong = get_ward(db, "phuong-sai-dong")
    day = date(2025, 1, 1)
    assert list_successors(db, sai_dong) == [
        Succession(sai_dong, get_ward(db, "phuong-phuc-loi-2025"), day, "split", is_default=True, legal_basis=""),
        Succession(sai_dong, get_ward(db, "phuong-phuc-dong"), day, "split", is_default=False, legal_basis=""),
    ]


def test_phuc_dong_went_to_four_wards(db: Database) -> None:
    assert [item.successor.slug for item in list_successors(db, get_ward(db, "phuong-phuc-dong"))] == [
        "phuong-phuc-loi",
        "phuong-bo-de",
        "phuong-long-bien",
        "phuong-viet-hung",
    ]


def test_every_former_ward_has_exactly_one_default_successor(db: Database) -> None:
    closed = [ward for ward in list_wards(db) if ward.has_ended(DAY)]
    assert [len([s for s in list_successors(db, ward) if s.is_default]) for ward in closed] == [1] * 14


def test_viet_hung_of_today_knows_whom_it_took_over_from(db: Database) -> None:
    assert [item.ward.slug for item in list_predecessors(db, get_ward(db, "phuong-viet-hung"))] == [
        "phuong-duc-giang",
        "phuong-gia-thuy",
        "phuong-giang-bien",
        "phuong-phuc-dong",
        "phuong-phuc-loi-2025",
        "phuong-thuong-thanh",
        "phuong-viet-hung-2025",
    ]


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("Hoạt động các phường", "hoat-dong-phuong"),
        ("Hoạt động phường, xã", "hoat-dong-phuong"),
        ("Chính quyền - HĐND", "chinh-quyen"),
        ("khối phường", "hoat-dong-phuong"),
        ("TIN TỨC – SỰ KIỆN", "tin-tuc-su-kien"),
        ("Đảng - đoàn thể", "dang-doan-the"),
        ("Hoạt động Đảng", "dang-doan-the"),
        ("Xây dựng Đảng", "dang-doan-the"),
        ("HOẠT ĐỘNG ĐOÀN THỂ", "dang-doan-the"),
        ("hoạt động mttq và các đoàn thể xã hội", "dang-doan-the"),
        ("Hoạt động khối chính quyền", "chinh-quyen"),
        ("hội đồng nhân dân", "chinh-quyen"),
        ("văn hoá - xã hội", "van-hoa-xa-hoi"),
        ("An ninh trật tự", "an-ninh-quoc-phong"),
        ("Nhà đất đô thị", "kinh-te-do-thi"),
        ("Cải cách hành chính", "cai-cach-hanh-chinh"),
        ("thông báo", "thong-bao"),
        ("Tuyên truyền pháp luật", "tuyen-truyen-phap-luat"),
        ("VĂN BẢN CHỈ ĐẠO", "chi-dao-dieu-hanh"),
        ("Mục lạ", "khac"),
    ],
)
def test_headings_of_real_pages_are_sections(db: Database, heading: str, slug: str) -> None:
    assert load_catalogue(db).match_category(heading).slug == slug


def test_loading_the_shipped_data_again_changes_nothing(db: Database) -> None:
    before = dump(db)
    load_shipped(db, now=AFTER)
    assert dump(db) == before
    assert load_registry(db, json.loads(read_shipped()["ha_noi.json"]), origin="ha_noi.json", now=AFTER) == 0


def test_category_that_an_operator_renamed_stays_renamed(db: Database) -> None:
    with db.conn:
        db.execute("UPDATE categories SET label = 'Tin vắn' WHERE slug = 'thong-bao'")
    load_shipped(db, now=AFTER)
    assert load_catalogue(db).match_category("Thông báo").label == "Tin vắn"


def test_next_reform_moves_the_plain_slug_to_the_living_unit(db: Database) -> None:
    today = get_ward(db, "phuong-viet-hung")
    assert load_registry(db, NEXT_REFORM, origin="reform", now=AFTER) > 0
    successor = get_ward(db, "phuong-viet-hung")
    assert (successor.valid_from, successor.valid_to) == (date(2027, 7, 1), None)
    closed = get_ward(db, "phuong-viet-hung-2027")
    assert closed == Ward(
        today.id, today.code, today.valid_from, date(2027, 6, 30), "phuong", today.name, "phuong-viet-hung-2027"
    )
    assert get_ward(db, "phuong-viet-hung-2025").valid_to == date(2025, 6, 30)
    assert [item.successor for item in list_successors(db, closed)] == [successor]


def test_next_reform_leaves_every_other_unit_as_it_is(db: Database) -> None:
    before = set(list_wards(db)) - {get_ward(db, "phuong-viet-hung")}
    load_registry(db, NEXT_REFORM, origin="reform", now=AFTER)
    assert before < set(list_wards(db))
    assert len(list_wards(db)) == 141


def test_next_reform_puts_the_new_unit_into_its_area(db: Database) -> None:
    load_registry(db, NEXT_REFORM, origin="reform", now=AFTER)
    area = get_area(db, "khu-vuc-long-bien")
    closed, successor = get_ward(db, "phuong-viet-hung-2027"), get_ward(db, "phuong-viet-hung")
    assert area in list_areas_of_ward(db, closed.id, on=date(2027, 6, 30))
    assert area not in list_areas_of_ward(db, closed.id, on=date(2027, 7, 1))
    assert area in list_areas_of_ward(db, successor.id, on=date(2027, 7, 1))
    assert len(members(db, "khu-vuc-long-bien")) == 5


def test_next_reform_loaded_twice_changes_nothing_the_second_time(db: Database) -> None:
    load_registry(db, NEXT_REFORM, origin="reform", now=AFTER)
    before = dump(db)
    assert load_registry(db, NEXT_REFORM, origin="reform", now=AFTER) == 0
    assert dump(db) == before


def test_renamed_unit_gets_the_slug_of_its_new_name(db: Database) -> None:
    unit = {"code": "00199", "valid_from": "2025-07-01", "kind": "phuong", "name": "Phường Láng Thượng"}
    load_registry(db, {"format": "feedsvc-registry-1", "wards": [unit]}, origin="rename", now=AFTER)
    assert (get_ward(db, "phuong-lang-thuong").code, len(list_wards(db))) == ("00199", 140)


def test_data_with_a_fault_apply_nothing(db: Database) -> None:
    before = dump(db)
    data = {**NEXT_REFORM, "areas": [{**NEXT_REFORM["areas"][0], "members": [{"ward": ["99999", "2027-07-01"]}]}]}
    with pytest.raises(RegistryError) as caught:
        load_registry(db, data, origin="reform.json", now=AFTER)
    assert caught.value.origin == "reform.json"
    assert caught.value.faults == ("areas[0].members[0]: ward 99999 of 2027-07-01 is neither in the file nor loaded",)
    assert dump(db) == before


def test_unit_that_would_overlap_a_loaded_one_is_refused(db: Database) -> None:
    data = {**NEXT_REFORM, "wards": NEXT_REFORM["wards"][1:]}
    with pytest.raises(RegistryError, match=r"ward 00127 of 2025-07-01 \(to today\) overlaps ward 00127 of 2027-07-01"):
        load_registry(db, data, origin="reform", now=AFTER)
    assert get_ward(db, "phuong-viet-hung").valid_from == date(2025, 7, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_registry_file_is_loaded(db: Database, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "reform.json"
    path.write_text(json.dumps(NEXT_REFORM, ensure_ascii=False), encoding=encoding)
    assert load_registry_file(db, path, now=AFTER) > 0
    assert get_ward(db, "phuong-viet-hung-2027").valid_to == date(2027, 6, 30)


@pytest.mark.parametrize("content", [b"", b"{", b'{"format": "\xff"}', b"code,name\n"])
def test_a_file_that_is_not_json_is_refused_by_its_path(db: Database, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "reform.json"
    path.write_bytes(content)
    with pytest.raises(RegistryError, match="not JSON in UTF-8") as caught:
        load_registry_file(db, path, now=AFTER)
    assert caught.value.origin == str(path)


def test_fault_of_a_file_is_told_with_path_and_place(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "reform.json"
    path.write_text('{"format": "feedsvc-registry-1", "wards": [{}]}', encoding="utf-8")
    with pytest.raises(RegistryError) as caught:
        load_registry_file(db, path, now=AFTER)
    assert str(caught.value).splitlines() == [
        f"{path}: nothing was loaded, 4 fault(s):",
        *(f"  wards[0]: {name} is missing" for name in ("code", "kind", "name", "valid_from")),
    ]


def test_shipped_categories_have_distinct_aliases() -> None:
    items = json.loads(read_shipped()["categories.json"])
    aliases = [fold(alias) for item in items for alias in (item["label"], *item["aliases"])]
    assert len(aliases) == len(set(aliases))
