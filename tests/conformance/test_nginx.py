"""nginx with the shipped configuration as a shared cache in front of gunicorn: the right variant, nothing private."""

import gzip
import http.client
import os
import re
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from ..conftest import REAL_PAGE, Server, free_port, start_server, stop_server
from .conftest import Rich
from .test_http import lint
from .wire import Answer, fetch, until

pytestmark = pytest.mark.nginx
SHIPPED = Path(__file__).parents[2] / "deploy" / "nginx.conf"
_MAIN = """
{user}
daemon off;
pid {folder}/pid;
error_log {folder}/error.log warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@contextmanager
def run_nginx(folder: Path, writer: str, *readers: str) -> Iterator[str]:
    """Run the shipped configuration, with other ports and folders, in front of `writer`; yield its address.

    `readers` are more instances that answer readers.
    """
    port = free_port()
    servers = [f"server {url.removeprefix('http://')};" for url in (writer, *readers)]
    site = SHIPPED.read_text(encoding="utf-8")
    for shipped, ours in (
        ("/var/cache/nginx/feedsvc", f"{folder}/cache"),
        ("upstream feedsvc {\n    server 127.0.0.1:8000;", "upstream feedsvc {\n    " + " ".join(servers)),
        ("upstream feedsvc_writer {\n    server 127.0.0.1:8000;", "upstream feedsvc_writer {\n    " + servers[0]),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("listen [::]:80;", ""),
    ):
        assert site.count(shipped) == 1, shipped
        site = site.replace(shipped, ours)
    (folder / "site.conf").write_text(site, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user), encoding="utf-8")
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program is not None
    process = subprocess.Popen([program, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")])
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 20
    try:
        while True:
            try:
                fetch(f"{url}/healthz")
                break
            except OSError:
                assert process.poll() is None, (folder / "error.log").read_text()
                assert time.monotonic() < deadline
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def front(rich: Rich, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_nginx(tmp_path_factory.mktemp("nginx"), rich.url) as url:
        yield url


@pytest.mark.parametrize("path", ["/rss.xml", "/wards/phuong-lang/atom.xml", "/feed.json?content=summary", "/wards/"])
def test_the_second_request_is_answered_from_the_cache(front: str, rich: Rich, path: str) -> None:
    first, second = fetch(front + path), fetch(front + path)
    assert (first.get("X-Cache"), second.get("X-Cache")) == ("MISS", "HIT")
    assert first.body == second.body == fetch(rich.url + path).body
    for name in ("ETag", "Last-Modified", "Cache-Control", "Content-Type", "Vary", "Link"):
        assert first.get(name) == second.get(name) == fetch(rich.url + path).get(name)


def test_every_client_gets_its_variant_and_its_304_from_the_cache(front: str) -> None:
    url = f"{front}/categories/thong-bao/rss.xml"
    spellings = {
        "gzip": ["gzip", "deflate, gzip;q=1.0, *;q=0.5", "gzip, deflate, br, zstd", "br,gzip"],
        None: ["identity", "", "br", "gzip;q=0", "deflate, gzip; q=0.000", "x-gzip"],
    }
    bodies = set()
    for _ in range(2):
        for encoding, headers in spellings.items():
            for number, header in enumerate(headers):
                answer = fetch(url, Accept_Encoding=header)
                assert answer.get("Content-Encoding") == encoding, header
                assert number == 0 or answer.get("X-Cache") == "HIT", header
                bodies.add(gzip.decompress(answer.body) if encoding else answer.body)
                etag = answer.get("ETag")
                assert etag is not None
                again = fetch(url, Accept_Encoding=header, If_None_Match=f'"x", {etag}')
                assert (again.status, again.get("X-Cache"), again.get("ETag"), again.body) == (304, "HIT", etag, b"")
    assert len(bodies) == 1


def test_head_is_answered_and_does_not_spoil_the_cache(front: str) -> None:
    url = f"{front}/areas/ha-noi/rss.xml"
    head, got = fetch(url, "HEAD"), fetch(url)
    assert (head.status, head.body) == (200, b"")
    assert head.get("Content-Length") == str(len(got.body))
    assert got.body.endswith(b"</rss>\n")


def test_a_part_of_a_feed_is_no_answer_and_is_never_kept(front: str, rich: Rich) -> None:
    url = f"{front}/areas/ha-noi/atom.xml"
    whole = fetch(f"{rich.url}/areas/ha-noi/atom.xml").body
    for _ in range(2):
        part = fetch(url, Range="bytes=0-99")
        assert (part.status, part.body) in {(200, whole), (206, whole[:100])}
    assert (fetch(url).status, fetch(url).body) == (200, whole)


def test_nginx_refuses_requests_that_nobody_needs(front: str) -> None:
    assert fetch(f"{front}/rss.xml", "POST", content=b"x" * 20_000).status == 413
    assert fetch(f"{front}/rss.xml", X_Long="x" * 40_000).status == 400
    assert fetch(f"{front}/{'x' * 40_000}").status == 414
    assert fetch(f"{front}/rss.xml").status == 200


def test_slow_clients_hold_nobody_up(front: str) -> None:
    """There are more of them than gunicorn has threads, each in the middle of its request."""
    parts = urlsplit(front)
    assert parts.hostname is not None
    assert parts.port is not None
    with ExitStack() as stack:
        for _ in range(40):
            slow = stack.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=30))
            slow.sendall(b"GET /rss.xml HTTP/1.1\r\nHost: tin.example.vn\r\n")
        assert fetch(f"{front}/opml.xml?not-kept-yet", Accept_Encoding="identity").status == 200


class Poller:
    """A client on one connection, from a loopback address; it counts the statuses that it gets."""

    def __init__(self, url: str, address: str = "127.0.0.1") -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._connection = http.client.HTTPConnection(
            parts.hostname, parts.port, timeout=30, source_address=(address, 0)
        )
        self.statuses: Counter[int] = Counter()

    def ask(self, path: str, method: str = "GET", content: bytes | None = None, **headers: str) -> Answer:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, content, fields)
        response = self._connection.getresponse()
        self.statuses[response.status] += 1
        return Answer(response.status, response.reason, response.getheaders(), response.read())

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def limited(rich: Rich, tmp_path: Path) -> Iterator[str]:
    """An nginx whose limits have not counted any request yet."""
    with run_nginx(tmp_path, rich.url) as url:
        yield url


def test_a_client_that_hammers_is_told_to_wait_and_no_other(limited: str) -> None:
    with closing(Poller(limited)) as wild, closing(Poller(limited, "127.0.0.2")) as resident:
        etag = wild.ask("/rss.xml").get("ETag")
        assert etag is not None
        while (answer := wild.ask("/rss.xml", If_None_Match=etag)).status == 304:
            assert wild.statuses[304] < 5_000
        assert answer.status == 429
        assert wild.statuses[304] >= 500
        assert answer.get("Retry-After") == "10"
        assert answer.get("Cache-Control") == "no-store"
        assert answer.get("Content-Type") == "text/plain; charset=utf-8"
        assert len(answer.body) < 200
        assert answer.get("ETag") is None
        # The limit applies to the client's address, whatever it asks for; no cache keeps the refusal.
        assert {wild.ask(path).status for path in ("/wards/", "/admin/", "/api/articles", "/media/x.jpg") * 5} >= {429}
        assert resident.ask("/rss.xml", If_None_Match=etag).status == 304
        assert [resident.ask(path).status for path in ("/wards/", "/admin/", "/api/articles")] == [200, 302, 401]
        assert 429 not in resident.statuses


def test_a_portal_that_asks_for_every_feed_of_the_city_at_once_gets_them(limited: str) -> None:
    opml = fetch(f"{limited}/opml.xml").body.decode()
    paths = [urlsplit(url).path for url in re.findall(r'xmlUrl="([^"]+)"', opml)]
    assert len(paths) > 100
    answers = {}
    with ThreadPoolExecutor(8) as pool:
        for path, answer in zip(paths, pool.map(lambda path: fetch(limited + path), paths), strict=True):
            answers[path] = answer
        tags = {path: answer.get("ETag") or "" for path, answer in answers.items()}
        again = list(pool.map(lambda path: fetch(limited + path, If_None_Match=tags[path]), paths))
    assert {answer.status for answer in answers.values()} == {200}
    assert {answer.status for answer in again} == {304}


def test_a_client_that_guesses_passwords_is_told_to_wait_and_may_read(limited: str) -> None:
    with closing(Poller(limited)) as guesser:
        # 422: the form is invalid (it has no token), so no password is checked and nobody is locked out.
        while (answer := guesser.ask("/admin/login", "POST", b"login_name=quantri")).status == 422:
            assert guesser.statuses[422] < 100
        assert answer.status == 429
        assert answer.get("Retry-After") == "10"
        assert guesser.statuses[422] >= 20
        assert guesser.ask("/admin/login").status == 200
        assert guesser.ask("/rss.xml").status == 200


@contextmanager
def behind_nginx(tmp_path: Path, **environ: str) -> Iterator[tuple[str, Server, Callable[[], str]]]:
    """Run a fresh instance behind nginx; yield nginx's address, the server, and a function that stops only gunicorn."""
    process, server = start_server(tmp_path / "served", **environ)
    (tmp_path / "nginx").mkdir()
    try:
        with run_nginx(tmp_path / "nginx", server.url) as url:
            yield url, server, lambda: stop_server(process)
    finally:
        if process.poll() is None:
            stop_server(process)


