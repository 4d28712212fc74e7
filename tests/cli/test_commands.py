"""The other commands: articles, wards, users, migrate, and the refusals of serve."""

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedsvc.config import Settings
from feedsvc.instance import make_instance
from feedsvc.migrations import migrations

from ..conftest import REAL_PAGE, make_instance_of_0_1, start_server, stop_server
from .conftest import Run


def test_articles_are_listed_shown_withdrawn_and_restored(run: Run) -> None:
    run("ingest", REAL_PAGE)
    assert (
        "2023-09-13 16:20  published  phuong-phuc-dong" in run("articles", "list", "--ward", "phuong-phuc-dong").stdout
    )
    assert run("articles", "list", "--state", "withdrawn").stdout == ""
    run("articles", "withdraw", 1, "--reason", "Nhầm")
    assert "Nhầm" in run("articles", "show", 1).stdout
    assert "published" in run("articles", "restore", 1).stdout
    assert "guid tag:tin.example.vn," in run("articles", "show", 1).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("articles", "show", 7),
        ("articles", "withdraw", 7, "--reason", "x"),
        ("wards", "show", "khong-co"),
        ("users", "remove", "ai-do"),
        ("users", "passwd", "ai-do"),
        ("articles", "list", "--ward", "khong-co"),
    ],
)
def test_an_unknown_name_is_reported(run: Run, arguments: tuple[object, ...]) -> None:
    result = run(*arguments, stdin="mat-khau-rat-dai\n")
    assert result.exit_code == 1
    assert str(arguments[2] if arguments[1] != "list" else "khong-co") in str(result.exception)


def test_wards_are_found_by_day_area_and_name_without_accents(run: Run) -> None:
    assert len(run("wards", "list", "--on", "2024-12-31", "--area", "quan-long-bien").stdout.splitlines()) == 14
    assert len(run("wards", "list", "--on", "2025-01-01", "--area", "quan-long-bien").stdout.splitlines()) == 13
    assert len(run("wards", "list", "--area", "khu-vuc-long-bien").stdout.splitlines()) == 4
    assert "phuong-dong-da" in run("wards", "list", "--search", "dong da").stdout


def test_a_ward_is_shown_with_its_successors(run: Run) -> None:
    shown = run("wards", "show", "phuong-sai-dong").stdout
    assert "2003-11-06 – 2024-12-31" in shown
    assert "phuong-phuc-dong" in shown
    assert "(default)" in shown
    assert "phuong-sai-dong" in run("wards", "show", "phuong-phuc-loi-2025").stdout


def test_a_registry_file_is_loaded_and_loading_it_again_changes_nothing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "next.json"
    ward = {"code": "00007", "valid_from": "2027-01-01", "kind": "phuong", "name": "Phường Mới"}
    file.write_text(json.dumps({"format": "feedsvc-registry-1", "wards": [ward]}))
    assert run("wards", "load", file).stdout == "1 rows added or changed\n"
    assert run("wards", "load", file).stdout == "nothing to change\n"
    assert "Phường Mới" in run("wards", "show", "phuong-moi").stdout


def test_a_registry_file_that_is_not_json_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text("{")
    assert "not JSON" in str(run("wards", "load", file).exception)


def test_users_are_added_listed_and_removed(run: Run) -> None:
    assert run("users", "add", "lan", "--ward", "phuong-lang", stdin="mat-khau-rat-dai\n").stdout == "added lan\n"
    made = run("users", "add", "minh", stdin="\n").stdout
    assert made.startswith("password: ")
    listed = run("users", "list").stdout
    assert "clerk" in listed
    assert "phuong-lang" in listed
    assert "administrator" in listed
    assert run("users", "passwd", "lan", stdin="mot-mat-khau-khac\n").stdout == "changed lan\n"
    assert run("users", "remove", "lan").stdout == "removed lan\n"
    assert "lan " not in run("users", "list").stdout


def test_a_taken_name_and_a_short_password_are_refused(run: Run) -> None:
    run("users", "add", "lan", stdin="mat-khau-rat-dai\n")
    taken = run("users", "add", "LAN", stdin="mat-khau-rat-dai\n")
    assert (taken.exit_code, "passwd" in taken.stderr) == (2, True)
    short = run("users", "add", "minh", stdin="ngan\n")
    assert (short.exit_code, "at least 10" in short.stderr) == (2, True)


def test_an_instance_of_version_0_1_is_brought_to_this_one_with_the_same_guids(run: Run, tmp_path: Path) -> None:
    make_instance_of_0_1(tmp_path / "instance")
    names = ", ".join(migration.name for migration in migrations._migrations[6:])
    assert run("migrate").stdout == f"applied: {names}\n"
    assert run("migrate").stdout == "nothing to do\n"
    assert "guid tag:cu.example.vn,2026-01-05:article/7" in run("articles", "show", 7).stdout
    assert run("ingest", REAL_PAGE).exit_code == 0
    assert "guid tag:cu.example.vn,2026-01-05:article/8" in run("articles", "show", 8).stdout
    assert run("check").stdout == "no fault found\n"


