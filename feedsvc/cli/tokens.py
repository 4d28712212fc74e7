"""Make, list and revoke API tokens."""

import secrets
import sqlite3
from datetime import timedelta

import click

from ..database import transaction
from ..models import VIETNAM
from ..store import tokens as store
from ..store.areas import get_area
from ..store.wards import get_ward
from .context import get_now, open_instance

# The prefix makes a token recognisable after it leaked into a log or a repository.
PREFIX = "fs_"


@click.group()
def tokens() -> None:
    """Make, list and revoke API tokens."""


@tokens.command()
@click.argument("name")
@click.option("--ward", metavar="SLUG", help="The token writes for this ward only.")
@click.option("--area", metavar="SLUG", help="The token writes for the wards of this area only.")
@click.option("--days", metavar="N", type=click.IntRange(1, 36_500), help="The token expires after N days.")
def add(name: str, ward: str | None, area: str | None, days: int | None) -> None:
    """Make a token for one ward, for an area, or for all wards, and show it once: only its hash is stored."""
    if ward and area:
        raise click.UsageError("give --ward or --area, not both")
    with open_instance(writes=True) as work:
        now = get_now()
        secret = PREFIX + secrets.token_urlsafe(32)
        try:
            with transaction(work.db):
                store.save_token(
                    work.db,
                    name,
                    secret,
                    ward=get_ward(work.db, ward) if ward else None,
                    area=get_area(work.db, area) if area else None,
                    now=now,
                    expires_at=now + timedelta(days=days) if days else None,
                )
        except sqlite3.IntegrityError:
            raise click.UsageError(f"there is or was a token {name!r}: give this one another name") from None
        click.echo(secret)
        click.echo(f"added {name}; keep the token, it is not shown again", err=True)


@tokens.command("list")
def list_command() -> None:
    """List tokens with their ward or area, state, expiry and last use."""
    with open_instance() as work:
        for token in store.list_tokens(work.db):
            place = token.ward.slug if token.ward else token.area.slug if token.area else "(all wards)"
            ends = f"{token.expires_at.astimezone(VIETNAM):%Y-%m-%d}" if token.expires_at else "no end"
            used = f"{token.last_used_at.astimezone(VIETNAM):%Y-%m-%d %H:%M}" if token.last_used_at else "never used"
            click.echo(f"{token.name:<24}  {place:<32}  {token.state_at(get_now()):<7}  {ends:<10}  {used}")


@tokens.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Revoke a token; it stops working at once."""
    with open_instance(writes=True) as work:
        with transaction(work.db):
            store.revoke_token(work.db, name, now=get_now())
        click.echo(f"revoked {name}")
