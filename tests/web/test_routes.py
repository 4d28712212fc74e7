"""Rules from the patterns of addresses: every linked path has its view, and file names match no slug."""

from itertools import product

import pytest
from flask import Flask
from werkzeug.exceptions import MethodNotAllowed, NotFound

from feedsvc.addresses import (
    ADMIN,
    API_ARTICLE,
    API_ARTICLES,
    API_DOCUMENT,
    AREAS,
    ARTICLE_BY_ID,
    CATEGORIES,
    ICON,
    MEDIA,
    ROBOTS,
    SITEMAP,
    SITEMAP_OF_ARTICLES,
    SITEMAP_OF_PAGES,
    WARDS,
    changes_path,
    feed_path,
    opml_path,
    page_path,
    small_name,
)
from feedsvc.blocks import Block
from feedsvc.feeds import FORMATS
from feedsvc.models import Month, Scope, Search
from feedsvc.web.routes import make_rule

from ..test_addresses import AREA, CATEGORY, HASH, WARD

SCOPES = [Scope(*names) for names in product((WARD, None), (None,), (CATEGORY, None))] + [
    Scope(area=AREA),
    Scope(area=AREA, category=CATEGORY),
]
MONTH = Month(2024, 3)
PATHS = {
    ADMIN: "admin.home",
    API_ARTICLES: "api.list_articles",
    API_ARTICLE.format(id=1): "api.get_article",
    API_DOCUMENT: "api.get_openapi",
    WARDS: "pages.wards",
    AREAS: "pages.areas",
    CATEGORIES: "pages.categories",
    ARTICLE_BY_ID.format(article_id=1): "pages.article",
    ICON: "static",
    MEDIA + small_name(HASH): "media.picture",
    ROBOTS: "lists.robots",
    SITEMAP: "lists.sitemap",
    SITEMAP_OF_ARTICLES.format(number=0): "lists.sitemap_of_articles",
    SITEMAP_OF_PAGES.format(number=0): "lists.sitemap_of_pages",
    changes_path(0): "changes.changes",
    page_path(Search("họp")): "search.page",
    opml_path(Scope()): "lists.opml",
    opml_path(Scope(area=AREA)): "lists.area_opml",
    **{page_path(scope): "pages.scope" for scope in SCOPES},
    **{page_path(scope, month=MONTH): "pages.month" for scope in SCOPES},
    **{feed_path(scope, name): "feeds.feed" for scope in SCOPES for name in FORMATS},
    **{feed_path(scope, name, block=Block(7)): "feeds.archive" for scope in SCOPES for name in FORMATS},
    **{feed_path(scope, name, block=Block(7, 12)): "feeds.archive" for scope in SCOPES for name in FORMATS},
    **{page_path(scope, month=MONTH) + name: "feeds.month" for scope in SCOPES for name in FORMATS},
    **{feed_path(Search("họp"), name): "search.feed" for name in FORMATS},
}


@pytest.mark.parametrize(("path", "endpoint"), PATHS.items())
def test_every_address_has_its_view(app: Flask, path: str, endpoint: str) -> None:
    routes = app.create_url_adapter(app.test_request_context().request)
    assert routes is not None
    assert routes.match(path.partition("?")[0], method="GET")[0] == endpoint


@pytest.mark.parametrize("path", ["/rss.xml", "/2024/03/atom.xml", "/archive/1/atom.xml", "/search/feed.json"])
def test_a_feed_cannot_be_written_to(app: Flask, path: str) -> None:
    routes = app.create_url_adapter(app.test_request_context().request)
    assert routes is not None
    with pytest.raises(MethodNotAllowed):
        routes.match(path, method="POST")


@pytest.mark.parametrize(
    "path",
    ["/feed.xml", "/rss_xml", "/2024/03/rss.json", "/search/x.xml", "/2024/3/rss.xml", "/archive/0/rss.xml"],
)
def test_a_file_of_another_name_has_no_view(app: Flask, path: str) -> None:
    routes = app.create_url_adapter(app.test_request_context().request)
    assert routes is not None
    with pytest.raises(NotFound):
        routes.match(path, method="GET")


def test_a_rule_says_what_a_variable_may_be() -> None:
    assert make_rule("/a/{b}/{c}.d", c="int(max=9)") == "/a/<b>/<int(max=9):c>.d"
