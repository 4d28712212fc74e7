"""A reference consumer: keep a complete copy of what a service publishes, by nothing but its public documents.

First everything: the subscription document and each archive behind it (RFC 5005). Then, at every run, what the change
log says has happened since. An item is one JSON file, named by its guid; a withdrawn one is removed. `state.json` is
written last, so a run that is killed is done again by the next one.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ..addresses import JSON_FEED, absolute, changes_path, feed_path
from ..models import Month, Scope

Fetch = Callable[[str], Any]  # takes a URL, returns the parsed JSON document; None where there is none (404)
# What happens to a ward, an area or a category and leaves every item as it was; "renamed" changes names in items.
_LEAVES_ITEMS = {"opened", "closed", "hidden", "shown", "members"}


@dataclass(slots=True)
class Report:
    """What a run did: items written and removed, documents fetched."""

    written: int = 0
    removed: int = 0
    fetched: int = 0


def mirror(site_url: str, folder: Path, fetch: Fetch) -> Report:
    """Bring the copy in `folder` up to date with the service at `site_url` (no trailing slash)."""
    folder.mkdir(parents=True, exist_ok=True)
    report = Report()

    def counted(url: str) -> Any:
        report.fetched += 1
        return fetch(url)

    since = _read_state(folder)
    changes, last = _read_changes(site_url, since or 0, counted)
    # At first, and where a name changed that items carry, everything is read; else the items that changed.
    if since is None or any("article" not in change and change["kind"] not in _LEAVES_ITEMS for change in changes):
        _copy_everything(site_url, folder, counted, report)
    else:
        of_items = [change for change in changes if "article" in change]
        _copy_changes(site_url, folder, of_items, counted, report)
    _write(folder / "state.json", {"site": site_url, "last": last})
    return report


def item_path(folder: Path, guid: str) -> Path:
    """Return the file of an item; a guid is no file name."""
    return folder / "items" / f"{hashlib.sha256(guid.encode()).hexdigest()[:32]}.json"


def read_items(folder: Path) -> dict[str, Any]:
    """Return all items of a copy by guid."""
    items = [json.loads(path.read_text(encoding="utf-8")) for path in (folder / "items").glob("*.json")]
    return {item["id"]: item for item in items}


def _read_state(folder: Path) -> int | None:
    path = folder / "state.json"
    return int(json.loads(path.read_text(encoding="utf-8"))["last"]) if path.exists() else None


def _read_changes(site_url: str, since: int, fetch: Fetch) -> tuple[list[dict[str, Any]], int]:
    """Return every change after `since`, and the seq of the last one; what happens later is for the next run."""
    changes: list[dict[str, Any]] = []
    url = absolute(site_url, changes_path(since))
    while True:
        page = fetch(url)
        changes += page["changes"]
        if page["complete"]:
            return changes, int(page["last"])
        url = page["next"]


def _copy_everything(site_url: str, folder: Path, fetch: Fetch, report: Report) -> None:
    found = set()
    for item in _walk(absolute(site_url, feed_path(Scope(), JSON_FEED)), fetch):
        found.add(item_path(folder, item["id"]))
        _write_item(folder, item, report)
    for path in set((folder / "items").glob("*.json")) - found:
        path.unlink()
        report.removed += 1


def _copy_changes(site_url: str, folder: Path, changes: list[dict[str, Any]], fetch: Fetch, report: Report) -> None:
    latest = {change["article"]["id"]: change for change in changes}
    wanted: dict[Month, set[str]] = {}
    for guid, change in latest.items():
        if change["kind"] == "withdrawn":
            path = item_path(folder, guid)
            report.removed += path.exists()
            path.unlink(missing_ok=True)
        else:  # the archive of its month has it, whatever the subscription document shows
            month = Month.of(datetime.fromisoformat(change["article"]["published"]))
            wanted.setdefault(month, set()).add(guid)
    for month, guids in sorted(wanted.items()):
        # No such archive: withdrawn meanwhile, which the next run will read.
        url = absolute(site_url, feed_path(Scope(), JSON_FEED, month=month))
        for item in (fetch(url) or {"items": []})["items"]:
            if item["id"] in guids:
                _write_item(folder, item, report)


def _walk(url: str, fetch: Fetch) -> Iterator[dict[str, Any]]:
    """Go through the items of a feed and of each archive that is behind it (JSON Feed next_url)."""
    while url:
        document = fetch(url)
        yield from document["items"]
        url = document.get("next_url", "")


def _write_item(folder: Path, item: dict[str, Any], report: Report) -> None:
    path = item_path(folder, item["id"])
    if not path.exists() or json.loads(path.read_text(encoding="utf-8")) != item:
        _write(path, item)
        report.written += 1


def _write(path: Path, value: Any) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
    aside.replace(path)
