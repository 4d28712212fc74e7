"""Find the scope of a URL.

A URL that was valid once (an old slug, a renamed ward) or that is nearly right (upper case, accents, no slash at the
end) redirects once, to the one address of today.
"""

from collections.abc import Callable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, abort, redirect, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from ..addresses import SCOPES
from ..database import Database
from ..errors import NotFoundError
from ..models import Area, Category, Month, Scope, Ward
from ..store.areas import find_area, get_area_by_id, list_areas
from ..store.categories import find_category, get_category_by_id, list_categories
from ..store.slugs import find_former_slug
from ..store.wards import find_ward, get_ward_by_id, list_renamed_to, list_wards
from ..text import make_slug
from ..wording import full_name
from .context import get_db, get_now, get_site, get_today, is_api_request

_FINDERS: dict[str, tuple[Callable[..., Any], Callable[[Database, int], Any]]] = {
    "ward": (find_ward, get_ward_by_id),
    "area": (find_area, get_area_by_id),
    "category": (find_category, get_category_by_id),
}


def get_scope(db: Database, slugs: dict[str, str]) -> Scope:
    """Return the scope of the request, from the variable parts of a SCOPE_RULES path and `?lineage=1`.

    Raises NotFoundError (404); redirects (301) to the same kind of URL at today's address, with the query.
    """
    scope = find_scope(db, slugs)
    today = {kind: getattr(scope, kind).slug for kind in slugs}
    if today != slugs:
        abort(_redirect_to(url_for(str(request.endpoint), **{**(request.view_args or {}), **today})))
    return scope


def find_scope(db: Database, slugs: dict[str, str]) -> Scope:
    """Return the scope that the request names, as `get_scope` does, whatever its address is today."""
    return Scope(
        ward=find_named(db, "ward", slugs),
        area=find_named(db, "area", slugs),
        category=find_named(db, "category", slugs),
        lineage="ward" in slugs and request.args.get("lineage") == "1",
    )


def find_named(db: Database, kind: str, slugs: Mapping[str, Any]) -> Any:
    """Return the ward, area or category that has or had the slug; a renamed unit under its new name."""
    if kind not in slugs:
        return None
    given, today = slugs[kind], get_today()
    by_slug, by_id = _FINDERS[kind]
    for slug in dict.fromkeys((given, make_slug(given))):
        found = by_slug(db, slug) if kind == "category" else by_slug(db, slug, today=today)
        if found is None and (former := find_former_slug(db, kind, slug)) is not None:
            found = by_id(db, former)
        if isinstance(found, Ward):
            return _follow_renaming(db, found, today=today)
        if found is not None:
            return found
    raise NotFoundError(kind, given)


def _follow_renaming(db: Database, ward: Ward, *, today: date) -> Ward:
    later = list_renamed_to(db, ward, by=today)
    return later[-1] if later else ward


def require_month(month: Month) -> None:
    """Answer 404 if the month is invalid or in the future."""
    if not (1990 <= month.year <= 2200 and 1 <= month.number <= 12) or month.start > get_now():
        abort(404)


def register(app: Flask) -> None:
    @app.before_request
    def go_to_the_canonical_path() -> Response | None:
        """Redirect a path that matches no rule to its canonical form, if that matches one, with or without a slash."""
        if request.routing_exception is None or is_api_request():
            return None
        routes = app.create_url_adapter(request)
        assert routes is not None
        if request.method in {"GET", "HEAD"}:
            for path in (_canonical_path(request.path), _canonical_path(request.path) + "/"):
                try:
                    endpoint, arguments = routes.match(path, method="GET")
                except HTTPException:
                    continue
                today = {kind: find_named(get_db(), kind, arguments).slug for kind in _FINDERS if kind in arguments}
                target = url_for(endpoint, **{**arguments, **today})
                return _redirect_to(target) if target != request.path else None
        if isinstance(request.routing_exception, RequestRedirect):
            # Werkzeug takes the address from the Host header; our addresses come from site_url.
            return _redirect_to(urlsplit(request.routing_exception.new_url).path, code=308)
        return None


def _canonical_path(path: str) -> str:
    """Return the path with slugs as segments; the last segment may be the file of a feed."""
    *folders, last = path.strip("/").split("/")
    folders = [make_slug(segment) for segment in folders]
    name, dot, ending = last.lower().rpartition(".")
    last = f"{make_slug(name)}.{ending}" if dot else make_slug(last) if last else ""
    return "/" + "/".join([*folders, last])


def _redirect_to(path: str, *, code: int = 301) -> Response:
    query = request.query_string.decode("latin-1")
    return redirect(get_site().url + path + (f"?{query}" if query else ""), code)


def list_near(db: Database, error: NotFoundError) -> list[tuple[str, str]]:
    """List (path, name) of the things that an unknown slug may have meant."""
    wanted, today = make_slug(str(error.given)), get_today()
    lists: dict[str, list[Any]] = {
        "ward": list_wards(db, begun_by=today),
        "area": list_areas(db, today=today),
        "category": list_categories(db),
    }
    if error.kind not in lists:
        return []
    by_slug = {thing.slug: thing for thing in lists[error.kind]}
    near = [slug for slug in by_slug if len(wanted) > 2 and wanted in slug]
    near += [slug for slug in get_close_matches(wanted, by_slug, n=5, cutoff=0.7) if slug not in near]
    return [(SCOPES[error.kind,].format(**{error.kind: slug}), _tell_apart(by_slug[slug], today)) for slug in near[:6]]


def _tell_apart(thing: Ward | Area | Category, today: date) -> str:
    """Return the name, that of a closed unit with its last day: its living namesake may be in the same list."""
    if isinstance(thing, Category):
        return thing.label
    return full_name(thing, today)
