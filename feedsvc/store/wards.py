"""Query and save wards and their successions."""

import sqlite3
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from ..database import Database
from ..errors import NotFoundError
from ..models import Succession, Ward, WardKind
from ..text import sort_key
from .times import from_day, to_day

COLUMNS = "wards.id, wards.code, wards.valid_from, wards.valid_to, wards.kind, wards.name, wards.slug"


def row_to_ward(row: sqlite3.Row) -> Ward:
    """Return the ward of a row that begins with COLUMNS."""
    return make_ward(*row[:7])


@lru_cache(maxsize=5_000)
def make_ward(  # noqa: PLR0917 the order of COLUMNS
    ward_id: int, code: str, valid_from: str, valid_to: str | None, kind: WardKind, name: str, slug: str
) -> Ward:
    """Return the ward of these values, in the order of COLUMNS. Cached, because many articles share a ward."""
    return Ward(ward_id, code, date.fromisoformat(valid_from), to_day(valid_to), kind, name, slug)


def find_ward(db: Database, slug: str, *, today: date | None = None) -> Ward | None:
    """Return the ward that has this slug; with `today`, only if it has begun by then."""
    row = db.execute(f"SELECT {COLUMNS} FROM wards WHERE slug = ?", [slug]).fetchone()
    ward = None if row is None else row_to_ward(row)
    return ward if ward is None or today is None or ward.has_begun(today) else None


def get_ward(db: Database, slug: str) -> Ward:
    """Return the ward that has this slug, even if it is closed or in the future. Raises NotFoundError."""
    ward = find_ward(db, slug)
    if ward is None:
        raise NotFoundError("ward", slug, "see `feedsvc wards list`")
    return ward


def get_ward_by_id(db: Database, ward_id: int) -> Ward:
    row = db.execute(f"SELECT {COLUMNS} FROM wards WHERE id = ?", [ward_id]).fetchone()
    if row is None:
        raise NotFoundError("ward id", ward_id)
    return row_to_ward(row)


def list_wards(
    db: Database, *, on: date | None = None, begun_by: date | None = None, area_id: int | None = None
) -> list[Ward]:
    """List wards in Vietnamese order, of one area or of all.

    `on` lists those that existed on a day, `begun_by` those that had begun by a day (closed ones too); without both,
    all are listed. With an area, the same applies to the membership.
    """
    rows = db.execute(
        f"SELECT {COLUMNS} FROM wards"
        " WHERE (:on IS NULL OR (valid_from <= :on AND (valid_to IS NULL OR :on <= valid_to)))"
        " AND (:begun_by IS NULL OR valid_from <= :begun_by)"
        " AND (:area IS NULL OR id IN (SELECT ward_id FROM area_members AS m WHERE area_id = :area"
        " AND (:on IS NULL OR coalesce(m.valid_from, '') <= :on AND (m.valid_to IS NULL OR :on <= m.valid_to))"
        " AND (:begun_by IS NULL OR coalesce(m.valid_from, '') <= :begun_by)))",
        {"on": on and on.isoformat(), "begun_by": begun_by and begun_by.isoformat(), "area": area_id},
    )
    return sorted(map(row_to_ward, rows), key=lambda ward: (sort_key(ward.name), ward.valid_from, ward.code))


def list_successors(db: Database, ward: Ward, *, by: date | None = None) -> list[Succession]:
    """List the successors of `ward`, the default first; with `by`, only those until that day."""
    rows = db.execute(
        f'SELECT {COLUMNS}, s."on", s.kind AS succession_kind, s.is_default, s.legal_basis FROM successions AS s'
        ' JOIN wards ON wards.id = s.successor_id WHERE s.ward_id = ? AND s."on" <= ?',
        [ward.id, _last_day(by)],
    )
    found = [_row_to_succession(row, ward=ward, successor=row_to_ward(row)) for row in rows]
    return sorted(found, key=lambda succession: (not succession.is_default, sort_key(succession.successor.name)))


def list_predecessors(db: Database, ward: Ward, *, by: date | None = None) -> list[Succession]:
    """List the predecessors of `ward` in Vietnamese order; with `by`, only those until that day."""
    rows = db.execute(
        f'SELECT {COLUMNS}, s."on", s.kind AS succession_kind, s.is_default, s.legal_basis FROM successions AS s'
        ' JOIN wards ON wards.id = s.ward_id WHERE s.successor_id = ? AND s."on" <= ?',
        [ward.id, _last_day(by)],
    )
    found = [_row_to_succession(row, ward=row_to_ward(row), successor=ward) for row in rows]
    return sorted(found, key=lambda succession: sort_key(succession.ward.name))


def list_successions(db: Database) -> list[Succession]:
    """List all successions."""
    wards = {ward.id: ward for ward in list_wards(db)}
    rows = db.execute(
        'SELECT ward_id, successor_id, "on", kind AS succession_kind, is_default, legal_basis FROM successions'
    )
    return [_row_to_succession(row, ward=wards[row["ward_id"]], successor=wards[row["successor_id"]]) for row in rows]


