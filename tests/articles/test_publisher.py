"""Recognition of the ward that a text is about, with the shipped registry."""

import unicodedata
from dataclasses import replace
from datetime import date

import pytest

from feedsvc.articles.publisher import bare_name, recognise_ward
from feedsvc.database import Database
from feedsvc.models import Ward
from feedsvc.problems import RejectedError
from feedsvc.store.wards import get_ward, list_wards

OLD = date(2023, 9, 13)
NEW = date(2026, 11, 24)


def recognise(db: Database, title: str, body: str, day: date) -> str:
    """Return the slug of the ward, or the code of the problem with the names in it."""
    try:
        return recognise_ward(title, body, list_wards(db, on=day)).slug
    except RejectedError as error:
        (problem,) = error.problems
        assert problem.field == "ward"
        return f"{problem.code}: {problem.given}" if problem.given else problem.code


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


MISSING = "ward_missing"
FORMER = [
    ("Thượng Thanh", "phuong-thuong-thanh"),
    ("Ngọc Thụy", "phuong-ngoc-thuy"),
    ("Giang Biên", "phuong-giang-bien"),
    ("Đức Giang", "phuong-duc-giang"),
    ("Việt Hưng", "phuong-viet-hung-2025"),
    ("Gia Thụy", "phuong-gia-thuy"),
    ("Ngọc Lâm", "phuong-ngoc-lam"),
    ("Phúc Lợi", "phuong-phuc-loi-2025"),
    ("Bồ Đề", "phuong-bo-de-2025"),
    ("Sài Đồng", "phuong-sai-dong"),
    ("Long Biên", "phuong-long-bien-2025"),
    ("Thạch Bàn", "phuong-thach-ban"),
    ("Phúc Đồng", "phuong-phuc-dong"),
    ("Cự Khối", "phuong-cu-khoi"),
]
TODAY = [
    ("Phường Bồ Đề", "phuong-bo-de"),
    ("Phường Việt Hưng", "phuong-viet-hung"),
    ("Phường Phúc Lợi", "phuong-phuc-loi"),
    ("Phường Long Biên", "phuong-long-bien"),
    ("Phường Láng", "phuong-lang"),
    ("Phường Hoàn Kiếm", "phuong-hoan-kiem"),
    ("Phường Ba Đình", "phuong-ba-dinh"),
    ("Phường Cầu Giấy", "phuong-cau-giay"),
    ("Phường Hai Bà Trưng", "phuong-hai-ba-trung"),
    ("Phường Ô Chợ Dừa", "phuong-o-cho-dua"),
    ("Phường Văn Miếu - Quốc Tử Giám", "phuong-van-mieu-quoc-tu-giam"),
    ("Phường Yên Hòa", "phuong-yen-hoa"),
    ("Phường Đống Đa", "phuong-dong-da"),
    ("Xã Bát Tràng", "xa-bat-trang"),
    ("Xã Gia Lâm", "xa-gia-lam"),
    ("Xã Sóc Sơn", "xa-soc-son"),
    ("Xã Ứng Hòa", "xa-ung-hoa"),
    ("Xã Đông Anh", "xa-dong-anh"),
]


@pytest.mark.parametrize(("name", "slug"), FORMER)
@pytest.mark.parametrize("title", ["Đảng ủy phường {} tổ chức hội nghị", "{}: Ra quân vệ sinh môi trường"])
def test_every_former_ward_is_known_by_its_name_in_the_title(db: Database, name: str, slug: str, title: str) -> None:
    assert recognise(db, title.format(name), "", OLD) == slug


@pytest.mark.parametrize(("name", "slug"), FORMER)
def test_every_former_ward_is_known_by_its_name_in_the_body(db: Database, name: str, slug: str) -> None:
    body = f"Ngày 12/9/2023, UBND phường {name} (quận Long Biên) tổ chức hội nghị."
    assert recognise(db, "Hội nghị tổng kết", body, OLD) == slug


@pytest.mark.parametrize(("name", "slug"), TODAY)
def test_ward_of_today_is_known_by_its_name(db: Database, name: str, slug: str) -> None:
    assert recognise(db, "Hội nghị tổng kết", f"Sáng nay, UBND {name.lower()} tổ chức hội nghị.", NEW) == slug
    assert recognise(db, f"{name} ra quân", "", NEW) == slug


