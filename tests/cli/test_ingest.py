"""feedsvc ingest: it reads files, reports, and sets the exit status."""

import json
import sqlite3
from pathlib import Path

from ..conftest import REAL_PAGE, SAMPLES
from ..pictures import make_photo
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


def test_what_is_ingested_is_old_material_unless_it_is_announced(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(PAGE)
    run("ingest", page)
    run("ingest", "--announce", REAL_PAGE)
    db = sqlite3.connect(tmp_path / "instance" / "feedsvc.db")
    assert db.execute("SELECT appeared = published FROM articles ORDER BY id").fetchall() == [(1,), (0,)]
    db.close()


def test_a_changed_page_corrects(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(PAGE)
    run("ingest", page)
    page.write_text(PAGE.replace("Nội dung", "Nội dung mới"))
    assert run("ingest", page).stdout == "0 added, 1 corrected, 0 unchanged, 0 rejected\n"
    assert "Nội dung mới" in run("articles", "show", 1).stdout


def test_all_sample_pages_are_ingested(run: Run) -> None:
    result = run("ingest", SAMPLES)
    assert result.exit_code == 0
    assert result.stdout == f"{len(list(SAMPLES.iterdir()))} added, 0 corrected, 0 unchanged, 0 rejected\n"
    assert "Gương người tốt việc tốt" in result.stderr


def test_rejected_pages_are_named_with_their_reasons_and_the_rest_is_ingested(run: Run, tmp_path: Path) -> None:
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


def test_a_missing_file_is_wrong_usage(run: Run) -> None:
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


HTML_PAGE = """<!doctype html><html lang="vi"><head><title>Tin</title></head><body><article>
<h1>Phường Phúc Đồng ra quân</h1><p>Ngày đăng 13/09/2023 | 16:20 | Lượt xem: 200</p>
<p>Sáng nay, phường Phúc Đồng ra quân tổng vệ sinh môi trường với hơn 200 người tham gia.</p>
<figure><img src="page_files/anh.jpg" alt="Ra quân"><figcaption>Quang cảnh buổi ra quân</figcaption></figure>
<p>Hoạt động được duy trì hằng tuần./.</p></article></body></html>"""


def save_page(folder: Path) -> Path:
    (folder / "page_files").mkdir()
    (folder / "page_files" / "anh.jpg").write_bytes(make_photo())
    (folder / "page.html").write_text(HTML_PAGE, encoding="utf-8")
    return folder / "page.html"


def test_a_saved_page_is_ingested_with_the_picture_in_its_folder(run: Run, tmp_path: Path) -> None:
    result = run("ingest", save_page(tmp_path), "--base-url", "https://cu.example.vn/tin/1")
    assert (result.exit_code, result.stdout) == (0, "1 added, 0 corrected, 0 unchanged, 0 rejected\n"), result.stderr
    assert 'src="/media/' in run("articles", "show", 1).stdout
    assert len(list((tmp_path / "instance" / "media").glob("*.jpg"))) == 1
    assert run("check").stdout == "no fault found\n"


def test_a_dry_run_keeps_no_picture(run: Run, tmp_path: Path) -> None:
    result = run("ingest", "--dry-run", save_page(tmp_path), "--base-url", "https://cu.example.vn/tin/1")
    assert result.stdout.startswith("1 added")
    assert list((tmp_path / "instance").glob("media/*")) == []


def test_a_record_may_name_a_picture_in_its_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "anh.jpg").write_bytes(make_photo())
    record = {
        "title": "Phường Phúc Đồng họp",
        "ward": "phuong-phuc-dong",
        "published": "2023-09-13T16:20:00+07:00",
        "content_text": "Nội dung.",
        "images": [{"file": "anh.jpg", "caption": "Họp", "alt": "Phòng họp"}],
    }
    (tmp_path / "tin.json").write_text(json.dumps(record), encoding="utf-8")
    assert run("ingest", tmp_path / "tin.json").stdout.startswith("1 added")
    assert "<figcaption>Họp</figcaption>" in run("articles", "show", 1).stdout


def test_check_names_an_article_that_was_damaged_by_hand(run: Run, tmp_path: Path) -> None:
    run("ingest", REAL_PAGE)
    db = sqlite3.connect(tmp_path / "instance" / "feedsvc.db")
    db.execute("UPDATE articles SET content_html = 'x' || char(8)")
    db.commit()
    result = run("check")
    assert result.exit_code == 1
    assert "article 1 is left out of feeds" in result.stdout
    db.execute("UPDATE articles SET content_html = '<p>x</p>', published = 999999999999999, updated = 999999999999999")
    db.commit()
    db.close()
    assert "article 1 is left out of feeds" in run("check").stdout
