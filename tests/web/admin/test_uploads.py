"""Photos in the administration: added with an article, kept when it is edited, removed when ticked."""

import re
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from feedsvc.articles.ingest import ingest
from feedsvc.config import Settings
from feedsvc.database import Database, transaction
from feedsvc.models import Article, Draft, DraftImage, Site
from feedsvc.passwords import hash_password
from feedsvc.store.articles import find_article
from feedsvc.store.users import save_user
from feedsvc.store.wards import get_ward

from ...pictures import make_bomb, make_photo, make_telephone_photo
from .desk import FIELDS, PASSWORD, Clerk, token_of


class Photographer(Clerk):
    """A clerk who posts photos."""

    def send(self, path: str, *photos: tuple[bytes, str], **fields: Any) -> TestResponse:
        page = self.client.get(path).text
        hidden = dict(re.findall(r'name="(key|seen_hash)"[^>]*value="([^"]+)"', page))
        files = [(BytesIO(data), name) for data, name in photos]
        data = {"csrf_token": token_of(page), **hidden, **FIELDS, **fields, "photos": files}
        return self.client.post(path, data=data, content_type="multipart/form-data")


@pytest.fixture
def clerk(app: Flask, db: Database, now: datetime) -> Photographer:
    with transaction(db):
        save_user(db, "lan", hash_password(PASSWORD), "clerk", get_ward(db, "phuong-lang"), now=now)
    clerk = Photographer(app.test_client())
    assert clerk.log_in().status_code == 302
    return clerk


def get(db: Database, article_id: int = 1) -> Article:
    article = find_article(db, article_id)
    assert article is not None
    return article


def test_it_works(clerk: Photographer, db: Database) -> None:
    photos = [(make_telephone_photo(), "IMG_0001.jpg"), (make_photo(colour="blue"), "IMG_0001.jpg")]
    response = clerk.send("/admin/articles/new", *photos, photo_captions="Quét ngõ\nTrồng cây\nThừa")
    assert response.status_code == 302
    article = get(db)
    assert [image.caption for image in article.images] == ["Quét ngõ", "Trồng cây"]
    assert article.content_html.count("<figure>") == 2
    assert clerk.client.get(article.images[0].url).status_code == 200
    assert 'srcset="' not in article.content_html


def test_an_article_with_photos_is_edited_as_text_and_keeps_them(clerk: Photographer, db: Database) -> None:
    clerk.send("/admin/articles/new", (make_photo(), "a.jpg"), photo_captions="Quét ngõ")
    before = get(db)
    page = clerk.client.get("/admin/articles/1").text
    assert 'name="content"' in page
    assert f'src="/media/{before.images[0].media_hash}-640.webp"' in page
    clerk.send("/admin/articles/1", (make_photo(colour="blue"), "b.jpg"), content="Đoạn khác.")
    after = get(db)
    assert after.images[0] == before.images[0]
    assert len(after.images) == 2
    assert after.content_html.startswith("<p>Đoạn khác.</p>\n<figure>")


def test_a_photo_that_is_ticked_is_taken_out(clerk: Photographer, db: Database) -> None:
    clerk.send("/admin/articles/new", (make_photo(), "a.jpg"), (make_photo(colour="blue"), "b.jpg"))
    first, second = get(db).images
    assert clerk.send("/admin/articles/1", remove_photo=first.url).status_code == 302
    assert get(db).images == (second,)
    assert first.url not in get(db).content_html


def test_saving_without_a_change_changes_nothing(clerk: Photographer, db: Database) -> None:
    clerk.send("/admin/articles/new", (make_photo(), "a.jpg"))
    before = get(db)
    clerk.send("/admin/articles/1")
    assert get(db) == before


def test_an_edit_keeps_source_language_and_image_elsewhere(
    clerk: Photographer, db: Database, site: Site, now: datetime
) -> None:
    draft = Draft(
        "Bản tin phường Láng",
        now,
        ward="phuong-lang",
        content_text="Nội dung.",
        source_url="https://cu.example.vn/tin/1",
        images=(DraftImage(url="https://cu.example.vn/1.jpg", credit="Lan"),),
        language="en",
    )
    before = ingest(db, draft, site=site, now=now).article
    clerk.send("/admin/articles/1", title="Bản tin mới")
    after = get(db)
    assert after.title == "Bản tin mới"
    assert (after.source_url, after.language, after.images) == (before.source_url, "en", before.images)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "Không đọc được ảnh “a b.jpg”."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Không đọc được ảnh “a b.jpg”."),
        (b"<html><script>alert(1)</script>", "Không đọc được ảnh “a b.jpg”."),
        (make_photo()[:-100], "Không đọc được ảnh “a b.jpg”."),
        (
            make_bomb(),
            "Ảnh “a b.jpg” có kích thước quá lớn (100.000 × 100.000 điểm ảnh; tối đa 50 triệu điểm ảnh).",
        ),
    ],
)
def test_a_file_that_is_not_a_photo_is_refused_and_the_text_stays(
    clerk: Photographer, db: Database, data: bytes, message: str
) -> None:
    response = clerk.send("/admin/articles/new", (make_photo(), "a.jpg"), (data, "a b.jpg"), content="Đoạn đã viết.")
    assert response.status_code == 422
    assert message in response.text
    assert "Đoạn đã viết." in response.text
    assert db.execute("SELECT count(*) FROM articles").fetchone()[0] == 0


def test_the_name_of_a_photo_opens_no_file(clerk: Photographer, db: Database, settings: Settings) -> None:
    clerk.send("/admin/articles/new", (make_photo(), "../../secret_key"))
    assert [image.media_type for image in get(db).images] == ["image/jpeg"]
    assert "/media/" in get(db).images[0].url


def test_photos_may_be_larger_than_a_form_but_only_from_users_who_are_logged_in(
    clerk: Photographer, app: Flask
) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 50_000
    large = b"\0" * 100_000
    assert "Không đọc được ảnh" in clerk.send("/admin/articles/new", (large, "a.jpg")).text
    data = {"title": "x", "photos": [(BytesIO(large), "a.jpg")]}
    response = app.test_client().post("/admin/articles/new", data=data, content_type="multipart/form-data")
    assert response.status_code == 413


def test_a_photo_above_the_limit_is_named(clerk: Photographer, app: Flask) -> None:
    parts = app.extensions["feedsvc"]
    parts.media = replace(parts.media, max_bytes=1000)
    page = clerk.send("/admin/articles/new", (b"\0" * 5000, "to.jpg")).text
    assert "Ảnh “to.jpg” nặng quá 1 KB. Hãy thu nhỏ ảnh rồi chọn lại." in page
