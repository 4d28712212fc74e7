"""Serve the instance under gunicorn; bring the database to this version."""

import os
import socket
import sys
from contextlib import nullcontext

import click

from .. import first_login_message
from ..addresses import ADMIN, ATOM, JSON_FEED, RSS, absolute
from ..articles.ingest import ingest
from ..config import PREFIX, Settings, load_settings
from ..database import Database, open_database
from ..errors import ConfigError, ReadOnlyError
from ..instance import load_site, prepare_instance, read_samples
from ..intake import decode_text, parse_portal_page
from ..problems import RejectedError
from ..store.articles import has_articles
from ..store.categories import list_section_keys
from .context import get_now, share_instance


@click.command()
@click.option("--bind", metavar="ADDRESS:PORT", help="Address and port to listen on (setting bind).")
@click.option("--workers", type=click.IntRange(1), help="Number of worker processes (setting workers).")
@click.option("--samples", is_flag=True, help="Ingest the sample pages if there is no article yet.")
def serve(bind: str | None, workers: int | None, samples: bool) -> None:
    """Prepare the instance and serve it under gunicorn with feedsvc's own configuration."""
    # gunicorn and its workers read the settings themselves, so the options are passed in the environment.
    if bind is not None:
        os.environ[f"{PREFIX}BIND"] = bind
    if workers is not None:
        os.environ[f"{PREFIX}WORKERS"] = str(workers)
    settings = load_settings()
    if samples and settings.read_only:
        raise ReadOnlyError
    _check_port(settings)
    if not settings.read_only:
        share_instance(settings).pass_on()  # to gunicorn, which takes the place of this process
    prepared = prepare_instance(settings, now=get_now())
    db = open_database(settings.database_path, read_only=settings.read_only)
    try:
        taken = _take_in_samples(settings, db) if samples and not has_articles(db) else 0
    finally:
        db.close()
    if taken:
        click.echo(f"Ingested {taken} sample pages.")
    if prepared.first_password:
        click.echo(first_login_message(settings, prepared.first_password))
    who = " (by the instance that writes)" if settings.read_only else ""
    click.echo(
        f"feedsvc on http://{settings.bind}\n"
        f"  pages   {settings.site_url}/\n"
        f"  feeds   {settings.site_url}/{RSS}  /{ATOM}  /{JSON_FEED}\n"
        f"  admin   {absolute(settings.site_url, ADMIN)}{who}\n"
        "Stop with Ctrl+C."
    )
    sys.stdout.flush()
    arguments = ["--config", "python:feedsvc.gunicorn_settings", "--no-control-socket", "feedsvc:create_app()"]
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments])  # noqa: S606 - our own interpreter


def _check_port(settings: Settings) -> None:
    """Raise ConfigError if the port is not available, before anything else: gunicorn would retry again and again."""
    host, _, port = settings.bind.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            raise ConfigError(
                "bind",
                settings.bind,
                f"cannot be used ({error.strerror}): stop the program that uses it, or choose "
                "another port (PORT=9000 make run, or feedsvc serve --bind 127.0.0.1:9000)",
            ) from None


def _take_in_samples(settings: Settings, db: Database) -> int:
    site = load_site(settings, db)
    sections = list_section_keys(db)
    pages = read_samples()
    for name, data in pages.items():
        draft = parse_portal_page(decode_text(data), now=get_now(), sections=sections)
        try:
            ingest(db, draft, site=site, now=get_now())
        except RejectedError as error:  # a rejected sample page is our own fault: name it
            raise click.ClickException(f"sample page {name}: {error}") from error
    return len(pages)


@click.command()
def migrate() -> None:
    """Bring the database to this version; do nothing if it already is."""
    settings = load_settings()
    with nullcontext() if settings.read_only else share_instance(settings):
        applied = prepare_instance(settings, now=get_now(), with_administrator=False).migrations
    click.echo(f"applied: {', '.join(applied)}" if applied else "nothing to do")