@pytest.mark.parametrize("day", [OLD, NEW], ids=str)
def test_every_ward_of_a_day_is_known_in_every_spelling(db: Database, day: date) -> None:
    wards = list_wards(db, on=day)
    for ward in wards:
        for spelled in (
            ward.name,
            ward.name.upper(),
            ward.name.lower(),
            nfd(ward.name),
            ward.name.replace(" ", "\u00a0"),
        ):
            assert recognise_ward(f"Tin của {spelled}.", "", wards) == ward


@pytest.mark.parametrize(
    ("title", "body", "day", "expected"),
    [
        # The unit of the day.
        ("Phường Việt Hưng ra quân", "", date(2023, 2, 3), "phuong-viet-hung-2025"),
        ("Phường Việt Hưng ra quân", "", date(2025, 6, 30), "phuong-viet-hung-2025"),
        ("Phường Việt Hưng ra quân", "", date(2025, 7, 1), "phuong-viet-hung"),
        ("Phường Việt Hưng ra quân", "", date(2026, 8, 14), "phuong-viet-hung"),
        ("Phường Sài Đồng ra quân", "", date(2024, 12, 31), "phuong-sai-dong"),
        ("Phường Sài Đồng ra quân", "", date(2025, 1, 1), MISSING),
        ("Phường Phúc Đồng ra quân", "", NEW, MISSING),
        ("Phường Láng ra quân", "", OLD, MISSING),
        ("Phường Việt Hưng ra quân", "", date(2003, 11, 5), MISSING),
        # Only in the title.
        ("Phúc Đồng: Hội nghị người lao động", "", OLD, "phuong-phuc-dong"),
        ("Hội Phụ nữ Thạch Bàn với phong trào xanh", "", OLD, "phuong-thach-ban"),
        ("Bát Tràng khai mạc lễ hội", "", NEW, "xa-bat-trang"),
        ("Sôi nổi ngày hội ở Láng", "", NEW, "phuong-lang"),
        ("Phúc Đồng: Hội nghị", "UBND phường Phúc Đồng và phường Phúc Lợi, phường Phúc Lợi", OLD, "phuong-phuc-dong"),
        ("Sôi nổi ngày hội Phúc Đồng", "Phường Phúc Lợi tổ chức ngày hội.", OLD, "phuong-phuc-loi-2025"),
        ("Lễ kỷ niệm khởi nghĩa Hai Bà Trưng", "Nhân dân xã Mê Linh dâng hương.", NEW, "xa-me-linh"),
        (
            "Các phường Phúc Đồng, Việt Hưng ra quân",
            "",
            OLD,
            "ward_ambiguous: Phường Phúc Đồng, Phường Việt Hưng",
        ),
        (
            "Hội thi của ba phường Phúc Đồng, Việt Hưng và Thạch Bàn",
            "Đội phường Thạch Bàn giành giải nhất.",
            OLD,
            "phuong-thach-ban",
        ),
        ("Họp tổ", "Tại phường Phúc Đồng, Long Biên, Hà Nội đã họp.", OLD, "phuong-phuc-dong"),
        ("Phúc Đồng và Phúc Lợi giao lưu", "", OLD, "ward_ambiguous: Phường Phúc Đồng, Phường Phúc Lợi"),
        ("Phúc Đồng và Phúc Lợi giao lưu", "Tại phường Phúc Lợi sáng nay", OLD, "phuong-phuc-loi-2025"),
        # Spelling.
        ("ĐẢNG ỦY PHƯỜNG PHÚC ĐỒNG TỔ CHỨC HỘI NGHỊ", "", OLD, "phuong-phuc-dong"),
        ("PHÚC ĐỒNG: HỘI NGHỊ NGƯỜI LAO ĐỘNG", "", OLD, "phuong-phuc-dong"),
        ("ĐẢNG BỘ PHƯỜNG LÁNG TỔ CHỨC ĐẠI HỘI", "", NEW, "phuong-lang"),
        ("đảng ủy phường phúc đồng tổ chức hội nghị", "", OLD, "phuong-phuc-dong"),
        (nfd("Đảng ủy phường Phúc Đồng"), "", OLD, "phuong-phuc-dong"),
        ("Hội nghị", nfd("UBND phường Ngọc Thụy tổ chức"), OLD, "phuong-ngoc-thuy"),
        ("Phường Bồ Ðề ra quân", "", OLD, "phuong-bo-de-2025"),
        ("PHƯỜNG BỒ ÐỀ RA QUÂN", "", NEW, "phuong-bo-de"),
        ("Phường Phúc Ðồng ra quân", "", OLD, "phuong-phuc-dong"),
        ("Phường Gia Thuỵ ra quân", "", OLD, "phuong-gia-thuy"),
        ("PHƯỜNG GIA THUỴ RA QUÂN", "", OLD, "phuong-gia-thuy"),
        ("Gia Thuỵ: Ra quân", "", OLD, "phuong-gia-thuy"),
        ("Phường Ngọc Thuỵ ra quân", "", OLD, "phuong-ngoc-thuy"),
        ("Phường Yên Hoà ra quân", "", NEW, "phuong-yen-hoa"),
        ("Xã Dân Hoà ra quân", "", NEW, "xa-dan-hoa"),
        ("Hội nghị", "Đảng uỷ xã Ứng Hoà tổ chức", NEW, "xa-ung-hoa"),
        ("Đảng\u00a0ủy phường\u00a0Phúc\u00a0Đồng", "", OLD, "phuong-phuc-dong"),
        ("Hội nghị", "UBND phường\u00a0 Phúc\u00a0Đồng", OLD, "phuong-phuc-dong"),
        ("Hội nghị", "UBND phường\nPhúc Đồng", OLD, "phuong-phuc-dong"),
        ("Phường Phúc\u200b Đồng ra quân", "", OLD, "phuong-phuc-dong"),
        ("P. Phúc Đồng ra quân", "", OLD, "phuong-phuc-dong"),
        ("P.Phúc Đồng ra quân", "", OLD, "phuong-phuc-dong"),
        ("Hội nghị", "Tại trụ sở UBND P. Phúc Đồng, Q. Long Biên", OLD, "phuong-phuc-dong"),
        ("Phường Văn Miếu – Quốc Tử Giám ra quân", "", NEW, "phuong-van-mieu-quoc-tu-giam"),
        ("Phường Văn Miếu — Quốc Tử Giám ra quân", "", NEW, "phuong-van-mieu-quoc-tu-giam"),
        ("Phường Văn Miếu-Quốc Tử Giám ra quân", "", NEW, "phuong-van-mieu-quoc-tu-giam"),
        ("Phường Văn Miếu\u2011Quốc Tử Giám ra quân", "", NEW, "phuong-van-mieu-quoc-tu-giam"),
        ("Phường Văn Miếu \u2212 Quốc Tử Giám ra quân", "", NEW, "phuong-van-mieu-quoc-tu-giam"),
        ("Văn Miếu –\u00a0Quốc Tử Giám: Ra quân", "", NEW, "phuong-van-mieu-quoc-tu-giam"),
        # Several wards.
        ("Phường Phúc Đồng giao lưu", "Phường Phúc Lợi, phường Phúc Lợi, phường Phúc Lợi", OLD, "phuong-phuc-dong"),
        (
            "Phường Phúc Đồng thăm phường Phúc Lợi",
            "",
            OLD,
            "ward_ambiguous: Phường Phúc Đồng, Phường Phúc Lợi",
        ),
        (
            "Phường Phúc Lợi thăm phường Phúc Đồng",
            "UBND phường Phúc Lợi đón UBND phường Phúc Đồng",
            OLD,
            "ward_ambiguous: Phường Phúc Đồng, Phường Phúc Lợi",
        ),
        (
            "Phường Phúc Lợi thăm phường Phúc Đồng",
            "UBND phường Phúc Đồng đón đoàn của phường Phúc Lợi. Phường Phúc Đồng giới thiệu mô hình.",
            OLD,
            "phuong-phuc-dong",
        ),
        (
            "Phường Phúc Lợi thăm phường Phúc Đồng",
            "Đoàn của phường Phúc Lợi lên đường. Phường Ngọc Lâm, phường Ngọc Lâm, phường Ngọc Lâm",
            OLD,
            "phuong-phuc-loi-2025",
        ),
        ("Phường Phúc Lợi và phường Phúc Đồng: phường Phúc Lợi thắng", "", OLD, "phuong-phuc-loi-2025"),
        ("Hội nghị", "Phường Gia Thụy, phường Ngọc Lâm, phường Gia Thụy", OLD, "phuong-gia-thuy"),
        ("Hội nghị", "Phường Gia Thuỵ, phường Ngọc Lâm, phường Gia Thụy", OLD, "phuong-gia-thuy"),
        (
            "Hội nghị",
            "Phường Ngọc Lâm, phường Gia Thụy",
            OLD,
            "ward_ambiguous: Phường Gia Thụy, Phường Ngọc Lâm",
        ),
        (
            "Hội nghị",
            "Xã Gia Lâm và phường Bồ Đề, xã Bát Tràng",
            NEW,
            "ward_ambiguous: Phường Bồ Đề, Xã Bát Tràng, Xã Gia Lâm",
        ),
        # District, bridge, street and other things with the name of a ward.
        ("Quận Long Biên tổ chức hội nghị", "", OLD, MISSING),
        ("QUẬN LONG BIÊN TỔ CHỨC HỘI NGHỊ", "", OLD, MISSING),
        ("Hội nghị", "UBND quận Long Biên, quận Long Biên và phường Phúc Đồng", OLD, "phuong-phuc-dong"),
        ("Quận ủy Long Biên làm việc với phường Phúc Đồng", "", OLD, "phuong-phuc-dong"),
        ("Quận uỷ Long Biên tổ chức hội nghị", "", OLD, MISSING),
        ("Q. Long Biên tổ chức hội nghị", "", OLD, MISSING),
        ("UBND Q.Long Biên tổ chức hội nghị", "", OLD, MISSING),
        ("Cầu Long Biên trong ký ức", "", OLD, MISSING),
        ("Chỉnh trang cầu Long Biên", "Phường Ngọc Lâm ra quân dưới chân cầu Long Biên.", OLD, "phuong-ngoc-lam"),
        ("Lãnh đạo quận Long Biên thăm phường Long Biên", "", OLD, "phuong-long-bien-2025"),
        ("Bến xe Gia Lâm thông báo", "", NEW, MISSING),
        ("Ga Gia Lâm đổi giờ tàu", "", NEW, MISSING),
        ("Khu đô thị Việt Hưng mất nước", "", OLD, MISSING),
        ("Bệnh viện Đức Giang khám bệnh", "", OLD, MISSING),
        ("Hợp tác xã Bình Minh được khen", "Hợp tác xã Bình Minh ở phường Láng", NEW, "phuong-lang"),
        ("HTX Bình Minh được khen", "", NEW, MISSING),
        ("Đường Láng thông xe", "", NEW, MISSING),
        ("Quảng trường Ba Đình đón khách", "", NEW, MISSING),
        ("Hồ Hoàn Kiếm sạch hơn", "", NEW, MISSING),
        ("Đồng chí Nguyễn Minh Châu nhận nhiệm vụ", "", NEW, MISSING),
        ("Bà Trần Thị Thanh Xuân được khen", "", NEW, MISSING),
        # Names that only begin like a ward's name or resemble one.
        ("Phường Láng Hạ ra quân", "", NEW, MISSING),
        ("Hội nghị", "UBND phường Láng Hạ, phường Láng Thượng", NEW, MISSING),
        ("Hội nghị", "UBND phường Láng. Hôm nay họp.", NEW, "phuong-lang"),
        ("Hội nghị", "UBND phường Láng tổ chức.", NEW, "phuong-lang"),
        ("Láng Hạ đổi mới", "", NEW, MISSING),
        ("Hội làng đầu xuân", "Dân làng về dự hội làng.", NEW, MISSING),
        ("Phường Làng ra quân", "", NEW, MISSING),
        ("Sự láng giềng", "", NEW, MISSING),
        ("Láng giềng tối lửa tắt đèn", "Xã Sóc Sơn họp.", NEW, "xa-soc-son"),
        ("Phường Phúc Lợinh ra quân", "", OLD, MISSING),
        ("Phương Liệt kê", "Các phường liệt kê danh sách", OLD, MISSING),
        ("Phuong Phuc Dong ra quan", "", OLD, MISSING),
        ("Chuyện ở long biên", "", OLD, MISSING),
        # Units of another kind or in another place.
        ("Xã Việt Hưng đón đoàn", "", NEW, MISSING),
        ("Hội nghị", "UBND xã Phúc Đồng (Hà Tĩnh)", OLD, MISSING),
        ("Phường Bát Tràng đón đoàn", "", NEW, MISSING),
        ("Thị trấn Sóc Sơn xưa", "Xã Sóc Sơn ngày nay", NEW, "xa-soc-son"),
        ("TP. Sơn Tây xưa", "Tp. Sơn Tây, TP.Hà Đông", NEW, MISSING),
        ("Đoàn phường Thành Công về thăm", "Đoàn đến phường Phúc Lợi.", NEW, "phuong-phuc-loi"),
        ("Hội nghị", "Phường Hàng Bạc, phường Hàng Bạc và phường Phúc Đồng", OLD, "phuong-phuc-dong"),
        # No ward.
        ("Hội nghị tổng kết", "Ngày 12/9/2023, phường tổ chức hội nghị.", OLD, MISSING),
        ("Hội nghị tổng kết", "Phúc Đồng, Phúc Đồng", OLD, MISSING),
        ("", "", OLD, MISSING),
    ],
)
def test_ward_is_the_one_that_the_text_names(db: Database, title: str, body: str, day: date, expected: str) -> None:
    assert recognise(db, title, body, day) == expected


