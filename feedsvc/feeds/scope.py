"""What a scope or a search is called and where it stands. Pure."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from ..models import Month, Scope, Search, Site


def scope_path(scope: Scope | Search) -> str:
    """Return the path under which the scope stands, without query; a search has its parameters, in one order."""
    if isinstance(scope, Search):
        return "/search" + _query(search_values(scope))
    if scope.ward is not None:
        place = f"/wards/{scope.ward.slug}/"
    elif scope.area is not None:
        place = f"/areas/{scope.area.slug}/"
    else:
        return f"/categories/{scope.category.slug}/" if scope.category else "/"
    return place + (f"{scope.category.slug}/" if scope.category else "")


@dataclass(frozen=True, slots=True)
class Variant:
    """How much of a feed is asked for: `?content=summary`, `?limit=N`."""

    summary: bool = False
    limit: int | None = None

    def values(self) -> dict[str, str]:
        """Return the parameters that ask for it, in their one order."""
        content = {"content": "summary"} if self.summary else {}
        return content | ({"limit": str(self.limit)} if self.limit is not None else {})


WHOLE = Variant()


def page_path(scope: Scope | Search, *, month: Month | None = None) -> str:
    """Return the path and query of the scope's page, or of its archive of a month."""
    if isinstance(scope, Search):
        return scope_path(scope)
    return scope_path(scope) + (month.path if month else "") + _query(_lineage_values(scope))


def feed_path(scope: Scope | Search, filename: str, *, month: Month | None = None, variant: Variant = WHOLE) -> str:
    """Return the path and query of the scope's feed in the format that is filed under `filename`.

    With a month that of its archive document, with a variant that of the feed so asked for.
    """
    if isinstance(scope, Search):
        return f"/search/{filename}" + _query(search_values(scope) | variant.values())
    return (
        scope_path(scope) + (month.path if month else "") + filename + _query(_lineage_values(scope) | variant.values())
    )


def _lineage_values(scope: Scope) -> dict[str, str]:
    return {"lineage": "1"} if scope.lineage else {}


def _query(values: dict[str, str]) -> str:
    return "?" + urlencode(values, quote_via=quote, safe="") if values else ""


def search_values(search: Search) -> dict[str, str]:
    """Return the parameters that ask for this search, in their one order; a filter that is not set is not there."""
    values = {
        "q": search.text,
        "ward": search.ward and search.ward.slug,
        "area": search.area and search.area.slug,
        "category": search.category and search.category.slug,
        "from": search.since,
        "to": search.until,
    }
    return {name: str(value) for name, value in values.items() if value}


def scope_name(scope: Scope | Search) -> str:
    """Return what the scope is about, in Vietnamese; empty for everything."""
    if isinstance(scope, Search):
        details = ", ".join(_search_filters(scope))
        return f"Tìm kiếm: {scope.text}".removesuffix(": ") + (f" ({details})" if details else "")
    place = scope.ward.name if scope.ward else scope.area.name if scope.area else ""
    section = scope.category.label if scope.category else ""
    lineage = "cả các đơn vị trước" if scope.lineage else ""
    return " - ".join(part for part in (place, section, lineage) if part)


def _search_filters(search: Search) -> list[str]:
    names = [item.name for item in (search.ward, search.area) if item]
    names += [search.category.label] if search.category else []
    names += [f"từ {search.since:%d/%m/%Y}"] if search.since else []
    return names + ([f"đến {search.until:%d/%m/%Y}"] if search.until else [])


def scope_title(scope: Scope | Search, site: Site) -> str:
    return scope_name(scope) or site.name


def scope_subtitle(scope: Scope | Search, site: Site) -> str:
    """Return one sentence in Vietnamese that says what a subscriber gets."""
    if isinstance(scope, Search):
        return "; ".join([f"Bài mới nhất có: {scope.text}", *_search_filters(scope)])
    section = f"chuyên mục {scope.category.label}" if scope.category else ""
    place = scope.ward.name if scope.ward else scope.area.name if scope.area else ""
    if not section and not place:
        return site.description
    if scope.ward is not None:
        place = place[0].lower() + place[1:]
    lineage = "cả các đơn vị trước sắp xếp" if scope.lineage else ""
    subject = ", ".join(part for part in (section, place, lineage) if part)
    return f"Tin tức, thông báo: {subject}"