def log_in(url: str, password: str) -> str:
    """Log in through nginx; return the Cookie header of the session."""
    form = fetch(f"{url}/admin/login")
    cookie = form.get("Set-Cookie")
    token = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', form.body)
    assert cookie is not None
    assert token is not None
    fields = {"csrf_token": token[1].decode(), "login_name": "quantri", "login_password": password}
    answer = fetch(
        f"{url}/admin/login",
        "POST",
        content=urlencode(fields).encode(),
        Cookie=cookie.partition(";")[0],
        Content_Type="application/x-www-form-urlencoded",
        Referer=f"{url}/admin/login",
    )
    assert answer.status == 302, answer.body
    (session,) = SimpleCookie(answer.get("Set-Cookie") or "").values()
    return f"{session.key}={session.value}"


def test_a_private_page_never_comes_from_the_cache(tmp_path: Path) -> None:
    with behind_nginx(tmp_path) as (url, server, _):
        sessions = {log_in(url, server.password), log_in(url, server.password)}
        assert len(sessions) == 2
        for session in sessions:
            for path in ("/admin/", "/admin/articles/new"):
                private = fetch(url + path, Cookie=session)
                assert (private.status, private.get("Cache-Control"), private.get("X-Cache")) == (200, "no-store", None)
                stranger = fetch(url + path)
                assert stranger.status == 302
                assert b"csrf_token" not in stranger.body
        # A public page is the same for a visitor with a session, and sets no cookie.
        (session, _) = sessions
        for path in ("/", "/rss.xml"):
            first, second = fetch(url + path, Cookie=session), fetch(url + path)
            assert (first.body, first.get("Set-Cookie"), second.get("Set-Cookie")) == (second.body, None, None)
            assert (second.get("X-Cache"), second.get("Cache-Control")) == ("HIT", first.get("Cache-Control"))
        kept = [path.read_bytes() for path in (tmp_path / "nginx" / "cache").rglob("*") if path.is_file()]
        assert len(kept) >= 2
        assert not any(b"Set-Cookie" in content or b"\nKEY:  /admin" in content for content in kept)


