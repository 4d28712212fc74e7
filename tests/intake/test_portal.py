"""Pages of district portals as text: section, title, the line with the date, paragraphs."""

from dataclasses import replace
from datetime import datetime

import pytest

from feedsvc.intake import decode_text, parse_portal_page
from feedsvc.models import VIETNAM, Draft
from feedsvc.text import fold

from ..conftest import REAL_PAGE, SAMPLES

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=VIETNAM)
HEADINGS = ("Hoạt động các phường", "Tin tức - Sự kiện", "Thông báo", "Đảng - Đoàn thể")
SECTIONS = {fold(heading) for heading in HEADINGS}
SECTION = "Hoạt động các phường"
TITLE = "Phường Phúc Đồng ra quân tổng vệ sinh môi trường"
HEADER = "Ngày đăng 13/09/2023 | 16:20  | Lượt xem: 200"
PUBLISHED = datetime(2023, 9, 13, 16, 20, tzinfo=VIETNAM)
EXPECTED = Draft(
    title=TITLE,
    published=PUBLISHED,
    published_text="Ngày đăng 13/09/2023 | 16:20 | Lượt xem: 200",
    categories=(SECTION,),
    content_text="Một.\n\nHai./.",
    view_count=200,
)


def parse(page: str) -> Draft:
    return parse_portal_page(page, now=NOW, sections=SECTIONS)


def page(*head: str, body: str = "Một.\n\nHai./.") -> str:
    return "\n".join(head) + "\n\n" + body


def test_it_works() -> None:
    assert parse(page(SECTION, TITLE, HEADER)) == EXPECTED


def test_a_real_page_is_read_completely() -> None:
    raw = decode_text(REAL_PAGE.read_bytes())
    draft = parse(raw)
    text = draft.content_text or ""
    paragraphs = text.split("\n\n")
    assert replace(draft, content_text=None) == Draft(
        title="Ban chấp hành Đảng bộ phường Phúc Đồng sinh hoạt chính trị, tư tưởng thực hiện Chỉ thị số 24-CT/TU của "
        "Ban Thường vụ Thành ủy",
        published=PUBLISHED,
        published_has_time=True,
        published_text="Ngày đăng 13/09/2023 | 16:20 | Lượt xem: 200",
        ward=None,
        categories=("Hoạt động các phường",),
        content_html=None,
        author="",
        summary="",
        external_id="",
        source_url="",
        view_count=200,
    )
    assert len(paragraphs) == 11
    assert paragraphs[0].startswith("Ngày 12/9/2023, Ban chấp hành Đảng bộ phường Phúc Đồng tổ chức sinh hoạt")
    assert paragraphs[5] == "[Ảnh] Đồng chí Phó Bí thư, Chủ tịch UBND phường Đinh Xuân Hùng phát biểu ý kiến"
    assert [index for index, paragraph in enumerate(paragraphs) if paragraph.startswith("[Ảnh] ")] == [2, 5, 7, 9]
    page_lines = [" ".join(line.split()) for line in raw.split("\n")[4:] if line.strip()]
    assert [paragraph.removeprefix("[Ảnh] ") for paragraph in paragraphs] == page_lines[:-1]
    assert paragraphs[-1].endswith("thái độ phục vụ người dân ngày càng tốt hơn./.")
    assert ("]]>" in raw, "]]>" in text) == (True, False)
    assert ("Thành uỷ" in text, "Thành ủy" in text) == (True, True)


def test_every_shipped_sample_has_title_date_section_and_body() -> None:
    drafts = [parse(decode_text(path.read_bytes())) for path in sorted(SAMPLES.glob("*.txt"))]
    assert len(drafts) > 20
    assert [draft for draft in drafts if not (draft.title and draft.categories and draft.content_text)] == []
    days = [draft.published.date().isoformat() for draft in drafts if draft.published]
    assert days == [path.name[:10] for path in sorted(SAMPLES.glob("*.txt"))]


