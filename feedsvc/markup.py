"""Turn untrusted HTML into HTML that we publish: an allow-list (nh3), absolute URLs. The only door to nh3."""

import html
import re
from collections.abc import Mapping, Sequence, Set
from itertools import groupby
from urllib.parse import unquote, urlsplit

import nh3

from .addresses import MEDIA, PICTURE
from .text import is_normal, normalise, one_line
from .uris import to_uri

_TAGS = set(
    re.findall(
        r"\w+",
        "p br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre code strong b em i u s sub sup a"
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
# In clean HTML every "<" begins a tag, and every attribute value is in double quotes.
_REST_OF_TAG = r'[^>"]*(?:"[^"]*"[^>"]*)*>'
_TAG = re.compile("<" + _REST_OF_TAG)
# During cleaning, the URLs of our own pictures and those of parts of the text carry this host, which cannot exist
# (RFC 6761).
_STAND_IN = "https://ours.invalid"
# A part of the text to which a link leads. The prefix distinguishes its id from those of the page around the text.
_ANCHOR = "muc-"
_LINK_TO_PART = re.compile(r"""\bhref\s*=\s*["']?#([^"'\s<>]+)""", re.IGNORECASE)
_PART = re.compile(r"""\bid\s*=\s*["']?([^"'\s<>]+)""", re.IGNORECASE)
_LINK_TAG = re.compile(f"<a(?=[ >]){_REST_OF_TAG}|</a>")
_ATTRIBUTE = re.compile(r' ([a-z]+)="[^"]*"')
_VALUE = re.compile(r' ([a-z]+)="([^"]*)"')
_IMAGE = re.compile("<img(?=[ >])" + _REST_OF_TAG)
_HEADING = re.compile(r"<(/?)h([1-6])(?=[ >])")
_LOWEST_HEADING = 4  # the highest is h2: the title of the article is the h1 of its page
_URL = re.compile(r'(<(?:a|img) (?:[a-z]+="[^"]*" )*?(?:href|src)=")([^"]*)(?=")')
# Characters that the URL standard (WHATWG) ignores, and the beginning of a URL of a scheme that we allow.
_IGNORED_IN_URL = re.compile(r"^[\x00-\x20]+|[\t\n\r]")
_ABSOLUTE = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)
_OUR_SOURCE = re.compile(rf'(<img [^<>]*?src="){MEDIA}')
# The end or beginning of a block separates words for the reader; removing the tags must not join them.
_BLOCK_TAG = re.compile(
    r"</?(?:p|br|hr|h[2-4]|ul|ol|li|dl|dt|dd|blockquote|pre|figure|figcaption|table|caption|tr|td|th)\b" + _REST_OF_TAG
)
# In clean HTML these tags have no attributes. Text within the first three is not a paragraph of the article itself.
_PARAGRAPH_OR_FRAME = re.compile(r"<(?P<end>/?)(?:figure|table|li)>|<p>(?P<text>.*?)</p>", re.DOTALL)
_CAPTION = re.compile(r"<em>(?:(?!</em>).)*</em>", re.DOTALL)

# The plain form of text: see plain_to_html.
CAPTION_MARK = "[Ảnh] "
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_ITEM = re.compile(r"([-+]) (\S.*)")
_PLAIN_TAG = re.compile(r"(<p><em>|</em></p>|</?(?:p|ul|li)>)")
_PLAIN_MARKS = {"<p><em>": f"\n\n{CAPTION_MARK}", "<p>": "\n\n", "</em></p>": "", "</p>": "", "</li>": "", "</ul>": ""}


def clean_html(fragment: str, *, base_url: str | None = None, images: Mapping[str, str] | None = None) -> str:
    """Return the fragment reduced to the allow-list, with absolute URLs only.

    Relative URLs are resolved against `base_url` (absolute); without it they are removed, because a feed has no base
    that every reader honours. Scripts and styles are removed with their content; unknown tags are removed, their text
    stays, as does that of a link without an address. Headings begin at h2 and leave out no level. `images` maps a
    source in the fragment to the image's present URL. The only relative URLs that stay are those of our own pictures
    ("/media/HASH.jpg") and of parts of the text ("#muc-2"); `feeds` makes them absolute, so articles survive a change
    of site_url.
    """
    cleaner = _CLEANER
    parts = {_name_part(unquote(part)) for part in _LINK_TO_PART.findall(fragment)}
    parts &= {_name_part(part) for part in _PART.findall(fragment)}
    if base_url is not None or images or parts or MEDIA in fragment:
        cleaner = nh3.Cleaner(
            tags=_TAGS,
            attributes={**_ATTRIBUTES, "*": {"id"}} if parts else _ATTRIBUTES,
            url_schemes=_SCHEMES,
            # "deny" would remove our own pictures before the filter sees them, so the filter removes relative URLs.
            url_relative="pass_through" if base_url is None else ("rewrite_with_base", base_url),
            attribute_filter=lambda tag, name, value: _filter_attribute(
                tag, name, value, images=images or {}, parts=parts, keeps_relative=base_url is not None
            ),
        )
    cleaned = _clean_once(cleaner, fragment)
    # Twice: after a tag is removed, the remaining tags may be nested as HTML does not allow (an <h2> in an <h2>). The
    # second pass nests them as a browser would, so cleaning clean HTML changes nothing.
    if cleaned != fragment:
        cleaned = _clean_once(cleaner, cleaned)
    cleaned = cleaned.replace(f'src="{_STAND_IN}{MEDIA}', f'src="{MEDIA}')
    return (cleaned.replace(f'href="{_STAND_IN}/#', 'href="#') if parts else cleaned).strip()


def _clean_once(cleaner: nh3.Cleaner, fragment: str) -> str:
    cleaned = _normalise(cleaner.clean(_normalise(fragment)))
    cleaned = re.sub(r"<pre>\n+", "<pre>", cleaned)  # each parse of HTML removes one line feed there
    return _order_headings(_unwrap_empty_links(cleaned))


def _unwrap_empty_links(fragment: str) -> str:
    """Return the fragment without the tags of links with a refused address; their text stays."""
    kept: list[bool] = []

    def unwrap(tag: re.Match[str]) -> str:
        if tag[0] != "</a>":
            kept.append(not {"href", "id"}.isdisjoint(_ATTRIBUTE.findall(tag[0])))
            return tag[0] if kept[-1] else ""
        return tag[0] if kept.pop() else ""

    return _LINK_TAG.sub(unwrap, fragment)


def _order_headings(fragment: str) -> str:
    """Return the fragment with headings from h2 down, each at most one level below the one that it belongs to."""
    above: list[int] = []  # the levels as they were given
    opened: list[int] = []

    def renumber(tag: re.Match[str]) -> str:
        if tag[1]:
            return f"</h{opened.pop()}"
        given = int(tag[2])
        while above and above[-1] >= given:
            above.pop()
        above.append(given)
        opened.append(min(1 + len(above), _LOWEST_HEADING))
        return f"<h{opened[-1]}"

    return _HEADING.sub(renumber, fragment)


def _filter_attribute(
    tag: str, name: str, value: str, *, images: Mapping[str, str], parts: Set[str], keeps_relative: bool
) -> str | None:
    """Return the value of the attribute, None to remove it.

    An image gets its present URL; one of our own pictures, and a part of the text, gets the host _STAND_IN until the
    fragment is clean.
    """
    if name == "id":
        return _name_part(value) if _name_part(value) in parts else None
    place = value.removeprefix(_STAND_IN + "/")
    if name == "href" and place.startswith("#"):
        part = _name_part(unquote(place[1:]))
        return f"{_STAND_IN}/#{part}" if part in parts else None
    if name not in {"href", "src"}:
        return value
    url = images.get(value, value) if tag == "img" else value
    if tag == "img" and PICTURE.fullmatch(url):
        return _STAND_IN + url
    return url if keeps_relative or _ABSOLUTE.match(_IGNORED_IN_URL.sub("", url)) else None


def _name_part(name: str) -> str:
    return name if name.startswith(_ANCHOR) else _ANCHOR + name


def _normalise(fragment: str) -> str:
    """Return the HTML with normalised text and unchanged tags.

    NFC combines the ">" of a tag and a combining stroke after it (U+0338) into "≯": the tag would continue, with the
    text as attributes, and that after cleaning. As a character reference, the stroke is safe from any NFC.
    """
    if is_normal(fragment):
        return fragment
    return ">".join(normalise(piece) for piece in fragment.split(">")).replace(">\u0338", ">&#824;")


def plain_to_html(text: str) -> str:
    """Return plain text as HTML, one block per line: clerks write this form, and portal pages are read into it.

    Blank lines separate paragraphs. A line that begins with "- " is a list item, a line with "+ " below it an item of a
    nested list; "[Ảnh] " begins the caption of a photo that is missing (docs/decisions/0008-captions.md). The result is
    clean by construction: `clean_html` would not change it.
    """
    lines = [line for block in _BLANK_LINE.split(normalise(text)) for line in _read_block(block)]
    blocks = []
    for is_list, group in groupby(lines, key=lambda line: line[0] != ""):
        items = list(group)
        if is_list:
            blocks.append(build_list([(mark, html.escape(content, quote=False)) for mark, content in items]))
        else:
            blocks += [_build_paragraph(content) for _, content in items]
    fragment = "\n".join(blocks)
    return _normalise(fragment) if "\u0338" in fragment else fragment


def html_to_plain(fragment: str) -> str | None:
    """Return the text from which `plain_to_html` makes this clean HTML, None if there is no such text."""
    pieces, depth = [], 0
    for piece in _PLAIN_TAG.split(fragment.replace("\n", " ")):
        depth += {"<ul>": 1, "</ul>": -1}.get(piece, 0)
        if piece == "<ul>":
            pieces.append("\n\n" if depth == 1 else "")
        elif piece == "<li>":
            pieces.append("\n- " if depth == 1 else "\n+ ")
        else:
            pieces.append(_PLAIN_MARKS[piece] if piece in _PLAIN_MARKS else html.unescape(piece).strip())
    text = re.sub(r"\n{2,}", "\n\n", "".join(pieces)).strip()
    return text if clean_html(plain_to_html(text)) == fragment else None


def _read_block(block: str) -> list[tuple[str, str]]:
    """Return the lines of a block, each with its mark ("-", "+" or none); a line without a mark continues the last."""
    found: list[tuple[str, str]] = []
    for raw in block.split("\n"):
        line = one_line(raw)
        item = _ITEM.fullmatch(line)
        if item:
            found.append((item[1], item[2]))
        elif line and found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line}")
        elif line:
            found.append(("", line))
    # A "-" alone on a line makes the following line an item.
    return [
        (item[1], item[2]) if not mark and (item := _ITEM.fullmatch(text)) else (mark, text) for mark, text in found
    ]


