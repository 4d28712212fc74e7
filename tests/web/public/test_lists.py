"""Lists for machines over HTTP: subscription lists, the sitemap, robots.txt."""

from dataclasses import replace
from datetime import datetime, timedelta
from xml.etree import ElementTree

import feedparser
import listparser
import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedsvc.articles.ingest import ingest, withdraw
from feedsvc.database import Database, transaction
from feedsvc.models import VIETNAM, Draft, Site

SITE_URL = "https://tin.example.vn"
WHEN = datetime(2024, 3, 2, 8, 30, tzinfo=VIETNAM)
CORRECTED = datetime(2026, 11, 21, 9, 15, tzinfo=VIETNAM)
DRAFTS = (
    Draft(title="Họp", published=WHEN, ward="phuong-phuc-dong", categories=("thong-bao",), content_text="Một."),
    Draft(title="Hội", published=WHEN, ward="phuong-phuc-dong", categories=("kinh-te-do-thi",), content_text="Hai."),
    Draft(
        title="Lễ",
        published=datetime(2026, 11, 20, 8, 30, tzinfo=VIETNAM),
        ward="phuong-lang",
        categories=("thong-bao",),
        content_text="Ba.",
    ),
)
LISTS = ["/opml.xml", "/areas/ha-noi/opml.xml", "/areas/quan-long-bien/opml.xml"]
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def articles(db: Database, site: Site, now: datetime) -> None:
    for draft in DRAFTS:
        assert draft.published is not None
        ingest(db, draft, site=site, now=draft.published)


def outlines(client: FlaskClient, path: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(client.get(path).data).iter("outline"))


def feed_urls(client: FlaskClient, path: str = "/opml.xml") -> list[str]:
    """Return the paths of all feeds in a list, in its order."""
    return [url.removeprefix(SITE_URL) for node in outlines(client, path) if (url := node.get("xmlUrl"))]


def locations(client: FlaskClient, path: str = "/sitemap.xml") -> dict[str, str]:
    """Return the path and lastmod of every location in a sitemap or an index of sitemaps."""
    response = client.get(path)
    assert response.status_code == 200
    found = [
        (node.findtext(f"{SITEMAP}loc", "").removeprefix(SITE_URL), node.findtext(f"{SITEMAP}lastmod", ""))
        for node in ElementTree.fromstring(response.data)
    ]
    assert len(dict(found)) == len(found), "a URL stands twice"
    return dict(found)


@pytest.fixture
def small(app: Flask) -> FlaskClient:
    """The same lists under /small, where a sitemap has at most 6 URLs."""
    blueprint = app.blueprints["lists"]
    app.register_blueprint(blueprint, name="small", url_prefix="/small", url_defaults={"limit": 6})
    return app.test_client()


@pytest.mark.slow
@pytest.mark.parametrize("path", LISTS)
def test_every_feed_and_page_of_a_list_answers_under_its_own_title(
    client: FlaskClient, articles: None, path: str
) -> None:
    feeds = [node.attrib for node in outlines(client, path) if "xmlUrl" in node.attrib]
    assert len(feeds) > 14
    for feed in feeds:
        response = client.get(feed["xmlUrl"].removeprefix(SITE_URL))
        assert response.status_code == 200
        assert feedparser.parse(response.data).feed.title == feed["title"]
        assert client.get(feed["htmlUrl"].removeprefix(SITE_URL)).status_code == 200


@pytest.mark.parametrize("path", LISTS)
def test_no_feed_occurs_twice_in_a_list(client: FlaskClient, articles: None, path: str) -> None:
    urls = feed_urls(client, path)
    assert len(set(urls)) == len(urls)


@pytest.mark.parametrize("path", LISTS)
def test_a_program_finds_every_feed_of_a_list(client: FlaskClient, articles: None, path: str) -> None:
    found = listparser.parse(client.get(path).data)
    assert not found.bozo
    assert sorted(feed.url.removeprefix(SITE_URL) for feed in found.feeds) == sorted(feed_urls(client, path))


def test_the_list_of_everything_has_every_ward_and_area_once_and_categories_where_there_are_articles(
    client: FlaskClient, db: Database, articles: None
) -> None:
    urls = feed_urls(client)
    wards = db.execute("SELECT count(*) FROM wards").fetchone()[0]
    assert urls[0] == "/rss.xml"
    assert len([url for url in urls if url.startswith("/wards/") and url.count("/") == 3]) == wards
    assert {url for url in urls if url.startswith("/areas/")} == {
        "/areas/ha-noi/rss.xml",
        "/areas/khu-vuc-long-bien/rss.xml",
        "/areas/quan-long-bien/rss.xml",
    }
    assert {url for url in urls if url.startswith("/categories/")} == {
        "/categories/thong-bao/rss.xml",
        "/categories/kinh-te-do-thi/rss.xml",
    }
    assert {url for url in urls if url.startswith("/wards/") and url.count("/") == 4} == {
        "/wards/phuong-lang/thong-bao/rss.xml",
        "/wards/phuong-phuc-dong/thong-bao/rss.xml",
        "/wards/phuong-phuc-dong/kinh-te-do-thi/rss.xml",
    }


