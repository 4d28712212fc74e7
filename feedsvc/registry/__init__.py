"""The registry of wards, areas and categories: the shipped data, and loading a file of it, whole or not at all.

A registry file is JSON:

    {"format": "feedsvc-registry-1",
     "wards": [{"code": "00151", "valid_from": "2003-11-06", "valid_to": "2025-06-30", "kind": "phuong",
                "name": "Phường Phúc Đồng"}],
     "successions": [{"ward": ["00151", "2003-11-06"], "successor": ["00136", "2025-07-01"], "on": "2025-07-01",
                      "kind": "split", "is_default": true, "legal_basis": "Nghị quyết 1656/NQ-UBTVQH15"}],
     "areas": [{"slug": "quan-long-bien", "name": "Quận Long Biên", "valid_from": …, "valid_to": …,
                "members": [{"ward": ["00151", "2003-11-06"], "valid_from": …, "valid_to": …}]}]}

`valid_to` is the last day, absent while the unit lives. A ward is named by (code, valid_from). Slugs are not in the
file: `registry.slugs` gives them by rule. Units that the file does not name stay as they are.
"""

import json
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..database import Database, transaction
from ..errors import RegistryError
from ..store.areas import get_area, has_area
from ..store.registry import (
    get_ward_id,
    list_succession_keys,
    list_units,
    save_area,
    save_area_member,
    save_category,
    save_succession,
    save_ward,
)
from ..store.scopes import record_registry_change, relist_ward
from ..text import fold
from .check import check_registry
from .settle import is_settled, settle

__all__ = [
    "is_settled",
    "load_categories",
    "load_registry",
    "load_registry_file",
    "load_shipped",
    "read_shipped",
    "settle",
]

SHIPPED = ("ha_noi.json",)


def read_shipped() -> dict[str, str]:
    """Return the text of the shipped files by name; the categories first."""
    folder = files(__package__)
    return {name: (folder / name).read_text(encoding="utf-8") for name in ("categories.json", *SHIPPED)}


def load_shipped(db: Database, *, now: datetime) -> None:
    """Load what the package ships. Where a registry is there already only what is new: an operator's reform stays."""
    for name, content in read_shipped().items():
        data = json.loads(content)
        if name in SHIPPED:
            load_registry(db, _leave_out_known(db, data), origin=name, now=now)
        else:
            load_categories(db, data)


def _leave_out_known(db: Database, data: dict[str, Any]) -> dict[str, Any]:
    units = list_units(db)
    if not units:
        return data
    wards = [ward for ward in data["wards"] if (ward["code"], ward["valid_from"]) not in units]
    new = {(ward["code"], ward["valid_from"]) for ward in wards}
    return {
        **data,
        "wards": wards,
        "successions": [item for item in data["successions"] if new & {tuple(item["ward"]), tuple(item["successor"])}],
        "areas": [area for area in data["areas"] if not has_area(db, area["slug"])],
    }


def load_registry_file(db: Database, path: Path, *, now: datetime) -> int:
    """Load a registry file; returns the number of rows added or changed.

    Raises RegistryError with every fault: then nothing was applied.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise RegistryError(str(path), [f"not JSON in UTF-8: {error}"]) from None
    return load_registry(db, data, origin=str(path), now=now)


def load_registry(db: Database, data: Any, *, origin: str, now: datetime) -> int:
    """Check the data whole, then apply it in one transaction; returns the number of rows added or changed."""
    with transaction(db):
        before = list_units(db)
        faults = check_registry(data, before.values(), list_succession_keys(db))
        if faults:
            raise RegistryError(origin, faults)
        changed = 0
        for item in data.get("wards", []):
            unit = {"valid_to": None, **item}
            old = before.get((unit["code"], unit["valid_from"]), {})
            if any(old.get(name) != unit[name] for name in ("valid_to", "kind", "name")):
                save_ward(db, unit)
                changed += 1
        settle(db, now=now, before=before)
        touched = [
            (item["ward"][0], item["ward"][1]) for item in data.get("successions", []) if save_succession(db, item)
        ]
        for key in sorted(set(touched) & before.keys()):
            # Its feed and page name other successors; the articles of a renamed unit go into the feeds of its new name.
            seq = record_registry_change(db, "closed", "ward", before[key]["id"], now=now)
            relist_ward(db, before[key]["id"], seq=seq, now=now)
        return changed + len(touched) + _apply_areas(db, data.get("areas", []), is_first=not before, now=now)


def _apply_areas(db: Database, items: list[dict[str, Any]], *, is_first: bool, now: datetime) -> int:
    """Save areas and members, and list in each what its members published."""
    changed = 0
    for item in items:
        is_new = not has_area(db, item["slug"])
        rows = save_area(db, item)
        moved = [member for member in item["members"] if save_area_member(db, item["slug"], member)]
        changed += rows + len(moved)
        if (rows or moved) and not is_first:
            area_id = get_area(db, item["slug"]).id
            seq = record_registry_change(db, "opened" if is_new else "renamed", "area", area_id, now=now)
            for member in moved:
                relist_ward(db, get_ward_id(db, member["ward"]), seq=seq, now=now)
    return changed


def load_categories(db: Database, items: list[dict[str, Any]]) -> None:
    """Add the categories and aliases that are not there yet; what an operator changed stays."""
    with transaction(db):
        for position, item in enumerate(items, start=1):
            aliases = [fold(alias) for alias in (item["label"], *item["aliases"])]
            save_category(db, item["slug"], item["label"], position=position, aliases=aliases)
