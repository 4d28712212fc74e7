"""Define the feedsvc command. Exit status: 0 success, 1 something was rejected or found, 2 wrong usage or settings."""

import signal
import sqlite3
import sys

import click

from ..config import load_settings
from ..database import is_damage
from ..errors import FeedsvcError, FetchError
from ..instance import describe_damage
from . import articles, backup, check, feeds, ingest, init, registry, serve, tokens, users


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="feedsvc")
def commands() -> None:
    """News of Việt Nam's wards as RSS, Atom and JSON feeds."""


for _command in (
    init.init,
    serve.serve,
    serve.migrate,
    ingest.ingest,
    articles.articles,
    registry.wards,
    registry.areas,
    registry.categories,
    users.users,
    feeds.feeds,
    feeds.mirror,
    tokens.tokens,
    check.check,
    backup.backup,
    backup.restore,
    backup.adopt,
):
    commands.add_command(_command)


def main() -> None:
    """Run the command; a FeedsvcError becomes one message on stderr instead of a traceback."""
    # SIGTERM ends a command like an error: it rolls back its transaction and removes its temporary files.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        commands(prog_name="feedsvc")
    except FeedsvcError as error:
        click.echo(f"feedsvc: {error}", err=True)
        sys.exit(1 if isinstance(error, FetchError) else 2)
    except sqlite3.DatabaseError as error:
        settings = load_settings()
        if is_damage(error):
            message = f"the instance {settings.instance} {describe_damage(settings.database_path, error)}"
        elif isinstance(error, sqlite3.OperationalError):  # locked, full, not to be written
            message = f"{settings.database_path}: {error}"
        else:
            raise
        click.echo(f"feedsvc: {message}", err=True)
        sys.exit(2)
