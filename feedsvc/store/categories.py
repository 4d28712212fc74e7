"""Query and save categories and their headings."""

import sqlite3
from collections.abc import Iterable

from ..database import Database
from ..errors import NotFoundError
from ..models import Category

UNKNOWN = "khac"


def row_to_category(row: sqlite3.Row) -> Category:
    return Category(id=row["id"], slug=row["slug"], label=row["label"])


def find_category(db: Database, slug: str) -> Category | None:
    row = db.execute("SELECT id, slug, label FROM categories WHERE slug = ?", [slug]).fetchone()
    return None if row is None else row_to_category(row)


def get_category(db: Database, slug: str) -> Category:
    category = find_category(db, slug)
    if category is None:
        raise NotFoundError("category", slug, "see `feedsvc categories list`")
    return category


def get_category_by_id(db: Database, category_id: int) -> Category:
    row = db.execute("SELECT id, slug, label FROM categories WHERE id = ?", [category_id]).fetchone()
    if row is None:
        raise NotFoundError("category id", category_id)
    return row_to_category(row)


def list_categories(db: Database, *, with_hidden: bool = False) -> list[Category]:
    """List the categories in the order of the registry; hidden ones only with `with_hidden`."""
    rows = db.execute("SELECT id, slug, label FROM categories WHERE hidden <= ? ORDER BY position, id", [with_hidden])
    return [row_to_category(row) for row in rows]


def list_section_keys(db: Database) -> frozenset[str]:
    """Return the folded headings of all categories."""
    return frozenset(row["folded"] for row in db.execute("SELECT folded FROM category_aliases"))


def save_category(db: Database, slug: str, label: str, *, position: int, aliases: Iterable[str]) -> None:
    """Add a category and its folded aliases; existing ones do not change."""
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


def rename_category(db: Database, category_id: int, *, slug: str, label: str) -> None:
    db.execute("UPDATE categories SET slug = ?, label = ? WHERE id = ?", [slug, label, category_id])


def hide_category(db: Database, category_id: int, *, hidden: bool) -> bool:
    """Omit a category from every list, or show it again; its URLs keep working. Tell if that changed anything."""
    cursor = db.execute(
        "UPDATE categories SET hidden = :hidden WHERE id = :id AND hidden <> :hidden",
        {"hidden": hidden, "id": category_id},
    )
    return bool(cursor.rowcount)
