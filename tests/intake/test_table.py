"""CSV as programs write it, and as Excel with Vietnamese settings writes it."""

import pytest

from feedsvc.intake import Read
from feedsvc.models import Draft, DraftImage

from .reading import outline, read, refused

HEADER = "external_id,title,published,ward,content_text\n"


def drafts(text: str | bytes) -> list[Draft]:
    items = read(text, name="tin.csv")
    assert refused(items) == []
    return [item.draft for item in items if isinstance(item, Read)]


def test_it_works() -> None:
    (draft,) = drafts(
        HEADER + 'a-1,"Một, hai",2023-09-13T16:20:00+07:00,phuong-phuc-dong,"Dòng một.\n\nDòng ""hai""."\n'
    )
    assert (draft.external_id, draft.title, draft.ward) == ("a-1", "Một, hai", "phuong-phuc-dong")
    assert draft.content_text == 'Dòng một.\n\nDòng "hai".'


def test_excel_in_viet_nam_writes_semicolons_a_byte_order_mark_and_its_own_dates() -> None:
    text = (
        "Tiêu đề;Ngày đăng;Phường, xã;Chuyên mục;Nội dung;Lượt xem\r\n"
        'Một;13/09/2023 16:20;151;Thông báo;"a\r\n\r\nb";1.234\r\n'
        "Hai;3/9/2023;00151;;c;\r\n"
    )
    one, two = drafts(text.encode("utf-8-sig"))
    assert one.published is not None
    assert (one.published.isoformat(), one.published_has_time) == ("2023-09-13T16:20:00+07:00", True)
    assert (one.ward, one.categories, one.view_count, one.content_text) == ("00151", ("Thông báo",), 1234, "a\n\nb")
    assert two.published is not None
    assert (two.published.date().isoformat(), two.published_has_time) == ("2023-09-03", False)
    assert drafts(text.encode("utf-16")) == [one, two]
    assert drafts(("sep=;\r\n" + text).encode("utf-8-sig")) == [one, two]


def test_a_date_that_might_be_american_is_refused() -> None:
    (one,) = refused(read(HEADER + "a,b,03/09/2023,c,d\n"))
    assert [problem.code for problem in one.problems] == ["field_time"]


def test_lists_and_images_have_columns() -> None:
    (draft,) = drafts(
        "title\tpublished\tcontent\tcategories\timage_url\timage_caption\timage_alt\n"
        "a\t2023-09-13\tb\tthong-bao; Khối phường\thttps://example.vn/1.jpg\tRa quân\tNgười\n"
    )
    assert draft.categories == ("thong-bao", "Khối phường")
    assert draft.images == (DraftImage(url="https://example.vn/1.jpg", caption="Ra quân", alt="Người"),)


def test_unknown_columns_are_named() -> None:
    (item,) = read("title,published,content_text,Ghi chú,\na,2023-09-13,b,c,\n")
    assert isinstance(item, Read)
    assert item.unknown == ("Ghi chú",)
    assert item.raw["Ghi chú"] == "c"


def test_an_unclosed_quotation_mark_costs_only_its_own_row() -> None:
    rows = [
        "a,Một,2023-09-13,w,x",
        'b,"Hai,2023-09-13,w,x',
        "c,Ba,2023-09-13,w,x",
        'd,"Bốn",2023-09-13,w,"x"',
        "e,Năm,2023-09-13,w,x",
    ]
    items = read(HEADER + "\n".join(rows))
    assert outline(items) == [
        ("tin:2", "Một"),
        ("tin:3", "csv_row"),
        ("tin:4", "Ba"),
        ("tin:5", "Bốn"),
        ("tin:6", "Năm"),
    ]
    (one,) = refused(items)
    assert one.raw == {"csv_text": HEADER + rows[1]}
    (again,) = read('{"csv_text": "title,published,content_text\\na,2023-09-13,b"}')
    assert isinstance(again, Read)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("a,b,2023-09-13,c,d,e", "csv_row"),
        ("a,b,2023-09-13", "content_missing"),
        ('a,"b"c,2023-09-13,d,e', "csv_row"),
        ("a,b\x00,2023-09-13,d,e", "not_text"),
        ("a,b,2023-09-13,d," + "e" * 2_000, "line_long"),
        ('a,b,2023-09-13,d,"' + "e\n" * 2_000, "csv_row"),
    ],
)
def test_a_broken_row_is_refused_and_the_next_is_read(row: str, code: str) -> None:
    items = read(HEADER + row + "\nz,Cuối,2023-09-13,w,x\n", record_limit=1_000)
    texts = [text for _, text in outline(items)]
    assert (texts[0], texts[-1]) == (code, "Cuối")


def test_empty_rows_are_ignored() -> None:
    assert [draft.title for draft in drafts(HEADER + "\n,,,,\na,Một,2023-09-13,c,d\n\n")] == ["Một"]


def test_a_header_without_a_title_is_refused_with_what_was_found() -> None:
    (one,) = refused(read("ma;ngay\n1;2\n", "csv"))
    assert one.problems[0].code == "csv_header"
    assert "ma;ngay" in one.problems[0].message


def test_a_column_is_known_in_any_letter_case_and_by_its_vietnamese_name() -> None:
    (draft,) = drafts("TITLE,Published,NỘI DUNG,tác giả\na,2023-09-13,b,An\n")
    assert (draft.title, draft.content_text, draft.author) == ("a", "b", "An")
