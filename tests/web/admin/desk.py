"""Act as a user of the administration: the vocabulary of these tests."""

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PASSWORD = "mat-khau-rat-dai"
FIELDS = {
    "ward": "phuong-lang",
    "category": "thong-bao",
    "title": "Thông báo lịch tiếp dân",
    "author": "",
    "published_day": "2026-11-20",
    "published_time": "08:30",
    "content": "Đoạn một.\n\nĐoạn hai & hết./.",
}


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page
    return found.group(1)


class Clerk:
    """A user of the administration: the vocabulary of these tests."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def log_in(self, name: str = "lan", password: str = PASSWORD, **more: str) -> TestResponse:
        token = token_of(self.client.get("/admin/login").text)
        return self.client.post(
            "/admin/login", data={"csrf_token": token, "login_name": name, "login_password": password, **more}
        )

    def post(self, **changes: str) -> TestResponse:
        page = self.client.get("/admin/articles/new").text
        key = re.search(r'name="key"[^>]*value="([^"]+)"', page)
        assert key
        return self.client.post(
            "/admin/articles/new", data={"csrf_token": token_of(page), "key": key.group(1), **FIELDS, **changes}
        )

    def edit(self, article_id: int, **changes: str) -> TestResponse:
        path = f"/admin/articles/{article_id}"
        page = self.client.get(path).text
        seen = re.search(r'name="seen_hash"[^>]*value="([^"]+)"', page)
        assert seen
        data = {"csrf_token": token_of(page), "seen_hash": seen.group(1), **FIELDS, **changes}
        return self.client.post(path, data=data)

    def withdraw(self, article_id: int, reason: str) -> TestResponse:
        token = token_of(self.client.get(f"/admin/articles/{article_id}").text)
        return self.client.post(f"/admin/articles/{article_id}/withdraw", data={"csrf_token": token, "reason": reason})
