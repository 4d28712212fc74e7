"""Paths, file names and the names of pictures."""

from datetime import date

import pytest

from feedsvc.addresses import (
    ATOM,
    JSON_FEED,
    MEDIA,
    MEDIA_NAME,
    OPML,
    PICTURE,
    RSS,
    Variant,
    absolute,
    changes_path,
    feed_path,
    media_name,
    opml_path,
    page_path,
    scope_path,
    small_name,
)
from feedsvc.blocks import Block
from feedsvc.models import Area, Category, Month, Scope, Search, Ward

WARD = Ward(7, "00151", date(2003, 11, 6), date(2025, 6, 30), "phuong", "Phường Phúc Đồng", "phuong-phuc-dong")
AREA = Area(2, "quan-long-bien", "Quận Long Biên", None, None)
CATEGORY = Category(8, "thong-bao", "Thông báo")
HASH = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        (Scope(), "/"),
        (Scope(WARD), "/wards/phuong-phuc-dong/"),
        (Scope(WARD, category=CATEGORY), "/wards/phuong-phuc-dong/thong-bao/"),
        (Scope(area=AREA), "/areas/quan-long-bien/"),
        (Scope(area=AREA, category=CATEGORY), "/areas/quan-long-bien/thong-bao/"),
        (Scope(category=CATEGORY), "/categories/thong-bao/"),
    ],
)
def test_page_archive_feed_and_list_of_feeds_stand_below_the_path_of_their_scope(scope: Scope, path: str) -> None:
    month = Month(2024, 3)
    assert scope_path(scope) == page_path(scope) == path
    assert page_path(scope, month=month) == f"{path}2024/03/"
    assert feed_path(scope, RSS) == f"{path}rss.xml"
    assert feed_path(scope, RSS, block=Block(7)) == f"{path}archive/7/rss.xml"
    assert feed_path(scope, RSS, block=Block(7, unit=12)) == f"{path}archive/12-7/rss.xml"
    assert opml_path(scope) == f"{path}opml.xml"


def test_the_names_of_files_are_a_promise() -> None:
    assert (RSS, ATOM, JSON_FEED, OPML) == ("rss.xml", "atom.xml", "feed.json", "opml.xml")


def test_parameters_have_one_order() -> None:
    scope = Scope(WARD, lineage=True)
    assert page_path(scope) == "/wards/phuong-phuc-dong/?lineage=1"
    wanted = "/wards/phuong-phuc-dong/rss.xml?lineage=1&content=summary&limit=5"
    assert feed_path(scope, RSS, variant=Variant(summary=True, limit=5)) == wanted
    search = Search("họp dân", ward=WARD, until=date(2024, 3, 2))
    assert page_path(search) == "/search?q=h%E1%BB%8Dp%20d%C3%A2n&ward=phuong-phuc-dong&to=2024-03-02"
    assert feed_path(search, RSS, variant=Variant(limit=5)).endswith("&to=2024-03-02&limit=5")
    assert changes_path(3, limit=2) == "/changes.json?since=3&limit=2"


def test_a_path_of_ours_becomes_absolute_and_a_url_stays() -> None:
    assert absolute("https://tin.example.vn", "/a/") == "https://tin.example.vn/a/"
    assert absolute("https://tin.example.vn", "https://cdn.example/a.jpg") == "https://cdn.example/a.jpg"


def test_both_names_of_a_picture_are_names_of_ours_and_only_the_large_one_stands_in_content() -> None:
    large, small = media_name(HASH, "png"), small_name(HASH)
    assert small == f"{HASH}-640.webp"
    for name in (large, small):
        found = MEDIA_NAME.fullmatch(name)
        assert found is not None
        assert found["hash"] == HASH
    assert PICTURE.fullmatch(MEDIA + large)
    assert not PICTURE.fullmatch(MEDIA + small)


@pytest.mark.parametrize(
    "name", [f"{HASH}.gif", f"{HASH}-320.webp", f"{HASH[1:]}.png", f"../{HASH}.png", f"{HASH}.png\n"]
)
def test_another_name_is_none_of_ours(name: str) -> None:
    assert not MEDIA_NAME.fullmatch(name)
