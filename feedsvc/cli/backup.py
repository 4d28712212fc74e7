"""Back an instance up into one file, and restore it from there."""

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
    """Write everything that the instance keeps into FILE (.tar.gz); the service may go on."""
    with open_instance() as work:
        size = write_backup(work.settings, file)
    click.echo(
        f"{file}: {size / 1e6:.1f} MB. It holds the secret key and password hashes: keep it as safe as the service."
    )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Put the instance of a backup in place of this one. Stop the service first; what was there is moved, not lost."""
    settings = load_settings()
    if settings.read_only:
        raise ReadOnlyError
    settings.instance.mkdir(parents=True, exist_ok=True)
    with lock.take_alone(settings.instance, name_command()):
        replaced = read_backup(settings, file, now=get_now())
    click.echo(f"restored from {file}" + (f"; what was there is in {replaced}" if replaced else ""))
