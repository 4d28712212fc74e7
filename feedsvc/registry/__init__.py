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
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..database import Database, transaction
from ..errors import RegistryError
from ..store.registry import Key, list_units, save_area, save_category, save_succession, save_wards
from ..text import fold
from .check import check_registry
from .slugs import assign_slugs

SHIPPED = ("ha_noi.json",)


def read_shipped() -> dict[str, str]:
    """Return the text of the shipped files by name; the categories first."""
    folder = files(__package__)
    return {name: (folder / name).read_text(encoding="utf-8") for name in ("categories.json", *SHIPPED)}


def load_shipped(db: Database) -> None:
    """Load what the package ships; changes nothing where it is loaded already."""
    for name, content in read_shipped().items():
        if name in SHIPPED:
            load_registry(db, json.loads(content), origin=name)
        else:
            load_categories(db, json.loads(content))


def load_registry_file(db: Database, path: Path) -> int:
    """Load a registry file; returns the number of rows added or changed.

    Raises RegistryError with every fault: then nothing was applied.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RegistryError(str(path), [f"not JSON in UTF-8: {error}"]) from None
    return load_registry(db, data, origin=str(path))


def load_registry(db: Database, data: Any, *, origin: str) -> int:
    """Check the data whole, then apply it in one transaction; returns the number of rows added or changed."""
    with transaction(db):
        known = list_units(db)
        faults = check_registry(data, known.values())
        if faults:
            raise RegistryError(origin, faults)
        before = db.conn.total_changes
        _save_wards(db, data.get("wards", []), known)
        for item in data.get("successions", []):
            save_succession(db, item)
        for item in data.get("areas", []):
            save_area(db, item)
        return db.conn.total_changes - before


def _save_wards(db: Database, items: list[dict[str, Any]], known: Mapping[Key, dict[str, Any]]) -> None:
    units = dict(known)
    for item in items:
        key = (item["code"], item["valid_from"])
        units[key] = {**units.get(key, {"slug": None}), "valid_to": None, **item}
    slugs = assign_slugs(units)
    units = {key: {**unit, "slug": slugs[key]} for key, unit in units.items()}
    save_wards(db, [unit for key, unit in units.items() if unit != known.get(key)])


def load_categories(db: Database, items: list[dict[str, Any]]) -> None:
    """Add the categories and aliases that are not there yet; what an operator changed stays."""
    with transaction(db):
        for position, item in enumerate(items, start=1):
            aliases = [fold(alias) for alias in (item["label"], *item["aliases"])]
            save_category(db, item["slug"], item["label"], position=position, aliases=aliases)
