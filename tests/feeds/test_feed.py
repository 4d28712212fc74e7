"""Composition of a feed, and the titles of scopes."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from feedsvc.addresses import scope_path
from feedsvc.blocks import Block
from feedsvc.feeds import build_entry, build_feed, place_among_archives, scope_in_sentence, scope_subtitle, scope_title
from feedsvc.models import VIETNAM, Area, Article, Category, Image, Month, Scope, Search, Site, Succession, Ward

SITE = Site("https://tin.example.vn", "Tin phường, xã", "Mọi tin", "", "tin.example.vn", "2026-11-24", 5, "1.0")
WARD = Ward(7, "00151", date(2003, 11, 6), date(2025, 6, 30), "phuong", "Phường Phúc Đồng", "phuong-phuc-dong")
AREA = Area(2, "quan-long-bien", "Quận Long Biên", None, None)
CATEGORY = Category(8, "cai-cach-hanh-chinh", "Cải cách hành chính")
WHEN = datetime(2024, 3, 2, 8, 30, tzinfo=VIETNAM)
TODAY = date(2025, 6, 30)  # the last day of the ward
ARTICLE = Article(
    1, "tag:x", "key:1", WARD, (CATEGORY,), "Tiêu đề", "tieu-de", "Tóm tắt", "<p>Nội dung</p>", "An",
    WHEN, True, WHEN, "", 200, "hash", "published",
)  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "key", "path", "title", "subtitle"),
    [
        (Scope(), "everything", "/", "Tin phường, xã", "Mọi tin"),
        (
            Scope(ward=WARD),
            "ward/7",
            "/wards/phuong-phuc-dong/",
            "Phường Phúc Đồng",
            "Tin tức, thông báo của phường Phúc Đồng",
        ),
        (
            Scope(ward=WARD, lineage=True),
            "ward/7/lineage",
            "/wards/phuong-phuc-dong/",
            "Phường Phúc Đồng và các đơn vị trước sắp xếp",
            "Tin tức, thông báo của phường Phúc Đồng và các đơn vị trước sắp xếp",
        ),
        (
            Scope(ward=WARD, category=CATEGORY),
            "ward/7/category/8",
            "/wards/phuong-phuc-dong/cai-cach-hanh-chinh/",
            "Phường Phúc Đồng – Cải cách hành chính",
            "Tin thuộc chuyên mục Cải cách hành chính của phường Phúc Đồng",
        ),
        (
            Scope(category=CATEGORY),
            "category/8",
            "/categories/cai-cach-hanh-chinh/",
            "Cải cách hành chính",
            "Tin thuộc chuyên mục Cải cách hành chính của các phường, xã",
        ),
        (
            Scope(area=AREA),
            "area/2",
            "/areas/quan-long-bien/",
            "Quận Long Biên",
            "Tin tức, thông báo của các phường, xã thuộc quận Long Biên",
        ),
        (
            Scope(area=AREA, category=CATEGORY),
            "area/2/category/8",
            "/areas/quan-long-bien/cai-cach-hanh-chinh/",
            "Quận Long Biên – Cải cách hành chính",
            "Tin thuộc chuyên mục Cải cách hành chính của các phường, xã thuộc quận Long Biên",
        ),
    ],
)
def test_a_scope_has_key_path_title_and_subtitle(scope: Scope, key: str, path: str, title: str, subtitle: str) -> None:
    titles = scope_title(scope, SITE, TODAY), scope_subtitle(scope, SITE, TODAY)
    assert (scope.key, scope_path(scope), *titles) == (key, path, title, subtitle)


def test_a_closed_unit_carries_its_last_day_in_every_name_behind_the_unit_and_not_the_category() -> None:
    later = date(2025, 7, 1)
    scope = Scope(ward=WARD, category=CATEGORY)
    assert scope_title(scope, SITE, later) == "Phường Phúc Đồng (đến 30/06/2025) – Cải cách hành chính"
    assert scope_subtitle(scope.without_category(), SITE, later) == (
        "Tin tức, thông báo của phường Phúc Đồng (đến 30/06/2025)"
    )
    assert scope_in_sentence(scope, later) == ("chuyên mục Cải cách hành chính của phường Phúc Đồng (đến 30/06/2025)")


@pytest.mark.parametrize(
    ("search", "title", "subtitle"),
    [
        (Search("họp"), "Tìm “họp”", "Các bài có “họp”"),
        (
            Search("họp", ward=WARD, since=date(2025, 1, 1)),
            "Tìm “họp” (phường Phúc Đồng, từ 01/01/2025)",
            "Các bài có “họp”, phường Phúc Đồng, từ ngày 01/01/2025",
        ),
        (
            Search("", area=AREA, category=CATEGORY, until=date(2025, 1, 1)),
            "Tìm kiếm (quận Long Biên, chuyên mục Cải cách hành chính, đến 01/01/2025)",
            "Các bài, quận Long Biên, chuyên mục Cải cách hành chính, đến ngày 01/01/2025",
        ),
    ],
)
def test_a_search_has_title_and_subtitle(search: Search, title: str, subtitle: str) -> None:
    assert (scope_title(search, SITE, TODAY), scope_subtitle(search, SITE, TODAY)) == (title, subtitle)


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        (Scope(), "tất cả tin"),
        (Scope(category=CATEGORY), "chuyên mục Cải cách hành chính"),
        (Scope(ward=WARD), "phường Phúc Đồng"),
        (Scope(area=AREA, category=CATEGORY), "chuyên mục Cải cách hành chính của quận Long Biên"),
        (Search("họp"), "kết quả tìm kiếm này"),
    ],
)
def test_a_scope_has_a_name_within_a_sentence(scope: Scope | Search, name: str) -> None:
    assert scope_in_sentence(scope, TODAY) == name


@pytest.mark.parametrize(
    ("scope", "subtitle"),
    [
        (Scope(), "Mọi tin, tháng 11/2025"),
        (Scope(ward=WARD), "Tin tức, thông báo tháng 11/2025 của phường Phúc Đồng"),
        (Scope(category=CATEGORY), "Tin tháng 11/2025 thuộc chuyên mục Cải cách hành chính của các phường, xã"),
    ],
)
def test_the_page_of_a_month_says_of_which_month_it_is(scope: Scope, subtitle: str) -> None:
    assert scope_subtitle(scope, SITE, TODAY, month=Month(2025, 11)) == subtitle


def test_an_archive_has_a_name_and_an_id_of_its_own() -> None:
    feed = build_feed(Scope(), [], site=SITE, today=TODAY, updated=WHEN)
    archive = place_among_archives(feed, Scope(), site=SITE, block=Block(7), earlier=Block(6))
    assert (archive.title, archive.guid) == (f"{feed.title} – lưu trữ 7", f"{feed.guid}/archive/7")
    assert archive.archives.prev_archive == f"{SITE.url}/archive/6/"


def test_the_last_entry_of_a_closed_ward_says_what_to_follow_now() -> None:
    successor = replace(WARD, id=9, valid_from=date(2025, 7, 1), valid_to=None, name="Phường Việt Hưng", slug="moi")
    successions = [Succession(WARD, successor, date(2025, 7, 1), "merged", is_default=True, legal_basis="")]
    today = date(2025, 7, 1)
    closing = build_feed(Scope(ward=WARD), [], site=SITE, today=today, updated=WHEN, successors=successions).entries[0]
    assert closing.title == "Kênh tin phường Phúc Đồng (đến 30/06/2025) đã ngừng cập nhật"
    assert closing.summary == (
        "Phường Phúc Đồng (cũ) hoạt động đến hết ngày 30/06/2025. Kênh tin này không còn bài mới; các bài cũ vẫn được "
        "lưu. Đơn vị mới từ ngày 01/07/2025: phường Việt Hưng. Hãy theo dõi kênh tin của đơn vị mới."
    )
    assert '<li><a href="https://tin.example.vn/wards/moi/">Phường Việt Hưng</a></li>' in closing.content_html


def test_one_item_never_differs_between_scopes() -> None:
    feeds = [
        build_feed(scope, [ARTICLE], site=SITE, today=TODAY, updated=WHEN)
        for scope in (Scope(), Scope(ward=WARD), Scope(area=AREA))
    ]
    assert {feed.entries for feed in feeds} == {(build_entry(ARTICLE, site=SITE),)}


def test_the_view_count_never_reaches_a_feed() -> None:
    assert build_entry(ARTICLE, site=SITE) == build_entry(replace(ARTICLE, view_count=9999), site=SITE)


def test_the_guid_of_a_feed_does_not_move_when_its_ward_is_renamed() -> None:
    renamed = replace(WARD, slug="phuong-khac", name="Phường Khác")
    feeds = [build_feed(Scope(ward=ward), [], site=SITE, today=TODAY, updated=WHEN) for ward in (WARD, renamed)]
    assert feeds[0].guid == feeds[1].guid == "tag:tin.example.vn,2026-11-24:feed/ward/7"


def test_a_correction_is_told_at_the_head_of_the_content_with_its_own_time() -> None:
    when = datetime(2026, 11, 24, 11, 0, tzinfo=VIETNAM)
    corrected = replace(ARTICLE, corrected_at=when, correction_note="Sửa <số> người", updated=when + timedelta(days=1))
    entry = build_entry(corrected, site=SITE)
    assert entry.content_html == (
        "<p><strong>Đính chính lúc 11:00 ngày 24/11/2026:</strong> Sửa &lt;số&gt; người</p>\n<p>Nội dung</p>"
    )
    assert entry.summary == "Tóm tắt"
    without_note = replace(corrected, correction_note="")
    assert build_entry(without_note, site=SITE).content_html == "<p>Nội dung</p>"


@pytest.mark.parametrize(
    ("reason", "summary", "content"),
    [
        ("Sai <số>", "{first} Lý do: Sai <số>", "<p>{first}</p>\n<p>Lý do: Sai &lt;số&gt;</p>"),
        ("", "{first}", "<p>{first}</p>"),
    ],
)
def test_a_withdrawn_article_is_an_entry_that_says_so_and_why(reason: str, summary: str, content: str) -> None:
    when = datetime(2026, 11, 24, 11, 0, tzinfo=VIETNAM)
    image = Image("https://anh.vn/1.jpg")
    gone = replace(ARTICLE, state="withdrawn", withdrawn_at=when, withdrawn_reason=reason, images=(image,))
    entry, first = build_entry(gone, site=SITE), "UBND phường Phúc Đồng đã thu hồi bài này lúc 11:00 ngày 24/11/2026."
    assert (entry.guid, entry.url) == (ARTICLE.guid, "https://tin.example.vn/articles/1/tieu-de")
    assert entry.title == "Đã thu hồi: Tiêu đề"
    assert (entry.summary, entry.content_html) == (summary.format(first=first), content.format(first=first))
    assert (entry.published, entry.updated, entry.withdrawn_at) == (WHEN, when, when)
    assert (entry.images, entry.thumbnail, entry.author) == ((), None, "UBND phường Phúc Đồng")


def test_every_url_of_an_entry_is_a_uri() -> None:
    article = replace(ARTICLE, source_url="https://cu.vn/bài 1", images=(Image("https://anh.vn/ả.jpg"),))
    entry = build_entry(article, site=SITE)
    assert entry.source_url == "https://cu.vn/b%C3%A0i%201"
    assert entry.images[0].url == "https://anh.vn/%E1%BA%A3.jpg"
    assert entry.thumbnail == entry.images[0]


def test_the_thumbnail_of_a_picture_of_ours_is_its_small_version_in_its_size() -> None:
    wide = Image(f"/media/{'a' * 64}.jpg", "image/jpeg", 9, 1280, 720, media_hash="a" * 64)
    for image, size in ((wide, (640, 360)), (replace(wide, width=300, height=200), (300, 200))):
        thumbnail = build_entry(replace(ARTICLE, images=(image,)), site=SITE).thumbnail
        assert thumbnail is not None
        assert thumbnail.url == f"https://tin.example.vn/media/{'a' * 64}-640.webp"
        assert (thumbnail.width, thumbnail.height) == size
