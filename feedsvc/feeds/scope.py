"""Name a scope or a search in Vietnamese. Pure.

`today` tells which units are closed: these carry their last day, since a living unit may have the same name.
"""

from datetime import date

from ..models import Month, Scope, Search, Site
from ..text import in_sentence
from ..wording import format_day, format_month, full_name

_LINEAGE = " và các đơn vị trước sắp xếp"


def scope_name(scope: Scope | Search, today: date) -> str:
    """Return the name of the scope, for use outside of a sentence; empty for everything."""
    if isinstance(scope, Search):
        details = ", ".join(_search_filters(scope, today))
        return (f"Tìm “{scope.text}”" if scope.text else "Tìm kiếm") + (f" ({details})" if details else "")
    unit = scope.ward or scope.area
    place = full_name(unit, today) + (_LINEAGE if scope.lineage else "") if unit else ""
    # An en dash, because names contain hyphens ("Văn hóa - Xã hội").
    return " – ".join(filter(None, (place, scope.category.label if scope.category else "")))


def scope_title(scope: Scope | Search, site: Site, today: date) -> str:
    return scope_name(scope, today) or site.name


def scope_in_sentence(scope: Scope | Search, today: date) -> str:
    """Return the name of the scope within a sentence, as in "Theo dõi chuyên mục Thông báo của phường Việt Hưng"."""
    if isinstance(scope, Search):
        return "kết quả tìm kiếm này"
    unit = scope.ward or scope.area
    place = in_sentence(full_name(unit, today)) + (_LINEAGE if scope.lineage else "") if unit else ""
    section = f"chuyên mục {scope.category.label}" if scope.category else ""
    return " của ".join(filter(None, (section, place))) or "tất cả tin"


def scope_subtitle(scope: Scope | Search, site: Site, today: date, *, month: Month | None = None) -> str:
    """Return one sentence, without a full stop, that says what the feed or the archive of a month contains."""
    if isinstance(scope, Search):
        found = f"Các bài có “{scope.text}”" if scope.text else "Các bài"
        return ", ".join([found, *_search_filters(scope, today, day="ngày ")])
    when = f" tháng {format_month(month)}" if month else ""
    if scope == Scope():
        return site.description + ("," + when if when else "")
    subject = f"Tin{when} thuộc chuyên mục {scope.category.label}" if scope.category else f"Tin tức, thông báo{when}"
    if scope.ward is None:
        among = f" thuộc {in_sentence(full_name(scope.area, today))}" if scope.area else ""
        return f"{subject} của các phường, xã{among}"
    return f"{subject} của {scope_in_sentence(scope.without_category(), today)}"


def _search_filters(search: Search, today: date, *, day: str = "") -> list[str]:
    names = [in_sentence(full_name(unit, today)) for unit in (search.ward, search.area) if unit]
    names += [f"chuyên mục {search.category.label}"] if search.category else []
    names += [f"từ {day}{format_day(search.since)}"] if search.since else []
    return names + ([f"đến {day}{format_day(search.until)}"] if search.until else [])
