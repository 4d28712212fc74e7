"""Limits, problems, and the truth of docs/api.md."""

import re
import shlex
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedsvc import create_app
from feedsvc.config import Settings
from feedsvc.database import Database, transaction
from feedsvc.store.tokens import save_token
from feedsvc.web.api.problems import KINDS

from ...conftest import Clock
from .program import JSON, Program, kind


@pytest.fixture
def hasty(settings: Settings, db: Database, clock: Clock, now: datetime) -> Any:
    """A program whose service allows five requests in a minute."""
    app = create_app(replace(settings, api_requests_per_minute=5), clock=clock)
    with transaction(db):
        for name in ("hasty", "calm"):
            save_token(db, name, f"fs_{name}", ward=None, area=None, now=now, expires_at=None)
    yield Program(app.test_client(), "fs_hasty")
    app.extensions["feedsvc"].close()


def test_too_many_requests_are_told_how_long_to_wait(hasty: Program, clock: Clock) -> None:
    assert [hasty.get().status_code for _ in range(6)] == [200] * 5 + [429]
    response = hasty.post()
    assert (response.status_code, kind(response)) == (429, "too-often")
    wait = int(response.headers["Retry-After"])
    assert wait == 12
    clock.now += timedelta(seconds=wait)
    assert [hasty.get().status_code for _ in range(2)] == [200, 429]
    clock.now += timedelta(minutes=5)
    assert [hasty.get().status_code for _ in range(6)] == [200] * 5 + [429]


def test_one_program_does_not_slow_down_another(hasty: Program) -> None:
    for _ in range(6):
        hasty.get()
    assert Program(hasty.client, "fs_calm").get().status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "expected"),
    [
        ("GET", "/api/", 404, "not-found"),
        ("GET", "/api/artikles", 404, "not-found"),
        ("GET", "/api/articles/", 404, "not-found"),
        ("GET", "/api/articles/abc", 404, "not-found"),
        ("GET", "/api/articles/7", 404, "not-found"),
        ("GET", f"/api/articles/{2**63}", 404, "not-found"),
        ("PATCH", "/api/articles", 405, "method"),
        ("POST", "/api/articles/1", 405, "method"),
        ("DELETE", "/api/openapi.json", 405, "method"),
    ],
)
def test_every_error_under_api_is_a_problem(lang: Program, method: str, path: str, status: int, expected: str) -> None:
    response = lang.client.open(path, method=method, headers=lang.headers)
    assert (response.status_code, kind(response)) == (status, expected)
    assert ("Allow" in response.headers) == (status == 405)


def test_an_internal_error_is_a_problem_that_reveals_nothing_internal(
    app: Flask, lang: Program, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with transaction(db):
        db.execute("DROP TABLE idempotency_keys")
    response = lang.post(Idempotency_Key="k")
    assert (response.status_code, kind(response)) == (500, "internal")
    assert "idempotency_keys" not in response.text
    assert "no such table" in caplog.text


def test_errors_elsewhere_stay_pages(client: FlaskClient) -> None:
    assert client.get("/khong-co").mimetype == "text/html"


DOCS = Path(__file__).parents[3] / "docs" / "api.md"
EXAMPLES = re.findall(r"^```sh\n# (\d+)\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.S | re.M)


def read_curl(command: str, **variables: str) -> dict[str, Any]:
    """Return the request of this curl command as arguments of a test client; raise for options unknown to this test."""
    for name, value in variables.items():
        command = command.replace(f"${name}", value.replace('"', '\\"'))
    words = iter(shlex.split(command))
    assert next(words) == "curl"
    sent: dict[str, Any] = {"method": "GET", "headers": {}}
    for word in words:
        if word == "-X":
            sent["method"] = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            sent["headers"][name] = value
        elif word == "--json":
            sent |= {
                "data": next(words),
                "content_type": JSON,
                "method": {"GET": "POST"}.get(sent["method"], sent["method"]),
            }
        elif word != "-i":
            sent["path"] = word.removeprefix("http://127.0.0.1:8000")
    return sent


def test_the_examples_of_the_documentation_work_in_their_order(lang: Program) -> None:
    tag = ""
    assert len(EXAMPLES) == 7
    for status, command in EXAMPLES:
        response = lang.client.open(**read_curl(command, TOKEN="fs_lang", ETAG=tag))
        assert (response.status_code, command) == (int(status), command)
        tag = response.headers.get("ETag", tag)


def test_the_documentation_names_every_status_of_a_problem() -> None:
    named = set(re.findall(r"\d{3}", "".join(re.findall(r"^\| ([\d, ]+) \|", DOCS.read_text(encoding="utf-8"), re.M))))
    assert named == {str(status) for status, _ in KINDS.values()} - {"405"}