def _build_paragraph(content: str) -> str:
    is_caption = content.startswith(CAPTION_MARK)
    escaped = html.escape(content.removeprefix(CAPTION_MARK), quote=False)
    return f"<p><em>{escaped}</em></p>" if is_caption else f"<p>{escaped}</p>"


def build_list(items: Sequence[tuple[str, str]]) -> str:
    """Return marks ("-", "+") and contents as an HTML list; "+" items form a list within the preceding "-" item."""
    outer: list[tuple[str, list[str]]] = []
    for mark, content in items:
        if mark == "+" and outer and items[0][0] == "-":
            outer[-1][1].append(f"<li>{content}</li>")
        else:
            outer.append((content, []))
    return f"<ul>{''.join(f'<li>{content}{_wrap_list(inner)}</li>' for content, inner in outer)}</ul>"


def _wrap_list(items: list[str]) -> str:
    return f"<ul>{''.join(items)}</ul>" if items else ""


def html_to_text(fragment: str) -> str:
    """Return the text of clean HTML on one line."""
    return one_line(html.unescape(_TAG.sub("", _BLOCK_TAG.sub(" ", fragment))))


def paragraphs_to_text(fragment: str) -> str:
    """Return the text of the paragraphs of clean HTML on one line; "" if there are none.

    Other text (captions, headings, cells, list items) has no full stop and would run into the next sentence. A
    paragraph that is emphasised as a whole is a caption (docs/decisions/0008-captions.md).
    """
    found, depth = [], 0
    for piece in _PARAGRAPH_OR_FRAME.finditer(fragment):
        if piece["text"] is None:
            depth += -1 if piece["end"] else 1
        elif depth == 0 and not _CAPTION.fullmatch(piece["text"]):
            found.append(piece["text"])
    return html_to_text(" ".join(found))


