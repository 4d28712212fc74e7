"""Check and mirror the feeds of a running service through its public documents."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from ..addresses import RSS, absolute, opml_path
from ..client.check import check_customary, check_feed, check_not_modified, list_archive_urls
from ..client.documents import parse_xml
from ..client.fetch import fetch, fetch_json
from ..client.mirror import mirror as mirror_site
from ..config import load_settings
from ..errors import FetchError
from ..feeds import FORMATS
from ..models import Scope


@click.group()
def feeds() -> None:
    """Check the feeds of a running service."""


@feeds.command()
@click.argument("url", required=False)
@click.option("--all", "check_all", is_flag=True, help="Check every feed that /opml.xml names, in every format.")
def check(url: str | None, check_all: bool) -> None:
    """Fetch feeds as a strict reader would, with the archives that they name, and report what is wrong.

    URL is one feed, or with --all the address of the service (default: the setting site_url). The exit status is 1 if
    anything is wrong.
    """
    if not url and not check_all:
        raise click.UsageError("give the URL of a feed, or --all")
    todo = list(_list_all(url or load_settings().site_url)) if check_all else [str(url)]
    subscribed = set(todo) if check_all else set()
    seen: set[str] = set()
    wrong = 0
    while todo:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        answer = fetch(current)
        findings = check_feed(answer)
        if answer.status == 200:
            for name, header in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
                if header in answer.headers:
                    again = fetch(current, **{name: answer.headers[header]})
                    findings += check_not_modified(again, name)
            if current in subscribed and current.endswith(f"/{RSS}"):
                findings += check_customary(fetch(current.removesuffix(RSS) + "feed"), current)
        if not findings:
            todo += list_archive_urls(answer)
        for finding in findings:
            click.echo(f"{current}: {finding}")
        wrong += bool(findings)
    click.echo(f"{len(seen)} feeds, {wrong} with findings")
    sys.exit(1 if wrong else 0)


def _list_all(site_url: str) -> Iterator[str]:
    answer = fetch(absolute(site_url.rstrip("/"), opml_path(Scope())))
    if answer.status != 200:
        raise FetchError(answer.url, f"answers {answer.status}: is feedsvc running there?")
    for outline in parse_xml(answer.body).iter("outline"):
        url = outline.get("xmlUrl")
        if url:
            yield from (url.removesuffix(RSS) + filename for filename in FORMATS)


@click.command()
@click.argument("url")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def mirror(url: str, folder: Path) -> None:
    """Copy all articles that the service at URL publishes to FOLDER; run it again to update the copy."""
    try:
        report = mirror_site(url.rstrip("/"), folder, fetch_json)
    except FetchError as error:
        raise click.ClickException(f"{error}: the state was not saved; run the command again later") from None
    click.echo(f"{report.written} written, {report.removed} removed, {report.fetched} documents fetched")
