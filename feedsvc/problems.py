"""Define the problems of drafts, in words for the operator and for the clerk, and the error that carries them."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from string import Formatter
from typing import Any, ClassVar

from .errors import FeedsvcError
from .wording import format_day, format_large, format_number, format_size

# The messages of each problem: for the operator's terminal and log, and for the clerk's form. The Vietnamese message
# says what is wrong and what to do, without the vocabulary of a program.
PROBLEMS = {
    "title_missing": (
        "no title was recognised: needs review; add the title line and ingest again",
        "Hãy nhập tiêu đề.",
    ),
    "title_long": (
        "the title has {length} characters, at most {limit} are allowed: shorten it",
        "Tiêu đề dài {length} ký tự, tối đa {limit} ký tự. Hãy rút ngắn.",
    ),
    "content_missing": (
        "there is no body text: add the paragraphs and ingest again",
        "Hãy nhập nội dung.",
    ),
    "published_missing": (
        "no certain date of publication (found: {given}): needs review; add a line like 'Ngày đăng 13/09/2023 | "
        "16:20' and ingest again",
        "Hãy nhập ngày đăng.",
    ),
    "published_range": (
        "the date of publication {day} is outside 1990 to 2200: correct the year and ingest again",
        "Năm đăng phải từ 1990 đến 2200; bạn đã nhập {day}. Hãy sửa ngày đăng.",
    ),
    "ward_missing": (
        "no ward that existed on that day was recognised in title or body: name it in the text or give --ward",
        "Hãy chọn phường, xã.",
    ),
    "ward_ambiguous": (
        "several wards are named equally often ({given}): give --ward",
        "Bài nhắc đến nhiều phường, xã ({given}). Hãy chọn đơn vị đăng bài.",
    ),
    "ward_unknown": (
        "there is no ward {given} in the registry: see `feedsvc wards list`",
        "Không có phường, xã nào tên “{given}”. Hãy kiểm tra lại tên.",
    ),
    "ward_early": (
        "{given} begins on {begins}, after the date of publication {day}: check the date or the ward",
        "{given} chưa thành lập vào ngày {day} (thành lập ngày {begins}). Hãy sửa ngày đăng hoặc chọn đơn vị khác.",
    ),
    "ward_late": (
        "{given} ended on {ends}, before the date of publication {day}: check the date or the ward",
        "{given} chỉ hoạt động đến hết ngày {ends}. Hãy sửa ngày đăng hoặc chọn đơn vị mới.",
    ),
    "url_bad": (
        "the source address {given} is not an absolute http(s) URL: correct or leave it out",
        "Địa chỉ nguồn “{given}” phải bắt đầu bằng https:// hoặc http://. Hãy sửa lại.",
    ),
    "image_large": (
        "the image {given} is larger than {limit:,} bytes: make it smaller, or raise the setting max_image_bytes",
        "Ảnh “{given:file}” nặng quá {limit:size}. Hãy thu nhỏ ảnh rồi chọn lại.",
    ),
    "image_pixels": (
        "the image {given} has too many pixels ({width} × {height}, at most {limit:,}): make it smaller, or raise the "
        "setting max_image_pixels",
        "Ảnh “{given:file}” có kích thước quá lớn ({width} × {height} điểm ảnh; tối đa {limit:large} điểm ảnh). Hãy "
        "thu nhỏ ảnh rồi chọn lại.",
    ),
    "image_unreadable": (
        "the file {given} cannot be read as an image ({reason}): give a complete JPEG, PNG, GIF or WebP",
        "Không đọc được ảnh “{given:file}”. Tệp có thể bị hỏng hoặc không phải là ảnh. Hãy chọn ảnh JPEG, PNG, GIF "
        "hoặc WebP.",
    ),
    "image_missing": (
        "there is no file {given} in the folder of the page or record: put it there, or give a url",
        "Không tìm thấy tệp ảnh “{given}”. Hãy gửi kèm tệp này.",
    ),
    "image_outside": (
        "the file {given} is not within the folder of the page or record: put it there",
        "Tệp ảnh “{given}” nằm ngoài thư mục của bài. Hãy chuyển tệp vào cùng thư mục.",
    ),
    "image_url": (
        "the image's address {given} is not an absolute http(s) URL: correct it, or give a file",
        "Địa chỉ ảnh “{given}” phải bắt đầu bằng https:// hoặc http://. Hãy sửa lại.",
    ),
    "image_unknown": (
        "{given} is not an image of this service: give the image with the article",
        "Hệ thống không có ảnh “{given}”. Hãy gửi ảnh kèm theo bài.",
    ),
    "duplicate": (
        "another article of that ward, title and day exists: change the title or correct that one",
        "Đã có một bài khác cùng đơn vị, tiêu đề và ngày đăng. Hãy đổi tiêu đề hoặc sửa bài đó.",
    ),
    "not_renderable": (
        "the article cannot be rendered as {given}",
        "Chưa đăng được bài do lỗi của hệ thống. Hãy báo cho người quản trị, kèm mã: {code}.",
    ),
    "unforeseen": (
        "feedsvc cannot ingest it ({given}): please report this with the record",
        "Chưa đăng được bài do lỗi của hệ thống. Hãy báo cho người quản trị, kèm mã: {code}.",
    ),
    "not_text": (
        "the file is not UTF-8 text ({given}): convert it to Unicode (TCVN 6909) and ingest again",
        "Tệp không ở bảng mã Unicode (UTF-8). Hãy chuyển sang Unicode rồi gửi lại.",
    ),
    "encoding_tcvn3": (
        "this is not Unicode text: it looks like TCVN3 (ABC, fonts .Vn…); convert it with UniKey Toolkit "
        "(Ctrl+Shift+F6, from TCVN3 to Unicode) or `uvconv`, and ingest again",
        "Văn bản dùng bảng mã TCVN3 (ABC). Hãy chuyển sang Unicode bằng UniKey (Ctrl+Shift+F6) rồi gửi lại.",
    ),
    "encoding_vni": (
        "this is not Unicode text: it looks like VNI (fonts VNI-…); convert it with UniKey Toolkit (Ctrl+Shift+F6, "
        "from VNI Windows to Unicode) or `uvconv`, and ingest again",
        "Văn bản dùng bảng mã VNI. Hãy chuyển sang Unicode bằng UniKey (Ctrl+Shift+F6) rồi gửi lại.",
    ),
    "encoding_windows_1258": (
        "this is not UTF-8 text: it looks like windows-1258; convert it with `iconv -f WINDOWS-1258 -t UTF-8 OLD > "
        "NEW` and ingest the new file",
        "Văn bản dùng bảng mã windows-1258. Hãy chuyển sang Unicode bằng UniKey (Ctrl+Shift+F6) rồi gửi lại.",
    ),
    "file_long": (
        "the file has more than {limit:,} bytes: split it, or give articles as NDJSON (one object a line), which has "
        "no limit",
        "Tệp nặng quá {limit:size}. Hãy chia nhỏ, hoặc dùng dạng NDJSON (mỗi dòng một bài).",
    ),
    "line_long": (
        "the line has more than {limit:,} characters: it was skipped; is a line end missing?",
        "Dòng dài quá {limit} ký tự nên đã bị bỏ qua. Hãy kiểm tra dấu xuống dòng.",
    ),
    "format_unknown": (
        "the file looks like {given}, which cannot be ingested: give --format if it is something else",
        "Không nhận dạng được loại tệp. Hãy dùng tệp văn bản, HTML, JSON hoặc CSV.",
    ),
    "json_broken": (
        "this is not JSON: {given}",
        "Tệp JSON bị lỗi cú pháp. Hãy kiểm tra lại.",
    ),
    "csv_header": (
        "the first line names no column 'title' (found: {given}): see docs/records.md for the names",
        "Dòng đầu không có cột “Tiêu đề” (title). Hãy bổ sung cột này.",
    ),
    "csv_row": (
        "the row is broken: {given}",
        "Dòng này của tệp CSV bị lỗi. Hãy kiểm tra dấu ngoặc kép và số cột.",
    ),
    "unread": (
        "this item represents an input that could not be read ({given}): correct the input itself and ingest it",
        "Mục này thay cho “{given}”, là tệp không đọc được. Hãy sửa chính tệp đó rồi gửi lại.",
    ),
    "record_object": (
        "{given} is not an object: give one object with named fields for each article",
        "Dữ liệu bài không đúng dạng. Hãy gửi một đối tượng JSON có tên trường.",
    ),
    "field_missing": (
        "the field is missing or empty: add it",
        "Thiếu trường này. Hãy bổ sung.",
    ),
    "field_text": (
        "{given} is not a text: put it in quotes",
        "“{given}” phải là văn bản, đặt trong dấu ngoặc kép.",
    ),
    "field_list": (
        "{given} is not a list: put it in square brackets",
        "“{given}” phải là danh sách, đặt trong dấu ngoặc vuông.",
    ),
    "field_long_list": (
        "the list has too many items: shorten it ({given})",
        "Danh sách quá dài. Hãy rút ngắn.",
    ),
    "field_object": (
        "{given} is not an object: see the field's description for its parts",
        "“{given}” không đúng dạng. Hãy gửi một đối tượng JSON có tên trường.",
    ),
    "field_number": (
        "{given} is not a whole number of 0 or more: correct it or leave it out",
        "“{given}” phải là số nguyên từ 0 trở lên. Hãy sửa lại hoặc bỏ trống.",
    ),
    "field_time": (
        "{given} is not a date or time in ISO 8601: write it like 2023-09-13T16:20:00+07:00 or 2023-09-13",
        "Ngày giờ “{given}” không đúng dạng. Hãy viết như 2023-09-13T16:20:00+07:00 hoặc 2023-09-13.",
    ),
    "field_language": (
        "{given} is not a BCP 47 language tag: write it like vi or en",
        "Mã ngôn ngữ “{given}” không đúng. Hãy viết như vi hoặc en.",
    ),
    "field_unfit": (
        "{given} does not fit: see the field's description",
        "“{given}” không hợp lệ. Hãy xem mô tả của trường.",
    ),
    "content_twice": (
        "content_html and content_text are both given: leave one out",
        "Có cả content_html và content_text. Hãy chỉ gửi một trong hai.",
    ),
    "image_source": (
        "an image has either url or file: give exactly one",
        "Ảnh phải có url hoặc file. Hãy chỉ gửi một trong hai.",
    ),
}


class _InVietnamese(Formatter):
    """Formats values for Vietnamese text: 13/09/2023, 1.234; `:size` 10 MB, `:large` 50 triệu, `:file` a file name."""

    _SPECS: ClassVar[dict[str, Callable[[Any], str]]] = {
        "size": format_size,
        "large": format_large,
        "file": lambda path: PurePosixPath(path).name,
    }

    def format_field(self, value: Any, spec: str) -> str:
        if spec:
            return self._SPECS[spec](value)
        match value:
            case date():
                return format_day(value)
            case int():
                return format_number(value)
        return str(value)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one field of a draft; `code` is a key of PROBLEMS.

    `given` is the text, name or file that it is about, `values` are the other parts of the message by name.
    """

    field: str
    code: str
    given: str = ""
    values: Mapping[str, str | int | date] = dataclasses.field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """Tell if it is the fault of the service: a clerk can only report it, so the log must name it."""
        return self.code in {"not_renderable", "unforeseen"}

    @property
    def message(self) -> str:
        return PROBLEMS[self.code][0].format(given=self.given, **self.values)

    @property
    def message_vi(self) -> str:
        return _InVietnamese().format(PROBLEMS[self.code][1], code=self.code, given=self.given, **self.values)


class RejectedError(FeedsvcError):
    """A draft cannot become an article; `problems` names every reason."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.message}" for problem in problems))
        self.problems = problems
