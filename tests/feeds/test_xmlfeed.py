"""RSS and Atom through feedgen: one test for each of its traps, and golden files to look at."""

import locale
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from html import escape as escape_html
from typing import Any

import feedparser
import pytest
from lxml import etree

from feedsvc.feeds import FORMATS
from feedsvc.feeds.xmlfeed import render_atom, render_rss
from feedsvc.models import Image

from .examples import EMPTY, ENTRIES, RICH

escape = partial(escape_html, quote=False)
NAMES = {
    "atom": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "media": "http://search.yahoo.com/mrss/",
}


def rss(feed: Any = RICH) -> Any:
    return etree.fromstring(render_rss(feed, feed.url + "rss.xml"))


def atom(feed: Any = RICH) -> Any:
    return etree.fromstring(render_atom(feed, feed.url + "atom.xml"))


def texts(node: Any, path: str) -> list[str]:
    return [str(found if isinstance(found, str) else found.text) for found in node.xpath(path, namespaces=NAMES)]


@pytest.mark.parametrize("filename", FORMATS)
@pytest.mark.parametrize(("name", "feed"), [("rich", RICH), ("empty", EMPTY)])
def test_golden(golden: Callable[[str, str], None], name: str, feed: Any, filename: str) -> None:
    golden(f"feeds/{name}.{filename}", FORMATS[filename].render(feed, feed.url + filename).decode())


@pytest.mark.parametrize("filename", FORMATS)
def test_the_same_feed_is_the_same_bytes(filename: str) -> None:
    render = FORMATS[filename].render
    assert render(RICH, filename) == render(RICH, filename)


def test_the_link_of_an_rss_channel_is_the_page_and_not_the_feed() -> None:
    assert texts(rss(), "channel/link") == ["https://tin.example.vn/"]
    assert texts(rss(), "channel/atom:link[@rel='self']/@href") == ["https://tin.example.vn/rss.xml"]


def test_dates_come_from_the_data_and_never_from_the_clock() -> None:
    assert texts(rss(), "channel/lastBuildDate") == ["Tue, 24 Nov 2026 10:00:00 +0700"]
    assert texts(atom(), "atom:updated") == ["2026-11-24T10:00:00+07:00"]
    assert texts(atom(), "atom:entry/atom:updated") == ["2026-03-03T09:00:05+07:00", "2023-09-13T16:20:00+07:00"]


def test_entries_keep_their_order() -> None:
    expected = [entry.guid for entry in ENTRIES]
    assert texts(rss(), "channel/item/guid") == expected
    assert texts(atom(), "atom:entry/atom:id") == expected


def test_links_of_an_atom_entry_keep_rel_and_type() -> None:
    links = [dict(link.attrib) for link in atom().xpath("atom:entry[1]/atom:link", namespaces=NAMES)]
    assert links == [
        {"rel": "alternate", "type": "text/html", "href": ENTRIES[0].url},
        {"rel": "via", "href": ENTRIES[0].source_url},
    ]


def test_links_of_an_atom_feed_are_alternate_and_self_in_this_order() -> None:
    links = [(link.get("rel"), link.get("href")) for link in atom().xpath("atom:link", namespaces=NAMES)]
    assert links == [("alternate", "https://tin.example.vn/"), ("self", "https://tin.example.vn/atom.xml")]


def test_a_square_icon_is_not_a_logo() -> None:
    pictured = replace(RICH, icon_url="https://tin.example.vn/static/icon.png")
    assert texts(atom(pictured), "atom:icon") == [pictured.icon_url]
    assert texts(atom(pictured), "atom:logo") == []
    assert texts(rss(pictured), "channel/image/*") == [pictured.icon_url, pictured.title, pictured.url]


def test_the_content_is_complete_and_separate_from_the_summary() -> None:
    entry = ENTRIES[0]
    assert texts(rss(), "channel/item[1]/content:encoded") == [entry.content_html]
    assert texts(atom(), "atom:entry[1]/atom:summary") == [escape(entry.summary)]
    assert texts(atom(), "atom:entry[1]/atom:content[@type='html']") == [entry.content_html]


def test_a_summary_is_html_so_that_no_reader_loses_a_letter() -> None:
    summary, as_html = "Diện tích < 30 m² & <rộng hơn>", "Diện tích &lt; 30 m² &amp; &lt;rộng hơn&gt;"
    feed = replace(RICH, entries=(replace(ENTRIES[0], summary=summary),))
    assert texts(rss(feed), "channel/item/description") == [as_html]
    assert texts(atom(feed), "atom:entry/atom:summary[@type='html']") == [as_html]


def test_texts_of_atom_are_html_where_they_have_characters_of_markup_and_plain_otherwise() -> None:
    named = replace(RICH, title="Tin <phường> & xã", rights="© UBND <thành phố>")
    for name, text in (("title", named.title), ("subtitle", named.subtitle), ("rights", named.rights)):
        assert texts(atom(named), f"atom:{name}[@type='html']") == [escape(text)]
    assert texts(atom(), "atom:title[not(@type)]") == [RICH.title]
    assert texts(atom(), "atom:entry[2]/*[self::atom:title or self::atom:summary][not(@type)]") == ["Bài cũ", "Tóm tắt"]


