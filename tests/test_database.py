"""The database: schema, pragmas, migrations, transactions."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from feedsvc import database
from feedsvc.config import Settings
from feedsvc.database import Database, get_data_version, migrate, open_database, transaction
from feedsvc.errors import SchemaError
from feedsvc.instance import prepare_instance
from feedsvc.migrations import migrations

from .cheap import REAL_PRAGMAS
from .conftest import make_instance_of_0_1


def test_one_file_has_todays_schema(db: Database, golden: Callable[[str, str], None]) -> None:
    rows = db.execute(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '%sqlite_%' ORDER BY rowid"
    )
    golden("schema.sql", ";\n\n".join(row["sql"] for row in rows) + ";\n")


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10_000)]
)
def test_every_connection_is_set_up_for_reliability(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pragma: str, value: object
) -> None:
    monkeypatch.setattr(database, "_WRITING", REAL_PRAGMAS)
    with closing(open_database(tmp_path / "feedsvc.db")) as db:
        assert db.execute(f"PRAGMA {pragma}").fetchone()[0] == value


def test_migrating_again_does_nothing(db: Database) -> None:
    assert migrate(db) == []


def test_articles_of_an_older_instance_get_the_time_of_their_last_correction_from_the_log(tmp_path: Path) -> None:
    db = open_database(tmp_path / "older.db")
    migrations.apply(db, stop_before="m007_corrected_at")
    with transaction(db):
        db.execute("INSERT INTO wards VALUES (1, '00199', '2025-07-01', NULL, 'phuong', 'Phường Láng', 'phuong-lang')")
        for number in (1, 2, 3):
            db.execute(
                "INSERT INTO articles (id, guid, identity, ward_id, title, slug, summary, content_html, author,"
                " published, published_has_time, updated, source_url, content_hash, state, ingested_at, changed_at)"
                " VALUES (:id, :id, :id, 1, 'Họp', 'hop', '', '', 'UBND', 10, 1, 90, '', '', 'published', 10, 90)",
                {"id": str(number)},
            )
        log = [(1, "published", 10), (1, "corrected", 20), (1, "corrected", 30), (1, "restored", 90)]
        log += [(2, "published", 10), (2, "withdrawn", 40), (2, "restored", 90)]
        for article_id, kind, changed_at in log:
            db.execute(
                "INSERT INTO changes (article_id, kind, changed_at) VALUES (?, ?, ?)", [article_id, kind, changed_at]
            )
    assert "m007_corrected_at" in migrate(db)
    rows = db.execute("SELECT id, corrected_at FROM articles ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [(1, 30), (2, None), (3, None)]
    db.close()


def test_what_an_older_instance_has_counts_as_if_it_had_appeared_at_its_own_time(tmp_path: Path) -> None:
    db = open_database(tmp_path / "older.db")
    migrations.apply(db, stop_before="m011_order_of_arrival")
    with transaction(db):
        db.execute("INSERT INTO wards VALUES (1, '00199', '2025-07-01', NULL, 'phuong', 'Phường Láng', 'phuong-lang')")
        db.execute("INSERT INTO scopes VALUES (5, 'everything', 9, 90)")
        for number, (state, gone) in enumerate([("published", None), ("withdrawn", 80), ("draft", None)], start=1):
            db.execute(
                "INSERT INTO articles (id, guid, identity, ward_id, title, slug, summary, content_html, author,"
                " published, published_has_time, updated, source_url, content_hash, state, ingested_at, changed_at,"
                " withdrawn_at)"
                " VALUES (?1, ?1, ?1, 1, 'Họp', 'hop', '', '', 'UBND', 10, 1, 10, '', '', ?2, 50, 50, ?3)",
                [number, state, gone],
            )
        db.execute("INSERT INTO listings VALUES (5, 10, 1)")
    migrate(db)
    rows = db.execute("SELECT appeared FROM articles ORDER BY id").fetchall()
    assert [row["appeared"] for row in rows] == [10, 10, None]
    assert [tuple(row) for row in db.execute("SELECT * FROM listings")] == [(5, 10, 1, 10)]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    db.close()


def test_every_article_of_an_older_instance_gets_a_place_in_each_of_its_scopes(tmp_path: Path) -> None:
    db = open_database(tmp_path / "older.db")
    migrations.apply(db, stop_before="m012_sealed_archives")
    with transaction(db):
        db.execute("INSERT INTO wards VALUES (1, '00199', '2025-07-01', NULL, 'phuong', 'Phường Láng', 'phuong-lang')")
        db.execute(
            "INSERT INTO scopes VALUES (5, 'everything', 251, 900), (6, 'ward/1', 250, 900), (7, 'area/1', 1, 9)"
        )
        for number in range(1, 251):  # the last ones entered are the oldest
            when, gone = 1000 - number, 900 if number % 50 == 0 else None
            state = "withdrawn" if gone else "published"
            values = {"id": number, "when": when, "gone": gone, "state": state}
            db.execute(
                "INSERT INTO articles (id, guid, identity, ward_id, title, slug, summary, content_html, author,"
                " published, published_has_time, updated, source_url, content_hash, state, ingested_at, changed_at,"
                " withdrawn_at, appeared) VALUES (:id, :id, :id, 1, 'Họp', 'hop', '', '', 'UBND', :when, 1, :when, '',"
                " '', :state, 50, :when, :gone, :when)",
                values,
            )
            db.execute("INSERT INTO changes (kind, article_id, changed_at) VALUES ('published', ?, ?)", [number, when])
            if gone:
                db.execute("INSERT INTO tombstones VALUES (5, 900, :id), (6, 900, :id)", values)
            else:
                db.execute("INSERT INTO listings VALUES (5, :when, :id, :when), (6, :when, :id, :when)", values)
        db.execute("INSERT INTO changes (kind, article_id, changed_at) VALUES ('corrected', 200, 900)")
    counts = "SELECT scope_id, count(*) FROM ({}) GROUP BY scope_id ORDER BY scope_id".format
    before = db.execute(counts("SELECT scope_id FROM listings UNION ALL SELECT scope_id FROM tombstones")).fetchall()
    migrate(db)
    assert db.execute(counts("SELECT scope_id FROM appearances")).fetchall() == before
    assert [tuple(row) for row in before] == [(5, 250), (6, 250)]
    places = db.execute("SELECT position, article_id FROM appearances WHERE scope_id = 6 ORDER BY position")
    assert [tuple(row) for row in places] == [(place, 251 - place) for place in range(1, 251)]
    assert [tuple(row) for row in db.execute("SELECT id, last_position FROM scopes")] == [(5, 250), (6, 250), (7, 0)]
    blocks = db.execute("SELECT number, seq FROM blocks WHERE scope_id = 5 ORDER BY number")
    assert [tuple(row) for row in blocks] == [(1, 251), (2, 150), (3, 50)]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    db.close()


def test_the_change_log_survives_the_migration_that_widens_it(tmp_path: Path) -> None:
    db = open_database(tmp_path / "old.db")
    migrations.apply(db, stop_before="m002_registry_in_time")
    with transaction(db):
        db.execute(
            "INSERT INTO wards VALUES (1, '00151', '2003-11-06', NULL, 'phuong', 'Phường Phúc Đồng', 'phuc-dong')"
        )
        db.execute(
            "INSERT INTO articles (id, guid, identity, ward_id, title, slug, summary, content_html, author, published,"
            " published_has_time, updated, source_url, content_hash, state, ingested_at, changed_at)"
            " VALUES (1, 'g', 'i', 1, 'T', 't', '', '', 'A', 1, 1, 1, '', '', 'published', 1, 1)"
        )
        db.execute("INSERT INTO changes VALUES (41, 'published', 1, 7), (42, 'corrected', 1, 8)")
        db.execute("DELETE FROM changes WHERE seq = 42")
    assert migrate(db)[0] == "m002_registry_in_time"
    rows = [tuple(row) for row in db.execute("SELECT seq, kind, article_id, changed_at FROM changes")]
    assert rows == [(41, "published", 1, 7)]
    db.close()


def test_a_database_of_a_newer_version_is_refused(db: Database) -> None:
    with transaction(db):
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('feedsvc', 'm999_later', '')"
        )
    with pytest.raises(SchemaError, match="m999_later"):
        migrate(db)


def read_first_page(db: Database) -> bytes:
    """Return the first page of the file after a checkpoint."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = db.execute("PRAGMA database_list").fetchone()["file"]
    return Path(path).read_bytes()[:4096]


