"""Take in files: each page on its own, the rejected ones named with their reasons."""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from ..database import Database, transaction
from ..errors import RejectedError
from ..ingest import Outcome
from ..ingest import ingest as ingest_draft
from ..intake import decode_text, parse_portal_page
from ..models import Draft, Site
from ..store.categories import list_section_keys
from .context import get_now, open_instance


class _DryRunError(Exception):
    """Carries the outcome out of a transaction that must not be kept."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path, allow_dash=True))
@click.option(
    "--format", "file_format", type=click.Choice(["auto", "portal"]), default="auto", help="What the files are."
)
@click.option("--ward", metavar="SLUG", help="The ward of every page, in place of recognising it in the text.")
@click.option("--category", metavar="SLUG", help="The category of every page, in place of its section.")
@click.option("--dry-run", is_flag=True, help="Report the same, write nothing.")
def ingest(paths: tuple[Path, ...], file_format: str, ward: str | None, category: str | None, dry_run: bool) -> None:
    """Take in portal pages (text files; folders are walked for *.txt; - is standard input).

    Exit status 1 if a page was rejected; the others go in all the same.
    """
    with open_instance() as work:
        sections = list_section_keys(work.db)
        counts: Counter[str] = Counter()
        files = list(_walk(paths))
        with click.progressbar(files, label="Taking in", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
            for path in bar:
                try:
                    draft = parse_portal_page(decode_text(_read(path)), now=get_now(), sections=sections)
                    draft = replace(
                        draft, ward=ward or draft.ward, categories=(category,) if category else draft.categories
                    )
                    outcome = _take_in(work.db, draft, site=work.site, dry_run=dry_run)
                except RejectedError as error:
                    counts["rejected"] += 1
                    for problem in error.problems:
                        click.echo(f"{path}: rejected: {problem.field}: {problem.message}", err=True)
                except OSError as error:
                    counts["rejected"] += 1
                    click.echo(f"{path}: rejected: cannot be read: {error.strerror}", err=True)
                else:
                    counts[outcome.kind] += 1
                    _report(path, outcome)
    kinds = ("added", "corrected", "unchanged", "withdrawn", "rejected")
    summary = ", ".join(f"{counts[kind]} {kind}" for kind in kinds if counts[kind] or kind != "withdrawn")
    click.echo(f"{summary}{' (dry run: nothing was written)' if dry_run else ''}")
    sys.exit(1 if counts["rejected"] else 0)


def _walk(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(item for item in path.rglob("*.txt") if item.is_file()) if path.is_dir() else [path]


def _read(path: Path) -> bytes:
    return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()


def _take_in(db: Database, draft: Draft, *, site: Site, dry_run: bool) -> Outcome:
    if not dry_run:
        return ingest_draft(db, draft, site=site, now=get_now())
    try:
        with transaction(db):
            raise _DryRunError(ingest_draft(db, draft, site=site, now=get_now()))
    except _DryRunError as result:
        return result.outcome


def _report(path: Path, outcome: Outcome) -> None:
    for note in outcome.notes:
        click.echo(f"{path}: note: {note}", err=True)
    if outcome.kind == "withdrawn":
        click.echo(
            f"{path}: note: article {outcome.article.id} was withdrawn and stays so (feedsvc articles restore)",
            err=True,
        )