def test_the_list_of_an_area_has_its_own_feeds_and_those_of_its_wards(client: FlaskClient, articles: None) -> None:
    urls = feed_urls(client, "/areas/quan-long-bien/opml.xml")
    assert urls[0] == "/areas/quan-long-bien/rss.xml"
    assert "/areas/quan-long-bien/thong-bao/rss.xml" in urls
    assert "/wards/phuong-phuc-dong/thong-bao/rss.xml" in urls
    assert not [url for url in urls if "phuong-lang" in url]
    assert len([url for url in urls if url.startswith("/wards/") and url.count("/") == 3]) == 14


def test_wards_stand_in_vietnamese_order_the_living_first(client: FlaskClient, articles: None) -> None:
    texts = [node.get("text", "") for node in outlines(client, "/opml.xml")]
    order = ["Phường Ba Đình", "Phường Dương Nội", "Phường Đại Mỗ", "Phường Bồ Đề (đến 30/06/2025)"]
    assert sorted(order, key=texts.index) == order


@pytest.mark.slow
def test_a_unit_whose_urls_lead_elsewhere_since_it_was_renamed_is_in_no_list(
    client: FlaskClient, db: Database, site: Site
) -> None:
    with transaction(db):
        db.execute(
            "UPDATE successions SET kind = 'renamed'"
            " WHERE is_default AND ward_id = (SELECT id FROM wards WHERE slug = 'phuong-phuc-dong')"
        )
    ingest(db, DRAFTS[0], site=site, now=WHEN)
    assert client.get("/wards/phuong-phuc-dong/rss.xml").status_code == 301
    found = [*feed_urls(client), *feed_urls(client, "/areas/ha-noi/opml.xml"), *locations(client)]
    assert not [path for path in found if "phuong-phuc-dong" in path]
    assert {client.get(path).status_code for path in found} == {200}


def test_a_list_is_served_as_opml_and_cached_like_a_feed(client: FlaskClient, articles: None) -> None:
    for path in LISTS:
        headers = client.get(path).headers
        assert headers["Content-Type"] == "text/x-opml; charset=utf-8"
        assert headers["Cache-Control"] == client.get("/rss.xml").headers["Cache-Control"]
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in headers


@pytest.mark.parametrize("path", [*LISTS, "/sitemap.xml", "/sitemap-pages-0.xml", "/sitemap-0.xml"])
def test_who_has_a_list_gets_304_until_something_changes(
    client: FlaskClient, db: Database, site: Site, articles: None, path: str
) -> None:
    headers = client.get(path).headers
    for condition in ({"If-None-Match": headers["ETag"]}, {"If-Modified-Since": headers["Last-Modified"]}):
        assert client.get(path, headers=condition).status_code == 304
    ingest(db, replace(DRAFTS[0], content_text="Sửa."), site=site, now=CORRECTED)
    changed = client.get(path, headers={"If-None-Match": headers["ETag"]})
    assert changed.status_code == 200
    assert changed.headers["Last-Modified"] == "Sat, 21 Nov 2026 02:15:00 GMT"


def test_the_list_of_an_unknown_area_is_404(client: FlaskClient) -> None:
    assert client.get("/areas/khong-co/opml.xml").status_code == 404


def test_hidden_things_are_in_no_list_and_their_feeds_and_own_list_keep_working(
    client: FlaskClient, db: Database, articles: None
) -> None:
    with transaction(db):
        db.execute("UPDATE areas SET hidden = 1 WHERE slug = 'quan-long-bien'")
        db.execute("UPDATE categories SET hidden = 1 WHERE slug = 'kinh-te-do-thi'")
    for path in (*feed_urls(client), *locations(client)):
        assert "quan-long-bien" not in path
        assert "kinh-te-do-thi" not in path
    for path in ("/areas/quan-long-bien/opml.xml", "/areas/quan-long-bien/rss.xml", "/categories/kinh-te-do-thi/"):
        assert client.get(path).status_code == 200


def test_the_sitemap_has_lists_scopes_with_articles_and_articles_and_all_answer(
    client: FlaskClient, articles: None
) -> None:
    found = locations(client)
    assert {"/", "/wards/", "/areas/", "/categories/", "/wards/phuong-lang/", "/areas/ha-noi/thong-bao/"} <= set(found)
    assert "/wards/phuong-viet-hung/" not in found
    assert {path for path in found if path.startswith("/articles/")} == {
        "/articles/1/hop",
        "/articles/2/hoi",
        "/articles/3/le",
    }
    assert {client.get(path).status_code for path in found} == {200}


