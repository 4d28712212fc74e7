"""The rules of the W3C Feed Validator (errors and warnings) that one of our feeds could break.

There is no package of the validator itself; these are its rules, by the names of its messages.
"""

import re
from email.utils import parsedate_to_datetime
from typing import Any

import html5lib
import pytest
from lxml import etree

from .conftest import FeedFile

DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
ATOM = "{http://www.w3.org/2005/Atom}"
MEDIA = "{http://search.yahoo.com/mrss/}"
TAG = re.compile(r"tag:[a-z0-9.\-]+,\d{4}(-\d{2}(-\d{2})?)?:[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*")
RFC_2822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d \+0700"
)
# The elements that the validator knows in each place; others would be UndefinedElement or UnknownNamespace.
CHANNEL = {
    *(
        "title",
        "link",
        "description",
        "copyright",
        "docs",
        "generator",
        "image",
        "language",
        "lastBuildDate",
        "ttl",
        "item",
    ),
    *(ATOM + "link", DC + "publisher", "{http://purl.org/syndication/history/1.0}archive"),
}
ITEM = {
    *("title", "link", "description", "guid", "category", "pubDate", "enclosure"),
    *(DC + name for name in ("creator", "publisher", "language", "identifier")),
    *(CONTENT + "encoded", ATOM + "updated", MEDIA + "content", MEDIA + "thumbnail"),
}


@pytest.fixture(scope="module")
def channels(files: list[FeedFile]) -> list[Any]:
    return [etree.fromstring(file.answer.body).find("channel") for file in files if file.kind == "rss"]


def values(node: Any, name: str) -> list[str]:
    return [found.text or "" for found in node.iterfind(name)]


def parse_strictly(fragment: str) -> None:
    """Raise if an HTML parser finds an error (NotHtml)."""
    html5lib.HTMLParser(strict=True).parseFragment(fragment)


def test_a_channel_has_only_what_the_validator_knows_once_and_before_the_items(channels: list[Any]) -> None:
    for channel in channels:
        names = [node.tag for node in channel]
        assert set(names) <= CHANNEL  # UndefinedElement
        single = [name for name in names if name not in {"item", ATOM + "link"}]
        assert len(single) == len(set(single))  # DuplicateElement
        first_item = names.index("item") if "item" in names else len(names)
        assert set(names[first_item:]) <= {"item"}  # MisplacedItem
        assert {"title", "link", "description", "language"} <= set(names)
        assert [node.get("rel") for node in channel.iterfind(ATOM + "link")].count("self") == 1  # MissingAtomSelfLink
        assert int(channel.findtext("ttl")) > 0


def test_the_image_of_a_channel_has_its_title_and_its_link(channels: list[Any]) -> None:
    for channel in channels:
        image = channel.find("image")
        assert image.findtext("title") == channel.findtext("title")  # ImageTitleDoesntMatch
        assert image.findtext("link") == channel.findtext("link")  # ImageLinkDoesntMatch
        assert image.findtext("url").endswith(".png")  # ImageUrlFormat


def test_an_item_says_nothing_twice(channels: list[Any]) -> None:
    for item in (item for channel in channels for item in channel.iterfind("item")):
        names = [node.tag for node in item]
        assert set(names) <= ITEM
        # DuplicateItemSemantics: dc:date and pubDate, dc:subject and category, dc:creator and author.
        single = [name for name in names if name not in {"category", MEDIA + "content"}]
        assert len(single) == len(set(single))  # DuplicateElement, DuplicateEnclosure
        if CONTENT + "encoded" in names:  # NeedDescriptionBeforeContent
            assert names.index("description") < names.index(CONTENT + "encoded")


def test_guids_are_tag_uris_and_no_permalinks(channels: list[Any]) -> None:
    for channel in channels:
        guids = values(channel, "item/guid")
        assert len(guids) == len(set(guids))  # DuplicateValue
        assert all(TAG.fullmatch(guid) for guid in guids)  # InvalidTAG
        assert {node.get("isPermaLink") for node in channel.iterfind("item/guid")} <= {"false"}


def test_dates_are_rfc_2822_and_their_day_of_the_week_is_right(channels: list[Any]) -> None:
    for channel in channels:
        for date in values(channel, "lastBuildDate") + values(channel, "item/pubDate"):
            assert RFC_2822.fullmatch(date), date  # ProblematicalRFC822Date
            assert parsedate_to_datetime(date).strftime("%a") == date[:3]  # IncorrectDOW


def test_descriptions_and_contents_are_html_without_an_error(files: list[FeedFile], channels: list[Any]) -> None:
    descriptions = [text for channel in channels for text in values(channel, "item/description")]
    encoded = [text for channel in channels for text in values(channel, f"item/{CONTENT}encoded")]
    feeds = [etree.fromstring(file.answer.body) for file in files if file.kind == "atom"]
    contents = [text for feed in feeds for text in values(feed, f"{ATOM}entry/{ATOM}content[@type='html']")]
    assert descriptions
    assert encoded
    assert contents
    for fragment in descriptions + encoded + contents:
        parse_strictly(fragment)


def test_enclosures_and_media_have_the_attributes_that_they_need(channels: list[Any]) -> None:
    enclosures = [node for channel in channels for node in channel.iterfind("item/enclosure")]
    assert enclosures
    for enclosure in enclosures:
        assert sorted(enclosure.attrib) == ["length", "type", "url"]
        assert int(enclosure.get("length")) > 0
    for content in (node for channel in channels for node in channel.iterfind(f"item/{MEDIA}content")):
        assert content.get("medium") == "image"
        assert all(int(content.get(name, "1")) > 0 for name in ("fileSize", "width", "height"))
        assert {node.tag for node in content} <= {MEDIA + name for name in ("description", "credit", "text")}


def test_a_subscription_list_has_only_what_the_validator_knows(lists: dict[str, bytes]) -> None:
    known = {"text", "title", "type", "xmlUrl", "htmlUrl", "language", "category"}
    for body in lists.values():
        root: Any = etree.fromstring(body)
        assert {node.tag for node in root.find("head")} <= {"title", "dateModified", "ownerName"}  # UndefinedElement
        assert RFC_2822.fullmatch(root.findtext("head/dateModified"))
        for outline in root.iter("outline"):
            assert set(outline.attrib) <= known
            assert "type" in outline.attrib or not {"xmlUrl", "htmlUrl", "title", "language"} & set(outline.attrib)


def test_feeds_are_served_as_what_they_are(files: list[FeedFile]) -> None:
    types = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}
    for file in files:
        assert file.answer.get("Content-Type") == f"{types[file.kind]}; charset=utf-8"
        assert not re.search("[\x80-\x9f\ufffd]", file.answer.body.decode())  # BadCharacters
