"""The form of an article: its input, its buttons, its messages at the fields, at the top, and after saving."""

import re
from datetime import datetime

import pytest
from werkzeug.test import TestResponse

from feedsvc.config import Settings
from feedsvc.database import Database, transaction
from feedsvc.models import VIETNAM, Article
from feedsvc.store.articles import find_article
from feedsvc.wording import format_size

from .desk import FIELDS, Clerk, token_of


def get(db: Database, article_id: int = 1) -> Article:
    article = find_article(db, article_id)
    assert article is not None
    return article


def notices_of(page: str) -> str:
    """Return the notices at the top of the page."""
    return " ".join(text for _, text in re.findall(r'<(p|div) class="notice[^>]*>(.*?)</\1>', page, re.S))


def errors_of(page: str, field: str) -> str:
    found = re.search(rf'<ul class="errors" id="{field}-errors">(.*?)</ul>', page, re.S)
    return found.group(1) if found else ""


def said_after(clerk: Clerk, response: TestResponse) -> str:
    assert response.status_code == 302
    return notices_of(clerk.client.get(response.headers["Location"]).text)


@pytest.mark.parametrize("day", ["13/09/2026", "2026-09-13", "13/9/2026"])
def test_a_day_may_be_typed_as_people_here_write_it(clerk: Clerk, db: Database, day: str) -> None:
    assert clerk.post(published_day=day).status_code == 302
    assert get(db).published == datetime(2026, 9, 13, 8, 30, tzinfo=VIETNAM)


@pytest.mark.parametrize("slug", ["khong-co", "Một nhãn tự đặt", "chuyen-muc-an"])
def test_a_forged_category_is_refused_and_never_becomes_a_label(clerk: Clerk, db: Database, slug: str) -> None:
    """Neither an unknown slug, nor a heading, nor a hidden category is accepted, in a new article or in an edit."""
    with transaction(db):
        db.execute("INSERT INTO categories (slug, label, position, hidden) VALUES ('chuyen-muc-an', 'Ẩn', 99, 1)")
    clerk.post()
    for response in (clerk.post(title="Bài khác", category=slug), clerk.edit(1, category=slug)):
        assert response.status_code == 422
        assert "Không có chuyên mục này." in errors_of(response.text, "category")
    assert db.execute("SELECT count(*) FROM articles").fetchone()[0] == 1
    assert [category.slug for category in get(db).categories] == ["thong-bao"]


def test_an_article_keeps_a_category_that_was_hidden_since(clerk: Clerk, db: Database) -> None:
    clerk.post()
    with transaction(db):
        db.execute("UPDATE categories SET hidden = 1 WHERE slug = 'thong-bao'")
    assert clerk.edit(1, title="Tiêu đề khác").status_code == 302
    assert [category.slug for category in get(db).categories] == ["thong-bao"]


def test_each_state_has_the_buttons_that_say_what_they_do(clerk: Clerk) -> None:
    def buttons() -> list[tuple[str, str]]:
        page = clerk.client.get("/admin/articles/1").text
        return re.findall(r'<button type="submit" name="action" value="(\w+)"[^>]*>(.*?)</button>', page)

    new = clerk.client.get("/admin/articles/new").text
    assert '<button type="submit" name="action" value="publish">Đăng bài</button>' in new
    clerk.post(published_day="2026-11-27")
    assert buttons() == [("save", "Lưu")]
    clerk.withdraw(1, "")
    assert buttons() == [("save", "Lưu nháp"), ("publish", "Đăng bài")]
    clerk.edit(1, action="publish")
    assert buttons() == [("save", "Lưu thay đổi")]


def test_after_saving_the_page_says_what_became_of_the_article(clerk: Clerk) -> None:
    assert "Đã đăng bài." in said_after(clerk, clerk.post())
    assert "Bài không có gì thay đổi." in said_after(clerk, clerk.edit(1))
    changed = said_after(clerk, clerk.edit(1, title="Tiêu đề khác"))
    assert "Đã lưu thay đổi, bài trên trang đã được cập nhật." in changed
    scheduled = said_after(clerk, clerk.post(published_day="2026-11-27", title="Bài sau"))
    assert "Đã lưu. Bài sẽ tự đăng lúc 08:30 ngày 27/11/2026." in scheduled
    called = said_after(clerk, clerk.withdraw(2, ""))
    assert "Đã hủy lịch đăng. Bài được giữ lại dưới dạng bản nháp." in called
    assert "Đã lưu bản nháp." in said_after(clerk, clerk.edit(2, title="Bài sau, sửa", action="save"))
    assert "Đã đăng bài." in said_after(clerk, clerk.edit(2, title="Bài sau, sửa", action="publish"))


