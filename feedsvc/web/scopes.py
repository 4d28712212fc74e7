"""From a URL to a scope. The places where a scope's page stands, each with its feeds below, are one table."""

from collections.abc import Callable
from typing import Any

from ..database import Database
from ..models import Scope
from ..store.areas import get_area
from ..store.categories import get_category
from ..store.wards import get_ward

SCOPE_RULES = (
    "/",
    "/wards/<ward>/",
    "/wards/<ward>/<category>/",
    "/areas/<area>/",
    "/areas/<area>/<category>/",
    "/categories/<category>/",
)
_GETTERS: dict[str, Callable[[Database, str], Any]] = {"ward": get_ward, "area": get_area, "category": get_category}


def get_scope(db: Database, slugs: dict[str, str]) -> Scope:
    """Return the scope that the variable parts of a SCOPE_RULES path name; raises NotFoundError (404)."""
    return Scope(**{name: _GETTERS[name](db, slug) for name, slug in slugs.items()})
