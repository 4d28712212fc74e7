"""Add, list and remove users; set passwords."""

import sqlite3
import sys

import click

from ..accounts import Role
from ..database import transaction
from ..passwords import LEAST_LENGTH, hash_password, make_password
from ..store import users as store
from ..store.wards import get_ward
from .context import get_now, open_instance


@click.group()
def users() -> None:
    """Add, list and remove users; set passwords."""


def _ask_password() -> str:
    """Return a password: ask on a terminal, else read one line of standard input; make one if the answer is empty."""
    given: str
    if sys.stdin.isatty():
        given = click.prompt("Password (empty: make one)", hide_input=True, default="", show_default=False)
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        given = make_password()
        click.echo(f"password: {given}")
    if len(given) < LEAST_LENGTH:
        raise click.UsageError(f"a password needs at least {LEAST_LENGTH} characters")
    return given


@users.command()
@click.argument("name")
@click.option("--ward", metavar="SLUG", help="Add a clerk of this ward; without it, an administrator.")
def add(name: str, ward: str | None) -> None:
    """Add a clerk (--ward) or an administrator; the password comes from the terminal or standard input."""
    with open_instance(writes=True) as work:
        unit = get_ward(work.db, ward) if ward else None
        password_hash = hash_password(_ask_password())
        try:
            with transaction(work.db):
                role: Role = "clerk" if unit else "administrator"
                store.save_user(work.db, name, password_hash, role, unit, now=get_now())
        except sqlite3.IntegrityError:
            raise click.UsageError(f"there is a user {name!r} already: feedsvc users passwd {name}") from None
        click.echo(f"added {name}")


@users.command("list")
def list_command() -> None:
    """List users."""
    with open_instance() as work:
        for user in store.list_users(work.db):
            click.echo(f"{user.name:<24}  {user.role:<13}  {user.ward.slug if user.ward else ''}")


@users.command()
@click.argument("name")
def passwd(name: str) -> None:
    """Set a new password and end every session of the user."""
    with open_instance(writes=True) as work:
        password_hash = hash_password(_ask_password())
        with transaction(work.db):
            store.save_password(work.db, name, password_hash)
        click.echo(f"changed {name}")


@users.command()
@click.argument("name")
def remove(name: str) -> None:
    """Remove a user and end every session; the articles stay."""
    with open_instance(writes=True) as work:
        with transaction(work.db):
            store.delete_user(work.db, name)
        click.echo(f"removed {name}")
