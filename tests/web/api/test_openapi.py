"""The OpenAPI document is valid and complete, and agrees with the service; schemathesis tests its promises."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from feedsvc import create_app
from feedsvc.config import Settings
from feedsvc.database import Database, transaction
from feedsvc.store.tokens import save_token
from feedsvc.web.api.openapi import OPERATIONS, Operation

from ...conftest import Clock

RECORD = {"title": "Tin", "published": "2026-11-20", "content_text": "Chữ.", "ward": "phuong-lang"}


@pytest.fixture
def document(client: FlaskClient) -> Any:
    return client.get("/api/openapi.json").get_json()


def test_it_works(document: Any) -> None:
    assert document["openapi"].startswith("3.1.")
    assert document["servers"] == [{"url": "https://tin.example.vn"}]
    validate(document, cls=OpenAPIV31SpecValidator)


def test_every_route_under_api_is_described_and_nothing_else(app: Flask, document: Any) -> None:
    served = {
        (rule.rule.replace("<int:article_id>", "{id}"), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert served == described


def test_the_record_of_the_document_is_the_one_that_validates(document: Any) -> None:
    schemas = document["components"]["schemas"]
    body = document["paths"]["/api/articles"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["oneOf"][0] == {"$ref": "#/components/schemas/Record"}
    assert body["oneOf"][1]["maxItems"] == 100
    assert schemas["Record"]["required"] == ["title", "published"]
    assert all(field["description"] for field in schemas["Record"]["properties"].values())


def test_every_kind_of_problem_can_be_looked_up(client: FlaskClient, document: Any) -> None:
    _, _, pointer = client.get("/api/articles").get_json()["type"].partition("#/")
    found = document
    for step in pointer.split("/"):
        found = found[step]
    assert found == {"status": 401, "title": "A valid token is needed"}


def test_the_document_is_public_and_kept_until_it_changes(client: FlaskClient) -> None:
    response = client.get("/api/openapi.json")
    assert (response.status_code, response.content_type) == (200, "application/json")
    assert response.headers["Cache-Control"].startswith("public, max-age=300")
    assert client.get("/api/openapi.json", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


# schemathesis


@pytest.fixture
def tried(settings: Settings, db: Database, clock: Clock, now: datetime) -> Iterator[Flask]:
    """An application with a token `fs_try` that allows thousands of requests, over an instance with some articles."""
    app = create_app(replace(settings, api_requests_per_minute=1_000_000), clock=clock)
    with transaction(db):
        save_token(db, "try", "fs_try", ward=None, area=None, now=now, expires_at=None)
    records = [{**RECORD, "title": f"Tin {number}", "external_id": str(number)} for number in range(5)]
    response = app.test_client().post("/api/articles", json=records, headers={"Authorization": "Bearer fs_try"})
    assert response.status_code == 207
    yield app
    app.extensions["feedsvc"].close()


CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_schemathesis_finds_no_answer_that_the_document_does_not_promise(
    tried: Flask, operation: Operation, mode: GenerationMode
) -> None:
    described = schemathesis.openapi.from_wsgi("/api/openapi.json", tried)[operation.path][operation.method.upper()]
    if mode is GenerationMode.NEGATIVE and not described.body and not list(described.iter_parameters()):
        return  # this operation has no invalid input
    # Random numbers name no article, and random tags no version, so valid requests get those of a real article.
    fixed: dict[str, Any] = {}
    if mode is GenerationMode.POSITIVE and "{id}" in operation.path:
        fixed = {"path_parameters": {"id": 3}}
        fixed |= {"headers": {"If-Match": "*"}} if "If-Match" in operation.headers else {}
    statuses: Counter[int] = Counter()

    @limits(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    @given(described.as_strategy(mode, **fixed))
    def run(case: Case[Any]) -> None:
        response = case.call_and_validate(headers={"Authorization": "Bearer fs_try"}, checks=CHECKS)
        statuses[response.status_code] += 1

    run()
    assert statuses


def test_the_answers_to_real_requests_are_those_of_the_document(tried: Flask) -> None:
    """Random records are mostly refused, so this test sends valid ones."""
    paths = schemathesis.openapi.from_wsgi("/api/openapi.json", tried)
    post, one = paths["/api/articles"]["POST"], paths["/api/articles/{id}"]
    client, headers = tried.test_client(), {"Authorization": "Bearer fs_try"}
    record = {**RECORD, "external_id": "one", "category": "Chuyện lạ", "views": 3, "extra": 1}
    requests: list[tuple[Any, str, str, Any, int]] = [
        (post, "POST", "", record, 201),
        (post, "POST", "", record, 200),
        (post, "POST", "", {**record, "title": "Khác"}, 200),
        (post, "POST", "", [record, {}, 1], 207),
        (one["PUT"], "PUT", "/6", {**record, "published": "2026-11-21"}, 428),
        (one["GET"], "GET", "/6", None, 200),
        (one["DELETE"], "DELETE", "/6?reason=Nh%E1%BA%A7m", None, 200),
        (one["GET"], "GET", "/6", None, 200),
        (post, "POST", "", record, 409),
    ]
    for operation, method, path, body, status in requests:
        response = client.open(f"/api/articles{path}", method=method, json=body, headers=headers)
        assert response.status_code == status
        operation.validate_response(response)
