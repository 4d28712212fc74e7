"""Writing the registry: units, successions, areas, categories. Items have the fields of a registry file."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from ..database import Database

Key = tuple[str, str]  # code, valid_from
SlugKind = Literal["ward", "area", "category"]


def list_units(db: Database) -> dict[Key, dict[str, Any]]:
    """Return every ward as it stands in its row, by (code, valid_from)."""
    return {(row["code"], row["valid_from"]): dict(row) for row in db.execute("SELECT * FROM wards ORDER BY id")}


def save_ward(db: Database, unit: Mapping[str, Any]) -> None:
    """Add or change a ward by code and valid_from: valid_to, kind, name. A new one waits for its slug."""
    db.execute(
        "INSERT INTO wards (code, valid_from, valid_to, kind, name, slug)"
        " VALUES (:code, :valid_from, :valid_to, :kind, :name, '~' || :code || :valid_from)"
        " ON CONFLICT (code, valid_from) DO UPDATE"
        " SET valid_to = excluded.valid_to, kind = excluded.kind, name = excluded.name",
        {name: unit[name] for name in ("code", "valid_from", "valid_to", "kind", "name")},
    )


def save_ward_slugs(db: Database, slugs: Mapping[int, str]) -> None:
    """Set the slugs of wards, by id."""
    # A plain slug passes from a closed unit to a living one: free it first, slugs are unique at every moment.
    for ward_id in slugs:
        db.execute("UPDATE wards SET slug = '~' || id WHERE id = ?", [ward_id])
    for ward_id, slug in slugs.items():
        db.execute("UPDATE wards SET slug = ? WHERE id = ?", [slug, ward_id])


def record_former_slug(db: Database, kind: SlugKind, slug: str, target_id: int) -> None:
    """Note that this slug led to that thing, the last one that had it; its URLs redirect while nobody else has it."""
    db.execute(
        "INSERT INTO former_slugs (kind, slug, target_id) VALUES (?, ?, ?)"
        " ON CONFLICT (kind, slug) DO UPDATE SET target_id = excluded.target_id",
        [kind, slug, target_id],
    )


def find_former_slug(db: Database, kind: str, slug: str) -> int | None:
    """Return the id of what had this slug."""
    row = db.execute("SELECT target_id FROM former_slugs WHERE kind = ? AND slug = ?", [kind, slug]).fetchone()
    return None if row is None else int(row["target_id"])


def save_succession(db: Database, item: Mapping[str, Any]) -> int:
    """Add or change the succession of item["successor"] to item["ward"]; returns the number of changed rows."""
    cursor = db.execute(
        'INSERT INTO successions (ward_id, successor_id, "on", kind, is_default, legal_basis)'
        " VALUES (:ward, :successor, :on, :kind, :is_default, :legal_basis) ON CONFLICT (ward_id, successor_id)"
        ' DO UPDATE SET "on" = excluded."on", kind = excluded.kind, is_default = excluded.is_default,'
        ' legal_basis = excluded.legal_basis WHERE ("on", kind, is_default, legal_basis)'
        ' IS NOT (excluded."on", excluded.kind, excluded.is_default, excluded.legal_basis)',
        {
            "ward": get_ward_id(db, item["ward"]),
            "successor": get_ward_id(db, item["successor"]),
            "on": item["on"],
            "kind": item["kind"],
            "is_default": int(item.get("is_default", False)),
            "legal_basis": item.get("legal_basis", ""),
        },
    )
    return int(cursor.rowcount)


def list_succession_keys(db: Database) -> list[tuple[Key, Key]]:
    """List who is followed by whom, both as (code, valid_from)."""
    rows = db.execute(
        "SELECT w.code, w.valid_from, n.code, n.valid_from FROM successions AS s"
        " JOIN wards AS w ON w.id = s.ward_id JOIN wards AS n ON n.id = s.successor_id"
    )
    return [((row[0], row[1]), (row[2], row[3])) for row in rows]


def save_area(db: Database, item: Mapping[str, Any]) -> int:
    """Add or change an area by its slug; returns the number of changed rows."""
    values = {"valid_from": None, "valid_to": None, **item}
    cursor = db.execute(
        "INSERT INTO areas (slug, name, valid_from, valid_to) VALUES (:slug, :name, :valid_from, :valid_to)"
        " ON CONFLICT (slug) DO UPDATE SET name = excluded.name, valid_from = excluded.valid_from,"
        " valid_to = excluded.valid_to WHERE (name, valid_from, valid_to)"
        " IS NOT (excluded.name, excluded.valid_from, excluded.valid_to)",
        {name: values[name] for name in ("slug", "name", "valid_from", "valid_to")},
    )
    return int(cursor.rowcount)


def save_area_member(db: Database, area_slug: str, member: Mapping[str, Any]) -> int:
    """Add or change a member: its ward, and valid_from, valid_to where it belongs for a time only."""
    cursor = db.execute(
        "INSERT INTO area_members (area_id, ward_id, valid_from, valid_to)"
        " SELECT id, :ward, :valid_from, :valid_to FROM areas WHERE slug = :area"
        " ON CONFLICT (area_id, ward_id) DO UPDATE SET valid_from = excluded.valid_from, valid_to = excluded.valid_to"
        " WHERE (valid_from, valid_to) IS NOT (excluded.valid_from, excluded.valid_to)",
        {
            "area": area_slug,
            "ward": get_ward_id(db, member["ward"]),
            "valid_from": member.get("valid_from"),
            "valid_to": member.get("valid_to"),
        },
    )
    return int(cursor.rowcount)


def get_ward_id(db: Database, key: Iterable[str]) -> int:
    """Return the id of the ward (code, valid_from), which has to exist."""
    row = db.execute("SELECT id FROM wards WHERE code = ? AND valid_from = ?", list(key)).fetchone()
    return int(row["id"])


def save_category(db: Database, slug: str, label: str, *, position: int, aliases: Iterable[str]) -> None:
    """Add a category and its folded aliases; what is there already stays as it is."""
    db.execute(
        "INSERT INTO categories (slug, label, position) SELECT :slug, :label, :position"
        " WHERE NOT EXISTS (SELECT 1 FROM former_slugs WHERE kind = 'category' AND slug = :slug)"
        " ON CONFLICT DO NOTHING",
        {"slug": slug, "label": label, "position": position},
    )
    for alias in aliases:
        db.execute(
            "INSERT INTO category_aliases (folded, category_id) SELECT ?, id FROM categories WHERE slug = ?"
            " ON CONFLICT DO NOTHING",
            [alias, slug],
        )


def rename_area(db: Database, area_id: int, *, slug: str, name: str) -> None:
    db.execute("UPDATE areas SET slug = ?, name = ? WHERE id = ?", [slug, name, area_id])


def rename_category(db: Database, category_id: int, *, slug: str, label: str) -> None:
    db.execute("UPDATE categories SET slug = ?, label = ? WHERE id = ?", [slug, label, category_id])


def hide_area(db: Database, area_id: int, *, hidden: bool) -> None:
    """Leave an area out of every list, or bring it back; its URLs go on."""
    db.execute("UPDATE areas SET hidden = ? WHERE id = ?", [hidden, area_id])


def hide_category(db: Database, category_id: int, *, hidden: bool) -> None:
    """Leave a category out of every list, or bring it back; its URLs go on."""
    db.execute("UPDATE categories SET hidden = ? WHERE id = ?", [hidden, category_id])
