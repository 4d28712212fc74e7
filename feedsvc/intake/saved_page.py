"""Read a saved HTML page of a portal: section, title, date, body with images, captions and tables.

It handles the two kinds of portal that wards have had: Liferay (asset publisher, web content) and the platform of 2025.
Metadata (canonical address, Open Graph, schema.org) supplies what the visible page does not show.
"""

import json
import re
from collections.abc import Collection, Iterator
from datetime import datetime
from html import escape
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ..models import VIETNAM, Draft
from ..text import fold, normalise, one_line
from .blocks import Block, read_blocks
from .header import Header, is_header, read_header

# Parts that are on every page or about other articles: by tag, by role, by a word in class or id.
_NOISE_TAGS = {"script", "style", "template", "noscript", "iframe", "form", "nav", "footer", "aside", "dialog"}
_NOISE_ROLES = {"navigation", "banner", "contentinfo", "dialog", "search"}
_NOISE_NAMES = re.compile(
    r"(?:^|[-_ ])(?:breadcrumbs?|menu|navbar|sidebar|related|lien-quan|tin-khac|asset-links|other-news|share|social|"
    r"cookie|consent|comments?|polls?|toolbar|tools|print|tags?|visitor|banner|pagination)(?:[-_ ]|$)"
)
_TITLES = "[itemprop='headline'], .detail-title, .asset-title, .header-title, .article-title, .entry-title"
# Selectors of the body, the most certain first; the last ones contain title and date as well.
_BODIES = (
    *("[itemprop='articleBody']", ".journal-content-article", ".detail-content", ".content-detail", ".article-content"),
    *(".article-body", ".asset-content", ".entry-content", ".asset-full-content", "article", "main", "[role='main']"),
)
_LEADS = ".detail-sapo, .sapo, .article-sapo, .lead"
_HOME = {"trang chu", "home", ""}
_VIEWS = re.compile(r"(?:lượt xem|view count|số lượt xem)\s*:?\s*(\d[\d.,]*)", re.IGNORECASE)
_HEADER_WITHIN = 8


def parse_html_page(text: str, *, now: datetime, base_url: str | None = None, sections: Collection[str] = ()) -> Draft:
    """Return the draft of the page; missing parts stay empty, and ingest rejects the draft with the reason.

    `base_url` (absolute) is the original address of the page; images and links are resolved against it, or without it
    against the page's own <base> or canonical address. `sections` are the folded headings of known categories. An image
    has its original address and, if it was saved with the page, its file name relative to the page.
    """
    tree = LexborHTMLParser(text)
    root = tree.root
    if root is None:
        return Draft("", None, published_has_time=False, content_html="")
    source_url = _find_source(tree, base_url or "")
    base = base_url or urljoin(source_url, _attribute(tree, "base[href]", "href")) or source_url
    section = _find_section(tree, sections)
    declared = _find_declared_time(tree, now)
    _remove_noise(root)
    title_node = _find_title(tree)
    title = _text(title_node) if title_node else _content(tree, "meta[property='og:title']")
    near = _list_near(root, title)
    header = next((read_header(line, now) for line in near if is_header(line)), Header())
    body = _find_body(tree)
    blocks = [] if body is None else read_blocks(body, base_url=base)
    lead = _find_lead(tree, body)
    blocks = [
        *([Block(f"<p>{escape(lead, quote=False)}</p>", lead)] if lead else []),
        *_drop_head(blocks, title, header),
    ]
    published, has_time = _choose_time(header, declared)
    views = next((found for line in near if (found := _VIEWS.search(line))), None)
    view_count = int(re.sub(r"[.,]", "", views[1])) if header.view_count is None and views else header.view_count
    return Draft(
        title=title,
        published=published,
        published_has_time=has_time,
        published_text=header.line,
        categories=(section,) if section else (),
        content_html=normalise("\n".join(block.html for block in blocks if block.html)),
        summary=lead,
        source_url=source_url,
        view_count=view_count,
        images=tuple(block.image for block in blocks if block.image),
    )


def _text(node: LexborNode) -> str:
    return one_line(node.text(separator=" "))


def _attribute(tree: LexborHTMLParser, selector: str, name: str) -> str:
    node = tree.css_first(selector)
    return "" if node is None else (node.attributes.get(name) or "").strip()


def _content(tree: LexborHTMLParser, selector: str) -> str:
    return one_line(_attribute(tree, selector, "content"))


def _find_source(tree: LexborHTMLParser, base_url: str) -> str:
    """Return the address that the page declares, if it identifies the page: a wrong one would merge two articles."""
    for given in (
        _attribute(tree, "link[rel='canonical']", "href"),
        _content(tree, "meta[property='og:url']"),
    ):
        url = urljoin(base_url, given) if given else ""
        # Some portals declare the address of their front page on every page; it does not identify the page.
        parts = urlsplit(url)
        if parts.scheme in {"http", "https"} and parts.netloc and (parts.path.strip("/") or parts.query):
            return url
    return ""


