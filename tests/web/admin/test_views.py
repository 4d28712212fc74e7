"""The administration: log in, post, edit, withdraw; permissions; no input is lost."""

import html
import re
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedsvc import create_app
from feedsvc.config import Settings
from feedsvc.database import Database, transaction
from feedsvc.models import VIETNAM
from feedsvc.store.articles import find_article
from feedsvc.store.users import delete_user
from feedsvc.web.admin.login import safe_next

from ...conftest import Clock
from .desk import FIELDS, PASSWORD, Clerk, token_of


def test_it_works(clerk: Clerk, db: Database) -> None:
    response = clerk.post()
    assert response.status_code == 302
    article = find_article(db, 1)
    assert article is not None
    assert article.published == datetime(2026, 11, 20, 8, 30, tzinfo=VIETNAM)
    assert article.content_html == "<p>Đoạn một.</p>\n<p>Đoạn hai &amp; hết./.</p>"
    assert article.author == "UBND phường Láng"
    for path in ("/rss.xml", "/wards/phuong-lang/thong-bao/atom.xml", "/wards/phuong-lang/"):
        assert "Thông báo lịch tiếp dân" in clerk.client.get(path).text


def test_sending_the_same_form_twice_posts_once(clerk: Clerk, db: Database) -> None:
    page = clerk.client.get("/admin/articles/new").text
    key = re.search(r'name="key"[^>]*value="([^"]+)"', page)
    assert key
    data = {"csrf_token": token_of(page), "key": key.group(1), **FIELDS}
    for _ in range(2):
        assert clerk.client.post("/admin/articles/new", data=data).status_code == 302
    assert db.execute("SELECT count(*) FROM articles").fetchone()[0] == 1


def test_two_articles_of_one_title_and_day_are_two(clerk: Clerk, db: Database) -> None:
    clerk.post()
    clerk.post(content="Nội dung khác.")
    assert db.execute("SELECT count(*) FROM articles").fetchone()[0] == 2


def test_an_edit_is_a_correction(clerk: Clerk, db: Database) -> None:
    clerk.post()
    assert clerk.edit(1, title="Thông báo lịch tiếp dân (sửa)", published_day="2020-01-01").status_code == 302
    article = find_article(db, 1)
    assert article is not None
    assert article.title == "Thông báo lịch tiếp dân (sửa)"
    assert article.published == datetime(2026, 11, 20, 8, 30, tzinfo=VIETNAM)
    assert article.corrected_at is not None


def test_a_withdrawal_needs_a_reason_and_keeps_the_form(clerk: Clerk, db: Database) -> None:
    clerk.post()
    refused = clerk.withdraw(1, "")
    assert refused.status_code == 422
    assert "người đọc sẽ thấy lý do này" in refused.text
    assert clerk.withdraw(1, "Sai ngày").status_code == 302
    assert clerk.client.get("/articles/1/x").status_code == 410
    feed = clerk.client.get("/rss.xml").text
    assert "Đã thu hồi: Thông báo lịch tiếp dân" in feed
    assert "Đoạn một." not in feed


