"""The layer before Flask: what it answers itself, when it asks Flask, and what it keeps; it keeps nothing private."""

import gzip
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc import create_app
from feedsvc.articles.ingest import ingest, restore, withdraw
from feedsvc.config import Settings
from feedsvc.database import Database, open_database, transaction
from feedsvc.instance import load_site
from feedsvc.models import VIETNAM, Article, Draft, ScopeState, Site
from feedsvc.registry.edit import change_category_label
from feedsvc.serving.documents import Document, Documents, Packed
from feedsvc.store.articles import record_view_count
from feedsvc.store.categories import list_categories
from feedsvc.store.facts import renew_epoch
from feedsvc.web.context import get_parts
from feedsvc.web.responses import Policy, respond

from ..conftest import NOW, Clock, make_settings

PAST = datetime(2026, 11, 20, 8, 30, tzinfo=VIETNAM)
DRAFT = Draft(
    title="Phường Láng họp", published=PAST, categories=("thong-bao",), content_text="Nội dung ở phường Láng."
)
# One document of each public kind.
PATHS = [
    "/",
    "/rss.xml",
    "/atom.xml?content=summary",
    "/wards/",
    "/wards/phuong-lang/",
    "/wards/phuong-lang/?lineage=1",
    "/wards/phuong-lang/feed.json",
    "/wards/phuong-lang/rss.xml?lineage=1",
    "/wards/phuong-lang/thong-bao/atom.xml",
    "/wards/phuong-bo-de/van-hoa-xa-hoi/rss.xml",
    "/areas/",
    "/areas/ha-noi/",
    "/areas/ha-noi/rss.xml",
    "/areas/ha-noi/opml.xml",
    "/categories/",
    "/categories/thong-bao/rss.xml",
    "/categories/thong-bao/2026/11/",
    "/archive/1/rss.xml",
    "/articles/1/phuong-lang-hop",
    "/changes.json?since=0&limit=500",
    "/opml.xml",
    "/sitemap.xml",
    "/sitemap-0.xml",
    "/search?q=lang",
    "/search/rss.xml?q=lang",
]
NOT_KEPT = ["/sitemap-0.xml", "/search?q=lang", "/search/rss.xml?q=lang"]
KEPT = [path for path in PATHS if path not in NOT_KEPT]
GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture
def asked(app: Flask) -> list[str]:
    """The requests that reached Flask."""
    seen: list[str] = []
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: seen.append(request.full_path))
    return seen


@pytest.fixture
def article(db: Database, site: Site) -> Article:
    """An article in an archive document of its own: the other places were given in a history that a restore lost."""
    found = ingest(db, DRAFT, site=site, now=PAST).article
    with transaction(db):
        db.execute("UPDATE scopes SET last_position = 100")
    return found


