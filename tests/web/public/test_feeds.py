"""Feeds over HTTP: content, conditional requests, the window."""

import gzip
import json
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest
from flask.testing import FlaskClient
from werkzeug.http import parse_date

from feedsvc.articles.ingest import ingest, withdraw
from feedsvc.config import Settings
from feedsvc.database import Database, transaction
from feedsvc.feeds import FORMATS
from feedsvc.models import VIETNAM, Article, Draft, ScopeState, Site
from feedsvc.web.public.feeds import list_window

from ...conftest import Clock

PAST = datetime(2026, 11, 20, 8, 30, tzinfo=VIETNAM)
DRAFT = Draft(
    title="Phường Láng họp", published=PAST, categories=("thong-bao",), content_text="Nội dung ở phường Láng."
)
SCOPES = [
    "/",
    "/wards/phuong-lang/",
    "/wards/phuong-lang/thong-bao/",
    "/categories/thong-bao/",
    "/areas/ha-noi/",
    "/areas/ha-noi/thong-bao/",
]
GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture
def article(db: Database, site: Site, now: datetime) -> Article:
    return ingest(db, DRAFT, site=site, now=PAST).article


@pytest.mark.parametrize(("path", "filename"), list(product(SCOPES, FORMATS)))
def test_every_scope_has_a_feed_in_every_format(
    client: FlaskClient, article: Article, path: str, filename: str
) -> None:
    response = client.get(path + filename)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == f"{FORMATS[filename].media_type}; charset=utf-8"
    assert article.guid in response.text
    assert f"https://tin.example.vn{path}{filename}" in response.text


@pytest.mark.parametrize("path", SCOPES)
@pytest.mark.parametrize(
    ("name", "filename"),
    [("feed", "rss.xml"), ("feed/", "rss.xml"), ("rss", "rss.xml"), ("atom", "atom.xml"), ("index.xml", "rss.xml")],
)
def test_a_customary_address_leads_to_the_feed_of_the_page(
    client: FlaskClient, article: Article, path: str, name: str, filename: str
) -> None:
    response = client.get(path + name)
    assert (response.status_code, response.headers["Location"]) == (301, f"https://tin.example.vn{path}{filename}")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/wards/phuong-viet-hung/feed?lineage=1", "/wards/phuong-viet-hung/rss.xml?lineage=1"),
        ("/atom?content=summary&limit=5&utm_source=x", "/atom.xml?content=summary&limit=5"),
        ("/wards/Phường-Láng/feed", "/wards/phuong-lang/rss.xml"),
        ("/FEED/", "/rss.xml"),
    ],
)
def test_a_customary_address_keeps_what_was_asked_for(client: FlaskClient, path: str, target: str) -> None:
    response = client.get(path, base_url="https://tin.example.vn", follow_redirects=True)
    assert response.status_code == 200
    assert response.request.full_path.rstrip("?") == target


def test_a_customary_address_of_an_unknown_scope_is_404(client: FlaskClient) -> None:
    assert client.get("/wards/phuong-khong-co/feed").status_code == 404


@pytest.mark.parametrize("filename", FORMATS)
def test_an_empty_ward_is_a_valid_feed(client: FlaskClient, filename: str) -> None:
    response = client.get(f"/wards/phuong-lang/{filename}")
    assert response.status_code == 200
    assert "Phường Láng" in response.text


