"""Name a scope or a search in Vietnamese. Pure."""

from ..models import Scope, Search, Site


def scope_name(scope: Scope | Search) -> str:
    """Return the name of the scope in Vietnamese; empty for everything."""
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
    """Return one sentence in Vietnamese that says what the feed contains."""
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
