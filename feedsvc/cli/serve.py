"""Serve the instance under gunicorn; bring the database to this version."""

import os
import socket
import sys
from contextlib import nullcontext

import click

from .. import first_login_message
from ..addresses import ADMIN, ATOM, JSON_FEED, RSS, absolute
from ..config import PREFIX, Settings, load_settings
from ..errors import ConfigError, ReadOnlyError
from ..instance import is_absent, prepare_instance
from .context import get_now, share
from .init import make_demonstration


@click.command()
@click.option("--bind", metavar="ADDRESS:PORT", help="Address and port to listen on (setting bind).")
@click.option("--workers", type=click.IntRange(1), help="Number of worker processes (setting workers).")
@click.option(
    "--samples", is_flag=True, help="If there is no instance yet, make a demonstration, of invented sample pages."
)
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
    password = make_demonstration(settings) if samples and is_absent(settings) else None
    if not settings.read_only:
        share(settings).pass_on()  # to gunicorn, which takes the place of this process
    password = prepare_instance(settings, now=get_now()).first_password or password
    if password:
        click.echo(first_login_message(settings, password))
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


@click.command()
def migrate() -> None:
    """Bring the database to this version; do nothing if it already is."""
    settings = load_settings()
    with nullcontext() if settings.read_only else share(settings):
        applied = prepare_instance(settings, now=get_now(), with_administrator=False).migrations
    click.echo(f"applied: {', '.join(applied)}" if applied else "nothing to do")
