"""What a scope is called and where it stands. Pure."""

from ..models import Scope, Site


def scope_path(scope: Scope) -> str:
    """Return the path of the scope's page; its feeds stand below it."""
    if scope.ward is not None:
        place = f"/wards/{scope.ward.slug}/"
    elif scope.area is not None:
        place = f"/areas/{scope.area.slug}/"
    else:
        return f"/categories/{scope.category.slug}/" if scope.category else "/"
    return place + (f"{scope.category.slug}/" if scope.category else "")


def feed_path(scope: Scope, filename: str) -> str:
    """Return the path of the scope's feed in the format that is filed under `filename`."""
    return scope_path(scope) + filename


def scope_name(scope: Scope) -> str:
    """Return what the scope is about, in Vietnamese; empty for everything."""
    place = scope.ward.name if scope.ward else scope.area.name if scope.area else ""
    section = scope.category.label if scope.category else ""
    return " - ".join(part for part in (place, section) if part)


def scope_title(scope: Scope, site: Site) -> str:
    return scope_name(scope) or site.name


def scope_subtitle(scope: Scope, site: Site) -> str:
    """Return one sentence in Vietnamese that says what a subscriber gets."""
    section = f"chuyên mục {scope.category.label}" if scope.category else ""
    place = scope.ward.name if scope.ward else scope.area.name if scope.area else ""
    if not section and not place:
        return site.description
    if scope.ward is not None:
        place = place[0].lower() + place[1:]
    subject = ", ".join(part for part in (section, place) if part)
    return f"Tin tức, thông báo: {subject}"
