"""Convert the body of an HTML page to flat blocks (paragraphs, headings, lists, tables, figures), and list its images.

Nested divs, layout tables and font tags of the portals are flattened. The result is not yet safe to publish:
`markup.clean_html` cleans it when the draft is ingested.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from html import escape
from itertools import groupby
from urllib.parse import unquote, urljoin, urlsplit

from selectolax.lexbor import LexborNode

from ..markup import build_list
from ..models import DraftImage
from ..text import one_line
from .body import ends_sentence, is_caption

_SKIPPED = {
    "script",
    "style",
    "template",
    "noscript",
    "iframe",
    "button",
    "input",
    "select",
    "object",
    "svg",
    "_comment",
}
_INLINE = {"a", "strong", "b", "em", "i", "u", "s", "sub", "sup", "code"}
_TRANSPARENT = {"span", "font", "o:p", "label", "small", "big", "mark", "abbr", "time", "picture", "ins"}
_HEADINGS = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}
_KEPT = {"ul", "ol", "dl", "blockquote", "pre", "table"}
_WITH_BLOCKS = "img, p, div, ul, ol, table, figure, h1, h2, h3, h4, blockquote"
# Attributes with the address of an image, those of pages that load images late first.
_SOURCES = ("data-src", "data-original", "data-lazy-src", "src")
_CAPTION_MOST = 200
# Deeper than any page made by a person; deeper nodes of a hostile page are ignored.
_MOST_DEPTH = 150
_BREAKS = re.compile(r"(?:\s*<br>\s*){2,}")
_EDGE_BREAKS = re.compile(r"^(?:\s|<br>)+|(?:\s|<br>)+$")
_ITEM = re.compile(r"<p>([-+•●])\s*(?=[^\W\d]|<|(?<=\s)\S)(.*)</p>", re.DOTALL)
_EMPTY_INLINE = re.compile(r"<(\w+)>\s*</\1>")


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the body. `is_set_apart`: it is centred or wholly in italics, as captions are."""

    html: str
    text: str
    image: DraftImage | None = None
    is_set_apart: bool = False


@dataclass(slots=True)
class _Writer:
    """Collects blocks during the walk through the tree; `inline` is the HTML that is not yet in a block."""

    base_url: str
    blocks: list[Block] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)

    def flush(self, *, is_centred: bool = False, tag: str = "p") -> None:
        run, self.inline = "".join(self.inline), []
        for part in _BREAKS.split(run) if tag == "p" else [run]:
            html = _EDGE_BREAKS.sub("", _EMPTY_INLINE.sub(" ", part))
            text = one_line(re.sub(r"<[^<>]*>", " ", html))
            if text:
                is_italic = re.fullmatch(r"<(em|i)>(?:(?!</?\1>).)*</\1>", html, re.DOTALL) is not None
                self.blocks.append(
                    Block(f"<{tag}>{html}</{tag}>", _unescape(text), is_set_apart=is_centred or is_italic)
                )

    def add_image(self, image: DraftImage | None, caption: str = "") -> None:
        if image is not None:
            self.blocks.append(_build_figure(image, caption))


def read_blocks(node: LexborNode, *, base_url: str) -> list[Block]:
    """Return the blocks of a part of the page; a `base_url` that is not empty makes relative addresses absolute."""
    writer = _Writer(base_url)
    _visit(node, writer, 0, is_centred=False)
    writer.flush()
    return list(_join_items(_join_captions(writer.blocks)))


def _visit(node: LexborNode, writer: _Writer, depth: int, *, is_centred: bool) -> None:
    for child in node.iter(include_text=True):
        tag = child.tag or ""
        if tag == "-text":
            writer.inline.append(escape(child.text_content or "", quote=False))
        elif tag in _SKIPPED or depth > _MOST_DEPTH:
            continue
        elif tag == "br":
            writer.inline.append("<br>")
        elif tag in _INLINE and child.css_first(_WITH_BLOCKS) is None:
            writer.inline.append(_write_inline(child, writer.base_url, depth))
        elif tag in _INLINE or tag in _TRANSPARENT:
            _visit(child, writer, depth + 1, is_centred=is_centred)
        else:
            writer.flush(is_centred=is_centred)
            _visit_block(child, tag, writer, depth, is_centred=is_centred)


def _visit_block(node: LexborNode, tag: str, writer: _Writer, depth: int, *, is_centred: bool) -> None:
    if tag == "img":
        writer.add_image(read_image(node, writer.base_url))
    elif tag == "figure" or (tag == "table" and _is_picture_table(node)):
        _visit_figure(node, writer, depth)
    elif tag == "table" and _is_layout(node):
        for cell in _list_cells(node):
            _visit(cell, writer, depth + 1, is_centred=is_centred)
            writer.flush(is_centred=is_centred)
    elif tag in _KEPT:
        for link in node.css("a[href]"):
            link.attrs["href"] = urljoin(writer.base_url, link.attributes.get("href") or "")
        images = [_point_to(image, writer.base_url) for image in node.css("img")]
        writer.blocks.append(Block(node.html or "", one_line(node.text(separator=" "))))
        writer.blocks += [Block("", "", image) for image in images if image]
    else:
        centred = is_centred or tag == "center" or _is_centred(node)
        _visit(node, writer, depth + 1, is_centred=centred)
        writer.flush(is_centred=centred, tag=_HEADINGS.get(tag, "p"))


