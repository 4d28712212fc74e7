"""Act as a program that uses the HTTP API, and check every answer: the vocabulary of these tests."""

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

RECORD: dict[str, Any] = {
    "title": "Thông báo lịch tiếp dân",
    "published": "2026-11-20T08:30:00+07:00",
    "ward": "phuong-lang",
    "category": "thong-bao",
    "content_text": "Đoạn một.\n\nĐoạn hai & hết./.",
    "external_id": "cms-1",
}
OLD = {**RECORD, "ward": "phuong-phuc-dong", "published": "2023-09-13T16:20:00+07:00", "external_id": "cms-2"}
JSON = "application/json"
PROBLEM = "application/problem+json"


class Program:
    """A program that uses the API with one token: the vocabulary of these tests."""

    def __init__(self, client: FlaskClient, secret: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {secret}"}

    def send(self, method: str, path: str = "", json: Any = None, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(f"/api/articles{path}", method=method, json=json, headers={**self.headers, **named})

    def get(self, path: str = "", **headers: str) -> TestResponse:
        return self.send("GET", path, **headers)

    def post(self, record: Any = RECORD, **headers: str) -> TestResponse:
        return self.send("POST", "", record, **headers)

    def put(self, article_id: int = 1, *, if_match: str | None = None, **changes: Any) -> TestResponse:
        """Replace an article; without `if_match`, send its present ETag."""
        tag = if_match or self.get(f"/{article_id}").headers["ETag"]
        return self.send("PUT", f"/{article_id}", {**RECORD, **changes}, If_Match=tag)

    def delete(self, article_id: int = 1, reason: str | None = "Sai ngày", **headers: str) -> TestResponse:
        return self.send("DELETE", f"/{article_id}", None if reason is None else {"reason": reason}, **headers)


Enrol = Callable[..., Program]


def fields(response: TestResponse) -> dict[str, str]:
    assert response.content_type == PROBLEM
    return {item["field"]: item["code"] for item in response.json["errors"]}  # type: ignore[index]


def kind(response: TestResponse) -> str:
    """Return the kind of a problem, after checking the requirements for every problem (RFC 9457)."""
    assert response.content_type == PROBLEM
    body = response.get_json()
    assert body["status"] == response.status_code
    assert body["title"]
    assert body["detail"]
    document, _, pointer = body["type"].partition("#/x-problem-types/")
    assert document == "https://tin.example.vn/api/openapi.json"
    return str(pointer)
