"""Public pages: their content, their links and their responses."""

import html
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import html5lib
import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient

from feedsvc.addresses import article_path
from feedsvc.articles.ingest import ingest, withdraw
from feedsvc.database import Database
from feedsvc.feeds import FORMATS
from feedsvc.models import VIETNAM, Article, Draft, Site

from ...conftest import Clock

WHEN = datetime(2024, 3, 2, 8, 30, tzinfo=VIETNAM)
DRAFT = Draft(
    title="Phường Phúc Đồng <b>họp</b> & bàn",
    published=WHEN,
    categories=("thong-bao",),
    content_text="Nội dung < 30 m².\n\nHết./.",
    view_count=1234,
)
PAGES = [
    "/",
    "/wards/",
    "/areas/",
    "/categories/",
    "/wards/phuong-phuc-dong/",
    "/wards/phuong-phuc-dong/thong-bao/",
    "/wards/phuong-lang/",
    "/categories/thong-bao/",
    "/areas/quan-long-bien/",
    "/areas/ha-noi/thong-bao/",
    "/articles/1/phuong-phuc-dong-b-hop-b-ban",
]


@pytest.fixture
def article(db: Database, site: Site, now: datetime) -> Article:
    return ingest(db, DRAFT, site=site, now=WHEN).article


def test_the_urls_are_a_promise(app: Flask, golden: Callable[[str, str], None]) -> None:
    rules = sorted(
        f"{rule.rule} {','.join(sorted((rule.methods or set()) - {'HEAD', 'OPTIONS'}))}"
        for rule in app.url_map.iter_rules()
    )
    golden("routes.txt", "\n".join(rules) + "\n")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_wellformed_vietnamese_html_with_one_script_of_ours_and_no_strangers(
    client: FlaskClient, article: Article, path: str
) -> None:
    response = client.get(path)
    assert response.status_code == 200
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root = parser.parse(response.text)
    assert root.get("lang") == "vi"
    scripts = [node for node in root.iter("script") if node.get("type") != "application/ld+json"]
    assert [(node.get("src").partition("?")[0], node.get("defer"), node.text) for node in scripts] == [
        ("/static/pages.js", "", None)
    ]
    assert all(node.get("src").startswith("/static/") for node in root.iter() if node.get("src"))
    assert not [name for node in root.iter() for name in node.attrib if name.startswith("on") or name == "style"]
    sheets = [node.get("href") for node in root.findall(".//link[@rel='stylesheet']")]
    assert all(href.startswith("/static/") for href in sheets)
    assert len(root.findall(".//h1")) == 1


@pytest.mark.parametrize("path", ["/", *PAGES[4:10]])
def test_a_page_of_a_scope_names_its_feeds_in_the_head_and_visibly_while_the_unit_lives(
    client: FlaskClient, article: Article, path: str
) -> None:
    root = html5lib.parse(client.get(path).text, namespaceHTMLElements=False)
    links = {(node.get("type"), node.get("href")) for node in root.findall(".//link[@rel='alternate']")}
    assert links == {(item.media_type, f"https://tin.example.vn{path}{item.filename}") for item in FORMATS.values()}
    shown = {node.get("value") for node in root.findall(".//input[@readonly]")}
    has_ended = "phuong-phuc-dong" in path or "quan-long-bien" in path
    assert shown == (set() if has_ended else {f"https://tin.example.vn{path}{filename}" for filename in FORMATS})


def test_an_article_shows_title_date_views_and_text(client: FlaskClient, article: Article) -> None:
    page = client.get("/articles/1/phuong-phuc-dong-b-hop-b-ban").text
    assert html.escape(DRAFT.title) in page
    assert '<time datetime="2024-03-02T08:30:00+07:00">02/03/2024 08:30</time>' in page
    assert "1.234 lượt xem" in page
    assert "<p>Nội dung &lt; 30 m².</p>" in page
    assert "Cập nhật" not in page


def test_a_new_view_count_renews_the_page_within_a_minute_but_not_the_feed(
    client: FlaskClient, db: Database, site: Site, article: Article, clock: Clock
) -> None:
    path = "/articles/1/phuong-phuc-dong-b-hop-b-ban"
    page, feed = (client.get(url).headers["ETag"] for url in (path, "/rss.xml"))
    ingest(db, replace(DRAFT, view_count=5000), site=site, now=WHEN)
    clock.now += timedelta(minutes=1)
    assert client.get(path, headers={"If-None-Match": page}).status_code == 200
    assert client.get("/rss.xml", headers={"If-None-Match": feed}).status_code == 304


