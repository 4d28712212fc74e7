"""With any text whatever, an article is refused with a reason, or its feeds are valid and contain the text."""

import html
import json
from datetime import datetime
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from feedsvc.articles.ingest import ingest
from feedsvc.database import Database
from feedsvc.feeds import FORMATS, build_feed
from feedsvc.markup import html_to_text
from feedsvc.models import VIETNAM, Article, Draft, Scope, Site
from feedsvc.problems import RejectedError
from feedsvc.text import one_line

pytestmark = pytest.mark.slow

# All of Unicode, with lone surrogates, and pieces that break feeds, which chance alone would rarely produce.
ANY_TEXT = st.lists(
    st.one_of(
        st.text(alphabet=st.characters(), max_size=20),
        st.sampled_from(
            [
                "]]>", "<![CDATA[", "&amp;", "&#0;", "<b>", "</p>", "<script>", "\x00", "\x0b", "\ud800",
                "\udfff\ud800", "\ufffe", "\U0001ffff", "\u2028", "\r\n\r\n", "\n\n", "u\u031b\u0309", "Ð",
                "Ngữ\u0301", "😀", "\u202e", "./.",
            ]
        ),
    ),
    max_size=8,
).map("".join)  # fmt: skip
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


@example(title="0", content="-\r0", author="", heading="", is_html=False)
@given(title=ANY_TEXT, content=ANY_TEXT, author=ANY_TEXT, heading=ANY_TEXT, is_html=st.booleans())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_refused_with_a_reason_or_carried_by_every_format(
    db: Database, site: Site, now: datetime, title: str, content: str, author: str, heading: str, is_html: bool
) -> None:
    draft = Draft(
        title=title,
        published=datetime(2024, 3, 2, 8, 30, tzinfo=VIETNAM),
        ward="phuong-phuc-dong",
        categories=(heading,),
        content_html=content if is_html else None,
        content_text=None if is_html else content,
        author=author,
    )
    try:
        article = ingest(db, draft, site=site, now=now).article
    except RejectedError as error:
        codes = {problem.code for problem in error.problems}
    else:
        check_feeds_carry(article, site, title=title, content=None if is_html else content)
        return
    expected = {"title_missing"} if not one_line(title) else {"title_long"} if len(one_line(title)) > 500 else set()
    assert codes - {"content_missing"} == expected
    assert "content_missing" not in codes or is_html or not one_line(content)


def check_feeds_carry(article: Article, site: Site, *, title: str, content: str | None) -> None:
    """Compare what three parsers find; `content` is None if the article was given as HTML."""
    feed = build_feed(
        Scope(ward=article.ward), [article], site=site, today=article.updated.date(), updated=article.updated
    )
    rss, atom, json_feed = (item.render(feed, feed.url + item.filename) for item in FORMATS.values())

    rss_item = ElementTree.fromstring(rss).find("channel/item")
    assert rss_item is not None
    entry = ElementTree.fromstring(atom).find(f"{ATOM}entry")
    assert entry is not None
    json_item = json.loads(json_feed)["items"][0]
    atom_title = entry.find(f"{ATOM}title")
    assert atom_title is not None
    as_text = html.unescape if atom_title.get("type") == "html" else str
    assert rss_item.findtext("title") == as_text(atom_title.text or "") == json_item["title"] == one_line(title)
    assert rss_item.findtext(CONTENT) == entry.findtext(f"{ATOM}content") == json_item["content_html"]
    assert rss_item.findtext("guid") == entry.findtext(f"{ATOM}id") == json_item["id"] == article.guid
    if content is not None:
        assert list_words(html_to_text(json_item["content_html"])) == list_words(one_line(content))


@given(text=ANY_TEXT)
@settings(max_examples=100, deadline=None)
def test_json_with_lone_surrogates_reads_back_as_a_legal_text(text: str) -> None:
    given_text = json.loads(json.dumps(text))
    assert one_line(given_text).encode().decode() == one_line(given_text)


def list_words(text: str) -> list[str]:
    """List the words except "-" and "+", which the plain form reads as marks of list items."""
    return [word for word in text.split(" ") if word not in {"-", "+"}]