@pytest.mark.parametrize(
    ("header", "published", "has_time", "views"),
    [
        # The rows of the table in the documentation; \u00a0 is a no-break space.
        ("Ngày đăng 13/09/2023 | 16:20 \u00a0|\u00a0Lượt xem: 200", "2023-09-13T16:20:00+07:00", True, 200),
        ("11/09/2018 | 08:39  | Lượt xem: 3565", "2018-09-11T08:39:00+07:00", True, 3565),
        ("Ngày đăng 01/08/2016 | 19:12", "2016-08-01T19:12:00+07:00", True, None),
        ("Ngày đăng 17/07/2019 | 09:15  | View count: 85", "2019-07-17T09:15:00+07:00", True, 85),
        ("Ngày đăng 17/07/2019 | 09:15  | View Count: 85", "2019-07-17T09:15:00+07:00", True, 85),
        ("Đăng ngày: 02/07/2024 - Lượt xem: 424", "2024-07-02T00:00:00+07:00", False, 424),
        ("Ngày đăng 16/09/2010 | 00:00 | Lượt xem: 420", "2010-09-16T00:00:00+07:00", False, 420),
        ("21:08 20/07/2025", "2025-07-20T21:08:00+07:00", True, None),
        ("27/06/2022 17:40    91", "2022-06-27T17:40:00+07:00", True, 91),
        # Other forms that occur.
        ("Ngày đăng 13/09/2023 | 16:20 | Lượt xem: 1.234", "2023-09-13T16:20:00+07:00", True, 1234),
        ("Ngày đăng 13/09/2023 | 16:20 | Lượt xem: 1.234.567", "2023-09-13T16:20:00+07:00", True, 1234567),
        ("Ngày đăng 13/09/2023 | 16:20 | Lượt xem: 1,234", "2023-09-13T16:20:00+07:00", True, 1234),
        ("Ngày đăng 13/09/2023 | 16:20 | Lượt xem: 0", "2023-09-13T16:20:00+07:00", True, 0),
        ("NGÀY ĐĂNG 13/09/2023 | 16:20 | LƯỢT XEM: 200", "2023-09-13T16:20:00+07:00", True, 200),
        ("Nga\u0300y đa\u0306ng 13/09/2023 | 16:20", "2023-09-13T16:20:00+07:00", True, None),
        ("Ngày đăng: 1/9/2023 – 7:05", "2023-09-01T07:05:00+07:00", True, None),
        ("Đăng ngày 21:08 20/07/2025 | Lượt xem: 5", "2025-07-20T21:08:00+07:00", True, 5),
        ("\u00a0 13/09/2023", "2023-09-13T00:00:00+07:00", False, None),
        ("29/02/2024 | 23:59", "2024-02-29T23:59:00+07:00", True, None),
    ],
)
def test_header_line_is_read(header: str, published: str, has_time: bool, views: int | None) -> None:
    draft = parse(page(SECTION, TITLE, header))
    assert draft.published is not None
    assert draft.published.isoformat() == published
    assert (draft.published_has_time, draft.view_count) == (has_time, views)
    assert (draft.title, draft.categories, draft.content_text) == (TITLE, (SECTION,), "Một.\n\nHai./.")


@pytest.mark.parametrize(
    ("header", "views"),
    [
        ("17 giờ trước", None),
        ("5 phút trước", None),
        ("3 ngày trước", None),
        ("Ngày đăng 30/02/2023 | 16:20 | Lượt xem: 200", 200),
        ("Ngày đăng 29/02/2023 | 16:20 | Lượt xem: 200", 200),
        ("Ngày đăng 13/13/2023 | 16:20", None),
        ("Ngày đăng 00/09/2023 | 16:20", None),
        ("Ngày đăng 13/09/23018 | 16:20 | Lượt xem: 200", 200),
        ("Ngày đăng 13/09/2023 | 25:00 | Lượt xem: 200", 200),
        ("Ngày đăng 13/09/2023 | 16:60", None),
        ("Ngày đăng 24/11/2026 | 10:01 | Lượt xem: 200", 200),
        ("Ngày đăng 25/11/2026", None),
        ("Ngày đăng 13/09/2032 | 16:20", None),
    ],
)
def test_an_uncertain_date_is_unknown_and_kept_as_text(header: str, views: int | None) -> None:
    draft = parse(page(SECTION, TITLE, header))
    assert (draft.published, draft.published_has_time, draft.published_text) == (None, False, header)
    assert (draft.title, draft.categories, draft.view_count) == (TITLE, (SECTION,), views)
    assert draft.content_text == "Một.\n\nHai./."


def test_date_of_this_very_minute_is_certain() -> None:
    assert parse(page(SECTION, TITLE, "Ngày đăng 24/11/2026 | 10:00")).published == NOW


@pytest.mark.parametrize(
    ("head", "section", "title"),
    [
        ((SECTION, TITLE), SECTION, TITLE),
        ((SECTION.upper(), TITLE), SECTION.upper(), TITLE),
        ((SECTION, SECTION, TITLE), SECTION, TITLE),
        ((SECTION, TITLE, TITLE), SECTION, TITLE),
        ((SECTION, TITLE, SECTION), SECTION, TITLE),
        (("Mục lạ", SECTION), "Mục lạ", SECTION),
        ((SECTION, "Phường Phúc Đồng ra quân", "tổng vệ sinh"), SECTION, "Phường Phúc Đồng ra quân tổng vệ sinh"),
        (("Trang chủ", SECTION, TITLE), SECTION, TITLE),
        ((TITLE,), None, TITLE),
        ((SECTION,), SECTION, ""),
        ((SECTION, SECTION), SECTION, ""),
        ((), None, ""),
        (("Mục lạ", TITLE), "Mục lạ", TITLE),
        (("DetailController", SECTION, TITLE), SECTION, TITLE),
        (("Visitor Tracking", "DetailController", SECTION, TITLE), SECTION, TITLE),
        (("VISITOR TRACKING", TITLE), None, TITLE),
        (("Tin tức - Sự kiện", "Thông báo"), "Tin tức - Sự kiện", "Thông báo"),
    ],
)
def test_section_and_title_are_above_the_date(head: tuple[str, ...], section: str | None, title: str) -> None:
    draft = parse(page(*head, HEADER))
    assert (draft.title, draft.categories) == (title, (section,) if section else ())
    assert (draft.published, draft.content_text) == (PUBLISHED, "Một.\n\nHai./.")


