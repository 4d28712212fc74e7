"""Back up an instance to one file, check such a file, and replace the instance by it or by another database."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from .. import backup as backups
from .. import lock
from ..backup import Contents, Replacement
from ..config import Settings, load_settings
from ..errors import ReadOnlyError
from ..instance import make_folder, require_instance
from .context import get_now, name_command

_MOST_LISTED = 20


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--verify", is_flag=True, help="Check the existing backup FILE, and write nothing.")
def backup(file: Path, verify: bool) -> None:
    """Write all data of the instance to FILE (.tar.gz); the service may keep running.

    The database is checked first: if it is damaged, no FILE is written, and the exit status is 2.
    """
    if verify:
        with _bar("Checking", file.stat().st_size if file.exists() else 0) as progress:
            contents = backups.verify(file, progress=progress)
        click.echo(f"{file}: {_describe(contents)}, sound")
        return
    settings = load_settings()
    if not settings.read_only:
        require_instance(settings)
    with _bar("Backing up", backups.count_bytes(settings)) as progress:
        contents = backups.write_backup(settings, file, now=get_now(), progress=progress)
    click.echo(
        f"{file}: {file.stat().st_size / 1e6:.1f} MB, {_describe(contents)}, sound. "
        "It holds the secret key and password hashes: keep it as safe as the service."
    )


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--list", "only_list", is_flag=True, help="List the contents of FILE, and change nothing.")
def restore(file: Path | None, only_list: bool) -> None:
    """Replace this instance by that of a backup. Stop the service first; the replaced files are moved, not deleted.

    Without FILE, complete an interrupted restore.
    """
    if only_list:
        if file is None:
            raise click.UsageError("--list needs a FILE")
        _list(backups.read_contents(file))
        return
    with _hold_alone() as settings:
        if file is None:
            finished = backups.finish(settings)
            if finished is None:
                raise click.UsageError("give the FILE of a backup: there is no interrupted restore")
            _report(settings, finished)
        else:
            with _bar("Restoring", sum(backups.read_contents(file).sizes.values())) as progress:
                replacement = backups.restore(settings, file, now=get_now(), progress=progress)
            _report(settings, replacement)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def adopt(file: Path) -> None:
    """Replace the database by FILE, which Litestream may have restored. Stop the service first.

    Pictures, settings and secret key stay. FILE is copied, and may be the database of the instance itself.
    """
    with _hold_alone() as settings:
        with _bar("Adopting", file.stat().st_size) as progress:
            replacement = backups.adopt(settings, file, now=get_now(), progress=progress)
        _report(settings, replacement)


@contextmanager
def _hold_alone() -> Iterator[Settings]:
    settings = load_settings()
    if settings.read_only:
        raise ReadOnlyError
    make_folder(settings)
    with lock.take_alone(settings.instance, name_command()):
        yield settings


@contextmanager
def _bar(label: str, total: int) -> Iterator[Callable[[int], object]]:
    """Show the progress in bytes on a terminal, elsewhere nothing."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=max(total, 1), label=label, file=sys.stderr, hidden=hidden) as bar:
        yield bar.update


def _describe(contents: Contents) -> str:
    pictures = f"{contents.media_count} files of pictures"
    if contents.database is None:
        return f"{pictures}, without a manifest (version 0.1 wrote it)"
    last = f", last change {contents.database.changed_at}" if contents.database.changed_at else ""
    return f"{contents.database.articles} articles, {pictures}{last}"


def _list(contents: Contents) -> None:
    if contents.has_manifest:
        click.echo(f"made {contents.made_at} by feedsvc {contents.version}")
    click.echo(_describe(contents))
    for name, size in contents.sizes.items():
        if not name.startswith("media/"):
            click.echo(f"{size:>14,}  {name}")
    media = sum(size for name, size in contents.sizes.items() if name.startswith("media/"))
    click.echo(f"{media:>14,}  media/")


def _report(settings: Settings, replacement: Replacement) -> None:
    click.echo(
        f"restored from {replacement.source}"
        + (f"; the replaced files are in {replacement.replaced}" if replacement.replaced else "")
    )
    beyond = replacement.list_beyond(settings)
    if beyond is None:
        if replacement.replaced:
            click.echo("The database that was there cannot be read: nobody knows what it had beyond this one.")
        return
    for articles, what in ((beyond.added, "that this one has not"), (beyond.changed, "in a later version")):
        if articles:
            click.echo(f"It had {len(articles)} article(s) {what}:")
        for number, state, ward, title in articles[:_MOST_LISTED]:
            click.echo(f"{number:>9}  {state:<9}  {ward}  {title}")
        if len(articles) > _MOST_LISTED:
            click.echo(f"{'…':>9}  and {len(articles) - _MOST_LISTED} more")
    if beyond.added or beyond.changed:
        click.echo(f"feedsvc ingest --from {replacement.replaced} brings them in, under their guids")
    for names, what in ((beyond.users, "users"), (beyond.tokens, "tokens")):
        if names:
            click.echo(f"{what} that differ, look at them (feedsvc {what} list): {', '.join(names)}")