def test_every_commit_that_writes_changes_the_first_page(db: Database) -> None:
    """A reader of a copy checks the first page to learn that its cache is out of date."""
    with transaction(db):
        db.execute("INSERT INTO facts VALUES ('a', '0')")
    seen = {read_first_page(db)}
    for value in ("1", "2", "3"):
        with transaction(db):
            db.execute("UPDATE facts SET value = ? WHERE name = 'a'", [value])
        seen.add(read_first_page(db))
    assert len(seen) == 4
    with transaction(db):
        db.execute("SELECT * FROM facts").fetchall()
    assert read_first_page(db) in seen


def fail_after_writing(db: Database, name: str) -> None:
    with transaction(db):
        db.execute("INSERT INTO facts VALUES (?, '1')", [name])
        raise RuntimeError


def test_a_transaction_is_all_or_nothing(db: Database) -> None:
    with pytest.raises(RuntimeError):
        fail_after_writing(db, "a")
    assert db.execute("SELECT count(*) FROM facts WHERE name = 'a'").fetchone()[0] == 0


def test_an_inner_transaction_may_fail_alone(db: Database) -> None:
    with transaction(db):
        db.execute("INSERT INTO facts VALUES ('a', '1')")
        with pytest.raises(RuntimeError):
            fail_after_writing(db, "b")
    assert [row["name"] for row in db.execute("SELECT name FROM facts WHERE name IN ('a', 'b')")] == ["a"]


