"""Load the registry of wards, areas and categories: shipped data and registry files, each completely or not at all.

A registry file is JSON:

    {"format": "feedsvc-registry-1",
     "wards": [{"code": "00151", "valid_from": "2003-11-06", "valid_to": "2025-06-30", "kind": "phuong",
                "name": "Phường Phúc Đồng"}],
     "successions": [{"ward": ["00151", "2003-11-06"], "successor": ["00136", "2025-07-01"], "on": "2025-07-01",
                      "kind": "split", "is_default": true, "legal_basis": "Nghị quyết 1656/NQ-UBTVQH15"}],
     "areas": [{"slug": "quan-long-bien", "name": "Quận Long Biên", "valid_from": …, "valid_to": …,
                "members": [{"ward": ["00151", "2003-11-06"], "valid_from": …, "valid_to": …}]}]}

`valid_to` is the last day, absent while no end is known. (code, valid_from) identifies a ward. Slugs are not in the
file: `registry.slugs` assigns them by rule. Units that the file does not name do not change.
"""

import json
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..database import Database, transaction
from ..errors import RegistryError
from ..models import Membership, Succession
from ..store.areas import get_area, has_area, save_area, save_membership
from ..store.categories import save_category
from ..store.wards import list_successions, list_wards, save_succession, save_ward
from ..text import fold
from .check import check
from .file import FileFaultsError, RegistryFile, read_sections
from .settle import is_settled, look_as_settled, settle

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
    """Return the text of the shipped files by name, the categories first."""
    folder = files(__package__)
    return {name: (folder / name).read_text(encoding="utf-8") for name in ("categories.json", *SHIPPED)}


def load_shipped(db: Database, *, now: datetime) -> None:
    """Load the shipped files. If there is a registry already, load only new units, to keep an operator's reform."""
    for name, content in read_shipped().items():
        data = json.loads(content)
        if name in SHIPPED:
            _load(db, _leave_out_known(db, RegistryFile.read(data)), origin=name, now=now)
        else:
            load_categories(db, data)


def _leave_out_known(db: Database, file: RegistryFile) -> RegistryFile:
    known = {ward.key for ward in list_wards(db)}
    if not known:
        return file
    new = {unit.key for unit in file.wards} - known
    return file.model_copy(
        update={
            "wards": tuple(unit for unit in file.wards if unit.key in new),
            "successions": tuple(item for item in file.successions if new & {item.ward, item.successor}),
            "areas": tuple(area for area in file.areas if not has_area(db, area.slug)),
        }
    )


def load_registry_file(db: Database, path: Path, *, now: datetime) -> int:
    """Load a registry file; return the number of rows added or changed.

    Raises RegistryError with every fault; nothing is applied then.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise RegistryError(str(path), [f"not JSON in UTF-8: {error}"]) from None
    return load_registry(db, data, origin=str(path), now=now)


def load_registry(db: Database, data: Any, *, origin: str, now: datetime) -> int:
    """Check all data, then apply it in one transaction; return the number of rows added or changed."""
    try:
        file = RegistryFile.read(data)
    except FileFaultsError as error:
        raise RegistryError(origin, error.faults) from None
    return _load(db, file, origin=origin, now=now)


def _load(db: Database, file: RegistryFile, *, origin: str, now: datetime) -> int:
    with transaction(db):
        successions = [(item.ward.key, item.successor.key) for item in list_successions(db)]
        faults = check(file, list_wards(db), successions)
        if faults:
            raise RegistryError(origin, faults)
        before = look_as_settled(db)
        changed = _save_wards(db, file) + _save_areas(db, file)
        settle(db, now=now, before=before)
        return changed


def _save_wards(db: Database, file: RegistryFile) -> int:
    """Save wards and successions; return the number of changed rows."""
    known = {ward.key: ward for ward in list_wards(db)}
    changed = 0
    for unit in file.wards:
        old = known.get(unit.key)
        if old is None or (old.valid_to, old.kind, old.name) != (unit.valid_to, unit.kind, unit.name):
            save_ward(
                db,
                code=unit.code,
                valid_from=unit.valid_from,
                valid_to=unit.valid_to,
                kind=unit.kind,
                name=unit.name,
            )
            changed += 1
    wards = {ward.key: ward for ward in list_wards(db)}
    for item in file.successions:
        changed += save_succession(
            db,
            Succession(wards[item.ward], wards[item.successor], item.on, item.kind, item.is_default, item.legal_basis),
        )
    return changed


def _save_areas(db: Database, file: RegistryFile) -> int:
    """Save areas and members; return the number of changed rows."""
    wards = {ward.key: ward.id for ward in list_wards(db)}
    changed = 0
    for area in file.areas:
        changed += save_area(db, area.slug, area.name, valid_from=area.valid_from, valid_to=area.valid_to)
        area_id = get_area(db, area.slug).id
        for member in area.members:
            changed += save_membership(db, Membership(area_id, wards[member.ward], member.valid_from, member.valid_to))
    return changed


def load_categories(db: Database, data: Any) -> None:
    """Add missing categories and aliases; an operator's changes stay."""
    with transaction(db):
        for position, section in enumerate(read_sections(data), start=1):
            aliases = [fold(alias) for alias in (section.label, *section.aliases)]
            save_category(db, section.slug, section.label, position=position, aliases=aliases)
