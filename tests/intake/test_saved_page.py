"""Saved HTML pages: the article, the rest of the portal's page, and the addresses of the pictures."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.articles.ingest import ingest
from feedsvc.config import Settings
from feedsvc.database import Database
from feedsvc.instance import load_media_folder
from feedsvc.intake import parse_html_page
from feedsvc.markup import clean_html
from feedsvc.media import beside
from feedsvc.models import VIETNAM, Draft, DraftImage, Site
from feedsvc.text import fold

from ..pictures import make_photo
from ..test_markup import ANY_HTML, ANY_TEXT

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=VIETNAM)
SECTIONS = {fold("Thông báo"), fold("Hoạt động các phường")}
TITLE = "Phường Phúc Đồng ra quân"


def parse(page: str, base_url: str | None = None) -> Draft:
    return parse_html_page(page, now=NOW, base_url=base_url, sections=SECTIONS)


def page(body: str, *, head: str = "", date: str = "13/09/2023 | 16:20", title: str = f"<h1>{TITLE}</h1>") -> str:
    return (
        f"<html><head><title>x</title>{head}</head><body><nav>Trang chủ</nav><main>{title}"
        f"<div class='date'>{date}</div>"
        f"<div class='detail-content'>{body}</div></main><footer>Bản quyền</footer></body></html>"
    )


def content(body: str, base_url: str | None = None) -> str:
    return parse(page(body), base_url).content_html or ""


def test_it_works() -> None:
    draft = parse(page("<p>Một.</p><p>Hai./.</p>"))
    assert (draft.title, draft.content_html) == (TITLE, "<p>Một.</p>\n<p>Hai./.</p>")
    assert (draft.published, draft.published_has_time) == (datetime(2023, 9, 13, 16, 20, tzinfo=VIETNAM), True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Một.<br><br>Hai<br>ba.", "<p>Một.</p>\n<p>Hai<br>ba.</p>"),
        ("<div><div>Một.</div><div><span>Hai</span> <font>ba.</font></div></div>", "<p>Một.</p>\n<p>Hai ba.</p>"),
        ("<p><b>Một</b> <i>hai</i> <u>ba</u></p>", "<p><b>Một</b> <i>hai</i> <u>ba</u></p>"),
        ("<p>&nbsp;</p><p><strong> </strong></p><p>.</p><p>Một.</p>", "<p>Một.</p>"),
        ("<h1>Một</h1><h2>Hai</h2><h5>Ba</h5>", "<h2>Một</h2>\n<h2>Hai</h2>\n<h4>Ba</h4>"),
        ("<p>5 &lt; 6 &amp; 7</p>", "<p>5 &lt; 6 &amp; 7</p>"),
        ("<p>- Một;</p><p>+ Hai;</p><p>-Ba.</p>", "<ul><li>Một;<ul><li>Hai;</li></ul></li><li>Ba.</li></ul>"),
        ("<p>-5 độ.</p>", "<p>-5 độ.</p>"),
        ("<p><a href='/x'>Một</a></p>", '<p><a href="https://h.vn/x">Một</a></p>'),
        ("<p><a name='x'>Một</a></p>", "<p>Một</p>"),
        ("<ul><li><a href='x'>Một</a></li></ul>", '<ul><li><a href="https://h.vn/x">Một</a></li></ul>'),
        ("<table><tr><td><p>Một.</p><p>Hai.</p></td></tr></table>", "<p>Một.</p>\n<p>Hai.</p>"),
        ("<script>x</script><style>y</style><p>Một.</p><iframe src='z'></iframe>", "<p>Một.</p>"),
        ("<div class='related-news'><p>Khác</p></div><p>Một.</p>", "<p>Một.</p>"),
        ("<p hidden>Ẩn</p><p aria-hidden='true'>Ẩn</p><p>Một.</p>", "<p>Một.</p>"),
        ("<p>Một.</p><p>Lượt xem: 12</p>", "<p>Một.</p>"),
        ("<blockquote><p>Một.</p></blockquote>", "<blockquote><p>Một.</p></blockquote>"),
        (f"<p>{TITLE}</p><p>Một.</p>", "<p>Một.</p>"),
    ],
)
def test_body_becomes_flat_blocks(body: str, expected: str) -> None:
    assert content(body, "https://h.vn/") == expected


FIGURE = '<figure><img src="https://h.vn/a.jpg" alt="">'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<figure><img src='/a.jpg'><figcaption>Họp <i>phường</i></figcaption></figure>", "Họp <i>phường</i>"),
        ("<p><img src='/a.jpg'></p><p style='text-align: center'>Họp phường</p>", "Họp phường"),
        ("<p><img src='/a.jpg'></p><p><em>Họp phường</em></p>", "Họp phường"),
        ("<p><img src='/a.jpg'><br><i>Họp phường</i></p>", "Họp phường"),
        ("<center><a href='/b'><img src='/a.jpg'></a></center><center>Họp phường</center>", "Họp phường"),
        ("<p><img src='/a.jpg'></p><p>Toàn cảnh hội nghị sáng 12/9</p>", "Toàn cảnh hội nghị sáng 12/9"),
        ("<table><tr><td><img src='/a.jpg'></td></tr><tr><td>Họp phường</td></tr></table>", "Họp phường"),
    ],
)
def test_caption_goes_into_the_figure_of_its_image(body: str, expected: str) -> None:
    draft = parse(page(f"{body}<p>Một.</p>"), "https://h.vn/")
    assert draft.content_html == f"{FIGURE}<figcaption>{expected}</figcaption></figure>\n<p>Một.</p>"
    plain = expected.replace("<i>", "").replace("</i>", "")
    assert draft.images == (DraftImage(url="https://h.vn/a.jpg", file="", caption=plain),)


@pytest.mark.parametrize(
    "words", ["<p>Hội nghị họp sáng 12/9</p>", "<p style='text-align:center'>Hội nghị đã họp.</p>"]
)
def test_an_uncertain_caption_stays_a_paragraph(words: str) -> None:
    assert content(f"<p><img src='/a.jpg'></p>{words}", "https://h.vn/").startswith(f"{FIGURE}</figure>\n<p>")


@pytest.mark.parametrize(
    ("image", "base_url", "expected"),
    [
        ("src='https://x.vn/a.jpg'", None, DraftImage(url="https://x.vn/a.jpg")),
        ("src='//x.vn/a.jpg'", "https://h.vn/", DraftImage(url="https://x.vn/a.jpg")),
        ("src='/a.jpg'", "https://h.vn/tin/1", DraftImage(url="https://h.vn/a.jpg")),
        ("src='/a.jpg'", None, DraftImage(url="/a.jpg")),
        ("src='./p_files/%E1%BA%A3nh.jpg?x=1'", None, DraftImage(file="p_files/ảnh.jpg")),
        (
            "src='p_files/a.jpg'",
            "https://h.vn/t/",
            DraftImage(url="https://h.vn/t/p_files/a.jpg", file="p_files/a.jpg"),
        ),
        ("src='../a.jpg'", "https://h.vn/t/", DraftImage(url="https://h.vn/a.jpg")),
        ("src='a/../../../etc/x.jpg'", None, DraftImage(url="a/../../../etc/x.jpg")),
        ("src='data:image/gif;base64,AA==' data-src='https://x.vn/a.jpg'", None, DraftImage(url="https://x.vn/a.jpg")),
        ("src='https://x.vn/a.jpg' alt=' Họp  phường '", None, DraftImage(url="https://x.vn/a.jpg", alt="Họp phường")),
        ("src='data:image/png;base64,AA=='", None, None),
        ("src='https://x.vn/p.gif' width='1' height='1'", None, None),
        ("alt='x'", None, None),
    ],
)
def test_an_image_has_its_original_address_or_its_file(
    image: str, base_url: str | None, expected: DraftImage | None
) -> None:
    draft = parse(page(f"<p>Một.</p><img {image}>"), base_url)
    assert draft.images == ((expected,) if expected else ())
    assert ("<img" in (draft.content_html or "")) == (expected is not None)


def test_image_within_a_table_stays_there() -> None:
    draft = parse(page("<table><tr><td>a</td><td><img src='x.jpg'></td></tr><tr><td>c</td><td>d</td></tr></table>"))
    assert draft.images == (DraftImage(file="x.jpg"),)
    assert (draft.content_html or "").count("x.jpg") == 1


@pytest.mark.parametrize(
    ("head", "base_url", "source"),
    [
        ("<link rel='canonical' href='https://h.vn/tin/1'>", None, "https://h.vn/tin/1"),
        ("<link rel='canonical' href='/tin/1'>", None, ""),
        ("<link rel='canonical' href='/tin/1'>", "https://h.vn/", "https://h.vn/tin/1"),
        ("<link rel='canonical' href='https://h.vn/'>", None, ""),
        ("<link rel='canonical' href='javascript:x'>", None, ""),
        ("<meta property='og:url' content='https://h.vn/tin/1'>", None, "https://h.vn/tin/1"),
        ("", "https://h.vn/tin/1", ""),
    ],
)
def test_the_source_is_the_address_that_the_page_declares(head: str, base_url: str | None, source: str) -> None:
    assert parse(page("<p>Một.</p>", head=head), base_url).source_url == source


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("<h1>Một</h1>", "Một"),
        ("<h1>Cổng</h1><h1>Một</h1>", ""),
        ("<h1>Cổng</h1><h1 class='detail-title'>Một</h1>", "Một"),
        ("<h2 itemprop='headline'>Một</h2>", "Một"),
        ("<header><h1>Một</h1></header>", "Một"),
        ("", ""),
    ],
)
def test_title_is_the_heading_that_is_certain(title: str, expected: str) -> None:
    assert parse(page("<p>Một.</p>", title=title)).title == expected


def test_title_is_the_declared_one_where_the_page_shows_none() -> None:
    assert parse(page("<p>a</p>", title="", head=f"<meta property='og:title' content='{TITLE}'>")).title == TITLE


META = "<meta property='article:published_time' content='{}'>"
LINKED = '<script type="application/ld+json">{}</script>'


@pytest.mark.parametrize(
    ("date", "head", "published", "has_time"),
    [
        ("Ngày đăng 13/09/2023 | 16:20 | Lượt xem: 5", "", "2023-09-13T16:20:00+07:00", True),
        ("<span>21:08</span> <b>20/07/2025</b>", "", "2025-07-20T21:08:00+07:00", True),
        ("13/09/2023", META.format("2023-09-13T09:20:00Z"), "2023-09-13T16:20:00+07:00", True),
        ("13/09/2023", META.format("2023-09-14T09:20:00Z"), "2023-09-13T00:00:00+07:00", False),
        ("", META.format("2023-09-13"), "2023-09-13T00:00:00+07:00", False),
        ("", META.format("2023-09-13T16:20:00"), "2023-09-13T16:20:00+07:00", True),
        ("", LINKED.format('{"datePublished": "2023-09-13T16:20:00+07:00"}'), "2023-09-13T16:20:00+07:00", True),
        ("", LINKED.format('{"@graph": [1, {"datePublished": "2023-09-13"}]}'), "2023-09-13T00:00:00+07:00", False),
        ("3 giờ trước", META.format("2023-09-13T16:20:00+07:00"), "2023-09-13T16:20:00+07:00", True),
        ("3 giờ trước", "", None, False),
        ("", META.format("hôm qua"), None, False),
        ("", META.format("2093-01-01"), None, False),
        ("", LINKED.format("{not json") + LINKED.format("7") + LINKED.format('{"datePublished": 7}'), None, False),
        ("31/02/2023", "", None, False),
    ],
)
def test_the_date_is_shown_or_declared_and_never_guessed(
    date: str, head: str, published: str | None, has_time: bool
) -> None:
    draft = parse(page("<p>Ngày 01/02/2023 họp.</p>", date=date, head=head))
    found = draft.published.isoformat() if draft.published else None
    assert (found, draft.published_has_time) == (published, has_time)


def test_a_picture_in_the_folder_of_the_page_is_ingested(
    db: Database, site: Site, settings: Settings, tmp_path: Path, now: datetime
) -> None:
    saved = tmp_path / "saved"
    (saved / "p_files").mkdir(parents=True)
    (saved / "p_files" / "ảnh 1.jpg").write_bytes(make_photo())
    body = (
        "<p>Phường Phúc Đồng họp.</p><p><img src='p_files/%E1%BA%A3nh%201.jpg'></p><p><img src='p_files/mat.jpg'></p>"
    )
    draft = parse(page(body), "https://h.vn/tin/")
    folder = replace(load_media_folder(settings), read=beside(saved, max_bytes=settings.max_image_bytes))
    article = ingest(db, draft, site=site, now=now, media=folder).article
    ours, remote = article.images
    assert (ours.media_type, remote.url) == ("image/jpeg", "https://h.vn/tin/p_files/mat.jpg")
    assert article.content_html == (
        "<p>Phường Phúc Đồng họp.</p>\n"
        f'<figure><img src="{ours.url}" alt="" width="80" height="60"></figure>\n'
        f'<figure><img src="{remote.url}" alt=""></figure>'
    )


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["div", "span", "b", "table><tr><td", "ul><li", "blockquote", "figure"])
def test_an_endlessly_nested_page_is_read_all_the_same(tag: str) -> None:
    assert parse(page(f"<p>Một.</p>{f'<{tag}>' * 5000}sâu")).title == TITLE


@given(st.one_of(ANY_HTML, ANY_TEXT))
def test_any_page_is_read_or_left_empty(body: str) -> None:
    for text in (body, page(body), page("<p>a</p>", title=body), page("<p>a</p>", head=body)):
        draft = parse(text, "https://h.vn/")
        clean_html(draft.content_html or "")
