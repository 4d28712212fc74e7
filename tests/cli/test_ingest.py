"""feedsvc ingest: files in, a report and an exit status out."""

from pathlib import Path

from ..conftest import REAL_PAGE, SAMPLES
from .conftest import Run

PAGE = """Thông báo

Phường Phúc Đồng thông báo
Ngày đăng 13/09/2023 | 16:20 | Lượt xem: 200

Nội dung.
"""


def test_it_works(run: Run) -> None:
    result = run("ingest", REAL_PAGE)
    assert (result.exit_code, result.stdout) == (0, "1 added, 0 corrected, 0 unchanged, 0 rejected\n")
    assert "phuong-phuc-dong" in run("articles", "list").stdout


def test_ingesting_again_adds_nothing(run: Run) -> None:
    run("ingest", REAL_PAGE)
    result = run("ingest", REAL_PAGE)
    assert (result.exit_code, result.stdout) == (0, "0 added, 0 corrected, 1 unchanged, 0 rejected\n")


def test_a_changed_page_corrects(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(PAGE)
    run("ingest", page)
    page.write_text(PAGE.replace("Nội dung", "Nội dung mới"))
    assert run("ingest", page).stdout == "0 added, 1 corrected, 0 unchanged, 0 rejected\n"
    assert "Nội dung mới" in run("articles", "show", 1).stdout


def test_all_sample_pages_go_in(run: Run) -> None:
    result = run("ingest", SAMPLES)
    assert result.exit_code == 0
    assert result.stdout == f"{len(list(SAMPLES.iterdir()))} added, 0 corrected, 0 unchanged, 0 rejected\n"
    assert "Gương người tốt việc tốt" in result.stderr


def test_rejected_pages_are_named_with_their_reasons_and_the_rest_goes_in(run: Run, tmp_path: Path) -> None:
    pages = {
        "good.txt": PAGE,
        "no-date.txt": PAGE.replace("Ngày đăng 13/09/2023 | 16:20 | Lượt xem: 200\n", ""),
        "no-ward.txt": PAGE.replace("Phường Phúc Đồng", "Tổ dân phố số 3"),
        "later.txt": PAGE.replace("2023", "2093"),
    }
    for name, text in pages.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "latin.txt").write_bytes("Phường".encode("cp1258", "ignore") + b"\xf4")
    result = run("ingest", *sorted(tmp_path.glob("*.txt")))
    assert result.exit_code == 1
    assert result.stdout == "1 added, 0 corrected, 0 unchanged, 4 rejected\n"
    lines = {line.partition(": rejected: ")[0].rpartition("/")[2]: line for line in result.stderr.splitlines()}
    assert "published: no certain date" in lines["no-date.txt"]
    assert "ward: no ward that existed on that day" in lines["no-ward.txt"]
    assert "13/09/2093" in lines["later.txt"]
    assert "not UTF-8" in lines["latin.txt"]


def test_the_ward_and_the_category_may_be_given(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(PAGE.replace("Phường Phúc Đồng", "Tổ dân phố số 3"))
    assert run("ingest", page, "--ward", "phuong-thach-ban", "--category", "khac").exit_code == 0
    shown = run("articles", "show", 1).stdout
    assert "phuong-thach-ban" in shown
    assert "categories Khác" in shown


def test_a_dry_run_reports_the_same_and_writes_nothing(run: Run) -> None:
    result = run("ingest", "--dry-run", SAMPLES)
    assert result.stdout == "27 added, 0 corrected, 0 unchanged, 0 rejected (dry run: nothing was written)\n"
    assert run("articles", "list").stdout == ""


def test_standard_input_is_a_page(run: Run) -> None:
    assert run("ingest", "-", stdin=PAGE).stdout == "1 added, 0 corrected, 0 unchanged, 0 rejected\n"


def test_a_withdrawn_article_stays_withdrawn_and_the_report_says_so(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(PAGE)
    run("ingest", page)
    assert "withdrawn" in run("articles", "withdraw", 1, "--reason", "Nhầm").stdout
    result = run("ingest", page)
    assert result.stdout == "0 added, 0 corrected, 0 unchanged, 1 withdrawn, 0 rejected\n"
    assert "feedsvc articles restore" in result.stderr


def test_a_file_that_is_not_there_is_wrong_usage(run: Run) -> None:
    result = run("ingest", "/khong/co")
    assert result.exit_code == 2
    assert "does not exist" in result.stderr


def test_a_file_that_cannot_be_read_is_rejected(run: Run, tmp_path: Path) -> None:
    loop = tmp_path / "pages"
    loop.mkdir()
    (loop / "page.txt").write_text(PAGE)
    (loop / "dead.txt").symlink_to(tmp_path / "nowhere")
    result = run("ingest", loop)
    assert result.stdout == "1 added, 0 corrected, 0 unchanged, 0 rejected\n"
