"""Metadata for machines in pages: JSON-LD, Open Graph, Dublin Core."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask.testing import FlaskClient

from feedsvc.articles.ingest import ingest
from feedsvc.database import Database
from feedsvc.models import VIETNAM, Article, Draft, Site
from feedsvc.web.presentation import (
    build_breadcrumbs,
    build_news_article,
    format_content,
    format_json_ld,
)

WHEN = datetime(2023, 9, 13, 16, 20, tzinfo=VIETNAM)
CLOSED = "Phường Phúc Đồng (đến 30/06/2025)"
HOSTILE = 'Họp </script><script>alert(1)</script> & "bàn" <!--'
DRAFT = Draft(
    title=HOSTILE,
    published=WHEN,
    ward="phuong-phuc-dong",
    categories=("thong-bao", "van-hoa-xa-hoi"),
    content_text="Nội dung </script> của bài.",
    source_url="https://longbien.hanoi.gov.vn/tin?a=1&b=2",
    external_id="1",
)

Save = Callable[[Draft], Article]


@pytest.fixture
def save(db: Database, site: Site) -> Save:
    return lambda draft: ingest(db, draft, site=site, now=WHEN).article


def read(client: FlaskClient, path: str) -> Element:
    root = html5lib.parse(client.get(path).text, namespaceHTMLElements=False)
    assert isinstance(root, Element)
    return root


def data_of(root: Element) -> dict[str, dict[str, Any]]:
    """Return the JSON-LD of a page by its type."""
    blocks = [json.loads(node.text or "") for node in root.findall(".//script[@type='application/ld+json']")]
    return {block["@type"]: block for block in blocks}


def meta_of(root: Element) -> dict[str, str]:
    nodes = root.findall(".//head/meta")
    return {name: node.get("content", "") for node in nodes if (name := node.get("name") or node.get("property"))}


def test_json_ld_cannot_be_ended_by_what_it_holds() -> None:
    value: dict[str, object] = {"name": "</script><!-- & \u2028 \u2029 ]]>", "đ": "Ằ"}
    block = str(format_json_ld(value))
    text = block.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert not set(text) & set("<>&\u2028\u2029")
    assert "\\u003c/script\\u003e" in text
    assert "Ằ" in text
    assert json.loads(text) == value


def test_an_article_is_a_news_article_for_search_engines(client: FlaskClient, save: Save) -> None:
    article = save(DRAFT)
    found = data_of(read(client, f"/articles/1/{article.slug}"))["NewsArticle"]
    url = f"https://tin.example.vn/articles/1/{article.slug}"
    publisher = {
        "@type": "GovernmentOrganization",
        "name": "UBND phường Phúc Đồng",
        "url": "https://tin.example.vn/wards/phuong-phuc-dong/",
    }
    assert found == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": HOSTILE,
        "description": article.summary,
        "url": url,
        "mainEntityOfPage": url,
        "identifier": article.guid,
        "datePublished": "2023-09-13T16:20:00+07:00",
        "dateModified": "2023-09-13T16:20:00+07:00",
        "author": publisher,
        "publisher": publisher,
        "articleSection": ["Thông báo", "Văn hóa - Xã hội"],
        "inLanguage": "vi",
    }


def test_a_hostile_title_stays_text_everywhere(client: FlaskClient, save: Save) -> None:
    article = save(DRAFT)
    root = read(client, f"/articles/1/{article.slug}")
    assert [node.get("src", "").partition("?")[0] for node in root.iter("script") if not node.text] == [
        "/static/pages.js"
    ]
    assert root.findtext(".//h1") == HOSTILE
    assert meta_of(root)["og:title"] == HOSTILE


def test_an_author_of_another_name_is_a_person_and_the_ward_publishes(save: Save, site: Site) -> None:
    found = build_news_article(save(replace(DRAFT, author="Nguyễn Thị Lan")), site=site)
    assert found["author"] == {"@type": "Person", "name": "Nguyễn Thị Lan"}
    assert isinstance(found["publisher"], dict)
    assert found["publisher"]["name"] == "UBND phường Phúc Đồng"


def test_a_date_without_a_time_is_a_day_for_machines_too(client: FlaskClient, save: Save, site: Site) -> None:
    article = save(replace(DRAFT, published=WHEN.replace(hour=0, minute=0), published_has_time=False))
    assert build_news_article(article, site=site)["datePublished"] == "2023-09-13"
    assert meta_of(read(client, f"/articles/1/{article.slug}"))["DC.date"] == "2023-09-13"


def test_an_article_carries_what_the_circular_demands_and_open_graph(client: FlaskClient, save: Save) -> None:
    article = save(DRAFT)
    root = read(client, f"/articles/1/{article.slug}")
    meta = meta_of(root)
    expected = {
        "description": article.summary,
        "author": "UBND phường Phúc Đồng",
        "og:type": "article",
        "og:title": HOSTILE,
        "og:description": article.summary,
        "og:url": f"https://tin.example.vn/articles/1/{article.slug}",
        "og:site_name": "Tin phường, xã",
        "og:locale": "vi_VN",
        "article:published_time": "2023-09-13T16:20:00+07:00",
        "article:modified_time": "2023-09-13T16:20:00+07:00",
        "DC.title": HOSTILE,
        "DC.creator": "UBND phường Phúc Đồng",
        "DC.date": "2023-09-13T16:20:00+07:00",
        "DC.description": article.summary,
        "DC.publisher": "UBND phường Phúc Đồng",
        "DC.identifier": article.guid,
        "DC.language": "vi",
        "DC.subject": "Thông báo; Văn hóa - Xã hội",
        "DC.source": "https://longbien.hanoi.gov.vn/tin?a=1&b=2",
    }
    assert {name: meta.get(name) for name in expected} == expected
    assert all(meta.values())


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/wards/",
        "/areas/",
        "/categories/",
        "/wards/phuong-phuc-dong/",
        "/wards/phuong-phuc-dong/thong-bao/",
        "/areas/quan-long-bien/",
        "/categories/thong-bao/",
    ],
)
def test_every_list_states_its_name_and_address(client: FlaskClient, save: Save, path: str) -> None:
    save(DRAFT)
    root = read(client, path)
    meta = meta_of(root)
    assert [node.get("href") for node in root.findall(".//link[@rel='canonical']")] == [f"https://tin.example.vn{path}"]
    assert meta["og:type"] == "website"
    assert meta["og:url"] == f"https://tin.example.vn{path}"
    assert meta["og:title"]
    assert meta["description"] == meta["og:description"] != ""


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ("/wards/", ["Trang chủ", "Phường, xã"]),
        ("/wards/phuong-phuc-dong/", ["Trang chủ", "Phường, xã", CLOSED]),
        ("/wards/phuong-phuc-dong/thong-bao/", ["Trang chủ", "Phường, xã", CLOSED, "Thông báo"]),
        ("/areas/quan-long-bien/", ["Trang chủ", "Khu vực", "Quận Long Biên (đến 30/06/2025)"]),
        ("/categories/thong-bao/", ["Trang chủ", "Chuyên mục", "Thông báo"]),
    ],
)
def test_breadcrumbs_are_the_same_for_people_and_machines(client: FlaskClient, path: str, labels: list[str]) -> None:
    root = read(client, path)
    shown = ["".join(node.itertext()).strip() for node in root.findall(".//nav[@class='crumbs']//li")]
    assert shown == labels
    items = data_of(root)["BreadcrumbList"]["itemListElement"]
    assert [(item["position"], item["name"]) for item in items] == list(enumerate(labels, start=1))
    assert items[0]["item"] == "https://tin.example.vn/"
    assert "item" not in items[-1]


def test_breadcrumbs_have_absolute_addresses(site: Site) -> None:
    found = build_breadcrumbs([("/wards/", "Phường, xã"), ("", "Đây")], site=site)
    assert found["itemListElement"] == [
        {"@type": "ListItem", "position": 1, "name": "Phường, xã", "item": "https://tin.example.vn/wards/"},
        {"@type": "ListItem", "position": 2, "name": "Đây"},
    ]


def test_every_page_leads_to_the_subscription_lists(client: FlaskClient) -> None:
    def outlines(path: str) -> list[str | None]:
        return [node.get("href") for node in read(client, path).findall(".//link[@rel='outline']")]

    assert outlines("/") == ["https://tin.example.vn/opml.xml"]
    assert outlines("/areas/quan-long-bien/") == [
        "https://tin.example.vn/opml.xml",
        "https://tin.example.vn/areas/quan-long-bien/opml.xml",
    ]


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", []),
        ("/wards/", [("/wards/", "page")]),
        ("/wards/phuong-lang/", [("/wards/", "true")]),
        ("/areas/", [("/areas/", "page")]),
        ("/categories/thong-bao/", [("/categories/", "true")]),
        ("/articles/1/tin", [("/wards/", "true")]),
    ],
)
def test_the_navigation_shows_where_one_is(
    client: FlaskClient, save: Save, path: str, current: list[tuple[str, str]]
) -> None:
    save(replace(DRAFT, title="Tin"))
    links = read(client, path).findall(".//header//nav/a")
    assert [(node.get("href"), node.get("aria-current")) for node in links if node.get("aria-current")] == current


def test_wide_tables_can_be_scrolled_by_keyboard_and_pictures_have_an_alt(save: Save) -> None:
    article = save(
        replace(
            DRAFT,
            content_text=None,
            content_html='<table><tr><td>1</td></tr></table><img src="https://a.vn/1.png">'
            '<img src="https://a.vn/2.png" alt="Cổng &gt; chào">',
        )
    )
    shown = format_content(article)
    assert '<div class="scroll" tabindex="0" role="group" aria-label="Bảng, có thể cuộn ngang"><table>' in shown
    assert "</table></div>" in shown
    assert '<img alt="" src="https://a.vn/1.png">' in shown
    assert shown.count("alt=") == 2
