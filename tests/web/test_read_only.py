"""An instance that only reads: it gives the same answers as the one that writes, with the same entity tags, only."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedsvc import create_app
from feedsvc.articles.ingest import ingest
from feedsvc.config import Settings
from feedsvc.database import Database, open_database, transaction
from feedsvc.errors import ConfigError, ReadOnlyError, SchemaError
from feedsvc.models import Draft, Site
from feedsvc.store.tokens import save_token

from ..conftest import Clock

Post = Callable[..., int]


@pytest.fixture
def post(db: Database, site: Site, now: datetime) -> Post:
    def call(title: str, *, published: datetime = now) -> int:
        draft = Draft(title=title, published=published, ward="phuong-lang", content_text=title)
        return ingest(db, draft, site=site, now=now).article.id

    return call


@pytest.fixture
def reading(settings: Settings) -> Settings:
    """The settings of the second instance; only those of one machine differ."""
    return replace(settings, read_only=True, bind="127.0.0.1:8001", workers=9, document_cache_bytes=1_000)


@pytest.fixture
def reader(reading: Settings, db: Database, clock: Clock) -> Iterator[FlaskClient]:
    application = create_app(reading, clock=clock)
    yield application.test_client()
    application.extensions["feedsvc"].close()


@pytest.mark.parametrize(
    "path", ["/rss.xml", "/wards/phuong-lang/atom.xml", "/feed.json", "/", "/opml.xml", "/healthz"]
)
def test_it_answers_as_the_instance_that_writes(
    client: FlaskClient, reader: FlaskClient, post: Post, path: str
) -> None:
    for title in ("Tin một", "Tin hai"):
        post(title)
        written, read = client.get(path), reader.get(path)
        assert written.status_code == read.status_code == 200
        assert written.data == read.data
        assert dict(written.headers) == dict(read.headers)
    tag = written.headers.get("ETag")
    assert tag is None or reader.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_another_name_of_the_site_is_another_entity_tag(
    client: FlaskClient, reading: Settings, clock: Clock, post: Post
) -> None:
    post("Tin")
    application = create_app(replace(reading, site_name="Khác"), clock=clock)
    assert application.test_client().get("/rss.xml").headers["ETag"] != client.get("/rss.xml").headers["ETag"]
    application.extensions["feedsvc"].close()


@pytest.mark.parametrize("path", ["/admin", "/admin/", "/admin/login", "/admin/articles/new", "/admin/nothing"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_administration_is_elsewhere(reader: FlaskClient, path: str, method: str) -> None:
    answer = reader.open(path, method=method, data={"login_name": "quantri"} if method == "POST" else None)
    assert answer.status_code == 503
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Tạm thời chưa đăng nhập và sửa bài được" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_the_api_is_elsewhere_but_for_its_description(
    reader: FlaskClient, db: Database, post: Post, now: datetime
) -> None:
    article_id = post("Tin")
    with transaction(db):
        save_token(db, "portal", "a-secret", ward=None, area=None, now=now, expires_at=None)
    token = {"Authorization": "Bearer a-secret"}
    before = list(db.execute("SELECT * FROM tokens").fetchall()[0])
    for method, path in (
        ("POST", "/api/articles"),
        ("GET", "/api/articles"),
        ("GET", f"/api/articles/{article_id}"),
        ("PUT", f"/api/articles/{article_id}"),
        ("DELETE", f"/api/articles/{article_id}"),
    ):
        answer = reader.open(path, method=method, headers=token, json={} if method in {"POST", "PUT"} else None)
        assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
        assert answer.get_json()["type"].endswith("/read-only")
        assert answer.headers["Cache-Control"] == "no-store"
    assert reader.get("/api/openapi.json").status_code == 200
    assert list(db.execute("SELECT * FROM tokens").fetchall()[0]) == before


def test_due_changes_come_from_the_instance_that_writes(
    app: Flask, reader: FlaskClient, post: Post, clock: Clock
) -> None:
    post("Hẹn giờ", published=clock.now + timedelta(hours=1))
    clock.now += timedelta(days=40)
    assert "Hẹn giờ" not in reader.get("/rss.xml").text
    assert app.test_client().get("/healthz").status_code == 200
    assert "Hẹn giờ" in reader.get("/rss.xml").text


def test_a_damaged_article_is_left_out_and_logged(
    reader: FlaskClient, db: Database, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post("Tin còn tốt")
    damaged = post("Tin hỏng")
    with transaction(db):
        db.execute("UPDATE articles SET content_html = char(7) WHERE id = ?", [damaged])
    answer = reader.get("/rss.xml")
    assert answer.status_code == 200
    assert "Tin còn tốt" in answer.text
    assert f"article {damaged} is damaged" in caplog.text
    assert db.execute("SELECT count(*) FROM damaged_articles").fetchone()[0] == 0


def test_a_file_that_takes_the_place_of_the_copy_is_read_from_then_on(
    settings: Settings, clock: Clock, db: Database, site: Site, post: Post, tmp_path: Path
) -> None:
    """Litestream begins a new file when it restarts; the old file is deleted but still open."""
    copy = tmp_path / "copy"
    copy.mkdir()

    def put_in_place() -> None:
        with sqlite3.connect(copy / "next") as target:
            db.conn.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
        target.close()
        (copy / "next").replace(copy / "feedsvc.db")

    post("Tin cũ")
    put_in_place()
    application = create_app(replace(settings, read_only=True, instance=copy), clock=clock)
    reader = application.test_client()
    assert "Tin cũ" in reader.get("/rss.xml").text
    post("Tin mới")
    assert "Tin mới" not in reader.get("/rss.xml").text
    put_in_place()
    assert "Tin mới" in reader.get("/rss.xml").text
    (copy / "feedsvc.db").unlink()
    assert "Tin mới" in reader.get("/rss.xml").text
    application.extensions["feedsvc"].close()


def test_nothing_is_written_into_the_folder(settings: Settings, db: Database, clock: Clock, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(settings.database_path, copy / "feedsvc.db")
    before = (copy / "feedsvc.db").read_bytes()
    application = create_app(replace(settings, read_only=True, instance=copy), clock=clock)
    assert application.test_client().get("/rss.xml").status_code == 200
    application.extensions["feedsvc"].close()
    assert (copy / "feedsvc.db").read_bytes() == before
    assert {path.name.partition("-")[0] for path in copy.iterdir()} == {"feedsvc.db"}


def test_no_statement_can_write(reading: Settings, db: Database) -> None:
    connection = open_database(reading.database_path, read_only=True)
    with pytest.raises(ReadOnlyError, match="do this on the instance that writes"), transaction(connection):
        pass
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM articles")
    connection.execute("PRAGMA query_only = OFF")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM articles")
    connection.close()


def test_it_does_not_start_without_a_database(settings: Settings) -> None:
    with pytest.raises(
        ConfigError, match=r"needs the database that another instance writes: there is no .*feedsvc\.db"
    ):
        create_app(replace(settings, read_only=True))
    assert not settings.instance.exists()


def test_it_does_not_start_over_a_file_that_is_not_a_database(settings: Settings) -> None:
    settings.instance.mkdir()
    settings.database_path.write_bytes(b"x" * 4096)
    with pytest.raises(ConfigError, match="needs a database that can be read"):
        create_app(replace(settings, read_only=True))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "DELETE FROM _sqlite_migrations WHERE id = (SELECT max(id) FROM _sqlite_migrations)",
            "lacks m0.*older feedsvc",
        ),
        ("UPDATE _sqlite_migrations SET name = 'm999_later' WHERE id = 1", "has m999_later.*newer feedsvc"),
        ("UPDATE facts SET value = 'other' WHERE name = 'search_index'", "another version built the search index"),
    ],
    ids=["older", "newer", "search"],
)
def test_it_does_not_start_over_a_database_of_another_version(
    reading: Settings, db: Database, change: str, message: str
) -> None:
    with transaction(db):
        db.execute(change)
    with pytest.raises(SchemaError, match=message):
        create_app(reading)
