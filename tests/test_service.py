"""The service end to end: gunicorn with two workers, real readers, a real browser."""

import gzip
import json
import re
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import atoma
import feedparser
import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import REAL_PAGE, Server, start_server, stop_server

pytestmark = pytest.mark.slow

TITLE = (
    "Ban chấp hành Đảng bộ phường Phúc Đồng sinh hoạt chính trị, tư tưởng thực hiện Chỉ thị số 24-CT/TU "
    "của Ban Thường vụ Thành ủy"
)
PUBLISHED = datetime(2023, 9, 13, 9, 20, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"


def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, dict(response.headers), response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


@pytest.fixture
def page_in(server: Server) -> Server:
    result = server.run("ingest", str(REAL_PAGE))
    assert result.stdout == "1 added, 0 corrected, 0 unchanged, 0 rejected\n"
    return server


def test_the_sample_page_is_read_by_independent_parsers_in_all_formats(page_in: Server) -> None:
    url = page_in.url
    paragraphs = [line.strip() for line in REAL_PAGE.read_text().split("\n")[4:] if line.strip() not in {"", "]]>"}]
    captions = {2, 5, 7, 9}
    content = "\n".join(
        f"<p><em>{paragraph}</em></p>" if place in captions else f"<p>{paragraph}</p>"
        for place, paragraph in enumerate(" ".join(paragraph.split()) for paragraph in paragraphs)
    )
    link = f"{url}/articles/1/ban-chap-hanh-dang-bo-phuong-phuc-dong-sinh-hoat-chinh-tri-tu-tuong-thuc-hien"

    rss = atoma.parse_rss_bytes(get(f"{url}/wards/phuong-phuc-dong/rss.xml")[2])
    closing, item = rss.items  # phường Phúc Đồng is closed, so its feed has a closing entry
    assert closing.title == "Kênh tin phường Phúc Đồng (đến 30/06/2025) đã ngừng cập nhật"
    assert (rss.title, rss.link, rss.language) == (
        "Phường Phúc Đồng (đến 30/06/2025)",
        f"{url}/wards/phuong-phuc-dong/",
        "vi",
    )
    assert (item.title, item.link, item.pub_date) == (TITLE, link, PUBLISHED)
    assert item.content_encoded == content
    assert item.description.startswith("Ngày 12/9/2023, Ban chấp hành Đảng bộ phường Phúc Đồng")
    assert item.categories == ["Hoạt động phường, xã"]

    atom = atoma.parse_atom_bytes(get(f"{url}/categories/hoat-dong-phuong/atom.xml")[2])
    entry = atom.entries[0]
    assert entry.id_ == item.guid
    assert (entry.title.value, entry.published, entry.updated) == (TITLE, PUBLISHED, PUBLISHED)
    assert (entry.content.value, entry.content.text_type.value) == (content, "html")
    assert [(found.href, found.rel) for found in entry.links] == [(link, "alternate")]
    assert entry.authors[0].name == "UBND phường Phúc Đồng"
    assert (entry.categories[0].term, entry.categories[0].label) == ("hoat-dong-phuong", "Hoạt động phường, xã")

    feed = json.loads(get(f"{url}/wards/phuong-phuc-dong/hoat-dong-phuong/feed.json")[2])
    json_item = feed["items"][1]
    assert (json_item["id"], json_item["url"], json_item["content_html"]) == (item.guid, link, content)
    assert datetime.fromisoformat(json_item["date_published"]) == PUBLISHED

    parsed = feedparser.parse(get(f"{url}/rss.xml")[2])
    assert not parsed.bozo
    assert (parsed.entries[0].id, parsed.entries[0].author) == (item.guid, "UBND phường Phúc Đồng")


@pytest.mark.parametrize("filename", ["rss.xml", "atom.xml"])
def test_a_reader_that_keeps_state_gets_304(page_in: Server, filename: str) -> None:
    url = f"{page_in.url}/{filename}"
    first = feedparser.parse(url)  # asks for gzip
    assert (first.status, len(first.entries)) == (200, 1)
    for _ in range(4):  # from any worker
        assert feedparser.parse(url, etag=first.etag).status == 304


def test_a_reader_that_knows_only_dates_gets_304_once_the_second_of_the_change_is_over(page_in: Server) -> None:
    url = f"{page_in.url}/rss.xml"
    deadline = time.monotonic() + 5
    while feedparser.parse(url, modified=feedparser.parse(url).modified).status != 304:
        assert time.monotonic() < deadline


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_poll_without_news_is_304_with_and_without_gzip(page_in: Server, encoding: str) -> None:
    status, headers, body = get(f"{page_in.url}/rss.xml", Accept_Encoding=encoding)
    assert (status, headers.get("Content-Encoding")) == (200, "gzip" if encoding == "gzip" else None)
    assert b"24-CT/TU" in (gzip.decompress(body) if encoding == "gzip" else body)
    for _ in range(4):
        status, _, body = get(f"{page_in.url}/rss.xml", Accept_Encoding=encoding, If_None_Match=headers["ETag"])
        assert (status, body) == (304, b"")


def test_a_correction_and_a_withdrawal_are_seen_with_the_next_request_in_every_worker(page_in: Server) -> None:
    url = f"{page_in.url}/feed.json"
    before = json.loads(get(url)[2])["items"][0]
    corrected = page_in.run("ingest", "-", stdin=REAL_PAGE.read_text().replace("13 ý kiến", "14 ý kiến"))
    assert corrected.stdout == "0 added, 1 corrected, 0 unchanged, 0 rejected\n"
    for _ in range(6):
        after = json.loads(get(url)[2])["items"][0]
        assert "14 ý kiến" in after["content_html"]
        assert (after["id"], after["date_published"]) == (before["id"], before["date_published"])
        assert after["date_modified"] > before["date_modified"]
    page_in.run("articles", "withdraw", "1", "--reason", "Nhầm")
    for _ in range(6):
        (notice,) = json.loads(get(url)[2])["items"]
        assert notice["title"].startswith("Đã thu hồi: ")
        assert "14 ý kiến" not in notice["content_html"]


def test_two_ingests_and_readers_at_once_all_finish(server: Server) -> None:
    samples = [str(path) for path in sorted(REAL_PAGE.parent.iterdir())]
    stop = threading.Event()
    statuses: list[int] = []

    def poll() -> None:
        while not stop.is_set():
            statuses.append(get(f"{server.url}/rss.xml")[0])

    reader = threading.Thread(target=poll)
    reader.start()
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda files: server.run("ingest", *files), [samples, samples[::-1]]))
    stop.set()
    reader.join()
    assert [result.returncode for result in results] == [0, 0]
    assert sum(int(result.stdout.split()[0]) for result in results) == len(samples)
    assert set(statuses) == {200}
    with sqlite3.connect(server.instance / "feedsvc.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_feeds_check_finds_nothing_wrong_with_any_feed_of_a_running_service(page_in: Server) -> None:
    page_in.run("ingest", str(REAL_PAGE.parent))
    page_in.run("articles", "withdraw", "3", "--reason", "Nhầm")
    deadline = time.monotonic() + 5
    while get(f"{page_in.url}/rss.xml", If_Modified_Since=get(f"{page_in.url}/rss.xml")[1]["Last-Modified"])[0] != 304:
        assert time.monotonic() < deadline  # within the second of a change, a date alone is no validator
    result = page_in.run("feeds", "check", "--all")
    assert result.stdout.splitlines()[-1].endswith("feeds, 0 with findings"), result.stdout
    assert int(result.stdout.splitlines()[-1].split()[0]) > 500
    assert page_in.run("feeds", "check", f"{page_in.url}/").returncode == 1


def test_a_mirror_is_made_and_brought_up_to_date_over_http(page_in: Server, tmp_path: Path) -> None:
    folder = str(tmp_path / "mirror")
    assert page_in.run("mirror", page_in.url, folder).stdout.startswith("1 written, 0 removed")
    page_in.run("articles", "withdraw", "1", "--reason", "Nhầm")
    assert page_in.run("mirror", page_in.url, folder).stdout.startswith("0 written, 1 removed")


def log_in(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/admin/")
    page.get_by_label("Tên đăng nhập").fill("quantri")
    page.get_by_label("Mật khẩu").fill(server.password)
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bài viết")


@pytest.fixture
def page(browser: Browser) -> Any:
    context = browser.new_context(locale="vi-VN")
    yield context.new_page()
    context.close()


def test_a_clerk_posts_in_a_browser_and_the_article_is_in_the_feed(page: Page, server: Server) -> None:
    log_in(page, server)
    page.get_by_role("link", name="Viết bài mới").click()
    page.get_by_label("Tiêu đề").fill("Thông báo lịch cắt nước < 3 giờ & lưu ý")
    page.get_by_label("Phường, xã").select_option("Phường Láng")
    page.get_by_label("Chuyên mục").select_option("Thông báo")
    page.get_by_label("Nội dung").fill("Đoạn một.\n\nĐoạn hai./.")
    page.get_by_role("button", name="Đăng bài").click()
    expect(page.get_by_role("status")).to_have_text("Đã đăng bài.")
    for _ in range(6):
        for path in ("/rss.xml", "/wards/phuong-lang/atom.xml", "/categories/thong-bao/feed.json"):
            parsed = get(server.url + path)[2].decode()
            assert "Thông báo lịch cắt nước" in parsed
    entry = feedparser.parse(get(f"{server.url}/rss.xml")[2]).entries[0]
    assert entry.title == "Thông báo lịch cắt nước < 3 giờ & lưu ý"
    assert entry.content[0].value == "<p>Đoạn một.</p>\n<p>Đoạn hai./.</p>"

    page.get_by_label("Lý do thu hồi").fill("Đã đổi lịch")
    page.get_by_role("button", name="Thu hồi").click()
    expect(page.get_by_text("Đã thu hồi bài.")).to_be_visible()
    after = get(f"{server.url}/rss.xml")[2].decode()
    assert "Đã thu hồi: Thông báo lịch cắt nước" in after
    assert "Đoạn một." not in after
    status, _, body = get(entry.link)
    assert (status, "Đã đổi lịch" in body.decode()) == (410, True)


def test_errors_are_shown_at_their_fields_and_no_input_is_lost(page: Page, server: Server) -> None:
    log_in(page, server)
    page.get_by_role("link", name="Viết bài mới").click()
    page.get_by_label("Nội dung").fill("Đã viết rất lâu.\n\nĐoạn hai.")
    page.get_by_role("button", name="Đăng bài").click()
    expect(page.get_by_role("alert")).to_contain_text("Chưa lưu được")
    expect(page.get_by_label("Nội dung")).to_have_value("Đã viết rất lâu.\n\nĐoạn hai.")
    expect(page.get_by_label("Tiêu đề")).to_have_accessible_description("Hãy nhập tiêu đề.")


def test_a_session_that_ends_while_writing_costs_no_text(page: Page, server: Server) -> None:
    log_in(page, server)
    page.get_by_role("link", name="Viết bài mới").click()
    page.get_by_label("Tiêu đề").fill("Viết dở")
    page.get_by_label("Phường, xã").select_option("Phường Láng")
    page.get_by_label("Chuyên mục").select_option("Thông báo")
    page.get_by_label("Nội dung").fill("\nĐoạn một.\n\nĐoạn hai.")
    with sqlite3.connect(server.instance / "feedsvc.db") as db:
        db.execute("DELETE FROM sessions")
    db.close()
    page.get_by_role("button", name="Đăng bài").click()
    expect(page.get_by_text("Nội dung bạn viết vẫn còn")).to_be_visible()
    page.get_by_label("Tên đăng nhập").fill("quantri")
    page.get_by_label("Mật khẩu").fill(server.password)
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_label("Nội dung")).to_have_value("\nĐoạn một.\n\nĐoạn hai.")
    page.get_by_role("button", name="Đăng bài").click()
    expect(page.get_by_role("status")).to_have_text("Đã đăng bài.")


def test_pages_fit_a_phone_of_320_pixels_and_work_without_javascript(browser: Browser, page_in: Server) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    page = context.new_page()
    paths = ["/", "/wards/", "/wards/phuong-phuc-dong/", "/articles/1", "/categories/", "/areas/", "/admin/login"]
    try:
        for path in paths:
            page.goto(page_in.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") == 320, path
    finally:
        context.close()


def test_a_scheduled_article_appears_in_every_worker_at_its_time(server: Server) -> None:
    url = f"{server.url}/feed.json"
    assert json.loads(get(url)[2])["items"] == []
    with sqlite3.connect(server.instance / "feedsvc.db") as db:
        ahead = datetime.now(UTC) + timedelta(seconds=2)
        ward = db.execute("SELECT id FROM wards WHERE slug = 'phuong-lang'").fetchone()[0]
        values = [ward, int(ahead.timestamp()), int(ahead.timestamp())]
        db.execute(
            "INSERT INTO articles (guid, identity, ward_id, title, slug, summary, content_html, author, published,"
            " published_has_time, updated, source_url, content_hash, state, ingested_at, changed_at)"
            " VALUES ('tag:x,2026:1', 'x', ?, 'Hẹn giờ', 'hen-gio', '', '<p>x</p>', 'A', ?,"
            " 1, ?, '', 'h', 'scheduled', 0, 0)",
            values,
        )
    db.close()
    assert json.loads(get(url)[2])["items"] == []
    while datetime.now(UTC) <= ahead:
        get(f"{server.url}/healthz")
    for _ in range(6):
        assert [item["title"] for item in json.loads(get(url)[2])["items"]] == ["Hẹn giờ"]


def test_the_access_log_has_the_same_line_whoever_answers(tmp_path: Path) -> None:
    """Flask answers the first two requests, the ready documents the later ones."""
    log = tmp_path / "access.log"
    process, running = start_server(tmp_path / "served", FEEDSVC_ACCESS_LOG=str(log), FEEDSVC_THREADS="1")
    for _ in range(12):
        assert get(f"{running.url}/rss.xml", User_Agent="reader/1")[0] == 200
    stop_server(process)
    lines = [line for line in log.read_text().splitlines() if "/rss.xml" in line]
    assert len(lines) == 12
    assert len({re.sub(r"\[.*?\]", "", line) for line in lines}) == 1
    assert lines[0].endswith('"-" "reader/1"')
