"""feedsvc check reports faults, and removes unused pictures on request."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feedsvc.articles.ingest import ingest
from feedsvc.config import Settings
from feedsvc.database import Database, open_database, transaction
from feedsvc.instance import load_media_folder, load_site
from feedsvc.media import MediaFolder, beside
from feedsvc.models import Draft, DraftImage

from ..pictures import make_photo
from .conftest import Run


class Instance:
    """The instance that the command checks, and what can happen to it."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(instance=folder, site_url="https://tin.example.vn")
        self.db: Database = open_database(self.settings.database_path)
        self.page = folder.parent
        self.folder: MediaFolder = replace(
            load_media_folder(self.settings), read=beside(self.page, max_bytes=self.settings.max_image_bytes)
        )

    def give(self, *images: str, days_ago: int = 0) -> None:
        now = datetime.now(UTC) - timedelta(days=days_ago)
        for name in images:
            (self.page / name).write_bytes(make_photo(colour=name.partition(".")[0]))
        files = tuple(DraftImage(file=name) for name in images)
        draft = Draft(
            "Phường Láng họp", now, ward="phuong-lang", content_text="Nội dung.", images=files, external_id="1"
        )
        ingest(self.db, draft, site=load_site(self.settings, self.db), now=now, media=self.folder)

    def names(self) -> set[str]:
        return {path.name for path in self.folder.list_files()}


@pytest.fixture
def instance(run: Run, tmp_path: Path) -> Iterator[Instance]:
    run("migrate")
    made = Instance(tmp_path / "instance")
    yield made
    made.db.close()


def test_a_sound_instance_has_no_finding(run: Run, instance: Instance) -> None:
    instance.give("red.jpg")
    result = run("check")
    assert (result.exit_code, result.stdout) == (0, "no fault found\n")


def test_a_picture_that_no_article_shows_any_more_is_removed_after_a_day(run: Run, instance: Instance) -> None:
    instance.give("red.jpg", days_ago=2)
    unused = instance.names()
    instance.give("blue.jpg", days_ago=1)
    used = instance.names() - unused
    found = run("check")
    assert found.exit_code == 1
    assert "no article shows it\n1 finding(s) (feedsvc check --fix removes or mends some)\n" in found.stdout
    assert instance.names() == used | unused
    fixed = run("check", "--fix")
    assert (fixed.exit_code, "no article shows it (removed)" in fixed.stdout) == (1, True)
    assert instance.names() == used
    assert run("check").stdout == "no fault found\n"


def test_a_picture_of_today_is_left_alone(run: Run, instance: Instance) -> None:
    instance.give("red.jpg")
    instance.give("blue.jpg")
    assert run("check", "--fix").stdout == "no fault found\n"
    assert len(instance.names()) == 4


def test_a_file_without_a_row_is_removed_after_a_day(run: Run, instance: Instance) -> None:
    instance.folder.path.mkdir()
    old, new = instance.folder.path / f"{'a' * 64}.jpg", instance.folder.path / ".half-written"
    for path in (old, new):
        path.write_bytes(b"x")
    yesterday = datetime.now(UTC).timestamp() - 2 * 86400
    os.utime(old, (yesterday, yesterday))
    assert f"media/{old.name}: no row of the database names this file\n" in run("check").stdout
    run("check", "--fix")
    assert instance.names() == {".half-written"}


def test_a_lost_file_is_named_and_its_row_stays(run: Run, instance: Instance) -> None:
    instance.give("red.jpg", days_ago=2)
    lost = instance.folder.list_files()[1]
    lost.unlink()
    result = run("check", "--fix")
    assert result.exit_code == 1
    assert f"media/{lost.name}: the file is missing; restore it" in result.stdout
    assert instance.db.execute("SELECT count(*) FROM media").fetchone()[0] == 1


def test_an_article_that_cannot_be_rendered_is_named(run: Run, instance: Instance) -> None:
    instance.give()
    with transaction(instance.db):
        instance.db.execute("UPDATE articles SET content_html = char(7)")
    result = run("check")
    assert result.exit_code == 1
    assert "article 1 is left out of feeds: content: the article cannot be rendered as" in result.stdout


def test_a_row_that_refers_to_nothing_is_named(run: Run, instance: Instance) -> None:
    instance.give()
    instance.db.execute("PRAGMA foreign_keys = OFF")
    with transaction(instance.db):
        instance.db.execute("UPDATE articles SET ward_id = 987654")
    result = run("check")
    assert "database: a row of articles (rowid 1) refers to no row of wards; restore a backup" in result.stdout
