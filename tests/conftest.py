"""Provide fixtures: a fresh instance, the application over it, a real server, a real browser."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, sync_playwright
from sqlite_utils import Migrations

from feedsvc import create_app
from feedsvc.config import Settings
from feedsvc.database import Database, open_database
from feedsvc.instance import is_absent, load_site, make_instance
from feedsvc.migrations import migrations
from feedsvc.models import VIETNAM, Site

from .cheap import save_time
from .parallel import ByFile, put_slow_first

SAMPLES = Path(__file__).parent.parent / "feedsvc" / "samples"
REAL_PAGE = SAMPLES / "2023-09-13-phuong-phuc-dong.txt"
CHROMIUM = "/usr/bin/chromium"
# The folder of programs from Python packages comes first, then the usual folders.
PROGRAMS = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
XML_FEED = Path("/usr/share/perl5/XML/Feed.pm")


save_time()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Rewrite the golden files; review them with git diff."
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with tests/golden/NAME; with --update-golden, write the file."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing: run pytest --update-golden and review it"
        assert text == path.read_text(encoding="utf-8")

    return compare


NOW = datetime(2026, 11, 24, 10, 0, tzinfo=VIETNAM)


@pytest.fixture
def now() -> datetime:
    return NOW


def make_settings(folder: Path) -> Settings:
    return Settings(instance=folder, site_url="https://tin.example.vn", site_name="Tin phường, xã")


def make_instance_of_0_1(folder: Path) -> None:
    """Make a database as version 0.1 left it: m006 was its last migration; article 7 is there, and no other."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    db = open_database(folder / "feedsvc.db")
    old = Migrations("feedsvc")
    for migration in migrations._migrations[:6]:
        old(name=migration.name)(migration.fn)
    old.apply(db)
    facts = {"tag_authority": "cu.example.vn", "tag_date": "2026-01-05", "created_at": "1767600000"}
    db.conn.executemany("INSERT INTO facts (name, value) VALUES (?, ?)", facts.items())
    ward = db.execute(
        "INSERT INTO wards (code, valid_from, kind, name, slug) VALUES ('99999', '2025-07-01', 'phuong', 'Phường Cũ',"
        " 'phuong-cu') RETURNING id"
    ).fetchone()[0]
    db.execute(
        "INSERT INTO articles (id, guid, identity, ward_id, title, slug, summary, content_html, author, published,"
        " published_has_time, updated, source_url, content_hash, state, ingested_at, changed_at)"
        " VALUES (7, 'tag:cu.example.vn,2026-01-05:article/7', 'key:7', ?, 'Tin cũ', 'tin-cu', '', '<p>x</p>', 'A',"
        " 1767600000, 1, 1767600000, '', 'h', 'published', 1767600000, 1767600000)",
        [ward],
    )
    db.execute("INSERT INTO changes (kind, article_id, changed_at) VALUES ('published', 7, 1767600000)")
    db.execute("INSERT INTO scopes (key, seq, changed_at) VALUES ('everything', 1, 1767600000)")
    db.execute("INSERT INTO listings (scope_id, published, article_id) VALUES (1, 1767600000, 7)")
    db.conn.commit()
    db.close()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance prepared at `now`, with its first administrator; tests use copies of it."""
    folder = tmp_path_factory.mktemp("prepared")
    make_instance(make_settings(folder), now=NOW)
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path / "instance")


@pytest.fixture
def db(settings: Settings, prepared: Path) -> Iterator[Database]:
    """A fresh instance, and a connection to it."""
    shutil.copytree(prepared, settings.instance)
    connection = open_database(settings.database_path)
    yield connection
    connection.close()


@pytest.fixture
def site(settings: Settings, db: Database) -> Site:
    return load_site(settings, db)


class Clock:
    """The clock of an application; tests move it, because they cannot wait for a reform or a scheduled article."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def app(settings: Settings, db: Database, clock: Clock) -> Iterator[Flask]:
    """The application over the instance of `db`; its clock stays at `now` unless a test moves it."""
    application = create_app(settings, clock=clock)
    yield application
    application.extensions["feedsvc"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@dataclass(frozen=True)
class Server:
    """A running `feedsvc serve` over a fresh instance."""

    url: str
    instance: Path
    password: str
    environ: dict[str, str]

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run the feedsvc command on the same instance, as an operator would while the server runs."""
        command = [sys.executable, "-m", "feedsvc", *arguments]
        return subprocess.run(
            command, env=self.environ, input=stdin, capture_output=True, text=True, timeout=60, check=False
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(instance: Path, *options: str, **environ: str) -> tuple[subprocess.Popen[str], Server]:
    """Start gunicorn through `feedsvc serve` with two workers; return when it answers.

    If there is no instance, make one, as `feedsvc init` would; with --samples the command makes a demonstration.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    password, settings = None, Settings(instance=instance, site_url=url)
    if is_absent(settings) and "--samples" not in options and "FEEDSVC_READ_ONLY" not in environ:
        password = make_instance(settings, now=datetime.now(UTC)).first_password
    env = {**os.environ, "FEEDSVC_INSTANCE": str(instance), "FEEDSVC_SITE_URL": url, **environ}
    command = [sys.executable, "-m", "feedsvc", "serve", "--bind", f"127.0.0.1:{port}", "--workers", "2", *options]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Stop with"):
            break
    printed = "".join(lines)
    deadline = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=5).close()
            break
        except OSError:
            assert process.poll() is None, printed + process.stdout.read()
            assert time.monotonic() < deadline, printed
            time.sleep(0.05)
    found = re.search(r"password: (\S+)", printed)
    return process, Server(url, instance, password or (found.group(1) if found else ""), env)


def stop_server(process: subprocess.Popen[str]) -> str:
    """Stop the server; return the rest of its output."""
    process.terminate()
    output, _ = process.communicate(timeout=30)
    return output


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    process, running = start_server(tmp_path / "served")
    yield running
    stop_server(process)


def find_missing() -> dict[str, str]:
    """Return the programs that this machine lacks, by the marker (or fixture) of the tests that need them."""
    modules = Path(__file__).parent / "conformance" / "node_modules"
    needed = {
        "browser": ("Chromium", Path(CHROMIUM).exists()),
        "node": ("node with the packages of tests/conformance", shutil.which("node") and modules.exists()),
        "ruby": ("ruby", shutil.which("ruby")),
        "perl": ("perl with XML::Feed", XML_FEED.exists()),
        "newsboat": ("newsboat", shutil.which("newsboat")),
        "nginx": ("nginx", shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")),
        "litestream": ("litestream", shutil.which("litestream", path=PROGRAMS)),
    }
    return {marker: program for marker, (program, is_there) in needed.items() if not is_there}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip tests whose program is missing; in CI they fail instead."""
    put_slow_first(config, items)
    if os.environ.get("CI"):
        return
    for marker, program in find_missing().items():
        for item in items:
            if item.get_closest_marker(marker) or marker in item.fixturenames:  # type: ignore[attr-defined]
                item.add_marker(pytest.mark.skip(reason=f"{program} is missing"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for program in find_missing().values():
        terminalreporter.write_line(f"NOT TESTED: {program} is missing (make tools).", yellow=True, bold=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, with its background requests disabled."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield chromium
        chromium.close()