def test_texts_of_rss_have_the_references_that_readers_of_text_and_of_html_read_alike() -> None:
    document = render_rss(RICH, "rss.xml").decode()
    assert "<title>Họp mặt &#x3C;b&gt;R&#x26;D&#x3C;/b&gt; &#x26; “]]&gt;” 😀</title>" in document
    assert "&amp;" not in re.sub("<content:encoded>.*?</content:encoded>", "", document, flags=re.DOTALL)


IMAGES = (
    Image("https://tin.example.vn/media/1.jpg", "image/jpeg", 99, 1280, 960, caption="A & B", credit="An", alt="<Sân>"),
    Image("https://anh.example.vn/2.jpg"),
)
PICTURED = replace(
    RICH,
    entries=(replace(ENTRIES[0], images=IMAGES, thumbnail=Image("https://tin.example.vn/s.webp", None, None, 640)),),
)


@pytest.mark.parametrize(("document", "entry"), [(rss(PICTURED), "channel/item"), (atom(PICTURED), "atom:entry")])
def test_an_image_has_its_caption_its_credit_and_its_alternative_text(document: Any, entry: str) -> None:
    for name, text in (("description", "A & B"), ("credit", "An"), ("text", "<Sân>")):
        assert texts(document, f"{entry}/media:content[1]/media:{name}") == [text]
    assert texts(document, f"{entry}/media:content[2]/*") == []


@pytest.mark.parametrize(("document", "entry"), [(rss(PICTURED), "channel/item"), (atom(PICTURED), "atom:entry")])
def test_an_entry_with_images_has_one_thumbnail(document: Any, entry: str) -> None:
    found = [dict(node.attrib) for node in document.xpath(f"{entry}/media:thumbnail", namespaces=NAMES)]
    assert found == [{"url": "https://tin.example.vn/s.webp", "width": "640"}]


def test_an_rss_item_repeats_nothing() -> None:
    dublin_core = {etree.QName(node).localname for node in rss().xpath("channel/item/dc:*", namespaces=NAMES)}
    assert dublin_core == {"creator", "identifier", "language", "publisher"}


def test_a_title_keeps_its_letters_in_every_format() -> None:
    assert texts(rss(), "channel/item[1]/title") == [ENTRIES[0].title]
    assert texts(atom(), "atom:entry[1]/atom:title[@type='html']") == [escape(ENTRIES[0].title)]


def test_an_author_without_email_is_named_in_rss_by_dublin_core() -> None:
    assert texts(rss(), "channel/item/dc:creator") == [entry.author for entry in ENTRIES]
    assert texts(rss(), "channel/item/author") == []
    assert texts(atom(), "atom:entry/atom:author/atom:name") == [entry.author for entry in ENTRIES]
    assert texts(atom(), "//dc:*") == []


def test_an_empty_feed_without_subtitle_is_valid() -> None:
    assert texts(rss(EMPTY), "channel/description") == ["Phường Láng"]
    assert texts(rss(EMPTY), "channel/item") == []
    assert texts(atom(EMPTY), "atom:author/atom:name") == ["UBND phường Láng"]


def test_no_enclosure_is_written_without_a_length() -> None:
    assert b"enclosure" not in render_rss(RICH, "rss.xml") + render_atom(RICH, "atom.xml")


def test_times_of_a_part_of_a_second_do_not_leak() -> None:
    assert b"." not in b"".join(date.encode() for date in texts(atom(), "//atom:updated | //atom:published"))


def test_a_naive_time_raises() -> None:
    naive = replace(ENTRIES[0], published=ENTRIES[0].published.replace(tzinfo=None))
    with pytest.raises(ValueError, match="timezone"):
        render_rss(replace(RICH, entries=(naive,)), "rss.xml")


def test_categories_have_term_label_and_scheme() -> None:
    found = [dict(node.attrib) for node in atom().xpath("atom:entry[1]/atom:category", namespaces=NAMES)]
    assert found[1] == {"term": "khac", "label": "Gương người tốt", "scheme": "https://tin.example.vn/categories/"}
    assert texts(rss(), "channel/item[1]/category") == ["Thông báo", "Gương người tốt"]


def test_rendering_in_many_threads_gives_the_same_bytes_and_keeps_the_locale() -> None:
    before = locale.setlocale(locale.LC_ALL)
    expected = render_rss(RICH, "rss.xml")
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: render_rss(RICH, "rss.xml"), range(40)))
    assert set(results) == {expected}
    assert locale.setlocale(locale.LC_ALL) == before


@pytest.mark.parametrize("render", [render_rss, render_atom])
def test_a_reader_finds_every_field(render: Callable[[Any, str], bytes]) -> None:
    parsed = feedparser.parse(render(RICH, "x.xml"))
    assert not parsed.bozo
    assert parsed.feed.title == RICH.title
    first = parsed.entries[0]
    assert (first.id, first.link, first.author) == (ENTRIES[0].guid, ENTRIES[0].url, ENTRIES[0].author)
    assert first.content[-1].value == ENTRIES[0].content_html
    assert first.published_parsed[:5] == (2026, 3, 2, 1, 30)
    assert first.updated_parsed[:6] == (2026, 3, 3, 2, 0, 5)
