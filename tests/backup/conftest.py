"""Provide an instance with articles, and the command in a process that can be killed."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from feedsvc.articles.ingest import ingest
from feedsvc.config import Settings
from feedsvc.database import Database
from feedsvc.models import Article, Draft, Site

Post = Callable[..., Article]
# A program that runs the command and dies by SIGKILL at the N-th call of a function, as in a power cut.
_DYING = """
import os, pathlib, signal, sys
name, number = sys.argv[1], int(sys.argv[2])
original, calls = getattr(pathlib.Path, name), 0
def die(*arguments, **options):
    global calls
    calls += 1
    if calls == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **options)
setattr(pathlib.Path, name, die)
from feedsvc.cli import main
sys.argv = ["feedsvc", *sys.argv[3:]]
main()
"""


@pytest.fixture
def post(db: Database, site: Site, now: datetime) -> Post:
    """Post an article with a key for phường Láng."""

    def call(key: str, text: str = "Nội dung.", **more: Any) -> Article:
        draft = Draft(title=f"Tin {key}", published=now, ward="phuong-lang", content_text=text, external_id=key)
        draft = replace(draft, **more)
        return ingest(db, draft, site=site, now=now).article

    return call


@pytest.fixture
def feedsvc(settings: Settings) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command on the instance of `settings`; with `dies` ("rename", 3), only until its third Path.rename."""

    def call(*arguments: object, dies: tuple[str, int] | None = None) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "FEEDSVC_INSTANCE": str(settings.instance), "FEEDSVC_SITE_URL": settings.site_url}
        start = ["-c", _DYING, dies[0], str(dies[1])] if dies else ["-m", "feedsvc"]
        command = [sys.executable, *start, *map(str, arguments)]
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)

    return call


Feedsvc = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "b.tar.gz"