def test_of_what_nobody_has_seen_no_reason_is_asked(clerk: Clerk, db: Database) -> None:
    clerk.post(published_day="2026-11-27")
    page = clerk.client.get("/admin/articles/1").text
    assert 'name="reason"' not in page
    assert "người đọc" not in page
    called_off_now = clerk.withdraw(1, "")
    assert called_off_now.status_code == 302
    assert get(db).state == "draft"


def test_a_note_of_a_correction_stays_until_somebody_changes_it(clerk: Clerk, db: Database) -> None:
    clerk.post()
    clerk.edit(1, content="Khác.", correction_note="Bổ sung giờ họp.")
    page = clerk.client.get("/admin/articles/1").text
    filled = re.search(r'name="correction_note"[^>]*value="([^"]*)"', page)
    assert filled
    assert filled.group(1) == "Bổ sung giờ họp."
    clerk.edit(1, content="Khác nữa.", correction_note=filled.group(1))
    assert get(db).correction_note == "Bổ sung giờ họp."
    clerk.edit(1, content="Khác nữa.", correction_note="Sửa giờ họp.")
    assert "Sửa giờ họp." in clerk.client.get("/articles/1/thong-bao-lich-tiep-dan").text


def test_what_concerns_the_whole_article_stands_on_top_and_not_below_the_title(clerk: Clerk) -> None:
    clerk.post()
    page = clerk.client.get("/admin/articles/1").text
    seen = re.search(r'name="seen_hash"[^>]*value="([^"]+)"', page)
    assert seen
    clerk.edit(1, title="Người khác sửa")
    data = {**FIELDS, "title": "Tôi sửa", "seen_hash": seen.group(1)}
    conflict = clerk.client.post("/admin/articles/1", data={**data, "csrf_token": token_of(page)}).text
    expired = clerk.client.post("/admin/articles/1", data={**data, "action": "save"}).text
    assert "Trong lúc bạn viết, bài đã được người khác sửa." in notices_of(conflict)
    assert "hãy bấm “Lưu thay đổi” lần nữa." in notices_of(expired)
    for answer in (conflict, expired):
        assert errors_of(answer, "title") == ""
        assert "Nếu đã chọn ảnh, hãy chọn lại ảnh." in notices_of(answer)


def test_a_fault_of_ours_stands_on_top_with_a_code_and_is_in_the_log(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("feedsvc.text.normalise", lambda text: text)  # the fault of the test: nothing is normalised
    page = clerk.post(title="Họp\x01").text
    assert "kèm mã: not_renderable." in notices_of(page)
    assert "XML" not in notices_of(page)
    assert "not_renderable: the article cannot be rendered as RSS: All strings must be XML compatible" in caplog.text


def test_hints_say_what_is_true_of_this_article(clerk: Clerk, administrator: Clerk, settings: Settings) -> None:
    new = clerk.client.get("/admin/articles/new").text
    assert "Nếu để trống, bài sẽ ghi “UBND phường Láng”." in new
    assert f"mỗi ảnh không quá {format_size(settings.max_image_bytes)}. Ảnh được" in new
    assert "bài sẽ tự đăng vào lúc đó" in new
    assert "bài sẽ ghi tên UBND phường, xã." in administrator.client.get("/admin/articles/new").text
    clerk.post()
    page = clerk.client.get("/admin/articles/1").text
    assert "Bài đã đăng nên không đổi được ngày, giờ đăng." in page
    assert "bài sẽ tự đăng vào lúc đó" not in page


def test_a_closed_unit_and_its_living_namesake_are_told_apart_in_the_list(administrator: Clerk) -> None:
    administrator.post(ward="phuong-viet-hung", title="Mới")
    administrator.post(ward="phuong-viet-hung-2025", published_day="2024-01-05", title="Cũ")
    page = administrator.client.get("/admin/").text
    assert "<td>Phường Việt Hưng</td>" in page
    assert "<td>Phường Việt Hưng (đến 30/06/2025)</td>" in page
