"""Back up an instance to one file, and restore it from such a file."""

from pathlib import Path

import click

from .. import lock
from ..backup import read_backup, write_backup
from ..config import load_settings
from ..errors import ReadOnlyError
from .context import get_now, name_command, open_instance


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write all data of the instance to FILE (.tar.gz); the service may keep running."""
    with open_instance() as work:
        size = write_backup(work.settings, file)
    click.echo(
        f"{file}: {size / 1e6:.1f} MB. It holds the secret key and password hashes: keep it as safe as the service."
    )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Replace this instance by that of a backup. Stop the service first; the replaced files are moved, not deleted."""
    settings = load_settings()
    if settings.read_only:
        raise ReadOnlyError
    settings.instance.mkdir(parents=True, exist_ok=True)
    with lock.take_alone(settings.instance, name_command()):
        replaced = read_backup(settings, file, now=get_now())
    click.echo(f"restored from {file}" + (f"; the replaced files are in {replaced}" if replaced else ""))
