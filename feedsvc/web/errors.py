"""Errors as pages in Vietnamese, as problems under /api; what is not ours to explain is logged, and is a 500."""

from collections.abc import Sequence

from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from ..errors import NotFoundError
from .api.problems import ApiError, render_http_error, render_problem
from .context import get_db, is_api_request
from .scopes import list_near

_TEXTS = {
    400: ("Yêu cầu không hợp lệ", "Máy chủ không hiểu yêu cầu này."),
    403: ("Không có quyền", "Bạn không có quyền làm việc này."),
    404: (
        "Không tìm thấy trang",
        "Địa chỉ này không có trên trang. Hãy kiểm tra lại địa chỉ, hoặc bắt đầu từ trang chủ.",
    ),
    405: ("Phương thức không được phép", "Địa chỉ này không nhận phương thức đó."),
    413: ("Nội dung quá lớn", "Nội dung gửi lên lớn hơn mức cho phép. Hãy rút ngắn rồi gửi lại."),
    500: ("Có lỗi ở máy chủ", "Xin thử lại sau ít phút. Lỗi đã được ghi lại."),
    503: (
        "Máy chủ này chỉ để đọc",
        "Việc đăng nhập, đăng và sửa bài do máy chủ chính làm. Chưa có gì bị thay đổi; xin thử lại sau ít phút.",
    ),
}


def register(app: Flask) -> None:
    app.register_error_handler(ApiError, render_problem)

    @app.errorhandler(NotFoundError)
    def not_found(error: NotFoundError) -> ResponseReturnValue:
        return _render(404, near=list_near(get_db(), error))

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error.get_response()
        if is_api_request():
            return render_http_error(error)
        body, status = _render(error.code)
        headers = [item for item in error.get_headers() if item[0] not in {"Content-Type", "Content-Length"}]
        return body, status, headers


def _render(code: int, *, near: Sequence[tuple[str, str]] = ()) -> tuple[str, int]:
    title, advice = _TEXTS.get(code, ("Không thực hiện được yêu cầu", "Hãy quay lại trang trước và thử lại."))
    return render_template("error.html", code=code, title=title, advice=advice, near=near), code
