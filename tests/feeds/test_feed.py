"""Composition of a feed, and the titles of scopes."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from feedsvc.addresses import scope_path
from feedsvc.feeds import build_entry, build_feed, scope_subtitle, scope_title
from feedsvc.models import VIETNAM, Area, Article, Category, Scope, Site, Ward

SITE = Site("https://tin.example.vn", "Tin phường, xã", "Mọi tin", "", "tin.example.vn", "2026-11-24", 5, "1.0")
WARD = Ward(7, "00151", date(2003, 11, 6), date(2025, 6, 30), "phuong", "Phường Phúc Đồng", "phuong-phuc-dong")
AREA = Area(2, "quan-long-bien", "Quận Long Biên", None, None)
CATEGORY = Category(8, "cai-cach-hanh-chinh", "Cải cách hành chính")
WHEN = datetime(2024, 3, 2, 8, 30, tzinfo=VIETNAM)
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
            "Tin tức, thông báo: phường Phúc Đồng",
        ),
        (
            Scope(ward=WARD, category=CATEGORY),
            "ward/7/category/8",
            "/wards/phuong-phuc-dong/cai-cach-hanh-chinh/",
            "Phường Phúc Đồng - Cải cách hành chính",
            "Tin tức, thông báo: chuyên mục Cải cách hành chính, phường Phúc Đồng",
        ),
        (
            Scope(category=CATEGORY),
            "category/8",
            "/categories/cai-cach-hanh-chinh/",
            "Cải cách hành chính",
            "Tin tức, thông báo: chuyên mục Cải cách hành chính",
        ),
        (Scope(area=AREA), "area/2", "/areas/quan-long-bien/", "Quận Long Biên", "Tin tức, thông báo: Quận Long Biên"),
        (
            Scope(area=AREA, category=CATEGORY),
            "area/2/category/8",
            "/areas/quan-long-bien/cai-cach-hanh-chinh/",
            "Quận Long Biên - Cải cách hành chính",
            "Tin tức, thông báo: chuyên mục Cải cách hành chính, Quận Long Biên",
        ),
    ],
)
def test_a_scope_has_key_path_title_and_subtitle(scope: Scope, key: str, path: str, title: str, subtitle: str) -> None:
    found = (scope.key, scope_path(scope), scope_title(scope, SITE), scope_subtitle(scope, SITE))
    assert found == (key, path, title, subtitle)


def test_one_item_never_differs_between_scopes() -> None:
    feeds = [
        build_feed(scope, [ARTICLE], site=SITE, updated=WHEN) for scope in (Scope(), Scope(ward=WARD), Scope(area=AREA))
    ]
    assert {feed.entries for feed in feeds} == {(build_entry(ARTICLE, site=SITE),)}


def test_the_view_count_never_reaches_a_feed() -> None:
    assert build_entry(ARTICLE, site=SITE) == build_entry(replace(ARTICLE, view_count=9999), site=SITE)


def test_the_guid_of_a_feed_does_not_move_when_its_ward_is_renamed() -> None:
    renamed = replace(WARD, slug="phuong-khac", name="Phường Khác")
    feeds = [build_feed(Scope(ward=ward), [], site=SITE, updated=WHEN) for ward in (WARD, renamed)]
    assert feeds[0].guid == feeds[1].guid == "tag:tin.example.vn,2026-11-24:feed/ward/7"
