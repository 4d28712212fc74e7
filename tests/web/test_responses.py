"""The return values of views, without the layer before Flask."""

from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from feedsvc.feeds import FORMATS
from feedsvc.models import VIETNAM, ScopeState
from feedsvc.serving.front import Handover
from feedsvc.web.public import feeds, pages
from feedsvc.web.responses import DocumentResponse, Policy, respond

STATE = ScopeState(1, datetime(2026, 11, 20, 8, 30, tzinfo=VIETNAM), "epoch")


def answer(policy: Policy) -> DocumentResponse:
    return respond("/x", ["everything"], STATE, lambda: b"text", media_type="text/plain", policy=policy)


@pytest.mark.parametrize(
    ("policy", "header"),
    [
        (Policy(300), "public, max-age=300, stale-while-revalidate=600, stale-if-error=86400"),
        (Policy(0, shared_max_age=60), "public, max-age=0, s-maxage=60, stale-if-error=86400"),
        (Policy(60, keep=False, most_seconds=5), Policy(60).cache_control),
    ],
)
def test_a_policy_says_what_caches_may_do(policy: Policy, header: str) -> None:
    assert policy.cache_control == header


def test_a_view_returns_its_document_with_the_headers_of_the_answer(app: Flask) -> None:
    with app.test_request_context("/wards/phuong-lang/rss.xml"):
        response = app.ensure_sync(feeds._feed_view)(item=FORMATS["rss.xml"], ward="phuong-lang")
    assert isinstance(response, DocumentResponse)
    assert response.document.name == "/wards/phuong-lang/rss.xml"
    assert response.document.body is not None
    assert b"<rss" in response.document.body.unpack()
    assert (response.mimetype, response.headers["Vary"]) == ("application/rss+xml", "Accept-Encoding")


def test_a_request_that_takes_no_body_builds_none(app: Flask) -> None:
    with app.test_request_context("/wards/", method="HEAD"):
        assert pages.wards().document.body is None
    with app.test_request_context("/wards/", headers={"If-None-Match": "*"}):
        assert pages.wards().document.body is None


def test_a_policy_decides_how_long_a_document_stands_and_whether_it_stays(app: Flask, now: datetime) -> None:
    with app.test_request_context("/x"):
        kept, limited = answer(Policy(60)).document, answer(Policy(60, keep=False, most_seconds=5)).document
    assert (kept.keep, kept.until) == (True, float("inf"))
    assert (limited.keep, limited.until) == (False, now.timestamp() + 5)


def test_the_body_of_the_answer_is_the_document_and_closing_it_closes_the_response(app: Flask) -> None:
    closed = []
    with app.test_request_context("/x") as context:
        response = answer(Policy(60))
        response.call_on_close(lambda: closed.append(True))
        body, status, _ = response.get_wsgi_response(context.request.environ)
    assert isinstance(body, Handover)
    assert (body.document, list(body), status) == (response.document, [], "200 OK")
    body.close()
    assert closed == [True]


def test_a_document_that_a_view_does_not_return_goes_nowhere(app: Flask, client: FlaskClient) -> None:
    def change_of_mind() -> str:
        answer(Policy(60))
        return "no document"

    app.add_url_rule("/x", view_func=change_of_mind)
    for _ in range(2):
        assert client.get("/x").text == "no document"
    assert not app.extensions["feedsvc"].documents._kept
