"""Subscription lists: their content, tree and form."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from xml.etree import ElementTree

import listparser
import pytest

from feedsvc.feeds import build_feed
from feedsvc.feeds.opml import Outline, SubscriptionList, build_area_list, build_site_list, render_opml
from feedsvc.models import VIETNAM, Area, Category, Scope, Site, Ward

MODIFIED = datetime(2026, 11, 24, 10, 0, 0, 5, tzinfo=VIETNAM)
TODAY = date(2026, 11, 24)
SITE = Site(
    url="https://tin.example.vn",
    name="Tin phường, xã",
    description="",
    rights="",
    tag_authority="tin.example.vn",
    tag_date="2026-11-24",
    ttl_minutes=5,
    version="1.2.3",
)
CLOSED = Ward(1, "00151", date(2003, 11, 6), date(2025, 6, 30), "phuong", "Phường Phúc Đồng", "phuong-phuc-dong")
LIVING = Ward(2, "00127", date(2025, 7, 1), None, "phuong", "Phường Việt Hưng", "phuong-viet-hung")
SILENT = Ward(3, "00199", date(2025, 7, 1), None, "phuong", "Phường <Láng> & “Hạ”", "phuong-lang")
CITY = Area(1, "ha-noi", "Thành phố Hà Nội", None, None)
DISTRICT = Area(2, "quan-long-bien", "Quận Long Biên", date(2003, 11, 6), date(2025, 6, 30))
NOTICES = Category(1, "thong-bao", "Thông báo")
OTHER = Category(2, "khac", "Khác")
WITH_ARTICLES = {"everything", "category/1", "area/1", "area/1/category/1", "ward/1", "ward/1/category/1"}


def site_list() -> SubscriptionList:
    return build_site_list(
        site=SITE,
        today=TODAY,
        modified=MODIFIED,
        wards=[CLOSED, LIVING, SILENT],
        areas=[CITY, DISTRICT],
        categories=[NOTICES, OTHER],
        with_articles=WITH_ARTICLES,
    )


def area_list(area: Area = CITY, *, today: date = TODAY) -> SubscriptionList:
    return build_area_list(
        area,
        site=SITE,
        today=today,
        modified=MODIFIED,
        wards=[CLOSED, LIVING],
        categories=[NOTICES, OTHER],
        with_articles=WITH_ARTICLES,
    )


def folder(document: SubscriptionList, text: str) -> tuple[Outline, ...]:
    (found,) = (outline for outline in document.outlines if outline.text == text)
    return found.children


@pytest.mark.parametrize(("name", "build"), [("everything", site_list), ("area", area_list)])
def test_golden(golden: Callable[[str, str], None], name: str, build: Callable[[], SubscriptionList]) -> None:
    golden(f"feeds/{name}.opml.xml", render_opml(build()).decode())


def test_a_closed_unit_says_until_when_and_carries_a_tag() -> None:
    ward = folder(site_list(), "Phường, xã")[-1]
    assert {outline.text for outline in (ward, ward.children[0])} == {"Phường Phúc Đồng (đến 30/06/2025)"}
    assert ward.children[1].text == "Phường Phúc Đồng (đến 30/06/2025) – Thông báo"
    assert all(outline.is_closed for outline in (ward, *ward.children))
    assert folder(site_list(), "Khu vực")[1].text == "Quận Long Biên (đến 30/06/2025)"
    root = ElementTree.fromstring(render_opml(site_list()))
    marked = [node.get("text", "") for node in root.iter("outline") if node.get("category") == "closed"]
    assert len(marked) == 4
    assert all("(đến 30/06/2025)" in text for text in marked)


def test_a_unit_is_open_through_its_last_day() -> None:
    wards = folder(area_list(today=date(2025, 6, 30)), "Phường, xã")
    assert [(outline.text, outline.is_closed) for outline in wards] == [(CLOSED.name, False), (LIVING.name, False)]


def test_a_feed_has_the_title_in_the_list_that_it_has_itself() -> None:
    feed = build_feed(Scope(ward=CLOSED), [], site=SITE, today=TODAY, updated=MODIFIED)
    assert folder(site_list(), "Phường, xã")[-1].children[0].text == feed.title == "Phường Phúc Đồng (đến 30/06/2025)"


def test_living_wards_stand_before_closed_ones_in_the_order_given() -> None:
    assert [outline.text.partition(" (")[0] for outline in folder(site_list(), "Phường, xã")] == [
        LIVING.name,
        SILENT.name,
        CLOSED.name,
    ]


def test_a_ward_without_articles_is_a_feed_and_one_with_categories_a_folder_with_its_feed_first() -> None:
    living, _, closed = folder(site_list(), "Phường, xã")
    assert (living.xml_url, living.children) == ("https://tin.example.vn/wards/phuong-viet-hung/rss.xml", ())
    assert closed.xml_url == ""
    assert [child.xml_url for child in closed.children] == [
        "https://tin.example.vn/wards/phuong-phuc-dong/rss.xml",
        "https://tin.example.vn/wards/phuong-phuc-dong/thong-bao/rss.xml",
    ]


def test_a_category_is_offered_only_where_it_has_articles() -> None:
    assert [outline.text for outline in folder(site_list(), "Chuyên mục")] == ["Thông báo"]
    assert [outline.text for outline in folder(area_list(), "Chuyên mục")] == ["Thành phố Hà Nội – Thông báo"]
    assert [outline.text for outline in area_list(DISTRICT).outlines] == [
        "Quận Long Biên (đến 30/06/2025)",
        "Phường, xã",
    ]


def test_a_list_without_wards_areas_and_articles_has_no_empty_folder() -> None:
    empty = build_site_list(
        site=SITE,
        today=TODAY,
        modified=MODIFIED,
        wards=[],
        areas=[],
        categories=[NOTICES],
        with_articles=frozenset(),
    )
    assert [outline.xml_url for outline in empty.outlines] == ["https://tin.example.vn/rss.xml"]


def test_every_node_is_a_feed_with_all_its_attributes_or_a_folder_of_feeds() -> None:
    root = ElementTree.fromstring(render_opml(site_list()))
    assert root.attrib == {"version": "2.0"}
    assert [node.tag for node in root] == ["head", "body"]
    for node in root.iter("outline"):
        names = node.attrib.keys() - {"category"}
        if len(node):
            assert names == {"text"}
        else:
            assert names == {"text", "title", "type", "xmlUrl", "htmlUrl", "language"}
            assert (node.get("type"), node.get("language")) == ("rss", "vi")


def test_the_head_takes_its_date_from_the_data() -> None:
    head = ElementTree.fromstring(render_opml(site_list())).find("head")
    assert head is not None
    assert {node.tag: node.text for node in head} == {
        "title": "Tin phường, xã",
        "dateModified": "Tue, 24 Nov 2026 10:00:00 +0700",
        "ownerName": "Tin phường, xã",
    }


def test_a_program_reads_every_feed_and_the_date() -> None:
    found = listparser.parse(render_opml(site_list()))
    assert not found.bozo
    assert found.version == "opml2"
    assert found.meta.modified_parsed == MODIFIED.replace(microsecond=0)
    assert {feed.url.removeprefix(SITE.url) for feed in found.feeds} == {
        "/rss.xml",
        "/categories/thong-bao/rss.xml",
        "/areas/ha-noi/rss.xml",
        "/areas/quan-long-bien/rss.xml",
        "/wards/phuong-viet-hung/rss.xml",
        "/wards/phuong-lang/rss.xml",
        "/wards/phuong-phuc-dong/rss.xml",
        "/wards/phuong-phuc-dong/thong-bao/rss.xml",
    }
    assert SILENT.name in {feed.title for feed in found.feeds}


def test_the_same_list_is_the_same_bytes_and_a_renamed_site_is_another() -> None:
    assert render_opml(site_list()) == render_opml(site_list())
    assert render_opml(replace(site_list(), title="Khác")) != render_opml(site_list())
