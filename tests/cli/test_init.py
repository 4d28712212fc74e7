"""How an instance begins: only `init` makes one, only once, and what cannot change later is right from the start."""

import os
import pty
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from feedsvc import create_app
from feedsvc.config import Settings
from feedsvc.errors import InstanceError

from ..conftest import REAL_PAGE, make_instance_of_0_1, start_server, stop_server

Feedsvc = Callable[..., "subprocess.CompletedProcess[str]"]
COMMANDS = [
    ("serve",),
    ("migrate",),
    ("ingest", str(REAL_PAGE)),
    ("articles", "list"),
    ("wards", "list"),
    ("users", "add", "lan"),
    ("tokens", "list"),
    ("check",),
    ("backup", "b.tar.gz"),
]


@pytest.fixture
def feedsvc(tmp_path: Path) -> Feedsvc:
    """Run the command for the folder "instance", in a process of its own and without a terminal."""

    def call(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        env = {**os.environ, "FEEDSVC_INSTANCE": str(tmp_path / "instance"), **environ}
        command = [sys.executable, "-m", "feedsvc", *arguments]
        return subprocess.run(
            command, env=env, cwd=tmp_path, input="", capture_output=True, text=True, timeout=60, check=False
        )

    return call


def read_fact(instance: Path, name: str) -> str | None:
    with closing(sqlite3.connect(instance / "feedsvc.db")) as db:
        row = db.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
    return None if row is None else str(row[0])


def take_stock(folder: Path) -> dict[str, bytes]:
    """Read every file but those that SQLite and the lock need for a moment."""
    passing = ("feedsvc.db-wal", "feedsvc.db-shm", "feedsvc.lock")
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name not in passing}


# A real instance


def test_init_makes_an_instance_that_is_served(tmp_path: Path, feedsvc: Feedsvc) -> None:
    made = feedsvc("init", "--site-url", "https://tin.example.vn")
    assert made.returncode == 0, made.stderr
    assert "password: " in made.stdout
    instance = tmp_path / "instance"
    assert (instance / "feedsvc.toml").read_text() == 'site_url = "https://tin.example.vn"\n'
    assert read_fact(instance, "tag_authority") == "tin.example.vn"
    assert read_fact(instance, "demonstration") is None
    assert feedsvc("articles", "list").stdout == ""
    process, server = start_server(instance)
    stop_server(process)
    assert server.password == ""  # it was shown once, by init


