"""httplint (the rules of REDbot) for every kind of response, under gunicorn: no fault, no warning except ALLOWED."""

import re
import time
from email.utils import parsedate_to_datetime

import pytest
from httplint import HttpRequestLinter, HttpResponseLinter, levels

from .conftest import FeedFile, Rich
from .wire import Answer, fetch

# Warnings that are intended, by the name of the note.
ALLOWED = {
    "STATUS_BAD_REQUEST",  # the request there is a bad request
    # `public` tells operators and every proxy, however old, that the response is for everybody. It also lets a cache
    # answer requests with Authorization (RFC 9111, 5.2.2.9), which readers behind a portal's login send.
    "STORE_PUBLIC_UNNECESSARY",
}
PATHS = (
    *("/", "/wards/", "/wards/phuong-viet-hung/", "/categories/thong-bao/", "/2025/08/", "/search?q=mới"),
    *(
        "/rss.xml",
        "/atom.xml",
        "/feed.json",
        "/rss.xml?content=summary",
        "/2025/08/atom.xml",
        "/wards/phuong-ba-dinh/rss.xml",
    ),
    *("/search/rss.xml?q=tin", "/opml.xml", "/areas/ha-noi/opml.xml", "/sitemap.xml", "/robots.txt"),
    *("/changes.json", "/changes.json?since=3&limit=2", "/changes.json?since=x"),
    *("/nothing-here", "/wards/nowhere/rss.xml", "/wards/PHUONG-LANG/rss.xml", "/articles/9", "/articles/1"),
    *("/healthz", "/metrics", "/static/style.css", "/admin/", "/admin/login"),
)


def lint(url: str, method: str = "GET", **headers: str) -> Answer:
    """Send the request, and fail if httplint finds a fault in the response."""
    answer = fetch(url, method, content=None, **headers)
    request = HttpRequestLinter()
    request.process_request_topline(method.encode(), url.encode(), b"1.1")
    fields = [("Host", url.split("/")[2]), *((name.replace("_", "-"), value) for name, value in headers.items())]
    request.process_headers([(name.encode(), value.encode()) for name, value in fields])
    request.finish_content(True)
    response = HttpResponseLinter(start_time=time.time(), no_content=method == "HEAD", _related=request)
    response.base_uri = url
    response.process_response_topline(b"1.1", str(answer.status).encode(), answer.reason.encode())
    response.process_headers([(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.fields])
    response.feed_content(answer.body)
    response.finish_content(True)
    found = {
        f"{note.level.value}: {note} ({type(note).__name__})"
        for note in response.notes
        if note.level in {levels.BAD, levels.WARN} and type(note).__name__ not in ALLOWED
    }
    assert not found, f"{method} {url} {headers} {answer.status}"
    return answer


@pytest.mark.parametrize("path", PATHS)
def test_httplint_finds_no_fault(path: str, rich: Rich) -> None:
    url = rich.url + path.replace("ớ", "%E1%BB%9B")
    plain = lint(url)
    zipped = lint(url, Accept_Encoding="gzip")
    lint(url, "HEAD", Accept_Encoding="gzip")
    etags = plain.get("ETag"), zipped.get("ETag")
    if etags[0] is None:
        return
    for etag in etags:
        assert etag is not None
        assert re.fullmatch(r'(W/)?"[\x21\x23-\x7e]+"', etag)
        assert lint(url, If_None_Match=etag, Accept_Encoding="gzip").status == 304
    if plain.get("Last-Modified") is not None and plain.get("Date") is not None:
        modified, now = (parsedate_to_datetime(str(plain.get(name))) for name in ("Last-Modified", "Date"))
        assert modified <= now


def test_httplint_finds_no_fault_in_a_delta_a_preflight_and_a_wrong_method(rich: Rich) -> None:
    etag = fetch(f"{rich.url}/rss.xml").get("ETag")
    assert etag is not None
    assert lint(f"{rich.url}/rss.xml", A_IM="feed", If_None_Match=etag).status == 304
    assert lint(
        f"{rich.url}/rss.xml",
        "OPTIONS",
        Origin="https://x.example.vn",
        Access_Control_Request_Method="GET",
        Access_Control_Request_Headers="if-none-match",
    ).get("Access-Control-Allow-Origin")
    assert lint(f"{rich.url}/rss.xml", "POST").get("Allow") is not None


def test_what_a_cache_stores_varies_by_the_encoding_and_by_nothing_else(files: list[FeedFile]) -> None:
    for file in files:
        assert file.answer.get("Vary") == "Accept-Encoding"
        assert file.answer.get("Set-Cookie") is None


def test_every_answer_says_whether_it_may_be_stored(rich: Rich) -> None:
    for path in PATHS:
        answer = fetch(rich.url + path.replace("ớ", "%E1%BB%9B"))
        assert answer.get("Cache-Control"), path
        if path.startswith("/admin"):
            assert answer.get("Cache-Control") == "no-store"
