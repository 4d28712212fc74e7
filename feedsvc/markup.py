"""HTML from outside becomes HTML that we publish: an allow-list (nh3), absolute URLs. The only door to nh3."""

import html
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import nh3

from .text import is_normal, normalise, one_line, split_paragraphs

_TAGS = set(
    re.findall(
        r"\w+",
        "p br hr h2 h3 h4 ul ol li dl dt dd blockquote pre code strong b em i u s sub sup a"
        " figure figcaption img table caption thead tbody tfoot tr th td",
    )
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
}
_SCHEMES = {"http", "https", "mailto", "tel"}
_CLEANER = nh3.Cleaner(tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, url_relative="deny")
# In clean HTML "<" stands for nothing but a tag, and the value of an attribute is in double quotes.
_REST_OF_TAG = r'[^>"]*(?:"[^"]*"[^>"]*)*>'
_TAG = re.compile("<" + _REST_OF_TAG)
# Where one block ends or begins there is white space for the reader; without tags it would be lost.
_BLOCK_TAG = re.compile(
    r"</?(?:p|br|hr|h[2-4]|ul|ol|li|dl|dt|dd|blockquote|pre|figure|figcaption|table|caption|tr|td|th)\b" + _REST_OF_TAG
)


def clean_html(fragment: str, *, base_url: str | None = None) -> str:
    """Return the fragment reduced to the allow-list, with absolute URLs only.

    Relative URLs are resolved against `base_url` (absolute); without one they are dropped, for a feed has no base that
    every reader honours. Scripts and styles go with their content, unknown tags leave their text.
    """
    cleaner = _CLEANER
    if base_url is not None:
        cleaner = nh3.Cleaner(
            tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, url_relative=("rewrite_with_base", base_url)
        )
    cleaned = _clean_once(cleaner, fragment)
    # Twice: where a tag is left out, those that stay may stand as HTML does not allow (an <h2> in an <h2>); the second
    # reading puts them as every reader of ours would, so what is clean stays as it is.
    if cleaned != fragment:
        cleaned = _clean_once(cleaner, cleaned)
    return cleaned.strip()


def _clean_once(cleaner: nh3.Cleaner, fragment: str) -> str:
    cleaned = _normalise(cleaner.clean(_normalise(fragment)))
    return re.sub(r"<pre>\n+", "<pre>", cleaned)  # each reading of HTML takes one line feed away there


def _normalise(fragment: str) -> str:
    """Return the HTML with normalised text, each tag as it was.

    NFC joins the ">" of a tag and a combining stroke behind it (U+0338) to "≯": the tag would go on, with the text for
    attributes, and that after cleaning. As a reference the stroke is safe from anybody's NFC.
    """
    if is_normal(fragment):
        return fragment
    return ">".join(normalise(piece) for piece in fragment.split(">")).replace(">\u0338", ">&#824;")


def paragraphs_to_html(paragraphs: Iterable[str]) -> str:
    """Return the paragraphs of `split_paragraphs` as escaped <p> elements, one a line.

    Clean by construction: `clean_html` would return the same.
    """
    fragment = "\n".join(f"<p>{html.escape(paragraph, quote=False)}</p>" for paragraph in paragraphs)
    return _normalise(fragment) if "\u0338" in fragment else fragment


def html_to_paragraphs(fragment: str) -> str | None:
    """Return the text whose paragraphs this clean HTML is, with blank lines between; None if it is more than that."""
    blocks = [block for block in re.split(r"\s*</?p>\s*", fragment) if block]
    text = "\n\n".join(html.unescape(block) for block in blocks)
    return text if paragraphs_to_html(split_paragraphs(text)) == fragment else None


def html_to_text(fragment: str) -> str:
    """Return the text of clean HTML on one line."""
    return one_line(html.unescape(_TAG.sub("", _BLOCK_TAG.sub(" ", fragment))))


def is_absolute_url(url: str) -> bool:
    """Tell if `url` is an absolute http(s) URL without spaces or control characters."""
    if re.search(r"[\s\x00-\x1f<>\"]", url):
        return False
    try:
        parts = urlsplit(url)
        # urlsplit takes hosts and ports that browsers refuse; nh3 refuses them as a base, and as browsers do (WHATWG).
        nh3.Cleaner(url_relative=("rewrite_with_base", url))
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
