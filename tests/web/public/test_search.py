"""Search over HTTP: the page with its form, the feeds, messages about wrong input."""

import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree import ElementTree

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from feedsvc.articles.ingest import ingest, withdraw
from feedsvc.config import Settings
from feedsvc.database import Database
from feedsvc.feeds import FORMATS
from feedsvc.markup import html_to_text
from feedsvc.models import VIETNAM, Article, Draft, Site
from feedsvc.web.public.pages import PAGE_ENTRIES

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=VIETNAM)
DRAFT = Draft(
    title="Tổng vệ sinh <b>đường</b> & phố",
    published=NOW,
    ward="phuong-lang",
    categories=("thong-bao",),
    content_text="Sáng nay, Đường <Láng> sạch & đẹp.",
)
SITE = "https://tin.example.vn"


@pytest.fixture
def article(db: Database, site: Site) -> Article:
    return ingest(db, DRAFT, site=site, now=NOW).article


Post = Callable[..., Article]


@pytest.fixture
def post(db: Database, site: Site) -> Post:
    def post_one(number: int, **fields: object) -> Article:
        values: dict[str, object] = {
            "published": NOW - timedelta(days=number),
            "external_id": f"k{number}",
            "title": f"Số {number}",
            **fields,
        }
        return ingest(db, replace(DRAFT, **values), site=site, now=NOW).article  # type: ignore[arg-type]

    return post_one


