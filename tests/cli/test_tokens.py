"""feedsvc tokens: a token is shown once, stored as a hash, valid for a ward, an area or all, and revocable."""

import re
from pathlib import Path

from feedsvc.database import open_database

from .conftest import Run


def test_it_works(run: Run) -> None:
    made = run("tokens", "add", "cms", "--ward", "phuong-lang", "--days", 30)
    assert re.fullmatch(r"fs_[\w-]{43}\n", made.stdout)
    assert "not shown again" in made.stderr
    listed = run("tokens", "list").stdout
    assert re.match(r"cms +phuong-lang +valid +\d{4}-\d\d-\d\d +never used", listed)
    assert run("tokens", "revoke", "cms").stdout == "revoked cms\n"
    assert "revoked" in run("tokens", "list").stdout


def test_a_token_writes_for_an_area_or_for_all(run: Run) -> None:
    run("tokens", "add", "portal", "--area", "khu-vuc-long-bien")
    run("tokens", "add", "trung-tam")
    listed = run("tokens", "list").stdout
    assert re.search(r"portal +khu-vuc-long-bien +valid +no end", listed)
    assert re.search(r"trung-tam +\(all wards\) +valid +no end", listed)


def test_the_token_itself_is_not_in_the_database(run: Run, tmp_path: Path) -> None:
    secret = run("tokens", "add", "cms").stdout.strip()
    db = open_database(tmp_path / "instance" / "feedsvc.db")
    row = db.execute("SELECT * FROM tokens").fetchone()
    db.close()
    assert secret not in [str(value) for value in row]
    assert len(row["token_hash"]) == 64


def test_what_cannot_be_is_refused_with_the_reason(run: Run) -> None:
    run("tokens", "add", "cms")
    taken = run("tokens", "add", "cms")
    assert (taken.exit_code, "another name" in taken.stderr) == (2, True)
    both = run("tokens", "add", "x", "--ward", "phuong-lang", "--area", "ha-noi")
    assert (both.exit_code, "not both" in both.stderr) == (2, True)
    assert "'khong-co'" in str(run("tokens", "add", "x", "--ward", "khong-co").exception)
    assert "'khong-co'" in str(run("tokens", "add", "x", "--area", "khong-co").exception)
    assert "'khong-co'" in str(run("tokens", "revoke", "khong-co").exception)
    assert run("tokens", "list").stdout.count("\n") == 1
