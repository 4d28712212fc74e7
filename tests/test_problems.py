"""The problems of a draft, in words for the operator and for the clerk."""

import ast
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

import feedsvc
from feedsvc.problems import PROBLEMS, Problem

PACKAGE = Path(feedsvc.__file__).parent


def test_no_problem_is_described_that_nothing_ever_finds() -> None:
    """Only `intake/decode` composes codes, those of old encodings."""
    named = {
        node.value
        for path in PACKAGE.rglob("*.py")
        if path.name != "problems.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    encodings = {f"encoding_{name}" for name in ("tcvn3", "vni", "windows_1258")}
    assert PROBLEMS.keys() - named == encodings


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_message_to_a_clerk_is_whole_sentences(code: str) -> None:
    for_operators, for_clerks = PROBLEMS[code]
    assert for_operators
    assert for_clerks[0].isupper() or for_clerks.startswith(("{given}", "“{given}"))
    assert for_clerks.endswith(".")
    assert ";" not in for_clerks or code in {"image_pixels", "published_range"}


def test_a_message_to_a_clerk_never_holds_words_of_a_program() -> None:
    """Libraries describe faults in English; `reason` and, for our own faults, `given` are for operators."""
    for code, (_, for_clerks) in PROBLEMS.items():
        fields = {name for _, name, _, _ in Formatter().parse(for_clerks) if name}
        assert "reason" not in fields, code
        if code in {"not_renderable", "unforeseen", "not_text", "json_broken", "csv_header", "csv_row"}:
            assert "given" not in fields, code


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (
            Problem("title", "title_long", values={"length": 1600, "limit": 500}),
            "Tiêu đề dài 1.600 ký tự, tối đa 500 ký tự. Hãy rút ngắn.",
        ),
        (
            Problem("published", "published_range", values={"day": date(1890, 1, 1)}),
            "Năm đăng phải từ 1990 đến 2200; bạn đã nhập 01/01/1890. Hãy sửa ngày đăng.",
        ),
        (
            Problem("ward", "ward_late", "Phường Phúc Đồng", {"day": date(2026, 1, 1), "ends": date(2025, 6, 30)}),
            "Phường Phúc Đồng chỉ hoạt động đến hết ngày 30/06/2025. Hãy sửa ngày đăng hoặc chọn đơn vị mới.",
        ),
        (
            Problem("images[0]", "image_large", "anh/to.jpg", {"limit": 10_000_000}),
            "Ảnh “to.jpg” nặng quá 10 MB. Hãy thu nhỏ ảnh rồi chọn lại.",
        ),
        (
            Problem("images[0]", "image_pixels", "to.jpg", {"width": 9000, "height": 8000, "limit": 50_000_000}),
            "Ảnh “to.jpg” có kích thước quá lớn (9.000 × 8.000 điểm ảnh; tối đa 50 triệu điểm ảnh). "
            "Hãy thu nhỏ ảnh rồi chọn lại.",
        ),
        (
            Problem("content", "not_renderable", "RSS: ValueError"),
            "Chưa đăng được bài do lỗi của hệ thống. Hãy báo cho người quản trị, kèm mã: not_renderable.",
        ),
        (
            Problem("file", "file_long", values={"limit": 64_000_000}),
            "Tệp nặng quá 64 MB. Hãy chia nhỏ, hoặc dùng dạng NDJSON (mỗi dòng một bài).",
        ),
        (
            Problem("record", "line_long", values={"limit": 16_000_000}),
            "Dòng dài quá 16.000.000 ký tự nên đã bị bỏ qua. Hãy kiểm tra dấu xuống dòng.",
        ),
        (
            Problem("title", "ward_unknown", "Phường {given}"),
            "Không có phường, xã nào tên “Phường {given}”. Hãy kiểm tra lại tên.",
        ),
    ],
)
def test_days_numbers_and_names_are_written_as_a_clerk_knows_them(problem: Problem, message: str) -> None:
    assert problem.message_vi == message


def test_the_operator_reads_the_day_and_the_size_that_rule() -> None:
    problem = Problem("ward", "ward_early", "Phường Láng", {"day": date(2020, 1, 1), "begins": date(2025, 7, 1)})
    assert problem.message.startswith("Phường Láng begins on 2025-07-01, after the date of publication 2020-01-01:")
    assert "10,000,000 bytes" in Problem("images[0]", "image_large", "a.jpg", {"limit": 10_000_000}).message