def shown_ids(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<h3><a href="/articles/(\d+)/', page)]


def feed_ids(client: FlaskClient, query: str) -> list[str]:
    response = client.get(f"/search/feed.json?{query}")
    assert response.status_code == 200
    return [item["id"] for item in json.loads(response.text)["items"]]


def test_it_works(client: FlaskClient, article: Article) -> None:
    response = client.get("/search?q=duong+ve+sinh")
    assert response.status_code == 200
    assert shown_ids(response.text) == [article.id]
    assert '<meta name="robots" content="noindex">' in response.text


@pytest.mark.parametrize("query", ["", "?q=", "?q=%22", "?q=...", "?ward=phuong-lang", "?x=1"])
def test_without_a_word_there_is_just_the_form(client: FlaskClient, article: Article, query: str) -> None:
    page = client.get(f"/search{query}").text
    assert 'name="q"' in page
    assert shown_ids(page) == []
    assert 'rel="alternate"' not in page


@pytest.mark.parametrize(
    "path", ["/search", "/search?q=duong", "/search?q=nichts", "/search?q=!", "/search?q=x&ward=x&from=x&to=y&before=z"]
)
def test_the_page_is_wellformed_and_each_field_has_its_label(client: FlaskClient, article: Article, path: str) -> None:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root = parser.parse(client.get(path).text)
    form = next(form for form in root.iter("form") if form.findall(".//select"))
    assert (form.get("action"), form.get("method")) == ("/search", None)
    labels = {label.get("for") for label in form.iter("label")}
    fields = [field for kind in ("input", "select") for field in form.iter(kind)]
    assert [field.get("name") for field in fields] == ["q", "from", "to", "ward", "area", "category"]
    assert labels == {field.get("id") for field in fields}
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(ids) == len(set(ids))


def test_excerpts_are_in_the_original_spelling_with_the_matches_marked(client: FlaskClient, article: Article) -> None:
    page = client.get("/search?q=duong+sach").text
    assert ">Tổng vệ sinh &lt;b&gt;<mark>đường</mark>&lt;/b&gt; &amp; phố</a>" in page
    assert "Sáng nay, <mark>Đường</mark> &lt;Láng&gt; <mark>sạch</mark> &amp; đẹp." in page


@pytest.mark.slow
@given(query=st.text(st.characters(exclude_categories=["Cs"]), max_size=30), content=st.text(max_size=300))
@example(query="dep", content="đẹp</p><script> & đẹp " * 30)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_query_is_safe_and_what_is_shown_is_a_part_of_the_text(
    client: FlaskClient, db: Database, site: Site, query: str, content: str
) -> None:
    draft = replace(DRAFT, content_text=f"đẹp {content}", external_id="k")
    article = ingest(db, draft, site=site, now=NOW).article
    for asked in (query, f"đẹp {query}", "dep"):
        response = client.get(f"/search?q={quote(asked)}")
        assert response.status_code == 200
        for excerpt in re.findall(r'<p class="excerpt">(.*?)</p>', response.text, re.S):
            plain = html.unescape(re.sub("</?mark>", "", excerpt)).removeprefix("… ").removesuffix(" …")
            assert plain in html_to_text(article.content_html)
    assert "<mark>đẹp</mark>" in client.get("/search?q=dep").text


def test_a_query_with_accents_says_when_it_found_only_words_without(client: FlaskClient, article: Article) -> None:
    assert "không kể dấu" not in client.get("/search?q=đường").text
    page = client.get("/search?q=đuòng").text
    assert "Không có bài nào viết đúng dấu như “đuòng”." in page
    assert "<mark>Đường</mark>" in page


def test_nothing_found_is_said(client: FlaskClient, article: Article) -> None:
    page = client.get("/search?q=đườngg").text
    assert "Không tìm thấy bài nào." in page
    assert "không kể dấu" not in page


def test_a_query_that_is_too_long_is_cut_and_that_is_said(client: FlaskClient, article: Article) -> None:
    assert "Nội dung tìm quá dài." not in client.get("/search?q=duong").text
    page = client.get("/search?q=" + "duong+" * 12 + "nichts").text
    assert "Nội dung tìm quá dài." in page
    assert shown_ids(page) == [article.id]
    assert "Nội dung tìm quá dài." in client.get("/search?q=" + "x" * 201).text


def test_pages_lead_from_the_newest_to_the_oldest(client: FlaskClient, post: Post) -> None:
    articles = [post(number) for number in range(PAGE_ENTRIES * 2 + 1)]
    seen, path = [], "/search?q=duong&ward=phuong-lang"
    while path:
        page = client.get(path).text
        seen.append(shown_ids(page))
        older = re.search(r'<a href="([^"]+)" rel="next">Kết quả cũ hơn</a>', page)
        path = html.unescape(older.group(1)) if older else ""
    assert [len(ids) for ids in seen] == [PAGE_ENTRIES, PAGE_ENTRIES, 1]
    assert [number for ids in seen for number in ids] == [article.id for article in articles]


def test_a_later_page_survives_the_withdrawal_of_the_article_that_it_starts_after(
    client: FlaskClient, db: Database, post: Post
) -> None:
    ids = [post(number).id for number in range(3)]
    withdraw(db, ids[1], reason="", now=NOW)
    assert shown_ids(client.get(f"/search?q=duong&before={ids[1]}").text) == [ids[2]]


def test_filters_narrow_down_the_page_and_the_feeds_and_stay_chosen(client: FlaskClient, post: Post) -> None:
    here = post(1)
    there = post(2, ward="phuong-bo-de", categories=("khac",))
    for query, expected in {
        "ward=phuong-lang": [here],
        "ward=phuong-bo-de": [there],
        "area=khu-vuc-long-bien": [there],
        "area=ha-noi": [here, there],
        "category=khac": [there],
        "from=2026-11-19": [here],
        "to=2026-11-18": [there],
        "from=2026-11-18&to=2026-11-18": [there],
        "ward=phuong-lang&category=khac": [],
        "ward=&area=&category=&from=&to=": [here, there],
    }.items():
        page = client.get(f"/search?q=duong&{query}").text
        assert shown_ids(page) == [article.id for article in expected], query
        assert feed_ids(client, f"q=duong&{query}") == [article.guid for article in expected], query
    page = client.get("/search?q=duong&ward=phuong-bo-de&category=khac&from=2026-11-18").text
    assert '<option value="phuong-bo-de" selected>' in page
    assert '<option value="khac" selected>' in page
    assert 'name="from" value="2026-11-18"' in page


@pytest.mark.parametrize("day", ["18/11/2026", "18/11/2026 ", "2026-11-18"])
def test_a_day_is_taken_as_people_here_write_it_and_as_a_browser_sends_it(
    client: FlaskClient, article: Article, day: str
) -> None:
    page = client.get("/search", query_string={"q": "duong", "from": day}).text
    assert shown_ids(page) == [article.id]
    assert 'name="from" value="2026-11-18"' in page
    assert "from=2026-11-18" in page


def test_the_filters_are_folded_away_unless_one_is_set(client: FlaskClient, article: Article) -> None:
    assert "<details>" in client.get("/search?q=duong").text
    for query in ("ward=phuong-lang", "area=ha-noi", "category=khac", "from=2026-11-18", "to=2026-11-18", "ward=x"):
        assert "<details open>" in client.get(f"/search?q=duong&{query}").text, query


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("ward=phuong-khong-co", "Không có phường, xã này"),
        ("area=khong-co", "Không có khu vực này"),
        ("category=khong-co", "Không có chuyên mục này"),
        *(
            (f"from={day}", "Ngày phải viết theo dạng ngày/tháng/năm, ví dụ 13/09/2023.")
            for day in ("30/02/2023", "09/13/2023", "20230913", "2023-02-30", "2023-W01-1", "x")
        ),
        ("to=13.9.2023", "Ngày phải viết theo dạng"),
        ("from=2024-01-02&to=2024-01-01", "“Đến ngày” phải sau hoặc trùng “Từ ngày”."),
    ],
)
def test_a_wrong_filter_has_a_message_at_its_field_and_no_input_is_lost(
    client: FlaskClient, article: Article, query: str, message: str
) -> None:
    response = client.get(f"/search?q=duong&{query}")
    assert response.status_code == 400
    assert shown_ids(response.text) == []
    root = html5lib.parse(response.text, namespaceHTMLElements=False)
    wrong = [field for field in root.iter() if field.get("aria-invalid")]
    assert len(wrong) == 1
    note = next(node for node in root.iter("ul") if node.get("id") == wrong[0].get("aria-describedby"))
    assert message in "".join(note.itertext())
    for name, values in parse_qs(f"q=duong&{query}").items():
        assert f'value="{values[0]}"' in response.text, name
    assert 'type="date" id="loc-to" name="to" value="2023-9-1"' not in response.text
    for filename in FORMATS:
        assert client.get(f"/search/{filename}?q=duong&{query}").status_code == 400