def test_a_date_without_a_time_is_shown_as_a_day(client: FlaskClient, db: Database, site: Site) -> None:
    midnight = WHEN.replace(hour=0, minute=0)
    article = ingest(db, replace(DRAFT, published=midnight, published_has_time=False), site=site, now=WHEN).article
    assert '<time datetime="2024-03-02">02/03/2024</time>' in client.get(f"/articles/1/{article.slug}").text


def test_a_corrected_article_says_when(client: FlaskClient, db: Database, site: Site, article: Article) -> None:
    ingest(db, replace(DRAFT, content_text="Sửa."), site=site, now=WHEN + timedelta(days=1))
    assert "Cập nhật lúc 08:30 ngày 03/03/2024" in client.get(f"/articles/1/{article.slug}").text


@pytest.mark.parametrize("path", ["/articles/1", "/articles/1/", "/articles/1/slug-cu"])
def test_a_wrong_slug_leads_to_the_right_one(client: FlaskClient, article: Article, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 301
    assert response.headers["Location"] == f"https://tin.example.vn/articles/1/{article.slug}"


def test_a_missing_slash_is_added_on_our_own_address_and_keeps_the_query(client: FlaskClient) -> None:
    response = client.get("/wards/phuong-lang?q=1", headers={"Host": "evil.example.com"})
    assert response.status_code == 301
    assert response.headers["Location"] == "https://tin.example.vn/wards/phuong-lang/?q=1"


def test_a_withdrawn_article_is_410_with_the_reason(client: FlaskClient, db: Database, article: Article) -> None:
    withdraw(db, 1, reason="Nhầm <số> liệu", now=WHEN)
    response = client.get("/articles/1/x")
    assert response.status_code == 410
    assert "Nhầm &lt;số&gt; liệu" in response.text
    assert "Nội dung" not in response.text


@pytest.mark.parametrize(
    "path", ["/articles/99/x", "/articles/99999999999999999999/x", "/articles/x", "/wards/x/", "/khong-co"]
)
def test_an_unknown_page_is_404_in_vietnamese(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "Không tìm thấy trang" in response.text


def test_a_scheduled_article_has_no_page_before_its_time(
    client: FlaskClient, db: Database, site: Site, now: datetime
) -> None:
    ingest(db, replace(DRAFT, published=now + timedelta(days=1), ward="phuong-lang"), site=site, now=now)
    assert client.get("/articles/1/x").status_code == 404
    assert "họp" not in client.get("/wards/phuong-lang/").text


def test_a_closed_ward_says_so_and_names_its_successors(client: FlaskClient) -> None:
    page = client.get("/wards/phuong-phuc-dong/").text
    assert "<h1>Phường Phúc Đồng (đến 30/06/2025)</h1>" in page
    assert "Phường Phúc Đồng (cũ) hoạt động đến hết ngày 30/06/2025." in page
    assert "Đơn vị mới từ ngày 01/07/2025:" in page
    for slug in ("phuong-phuc-loi", "phuong-bo-de", "phuong-long-bien", "phuong-viet-hung"):
        assert f'href="/wards/{slug}/"' in page


def test_a_living_ward_names_its_predecessors(client: FlaskClient) -> None:
    page = client.get("/wards/phuong-phuc-loi/").text
    assert "đã ngừng cập nhật" not in page
    assert 'href="/wards/phuong-phuc-loi-2025/"' in page


def test_nobody_is_asked_to_follow_what_has_ended(client: FlaskClient, db: Database, site: Site, now: datetime) -> None:
    """Neither on the page of a closed unit nor on that of its article: both offer the new units."""
    article = ingest(db, DRAFT, site=site, now=now).article
    assert article.ward.slug == "phuong-phuc-dong"
    for path in ("/wards/phuong-phuc-dong/", article_path(article)):
        page = client.get(path).text
        assert "Theo dõi kênh tin này" not in page
        assert "data-copy" not in page
        offered = page.partition("Theo dõi đơn vị mới</h2>")[2]
        assert 'href="/wards/phuong-viet-hung/"' in offered
    assert "data-copy" not in client.get("/areas/quan-long-bien/").text
    living = client.get("/wards/phuong-viet-hung/").text
    assert "Theo dõi phường Việt Hưng</h2>" in living
    assert "Theo dõi kênh tin này" in living


def test_wards_stand_in_vietnamese_order(client: FlaskClient) -> None:
    page = client.get("/wards/").text
    order = [
        page.index(f">{name}<") for name in ("Phường Ba Đình", "Phường Bạch Mai", "Phường Bồ Đề", "Phường Cầu Giấy")
    ]
    assert order == sorted(order)
    assert page.index(">Phường Dương Nội<") < page.index(">Phường Đại Mỗ<") < page.index(">Phường Giảng Võ<")


@pytest.mark.parametrize(
    ("path", "there", "gone"),
    [
        ("/wards/?q=dong da", "Phường Đống Đa", "Phường Láng"),
        ("/wards/?q=ĐỐNG%20%20đa", "Phường Đống Đa", "Phường Láng"),
        ("/areas/?q=long bien", "Địa bàn quận Long Biên", "Thành phố Hà Nội"),
    ],
)
def test_lists_of_names_are_filtered_without_accents_and_without_scripts(
    client: FlaskClient, path: str, there: str, gone: str
) -> None:
    page = client.get(path).text
    assert there in page
    assert gone not in page
    assert gone in client.get(path.partition("?")[0]).text


def test_a_filter_that_finds_nothing_says_so_and_leads_back(client: FlaskClient) -> None:
    page = client.get("/wards/?q=<b>").text
    assert "Không có phường, xã nào khớp." in client.get("/wards/?q=khong-co-dau").text
    assert 'value="&lt;b&gt;"' in page
    assert '<a href="/wards/">Xem tất cả phường, xã</a>' in page


def test_a_filtered_list_is_canonical_without_the_filter_and_has_its_own_validator(client: FlaskClient) -> None:
    plain = client.get("/wards/").headers["ETag"]
    response = client.get("/wards/?q=" + "bo " * 1000)
    assert '<link rel="canonical" href="https://tin.example.vn/wards/">' in response.text
    assert "bo " * 34 not in response.text
    assert response.headers["ETag"] != plain
    assert client.get("/wards/").headers["ETag"] == plain
    again = client.get("/wards/?q=bo%20%20de").headers["ETag"]
    assert client.get("/wards/?q=bo+de", headers={"If-None-Match": again}).status_code == 304


def test_a_near_name_is_offered_where_a_page_is_missing(app: Flask) -> None:
    with app.test_request_context("/wards/phuong-bo-d/"):
        near = [("/wards/phuong-bo-de/", "Phường Bồ Đề")]
        page = render_template("error.html", code=404, title="Không tìm thấy trang", advice="", near=near)
    assert "Có phải bạn tìm" in page
    assert '<a href="/wards/phuong-bo-de/">Phường Bồ Đề</a>' in page


def test_an_article_leads_to_its_ward_its_category_and_to_other_articles(
    client: FlaskClient, db: Database, site: Site, article: Article
) -> None:
    other = ingest(db, replace(DRAFT, title="Tin sau", ward="phuong-phuc-dong"), site=site, now=WHEN).article
    page = client.get(f"/articles/1/{article.slug}").text
    assert "Tin khác của phường Phúc Đồng (đến 30/06/2025)" in page
    assert f'href="/articles/{other.id}/tin-sau"' in page
    assert page.count(f'<a href="/articles/1/{article.slug}"') == 0
    assert 'href="/wards/phuong-phuc-dong/thong-bao/"' in page


def test_the_titles_of_pages_differ_for_namesakes_too(client: FlaskClient, article: Article) -> None:
    paths = [*PAGES, "/wards/phuong-viet-hung/", "/wards/phuong-viet-hung-2025/", "/wards/?q=bo"]
    titles = [html5lib.parse(client.get(path).text, namespaceHTMLElements=False).findtext(".//title") for path in paths]
    assert len(set(titles)) == len(paths)


def test_an_index_lists_wards_with_articles_only(client: FlaskClient, article: Article) -> None:
    page = client.get("/").text
    assert 'href="/wards/phuong-phuc-dong/"' in page
    assert 'href="/wards/phuong-lang/"' not in page


def test_a_ward_page_offers_the_categories_that_have_articles(client: FlaskClient, article: Article) -> None:
    page = client.get("/wards/phuong-phuc-dong/").text
    assert 'href="/wards/phuong-phuc-dong/thong-bao/"' in page
    assert "cai-cach-hanh-chinh" not in page


def test_public_pages_set_no_cookie_and_browsers_ask_again(client: FlaskClient, article: Article) -> None:
    for path in PAGES:
        headers = client.get(path).headers
        assert "Set-Cookie" not in headers
        assert headers["Cache-Control"] == "public, max-age=0, s-maxage=60, stale-if-error=86400"
        assert client.get(path, headers={"If-None-Match": headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("path", ["/", "/rss.xml", "/khong-co", "/admin/login", "/healthz", "/static/style.css"])
def test_security_headers_are_on_everything(client: FlaskClient, path: str) -> None:
    with client.get(path) as response:
        headers = response.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_a_wrong_method_is_405_and_names_the_right_ones(client: FlaskClient) -> None:
    response = client.post("/rss.xml")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_an_internal_error_is_a_page_in_vietnamese(app: Flask, client: FlaskClient) -> None:
    app.extensions["feedsvc"].connection().execute("ALTER TABLE listings RENAME TO gone")
    response = client.get("/rss.xml")
    assert response.status_code == 500
    assert "Có lỗi ở máy chủ" in response.text
