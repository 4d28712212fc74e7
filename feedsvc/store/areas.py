"""Query and save areas: named groups of wards whose members change in time."""

import sqlite3
from datetime import date

from ..database import Database
from ..errors import NotFoundError
from ..models import Area, Membership
from ..text import sort_key
from .times import from_day, to_day

COLUMNS = "areas.id, areas.slug, areas.name, areas.valid_from, areas.valid_to"


def row_to_area(row: sqlite3.Row) -> Area:
    return Area(row["id"], row["slug"], row["name"], to_day(row["valid_from"]), to_day(row["valid_to"]))


def find_area(db: Database, slug: str, *, today: date | None = None) -> Area | None:
    """Return the area that has this slug; with `today`, only if it has begun by then."""
    row = db.execute(f"SELECT {COLUMNS} FROM areas WHERE slug = ?", [slug]).fetchone()
    area = None if row is None else row_to_area(row)
    return area if area is None or today is None or area.has_begun(today) else None


def get_area(db: Database, slug: str) -> Area:
    """Return the area that has this slug, even if it is closed or in the future. Raises NotFoundError."""
    area = find_area(db, slug)
    if area is None:
        raise NotFoundError("area", slug, "see `feedsvc areas list`")
    return area


def get_area_by_id(db: Database, area_id: int) -> Area:
    row = db.execute(f"SELECT {COLUMNS} FROM areas WHERE id = ?", [area_id]).fetchone()
    if row is None:
        raise NotFoundError("area id", area_id)
    return row_to_area(row)


def has_area(db: Database, slug: str) -> bool:
    """Tell if an area has this slug or had it before it was renamed."""
    row = db.execute(
        "SELECT 1 FROM areas WHERE slug = :slug"
        " UNION ALL SELECT 1 FROM former_slugs WHERE kind = 'area' AND slug = :slug LIMIT 1",
        {"slug": slug},
    )
    return row.fetchone() is not None


def list_areas(db: Database, *, today: date) -> list[Area]:
    """List the areas that have begun by today and are not hidden, in Vietnamese order, the living before the closed."""
    areas = map(row_to_area, db.execute(f"SELECT {COLUMNS} FROM areas WHERE hidden = 0"))
    begun = [area for area in areas if area.has_begun(today)]
    return sorted(begun, key=lambda area: (area.has_ended(today), sort_key(area.name)))


def list_all_areas(db: Database) -> list[Area]:
    """List the areas of all times in Vietnamese order, including hidden ones."""
    return sorted(map(row_to_area, db.execute(f"SELECT {COLUMNS} FROM areas")), key=lambda area: sort_key(area.name))


def list_areas_of_ward(db: Database, ward_id: int, *, on: date) -> list[Area]:
    """List the areas that the ward belonged to on that day."""
    rows = db.execute(
        f"SELECT {COLUMNS} FROM area_members AS m JOIN areas ON areas.id = m.area_id WHERE m.ward_id = :ward"
        " AND (m.valid_from IS NULL OR m.valid_from <= :on) AND (m.valid_to IS NULL OR :on <= m.valid_to)"
        " ORDER BY areas.id",
        {"ward": ward_id, "on": on.isoformat()},
    )
    return [row_to_area(row) for row in rows]


def list_memberships(db: Database) -> list[Membership]:
    """List all memberships of wards in areas."""
    rows = db.execute("SELECT area_id, ward_id, valid_from, valid_to FROM area_members")
    return [
        Membership(row["area_id"], row["ward_id"], to_day(row["valid_from"]), to_day(row["valid_to"])) for row in rows
    ]


def save_area(
    db: Database, slug: str, name: str, *, valid_from: date | None = None, valid_to: date | None = None
) -> bool:
    """Add an area, or change the one with this slug; tell if a row changed."""
    cursor = db.execute(
        "INSERT INTO areas (slug, name, valid_from, valid_to) VALUES (:slug, :name, :valid_from, :valid_to)"
        " ON CONFLICT (slug) DO UPDATE SET name = excluded.name, valid_from = excluded.valid_from,"
        " valid_to = excluded.valid_to WHERE (name, valid_from, valid_to)"
        " IS NOT (excluded.name, excluded.valid_from, excluded.valid_to)",
        {"slug": slug, "name": name, "valid_from": from_day(valid_from), "valid_to": from_day(valid_to)},
    )
    return bool(cursor.rowcount)


def save_membership(db: Database, item: Membership) -> bool:
    """Add a ward to an area, or change the days of its membership; tell if a row changed."""
    cursor = db.execute(
        "INSERT INTO area_members (area_id, ward_id, valid_from, valid_to)"
        " VALUES (:area, :ward, :valid_from, :valid_to)"
        " ON CONFLICT (area_id, ward_id) DO UPDATE SET valid_from = excluded.valid_from, valid_to = excluded.valid_to"
        " WHERE (valid_from, valid_to) IS NOT (excluded.valid_from, excluded.valid_to)",
        {
            "area": item.area_id,
            "ward": item.ward_id,
            "valid_from": from_day(item.valid_from),
            "valid_to": from_day(item.valid_to),
        },
    )
    return bool(cursor.rowcount)


def rename_area(db: Database, area_id: int, *, slug: str, name: str) -> None:
    db.execute("UPDATE areas SET slug = ?, name = ? WHERE id = ?", [slug, name, area_id])


def hide_area(db: Database, area_id: int, *, hidden: bool) -> bool:
    """Omit an area from every list, or show it again; its URLs keep working. Tell if that changed anything."""
    cursor = db.execute(
        "UPDATE areas SET hidden = :hidden WHERE id = :id AND hidden <> :hidden", {"hidden": hidden, "id": area_id}
    )
    return bool(cursor.rowcount)
