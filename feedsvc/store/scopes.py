"""Scopes, what they list, and the change log: all that an article's publication, correction or withdrawal moves."""

from datetime import datetime

from ..database import Database
from ..models import VIETNAM, Article, Category, Change, ChangeKind, Scope, ScopeState
from .areas import list_areas_of_ward
from .categories import row_to_category
from .facts import get_created_at
from .times import from_seconds, to_seconds


def get_scope_state(db: Database, scope_key: str) -> ScopeState:
    """Return how far a scope has moved; (0, birth of the instance) where nothing was ever published in it."""
    row = db.execute("SELECT seq, changed_at FROM scopes WHERE key = ?", [scope_key]).fetchone()
    if row is None:
        return ScopeState(0, get_created_at(db))
    return ScopeState(row["seq"], from_seconds(row["changed_at"]))


def list_scopes_of(db: Database, article: Article) -> list[Scope]:
    """List every scope that the article appears in, areas as they were on the day of publication."""
    day = article.published.astimezone(VIETNAM).date()
    places = [Scope(), Scope(ward=article.ward)]
    places += [Scope(area=area) for area in list_areas_of_ward(db, article.ward.id, on=day)]
    sections = [None, *article.categories]
    return [Scope(place.ward, place.area, category) for place in places for category in sections]


def record_change(db: Database, article: Article, kind: ChangeKind, *, now: datetime) -> int:
    """Append to the change log, list the article where it belongs now, and move every scope it is in or was in.

    Returns the seq of the change. Called after the row of the article was saved, in the same transaction.
    """
    moved_at = to_seconds(now)
    cursor = db.execute(
        "INSERT INTO changes (kind, article_id, changed_at) VALUES (?, ?, ?)", [kind, article.id, moved_at]
    )
    seq = cursor.lastrowid
    assert seq is not None
    db.execute(
        "UPDATE scopes SET seq = ?, changed_at = max(changed_at, ?)"
        " WHERE id IN (SELECT scope_id FROM listings WHERE article_id = ?)",
        [seq, moved_at, article.id],
    )
    db.execute("DELETE FROM listings WHERE article_id = ?", [article.id])
    for scope in list_scopes_of(db, article):
        row = db.execute(
            "INSERT INTO scopes (key, seq, changed_at) VALUES (?, ?, ?) ON CONFLICT (key)"
            " DO UPDATE SET seq = excluded.seq, changed_at = max(changed_at, excluded.changed_at) RETURNING id",
            [scope.key, seq, moved_at],
        ).fetchone()
        if article.state == "published":
            db.execute(
                "INSERT INTO listings (scope_id, published, article_id) VALUES (?, ?, ?)",
                [row["id"], to_seconds(article.published), article.id],
            )
    return seq


def list_changes(db: Database, *, since: int, limit: int) -> list[Change]:
    """List changes after seq `since`, in order."""
    rows = db.execute(
        "SELECT seq, kind, article_id, changed_at FROM changes WHERE seq > ? ORDER BY seq LIMIT ?", [since, limit]
    )
    return [Change(row["seq"], row["kind"], row["article_id"], from_seconds(row["changed_at"])) for row in rows]


def list_categories_with_articles(db: Database, place: Scope) -> list[Category]:
    """List the categories in which a ward, an area or everything has articles, in the order of the registry.

    Scopes of a place are named by its key, so this reads a handful of keys and never an article.
    """
    prefix = "" if place.key == "everything" else place.key + "/"
    rows = db.execute(
        "SELECT c.id, c.slug, c.label FROM categories AS c JOIN scopes AS s ON s.key = ? || 'category/' || c.id"
        " WHERE EXISTS (SELECT 1 FROM listings AS l WHERE l.scope_id = s.id) ORDER BY c.position, c.id",
        [prefix],
    )
    return [row_to_category(row) for row in rows]


def list_ward_ids_with_articles(db: Database) -> set[int]:
    """Return the ids of the wards that have published articles."""
    rows = db.execute(
        "SELECT w.id FROM wards AS w JOIN scopes AS s ON s.key = 'ward/' || w.id"
        " WHERE EXISTS (SELECT 1 FROM listings AS l WHERE l.scope_id = s.id)"
    )
    return {row["id"] for row in rows}
