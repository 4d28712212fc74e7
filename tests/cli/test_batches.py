"""Ingest of many files: records, folders, rejects, interrupted runs, and concurrent writers."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from feedsvc.cli.batches import Batches, Overrides, StoppedError
from feedsvc.config import Settings
from feedsvc.database import Database, open_database
from feedsvc.instance import load_media_folder
from feedsvc.intake import Item, Reading, Source, read_items
from feedsvc.models import Site

from ..conftest import NOW, Server
from ..intake.reading import PAGE, RECORD, lines_of
from .conftest import Run


def make(number: int, **fields: Any) -> dict[str, Any]:
    return {**RECORD, "external_id": f"n-{number}", "title": f"Tin số {number}", **fields}


@pytest.mark.slow
def test_it_works(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "tin.ndjson"
    file.write_text(lines_of(*(make(number) for number in range(450))))
    assert run("ingest", file).stdout == "450 added, 0 corrected, 0 unchanged, 0 rejected\n"
    file.write_text(lines_of(*(make(number, author="An" if number < 3 else "") for number in range(451))))
    result = run("ingest", file)
    assert (result.exit_code, result.stdout) == (
        0,
        "1 added, 3 corrected, 448 unchanged, 0 rejected\n".replace("448", "447"),
    )


def test_the_same_article_twice_in_one_file_is_one_article(run: Run) -> None:
    result = run("ingest", "-", stdin=lines_of(make(1), make(1), make(1, title="Khác")))
    assert result.stdout == "1 added, 1 corrected, 1 unchanged, 0 rejected\n"
    assert run("ingest", "-", stdin=lines_of(make(1, title="Khác"))).stdout.startswith(
        "0 added, 0 corrected, 1 unchanged"
    )


def test_rejected_records_are_kept_completely_and_ingested_once_they_are_corrected(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "vao"
    folder.mkdir()
    (folder / "a.ndjson").write_text(
        lines_of(make(1, ward="phuong-khong-co", ghi_chu="x"), make(2)) + '{"title": "đứt\n'
    )
    (folder / "b.txt").write_text(PAGE.replace("Ngày đăng 13/09/2023 | 16:20 | Lượt xem: 200\n", ""))
    (folder / "c.csv").write_text('title,published,content_text,ward\n"Ba,2023-09-13,x,phuong-phuc-dong\n')
    rejects = tmp_path / "loi.ndjson"
    result = run("ingest", folder, "--rejects", rejects)
    assert (result.exit_code, result.stdout) == (1, "1 added, 0 corrected, 0 unchanged, 4 rejected\n")
    kept = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [record["_rejected"]["place"].rpartition("/")[2] for record in kept] == [
        "a.ndjson:1",
        "a.ndjson:3",
        "b.txt",
        "c.csv:2",
    ]
    assert kept[0]["_rejected"]["problems"][0]["code"] == "ward_unknown"
    assert kept[0]["ghi_chu"] == "x"
    text = rejects.read_text()
    for wrong, right in {
        "phuong-khong-co": "phuong-phuc-dong",
        '{\\"title\\": \\"đứt': json.dumps(json.dumps(make(3), ensure_ascii=False), ensure_ascii=False)[1:-1],
        "Phường Phúc Đồng thông báo\\n": "Phường Phúc Đồng thông báo\\nNgày đăng 13/09/2023\\n",
        '\\"Ba,2023': "Ba,2023",
    }.items():
        assert wrong in text
        text = text.replace(wrong, right)
    rejects.write_text(text)
    again = run("ingest", rejects, "--rejects", tmp_path / "con.ndjson")
    assert (again.exit_code, again.stdout) == (0, "4 added, 0 corrected, 0 unchanged, 0 rejected\n"), again.stderr
    assert (tmp_path / "con.ndjson").read_text() == ""


def test_the_report_counts_reasons_and_notes(run: Run) -> None:
    records = [make(number, ward="phuong-khong-co") for number in range(3)] + [make(9, tieu_de=1), make(10, tieu_de=1)]
    result = run("ingest", "-", stdin=lines_of(*records))
    assert "reason: 3 times ward_unknown" in result.stderr
    assert result.stderr.count("unknown field 'tieu_de' was ignored") == 2
    assert "note: 2 times in all: unknown field 'tieu_de'" in result.stderr


@pytest.mark.slow
def test_a_dry_run_of_records_that_repeat_reports_what_a_real_run_would(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "tin.ndjson"
    records = [make(number % 250, author=str(number // 250)) for number in range(600)] + [make(1, ward="x")]
    file.write_text(lines_of(*records))
    dry = run("ingest", "--dry-run", file)
    assert run("articles", "list").stdout == ""
    real = run("ingest", file)
    assert dry.stdout == real.stdout.replace("\n", " (dry run: nothing was written)\n")
    assert dry.stderr == real.stderr


def test_folders_are_walked_in_a_stable_order_and_other_files_are_counted(run: Run, tmp_path: Path) -> None:
    for name in ("b/2.txt", "b/1.txt", "a/3.txt"):
        path = tmp_path / "vao" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("hỏng")
    (tmp_path / "vao" / "anh.jpg").write_bytes(b"\xff\xd8")
    (tmp_path / "vao" / ".an.txt").write_text("hỏng")
    result = run("ingest", tmp_path / "vao")
    places = [
        line.partition(":")[0]
        for line in result.stderr.splitlines()
        if ": rejected: title" in line or "rejected: published" in line
    ]
    assert [Path(place).name for place in dict.fromkeys(places)] == ["3.txt", "1.txt", "2.txt"]
    assert "note: files of other kinds were skipped: 1 .jpg" in result.stderr


def test_the_rejects_file_must_be_another_one(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "loi.ndjson"
    file.write_text(lines_of(make(1)))
    assert run("ingest", file, "--rejects", file).exit_code == 2
    assert json.loads(file.read_text()) == make(1)
    assert run("ingest", file, "--rejects", tmp_path / "khong" / "co").exit_code == 2
    rejects = tmp_path / "khac.ndjson"
    rejects.write_text("cũ")
    assert run("ingest", tmp_path, "--rejects", rejects).stdout == "1 added, 0 corrected, 0 unchanged, 0 rejected\n"


def test_a_line_beyond_the_setting_is_rejected_and_the_rest_is_ingested(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDSVC_MAX_RECORD_BYTES", "2000")
    result = run("ingest", "-", stdin=lines_of(make(1), make(2, content_text="x" * 3000), make(3)))
    assert (result.exit_code, result.stdout) == (1, "2 added, 0 corrected, 0 unchanged, 1 rejected\n")
    assert "-:2: rejected: record: the line has more than 2,000 characters" in result.stderr


@pytest.mark.parametrize(
    "data", [b"\x00" * 100, b'[{"title": "a"}, {"ti', b"\xff\xfe\x00", b"{" * 5000, b'{"views": 1' + b"0" * 5000 + b"}"]
)
def test_broken_files_are_rejected_and_good_ones_ingested(run: Run, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.json").write_bytes(data)
    (tmp_path / "b.ndjson").write_text(lines_of(make(1)))
    result = run("ingest", tmp_path)
    assert result.exit_code == 1
    assert result.stdout.startswith("1 added")
    assert "a.json" in result.stderr


def batches_over(db: Database, site: Site, said: list[str] | None = None) -> Batches:
    say: Callable[[str], None] = (lambda line: None) if said is None else said.append
    return Batches(db, site, Overrides(), lambda: NOW, say)


def items(*records: dict[str, Any]) -> Iterator[Item]:
    return read_items(Source(io.BytesIO(lines_of(*records).encode())), "tin", "ndjson", Reading(NOW))


def add_all(batches: Batches, given: Iterable[Item]) -> None:
    for item in given:
        batches.add(item)
    batches.flush()


def count_articles(db: Database) -> int:
    return int(db.execute("SELECT count(*) FROM articles").fetchone()[0])


@pytest.mark.slow
def test_a_full_disk_stops_the_run_says_so_and_leaves_the_database_whole(db: Database, site: Site) -> None:
    pages = int(db.execute("PRAGMA page_count").fetchone()[0])
    db.execute(f"PRAGMA max_page_count = {pages + 200}")
    batches = batches_over(db, site)
    many = items(*(make(number, content_text="nội dung " * 500) for number in range(2_000)))
    with pytest.raises(StoppedError, match="full"):
        add_all(batches, many)
    written = count_articles(db)
    assert written == batches.counts["added"]
    assert written % 200 == 0
    assert batches.done == (f"tin:{written}" if written else "")
    assert [row[0] for row in db.execute("PRAGMA integrity_check")] == ["ok"]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    db.execute("INSERT INTO search (search) VALUES ('integrity-check')")
    db.execute("PRAGMA max_page_count = 1000000")
    again = batches_over(db, site)
    add_all(again, items(*(make(number, content_text="nội dung " * 500) for number in range(600))))
    assert again.counts["added"] + again.counts["unchanged"] == 600


@pytest.mark.slow
def test_a_disk_that_fills_up_ends_the_command_with_status_1_and_the_place(tmp_path: Path) -> None:
    file = tmp_path / "tin.ndjson"
    file.write_text(lines_of(*(make(number, content_text="nội dung " * 500) for number in range(1_000))))
    environ = {
        **os.environ,
        "FEEDSVC_INSTANCE": str(tmp_path / "instance"),
        "FEEDSVC_SITE_URL": "https://tin.example.vn",
    }
    # No file that this shell's processes write may exceed this number of 1 KB blocks.
    made = f"{sys.executable} -m feedsvc init --site-url https://tin.example.vn"
    script = f'{made} && ulimit -f 3000 && {sys.executable} -m feedsvc ingest "$0"'
    result = subprocess.run(["bash", "-c", script, str(file)], env=environ, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "feedsvc: stopped: the database cannot be written" in result.stderr
    assert "run the same command again" in result.stderr
    assert "Traceback" not in result.stderr
    db = open_database(tmp_path / "instance" / "feedsvc.db")
    assert [row[0] for row in db.execute("PRAGMA integrity_check")] == ["ok"]
    assert count_articles(db) % 200 == 0
    db.close()
    command = [sys.executable, "-m", "feedsvc", "ingest", str(file)]
    assert subprocess.run(command, env=environ, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_rejects_file_that_cannot_be_written_stops_the_run(run: Run) -> None:
    result = run("ingest", "-", "--rejects", "/dev/full", stdin="{\n")
    assert result.exit_code == 1
    assert "stopped: the rejects file cannot be written" in result.stderr


def test_an_unexpected_error_rejects_one_record_and_not_the_run(db: Database, site: Site) -> None:
    db.execute(
        "CREATE TRIGGER unforeseen BEFORE INSERT ON articles WHEN new.title = 'Tin số 2'"
        " BEGIN SELECT RAISE(ABORT, 'never thought of'); END"
    )
    said: list[str] = []
    batches = batches_over(db, site, said)
    add_all(batches, items(make(1), make(2), make(3)))
    assert (batches.counts["added"], batches.counts["rejected"]) == (2, 1)
    assert "never thought of" in said[0]


def test_a_registry_that_changes_meanwhile_is_seen_by_the_next_draft(db: Database, site: Site) -> None:
    batches = batches_over(db, site)
    with db.conn:
        db.execute("UPDATE wards SET slug = 'phuong-khac' WHERE slug = 'phuong-phuc-dong'")
    other = open_database(Path(db.execute("PRAGMA database_list").fetchone()[2]))
    other.conn.execute("UPDATE wards SET slug = 'phuong-ten-moi' WHERE slug = 'phuong-khac'")
    other.conn.commit()
    other.close()
    add_all(batches, items(make(1, ward="phuong-ten-moi")))
    assert batches.counts["added"] == 1


def test_a_folder_that_disappears_is_rejected_and_the_rest_is_ingested(
    db: Database, site: Site, settings: Settings, tmp_path: Path
) -> None:
    from feedsvc.cli.ingest import _find_files, _take_in

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tin.ndjson").write_text(lines_of(make(ord(name))))
    files = _find_files((tmp_path / "a", tmp_path / "b"), without=None)
    shutil.rmtree(tmp_path / "a")
    said: list[str] = []
    batches = batches_over(db, site, said)
    assert _take_in(files, batches, lambda: Reading(NOW), "auto", load_media_folder(settings)) is None
    assert (batches.counts["added"], batches.counts["rejected"]) == (1, 1)
    assert any("cannot be read: No such file" in line for line in said)


@pytest.mark.slow
def test_a_killed_run_continues_when_it_is_run_again(tmp_path: Path) -> None:
    file = tmp_path / "tin.ndjson"
    file.write_text(lines_of(*(make(number, content_text="nội dung " * 300) for number in range(3_000))))
    environ = {
        **os.environ,
        "FEEDSVC_INSTANCE": str(tmp_path / "instance"),
        "FEEDSVC_SITE_URL": "https://tin.example.vn",
    }
    init = [sys.executable, "-m", "feedsvc", "init", "--site-url", "https://tin.example.vn"]
    subprocess.run(init, env=environ, check=True, capture_output=True)
    command = [sys.executable, "-m", "feedsvc", "ingest"]
    subprocess.run([*command, "-"], env=environ, input=lines_of(make(0)), text=True, check=True, capture_output=True)
    process = subprocess.Popen([*command, str(file)], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    db = open_database(tmp_path / "instance" / "feedsvc.db")
    while count_articles(db) < 200 and process.poll() is None:
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    written = count_articles(db)
    assert [row[0] for row in db.execute("PRAGMA integrity_check")] == ["ok"]
    result = subprocess.run([*command, str(file)], env=environ, capture_output=True, text=True, check=True)
    counts = [int(part.split()[0]) for part in result.stdout.split(", ")]
    assert counts[0] == 3_000 - written
    assert counts[0] + counts[1] + counts[2] == 3_000
    assert count_articles(db) == 3_000
    db.close()


def post(server: Server, title: str) -> str:
    """Log in as the administrator and post an article; return the page that the browser then shows."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def send(path: str, **fields: str) -> str:
        with browser.open(server.url + path, timeout=30) as answer:
            hidden = dict(re.findall(r'name="(csrf_token|key)"[^>]* value="([^"]+)"', answer.read().decode()))
        with browser.open(
            server.url + path, urllib.parse.urlencode({**hidden, **fields}).encode(), timeout=30
        ) as answer:
            return str(answer.read().decode())

    send("/admin/login", login_name="quantri", login_password=server.password)
    fields = {"ward": "phuong-bo-de", "category": "thong-bao", "title": title, "content": "Nội dung."}
    return send("/admin/articles/new", **fields, published_day="2026-01-05", published_time="08:00")


@pytest.mark.slow
def test_two_ingests_and_an_administrator_at_once_all_finish(server: Server, tmp_path: Path) -> None:
    results: list[subprocess.CompletedProcess[str]] = []

    def ingest(first: int) -> None:
        text = lines_of(*(make(first + number, content_text="nội dung " * 300) for number in range(1_500)))
        results.append(server.run("ingest", "-", stdin=text))

    threads = [threading.Thread(target=ingest, args=(first,)) for first in (0, 10_000)]
    for thread in threads:
        thread.start()
    statuses = [post(server, f"Tin của người quản trị {number}") for number in range(3)]
    for thread in threads:
        thread.join()
    assert [result.stdout for result in results] == ["1500 added, 0 corrected, 0 unchanged, 0 rejected\n"] * 2
    assert all("Đã đăng bài." in page for page in statuses)
    listed = server.run("articles", "list", "--limit", "5000").stdout
    assert len(listed.splitlines()) == 3_003
