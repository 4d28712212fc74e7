"""Ingest files and folders: each draft on its own; rejected ones are reported with their reasons and kept."""

import gc
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, BinaryIO

import click

from ..database import Database, open_database
from ..instance import load_media_folder
from ..intake import FORMATS, SUFFIXES, Reading, Source, read_items
from ..media import MediaFolder, beside
from ..store.categories import list_section_keys
from .batches import Batches, Overrides, StoppedError
from .context import Work, get_now, open_instance
from .recover import recover_from


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path, allow_dash=True))
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["auto", *FORMATS]),
    default="auto",
    help="Format of the files; auto recognises it for each file.",
)
@click.option("--ward", metavar="SLUG", help="The ward of every article, in place of the one in the file.")
@click.option("--category", metavar="SLUG", help="The category of every article, in place of those in the file.")
@click.option("--dry-run", is_flag=True, help="Report as usual, but write only the file of --rejects.")
@click.option(
    "--rejects",
    "rejects_path",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write rejected items to FILE, with the reasons; correct them there and ingest FILE.",
)
@click.option(
    "--announce",
    is_flag=True,
    help="Announce these articles as news; without it they are old material, which no feed shows as new.",
)
@click.option(
    "--from",
    "replaced",
    metavar="REPLACED",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="In place of PATHS: what the folder that a restore moved aside has beyond this instance.",
)
@click.option("--base-url", metavar="URL", help="The address against which relative links of saved pages are resolved.")
def ingest(
    *,
    paths: tuple[Path, ...],
    file_format: str,
    ward: str | None,
    category: str | None,
    dry_run: bool,
    rejects_path: Path | None,
    announce: bool,
    base_url: str | None,
    replaced: Path | None,
) -> None:
    """Ingest articles: portal pages, JSON, NDJSON, CSV. PATHS are files, folders, or - for standard input.

    Articles are written in batches: after an interruption, run the same command again. The exit status is 1 if
    anything was rejected; everything else is stored all the same.
    """
    if (replaced is None) == (not paths):
        raise click.UsageError("give PATHS, or --from and no PATHS")
    if replaced is not None:
        recover_from(replaced)
        return
    files = _find_files(paths, without=rejects_path)
    with open_instance(writes=True) as work, ExitStack() as stack:
        # Mapped pages count as memory of this process, and a writer does not benefit from them.
        work.db.execute("PRAGMA mmap_size = 0")
        gc.freeze()  # the present objects stay, so the collector need not examine them again and again
        batches = Batches(
            db=stack.enter_context(_copy(work.db)) if dry_run else work.db,
            site=work.site,
            overrides=Overrides(ward, category),
            get_now=get_now,
            say=lambda line: click.echo(line, err=True),
            rejects=stack.enter_context(_open_rejects(rejects_path)) if rejects_path else None,
            backfill=not announce,
        )
        media = replace(load_media_folder(work.settings), keeps=not dry_run)
        stopped = _take_in(files, batches, _start_reading(work, base_url), file_format, media)
        summary = batches.summarise()
    click.echo(f"{summary}{' (dry run: nothing was written)' if dry_run else ''}")
    if stopped:
        click.echo(f"feedsvc: stopped: {stopped}", err=True)
    sys.exit(1 if stopped or batches.counts["rejected"] else 0)


def _start_reading(work: Work, base_url: str | None) -> Callable[[], Reading]:
    """Return a function that makes the Reading of each file, with the time at which the file is opened."""
    sections = list_section_keys(work.db)
    limits = work.settings.max_record_bytes, work.settings.max_json_bytes
    return lambda: Reading(get_now(), sections, base_url, *limits)


def _take_in(
    files: "_Files", batches: Batches, start_reading: Callable[[], Reading], file_format: str, media: MediaFolder
) -> str | None:
    """Ingest every file; return the reason why the run had to stop, None if it was complete."""
    hidden = not sys.stderr.isatty()
    try:
        with click.progressbar(length=files.total_bytes, label="Ingesting", file=sys.stderr, hidden=hidden) as bar:
            for path in files.paths:
                try:
                    with _open(path) as stream:
                        source, seen = Source(stream), 0
                        own = _with_files_beside(path, media)
                        for item in read_items(source, str(path), file_format, start_reading()):
                            batches.add(item, own)
                            if source.position - seen > _BAR_STEP:
                                bar.update(source.position - seen)
                                seen = source.position
                        bar.update(source.position - seen)
                except OSError as error:
                    batches.fail(path, error.strerror or str(error))
            batches.flush()
        for place, reason in files.unreadable:
            batches.fail(place, reason)
    except StoppedError as error:
        begun = f"everything up to {batches.done} was written" if batches.done else "nothing was written"
        return f"{error}; {begun}: fix this, then run the same command again"
    if files.skipped:
        listed = ", ".join(f"{count} {suffix}" for suffix, count in sorted(files.skipped.items()))
        batches.say(f"note: files of other kinds were skipped: {listed}")
    return None


_BAR_STEP = 1 << 18


def _with_files_beside(path: Path, media: MediaFolder) -> MediaFolder:
    """Return the media folder with a reader for the files in the folder of `path`; for "-" without such a reader."""
    if str(path) == "-":
        return media
    return replace(media, read=beside(path.parent, max_bytes=media.max_bytes))


def _open(path: Path) -> AbstractContextManager[BinaryIO]:
    # Unbuffered, because readers put their own buffer around Source.
    return nullcontext(sys.stdin.buffer) if str(path) == "-" else path.open("rb", buffering=0)


@dataclass
class _Files:
    """The files to read, in a stable order; folders that could not be listed; number of skipped files by suffix."""

    paths: list[Path] = field(default_factory=list)
    total_bytes: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, path: Path) -> None:
        self.paths.append(path)
        with suppress(OSError):  # a missing file is reported when it is opened
            self.total_bytes += path.stat().st_size

    def note_unreadable(self, error: OSError) -> None:
        self.unreadable.append((str(error.filename), error.strerror or str(error)))


def _find_files(paths: tuple[Path, ...], *, without: Path | None) -> _Files:
    """List the files to read. Raises UsageError if the rejects file would overwrite one of them."""
    files = _Files()
    for path in paths:
        if without is not None and without.exists() and path.exists() and path.samefile(without):
            raise click.UsageError(f"--rejects {without} is one of the files to ingest: give it another name")
        if path.is_dir():
            _walk(path, files, without=without)
        else:
            files.add(path)
    return files


def _walk(folder: Path, files: _Files, *, without: Path | None) -> None:
    excluded = without.resolve() if without else None
    for parent, folders, names in os.walk(folder, onerror=files.note_unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            path = Path(parent, name)
            if not path.is_file() or path.resolve() == excluded:
                continue
            if path.suffix.lower() in SUFFIXES:
                files.add(path)
            else:
                files.skipped[path.suffix.lower() or "without a suffix"] += 1


@contextmanager
def _open_rejects(path: Path) -> Iterator[IO[str]]:
    try:
        # For its owner alone: it holds what clerks wrote, as it came.
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--rejects {path} cannot be written: {error.strerror}") from None
    try:
        yield file
    finally:
        with suppress(OSError):  # a full disk was reported when the record was written
            file.close()


@contextmanager
def _copy(db: Database) -> Iterator[Database]:
    """Yield a copy of the database that is deleted at the end, so that a dry run only reports."""
    with tempfile.TemporaryDirectory(prefix="feedsvc-dry-run-") as folder:
        copy = open_database(Path(folder, "copy.db"))
        try:
            db.conn.backup(copy.conn)
            yield copy
        finally:
            copy.close()
