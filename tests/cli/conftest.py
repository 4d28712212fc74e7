"""Run the command in this process, with an instance of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from feedsvc.cli import commands

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command as an operator would; the result has its output and exit status."""
    environ = {"FEEDSVC_INSTANCE": str(tmp_path / "instance"), "FEEDSVC_SITE_URL": "https://tin.example.vn"}

    def call(*arguments: object, stdin: str = "") -> Result:
        return CliRunner(env=environ).invoke(commands, [str(argument) for argument in arguments], input=stdin)

    return call
