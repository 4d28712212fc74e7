"""List and show wards, areas and categories; load registry files; add, rename and hide areas and categories."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import click

from ..models import VIETNAM
from ..registry import load_registry_file
from ..registry.edit import (
    add_area,
    add_category,
    change_area_name,
    change_category_label,
    set_area_hidden,
    set_category_hidden,
)
from ..store.areas import get_area, list_all_areas, list_areas
from ..store.categories import list_categories
from ..store.wards import get_ward, list_predecessors, list_successors, list_wards
from ..text import fold
from .context import get_now, open_instance


@click.group()
def wards() -> None:
    """List, show and load wards."""


@wards.command("list")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Only wards that existed on that day.")
@click.option("--area", metavar="SLUG", help="Only wards of this area.")
@click.option("--search", metavar="TEXT", help="Only wards whose name contains TEXT; accents do not matter.")
def list_command(on: datetime | None, area: str | None, search: str | None) -> None:
    """List wards in Vietnamese order."""
    with open_instance() as work:
        area_id = get_area(work.db, area).id if area else None
        for ward in list_wards(work.db, on=on.date() if on else None, area_id=area_id):
            if fold(search or "") in fold(ward.name):
                click.echo(f"{ward.code}  {ward.valid_from} – {ward.valid_to or '':<10}  {ward.slug:<36}  {ward.name}")


@wards.command()
@click.argument("slug")
def show(slug: str) -> None:
    """Show one ward, its predecessors and its successors."""
    with open_instance() as work:
        ward = get_ward(work.db, slug)
        click.echo(f"{ward.name}  code {ward.code}  {ward.valid_from} – {ward.valid_to or 'today'}  kind {ward.kind}")
        for item in list_predecessors(work.db, ward):
            click.echo(f"  from  {item.ward.slug:<36} {item.kind} on {item.on}  {item.legal_basis}")
        for item in list_successors(work.db, ward):
            default = "  (default)" if item.is_default else ""
            click.echo(f"  to    {item.successor.slug:<36} {item.kind} on {item.on}  {item.legal_basis}{default}")


@wards.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load(file: Path) -> None:
    """Load a registry file (docs/registry.md): either all of it, or nothing and a report of every fault."""
    with open_instance(writes=True) as work:
        changed = load_registry_file(work.db, file, now=get_now())
    click.echo(f"{changed} rows added or changed" if changed else "nothing to change")


@click.group()
def areas() -> None:
    """List, add, rename and hide areas."""


@areas.command("list")
@click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), help="Count the members that existed on that day (default: today)."
)
def list_areas_command(on: datetime | None) -> None:
    """List areas with the number of their wards."""
    day: date = on.date() if on else get_now().astimezone(VIETNAM).date()
    with open_instance() as work:
        shown = {area.id for area in list_areas(work.db, today=date.max)}
        for area in list_all_areas(work.db):
            count = len(list_wards(work.db, on=day, area_id=area.id))
            click.echo(f"{area.slug:<28}  {count:>5} wards  {area.name}{'' if area.id in shown else '  (hidden)'}")


@areas.command("add")
@click.argument("name")
@click.option("--ward", "slugs", metavar="SLUG", multiple=True, help="A ward of the area; may be given several times.")
def add_area_command(name: str, slugs: tuple[str, ...]) -> None:
    """Add an area, or add wards to the area that has this name."""
    with open_instance(writes=True) as work:
        members = [get_ward(work.db, slug) for slug in slugs]
        click.echo(add_area(work.db, name, members, now=get_now()).slug)


@areas.command("rename")
@click.argument("slug")
@click.argument("name")
def rename_area_command(slug: str, name: str) -> None:
    """Give an area another name; its old addresses redirect."""
    with open_instance(writes=True) as work:
        click.echo(change_area_name(work.db, slug, name, now=get_now()).slug)


@click.group()
def categories() -> None:
    """List, add, rename and hide categories."""


@categories.command("list")
def list_categories_command() -> None:
    """List categories in their order."""
    with open_instance() as work:
        shown = {category.id for category in list_categories(work.db)}
        for category in list_categories(work.db, with_hidden=True):
            click.echo(f"{category.slug:<28}  {category.label}{'' if category.id in shown else '  (hidden)'}")


@categories.command("add")
@click.argument("label")
@click.option(
    "--alias", "aliases", metavar="TEXT", multiple=True, help="Another heading of it; may be given several times."
)
def add_category_command(label: str, aliases: tuple[str, ...]) -> None:
    """Add a category, or add headings to the category that has this label."""
    with open_instance(writes=True) as work:
        click.echo(add_category(work.db, label, aliases, now=get_now()).slug)


@categories.command("rename")
@click.argument("slug")
@click.argument("label")
def rename_category_command(slug: str, label: str) -> None:
    """Give a category another label; its old addresses redirect."""
    with open_instance(writes=True) as work:
        click.echo(change_category_label(work.db, slug, label, now=get_now()).slug)


def _add_hide_command(group: click.Group, thing: str, hide: Callable[..., None]) -> None:
    @group.command("hide", help=f"Omit the {thing} from every list; its pages and feeds keep working.")
    @click.argument("slug")
    @click.option("--undo", is_flag=True, help="Show it again.")
    def hide_command(slug: str, undo: bool) -> None:
        with open_instance(writes=True) as work:
            hide(work.db, slug, hidden=not undo, now=get_now())
            click.echo(f"{slug} is {'shown' if undo else 'hidden'}")


_add_hide_command(areas, "area", set_area_hidden)
_add_hide_command(categories, "category", set_category_hidden)
