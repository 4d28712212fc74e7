"""Nobody but its owner reads what an instance holds, whatever the umask and whatever was before."""

import json
import os
import subprocess
import sys
from pathlib import Path

from feedsvc.config import Settings
from feedsvc.database import Database
from feedsvc.instance import list_open_modes, prepare_instance

from .conftest import NOW, start_server, stop_server
from .pictures import make_photo


def list_open(folder: Path) -> list[str]:
    modes = ((path.name, path.stat().st_mode) for path in folder.rglob("*"))
    return sorted(f"{name} {mode & 0o777:o}" for name, mode in modes if mode & 0o077)


def test_everything_is_made_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    environ = {**os.environ, "FEEDSVC_INSTANCE": str(instance)}

    def feedsvc(*arguments: object) -> None:
        command = [sys.executable, "-m", "feedsvc", *map(str, arguments)]
        done = subprocess.run(command, env=environ, umask=0, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode in {0, 1}, done.stderr

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "anh.jpg").write_bytes(make_photo())
    record = {"title": "Tin", "ward": "phuong-lang", "published": "2026-01-05", "content_text": "x"}
    records = [{**record, "images": [{"file": "anh.jpg"}]}, {"title": "x"}]
    (tmp_path / "in" / "tin.json").write_text(json.dumps(records))
    out = tmp_path / "out"
    out.mkdir(mode=0o700)
    before = os.umask(0)
    try:
        feedsvc("init", "--site-url", "https://tin.example.vn")
        process, _ = start_server(instance)
        feedsvc("ingest", tmp_path / "in" / "tin.json", "--rejects", out / "rejects.json")
        assert list((instance).glob("feedsvc.db-*"))
        assert list_open(instance) == []
        feedsvc("backup", out / "b.tar.gz")
        stop_server(process)
        feedsvc("restore", out / "b.tar.gz")
    finally:
        os.umask(before)
    assert len(list((instance / "media").iterdir())) == 2
    assert list(instance.glob("replaced-*/media/*"))
    assert list_open(instance) == []
    assert list_open(out) == []
    assert instance.stat().st_mode & 0o777 == 0o700


def open_up(settings: Settings) -> None:
    settings.media_path.mkdir()
    (settings.media_path / "a.jpg").write_bytes(b"x")
    settings.instance.chmod(0o755)
    for path in settings.instance.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_an_instance_that_others_could_read_is_mended_at_the_start(settings: Settings, db: Database) -> None:
    open_up(settings)
    assert {path.name for path, _ in list_open_modes(settings)} >= {"feedsvc.db", "media", "a.jpg", "instance"}
    prepare_instance(settings, now=NOW)
    assert list_open(settings.instance) == []
    assert list(list_open_modes(settings)) == []


def test_check_names_what_others_may_read_and_mends_it(settings: Settings, db: Database) -> None:
    open_up(settings)
    environ = {**os.environ, "FEEDSVC_INSTANCE": str(settings.instance), "FEEDSVC_SITE_URL": settings.site_url}
    for arguments, said in ((["check"], "needs the mode 600"), (["check", "--fix"], "needs the mode 700 (mended)")):
        command = [sys.executable, "-m", "feedsvc", *arguments]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, said in done.stdout) == (1, True), done.stdout
    assert list(list_open_modes(settings)) == []