def test_section_and_title_are_known_without_a_date() -> None:
    draft = parse(page(SECTION, TITLE))
    assert (draft.title, draft.categories, draft.content_text) == (TITLE, (SECTION,), "Một.\n\nHai./.")
    assert (draft.published, draft.published_has_time, draft.published_text) == (None, False, "")


def test_without_a_date_no_line_of_the_page_is_lost() -> None:
    draft = parse(page(SECTION, body="Một.\nHai.\nBa."))
    assert (draft.categories, draft.title, draft.content_text) == ((SECTION,), "", "Một.\n\nHai.\n\nBa.")


def test_blank_lines_are_not_needed_between_paragraphs() -> None:
    assert parse(page(SECTION, TITLE, HEADER, body="Một.\nHai./.")) == EXPECTED


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\u2028"], ids=ascii)
def test_line_ends_of_any_system_are_taken(newline: str) -> None:
    assert parse(page(SECTION, TITLE, HEADER).replace("\n", newline)) == EXPECTED


def test_no_break_spaces_are_spaces() -> None:
    assert parse(page(SECTION, TITLE, HEADER).replace(" ", "\u00a0")) == EXPECTED


def test_decomposed_page_is_read_as_the_composed_one() -> None:
    decomposed = (
        page(SECTION, TITLE, HEADER).replace("à", "a\u0300").replace("ă", "a\u0306").replace("ộ", "o\u0323\u0302")
    )
    assert parse(decomposed) == EXPECTED


def test_blank_page_is_an_empty_draft() -> None:
    draft = parse(" \r\n\u00a0\n]]>\n")
    assert (draft.title, draft.published, draft.categories, draft.content_text) == ("", None, (), "")


def test_day_of_an_event_in_a_sentence_is_not_the_date_of_publication() -> None:
    draft = parse(page(SECTION, TITLE, body="Ngày 12/9/2023, phường tổ chức hội nghị.\nTừ 13/09/2023 đến nay./."))
    assert (draft.published, draft.published_text) == (None, "")
    assert draft.content_text == "Ngày 12/9/2023, phường tổ chức hội nghị.\n\nTừ 13/09/2023 đến nay./."


def test_line_of_a_date_deep_in_the_body_is_not_the_date_of_publication() -> None:
    body = "\n".join(["Một.", "Hai.", "Ba.", "Bốn.", "Năm.", "Sáu.", "13/09/2023 | 16:20", "Bảy."])
    draft = parse(page(SECTION, TITLE, body=body))
    assert (draft.published, draft.view_count) == (None, None)
    assert (draft.content_text or "").endswith("13/09/2023 | 16:20\n\nBảy.")


def test_second_line_of_a_date_belongs_to_the_body() -> None:
    draft = parse(page(SECTION, TITLE, HEADER, body="14/09/2023 | 08:00\nMột."))
    assert (draft.published, draft.content_text) == (PUBLISHED, "14/09/2023 | 08:00\n\nMột.")


def test_paragraph_that_is_only_a_full_stop_is_dropped() -> None:
    assert parse(page(SECTION, TITLE, HEADER, body=".\nMột.\n . \nHai./.\n.")) == EXPECTED


@pytest.mark.parametrize("end", ["Hai./.", "Hai ./.", "./."])
def test_closing_mark_stays(end: str) -> None:
    assert (parse(page(SECTION, TITLE, HEADER, body=f"Một.\n{end}")).content_text or "").endswith(end)


@pytest.mark.parametrize("end", ["]]>", "\n\n]]>", "]]>\n", " ]]> \r\n\r\n", "\u00a0]]>"], ids=ascii)
def test_stray_end_of_cdata_is_dropped_at_the_end(end: str) -> None:
    assert parse(page(SECTION, TITLE, HEADER) + end) == EXPECTED


def test_end_of_cdata_within_the_text_stays() -> None:
    draft = parse(page(SECTION, TITLE, HEADER, body="Một ]]> hai.\n]]>\nBa."))
    assert draft.content_text == "Một ]]> hai.\n\n]]>\n\nBa."