def test_a_withdrawn_article_may_be_restored(clerk: Clerk) -> None:
    clerk.post()
    clerk.withdraw(1, "Sai ngày")
    token = token_of(clerk.client.get("/admin/articles/1").text)
    clerk.client.post("/admin/articles/1/restore", data={"csrf_token": token})
    assert "Thông báo lịch tiếp dân" in clerk.client.get("/rss.xml").text


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("title", "", "Hãy nhập tiêu đề."),
        ("title", "a" * 501, "Tiêu đề dài 501 ký tự, tối đa 500 ký tự. Hãy rút ngắn."),
        ("content", "", "Hãy nhập nội dung."),
        ("published_day", "32/13/2026", "Ngày đăng phải viết theo dạng ngày/tháng/năm"),
        ("published_day", "1889-01-01", "Năm đăng phải từ 1990 đến 2200; bạn đã nhập 01/01/1889. Hãy sửa ngày đăng."),
        ("published_time", "25:99", "Giờ đăng phải viết theo dạng giờ:phút"),
        ("category", "", "Hãy chọn chuyên mục."),
        ("category", "khong-co", "Không có chuyên mục này. Hãy chọn trong danh sách."),
    ],
)
def test_a_problem_is_shown_at_its_field_and_the_input_stays(
    clerk: Clerk, field: str, value: str, message: str
) -> None:
    response = clerk.post(**{field: value})
    assert response.status_code == 422
    block = re.search(rf'<ul class="errors" id="{field}-errors">(.*?)</ul>', response.text, re.S)
    assert block, response.text
    assert message in block.group(1)
    assert f'aria-describedby="{field}' in response.text.replace("published_time-note ", "")
    if field != "content":
        assert "Đoạn hai &amp; hết./." in response.text
    if value and field != "category":
        assert value in response.text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ward": "phuong-khong-co"}, "Tài khoản của bạn không có quyền đăng bài cho phường, xã này."),
        (
            {"published_day": "2020-01-01"},
            "Phường Láng chưa thành lập vào ngày 01/01/2020 (thành lập ngày 01/07/2025).",
        ),
    ],
)
def test_a_wrong_ward_has_a_message_at_its_field(clerk: Clerk, changes: dict[str, str], message: str) -> None:
    response = clerk.post(**changes)
    assert response.status_code == 422
    block = re.search(r'<ul class="errors" id="ward-errors">(.*?)</ul>', response.text, re.S)
    assert block
    assert message in block.group(1)


def test_an_empty_time_means_that_it_is_not_known(clerk: Clerk, db: Database) -> None:
    clerk.post(published_time="")
    article = find_article(db, 1)
    assert article is not None
    assert not article.published_has_time


def test_a_future_time_schedules_and_may_be_called_off(clerk: Clerk, db: Database) -> None:
    response = clerk.post(published_day="2026-11-27")
    assert "Bài sẽ tự đăng lúc" in clerk.client.get(response.headers["Location"]).text
    assert "Thông báo lịch tiếp dân" not in clerk.client.get("/rss.xml").text
    clerk.withdraw(1, "Hoãn")
    article = find_article(db, 1)
    assert article is not None
    assert article.state == "draft"


def test_a_lost_update_is_refused_and_both_texts_are_kept(clerk: Clerk, db: Database) -> None:
    clerk.post()
    page = clerk.client.get("/admin/articles/1").text
    seen = re.search(r'name="seen_hash"[^>]*value="([^"]+)"', page)
    assert seen
    clerk.edit(1, title="Người khác sửa")
    data = {"csrf_token": token_of(page), "seen_hash": seen.group(1), **FIELDS, "title": "Tôi sửa"}
    response = clerk.client.post("/admin/articles/1", data=data)
    assert response.status_code == 422
    assert "đã được người khác sửa" in response.text
    assert "Tôi sửa" in response.text
    again = {"csrf_token": token_of(response.text), **FIELDS, "title": "Tôi sửa"}
    new_seen = re.search(r'name="seen_hash"[^>]*value="([^"]+)"', response.text)
    assert new_seen
    assert clerk.client.post("/admin/articles/1", data={**again, "seen_hash": new_seen.group(1)}).status_code == 302
    article = find_article(db, 1)
    assert article is not None
    assert article.title == "Tôi sửa"


def test_lists_and_captions_are_written_and_edited_as_text(clerk: Clerk, db: Database) -> None:
    clerk.post(content="Gồm:\n- Một;\n- Hai.\n\n[Ảnh] Toàn cảnh hội nghị")
    article = find_article(db, 1)
    assert article is not None
    assert article.content_html == (
        "<p>Gồm:</p>\n<ul><li>Một;</li><li>Hai.</li></ul>\n<p><em>Toàn cảnh hội nghị</em></p>"
    )
    page = clerk.client.get("/admin/articles/1").text
    assert "Gồm:\n\n- Một;\n- Hai.\n\n[Ảnh] Toàn cảnh hội nghị</textarea>" in page.replace("\r", "")


