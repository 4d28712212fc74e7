"""Record articles that were damaged after they were stored, by hand or by another version."""

from datetime import datetime

from ..database import Database
from .times import to_seconds


def record_damaged(db: Database, article_id: int, reason: str, *, now: datetime) -> None:
    """Record that an article cannot be rendered; the first reason and time stay."""
    db.execute(
        "INSERT INTO damaged_articles (article_id, reason, found_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [article_id, reason, to_seconds(now)],
    )


def list_damaged(db: Database) -> list[tuple[int, str]]:
    """List (article id, reason) of the damaged articles."""
    return [
        (row["article_id"], row["reason"]) for row in db.execute("SELECT * FROM damaged_articles ORDER BY article_id")
    ]


def forget_damaged(db: Database, article_id: int) -> None:
    """Remove an article from the list after its repair."""
    db.execute("DELETE FROM damaged_articles WHERE article_id = ?", [article_id])