def ask(client: FlaskClient, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    response = client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return response.status_code, dict(response.headers), response.data


def warm(client: FlaskClient, path: str) -> None:
    """Ask twice, because the second request keeps the body."""
    client.get(path)
    client.get(path)


@pytest.mark.parametrize("path", KEPT)
def test_a_fresh_document_is_answered_without_flask(
    client: FlaskClient, article: Article, asked: list[str], path: str
) -> None:
    warm(client, path)
    asked.clear()
    assert client.get(path).status_code == 200
    assert client.head(path, headers=GZIP).status_code == 200
    assert ask(client, path, If_None_Match="*")[0] == 304
    assert asked == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_ready_answer_is_the_one_that_flask_gave(
    client: FlaskClient, article: Article, path: str, method: str
) -> None:
    etag = client.get(path).headers["ETag"]
    variants = [{}, GZIP, {"If-None-Match": etag}, {"If-None-Match": etag, **GZIP}, {"Range": "bytes=0-9"}]
    documents = client.application.extensions["feedsvc"].documents
    for headers in variants:
        answers = []
        for _ in range(3):  # through Flask; through Flask, keeping the body; ready
            response = client.open(path, method=method, headers=headers)
            answers.append((response.status, sorted(response.headers), response.data))
        assert answers[0] == answers[1] == answers[2]
        documents._kept.clear()
        documents._bytes = 0


def test_the_first_304_needs_no_body_and_the_next_no_flask(
    client: FlaskClient, app: Flask, article: Article, asked: list[str]
) -> None:
    etag = client.get("/rss.xml").headers["ETag"]
    app.extensions["feedsvc"].documents._kept.clear()
    asked.clear()
    assert [ask(client, "/rss.xml", If_None_Match=etag)[0] for _ in range(3)] == [304] * 3
    assert len(asked) == 1
    assert app.extensions["feedsvc"].documents.find("/rss.xml").body is None


def test_a_304_carries_what_may_be_news_to_a_cache_and_nothing_of_the_document(
    client: FlaskClient, article: Article
) -> None:
    warm(client, "/rss.xml")
    headers = ask(client, "/rss.xml", If_None_Match="*")[1]
    assert headers.keys() == {"ETag", "Cache-Control", "Vary", "Last-Modified", "Access-Control-Allow-Origin"}


def test_a_server_may_change_the_headers(client: FlaskClient, app: Flask, article: Article) -> None:
    warm(client, "/rss.xml")
    first = ask(client, "/rss.xml")

    def spoil(status: str, headers: list[tuple[str, str]]) -> None:
        headers.append(("Set-Cookie", "a=b"))

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/rss.xml", "QUERY_STRING": ""}
    app.wsgi_app(environ, spoil)  # type: ignore[arg-type]
    app.wsgi_app({**environ, "HTTP_IF_NONE_MATCH": "*"}, spoil)  # type: ignore[arg-type]
    assert ask(client, "/rss.xml") == first
    assert "Set-Cookie" not in ask(client, "/rss.xml", If_None_Match="*")[1]


def test_a_change_elsewhere_costs_one_lookup_and_no_flask(
    client: FlaskClient, db: Database, site: Site, article: Article, asked: list[str]
) -> None:
    path = "/wards/phuong-lang/rss.xml"
    warm(client, path)
    ingest(db, replace(DRAFT, title="Phường Bồ Đề họp", content_text="x", categories=("khac",)), site=site, now=PAST)
    asked.clear()
    assert client.get(path).status_code == 200
    assert asked == []


def test_a_change_is_seen_by_the_next_request(client: FlaskClient, db: Database, site: Site, article: Article) -> None:
    warm(client, "/rss.xml")
    before = ask(client, "/rss.xml")
    ingest(db, replace(DRAFT, content_text="Sửa ở phường Láng."), site=site, now=PAST + timedelta(hours=1))
    after = ask(client, "/rss.xml", If_None_Match=before[1]["ETag"])
    assert after[0] == 200
    assert b"S\xe1\xbb\xada" in after[2]


def test_what_a_request_itself_writes_is_seen_by_the_next_one(
    client: FlaskClient, app: Flask, article: Article
) -> None:
    """PRAGMA data_version does not report the commits of its own connection."""
    warm(client, "/rss.xml")
    with app.app_context():
        parts = get_parts()
        withdraw(parts.connection(), article.id, reason="Nhầm", now=PAST + timedelta(hours=1))
    assert "Đã thu hồi" in ask(client, "/rss.xml")[2].decode()


def test_a_renamed_category_takes_its_ready_documents_along(
    client: FlaskClient, db: Database, article: Article, now: datetime
) -> None:
    empty, filled = "/wards/phuong-bo-de/van-hoa-xa-hoi/rss.xml", "/categories/thong-bao/rss.xml"
    for path in (empty, filled):
        warm(client, path)
    before = client.get(empty).headers["ETag"]
    change_category_label(db, "van-hoa-xa-hoi", "Văn hóa xã hội", now=now)
    renamed = client.get(empty)
    assert (renamed.status_code, "Văn hóa xã hội" in renamed.text) == (200, True)
    assert renamed.headers["ETag"] != before
    change_category_label(db, "thong-bao", "Tin cần biết", now=now)
    assert client.get(filled).headers["Location"] == "https://tin.example.vn/categories/tin-can-biet/rss.xml"


def test_what_is_due_appears_in_ready_documents_and_the_day_asks_flask_once(
    client: FlaskClient, db: Database, site: Site, now: datetime, clock: Clock, asked: list[str]
) -> None:
    at = now + timedelta(hours=1)
    ingest(db, replace(DRAFT, published=at), site=site, now=now)
    clock.now += timedelta(minutes=1)
    warm(client, "/feed.json")
    clock.now = at - timedelta(seconds=1)
    asked.clear()
    assert (DRAFT.title in client.get("/feed.json").text, asked) == (False, [])
    clock.now = at
    assert DRAFT.title in client.get("/feed.json").text
    clock.now = at + timedelta(days=1)
    asked.clear()
    for _ in range(3):
        client.get("/feed.json")
    assert len(asked) == 1


def test_a_date_in_the_second_of_a_change_is_corrected_after_that_second(
    client: FlaskClient, db: Database, site: Site, clock: Clock
) -> None:
    clock.now = PAST
    ingest(db, DRAFT, site=site, now=PAST)
    warm(client, "/rss.xml")
    early = client.get("/rss.xml").headers["Last-Modified"]
    clock.now = PAST + timedelta(seconds=1)
    assert client.get("/rss.xml").headers["Last-Modified"] > early


def test_junk_in_the_query_finds_the_document_and_keeps_no_other(
    client: FlaskClient, app: Flask, article: Article
) -> None:
    warm(client, "/rss.xml")
    plain = client.get("/rss.xml")
    for query in ("?", "?utm_source=x", "?%00=%ff", "?" + "a=b&" * 500, "?content=", "?limit=x"):
        response = client.get(f"/rss.xml{query}")
        assert (response.status_code, response.headers["ETag"]) == (200, plain.headers["ETag"])
        assert response.data == plain.data
    assert list(app.extensions["feedsvc"].documents._kept) == ["/rss.xml"]


@pytest.mark.parametrize("tags", ['"' + "x" * 10_000, '"x", ' * 2_000, "W/" * 5_000, "\xff" * 10_000, ",,,"])
def test_a_long_or_broken_if_none_match_is_no_match(client: FlaskClient, article: Article, tags: str) -> None:
    warm(client, "/rss.xml")
    assert ask(client, "/rss.xml", If_None_Match=tags)[0] == 200


# Private pages


@pytest.mark.parametrize("path", ["/admin/", "/admin/login", "/api/articles", "/api/openapi.json", "/metrics"])
def test_a_private_or_counting_answer_is_never_kept(
    client: FlaskClient, app: Flask, article: Article, path: str
) -> None:
    for _ in range(3):
        client.get(path)
    assert not app.extensions["feedsvc"].documents._kept


@pytest.mark.parametrize(
    "spoil",
    [
        lambda response: response.set_cookie("a", "b"),
        lambda response: response.headers.set("Cache-Control", "private"),
        lambda response: response.headers.set("Vary", "Cookie"),
        lambda response: setattr(response, "status_code", 403),
    ],
    ids=["cookie", "private", "vary", "status"],
)
def test_an_answer_that_is_not_for_all_can_not_get_in(
    settings: Settings, db: Database, clock: Clock, spoil: Callable[[Response], object]
) -> None:
    app = create_app(settings, clock=clock)

    @app.get("/spoilt")
    def view() -> Response:
        response = respond(
            "/spoilt",
            ["everything"],
            ScopeState(1, PAST, "epoch"),
            lambda: b"secret",
            media_type="text/plain",
            policy=Policy(60),
        )
        spoil(response)
        return response

    with pytest.raises(AssertionError, match="not public"):
        app.test_client().get("/spoilt")
    assert not app.extensions["feedsvc"].documents._kept
    app.extensions["feedsvc"].close()


# Concurrent requests


class Gate:
    """A test document whose building waits until the gate is opened."""

    def __init__(self) -> None:
        self.is_building, self.is_open = threading.Event(), threading.Event()
        self.built = 0
        self.seq = 1
        self.max_age = 60

    def view(self) -> Response:
        return respond(
            "/slow",
            ["everything"],
            ScopeState(self.seq, PAST, "epoch"),
            self.build,
            media_type="text/plain",
            policy=Policy(self.max_age),
        )

    def build(self) -> bytes:
        self.built += 1
        self.is_building.set()
        assert self.is_open.wait(timeout=20)
        return f"body {self.built}".encode()


@pytest.fixture
def gate(app: Flask) -> Iterator[Gate]:
    found = Gate()
    app.add_url_rule("/slow", view_func=found.view)
    yield found
    found.is_open.set()


def test_one_thread_builds_a_document_and_the_others_wait_for_it(app: Flask, gate: Gate) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(lambda: app.test_client().get("/slow").text) for _ in range(4)]
        assert gate.is_building.wait(timeout=20)
        gate.is_open.set()
        assert {answer.result(timeout=20) for answer in answers} <= {"body 1", "body 2"}
    assert gate.built <= 2  # a request after the first one was done builds the kept document