@pytest.mark.parametrize("before", ["x", "0", "99", "-1", "1" * 30, "1.5"])
def test_an_invalid_page_is_400_and_a_feed_ignores_it(client: FlaskClient, article: Article, before: str) -> None:
    response = client.get(f"/search?q=duong&before={before}")
    assert response.status_code == 400
    assert "Không có trang kết quả này" in response.text
    assert feed_ids(client, f"q=duong&before={before}") == [article.guid]


def test_a_scheduled_article_marks_no_page(client: FlaskClient, post: Post, article: Article) -> None:
    later = post(1, published=datetime(2100, 1, 1, tzinfo=VIETNAM))
    assert later.state == "scheduled"
    assert client.get(f"/search?q=duong&before={later.id}").status_code == 400
    assert shown_ids(client.get("/search?q=so").text) == []


def test_the_page_names_its_feeds_in_the_head_and_visibly(client: FlaskClient, article: Article) -> None:
    root = html5lib.parse(client.get("/search?ward=phuong-lang&q=đường").text, namespaceHTMLElements=False)
    links = {node.get("href") for node in root.findall(".//link[@rel='alternate']")}
    shown = {node.get("value") for node in root.findall(".//input[@readonly]")}
    assert links == shown == {f"{SITE}/search/{name}?q=%C4%91%C6%B0%E1%BB%9Dng&ward=phuong-lang" for name in FORMATS}
    for url in links:
        assert client.get(url.removeprefix(SITE)).status_code == 200


@pytest.mark.parametrize("filename", FORMATS)
def test_a_search_has_a_feed_in_every_format(client: FlaskClient, article: Article, filename: str) -> None:
    path = f"/search/{filename}?q=%C4%91%C6%B0%E1%BB%9Dng&category=thong-bao"
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == f"{FORMATS[filename].media_type}; charset=utf-8"
    assert response.headers["Link"] == f'<{SITE}{path}>; rel="self"'
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == client.get(f"/{filename}").headers["Cache-Control"]
    assert response.headers["Vary"] == "Accept-Encoding"
    text = html.unescape(response.text)
    for part in (article.guid, f"{SITE}{path}", f"{SITE}/search?q=%C4%91%C6%B0%E1%BB%9Dng&category=thong-bao"):
        assert part in text
    assert "Tìm “đường” (chuyên mục Thông báo)" in text


