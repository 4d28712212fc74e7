"""Check the whole instance (the database, every article, every file) and remove unused pictures."""

import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click

from ..addresses import MEDIA_NAME
from ..articles.rendering import check_rendering
from ..backup import list_leftovers
from ..config import Settings
from ..database import Database, is_damage, list_faults, transaction
from ..errors import ReadOnlyError
from ..instance import list_open_modes, load_media_folder, mend_modes
from ..media import MediaFolder
from ..models import Site
from ..problems import RejectedError
from ..store.articles import list_published
from ..store.damaged import forget_damaged, list_damaged
from ..store.media import delete_media, list_media, list_unused_media
from .context import Work, get_now, open_instance

# A file may exist before the article that shows it; a day is longer than the editing of an article takes.
UNUSED_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault in words, and what can be removed: a row of `media` by its hash, files by their paths."""

    message: str
    media_hash: str | None = None
    files: tuple[Path, ...] = ()
    folder: Path | None = None
    mode: int | None = None

    @property
    def mended(self) -> str:
        """Say what --fix does with it; empty where it cannot do anything."""
        if self.mode is not None:
            return "mended"
        return "removed" if self.media_hash is not None or self.files or self.folder is not None else ""


@click.command()
@click.option("--fix", is_flag=True, help="Remove unused pictures and what killed backups left, and mend modes.")
def check(fix: bool) -> None:
    """Check the database, every published article, the pictures and the modes of files; report each fault.

    The exit status is 1 if there is any fault, even if --fix removed it. With the setting read_only, the command checks
    only the database and the articles, and changes nothing.
    """
    with open_instance(writes=True) as work:
        is_copy = work.settings.read_only
        if is_copy and fix:
            raise ReadOnlyError
        looks: list[Callable[[], Iterable[Finding]]] = [
            lambda: _check_database(work.db),
            lambda: _check_articles(work.db, work.site, is_copy=is_copy),
        ]
        if not is_copy:
            looks += [
                lambda: _look_at_pictures(work, fix=fix),
                lambda: _look_at_leftovers(work.settings, fix=fix),
                lambda: _look_at_modes(work.settings, fix=fix),
            ]
        findings = [finding for look in looks for finding in _look(look)]
    for finding in findings:
        click.echo(f"{finding.message}{f' ({finding.mended})' if fix and finding.mended else ''}")
    if findings:
        left = not fix and any(finding.mended for finding in findings)
        click.echo(f"{len(findings)} finding(s){' (feedsvc check --fix removes or mends some)' if left else ''}")
    else:
        click.echo("no fault found")
    sys.exit(1 if findings else 0)


def _look(look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Run one part of the check; a file that is damaged where it reads is a finding, and no end of the command."""
    try:
        return list(look())
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return [Finding(f"database: {error}; restore a backup")]


def _check_database(db: Database) -> Iterator[Finding]:
    yield from (Finding(f"database: {fault}; restore a backup") for fault in list_faults(db))


def _check_articles(db: Database, site: Site, *, is_copy: bool) -> Iterator[Finding]:
    damaged: dict[int, str] = {}
    for article in list_published(db, damaged=damaged):
        try:
            check_rendering(article, site)
        except RejectedError as error:
            damaged[article.id] = str(error)
    for article_id, _ in list_damaged(db):
        if article_id not in damaged and not is_copy:  # repaired since a feed had to omit it
            with transaction(db):
                forget_damaged(db, article_id)
    yield from (
        Finding(f"article {article_id} is left out of feeds: {reason}; edit or withdraw it")
        for article_id, reason in sorted(damaged.items())
    )


def _look_at_pictures(work: Work, *, fix: bool) -> list[Finding]:
    folder = load_media_folder(work.settings)
    # Within the write transaction no other process can add an article that shows a picture that is being removed.
    with transaction(work.db):
        pictures = list(check_pictures(work.db, folder, now=get_now()))
        if fix:
            for finding in pictures:
                _remove(work.db, finding)
    return pictures


def _look_at_leftovers(settings: Settings, *, fix: bool) -> list[Finding]:
    found = [
        Finding(f"{path.name}/: a backup or restore that was killed left it", folder=path)
        for path in list_leftovers(settings)
    ]
    for finding in found if fix else ():
        assert finding.folder is not None
        shutil.rmtree(finding.folder)
    return found


def _look_at_modes(settings: Settings, *, fix: bool) -> list[Finding]:
    found = [
        Finding(f"{path}: others than its owner may use it; it needs the mode {mode:o}", mode=mode)
        for path, mode in list_open_modes(settings)
    ]
    if fix:
        mend_modes(settings)
    return found


def check_pictures(db: Database, folder: MediaFolder, *, now: datetime) -> Iterator[Finding]:
    """Yield findings about pictures that no article shows, rows without their file, and files without a row."""
    before = now - UNUSED_AFTER
    unused = {row.hash for row in list_unused_media(db, before=before)}
    rows = {row.hash: row for row in list_media(db)}
    files = {path.name: path for path in folder.list_files()}
    for row in rows.values():
        own = tuple(files[name] for name in (row.name, row.small_name) if name in files)
        if row.hash in unused:
            yield Finding(f"media/{row.name}: no article shows it", row.hash, own)
            continue
        for name in (row.name, row.small_name):
            if name not in files:
                yield Finding(
                    f"media/{name}: the file is missing; restore it from a backup, or ingest its article again"
                )
    for name, path in files.items():
        known = MEDIA_NAME.fullmatch(name)
        if known and known["hash"] in rows and name in {rows[known["hash"]].name, rows[known["hash"]].small_name}:
            continue
        if path.is_file() and path.stat().st_mtime < before.timestamp():
            yield Finding(f"media/{name}: no row of the database names this file", files=(path,))


def _remove(db: Database, finding: Finding) -> None:
    for path in finding.files:
        path.unlink(missing_ok=True)
    if finding.media_hash is not None:
        delete_media(db, finding.media_hash)
