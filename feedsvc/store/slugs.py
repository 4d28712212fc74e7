"""Query and record former slugs, from before a renaming or a reform; their URLs redirect."""

from typing import Literal

from ..database import Database

SlugKind = Literal["ward", "area", "category"]


def record_former_slug(db: Database, kind: SlugKind, slug: str, target_id: int) -> None:
    """Record that this object was the last to have this slug; its URLs redirect while no other object has the slug."""
    db.execute(
        "INSERT INTO former_slugs (kind, slug, target_id) VALUES (?, ?, ?)"
        " ON CONFLICT (kind, slug) DO UPDATE SET target_id = excluded.target_id",
        [kind, slug, target_id],
    )


def find_former_slug(db: Database, kind: str, slug: str) -> int | None:
    """Return the id of the last object that had this slug, None if there is none."""
    row = db.execute("SELECT target_id FROM former_slugs WHERE kind = ? AND slug = ?", [kind, slug]).fetchone()
    return None if row is None else int(row["target_id"])