@pytest.mark.parametrize(
    "path",
    ["/wards/phuong-khong-co/rss.xml", "/wards/phuong-lang/khong-co/atom.xml", "/areas/x/feed.json", "/feed.xml"],
)
def test_an_unknown_scope_is_404(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_headers_are_those_of_a_public_feed(client: FlaskClient, article: Article) -> None:
    headers = client.get("/rss.xml").headers
    assert headers["Cache-Control"] == "public, max-age=300, stale-while-revalidate=600, stale-if-error=86400"
    assert headers["Vary"] == "Accept-Encoding"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Link"] == '<https://tin.example.vn/rss.xml>; rel="self"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in headers


def test_gzip_has_its_own_etag_and_the_same_content(client: FlaskClient, article: Article) -> None:
    plain, packed = client.get("/rss.xml"), client.get("/rss.xml", headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert int(packed.headers["Content-Length"]) == len(packed.data)


@pytest.mark.parametrize("accept", ["gzip;q=0", "identity", "br", ""])
def test_a_client_without_gzip_gets_identity(client: FlaskClient, accept: str) -> None:
    assert "Content-Encoding" not in client.get("/rss.xml", headers={"Accept-Encoding": accept}).headers


@pytest.mark.parametrize("sent", ["{etag}", "W/{etag}", '"x", {etag}', "*", '"x" ,W/{etag},"y"'])
@pytest.mark.parametrize("encoding", [{}, GZIP])
@pytest.mark.parametrize("stored", [{}, GZIP])
def test_who_has_it_gets_304(
    client: FlaskClient, article: Article, sent: str, encoding: dict[str, str], stored: dict[str, str]
) -> None:
    etag = client.get("/rss.xml", headers=stored).headers["ETag"]
    response = client.get("/rss.xml", headers={"If-None-Match": sent.format(etag=etag), **encoding})
    assert response.status_code == 304
    assert response.data == b""
    assert {"ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin"} <= set(response.headers.keys())
    assert "Content-Type" not in response.headers


def test_if_modified_since_counts_only_without_if_none_match(client: FlaskClient, article: Article) -> None:
    modified = client.get("/rss.xml").headers["Last-Modified"]
    assert client.get("/rss.xml", headers={"If-Modified-Since": modified}).status_code == 304
    both = {"If-Modified-Since": modified, "If-None-Match": '"x"'}
    assert client.get("/rss.xml", headers=both).status_code == 200
    earlier = {"If-Modified-Since": "Thu, 19 Nov 2026 00:00:00 GMT"}
    assert client.get("/rss.xml", headers=earlier).status_code == 200


def test_a_malformed_validator_is_no_error(client: FlaskClient, article: Article) -> None:
    for headers in ({"If-None-Match": '"'}, {"If-None-Match": "x" * 9000}, {"If-Modified-Since": "gestern"}):
        assert client.get("/rss.xml", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/rss.xml", "/wards/phuong-lang/feed.json", "/"])
def test_head_has_the_headers_and_no_body(client: FlaskClient, article: Article, path: str) -> None:
    first, got, head = client.head(path), client.get(path), [client.head(path) for _ in range(2)][-1]
    assert (first.data, head.data) == (b"", b"")
    assert dict(head.headers) == dict(got.headers)
    assert {**first.headers, "Content-Length": got.headers["Content-Length"]} == dict(got.headers)


def test_an_edit_and_a_withdrawal_change_the_validators(
    client: FlaskClient, db: Database, site: Site, article: Article
) -> None:
    seen = [client.get("/rss.xml").headers]
    ingest(db, replace(DRAFT, content_text="Sửa ở phường Láng."), site=site, now=PAST + timedelta(hours=1))
    seen.append(client.get("/rss.xml").headers)
    withdraw(db, article.id, reason="Nhầm", now=PAST + timedelta(hours=2))
    seen.append(client.get("/rss.xml").headers)
    assert len({headers["ETag"] for headers in seen}) == 3
    times = [parse_date(headers["Last-Modified"]) for headers in seen]
    assert times == sorted(set(times))  # type: ignore[type-var]
    assert client.get("/rss.xml", headers={"If-None-Match": seen[1]["ETag"]}).status_code == 200


def test_a_change_elsewhere_leaves_a_scope_alone(
    client: FlaskClient, db: Database, site: Site, article: Article
) -> None:
    etag = client.get("/wards/phuong-lang/rss.xml").headers["ETag"]
    other = replace(DRAFT, title="Phường Bồ Đề họp", content_text="x", categories=("khac",))
    ingest(db, other, site=site, now=PAST)
    assert client.get("/wards/phuong-lang/rss.xml", headers={"If-None-Match": etag}).status_code == 304
    assert client.get("/rss.xml", headers={"If-None-Match": etag}).status_code == 200


def test_two_changes_within_a_second_are_told_apart_by_their_date(
    client: FlaskClient, db: Database, site: Site, clock: Clock
) -> None:
    moment = clock.now = PAST
    ingest(db, DRAFT, site=site, now=moment)
    modified = client.get("/rss.xml").headers["Last-Modified"]
    ingest(db, replace(DRAFT, content_text="Sửa ngay ở phường Láng."), site=site, now=moment)
    assert client.get("/rss.xml", headers={"If-Modified-Since": modified}).status_code == 200


def test_the_window_shows_a_minimum_and_all_of_the_last_days(db: Database, site: Site, settings: Settings) -> None:
    small = replace(settings, feed_min_entries=3, feed_max_entries=8, feed_window_days=2)

    def shown() -> int:
        changed_at = db.execute("SELECT changed_at FROM scopes").fetchone()[0]
        state = ScopeState(1, datetime.fromtimestamp(changed_at, VIETNAM), "epoch")
        return len(list_window(db, ["everything"], state, small))

    for number in range(95):  # with the five that follow, they fill an archive document
        old = PAST - timedelta(days=30 + number)
        ingest(db, replace(DRAFT, external_id=f"old{number}", published=old, backfill=True), site=site, now=PAST)
    assert shown() == 95
    for number in range(5):
        ingest(db, replace(DRAFT, external_id=f"new{number}"), site=site, now=PAST)
    assert shown() == 5
    for number in range(100):
        ingest(db, replace(DRAFT, external_id=f"burst{number}"), site=site, now=PAST)
    assert shown() == 8
    late = replace(DRAFT, external_id="late", published=PAST - timedelta(days=90), backfill=True)
    ingest(db, late, site=site, now=PAST)
    assert shown() == 8 + 1
    with transaction(db):
        db.execute("UPDATE scopes SET changed_at = changed_at + 999999, last_position = 300")
    assert shown() == 3


def test_a_scheduled_article_is_in_the_feed_with_the_first_request_after_its_time(
    client: FlaskClient, db: Database, site: Site, now: datetime, clock: Clock
) -> None:
    at = now + timedelta(hours=1)
    ingest(db, replace(DRAFT, published=at), site=site, now=now)
    clock.now = at - timedelta(seconds=1)
    before = client.get("/feed.json")
    assert json.loads(before.text)["items"] == []
    clock.now = at
    after = client.get("/feed.json", headers={"If-None-Match": before.headers["ETag"]})
    assert len(json.loads(after.text)["items"]) == 1


def test_urls_never_follow_the_host_header(client: FlaskClient, article: Article) -> None:
    headers = {"Host": "evil.example.com", "X-Forwarded-Host": "evil.example.com", "X-Forwarded-Proto": "ftp"}
    for path in ("/rss.xml", "/", "/articles/1/x"):
        response = client.get(path, headers=headers)
        assert "evil.example.com" not in response.text + str(response.headers)