def _visit_figure(node: LexborNode, writer: _Writer, depth: int) -> None:
    """Write the images of a figure, or of a table with an image and its caption; the last image gets the caption."""
    images = [image for found in node.css("img") if (image := read_image(found, writer.base_url))]
    words = node.css_first("figcaption")
    caption = (
        _write_inline(words, writer.base_url, depth)
        if words
        else escape(one_line(node.text(separator=" ")), quote=False)
    )
    if not images:
        writer.inline.append(caption)
        writer.flush(is_centred=True)
    for place, image in enumerate(images, start=1):
        writer.add_image(image, caption if place == len(images) else "")


def _is_layout(table: LexborNode) -> bool:
    """Tell if a table serves only layout: it has one cell, or contains headings or tables."""
    return len(table.css("td, th")) == 1 or table.css_first("h1, h2, h3") is not None or _has_table(table)


def _has_table(table: LexborNode) -> bool:
    return any(cell.css_first("table") is not None for cell in table.css("td"))


def _list_cells(table: LexborNode) -> list[LexborNode]:
    """List the cells of a table, but not the cells of tables nested in it."""
    rows = [row for part in table.iter() for row in ([part] if part.tag == "tr" else part.iter())]
    return [cell for row in rows for cell in row.iter() if cell.tag in {"td", "th"}]


def _is_picture_table(table: LexborNode) -> bool:
    text = one_line(table.text(separator=" "))
    return len(table.css("img")) == 1 and len(table.css("td, th")) <= 3 and len(text) <= _CAPTION_MOST


def _is_centred(node: LexborNode) -> bool:
    style = re.sub(r"\s", "", node.attributes.get("style") or "").lower()
    return "text-align:center" in style or (node.attributes.get("align") or "").lower() == "center"


def _write_inline(node: LexborNode, base_url: str, depth: int) -> str:
    """Return the content of an inline element, within its own tag if we keep that tag."""
    if depth > _MOST_DEPTH:
        return ""
    parts = []
    for child in node.iter(include_text=True):
        if child.tag == "-text":
            parts.append(escape(child.text_content or "", quote=False))
        elif child.tag == "br":
            parts.append("<br>")
        elif child.tag not in _SKIPPED:
            parts.append(_write_inline(child, base_url, depth + 1))
    inside = "".join(parts)
    if node.tag not in _INLINE or not inside.strip():
        return inside
    href = node.attributes.get("href")
    opening = f'a href="{escape(urljoin(base_url, href))}"' if node.tag == "a" and href else node.tag
    return inside if opening == "a" else f"<{opening}>{inside}</{node.tag}>"


def read_image(node: LexborNode, base_url: str) -> DraftImage | None:
    """Return the address of an image, and the path of its file relative to the saved page, if it may exist.

    Returns None for images that are not for readers: a pixel that counts visits, a placeholder without an address.
    """
    attributes = node.attributes
    given = [source for name in _SOURCES if (source := (attributes.get(name) or "").strip())]
    source = next((source for source in given if not source.startswith(("data:", "blob:", "about:"))), "")
    sizes = [attributes.get(name) or "" for name in ("width", "height")]
    if not source or all(size in {"0", "1", "1px", "0px"} for size in sizes):
        return None
    url = urljoin(base_url, source)
    parts = urlsplit(source)
    path = posixpath.normpath(unquote(parts.path))
    is_beside = not parts.scheme and not parts.netloc and not path.startswith(("/", ".."))
    is_resolved = urlsplit(url).scheme in {"http", "https"}
    return DraftImage(
        url=url if is_resolved or not is_beside else "",
        file=path if is_beside else "",
        alt=one_line(attributes.get("alt") or ""),
    )


def _point_to(node: LexborNode, base_url: str) -> DraftImage | None:
    """Give an <img> that stays in its block the source that the draft's image has; remove it if there is none."""
    image = read_image(node, base_url)
    if image is None:
        node.decompose()
    else:
        node.attrs["src"] = image.file or image.url
    return image


def _build_figure(image: DraftImage, caption: str) -> Block:
    text = one_line(re.sub(r"<[^<>]*>", " ", caption))
    figcaption = f"<figcaption>{caption.strip()}</figcaption>" if text else ""
    source = escape(image.file or image.url)
    html = f'<figure><img src="{source}" alt="{escape(image.alt)}">{figcaption}</figure>'
    return Block(html, _unescape(text), replace(image, caption=_unescape(text)))


def _join_captions(blocks: Iterable[Block]) -> Iterable[Block]:
    """Move a caption that follows its image as a paragraph into the figure."""
    before: Block | None = None
    for block in blocks:
        is_words = (
            before is not None
            and before.image is not None
            and before.html.startswith("<figure>")
            and not before.text
            and block.html.startswith("<p>")
            and len(block.text) <= _CAPTION_MOST
            and ((block.is_set_apart and not ends_sentence(block.text)) or is_caption(block.text))
        )
        if is_words:
            assert before is not None
            assert before.image is not None
            before = _build_figure(before.image, re.sub(r"^<p>(?:<(em|i)>)?|(?:</(?:em|i)>)?</p>$", "", block.html))
            continue
        if before is not None:
            yield before
        before = block
    if before is not None:
        yield before


def _join_items(blocks: Iterable[Block]) -> Iterator[Block]:
    """Turn paragraphs that begin with "-", or with "+" below them, into lists: these portals write lists that way."""
    for is_item, group in groupby(blocks, key=lambda block: _ITEM.fullmatch(block.html) is not None):
        if is_item:
            items = [(block.text, found) for block in group if (found := _ITEM.fullmatch(block.html))]
            html = build_list([("+" if found[1] == "+" else "-", found[2]) for _, found in items])
            yield Block(html, " ".join(text for text, _ in items))
        else:
            yield from group


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