@pytest.mark.parametrize(
    "line",
    [
        "Đồng chí Nguyễn Thị Ngọc – Bí thư Đảng ủy phát biểu",
        "Đ/c Nguyễn Thị Ngọc tiếp thu ý kiến",
        "Các đại biểu chụp ảnh lưu niệm",
        "Toàn cảnh hội nghị sáng 12/9",
        "Ảnh: Toàn cảnh hội nghị",
        "Một số hình ảnh tại buổi lễ",
        "Học sinh trường Tiểu học Phúc Đồng nhận quà (ảnh tư liệu)",
    ],
)
def test_caption_is_marked(line: str) -> None:
    draft = parse(page(SECTION, TITLE, HEADER, body=f"Một.\n{line}\nHai./."))
    assert draft.content_text == f"Một.\n\n[Ảnh] {line}\n\nHai./."


@pytest.mark.parametrize(
    "line",
    [
        "Đồng chí Nguyễn Thị Ngọc – Bí thư Đảng ủy phát biểu.",
        "Đồng chí Nguyễn Thị Ngọc kết luận:",
        "Đồng chí Nguyễn Thị Ngọc kết luận: “Phải làm ngay.”",
        "Ông Nguyễn Văn An",
        "Kết quả thực hiện Chỉ thị số 24",
        "1. Đồng chí Nguyễn Thị Ngọc, Bí thư Đảng ủy",
        "TOÀN CẢNH HỘI NGHỊ SÁNG 12/9",
        "Tin, ảnh: Nguyễn Thị Minh Anh",
        "Ảnh hưởng của bão số 3 tới địa bàn phường",
        "Đồng chí " + "rất dài " * 30,
    ],
)
def test_an_uncertain_caption_is_a_paragraph(line: str) -> None:
    draft = parse(page(SECTION, TITLE, HEADER, body=f"Một.\n{line}\nHai./."))
    assert draft.content_text == f"Một.\n\n{line.strip()}\n\nHai./."


def test_names_enumerated_after_a_colon_are_no_captions() -> None:
    names = "Ông Nguyễn Văn An, Chủ tịch\nBà Lê Thị Bình, Phó Chủ tịch"
    body = f"Thành phần gồm:\n{names}\nHội nghị bế mạc.\nToàn cảnh hội nghị sáng 12/9"
    content = parse(page(SECTION, TITLE, HEADER, body=body)).content_text or ""
    assert [part.startswith("[Ảnh] ") for part in content.split("\n\n")] == [False, False, False, False, True]


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("- Một;\n- Hai.", "- Một;\n- Hai."),
        ("-Một;\n\n-  Hai.", "- Một;\n- Hai."),
        ("Gồm:\n- Một:\n+ Hai;\n+ Ba.\n- Bốn.\nHết.", "Gồm:\n\n- Một:\n+ Hai;\n+ Ba.\n- Bốn.\n\nHết."),
        ("• Một;\n• 2 lần.", "- Một;\n- 2 lần."),
        ("-5 độ.\n–Hai.\n– Ba.\n-", "-5 độ.\n\n–Hai.\n\n– Ba.\n\n-"),
        ("- Một.\n\nHai.\n\n- Ba.", "- Một.\n\nHai.\n\n- Ba."),
    ],
)
def test_lines_with_a_dash_or_a_plus_are_lists(body: str, content: str) -> None:
    assert parse(page(SECTION, TITLE, HEADER, body=body)).content_text == content


POLL = "Thăm dò ý kiến\nBạn thấy trang này thế nào?\nTốt\nChưa tốt\nBình chọn\nXem kết quả"


@pytest.mark.parametrize(
    "tail", [POLL, f"{POLL}\nVisitor Tracking", "Quay lại\nIn trang", "DetailController", "Xem kết quả"]
)
def test_the_remains_of_a_widget_at_the_end_are_dropped(tail: str) -> None:
    assert parse(page(SECTION, TITLE, HEADER) + f"\n{tail}\n\n]]>") == EXPECTED


@pytest.mark.parametrize(
    "tail",
    [
        "Thăm dò ý kiến",
        "Thăm dò ý kiến\nPhường lấy ý kiến nhân dân về tên đường.",
        f"{POLL}\n{'Đoạn văn dài của bài viết, ' * 6}",
        "Các tin khác\nPhường họp tổng kết",
        "Phường mời nhân dân bình chọn",
    ],
)
def test_possible_text_of_the_article_stays_at_the_end(tail: str) -> None:
    content = parse(page(SECTION, TITLE, HEADER) + f"\n{tail}").content_text or ""
    assert content.split("\n\n")[2:] == [line.strip() for line in tail.split("\n")]


def test_a_page_with_only_the_header_has_neither_title_nor_body() -> None:
    draft = parse(HEADER)
    assert (draft.title, draft.content_text, draft.published) == ("", "", PUBLISHED)