def make_absolute(fragment: str, site_url: str) -> str:
    """Return clean HTML with our own pictures under `site_url` (no trailing slash), for documents that we publish."""
    return _OUR_SOURCE.sub(lambda match: f"{match[1]}{site_url}{MEDIA}", fragment)


def list_alternative_texts(fragment: str) -> dict[str, str]:
    """Return the alternative texts of the images in clean HTML by their URL."""
    images = [dict(_VALUE.findall(image)) for image in _IMAGE.findall(fragment)]
    found = {image["src"]: image["alt"] for image in images if image.get("src") and image.get("alt")}
    return {html.unescape(url): html.unescape(text) for url, text in found.items()}


def make_portable(fragment: str, site_url: str, page_url: str) -> str:
    """Return clean HTML for documents that leave the site: every URL in it is a URI.

    Our own pictures are under `site_url`, the parts of the text on the page `page_url`.
    """

    def complete(attribute: re.Match[str]) -> str:
        url = html.unescape(attribute[2])
        return attribute[1] + html.escape(to_uri(page_url + url if url.startswith("#") else url))

    return _URL.sub(complete, make_absolute(fragment, site_url))


def is_absolute_url(url: str) -> bool:
    """Tell if `url` is an absolute http(s) URL without spaces or control characters."""
    if re.search(r"[\s\x00-\x1f<>\"]", url):
        return False
    try:
        parts = urlsplit(url)
        # urlsplit accepts hosts and ports that browsers refuse; nh3 refuses them as a base, by the same rules (WHATWG).
        nh3.Cleaner(url_relative=("rewrite_with_base", url))
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
