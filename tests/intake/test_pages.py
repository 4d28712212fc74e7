"""Real pages, each with the expected draft and, if it needs review, the fields to check.

Each case has two files in this folder: NAME.txt or NAME.html, and NAME.json. `--update-golden` writes the second;
review it.
"""

import json
from dataclasses import MISSING, asdict, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from feedsvc.articles.ingest import ingest
from feedsvc.database import Database
from feedsvc.intake import decode_text, parse_html_page, parse_portal_page
from feedsvc.models import Draft, Site
from feedsvc.problems import RejectedError
from feedsvc.store.categories import list_section_keys

FOLDER = Path(__file__).parent
PAGES = sorted([*FOLDER.glob("*.txt"), *FOLDER.glob("*.html")])


def describe(draft: Draft) -> dict[str, Any]:
    """Return the fields of the draft that differ from the defaults."""
    said = {}
    for item in fields(draft):
        value = getattr(draft, item.name)
        if item.default is MISSING or value != item.default:
            said[item.name] = value.isoformat() if isinstance(value, datetime) else value
    if draft.content_text is not None:
        said["content_text"] = draft.content_text.split("\n\n")
    if draft.content_html is not None:
        said["content_html"] = draft.content_html.split("\n")
    if draft.images:
        said["images"] = [{name: value for name, value in asdict(image).items() if value} for image in draft.images]
    return said


def needs_review(db: Database, draft: Draft, site: Site, now: datetime) -> list[str]:
    try:
        ingest(db, draft, site=site, now=now)
    except RejectedError as error:
        return [problem.field for problem in error.problems]
    return []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_read_as_its_expected_draft(
    path: Path, db: Database, site: Site, now: datetime, request: pytest.FixtureRequest
) -> None:
    sections = list_section_keys(db)
    parse = parse_html_page if path.suffix == ".html" else parse_portal_page
    draft = parse(decode_text(path.read_bytes()), now=now, sections=sections)
    found = describe(draft) | {"needs_review": needs_review(db, draft, site, now)}
    beside = path.with_suffix(".json")
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    if request.config.getoption("--update-golden"):
        beside.write_text(text, encoding="utf-8")
    assert text == beside.read_text(encoding="utf-8")