def test_an_article_that_is_more_than_that_is_edited_as_html(clerk: Clerk, db: Database) -> None:
    clerk.post()
    with transaction(db):
        db.execute("UPDATE articles SET content_html = '<h2>Một</h2>'")
    page = clerk.client.get("/admin/articles/1").text
    assert 'name="content_html"' in page
    assert 'name="content"' not in page
    response = clerk.edit(1, content_html="<ul><li>Hai</li></ul><script>x</script>")
    assert response.status_code == 302
    article = find_article(db, 1)
    assert article is not None
    assert article.content_html == "<ul><li>Hai</li></ul>"


def test_a_clerk_writes_for_one_ward_only(clerk: Clerk, administrator: Clerk, db: Database) -> None:
    administrator.post(ward="phuong-bo-de", title="Của Bồ Đề")
    for path in ("/admin/articles/1", "/admin/articles/1/withdraw"):
        method = clerk.client.get if path.endswith("1") else clerk.client.post
        assert method(path).status_code == 403
    assert clerk.post(ward="phuong-bo-de").status_code == 422
    assert "Của Bồ Đề" not in clerk.client.get("/admin/").text
    assert db.execute("SELECT count(*) FROM articles").fetchone()[0] == 1


def test_an_administrator_writes_for_every_ward_of_any_time(administrator: Clerk, db: Database) -> None:
    assert administrator.post(ward="phuong-phuc-dong", published_day="2023-09-13").status_code == 302
    article = find_article(db, 1)
    assert article is not None
    assert article.ward.name == "Phường Phúc Đồng"


@pytest.mark.parametrize("path", ["/admin/", "/admin/articles/new", "/admin/articles/1"])
def test_without_login_every_page_leads_to_the_login(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response.headers["Location"] == f"/admin/login?next={path}"


def test_after_the_login_one_is_where_one_wanted_to_be(clerk: Clerk) -> None:
    assert clerk.log_in(next="/admin/articles/new").headers["Location"] == "/admin/articles/new"


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example/admin/", "/\\evil.example", "/x", "javascript:x", ""]
)
def test_the_login_leads_to_no_other_site(app: Flask, target: str) -> None:
    with app.test_request_context():
        assert safe_next(target) == "/admin/"


@pytest.mark.parametrize(("name", "password"), [("lan", "sai"), ("ai-do", PASSWORD), ("", "")])
def test_a_wrong_login_says_so_and_not_which_part(clerk: Clerk, app: Flask, name: str, password: str) -> None:
    response = Clerk(app.test_client()).log_in(name, password)
    assert response.status_code == 422
    assert ("không đúng" in response.text) == bool(name)


def test_guessing_passwords_is_slowed_down(clerk: Clerk, app: Flask) -> None:
    guesser = Clerk(app.test_client())
    for _ in range(8):
        assert guesser.log_in(password="sai").status_code == 422
    assert guesser.log_in().status_code == 429


@pytest.mark.parametrize(("proxies", "own_address", "status"), [(1, "203.0.113.2", 302), (0, "203.0.113.2", 429)])
def test_guessing_behind_a_proxy_does_not_lock_out_the_clerk(
    clerk: Clerk, settings: Settings, clock: Clock, proxies: int, own_address: str, status: int
) -> None:
    """Without a configured proxy, X-Forwarded-For is ignored."""
    app = create_app(replace(settings, proxies=proxies), clock=clock)
    guesser, owner = Clerk(app.test_client()), Clerk(app.test_client())
    guesser.client.environ_base["HTTP_X_FORWARDED_FOR"] = "198.51.100.1, 203.0.113.1"
    owner.client.environ_base["HTTP_X_FORWARDED_FOR"] = own_address
    for _ in range(8):
        guesser.log_in(password="sai")
    assert guesser.log_in().status_code == 429
    assert owner.log_in().status_code == status
    app.extensions["feedsvc"].close()