def test_data_version_moves_when_another_connection_commits(settings: Settings, db: Database) -> None:
    other = open_database(settings.database_path)
    before = get_data_version(db)
    with transaction(other):
        other.execute("INSERT INTO facts VALUES ('a', '1')")
    other.close()
    assert get_data_version(db) != before


@pytest.mark.slow
def test_of_four_processes_that_make_an_instance_at_once_one_does(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "feedsvc", "init", "--site-url", "https://tin.example.vn"]
    environ = {**os.environ, "FEEDSVC_INSTANCE": str(tmp_path / "instance")}
    running = [
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    printed = [process.communicate(timeout=120) for process in running]
    assert sorted(process.returncode for process in running) == [0, 2, 2, 2]
    assert ["password: " in output for output, _ in printed].count(True) == 1
    assert all("is in use by feedsvc init" in error or "is there already" in error for _, error in printed if error)


def test_four_processes_may_bring_an_instance_of_version_0_1_to_this_one_at_once(tmp_path: Path) -> None:
    make_instance_of_0_1(tmp_path / "instance")
    program = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path\n"
        "from feedsvc.config import Settings; from feedsvc.instance import prepare_instance, load_secret_key\n"
        "settings = Settings(instance=Path(sys.argv[1]))\n"
        "print(prepare_instance(settings, now=datetime.now(UTC)).first_password, load_secret_key(settings).decode())"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "instance")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    printed = [process.communicate(timeout=60)[0].split() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0, 0]
    assert len([password for password, _ in printed if password != "None"]) == 1
    assert len({key for _, key in printed}) == 1


def test_the_authority_of_guids_survives_another_site_url(db: Database, settings: Settings, now: datetime) -> None:
    moved = Settings(instance=settings.instance, site_url="https://moi.example.vn")
    prepare_instance(moved, now=now, with_administrator=False)
    assert db.execute("SELECT value FROM facts WHERE name = 'tag_authority'").fetchone()[0] == "tin.example.vn"


def test_the_secret_key_is_readable_by_the_owner_alone(settings: Settings, db: Database) -> None:
    assert settings.secret_key_path.stat().st_mode & 0o777 == 0o600
