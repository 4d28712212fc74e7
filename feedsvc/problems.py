"""What can be wrong with a draft, in words for the operator and for the clerk, and the error that carries it."""

from dataclasses import dataclass

from .errors import FeedsvcError

# What can be wrong with a draft: for the operator's terminal and log, and for the clerk's form.
PROBLEMS = {
    "title_missing": (
        "no title was recognised: needs review; add the title line and ingest again",
        "Hãy nhập tiêu đề.",
    ),
    "title_long": (
        "the title has {given} characters, at most 500 are allowed: shorten it",
        "Tiêu đề dài {given} ký tự; tối đa là 500 ký tự.",
    ),
    "content_missing": (
        "there is no body text: add the paragraphs and ingest again",
        "Hãy nhập nội dung.",
    ),
    "published_missing": (
        "no certain date of publication (found: {given}): needs review; add a line like "
        "'Ngày đăng 13/09/2023 | 16:20' and ingest again",
        "Hãy nhập ngày và giờ đăng.",
    ),
    "published_future": (
        "the date of publication {given} lies in the future: correct it and ingest again",
        "Ngày đăng {given} ở tương lai.",
    ),
    "published_range": (
        "the date of publication {given} is outside 1990 to 2200: correct the year and ingest again",
        "Năm phải từ 1990 đến 2200 (đã nhập: {given}).",
    ),
    "ward_missing": (
        "no ward that existed on that day was recognised in title or body: name it in the text or give --ward",
        "Hãy chọn phường, xã.",
    ),
    "ward_ambiguous": (
        "several wards are named equally often ({given}): give --ward",
        "Có nhiều phường, xã được nhắc đến ({given}); hãy chọn một.",
    ),
    "ward_unknown": (
        "there is no ward {given} in the registry: see `feedsvc wards list`",
        "Không có phường, xã “{given}”.",
    ),
    "ward_time": (
        "{given}: an article belongs to a unit that existed on the day of publication; check the date or the ward",
        "{given}: đơn vị không tồn tại vào ngày đăng; hãy kiểm tra ngày đăng hoặc phường, xã.",
    ),
    "url_bad": (
        "the source address {given} is not an absolute http(s) URL: correct or leave it out",
        "Địa chỉ nguồn {given} không phải là một URL http(s) đầy đủ.",
    ),
    "image_large": (
        "the image is too large, in bytes: {given}; make it smaller, or raise the setting max_image_bytes",
        "Ảnh quá nặng ({given} byte); hãy thu nhỏ ảnh.",
    ),
    "image_pixels": (
        "the image has too many pixels: {given}; make it smaller, or raise the setting max_image_pixels",
        "Ảnh quá lớn ({given} điểm ảnh); hãy thu nhỏ ảnh.",
    ),
    "image_unreadable": (
        "the file is no image that can be read ({given}): give a whole JPEG, PNG, GIF or WebP",
        "Không đọc được ảnh ({given}); hãy dùng ảnh JPEG, PNG, GIF hoặc WebP.",
    ),
    "image_missing": (
        "there is no file {given} beside the page or record: put it there, or give a url",
        "Không có tệp ảnh {given}.",
    ),
    "image_outside": (
        "the file {given} is not within the folder of the page or record: put it there",
        "Tệp ảnh {given} nằm ngoài thư mục được phép.",
    ),
    "image_url": (
        "the image's address {given} is not an absolute http(s) URL: correct it, or give a file",
        "Địa chỉ ảnh {given} không phải là một URL http(s) đầy đủ.",
    ),
    "image_unknown": (
        "{given} is no image of this service: give the image with the article",
        "Không có ảnh {given} trên hệ thống này.",
    ),
    "duplicate": (
        "another article of that ward, title and day exists: change the title or correct that one",
        "Đã có một bài khác cùng phường, tiêu đề và ngày đăng; hãy đổi tiêu đề hoặc sửa bài đó.",
    ),
    "not_renderable": (
        "the article cannot be rendered as {given}",
        "Không thể tạo kênh tin từ bài này: {given}",
    ),
    "unforeseen": (
        "feedsvc cannot take it in ({given}): please report this with the record",
        "Lỗi ngoài dự kiến ({given}); hãy báo cho người quản trị.",
    ),
    "not_text": (
        "the file is not UTF-8 text ({given}): convert it to Unicode (TCVN 6909) and ingest again",
        "Tệp không phải văn bản UTF-8 ({given}).",
    ),
    "encoding_tcvn3": (
        "this is no Unicode text: it looks like TCVN3 (ABC, fonts .Vn…); convert it with UniKey Toolkit (Ctrl+Shift+F6,"
        " from TCVN3 to Unicode) or `uvconv`, and ingest again",
        "Văn bản theo bảng mã TCVN3 (ABC); hãy chuyển sang Unicode bằng UniKey (Ctrl+Shift+F6).",
    ),
    "encoding_vni": (
        "this is no Unicode text: it looks like VNI (fonts VNI-…); convert it with UniKey Toolkit (Ctrl+Shift+F6, from"
        " VNI Windows to Unicode) or `uvconv`, and ingest again",
        "Văn bản theo bảng mã VNI; hãy chuyển sang Unicode bằng UniKey (Ctrl+Shift+F6).",
    ),
    "encoding_windows_1258": (
        "this is no UTF-8 text: it looks like windows-1258; convert it with"
        " `iconv -f WINDOWS-1258 -t UTF-8 OLD > NEW` and ingest the new file",
        "Văn bản theo bảng mã windows-1258; hãy chuyển sang UTF-8 rồi nhập lại.",
    ),
    "file_long": (
        "the file has more than {given} bytes: split it, or give articles as NDJSON (one object a line), which has no"
        " limit",
        "Tệp dài hơn {given} byte; hãy chia nhỏ hoặc dùng NDJSON.",
    ),
    "line_long": (
        "the line has more than {given} characters: it was passed over; is there a line end missing?",
        "Dòng dài hơn {given} ký tự nên bị bỏ qua.",
    ),
    "format_unknown": (
        "the file looks like {given}, which cannot be taken in: give --format if it is something else",
        "Không nhận dạng được tệp ({given}).",
    ),
    "json_broken": (
        "this is no JSON: {given}",
        "Không phải JSON: {given}",
    ),
    "csv_header": (
        "the first line names no column 'title' (found: {given}): see docs/records.md for the names",
        "Dòng đầu không có cột “title” (có: {given}).",
    ),
    "csv_row": (
        "the row is broken: {given}",
        "Dòng CSV bị lỗi: {given}",
    ),
    "unread": (
        "this stands for something that could not be read ({given}): correct that itself and ingest it",
        "Mục này thay cho một tệp không đọc được ({given}); hãy sửa chính tệp đó.",
    ),
    "record_object": (
        "{given} is not an object: give one object with named fields for each article",
        "{given} không phải là một đối tượng; mỗi bài là một đối tượng có tên trường.",
    ),
    "field_missing": (
        "the field is missing or empty: add it",
        "Thiếu trường này; hãy bổ sung.",
    ),
    "field_text": (
        "{given} is not a text: put it in quotes",
        "{given} không phải là văn bản; hãy đặt trong dấu ngoặc kép.",
    ),
    "field_list": (
        "{given} is not a list: put it in square brackets",
        "{given} không phải là danh sách; hãy đặt trong dấu ngoặc vuông.",
    ),
    "field_long_list": (
        "the list has too many items: shorten it ({given})",
        "Danh sách quá dài; hãy rút ngắn ({given}).",
    ),
    "field_object": (
        "{given} is not an object: see the field's description for its parts",
        "{given} không phải là một đối tượng; hãy xem mô tả của trường.",
    ),
    "field_number": (
        "{given} is not a whole number of 0 or more: correct it or leave it out",
        "{given} không phải là số nguyên từ 0 trở lên.",
    ),
    "field_time": (
        "{given} is no date or time in ISO 8601: write it like 2023-09-13T16:20:00+07:00 or 2023-09-13",
        "{given} không phải là ngày giờ theo ISO 8601, ví dụ 2023-09-13T16:20:00+07:00 hoặc 2023-09-13.",
    ),
    "field_language": (
        "{given} is no language tag of BCP 47: write it like vi or en",
        "{given} không phải là mã ngôn ngữ (BCP 47), ví dụ vi hoặc en.",
    ),
    "field_unfit": (
        "{given} does not fit: see the field's description",
        "{given} không hợp lệ; hãy xem mô tả của trường.",
    ),
    "content_twice": (
        "content_html and content_text are both given: leave one out",
        "Có cả content_html và content_text; hãy bỏ một.",
    ),
    "image_source": (
        "an image has either url or file: give exactly one",
        "Ảnh phải có url hoặc file, chỉ một trong hai.",
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one field of a draft; `code` is a key of PROBLEMS."""

    field: str
    code: str
    given: str = ""

    @property
    def message(self) -> str:
        return PROBLEMS[self.code][0].format(given=self.given)

    @property
    def message_vi(self) -> str:
        return PROBLEMS[self.code][1].format(given=self.given)


class RejectedError(FeedsvcError):
    """A draft cannot become an article; `problems` names every reason."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.message}" for problem in problems))
        self.problems = problems
