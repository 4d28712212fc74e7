"""From the bytes of a request to a JSON value: size, media type, encoding, depth, what RFC 8259 does not know."""

import json
import math
from typing import Any, NoReturn

from flask import request

from .problems import ApiError


def read_json() -> Any:
    """Return the value in the body. Raises ApiError: 400, 415; a body above max_form_bytes is 413 before it is read."""
    if request.mimetype != "application/json" or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise ApiError(
            "media-type", "send Content-Type: application/json, in UTF-8", headers={"Accept": "application/json"}
        )
    data = request.get_data()
    try:
        return json.loads(
            data.decode("utf-8-sig"),
            parse_constant=_refuse_constant,
            parse_float=_read_float,
            object_pairs_hook=_read_object,
        )
    except RecursionError:
        raise ApiError("json", "the value is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise ApiError("json", f"the body is not UTF-8: byte {error.start} cannot be read") from None
    except ValueError as error:  # JSONDecodeError, ours, and a whole number of thousands of digits
        raise ApiError("json", str(error)) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _read_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that gives a name twice: which one was meant, nobody knows (RFC 8259, section 4)."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice[:80]!r} is given twice in one object")
    return found