@pytest.mark.parametrize("query", ["", "q=", "q=%22%2A", "q=khongcodau"])
@pytest.mark.parametrize("filename", FORMATS)
def test_a_search_that_finds_nothing_is_a_valid_empty_feed(client: FlaskClient, filename: str, query: str) -> None:
    response = client.get(f"/search/{filename}?{query}")
    assert response.status_code == 200
    assert "Tìm" in response.text


def test_the_id_of_a_feed_is_a_tag_uri_of_its_own_that_a_rename_does_not_move(
    client: FlaskClient, article: Article
) -> None:
    root = ElementTree.fromstring(client.get("/search/atom.xml?q=đường+a/b&ward=phuong-lang").data)
    ward = article.ward.id
    expected = f"tag:tin.example.vn,2026-11-24:feed/search/%C4%91%C6%B0%E1%BB%9Dng%20a%2Fb/ward/{ward}"
    assert root.findtext("{http://www.w3.org/2005/Atom}id") == expected


@pytest.mark.parametrize("path", ["/search", "/search/rss.xml"])
def test_the_same_search_is_the_same_document_however_it_is_written(
    client: FlaskClient, article: Article, path: str
) -> None:
    first, *others = (
        client.get(f"{path}?{query}")
        for query in (
            "q=duong+pho&ward=phuong-lang",
            "ward=phuong-lang&q=duong+pho",
            "q=%20duong%20%20pho%09&ward=phuong-lang&category=&utm_source=x&page=2",
            "q=duong+pho&q=x&ward=phuong-lang",
        )
    )
    for other in others:
        assert (other.data, other.headers["ETag"]) == (first.data, first.headers["ETag"])
    different = {
        client.get(f"{path}?{query}").headers["ETag"]
        for query in ("q=duong", "q=duong&to=2026-11-20", "q=duong&from=2026-11-20", "q=duong&area=ha-noi", "q=pho")
    }
    assert len(different) == 5


def test_who_has_it_gets_304_until_anything_changes(
    client: FlaskClient, article: Article, db: Database, site: Site
) -> None:
    for path in ("/search?q=duong", "/search/atom.xml?q=duong"):
        etag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
        ingest(db, replace(DRAFT, title=path), site=site, now=NOW)
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_a_cut_query_and_a_later_page_have_validators_of_their_own(client: FlaskClient, post: Post) -> None:
    first = post(1)
    post(2)
    long = "duong+" * 12
    paths = [f"/search?q={long}", f"/search?q={long}x", "/search?q=duong", f"/search?q=duong&before={first.id}"]
    assert len({client.get(path).headers["ETag"] for path in paths}) == 4


def test_searches_are_not_kept_among_the_ready_documents(app: Flask, client: FlaskClient, article: Article) -> None:
    client.get("/rss.xml")
    kept = dict(app.extensions["feedsvc"].documents._kept)
    assert kept
    for number in range(20):
        client.get(f"/search?q={number}")
        client.get(f"/search/rss.xml?q={number}")
    assert app.extensions["feedsvc"].documents._kept == kept


def test_the_feed_of_a_search_has_the_window_of_other_feeds(
    client: FlaskClient, settings: Settings, post: Post
) -> None:
    for number in range(settings.feed_min_entries + 5):
        post(number + 40)
    assert len(feed_ids(client, "q=duong")) == settings.feed_min_entries
    burst = [post(number, published=NOW - timedelta(minutes=number)) for number in range(1000, 1040)]
    assert feed_ids(client, "q=duong") == [article.guid for article in burst]


def test_urls_never_follow_the_host_header(client: FlaskClient, article: Article) -> None:
    for path in ("/search?q=duong", "/search/rss.xml?q=duong", "/search?q=duong&ward=x"):
        response = client.get(path, headers={"Host": "evil.example.com"})
        assert "evil.example.com" not in response.text + str(response.headers)
        assert "Set-Cookie" not in response.headers


def test_the_search_answers_under_its_own_address_only(client: FlaskClient, article: Article) -> None:
    response = client.get("/search/?q=duong")
    assert response.status_code in {301, 404}
    assert urlsplit(response.headers.get("Location", f"{SITE}/search")).path == "/search"
