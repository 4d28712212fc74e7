"""Run the command in this process, with an instance of its own."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from feedsvc.cli import commands
from feedsvc.instance import make_instance

from ..conftest import make_settings

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance of today without users; tests work on copies."""
    folder = tmp_path_factory.mktemp("made")
    make_instance(make_settings(folder), now=datetime.now(UTC), with_administrator=False)
    return folder


@pytest.fixture
def run(tmp_path: Path, made: Path) -> Run:
    """Run the command over an instance, as an operator would; the result has its output and exit status."""
    shutil.copytree(made, tmp_path / "instance")
    environ = {"FEEDSVC_INSTANCE": str(tmp_path / "instance"), "FEEDSVC_SITE_URL": "https://tin.example.vn"}

    def call(*arguments: object, stdin: str = "") -> Result:
        return CliRunner(env=environ).invoke(commands, [str(argument) for argument in arguments], input=stdin)

    return call