def test_init_makes_nothing_twice(tmp_path: Path, feedsvc: Feedsvc) -> None:
    feedsvc("init", "--site-url", "https://tin.example.vn")
    before = take_stock(tmp_path)
    again = feedsvc("init", "--site-url", "https://khac.example.vn")
    assert (again.returncode, "is there already: nothing was changed" in again.stderr) == (2, True)
    assert take_stock(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--site-url is missing"),
        (("--site-url", "http://127.0.0.1:8000"), "--tag-authority is missing"),
        (("--site-url", "http://localhost"), "--tag-authority is missing"),
        (("--site-url", "https://tin.example.vn/tin"), "must be http(s)://HOST"),
        (("--site-url", "https://tin.example.vn", "--tag-authority", "10.0.0.1"), "must be a domain name of yours"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_nothing_is_made(
    tmp_path: Path, feedsvc: Feedsvc, arguments: tuple[str, ...], message: str
) -> None:
    refused = feedsvc("init", *arguments)
    assert (refused.returncode, message in refused.stderr) == (2, True), refused.stderr
    assert not (tmp_path / "instance").exists()


def test_what_the_settings_say_is_not_asked_for(tmp_path: Path, feedsvc: Feedsvc) -> None:
    (tmp_path / "instance").mkdir()
    settings = tmp_path / "instance" / "feedsvc.toml"
    settings.write_text('site_name = "Tin"\ntag_authority = "cu.example.vn"\n')
    assert feedsvc("init", FEEDSVC_SITE_URL="https://tin.example.vn").returncode == 0
    assert read_fact(tmp_path / "instance", "tag_authority") == "cu.example.vn"
    assert settings.read_text().splitlines()[0] == 'site_url = "https://tin.example.vn"'
    assert 'site_name = "Tin"' in settings.read_text()


def test_on_a_terminal_init_asks_for_what_can_never_change(tmp_path: Path) -> None:
    main, side = pty.openpty()
    environ = {**os.environ, "FEEDSVC_INSTANCE": str(tmp_path / "instance")}
    command = [sys.executable, "-m", "feedsvc", "init"]
    with subprocess.Popen(command, env=environ, stdin=side, stdout=subprocess.PIPE) as process:
        os.close(side)
        os.write(main, b"https://tin.example.vn\n\n")  # the second answer: the domain that is offered
        output, _ = process.communicate(timeout=60)
    os.close(main)
    assert process.returncode == 0, output
    assert "Domain of yours, in every guid for ever [tin.example.vn]" in output.decode()
    assert read_fact(tmp_path / "instance", "tag_authority") == "tin.example.vn"


@pytest.mark.parametrize("command", [("serve",), ("articles", "list"), ("ingest", str(REAL_PAGE)), ("migrate",)])
def test_a_tag_authority_that_is_not_the_fixed_one_is_refused(feedsvc: Feedsvc, command: tuple[str, ...]) -> None:
    feedsvc("init", "--site-url", "https://tin.example.vn")
    refused = feedsvc(*command, FEEDSVC_TAG_AUTHORITY="khac.example.vn", FEEDSVC_BIND="127.0.0.1:1")
    if command != ("serve",):  # which finds first that the port cannot be had
        assert "setting tag_authority is 'khac.example.vn': cannot change any more" in refused.stderr
    assert refused.returncode == 2


# A demonstration


def test_the_first_make_run_makes_a_demonstration_with_guids_of_its_own(tmp_path: Path, feedsvc: Feedsvc) -> None:
    process, server = start_server(tmp_path / "instance", "--samples")
    stop_server(process)
    assert server.password
    assert len(feedsvc("articles", "list").stdout.splitlines()) == 27
    authority = read_fact(tmp_path / "instance", "tag_authority") or ""
    assert authority.startswith("demonstration-")
    assert authority.endswith(".example")
    refused = feedsvc("serve", FEEDSVC_SITE_URL="https://tin.example.vn")
    assert refused.returncode == 2
    assert "is a demonstration" in refused.stderr
    assert "feedsvc init --site-url https://tin.example.vn" in refused.stderr


def test_no_demonstration_is_made_under_a_public_address(tmp_path: Path, feedsvc: Feedsvc) -> None:
    refused = feedsvc("serve", "--samples", FEEDSVC_SITE_URL="https://tin.example.vn")
    assert (refused.returncode, "feedsvc init --site-url https://tin.example.vn" in refused.stderr) == (2, True)
    assert not (tmp_path / "instance").exists()


def test_samples_are_not_put_among_real_articles(tmp_path: Path, feedsvc: Feedsvc) -> None:
    feedsvc("init", "--site-url", "https://tin.example.vn")
    process, _ = start_server(tmp_path / "instance", "--samples")
    stop_server(process)
    assert feedsvc("articles", "list").stdout == ""


# What is not there, in part there, of another version, damaged


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_other_command_makes_an_instance(tmp_path: Path, feedsvc: Feedsvc, command: tuple[str, ...]) -> None:
    refused = feedsvc(*command)
    assert refused.returncode == 2
    assert f"the instance {tmp_path / 'instance'} is not there" in refused.stderr
    assert "feedsvc init --site-url" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_application_makes_no_instance(tmp_path: Path) -> None:
    with pytest.raises(InstanceError, match="is not there"):
        create_app(Settings(instance=tmp_path / "instance"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("left", ["nothing", "an empty file"])
@pytest.mark.parametrize("command", [*COMMANDS, ("init", "--site-url", "https://x.example.vn")], ids=" ".join)
def test_a_disk_that_is_not_mounted_is_no_new_site(
    tmp_path: Path, feedsvc: Feedsvc, command: tuple[str, ...], left: str
) -> None:
    instance = tmp_path / "instance"
    instance.mkdir()
    (instance / "secret_key").write_bytes(b"x" * 64)
    if left == "an empty file":
        (instance / "feedsvc.db").touch()
    before = take_stock(tmp_path)
    refused = feedsvc(*command)
    assert refused.returncode == 2
    assert "has secret_key, but feedsvc.db is missing or empty: is its disk mounted?" in refused.stderr
    assert take_stock(tmp_path) == before


@pytest.mark.parametrize("command", [command for command in COMMANDS if command[0] not in {"serve", "migrate"}])
def test_a_database_of_an_older_version_is_migrated_by_serve_and_migrate_alone(
    tmp_path: Path, feedsvc: Feedsvc, command: tuple[str, ...]
) -> None:
    make_instance_of_0_1(tmp_path / "instance")
    before = (tmp_path / "instance" / "feedsvc.db").read_bytes()
    done = feedsvc(*command)
    if command[0] == "backup":  # which is wanted most before an upgrade
        assert done.returncode == 0, done.stderr
    else:
        assert (done.returncode, "run `feedsvc migrate`" in done.stderr) == (2, True), done.stderr
    assert (tmp_path / "instance" / "feedsvc.db").read_bytes() == before


def test_serve_brings_an_instance_of_version_0_1_to_this_one(tmp_path: Path, feedsvc: Feedsvc) -> None:
    make_instance_of_0_1(tmp_path / "instance")
    process, server = start_server(tmp_path / "instance", FEEDSVC_SITE_URL="https://cu.example.vn")
    stop_server(process)
    assert server.password
    assert "guid tag:cu.example.vn,2026-01-05:article/7" in feedsvc("articles", "show", "7").stdout


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_that_is_none_is_named_without_a_traceback(
    tmp_path: Path, feedsvc: Feedsvc, command: tuple[str, ...]
) -> None:
    feedsvc("init", "--site-url", "https://tin.example.vn")
    (tmp_path / "instance" / "feedsvc.db").write_bytes(b"no database at all" * 1000)
    refused = feedsvc(*command)
    assert refused.returncode == 2
    assert "has a damaged database, feedsvc.db: file is not a database." in refused.stderr
    assert "feedsvc restore FILE" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_damaged_pages_are_found_by_check_and_backup(tmp_path: Path, feedsvc: Feedsvc) -> None:
    feedsvc("init", "--site-url", "https://tin.example.vn")
    path = tmp_path / "instance" / "feedsvc.db"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(20 * 4096))
    checked = feedsvc("check")
    # 1 if it can look at the rest, 2 if what it needs first is damaged.
    assert checked.returncode in {1, 2}
    assert re.search(r"restore a backup|feedsvc restore FILE", checked.stdout + checked.stderr)
    refused = feedsvc("backup", "b.tar.gz")
    assert (refused.returncode, "damaged" in refused.stderr) == (2, True)
    assert "Traceback" not in checked.stderr + refused.stderr
