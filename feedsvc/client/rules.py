"""Check an item as a strict reader would, and report in words what is wrong. Pure."""

import html
import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from ..uris import is_uri
from .documents import Item

WITHDRAWN = "Đã thu hồi: "
_RELATIVE = re.compile(r"""(?:src|href)\s*=\s*["'](?![a-z][a-z0-9+.-]*:)""", re.IGNORECASE)
_ADDRESS = re.compile(r"""\b(?:src|href)="([^"]*)\"""")
_LINK_WITHOUT_ADDRESS = re.compile(r"<a(?=[ >])(?![^>]*\s(?:href|id|name)=)")
_HEADING = re.compile(r"<h([1-6])[ >]")
_IMAGE = re.compile(r"<img\b[^>]*>")
_IMAGE_ATTRIBUTE = re.compile(r' (src|alt)="([^"]*)"')


def check_item(item: Item, *, deleted_at: str | None = None) -> Iterator[str]:
    """Yield what is wrong with an item; `deleted_at` is the time of its tombstone, if the document has one."""
    yield from _check_fields(item)
    yield from _check_addresses(item)
    yield from _check_content(item)
    yield from _check_images(item)
    if item.extension is not None:
        yield from _check_extension(item)
    if deleted_at is not None:
        yield from _check_withdrawal(item, deleted_at)


def _check_fields(item: Item) -> Iterator[str]:
    for name in ("guid", "url", "title", "author", "published", "updated"):
        if not getattr(item, name):
            yield f"it has no {name}"
    if re.search(r"<\w+[^>]*>", item.title):
        yield "its title has HTML tags: some readers show them, some drop them"
    times = [time for text in (item.published, item.updated) if (time := read_time(text)) is not None]
    if len(times) < sum(1 for text in (item.published, item.updated) if text):
        yield f"a date cannot be read, or has no zone ({item.published!r}, {item.updated!r})"
    if len(times) == 2 and times[1] < times[0]:
        yield f"it was updated ({item.updated}) before it was published ({item.published})"
    if any(caption and item.summary.startswith(caption) for caption in item.captions):
        yield "its summary begins with the caption of an image"


def _check_addresses(item: Item) -> Iterator[str]:
    if item.url and not _is_absolute(item.url):
        yield f"its URL {item.url!r} is not absolute"
    if _RELATIVE.search(item.content):
        yield "its content has a relative URL: readers have no base to resolve it"
    in_content = map(html.unescape, _ADDRESS.findall(item.content))
    for url in dict.fromkeys([item.url, *item.urls, *in_content]):
        if _is_absolute(url) and not is_uri(url):
            yield f"{url!r} is no URI: what RFC 3986 does not allow has to be percent-encoded"


def _check_content(item: Item) -> Iterator[str]:
    if _LINK_WITHOUT_ADDRESS.search(item.content):
        yield "its content has a link without an address"
    level = 1
    for found in map(int, _HEADING.findall(item.content)):
        if found == 1:
            yield "its content has an <h1>: that is the title of the article"
        elif found > level + 1:
            yield f"its content has an <h{found}> below an <h{level}>: a level is left out"
        level = found
    if "Ảnh: Ảnh:" in item.content:
        yield "its content says “Ảnh:” twice before a credit"


def _check_images(item: Item) -> Iterator[str]:
    if not item.alternatives:
        return
    if not item.has_thumbnail:
        yield "it has images and no media:thumbnail"
    for image in _IMAGE.findall(item.content):
        values = {name: html.unescape(value) for name, value in _IMAGE_ATTRIBUTE.findall(image)}
        url, text = values.get("src", ""), values.get("alt", "")
        if text and item.alternatives.get(url, text) != text:
            yield f"the image {url} has another alternative text in Media RSS than in the content"


def _check_extension(item: Item) -> Iterator[str]:
    extension = item.extension or {}
    has_time = extension.get("has_time")
    if not isinstance(has_time, bool):
        yield "_feedsvc.has_time does not say whether the time of publication is known"
    elif not has_time and (time := read_time(item.published)) is not None and (time.hour, time.minute) != (0, 0):
        yield f"the time of publication is said to be unknown, and is given ({item.published})"
    note = extension.get("correction_note")
    if note and item.content.startswith("<") and not item.content.startswith("<p><strong>Đính chính lúc "):
        yield "it was corrected with a note, and the content does not begin with that"
    if note and not extension.get("corrected_at"):
        yield "it was corrected with a note, and _feedsvc.corrected_at does not say when"


def _check_withdrawal(item: Item, deleted_at: str) -> Iterator[str]:
    if not item.title.startswith(WITHDRAWN):
        yield "it is withdrawn (it has a tombstone), and readers go on showing it"
    updated, when = read_time(item.updated), read_time(deleted_at)
    if updated and when and updated > when:
        yield f"it is newer ({item.updated}) than its tombstone ({deleted_at}), which therefore counts for nothing"


def _is_absolute(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def read_time(text: str) -> datetime | None:
    """Return an aware time in the form of RFC 822 or RFC 3339; None if it is none."""
    try:
        time = parsedate_to_datetime(text) if "," in text else datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo is not None else None