def list_renamed_to(db: Database, ward: Ward, *, by: date) -> list[Ward]:
    """List the later names of `ward` until that day, one after the other, as units."""
    rows = db.execute(
        "WITH RECURSIVE later (id, step) AS (SELECT ?, 0 UNION SELECT s.successor_id, step + 1 FROM successions AS s"
        " JOIN later ON s.ward_id = later.id WHERE s.kind = 'renamed' AND s.\"on\" <= ? AND step < 50)"
        f" SELECT {COLUMNS} FROM later JOIN wards ON wards.id = later.id WHERE step > 0 ORDER BY step",
        [ward.id, by.isoformat()],
    )
    return [row_to_ward(row) for row in rows]


def list_names_of_unit(db: Database, ward: Ward) -> list[Ward]:
    """List the unit under each name that it had, has or will have, the latest first: renaming keeps the unit."""
    rows = db.execute(
        "WITH RECURSIVE unit (id) AS (SELECT ?"
        " UNION SELECT s.successor_id FROM successions AS s JOIN unit ON s.ward_id = unit.id WHERE s.kind = 'renamed'"
        " UNION SELECT s.ward_id FROM successions AS s JOIN unit ON s.successor_id = unit.id WHERE s.kind = 'renamed')"
        f" SELECT {COLUMNS} FROM unit JOIN wards ON wards.id = unit.id",
        [ward.id],
    )
    return sorted(map(row_to_ward, rows), key=lambda name: name.valid_from, reverse=True)


def list_renamed_ids(db: Database, *, by: date) -> set[int]:
    """Return the ids of the units that have a later name on that day; their URLs redirect to it."""
    rows = db.execute(
        "SELECT s.ward_id FROM successions AS s WHERE s.kind = 'renamed' AND s.\"on\" <= ?",
        [by.isoformat()],
    )
    return {row["ward_id"] for row in rows}


def list_lineage(db: Database, ward: Ward, *, by: date) -> list[Ward]:
    """List `ward` and all units that it had taken over by that day, directly or through others."""
    rows = db.execute(
        "WITH RECURSIVE earlier (id) AS (SELECT ? UNION"
        ' SELECT s.ward_id FROM successions AS s JOIN earlier ON s.successor_id = earlier.id WHERE s."on" <= ?)'
        f" SELECT {COLUMNS} FROM earlier JOIN wards ON wards.id = earlier.id ORDER BY wards.id",
        [ward.id, by.isoformat()],
    )
    return [row_to_ward(row) for row in rows]


def _last_day(by: date | None) -> str:
    return (by or date.max).isoformat()


def _row_to_succession(row: sqlite3.Row, *, ward: Ward, successor: Ward) -> Succession:
    return Succession(
        ward=ward,
        successor=successor,
        on=date.fromisoformat(row["on"]),
        kind=row["succession_kind"],
        is_default=bool(row["is_default"]),
        legal_basis=row["legal_basis"],
    )


def save_ward(db: Database, *, code: str, valid_from: date, valid_to: date | None, kind: WardKind, name: str) -> None:
    """Add a ward, or change the one with this code and first day. A new ward gets a temporary slug."""
    db.execute(
        "INSERT INTO wards (code, valid_from, valid_to, kind, name, slug)"
        " VALUES (:code, :valid_from, :valid_to, :kind, :name, '~' || :code || :valid_from)"
        " ON CONFLICT (code, valid_from) DO UPDATE"
        " SET valid_to = excluded.valid_to, kind = excluded.kind, name = excluded.name",
        {"code": code, "valid_from": str(valid_from), "valid_to": from_day(valid_to), "kind": kind, "name": name},
    )


def save_ward_slugs(db: Database, slugs: Mapping[int, str]) -> None:
    """Set the slugs of wards, by id."""
    # A plain slug may pass from a closed unit to a living one. Free it first, because slugs are always unique.
    for ward_id in slugs:
        db.execute("UPDATE wards SET slug = '~' || id WHERE id = ?", [ward_id])
    for ward_id, slug in slugs.items():
        db.execute("UPDATE wards SET slug = ? WHERE id = ?", [slug, ward_id])


def save_succession(db: Database, item: Succession) -> bool:
    """Add or change the succession of `item.successor` to `item.ward`; tell if a row changed."""
    cursor = db.execute(
        'INSERT INTO successions (ward_id, successor_id, "on", kind, is_default, legal_basis)'
        " VALUES (:ward, :successor, :on, :kind, :is_default, :legal_basis) ON CONFLICT (ward_id, successor_id)"
        ' DO UPDATE SET "on" = excluded."on", kind = excluded.kind, is_default = excluded.is_default,'
        ' legal_basis = excluded.legal_basis WHERE ("on", kind, is_default, legal_basis)'
        ' IS NOT (excluded."on", excluded.kind, excluded.is_default, excluded.legal_basis)',
        {
            "ward": item.ward.id,
            "successor": item.successor.id,
            "on": item.on.isoformat(),
            "kind": item.kind,
            "is_default": item.is_default,
            "legal_basis": item.legal_basis,
        },
    )
    return bool(cursor.rowcount)
