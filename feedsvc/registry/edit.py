"""Add, rename and hide areas and categories on behalf of an operator. Old addresses keep working."""

from collections.abc import Iterable
from datetime import datetime

from ..database import Database, transaction
from ..errors import RegistryError
from ..models import Area, Category, Membership, Ward
from ..store.areas import find_area, get_area, has_area, hide_area, rename_area, save_area, save_membership
from ..store.categories import (
    find_category,
    get_category,
    hide_category,
    list_categories,
    rename_category,
    save_category,
)
from ..store.scopes import record_registry_change, relist_ward
from ..store.slugs import record_former_slug
from ..text import fold, make_slug, one_line


def add_area(db: Database, name: str, wards: Iterable[Ward], *, now: datetime) -> Area:
    """Add an area, or add wards to the area that has this name; their articles are listed in it."""
    name = one_line(name)
    slug = make_slug(name)
    with transaction(db):
        known = find_area(db, slug)
        if known is None and has_area(db, slug):
            raise RegistryError(name, [f"another area had this name before: its addresses {slug!r} still lead to it"])
        if known is None:
            save_area(db, slug, name)
        area = get_area(db, slug)
        added = [ward for ward in wards if save_membership(db, Membership(area.id, ward.id, None, None))]
        if known is None or added:
            seq = record_registry_change(db, "members" if known else "opened", "area", area.id, now=now)
            for ward in added:
                relist_ward(db, ward.id, seq=seq, now=now)
    return area


def change_area_name(db: Database, slug: str, name: str, *, now: datetime) -> Area:
    """Give an area another name and slug; its old addresses redirect."""
    with transaction(db):
        area = get_area(db, slug)
        new_slug = _free_slug("area", name, find_area(db, make_slug(name)), area)
        rename_area(db, area.id, slug=new_slug, name=one_line(name))
        if new_slug != slug:
            record_former_slug(db, "area", slug, area.id)
        record_registry_change(db, "renamed", "area", area.id, now=now)
        return get_area(db, new_slug)


def add_category(db: Database, label: str, aliases: Iterable[str], *, now: datetime) -> Category:
    """Add a category after the others, or add aliases to the category that has this label."""
    label = one_line(label)
    slug = make_slug(label)
    with transaction(db):
        known = find_category(db, slug)
        position = len(list_categories(db, with_hidden=True)) + 1
        save_category(db, slug, label, position=position, aliases=[fold(alias) for alias in (label, *aliases)])
        category = find_category(db, slug)
        if category is None:
            raise RegistryError(
                label, [f"another category had this name before: its addresses {slug!r} still lead to it"]
            )
        if known is None:  # only senders of articles notice another heading of a known category
            record_registry_change(db, "opened", "category", category.id, now=now)
    return category


def change_category_label(db: Database, slug: str, label: str, *, now: datetime) -> Category:
    """Give a category another label and slug; its old addresses redirect, its old headings are still recognised."""
    with transaction(db):
        category = get_category(db, slug)
        new_slug = _free_slug("category", label, find_category(db, make_slug(label)), category)
        rename_category(db, category.id, slug=new_slug, label=one_line(label))
        if new_slug != slug:
            record_former_slug(db, "category", slug, category.id)
        save_category(db, new_slug, one_line(label), position=0, aliases=[fold(label)])
        record_registry_change(db, "renamed", "category", category.id, now=now)
        return get_category(db, new_slug)


def _free_slug(kind: str, name: str, holder: Area | Category | None, own: Area | Category) -> str:
    if not one_line(name):
        raise RegistryError(kind, ["the new name is empty"])
    if holder is not None and holder.id != own.id:
        raise RegistryError(kind, [f"there is a {kind} {holder.slug!r} already: choose another name"])
    return make_slug(name)


def set_area_hidden(db: Database, slug: str, *, hidden: bool, now: datetime) -> None:
    """Leave an area out of every list, or bring it back; subscribers notice nothing."""
    with transaction(db):
        area = get_area(db, slug)
        if hide_area(db, area.id, hidden=hidden):
            record_registry_change(db, "hidden" if hidden else "shown", "area", area.id, now=now)


def set_category_hidden(db: Database, slug: str, *, hidden: bool, now: datetime) -> None:
    """Leave a category out of every list, or bring it back; subscribers notice nothing."""
    with transaction(db):
        category = get_category(db, slug)
        if hide_category(db, category.id, hidden=hidden):
            record_registry_change(db, "hidden" if hidden else "shown", "category", category.id, now=now)
