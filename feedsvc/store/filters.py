"""Query articles in any state by the filters of an API client, newest first, with a position to continue from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from ..database import Database
from ..models import VIETNAM, Area, Article, Category, State, Ward
from .articles import condition_of_state, list_articles
from .times import to_seconds

# A ward may belong to an area for a limited time: the day of the article counts. Since 1990, the earliest possible date
# of an article, Việt Nam has had one offset, +07:00.
_IN_AREA = (
    "EXISTS (SELECT 1 FROM area_members AS m WHERE m.area_id = :{name} AND m.ward_id = a.ward_id"
    " AND (m.valid_from IS NULL OR m.valid_from <= date(a.published + 25200, 'unixepoch'))"
    " AND (m.valid_to IS NULL OR date(a.published + 25200, 'unixepoch') <= m.valid_to))"
)


@dataclass(frozen=True, slots=True)
class Filter:
    """The filters that the client asks for, and (`own_ward`, `own_area`) its permission; `since`, `until` included."""

    own_ward: Ward | None = None
    own_area: Area | None = None
    ward: Ward | None = None
    area: Area | None = None
    category: Category | None = None
    state: State | None = None
    since: date | None = None
    until: date | None = None


def list_filtered(
    db: Database, wanted: Filter, *, limit: int, after: tuple[datetime, int] | None = None
) -> list[Article]:
    """List the newest matching articles, only those after the position (published, id); the higher id first."""
    values: dict[str, Any] = {"limit": limit}
    conditions = []
    for condition, name, value in _list_conditions(wanted, after):
        conditions.append(condition)
        values[name] = value
    if after is not None:
        values["after_id"] = after[1]
    condition = " AND ".join(conditions) or "1"
    rows = db.execute(
        f"SELECT a.id FROM articles AS a WHERE {condition} ORDER BY a.published DESC, a.id DESC LIMIT :limit", values
    )
    return list_articles(db, [row["id"] for row in rows])


def _list_conditions(wanted: Filter, after: tuple[datetime, int] | None) -> Iterator[tuple[str, str, Any]]:
    """Yield (SQL, name of its parameter, value) of each condition; the SQL consists of our own constants."""
    for name in ("own_ward", "ward"):
        if (ward := getattr(wanted, name)) is not None:
            yield f"a.ward_id = :{name}", name, ward.id
    for name in ("own_area", "area"):
        if (area := getattr(wanted, name)) is not None:
            yield _IN_AREA.format(name=name), name, area.id
    if wanted.category is not None:
        condition = (
            "EXISTS (SELECT 1 FROM article_categories AS c WHERE c.article_id = a.id AND c.category_id = :category)"
        )
        yield condition, "category", wanted.category.id
    if wanted.state is not None:
        yield condition_of_state(wanted.state), "state", wanted.state
    if wanted.since is not None:
        yield "a.published >= :since", "since", _begin(wanted.since)
    if wanted.until is not None:
        yield "a.published < :until", "until", _begin(wanted.until) + 86_400
    if after is not None:
        yield "(a.published, a.id) < (:after, :after_id)", "after", to_seconds(after[0])


def _begin(day: date) -> int:
    return to_seconds(datetime.combine(day, time(), VIETNAM))