def _find_section(tree: LexborHTMLParser, sections: Collection[str]) -> str:
    """Return the last known heading among the breadcrumbs, or the declared section, or the last breadcrumb."""
    crumbs = [
        _text(node)
        for node in tree.css("[class*='breadcrumb'] a, [class*='breadcrumb'] li, [id*='breadcrumb'] a")
        if fold(_text(node)) not in _HOME
    ]
    declared = _content(tree, "meta[property='article:section']")
    known = [crumb for crumb in [declared, *crumbs] if fold(crumb) in sections]
    return known[-1] if known else declared or (crumbs[-1] if crumbs else "")


def _remove_noise(root: LexborNode) -> None:
    """Remove navigation, scripts and parts about other articles.

    The nodes are collected first and removed afterwards; a node within a removed node is not collected, because it is
    freed with its parent.
    """
    found, left = [], [(root, False)]
    while left:
        parent, is_in_article = left.pop()
        for child in parent.iter():
            if _is_noise(child, is_in_article=is_in_article):
                found.append(child)
            else:
                left.append((child, is_in_article or child.tag in {"article", "main"}))
    for node in found:
        node.decompose()


def _is_noise(node: LexborNode, *, is_in_article: bool) -> bool:
    attributes = node.attributes
    if node.tag in _NOISE_TAGS or (attributes.get("role") or "") in _NOISE_ROLES:
        return True
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    if node.tag == "header" and not (is_in_article and node.css_first("h1") is not None):
        return True
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower()
    return node.tag not in {"html", "body", "main"} and _NOISE_NAMES.search(names) is not None


def _find_title(tree: LexborHTMLParser) -> LexborNode | None:
    """Return the element that is marked as the title, or the only <h1>; several <h1> give no certain title."""
    marked = [node for node in tree.css(_TITLES) if _text(node)]
    headings = [node for node in tree.css("h1") if _text(node)]
    return marked[0] if marked else headings[0] if len(headings) == 1 else None


def _find_body(tree: LexborHTMLParser) -> LexborNode | None:
    for selector in _BODIES:
        found = [node for node in tree.css(selector) if _text(node) or node.css_first("img")]
        if found:
            return max(found, key=lambda node: len(_text(node)))
    return None


def _find_lead(tree: LexborHTMLParser, body: LexborNode | None) -> str:
    """Return the lead if it is outside of the body."""
    lead = tree.css_first(_LEADS)
    if lead is None or (body is not None and _text(lead) in _text(body)):
        return ""
    return _text(lead)


def _list_near(root: LexborNode, title: str) -> list[str]:
    """List the lines near the title, where the date is; a date further down belongs to an event."""
    lines = [block.text for block in read_blocks(root, base_url="")]
    place = next((index for index, line in enumerate(lines) if title and line == title), None)
    if place is None:
        return []
    return [*lines[place + 1 : place + 1 + _HEADER_WITHIN], *reversed(lines[max(0, place - 3) : place])]


def _find_declared_time(tree: LexborHTMLParser, now: datetime) -> Header:
    """Return the time of publication that the page declares in its metadata."""
    given = [
        _content(tree, "meta[property='article:published_time']"),
        _content(tree, "meta[itemprop='datePublished']"),
        _attribute(tree, "time[itemprop='datePublished']", "datetime"),
        *_list_linked_times(tree),
    ]
    for text in filter(None, given):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            continue
        moment = moment.replace(tzinfo=VIETNAM) if moment.tzinfo is None else moment.astimezone(VIETNAM)
        if moment <= now:
            return Header(moment, has_time=(moment.hour, moment.minute) != (0, 0), line=text)
    return Header()


def _list_linked_times(tree: LexborHTMLParser) -> list[str]:
    """List the datePublished values of the JSON-LD data."""
    found = []
    for node in tree.css("script[type='application/ld+json']"):
        try:
            data = json.loads(node.text())
        except ValueError:
            continue
        items = data if isinstance(data, list) else data.get("@graph", [data]) if isinstance(data, dict) else []
        found += [item["datePublished"] for item in items if isinstance(item, dict) and "datePublished" in item]
    return [text for text in found if isinstance(text, str)]


def _choose_time(header: Header, declared: Header) -> tuple[datetime | None, bool]:
    """Return the time that the page shows, or the declared time if it shows none or only the same day."""
    if header.published is None:
        return declared.published, declared.has_time
    same_day = declared.published is not None and declared.published.date() == header.published.date()
    return (
        (declared.published, True)
        if same_day and not header.has_time and declared.has_time
        else (
            header.published,
            header.has_time,
        )
    )


def _drop_head(blocks: list[Block], title: str, header: Header) -> Iterator[Block]:
    """Drop the blocks of the body that are not text of the article: title, date, number of views, a lone full stop."""
    for block in blocks:
        is_head = block.text in {title, header.line, "."} or _VIEWS.fullmatch(block.text) is not None
        if block.image or not is_head or not block.text:
            yield block