def test_without_candidates_no_ward_is_recognised() -> None:
    with pytest.raises(RejectedError, match="no ward that existed on that day"):
        recognise_ward("Phường Phúc Đồng", "", [])


@pytest.mark.parametrize(
    ("text", "kind"),
    [("phường Việt Hưng", "phuong"), ("xã Việt Hưng", "xa"), ("PHƯỜNG VIỆT HƯNG", "phuong"), ("XÃ VIỆT HƯNG", "xa")],
)
def test_kind_tells_units_of_one_bare_name_apart(db: Database, text: str, kind: str) -> None:
    wards = [*list_wards(db, on=NEW), _namesake(db, kind="xa", name="Xã Việt Hưng")]
    assert recognise_ward(f"Tin {text}", "", wards).kind == kind
    assert recognise_ward("Hội nghị", f"UBND {text}", wards).kind == kind


def test_bare_name_of_units_of_two_kinds_is_ambiguous(db: Database) -> None:
    wards = [*list_wards(db, on=NEW), _namesake(db, kind="xa", name="Xã Việt Hưng")]
    with pytest.raises(RejectedError) as caught:
        recognise_ward("Việt Hưng: Ra quân", "", wards)
    assert caught.value.problems[0].given == "Phường Việt Hưng, Xã Việt Hưng"


