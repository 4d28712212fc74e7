"""Keep a complete copy of all articles of a service. A reference consumer that uses only public documents.

The first run reads everything: the subscription document and each archive before it (RFC 5005). Later runs read only
what has changed since, according to the change log. Each item is one JSON file, named by a hash of its guid; the file
of a withdrawn item is removed. `state.json` is written last, so the next run repeats a run that was interrupted.

A service that was restored from a backup has another history: the change log says so by its epoch, and the next run
reads everything again.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..addresses import JSON_FEED, absolute, changes_path, feed_path
from ..blocks import Block
from ..errors import FetchError
from ..models import Scope
from ..position import Position

Fetch = Callable[[str], Any]  # takes a URL, returns the parsed JSON document; None if there is none (404)
# Changes of a ward, an area or a category that do not affect items; "renamed" changes names in items.
_LEAVES_ITEMS = {"opened", "closed", "hidden", "shown", "members"}


@dataclass(slots=True)
class Report:
    """The counts of a run: items written and removed, documents fetched."""

    written: int = 0
    removed: int = 0
    fetched: int = 0


# The position before the first change; the epoch is unknown, as in the state of a mirror of version 0.1.
_NO_EPOCH = ""
_START = Position(_NO_EPOCH, 0)


@dataclass(frozen=True, slots=True)
class _Log:
    """The changes in order, and the position after the last one."""

    changes: list[dict[str, Any]]
    end: Position


def mirror(site_url: str, folder: Path, fetch: Fetch) -> Report:
    """Bring the copy in `folder` up to date with the service at `site_url` (no trailing slash)."""
    folder.mkdir(parents=True, exist_ok=True)
    report = Report()

    def counted(url: str) -> Any:
        report.fetched += 1
        return fetch(url)

    known = _read_state(folder)
    log = _read_log(site_url, known or _START, counted)
    is_new = known is None or log is None
    log = log or _read_log(site_url, _START, counted)
    if log is None:
        raise FetchError(site_url, "was restored while its change log was read")
    end = log.end

    def fetch_as_of_then(url: str) -> Any:
        # A cache may hold the document from before these changes, but it holds nothing under this address.
        return counted(f"{url}{'&' if '?' in url else '?'}as_of={end.epoch}-{end.seq}")

    # Read everything at first, and after a change of a name that items carry; otherwise the items that changed.
    if is_new or any("article" not in change and change["kind"] not in _LEAVES_ITEMS for change in log.changes):
        _copy_everything(site_url, folder, fetch_as_of_then, report)
    else:
        of_items = [change for change in log.changes if "article" in change]
        _copy_changes(site_url, folder, of_items, fetch_as_of_then, report)
    _write(folder / "state.json", {"site": site_url, "epoch": end.epoch, "last": end.seq})
    return report


def item_path(folder: Path, guid: str) -> Path:
    """Return the file of an item; the name is a hash, because a guid may not be a valid file name."""
    return folder / "items" / f"{hashlib.sha256(guid.encode()).hexdigest()[:32]}.json"


def read_items(folder: Path) -> dict[str, Any]:
    """Return all items of a copy by guid."""
    items = [json.loads(path.read_text(encoding="utf-8")) for path in (folder / "items").glob("*.json")]
    return {item["id"]: item for item in items}


def _read_state(folder: Path) -> Position | None:
    path = folder / "state.json"
    if not path.exists():
        return None
    state = json.loads(path.read_text(encoding="utf-8"))
    return Position(state.get("epoch", _NO_EPOCH), int(state["last"]))


def _read_log(site_url: str, place: Position, fetch: Fetch) -> _Log | None:
    """Return every change after a position until now; the next run reads later changes.

    Returns None if the history of the service does not contain the position.
    """
    changes: list[dict[str, Any]] = []
    url = absolute(site_url, changes_path(place.seq, epoch=place.epoch or None))
    while True:
        page = fetch(url)
        if page["reset"]:
            return None
        changes += page["changes"]
        if page["complete"]:
            return _Log(changes, Position(page["epoch"], int(page["last"])))
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
    wanted: dict[str, Block] = {}
    for guid, change in latest.items():
        if change["kind"] == "withdrawn":
            path = item_path(folder, guid)
            report.removed += path.exists()
            path.unlink(missing_ok=True)
        else:
            wanted[guid] = Block.of(change["article"]["position"])

    def copy_from(block: Block | None) -> None:
        # If there is no such archive, its articles were withdrawn meanwhile; the next run reads that change.
        document = fetch(absolute(site_url, feed_path(Scope(), JSON_FEED, block=block))) or {"items": []}
        for item in _list_kept(document):
            if wanted.pop(item["id"], None):
                _write_item(folder, item, report)

    if wanted:  # what is new, and all that is in no archive document yet
        copy_from(None)
    for number in sorted({block.number for block in wanted.values()}):
        copy_from(Block(number))


def _walk(url: str, fetch: Fetch) -> Iterator[dict[str, Any]]:
    """Yield the items of a feed and of each archive before it (JSON Feed next_url)."""
    while url:
        document = fetch(url)
        yield from _list_kept(document)
        url = document.get("next_url", "")


def _list_kept(document: Any) -> list[dict[str, Any]]:
    """List the items of a feed. What was withdrawn stays in it for some days as an item that says so: none to keep."""
    return [item for item in document["items"] if "withdrawn_at" not in item["_feedsvc"]]


def _write_item(folder: Path, item: dict[str, Any], report: Report) -> None:
    path = item_path(folder, item["id"])
    if not path.exists() or json.loads(path.read_text(encoding="utf-8")) != item:
        _write(path, item)
        report.written += 1


def _write(path: Path, value: Any) -> None:
    """Write a file completely or not at all."""
    path.parent.mkdir(exist_ok=True)
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
    aside.replace(path)