def test_an_error_while_building_reaches_all_who_wait_and_is_forgotten(settings: Settings, site: Site) -> None:
    documents = Documents(settings, site)
    waits, is_open = threading.Event(), threading.Event()

    def fail() -> bytes:
        waits.set()
        assert is_open.wait(timeout=20)
        raise ValueError("damaged")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(documents.build, "/x", "v", fail)
        assert waits.wait(timeout=20)
        second = pool.submit(documents.build, "/x", "v", fail)
        is_open.set()
        for answer in (first, second):
            with pytest.raises(ValueError, match="damaged"):
                answer.result(timeout=20)
    assert documents.build("/x", "v", lambda: b"whole").unpack() == b"whole"


@pytest.mark.parametrize(("max_age", "minutes", "waits"), [(60, 1, False), (60, 10, True), (0, 0, True)])
def test_while_it_is_renewed_the_others_get_the_stale_one_for_as_long_as_it_may_be_used(
    app: Flask, db: Database, site: Site, clock: Clock, gate: Gate, max_age: int, minutes: int, waits: bool
) -> None:
    gate.max_age = max_age
    gate.is_open.set()
    client = app.test_client()
    for _ in range(3):
        client.get("/slow")
    last = client.get("/slow").text
    gate.is_open.clear()
    gate.is_building.clear()
    gate.seq += 1
    clock.now += timedelta(minutes=minutes)
    ingest(db, DRAFT, site=site, now=clock.now)
    with ThreadPoolExecutor(2) as pool:
        renewal = pool.submit(lambda: app.test_client().get("/slow").text)
        assert gate.is_building.wait(timeout=20)
        other = pool.submit(lambda: app.test_client().get("/slow").text)
        if not waits:
            assert other.result(timeout=20) == last
        gate.is_open.set()
        assert renewal.result(timeout=20) != last
        assert (other.result(timeout=20) == last) is not waits


