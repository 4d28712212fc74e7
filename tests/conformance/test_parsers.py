"""Independent parsers find in every scope and format, field by field, what was ingested, and nothing else.

A field that a parser does not offer is missing from its item; a field that it offers must be equal. DEVIATIONS lists
the few fields that a parser reads in its own way, with the reason.
"""

import html
import re
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import listparser
import pytest

from .conftest import FeedFile, Rich, Run
from .parsers import PARSERS
from .sample import Expected

Items = list[dict[str, Any]]
END_OF_CLOSING_TITLE = " (đến 30/06/2025) đã ngừng cập nhật"
# (program, field): the value to compare instead, and the reason.
DEVIATIONS: dict[tuple[str, str], Callable[[str], str]] = {
    # It decodes references once more than the format says, both in text and in HTML.
    ("@rowanmanning/feed-parser", "content"): html.unescape,
}
# (program, kind, number of entries): feeds that a program cannot read. An Atom feed may be empty (RFC 4287, 4.1.1).
UNREAD = {("@extractus/feed-extractor", "atom", 0)}
NPM = [
    "rss-parser",
    "feedsmith",
    "@rowanmanning/feed-parser",
    "feedme",
    "feedparser",
    "@extractus/feed-extractor",
    "htmlparser2",
]
NPM_WITH_JSON = {"feedsmith", "feedme", "@extractus/feed-extractor"}


def moment(value: str | datetime) -> datetime:
    """Read a date in the form of RFC 822 or RFC 3339."""
    if isinstance(value, datetime):
        return value
    return parsedate_to_datetime(value) if value[:1].isalpha() else datetime.fromisoformat(value)


def plain(value: str, kind: str) -> str:
    """Return a summary, or a title of Atom, as text: it is HTML, which some parsers convert to text themselves."""
    return value if kind == "json" else html.unescape(value)


def pictures(item: Expected) -> Items:
    names = {
        "url": "url",
        "type": "media_type",
        "length": "length",
        "width": "width",
        "height": "height",
        "caption": "caption",
    }
    found = [{name: getattr(image, field) for name, field in names.items()} for image in item.article.images]
    return [{name: value for name, value in image.items() if value} for image in found]


def fields_of(item: Expected, file: FeedFile, base: str) -> dict[str, Any]:
    """Return every field that a reader may find, with the names that the programs use."""
    article, draft = item.article, item.draft
    assert draft.published is not None
    return {
        "id": article.guid,
        "url": f"{base}/articles/{article.id}/{article.slug}",
        "title": draft.title,
        # npm's feedparser removes tags from titles that do not say whether they are text or HTML.
        "strippedTitle": draft.title if file.kind == "atom" else re.sub(r"</?b>", "", draft.title),
        "summary": draft.summary,
        "content": item.content if file.has_content else None,
        "author": item.author,
        "publisher": article.ward.publisher,
        "published": draft.published,
        "updated": item.updated,
        "labels": item.labels,
        "terms": item.slugs,
        "language": draft.language,
        "enclosures": [image.url for image in article.images],
        "images": pictures(item),
    }


def compare(program: str, items: Items, file: FeedFile, base: str) -> None:
    if (program, file.kind, len(file.expected)) in UNREAD:
        return
    assert isinstance(items, list), f"{program} on {file.case.path(file.kind)}: {items}"
    if file.case.is_closed:
        assert str(items[0].get("title", items[0].get("strippedTitle"))).endswith(END_OF_CLOSING_TITLE)
        items = items[1:]
    assert len(items) == len(file.expected), f"{program} on {file.case.path(file.kind)}"
    for found, item in zip(items, file.expected, strict=True):
        wanted = fields_of(item, file, base)
        assert found.keys() >= {"id", "url"}
        for name, value in found.items():
            expected = wanted[name]
            where = f"{program}, {name} of {item.draft.title[:30]!r} in {file.case.path(file.kind)}"
            if name in {"published", "updated"}:
                assert moment(value) == expected, where
            elif name in {"summary", "content"} and not file.has_content:
                # Without a content, some programs use the summary instead, others the caption of an image.
                texts = {plain(found.get(field) or "", file.kind) for field in ("summary", "content")}
                assert expected is None or expected in texts, where
            elif name == "summary" or (name in {"title", "strippedTitle"} and file.kind == "atom"):
                assert plain(value, file.kind) == expected, where
            elif (program, name) in DEVIATIONS:
                change = DEVIATIONS[program, name]
                assert change(value) == change(expected), where
            else:
                assert value == expected, where


@pytest.mark.parametrize("parser", PARSERS)
def test_parsers_from_pypi_find_what_was_ingested(parser: str, rich: Rich, files: list[FeedFile]) -> None:
    read, kinds = PARSERS[parser]
    for file in files:
        if file.kind in kinds:
            compare(parser, read(file.answer.body, file.kind), file, rich.url)


@pytest.fixture(scope="session")
def found_by_npm(run_program: Run, files: list[FeedFile], folder: Path) -> dict[str, dict[str, Items]]:
    found: dict[str, dict[str, Items]] = run_program("node", "parsers.mjs", folder)
    return found


@pytest.mark.node
@pytest.mark.parametrize("parser", NPM)
def test_parsers_from_npm_find_what_was_ingested(
    parser: str, rich: Rich, files: list[FeedFile], found_by_npm: dict[str, dict[str, Items]]
) -> None:
    for file in files:
        if file.kind != "json" or parser in NPM_WITH_JSON:
            compare(parser, found_by_npm[parser][file.name], file, rich.url)


@pytest.mark.ruby
def test_the_validating_parser_of_ruby_finds_what_was_ingested(
    rich: Rich, files: list[FeedFile], folder: Path, run_program: Run
) -> None:
    found = run_program("ruby", "parsers.rb", folder)
    for file in files:
        if file.kind != "json":
            compare("ruby", found[file.name], file, rich.url)


@pytest.mark.perl
def test_perls_xml_feed_finds_what_was_ingested(
    rich: Rich, files: list[FeedFile], folder: Path, run_program: Run
) -> None:
    found = run_program("perl", "parsers.pl", folder)
    for file in files:
        if file.kind != "json":
            compare("perl", found[file.name], file, rich.url)


@pytest.mark.node
def test_every_reader_of_subscription_lists_finds_the_same_feeds(
    lists: dict[str, bytes], files: list[FeedFile], folder: Path, run_program: Run
) -> None:
    found = run_program("node", "validate.mjs", folder)["opml"]
    for name, body in lists.items():
        parsed = listparser.parse(body)
        assert not parsed.bozo
        urls = [feed.url for feed in parsed.feeds]
        assert len(urls) == len(set(urls)) > 3
        assert sorted(found["feedsmith"][name]) == sorted(found["opmlparser"][name]) == sorted(urls)