def test_namesakes_of_one_kind_are_ambiguous(db: Database) -> None:
    wards = [*list_wards(db, on=NEW), _namesake(db, kind="phuong", name="Phường Việt Hưng")]
    with pytest.raises(RejectedError) as caught:
        recognise_ward("Phường Việt Hưng ra quân", "", wards)
    (problem,) = caught.value.problems
    assert (problem.code, problem.given) == ("ward_ambiguous", "Phường Việt Hưng, Phường Việt Hưng")


@pytest.mark.parametrize("order", [1, -1])
def test_order_of_the_candidates_does_not_matter(db: Database, order: int) -> None:
    wards = list_wards(db, on=OLD)[::order]
    body = "Phường Ngọc Lâm, phường Phúc Lợi, phường Ngọc Lâm"
    assert recognise_ward("Hội nghị", body, wards).slug == "phuong-ngoc-lam"


@pytest.mark.parametrize(
    ("slug", "bare"),
    [
        ("phuong-phuc-dong", "Phúc Đồng"),
        ("xa-bat-trang", "Bát Tràng"),
        ("phuong-van-mieu-quoc-tu-giam", "Văn Miếu - Quốc Tử Giám"),
        ("phuong-phuong-liet", "Phương Liệt"),
    ],
)
def test_bare_name_is_the_name_without_the_kind(db: Database, slug: str, bare: str) -> None:
    assert bare_name(get_ward(db, slug)) == bare


def _namesake(db: Database, *, kind: str, name: str) -> Ward:
    ward = get_ward(db, "phuong-viet-hung")
    return replace(ward, id=0, code="30001", kind=kind, name=name, slug="x")  # type: ignore[arg-type]
