"""Render errors as pages in Vietnamese, and under /api as problems; an unexpected error is logged and gives a 500."""

import errno
import sqlite3
from collections.abc import Mapping, Sequence

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from ..errors import NotFoundError
from .api.problems import KINDS, ApiError, render_http_error, render_problem
from .context import get_db, is_api_request
from .scopes import list_near

_TEXTS = {
    400: ("Yêu cầu không hợp lệ", "Địa chỉ hoặc dữ liệu gửi lên không đúng. Hãy quay lại trang trước và thử lại."),
    403: ("Không có quyền", "Tài khoản của bạn không có quyền thực hiện việc này. Hãy liên hệ người quản trị."),
    404: (
        "Không tìm thấy trang",
        "Trang này không có hoặc đã chuyển đi. Hãy kiểm tra lại địa chỉ, tìm kiếm hoặc về trang chủ.",
    ),
    405: ("Không mở được trang này", "Trang không thể mở theo cách này. Hãy quay lại trang trước và thử lại."),
    413: (
        "Nội dung quá lớn",
        "Nội dung hoặc ảnh gửi lên vượt quá mức cho phép. Hãy bớt ảnh, thu nhỏ ảnh hoặc rút ngắn bài rồi gửi lại.",
    ),
    500: ("Có lỗi ở máy chủ", "Hệ thống gặp lỗi và lỗi đã được ghi lại. Vui lòng thử lại sau ít phút."),
    503: (
        "Tạm thời chưa đăng nhập và sửa bài được",
        "Bạn vẫn đọc được tin. Nội dung chưa bị thay đổi; vui lòng thử lại sau ít phút.",
    ),
}


_STORAGE_TEXTS = {
    503: (
        "Hệ thống đang bận",
        "Chưa lưu được vì hệ thống đang bận. Nội dung chưa bị thay đổi; vui lòng thử lại sau ít phút.",
    ),
    507: (
        "Hệ thống hết chỗ lưu trữ",
        "Chưa lưu được vì máy chủ hết chỗ lưu trữ. Hãy giữ lại nội dung và báo cho người quản trị.",
    ),
}
_RETRY = {"Retry-After": "60"}


def register(app: Flask) -> None:
    app.register_error_handler(ApiError, render_problem)

    @app.errorhandler(NotFoundError)
    def not_found(error: NotFoundError) -> ResponseReturnValue:
        return _render(404, near=list_near(get_db(), error))

    @app.errorhandler(sqlite3.OperationalError)
    @app.errorhandler(OSError)
    def storage_error(error: sqlite3.OperationalError | OSError) -> ResponseReturnValue:
        """Explain that the disk is full or that another writer holds the database; other errors give a 500."""
        kind = _kind_of_storage_error(error)
        if kind is None:
            raise error
        app.logger.error("%s %s: %s", request.method, request.path, error)
        if is_api_request():
            return render_problem(ApiError(kind, KINDS[kind][1], headers=_RETRY))
        return *_render(KINDS[kind][0], texts=_STORAGE_TEXTS), _RETRY

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error.get_response()
        if is_api_request():
            return render_http_error(error)
        body, status = _render(error.code)
        headers = [item for item in error.get_headers() if item[0] not in {"Content-Type", "Content-Length"}]
        return body, status, headers


def _kind_of_storage_error(error: sqlite3.OperationalError | OSError) -> str | None:
    """Return the kind of problem (a key of KINDS) of a failed read or write; None if it is our own fault."""
    if isinstance(error, OSError):
        return "full" if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} else None
    code = getattr(error, "sqlite_errorcode", 0)  # sqlite3 may raise without one
    # For a quota or a limit SQLite reports a failed write, not SQLITE_FULL.
    if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}:
        return "full"
    return "busy" if code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} else None


def _render(
    code: int, *, near: Sequence[tuple[str, str]] = (), texts: Mapping[int, tuple[str, str]] = _TEXTS
) -> tuple[str, int]:
    title, advice = texts.get(code, ("Không thực hiện được yêu cầu", "Hãy quay lại trang trước và thử lại."))
    return render_template("error.html", code=code, title=title, advice=advice, near=near), code