def test_changes_pass_the_cache_and_readers_are_served_while_gunicorn_is_down(tmp_path: Path) -> None:
    with behind_nginx(tmp_path, FEEDSVC_FEED_MAX_AGE="1") as (url, server, stop):
        assert server.run("ingest", str(REAL_PAGE)).returncode == 0
        feed = f"{url}/feed.json"
        first = fetch(feed)
        assert b"24-CT/TU" in first.body
        etag = first.get("ETag")
        assert etag is not None
        until(
            lambda: fetch(feed), lambda answer: answer.get("X-Cache") in {"REVALIDATED", "STALE", "UPDATING", "EXPIRED"}
        )
        assert fetch(feed).get("ETag") == etag

        assert server.run("articles", "withdraw", "1", "--reason", "Nhầm").returncode == 0
        gone = until(lambda: fetch(feed), lambda answer: answer.get("ETag") != etag)
        assert "Đã thu hồi" in gone.body.decode()
        assert b"content_html" in gone.body
        assert "13 ý kiến" not in gone.body.decode()

        delta = fetch(feed, A_IM="feed", If_None_Match=etag)
        assert (delta.status, delta.get("IM"), delta.get("X-Cache")) == (226, "feed", None)
        assert fetch(feed).status == 200
        assert lint(f"{server.url}/feed.json", A_IM="feed", If_None_Match=etag).status == 226

        stop()
        until(lambda: fetch(feed), lambda answer: answer.get("X-Cache") == "STALE")
        stale = fetch(feed)
        assert (stale.status, stale.body) == (200, gone.body)
        assert fetch(f"{url}/admin/").status == 502
