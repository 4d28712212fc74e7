"""Writing the registry: units, successions, areas, categories. Items have the fields of a registry file."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..database import Database

Key = tuple[str, str]  # code, valid_from


def list_units(db: Database) -> dict[Key, dict[str, Any]]:
    """Return every ward as it stands in its row, by (code, valid_from)."""
    return {(row["code"], row["valid_from"]): dict(row) for row in db.execute("SELECT * FROM wards ORDER BY id")}


def save_wards(db: Database, units: Iterable[Mapping[str, Any]]) -> None:
    """Add or change wards; each holds code, valid_from, valid_to, kind, name and slug."""
    units = list(units)
    # A plain slug passes from a closed unit to a living one: free it first, slugs are unique at every moment.
    for unit in units:
        db.execute(
            "UPDATE wards SET slug = '~' || id WHERE code = ? AND valid_from = ?", [unit["code"], unit["valid_from"]]
        )
    for unit in units:
        db.execute(
            "INSERT INTO wards (code, valid_from, valid_to, kind, name, slug)"
            " VALUES (:code, :valid_from, :valid_to, :kind, :name, :slug) ON CONFLICT (code, valid_from) DO UPDATE"
            " SET valid_to = excluded.valid_to, kind = excluded.kind, name = excluded.name, slug = excluded.slug",
            dict(unit),
        )


def save_succession(db: Database, item: Mapping[str, Any]) -> None:
    """Add or change the succession of item["successor"] to item["ward"], each a (code, valid_from)."""
    db.execute(
        'INSERT INTO successions (ward_id, successor_id, "on", kind, is_default, legal_basis)'
        " VALUES (:ward, :successor, :on, :kind, :is_default, :legal_basis) ON CONFLICT (ward_id, successor_id)"
        ' DO UPDATE SET "on" = excluded."on", kind = excluded.kind, is_default = excluded.is_default,'
        ' legal_basis = excluded.legal_basis WHERE ("on", kind, is_default, legal_basis)'
        ' IS NOT (excluded."on", excluded.kind, excluded.is_default, excluded.legal_basis)',
        {
            "ward": _get_ward_id(db, item["ward"]),
            "successor": _get_ward_id(db, item["successor"]),
            "on": item["on"],
            "kind": item["kind"],
            "is_default": int(item.get("is_default", False)),
            "legal_basis": item.get("legal_basis", ""),
        },
    )


def save_area(db: Database, item: Mapping[str, Any]) -> None:
    """Add or change an area and add its members."""
    values = {"valid_from": None, "valid_to": None, **item}
    db.execute(
        "INSERT INTO areas (slug, name, valid_from, valid_to) VALUES (:slug, :name, :valid_from, :valid_to)"
        " ON CONFLICT (slug) DO UPDATE SET name = excluded.name, valid_from = excluded.valid_from,"
        " valid_to = excluded.valid_to WHERE (name, valid_from, valid_to)"
        " IS NOT (excluded.name, excluded.valid_from, excluded.valid_to)",
        {name: values[name] for name in ("slug", "name", "valid_from", "valid_to")},
    )
    area_id = db.execute("SELECT id FROM areas WHERE slug = ?", [item["slug"]]).fetchone()["id"]
    for member in item["members"]:
        db.execute(
            "INSERT INTO area_members (area_id, ward_id, valid_from, valid_to) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (area_id, ward_id)"
            " DO UPDATE SET valid_from = excluded.valid_from, valid_to = excluded.valid_to"
            " WHERE (valid_from, valid_to) IS NOT (excluded.valid_from, excluded.valid_to)",
            [area_id, _get_ward_id(db, member["ward"]), member.get("valid_from"), member.get("valid_to")],
        )


def _get_ward_id(db: Database, key: Iterable[str]) -> int:
    row = db.execute("SELECT id FROM wards WHERE code = ? AND valid_from = ?", list(key)).fetchone()
    return int(row["id"])


def save_category(db: Database, slug: str, label: str, *, position: int, aliases: Iterable[str]) -> None:
    """Add a category and its folded aliases; what is there already stays as it is."""
    db.execute(
        "INSERT INTO categories (slug, label, position) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [slug, label, position],
    )
    for alias in aliases:
        db.execute(
            "INSERT INTO category_aliases (folded, category_id) SELECT ?, id FROM categories WHERE slug = ?"
            " ON CONFLICT DO NOTHING",
            [alias, slug],
        )
