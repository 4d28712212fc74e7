"""nginx with the shipped configuration as a shared cache in front of gunicorn: the right variant, nothing private."""

import gzip
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest

from ..conftest import REAL_PAGE, Server, free_port, start_server, stop_server
from .conftest import Rich
from .test_http import lint
from .wire import Answer, fetch

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
def run_nginx(folder: Path, upstream: str) -> Iterator[str]:
    """Run the shipped configuration, with other ports and folders, in front of `upstream`; yields its address."""
    port = free_port()
    site = SHIPPED.read_text(encoding="utf-8")
    for shipped, ours in (
        ("/var/cache/nginx/feedsvc", f"{folder}/cache"),
        ("server 127.0.0.1:8000;", f"server {upstream.removeprefix('http://')};"),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
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


def until(ask: Callable[[], Answer], holds: Callable[[Answer], bool]) -> Answer:
    """Ask until the answer is as wanted, for twenty seconds at most."""
    deadline = time.monotonic() + 20
    while not holds(answer := ask()):
        assert time.monotonic() < deadline, (answer.status, answer.fields)
    return answer


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


@contextmanager
def behind_nginx(tmp_path: Path, **environ: str) -> Iterator[tuple[str, Server, Callable[[], str]]]:
    """Run a fresh instance behind nginx; yields the address of nginx, the server, and how to stop gunicorn alone."""
    process, server = start_server(tmp_path / "served", **environ)
    (tmp_path / "nginx").mkdir()
    try:
        with run_nginx(tmp_path / "nginx", server.url) as url:
            yield url, server, lambda: stop_server(process)
    finally:
        if process.poll() is None:
            stop_server(process)


def log_in(url: str, password: str) -> str:
    """Log in through nginx; returns the Cookie header of the session."""
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
        # A public page asked for by somebody with a session is the same for all, and carries no cookie.
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
        assert b"24-CT/TU" not in gone.body

        delta = fetch(feed, A_IM="feed", If_None_Match=etag)
        assert (delta.status, delta.get("IM"), delta.get("X-Cache")) == (226, "feed", None)
        assert fetch(feed).status == 200
        assert lint(f"{server.url}/feed.json", A_IM="feed", If_None_Match=etag).status == 226

        stop()
        until(lambda: fetch(feed), lambda answer: answer.get("X-Cache") == "STALE")
        stale = fetch(feed)
        assert (stale.status, stale.body) == (200, gone.body)
        assert fetch(f"{url}/admin/").status == 502
