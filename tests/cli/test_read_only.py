"""Commands on an instance that only reads: they show and check, and refuse to write."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from feedsvc.cli import commands
from feedsvc.errors import ReadOnlyError

from ..conftest import REAL_PAGE
from .conftest import Run


@pytest.fixture
def read(run: Run, tmp_path: Path) -> Run:
    """Run the command with read_only over an instance that has one article."""
    assert run("ingest", REAL_PAGE).exit_code == 0
    environ = {
        "FEEDSVC_INSTANCE": str(tmp_path / "instance"),
        "FEEDSVC_SITE_URL": "https://tin.example.vn",
        "FEEDSVC_READ_ONLY": "1",
    }
    return lambda *arguments, **_: CliRunner(env=environ).invoke(commands, [str(item) for item in arguments])


@pytest.mark.parametrize(
    "command", ["articles list", "articles show 1", "wards list", "categories list", "users list", "migrate", "check"]
)
def test_commands_that_only_read_work(run: Run, read: Run, command: str) -> None:
    shown = read(*command.split())
    assert shown.exit_code == 0, shown.output
    assert shown.output == run(*command.split()).output


def test_a_backup_can_be_taken_of_the_copy(read: Run, tmp_path: Path) -> None:
    assert read("backup", tmp_path / "backup.tar.gz").exit_code == 0


@pytest.mark.parametrize(
    "command",
    [
        f"ingest {REAL_PAGE} --ward phuong-lang",
        "articles withdraw 1 --reason x",
        "users add lan --ward phuong-lang",
        "tokens add portal",
        "areas add Khác --ward phuong-lang",
        "categories rename thong-bao Khác",
        "check --fix",
        "serve --samples",
    ],
)
def test_commands_that_write_are_refused(read: Run, command: str) -> None:
    refused = read(*command.split())
    assert isinstance(refused.exception, ReadOnlyError), refused.output
    assert "(setting read_only)" in str(refused.exception)


def test_a_backup_does_not_replace_the_copy(read: Run, run: Run, tmp_path: Path) -> None:
    run("backup", tmp_path / "backup.tar.gz")
    assert isinstance(read("restore", tmp_path / "backup.tar.gz").exception, ReadOnlyError)
