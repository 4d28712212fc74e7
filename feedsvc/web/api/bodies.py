"""Read the body of a request as a JSON value and files; check media type, size, encoding and RFC 8259."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from flask import request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from ..context import get_settings
from .problems import ApiError

MOST_FILES = 10
ARTICLE_PART = "article"


@dataclass(frozen=True, slots=True)
class Body:
    """The content of a request: the value, the files by their names, and a digest of both."""

    value: Any
    digest: str
    files: Mapping[str, FileStorage] = field(default_factory=dict)

    def read(self, name: str) -> bytes:
        """Return a file of the request, at most one byte more than allowed. Raises FileNotFoundError."""
        if name not in self.files:
            raise FileNotFoundError(name)
        stream = self.files[name].stream
        stream.seek(0)
        return stream.read(get_settings().max_image_bytes + 1)


def read_body() -> Body:
    """Return the content of a JSON body, or of multipart/form-data with files.

    Raises ApiError 400, 415; Werkzeug raises 413 during reading if the body is too large.
    """
    if request.mimetype == "multipart/form-data":
        return _read_multipart()
    if request.mimetype != "application/json" or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        rule = "send Content-Type: application/json in UTF-8, or multipart/form-data with images"
        raise ApiError("media-type", rule, headers={"Accept": "application/json, multipart/form-data"})
    data = request.get_data()
    # Werkzeug reads a chunked body up to the limit and silently ignores the rest.
    if request.content_length is None and len(data) >= get_settings().max_form_bytes:
        raise RequestEntityTooLarge
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ApiError("json", f"the body is not UTF-8: byte {error.start} cannot be read") from None
    return Body(_read_value(text), hashlib.sha256(data).hexdigest())


def _read_multipart() -> Body:
    """Read the part `article`, and other parts as files; the digest ignores the boundary, which changes each time."""
    settings = get_settings()
    request.max_content_length = settings.max_form_bytes + MOST_FILES * settings.max_image_bytes
    # Werkzeug also counts up to 64 KiB that it has read but not yet parsed.
    request.max_form_memory_size = settings.max_form_bytes + 2 * 65_536
    text = request.form.get(ARTICLE_PART)
    found = [(storage.filename or name, storage) for name, storage in request.files.items(multi=True)]
    files = dict(found)
    if text is None or len(request.form) > 1:
        raise ApiError("bad-request", f"send the article as JSON in the part {ARTICLE_PART!r}, and images as files")
    if len(found) > MOST_FILES:
        raise ApiError("too-many", f"{len(found)} files in one request, at most {MOST_FILES} are allowed")
    if len(files) < len(found):
        raise ApiError("bad-request", "two files have the same name: an image is identified by the name of its file")
    if len(text) > settings.max_form_bytes:
        raise RequestEntityTooLarge
    digest = hashlib.sha256(text.encode())
    for name, storage in sorted(files.items()):
        digest.update(f"\n{name}\n{hashlib.file_digest(storage.stream, 'sha256').hexdigest()}".encode())  # type: ignore[arg-type]
    return Body(_read_value(text), digest.hexdigest(), files)


def _read_value(text: str) -> Any:
    try:
        return json.loads(
            text, parse_constant=_refuse_constant, parse_float=_read_float, object_pairs_hook=_read_object
        )
    except RecursionError:
        raise ApiError("json", "the value is nested too deeply") from None
    except ValueError as error:  # JSONDecodeError, our own errors, and a whole number of thousands of digits
        raise ApiError("json", str(error)) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _read_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that gives a name twice, because its meaning is not defined (RFC 8259, section 4)."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice[:80]!r} is given twice in one object")
    return found