# Kept documents


def test_another_site_url_makes_other_validators(settings: Settings, site: Site) -> None:
    state = ScopeState(1, PAST, "epoch")
    versions = {Documents(settings, each).version_of("x", state) for each in (site, replace(site, url="https://b.vn"))}
    assert len(versions) == 2


def make_document(number: int, size: int = 10_000) -> Document:
    return Document(str(number), "v", (), 0, body=Packed(bytes(size), size))


def test_ready_documents_stay_within_their_bytes(settings: Settings, site: Site) -> None:
    documents = Documents(replace(settings, document_cache_bytes=50_000), site)
    for number in range(100):
        for _ in range(2):
            documents.keep(make_document(number))
    assert 40_000 < sum(len(item.body.data) + 4_000 for item in documents._kept.values() if item.body) <= 50_000
    assert next(reversed(documents._kept)) == "99"


def test_a_crawler_pushes_out_little(settings: Settings, site: Site) -> None:
    documents = Documents(replace(settings, document_cache_bytes=500_000), site)
    for _ in range(2):
        documents.keep(make_document(0))
    for number in range(1, 100):
        documents.keep(make_document(number))
    kept = documents.find("0")
    assert kept is not None
    assert kept.body is not None
    assert documents.find("99").body is None  # type: ignore[union-attr]


def test_a_kept_body_of_the_same_version_is_not_built_again(settings: Settings, site: Site) -> None:
    documents, bodies = Documents(settings, site), iter([b"first", b"second", b"third"])

    def serve(version: str) -> bytes:
        body = documents.build("/x", version, lambda: next(bodies))
        documents.keep(Document("/x", version, (), 0, body=body))
        return body.unpack()

    assert [serve(version) for version in ("a", "a", "a", "b", "b")] == [b"first", *[b"second"] * 2, *[b"third"] * 2]


# At any time, a ready answer equals the one that would be built now.

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from(PATHS)),
        st.tuples(st.just("ask"), st.sampled_from(PATHS)),
        st.tuples(st.just("post"), st.integers(0, 5)),
        st.tuples(st.just("schedule"), st.integers(0, 5)),
        st.tuples(st.sampled_from(["withdraw", "restore", "count"]), st.integers(1, 4)),
        st.tuples(st.just("wait"), st.sampled_from([0, 1, 61, 3_600, 90_000])),
        st.tuples(st.just("rename"), st.sampled_from(["Tin một", "Tin hai"])),
    ),
    max_size=25,
)


