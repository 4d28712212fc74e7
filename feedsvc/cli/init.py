"""Make an instance: a real one with what cannot change later, or a demonstration."""

import os
import re
import sys
import tomllib
from contextlib import closing
from dataclasses import replace
from urllib.parse import urlsplit

import click

from .. import first_login_message
from ..articles.ingest import ingest
from ..config import Settings, load_settings
from ..database import open_database
from ..errors import InstanceError, ReadOnlyError
from ..instance import is_absent, is_public, load_site, make_instance, read_samples, require_instance
from ..intake import decode_text, parse_portal_page
from ..problems import RejectedError
from ..store.categories import list_section_keys
from .context import get_now

_DOMAIN = re.compile(r"(?=.*[a-z])[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


@click.command()
@click.option("--site-url", metavar="URL", help="Public address of the site, such as https://tin.example.vn.")
@click.option(
    "--tag-authority", metavar="DOMAIN", help="Domain in every guid, fixed for ever (default: that of the address)."
)
def init(site_url: str | None, tag_authority: str | None) -> None:
    """Make an instance: the database, its settings, the first administrator, whose password is shown once.

    The domain in the guids can never change. On a terminal, what is missing is asked for.
    """
    settings = load_settings()
    if settings.read_only:
        raise ReadOnlyError
    if not is_absent(settings):
        require_instance(settings)
        raise InstanceError(settings.instance, "is there already: nothing was changed")
    site_url = site_url or _find_site_url(settings)
    site_url = site_url or _ask("Public address, such as https://tin.example.vn", "--site-url")
    settings = replace(settings, site_url=site_url)
    host = urlsplit(site_url).hostname or ""
    default = host if _DOMAIN.fullmatch(host) and is_public(site_url) else None
    tag_authority = tag_authority or settings.tag_authority
    if not tag_authority and default is not None and not sys.stdin.isatty():
        tag_authority = default
    if not tag_authority:
        tag_authority = _ask("Domain of yours, in every guid for ever", "--tag-authority", default)
    if not _DOMAIN.fullmatch(tag_authority):
        raise click.UsageError(f"--tag-authority {tag_authority}: must be a domain name of yours, in lower case")
    settings = replace(settings, tag_authority=tag_authority)
    _write_settings(settings)
    prepared = make_instance(settings, now=get_now())
    click.echo(f"made {settings.instance} for {settings.site_url}, with guids of {tag_authority}")
    if prepared.first_password:
        click.echo(first_login_message(settings, prepared.first_password))
    click.echo("feedsvc serve starts it; the README says what else to set")


def _find_site_url(settings: Settings) -> str | None:
    """Return the address that somebody has set; the one of the default is none."""
    return None if settings.site_url == f"http://{settings.bind}" else settings.site_url


def _ask(question: str, option: str, default: str | None = None) -> str:
    if not sys.stdin.isatty():
        raise click.UsageError(f"{option} is missing: {question}")
    answer: str = click.prompt(question, default=default)
    return answer.strip()


def _write_settings(settings: Settings) -> None:
    """Put the address at the head of feedsvc.toml, if it does not stand there; raises UsageError if another does."""
    path = settings.settings_path
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    given = tomllib.loads(text).get("site_url")
    if given is None:
        settings.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.part")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(f'site_url = "{settings.site_url}"\n{text}')
        aside.replace(path)
    elif given != settings.site_url:
        raise click.UsageError(f"{path} has another site_url: {given}")


def make_demonstration(settings: Settings) -> str | None:
    """Make an instance of the sample pages, which are invented; return the password of its administrator."""
    if is_public(settings.site_url):
        raise InstanceError(
            settings.instance,
            f"is not there, and a demonstration is not made for {settings.site_url}: "
            f"feedsvc init --site-url {settings.site_url} makes a real one",
        )
    prepared = make_instance(settings, now=get_now(), is_demonstration=True)
    with closing(open_database(settings.database_path)) as db:
        site, sections, pages = load_site(settings, db), list_section_keys(db), read_samples()
        for name, data in pages.items():
            draft = parse_portal_page(decode_text(data), now=get_now(), sections=sections)
            try:
                ingest(db, draft, site=site, now=get_now())
            except RejectedError as error:  # a rejected sample page is our own fault: name it
                raise click.ClickException(f"sample page {name}: {error}") from error
    click.echo(f"Made a demonstration in {settings.instance}, of {len(pages)} sample pages, which are invented.")
    return prepared.first_password
