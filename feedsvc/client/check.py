"""Check a feed as a strict reader would, and report in words what is wrong. Pure: an Answer in, findings out.

`documents` reads the feed, `rules` has what applies to an item.
"""

import json
import re

from ..uris import is_uri
from .documents import READERS, Document, parse_xml
from .fetch import Answer
from .rules import check_item

_ATOM = "{http://www.w3.org/2005/Atom}"
# Texts of RSS that are no HTML, as bytes: the values are the same, but readers differ on what the references mean.
_RSS_TEXT = re.compile(rb"<(title|copyright|category|dc:\w+|media:\w+)\b[^<>]*>[^<>]*&(?:amp|lt|#38|#60);")


def check_feed(answer: Answer) -> list[str]:
    """Return everything that is wrong with the answer to a GET of a feed; empty if it is correct."""
    if answer.status != 200:
        return [f"the status is {answer.status}, a reader needs 200"]
    findings = _check_headers(answer)
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip()
    reader = READERS.get(media_type)
    if reader is None:
        return [*findings, f"Content-Type is {media_type!r}, which is not a feed type ({', '.join(READERS)})"]
    try:
        document = reader(answer.body)
    except (ValueError, KeyError, TypeError) as error:
        return [*findings, f"the body cannot be read as {media_type}: {error}"]
    if document.own_url != answer.url:
        own_url = document.own_url
        findings.append(f"the feed gives its own address as {own_url!r}: readers that follow self would move there")
    if media_type == "application/rss+xml":
        names = sorted({found.decode() for found in _RSS_TEXT.findall(answer.body)})
        findings += [
            f'"&" and "<" in <{name}> have to be &#x26; and &#x3C;, which all readers read alike' for name in names
        ]
    return findings + _check_document(document)


def _check_document(document: Document) -> list[str]:
    findings = [*document.faults, *(f"{url!r} is no URI (RFC 3986)" for url in document.urls if not is_uri(url))]
    for place, item in enumerate(document.items, start=1):
        deleted_at = document.deleted.get(item.guid)
        findings += [
            f"item {place} ({item.title[:40]!r}): {finding}" for finding in check_item(item, deleted_at=deleted_at)
        ]
    guids = [item.guid for item in document.items]
    repeated = sorted({guid for guid in guids if guids.count(guid) > 1})
    return findings + [f"guid {guid!r} occurs {guids.count(guid)} times" for guid in repeated]


def check_customary(answer: Answer, feed_url: str) -> list[str]:
    """Return what is wrong with the answer to a customary address (`/feed`): it has to lead to the feed."""
    if answer.status != 200:
        return [f"the customary address {answer.url} has the status {answer.status}, and leads to no feed"]
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip()
    reader = READERS.get(media_type)
    if reader is None or reader(answer.body).own_url != feed_url:
        return [f"the customary address {answer.url} does not lead to this feed"]
    return []


def check_not_modified(answer: Answer, validators: str) -> list[str]:
    """Return what is wrong with the answer to a GET with the validator in the header `validators`, which is current."""
    if answer.status != 304:
        return [f"with {validators} the status is {answer.status}, not 304: every poll transfers the whole feed"]
    return ["a 304 has a body"] if answer.body else []


def list_archive_urls(answer: Answer) -> list[str]:
    """Return the URL of the preceding archive that the feed names (RFC 5005), if any."""
    if answer.status != 200:
        return []
    if "json" in answer.headers.get("content-type", ""):
        url = json.loads(answer.body).get("next_url")
        return [url] if url else []
    root = parse_xml(answer.body)
    return [str(link.get("href")) for link in root.iter(f"{_ATOM}link") if link.get("rel") == "prev-archive"]


def _check_headers(answer: Answer) -> list[str]:
    needed = ("etag", "last-modified", "cache-control")
    findings = [f"the header {name} is missing" for name in needed if name not in answer.headers]
    etag = answer.headers.get("etag", '""')
    if not re.fullmatch(r'(W/)?"[\x21\x23-\x7e]*"', etag):
        findings.append(f"the ETag {etag} is not an entity tag (RFC 9110, 8.8.3)")
    if "charset=utf-8" not in answer.headers.get("content-type", "").lower():
        findings.append("Content-Type does not say charset=utf-8")
    if "set-cookie" in answer.headers:
        findings.append("it sets a cookie: no shared cache may keep it")
    if answer.headers.get("vary", "").lower() not in {"", "accept-encoding"}:
        findings.append(f"Vary is {answer.headers['vary']!r}: shared caches keep several copies")
    return findings
