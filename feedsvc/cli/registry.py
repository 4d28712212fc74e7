"""Look at the registry of wards, and load a file of it."""

from datetime import datetime
from pathlib import Path

import click

from ..registry import load_registry_file
from ..store.areas import get_area
from ..store.wards import get_ward, list_predecessors, list_successors, list_wards
from ..text import fold
from .context import open_instance


@click.group()
def wards() -> None:
    """List, show, load wards."""


@wards.command("list")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Those that existed on that day.")
@click.option("--area", metavar="SLUG", help="Those of this area.")
@click.option("--search", metavar="TEXT", help="Those whose name holds this; accents do not count.")
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
    """Show one ward, whom it took over from, and who took over from it."""
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
    """Load a registry file (docs/registry.md): all of it, or nothing and every fault."""
    with open_instance() as work:
        changed = load_registry_file(work.db, file)
    click.echo(f"{changed} rows added or changed" if changed else "nothing to change")