def test_a_sitemap_is_as_the_protocol_says(client: FlaskClient, articles: None) -> None:
    response = client.get("/sitemap.xml")
    assert response.headers["Content-Type"] == "application/xml; charset=utf-8"
    root = ElementTree.fromstring(response.data)
    assert root.tag == f"{SITEMAP}urlset"
    for node in root:
        assert node.tag == f"{SITEMAP}url"
        assert [child.tag for child in node] == [f"{SITEMAP}loc", f"{SITEMAP}lastmod"]
        assert node[0].text
        assert node[0].text.startswith(SITE_URL + "/")
        assert datetime.fromisoformat(node[1].text or "").tzinfo


def test_lastmod_of_an_article_is_when_it_was_corrected(
    client: FlaskClient, db: Database, site: Site, articles: None
) -> None:
    assert locations(client)["/articles/1/hop"] == "2024-03-02T08:30:00+07:00"
    ingest(db, replace(DRAFTS[0], content_text="Sửa."), site=site, now=CORRECTED)
    found = locations(client)
    assert found["/articles/1/hop"] == found["/wards/phuong-phuc-dong/"] == "2026-11-21T09:15:00+07:00"
    assert found["/wards/phuong-lang/"] == "2026-11-20T08:30:00+07:00"


def test_what_is_withdrawn_or_not_yet_due_is_in_no_list(
    client: FlaskClient, db: Database, site: Site, articles: None
) -> None:
    now = datetime.now(VIETNAM)
    later = replace(DRAFTS[2], title="Mai", published=now + timedelta(days=1), ward="phuong-lang", categories=("khac",))
    ingest(db, later, site=site, now=now)
    withdraw(db, 3, reason="Nhầm", now=now)
    found = locations(client)
    assert {path for path in found if path.startswith("/articles/")} == {"/articles/1/hop", "/articles/2/hoi"}
    assert not [path for path in found if "phuong-lang" in path or "khac" in path]
    assert not [url for url in feed_urls(client) if "phuong-lang/" in url and url.count("/") == 4]


def test_a_service_without_articles_has_valid_lists(client: FlaskClient) -> None:
    assert list(locations(client)) == ["/", "/wards/", "/areas/", "/categories/"]
    assert "/wards/phuong-lang/rss.xml" in feed_urls(client)


def test_above_the_limit_the_sitemap_is_an_index_whose_files_hold_the_same_urls(
    small: FlaskClient, articles: None
) -> None:
    root = ElementTree.fromstring(small.get("/small/sitemap.xml").data)
    assert root.tag == f"{SITEMAP}sitemapindex"
    assert {node.tag for node in root} == {f"{SITEMAP}sitemap"}
    whole = locations(small)
    files = [locations(small, f"/small{path}") for path in locations(small, "/small/sitemap.xml")]
    assert len(files) > 2
    assert all(1 <= len(found) <= 6 for found in files)
    assert {path: modified for found in files for path, modified in found.items()} == whole
    assert sum(map(len, files)) == len(whole)


def test_a_sitemap_holds_a_fixed_range_of_ids_and_only_its_own_articles_renew_it(
    small: FlaskClient, db: Database, site: Site, articles: None
) -> None:
    for number in range(4, 9):
        ingest(db, replace(DRAFTS[0], title=f"Bài {number}"), site=site, now=WHEN)
    old, new = (small.get(f"/small/sitemap-{number}.xml") for number in (0, 1))
    assert list(locations(small, "/small/sitemap-1.xml")) == ["/articles/7/bai-7", "/articles/8/bai-8"]
    withdraw(db, 8, reason="Nhầm", now=CORRECTED)
    assert small.get("/small/sitemap-0.xml", headers={"If-None-Match": old.headers["ETag"]}).status_code == 304
    assert small.get("/small/sitemap-1.xml", headers={"If-None-Match": new.headers["ETag"]}).status_code == 200
    assert list(locations(small, "/small/sitemap-1.xml")) == ["/articles/7/bai-7"]
    assert locations(small, "/small/sitemap.xml")["/sitemap-1.xml"] == "2026-11-21T09:15:00+07:00"
    withdraw(db, 7, reason="Nhầm", now=CORRECTED)
    assert "/sitemap-1.xml" not in locations(small, "/small/sitemap.xml")
    assert small.get("/small/sitemap-1.xml").status_code == 404


@pytest.mark.parametrize(
    "path", ["/sitemap-1.xml", "/sitemap-pages-1.xml", "/sitemap-99999999999999999999.xml", "/sitemap-x.xml"]
)
def test_a_sitemap_that_would_be_empty_is_404(client: FlaskClient, articles: None, path: str) -> None:
    assert client.get(path).status_code == client.head(path).status_code == 404
    assert client.get(path, headers={"If-None-Match": "*"}).status_code == 404


def test_robots_learn_where_the_sitemap_is_and_keep_out_of_forms_and_searches(client: FlaskClient) -> None:
    response = client.get("/robots.txt")
    assert response.mimetype == "text/plain"
    assert response.text.splitlines() == [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /search?",
        "",
        "Sitemap: https://tin.example.vn/sitemap.xml",
    ]
