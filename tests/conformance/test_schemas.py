"""Feeds follow the RELAX NG schema of RFC 4287, the rules it cannot express, JSON Feed 1.1, RFC 6721 and RFC 5005."""

import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from .conftest import HERE, FeedFile, Rich, Run
from .sample import REASON

NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "fh": "http://purl.org/syndication/history/1.0",
}


def of_kind(files: list[FeedFile], kind: str) -> list[tuple[str, Any]]:
    return [(file.case.path(file.kind), etree.fromstring(file.answer.body)) for file in files if file.kind == kind]


def test_every_atom_feed_follows_the_relax_ng_schema_of_rfc_4287(files: list[FeedFile]) -> None:
    schema = etree.RelaxNG(etree.parse(HERE / "atom.rng"))
    for where, root in of_kind(files, "atom"):
        assert schema.validate(root), f"{where}: {schema.error_log}"


def test_the_schema_refuses_what_is_wrong() -> None:
    schema = etree.RelaxNG(etree.parse(HERE / "atom.rng"))
    feed = '<feed xmlns="http://www.w3.org/2005/Atom"><id>x</id><title/><updated>{}</updated>{}</feed>'.format
    assert schema.validate(etree.fromstring(feed("2026-11-24T10:00:00+07:00", '<x xmlns="y"/>')))
    assert not schema.validate(etree.fromstring(feed("2026-11-24", "")))
    assert not schema.validate(etree.fromstring(feed("2026-11-24T10:00:00+07:00", "<summary/>")))


def test_every_atom_feed_keeps_the_rules_that_a_grammar_cannot_say(files: list[FeedFile]) -> None:
    for where, root in of_kind(files, "atom"):
        assert root.findtext("a:author/a:name", namespaces=NAMES), where  # 4.1.1: even without entries
        ids = [node.text for node in root.iterfind("a:entry/a:id", NAMES)]
        assert len(ids) == len(set(ids)), where
        links = Counter((node.get("rel"), node.get("type")) for node in root.iterfind("a:link", NAMES))
        assert set(links.values()) == {1}, where
        for entry in root.iterfind("a:entry", NAMES):
            rels = [node.get("rel") for node in entry.iterfind("a:link", NAMES)]
            assert rels.count("alternate") == 1, where
            assert entry.find("a:summary", NAMES) is not None, where
        for node in root.iter(*(f"{{{NAMES['a']}}}{name}" for name in ("id", "icon", "uri", "updated", "published"))):
            assert node.text == node.text.strip() != "", where
        for node in root.iter(f"{{{NAMES['a']}}}updated", f"{{{NAMES['a']}}}published"):
            assert datetime.fromisoformat(node.text).utcoffset() is not None, where


def test_every_url_is_absolute_and_written_with_the_characters_of_rfc_3986(files: list[FeedFile]) -> None:
    allowed = re.compile(r"https?://[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#\[\]]+")
    for kind in ("rss", "atom"):
        for where, root in of_kind(files, kind):
            urls = [str(url) for url in root.xpath("//@href | //@url | //link/text() | //url/text()")]
            assert urls, where
            for url in urls:
                assert allowed.fullmatch(url), f"{where}: {url}"


def test_every_feed_names_the_address_of_the_request(rich: Rich, files: list[FeedFile]) -> None:
    for file in files:
        if file.kind != "json":
            root: Any = etree.fromstring(file.answer.body)
            own = root.xpath("//a:link[@rel='self']/@href", namespaces=NAMES)
            filename = f"{file.kind}.xml"
            assert [str(url) for url in own] == [rich.url + file.case.path(filename)]


def test_archives_and_tombstones_are_where_they_belong(files: list[FeedFile]) -> None:
    for where, root in of_kind(files, "atom"):
        is_archive = "/archive/" in where
        assert (root.find("fh:archive", NAMES) is not None) == is_archive, where
        assert (root.find("a:link[@rel='current']", NAMES) is not None) == is_archive, where
        for deleted in root.iterfind("at:deleted-entry", NAMES):
            assert deleted.findtext("at:comment", namespaces=NAMES) == REASON
            # The subscription document also has an entry about the withdrawal with the same id, and not a later time:
            # a later entry would bring the article back (RFC 6721, 3).
            entries = {entry.findtext("a:id", namespaces=NAMES): entry for entry in root.iterfind("a:entry", NAMES)}
            told = entries.get(deleted.get("ref"))
            assert (told is None) == is_archive
            assert told is None or told.findtext("a:updated", namespaces=NAMES) == deleted.get("when")
    tombstones = {where for where, root in of_kind(files, "atom") if root.find("at:deleted-entry", NAMES) is not None}
    assert {"/atom", "/wards/phuong-viet-hung/atom", "/wards/phuong-viet-hung/archive/1/atom"} <= tombstones
    assert "/wards/phuong-phuc-dong/atom" not in tombstones


@pytest.mark.node
def test_every_json_feed_follows_the_schema_of_json_feed(files: list[FeedFile], folder: Path, run_program: Run) -> None:
    errors = run_program("node", "validate.mjs", folder)["schema"]
    assert errors == {file.name: [] for file in files if file.kind == "json"}