class Life:
    """Two applications over one fresh instance: one keeps its documents, the other builds every one again."""

    def __init__(self, prepared: Path, folder: Path) -> None:
        shutil.copytree(prepared, folder)
        settings = make_settings(folder)
        self.db, self.clock = open_database(settings.database_path), Clock(NOW)
        self.site = load_site(settings, self.db)
        self.apps = [create_app(settings, clock=self.clock) for _ in range(2)]
        self.clients = [app.test_client() for app in self.apps]
        self.texts = 0

    def post(self, number: int, *, ahead: int = 0) -> None:
        self.texts += 1
        ward = ("phuong-lang", "phuong-bo-de")[number % 2]
        published = self.clock.now + timedelta(seconds=ahead) if ahead else PAST + timedelta(minutes=number)
        draft = replace(DRAFT, ward=ward, external_id=f"{number}", published=published)
        ingest(self.db, replace(draft, content_text=f"Bản {self.texts}"), site=self.site, now=self.clock.now)

    def schedule(self, number: int) -> None:
        self.post(number, ahead=600)

    def withdraw(self, number: int) -> None:
        if self._exists(number):
            withdraw(self.db, number, reason="Nhầm", now=self.clock.now)

    def restore(self, number: int) -> None:
        if self._exists(number):
            restore(self.db, number, now=self.clock.now)

    def count(self, number: int) -> None:
        """A new count of views appears within a minute."""
        record_view_count(self.db, number, self.texts)
        self.wait(60)

    def wait(self, seconds: int) -> None:
        self.clock.now += timedelta(seconds=seconds)

    def rename(self, label: str) -> None:
        names = {"thong-bao", "tin-mot", "tin-hai"}
        first = next(category for category in list_categories(self.db) if category.slug in names)
        if first.label != label:
            change_category_label(self.db, first.slug, label, now=self.clock.now)

    def ask(self, path: str) -> None:
        documents = self.apps[1].extensions["feedsvc"].documents
        documents._kept.clear()
        documents._bytes = 0
        ready, built = (ask(client, path, Accept_Encoding="gzip") for client in self.clients)
        assert ready == built, path
        again, built = (ask(client, path, If_None_Match=ready[1].get("ETag", '"x"')) for client in self.clients)
        assert again == built, path

    def close(self) -> None:
        for app in self.apps:
            app.extensions["feedsvc"].close()
        self.db.close()

    def _exists(self, number: int) -> bool:
        return self.db.execute("SELECT 1 FROM articles WHERE id = ?", [number]).fetchone() is not None


@pytest.mark.slow
@given(steps=STEPS)
@hypothesis_settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],  # each example takes seconds, so shrinking one would take an hour
)
def test_a_ready_answer_always_equals_the_one_that_would_be_built_now(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any]]
) -> None:
    life = Life(prepared, tmp_path_factory.mktemp("life") / "instance")
    try:
        for path in PATHS:
            life.ask(path)
        for name, argument in steps:
            getattr(life, name)(argument)
        for path in PATHS:
            life.ask(path)
    finally:
        life.close()


def test_gzip_and_identity_are_the_same_text(client: FlaskClient, article: Article) -> None:
    for path in KEPT:
        warm(client, path)
        plain, packed = ask(client, path), ask(client, path, **{"Accept_Encoding": "gzip"})
        assert gzip.decompress(packed[2]) == plain[2]
        assert int(plain[1]["Content-Length"]) == len(plain[2])


# After a restore


@pytest.mark.parametrize("path", PATHS)
def test_no_validator_outlives_its_epoch(
    client: FlaskClient, db: Database, article: Article, clock: Clock, path: str
) -> None:
    clock.now += timedelta(hours=1)
    warm(client, path)
    before = client.get(path).headers
    with transaction(db):
        renew_epoch(db, now=clock.now)
    clock.now += timedelta(hours=1)
    assert ask(client, path, If_None_Match=before["ETag"])[0] == 200
    assert ask(client, path, If_Modified_Since=before["Last-Modified"])[0] == 200
    after = client.get(path).headers
    assert after["ETag"] != before["ETag"]
    assert ask(client, path, If_None_Match=after["ETag"])[0] == 304
    assert ask(client, path, If_Modified_Since=after["Last-Modified"])[0] == 304


def test_a_version_of_another_epoch_gets_no_delta(
    client: FlaskClient, db: Database, site: Site, clock: Clock, article: Article
) -> None:
    etag = client.get("/rss.xml").headers["ETag"]
    with transaction(db):
        renew_epoch(db, now=clock.now)
    ingest(db, replace(DRAFT, external_id="2"), site=site, now=clock.now)
    assert ask(client, "/rss.xml", A_IM="feed", If_None_Match=etag)[0] == 200
