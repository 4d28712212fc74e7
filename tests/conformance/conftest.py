"""A rich instance under gunicorn, its feeds as files, and the programs that judge them."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedsvc.database import open_database
from feedsvc.instance import load_site, make_instance

from ..conftest import Server, make_settings, start_server, stop_server
from .sample import SCOPES, Expected, ScopeCase, fill
from .wire import Answer, fetch

HERE = Path(__file__).parent
KINDS = {"rss.xml": "rss", "atom.xml": "atom", "feed.json": "json"}


@dataclass(frozen=True)
class Rich:
    """A running server over the rich instance, and the articles that its readers must find, the newest first."""

    server: Server
    expected: list[Expected]

    @property
    def url(self) -> str:
        return self.server.url


@dataclass(frozen=True)
class FeedFile:
    """A feed as it was served, in a file for the programs; `name` ends with its format (rss, atom, json)."""

    name: str
    kind: str
    case: ScopeCase
    answer: Answer
    expected: list[Expected]

    @property
    def has_content(self) -> bool:
        return "content=summary" not in self.case.query


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rich]:
    folder = tmp_path_factory.mktemp("rich") / "instance"
    settings, now = make_settings(folder), datetime.now(UTC)
    make_instance(settings, now=now)
    db = open_database(settings.database_path)
    expected = fill(db, site=load_site(settings, db), now=now)
    db.close()
    process, server = start_server(folder, FEEDSVC_SITE_NAME="Tin phường, xã", FEEDSVC_RIGHTS="© UBND thành phố")
    yield Rich(server, expected)
    stop_server(process)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feeds")


@pytest.fixture(scope="session")
def files(rich: Rich, folder: Path) -> list[FeedFile]:
    """Every scope in every format, fetched once and written to `folder`."""
    found = []
    for number, case in enumerate(SCOPES):
        belonging = [item for item in rich.expected if case.belongs(item)]
        for filename, kind in KINDS.items():
            answer = fetch(rich.url + case.path(filename))
            assert answer.status == 200, case.path(filename)
            (folder / f"{number:02}.{kind}").write_bytes(answer.body)
            found.append(FeedFile(f"{number:02}.{kind}", kind, case, answer, belonging))
    return found


@pytest.fixture(scope="session")
def lists(rich: Rich, folder: Path) -> dict[str, bytes]:
    """The subscription lists, also in `folder`."""
    found = {}
    for name, path in (("all.opml", "/opml.xml"), ("area.opml", "/areas/quan-long-bien/opml.xml")):
        found[name] = fetch(rich.url + path).body
        (folder / name).write_bytes(found[name])
    return found


Run = Callable[..., Any]


@pytest.fixture(scope="session")
def run_program() -> Run:
    """Run a program of this folder on a folder of feeds; return the JSON that it prints."""

    def run(program: str, script: str, *arguments: str | Path) -> Any:
        command = [shutil.which(program) or program, str(HERE / script), *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, timeout=120, check=False)
        assert result.returncode == 0, result.stderr.decode()
        return json.loads(result.stdout)

    return run
