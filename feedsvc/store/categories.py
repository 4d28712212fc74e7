"""Queries on categories and their aliases."""

import sqlite3

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
    """List the categories in the order of the registry; those that are hidden only if wanted."""
    rows = db.execute("SELECT id, slug, label FROM categories WHERE hidden <= ? ORDER BY position, id", [with_hidden])
    return [row_to_category(row) for row in rows]


def list_section_keys(db: Database) -> frozenset[str]:
    """Return the folded headings by which categories are known."""
    return frozenset(row["folded"] for row in db.execute("SELECT folded FROM category_aliases"))