def feedsvc(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "feedsvc", *arguments]
    return subprocess.run(
        command, env={**os.environ, **environ}, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.slow
def test_a_wrong_setting_stops_the_start_and_is_named(tmp_path: Path) -> None:
    result = feedsvc("serve", FEEDSVC_INSTANCE=str(tmp_path), FEEDSVC_SITE_URL="tin.example.vn")
    assert result.returncode == 2
    assert result.stderr.startswith("feedsvc: setting site_url is 'tin.example.vn': must be http(s)://")


@pytest.mark.slow
def test_a_port_in_use_gives_a_clear_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        result = feedsvc("serve", "--bind", bind, FEEDSVC_INSTANCE=str(tmp_path))
    assert result.returncode == 2
    assert f"{bind!r}: cannot be used (Address already in use)" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_second_start_changes_nothing_and_shows_no_password(tmp_path: Path) -> None:
    first, running = start_server(tmp_path, "--samples")
    stop_server(first)
    assert running.password
    listed = running.run("articles", "list").stdout
    assert len(listed.splitlines()) == 27
    second, again = start_server(tmp_path, "--samples")
    stop_server(second)
    assert again.password == ""
    assert again.run("articles", "list").stdout == listed


@pytest.mark.slow
def test_the_wsgi_module_serves_without_the_command(tmp_path: Path) -> None:
    make_instance(Settings(instance=tmp_path), now=datetime.now(UTC), with_administrator=False)
    program = "import wsgi; print(wsgi.app.test_client().get('/rss.xml').status_code)"
    environ = {**os.environ, "FEEDSVC_INSTANCE": str(tmp_path)}
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", program], env=environ, cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.stdout == "200\n"
    assert "First administrator: quantri" in result.stderr


def test_areas_are_added_renamed_hidden_and_listed(run: Run) -> None:
    assert run("areas", "add", "Bờ bắc", "--ward", "phuong-bo-de", "--ward", "phuong-viet-hung").stdout == "bo-bac\n"
    assert run("areas", "add", "Bờ bắc", "--ward", "phuong-phuc-loi").stdout == "bo-bac\n"
    assert run("areas", "rename", "bo-bac", "Bờ bắc sông Hồng").stdout == "bo-bac-song-hong\n"
    assert run("areas", "hide", "bo-bac-song-hong").stdout == "bo-bac-song-hong is hidden\n"
    listed = run("areas", "list").stdout
    assert "bo-bac-song-hong                  3 wards  Bờ bắc sông Hồng  (hidden)" in listed
    assert "quan-long-bien                    0 wards  Quận Long Biên" in listed
    run("areas", "hide", "bo-bac-song-hong", "--undo")
    assert "(hidden)" not in run("areas", "list").stdout
    assert "14 wards" in run("areas", "list", "--on", "2023-01-01").stdout


def test_categories_are_added_renamed_hidden_and_listed(run: Run, tmp_path: Path) -> None:
    assert run("categories", "add", "Việc làm", "--alias", "Tuyển dụng").stdout == "viec-lam\n"
    assert run("categories", "rename", "viec-lam", "Việc làm, tuyển dụng").stdout == "viec-lam-tuyen-dung\n"
    assert run("categories", "hide", "viec-lam-tuyen-dung").stdout == "viec-lam-tuyen-dung is hidden\n"
    assert "viec-lam-tuyen-dung           Việc làm, tuyển dụng  (hidden)" in run("categories", "list").stdout
    page = tmp_path / "page.txt"
    page.write_text("TUYỂN DỤNG\n\nPhường Phúc Đồng tuyển người\nNgày đăng 13/09/2023 | 16:20\n\nNội dung.\n")
    run("ingest", page)
    assert "categories Việc làm, tuyển dụng" in run("articles", "show", 1).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("areas", "rename", "ha-noi", "Quận Long Biên"), "choose another name"),
        (("areas", "rename", "ha-noi", " "), "empty"),
        (("categories", "rename", "thong-bao", "Khác"), "choose another name"),
        (("areas", "rename", "khong-co", "X"), "no area 'khong-co'"),
        (("categories", "hide", "khong-co"), "no category 'khong-co'"),
    ],
)
def test_a_name_that_cannot_be_had_is_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert message in str(result.exception)


def test_the_old_name_of_an_area_is_not_given_to_another(run: Run) -> None:
    run("areas", "rename", "ha-noi", "Thủ đô")
    run("areas", "rename", "quan-long-bien", "Long Biên xưa")
    assert "still lead to it" in str(run("areas", "add", "Quận Long Biên").exception)