def test_a_form_without_its_token_changes_nothing(clerk: Clerk, db: Database) -> None:
    response = clerk.client.post("/admin/articles/new", data=FIELDS)
    assert response.status_code == 422
    assert "Đoạn hai &amp; hết./." in response.text
    assert db.execute("SELECT count(*) FROM articles").fetchone()[0] == 0
    clerk.post()
    clerk.client.post("/admin/articles/1/withdraw", data={"reason": "x"})
    clerk.client.post("/admin/articles/1/restore")
    clerk.client.post("/admin/logout")
    assert clerk.client.get("/articles/1/thong-bao-lich-tiep-dan").status_code == 200
    assert clerk.client.get("/admin/").status_code == 200


def test_logging_out_ends_the_session_on_the_server(clerk: Clerk) -> None:
    cookie = clerk.client.get_cookie("feedsvc_admin", path="/admin/")
    assert cookie
    token = token_of(clerk.client.get("/admin/").text)
    clerk.client.post("/admin/logout", data={"csrf_token": token})
    clerk.client.set_cookie("feedsvc_admin", cookie.value, path="/admin/")
    assert clerk.client.get("/admin/").status_code == 302


def test_removing_a_user_ends_the_session_at_once(clerk: Clerk, db: Database) -> None:
    with transaction(db):
        delete_user(db, "lan")
    assert clerk.client.get("/admin/").status_code == 302


def test_what_was_typed_survives_the_end_of_the_session(clerk: Clerk, db: Database) -> None:
    page = clerk.client.get("/admin/articles/new").text
    with transaction(db):
        db.execute("DELETE FROM sessions")
    data = {"csrf_token": token_of(page), "key": "k1", **FIELDS}
    asked = clerk.client.post("/admin/articles/new", data=data)
    assert asked.status_code == 401
    assert "Nội dung bạn viết vẫn còn" in asked.text
    for name, value in FIELDS.items():
        assert f'name="{name}"' in asked.text
        assert html.escape(value) in asked.text
    token = {"csrf_token": token_of(asked.text)}
    credentials = {"login_name": "lan", "login_password": PASSWORD, "next": "/admin/articles/new"}
    back = clerk.client.post("/admin/login", data={**data, **token, **credentials})
    assert (back.status_code, back.headers["Location"]) == (307, "/admin/articles/new")
    # A browser sends the same fields again; their token is that of the login form.
    again = clerk.client.post("/admin/articles/new", data={**data, **token, **credentials})
    assert again.status_code == 422
    assert "hãy bấm “Đăng bài” lần nữa" in again.text
    assert "Đoạn hai &amp; hết./." in again.text
    saved = clerk.client.post("/admin/articles/new", data={**data, "csrf_token": token_of(again.text)})
    assert saved.status_code == 302


def test_the_cookie_lives_under_admin_and_scripts_cannot_read_it(clerk: Clerk) -> None:
    header = clerk.log_in().headers["Set-Cookie"]
    assert "Path=/admin/" in header
    assert "HttpOnly" in header
    assert "Secure" in header
    assert "SameSite=Lax" in header
    assert "Set-Cookie" not in clerk.client.get("/").headers


@pytest.mark.parametrize("path", ["/admin/", "/admin/articles/new", "/admin/login"])
def test_pages_of_the_administration_are_never_stored(clerk: Clerk, path: str) -> None:
    assert clerk.client.get(path).headers["Cache-Control"] == "no-store"


def test_the_list_pages_through_older_articles(administrator: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedsvc.web.admin.views.PAGE_ENTRIES", 2)
    for number in range(3):
        administrator.post(title=f"Bài số {number}")
    page = administrator.client.get("/admin/").text
    assert "Bài số 2" in page
    assert "Bài số 0" not in page
    assert "Bài số 0" in administrator.client.get("/admin/?before=2").text


@pytest.mark.parametrize("path", ["/", "/rss.xml", "/healthz", "/nowhere"])
def test_a_public_answer_sets_no_cookie_even_for_a_client_that_sends_one(clerk: Clerk, path: str) -> None:
    cookie = clerk.log_in().headers["Set-Cookie"].partition(";")[0]
    stranger = clerk.client.application.test_client(use_cookies=False)
    response = stranger.get(path, headers={"Cookie": cookie})
    assert "Set-Cookie" not in response.headers
    assert "Cookie" not in response.headers.get("Vary", "")
