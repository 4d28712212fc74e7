"""The result of reading: each item is a draft, or an input that could not become a draft and is kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..models import Draft
from ..problems import Problem


@dataclass(frozen=True, slots=True)
class Reading:
    """The parameters of reading: time, folded headings of known categories, base URL of saved pages, limits.

    `record_limit` is the maximum size of a line or page, `file_limit` that of a JSON file, in bytes.
    """

    now: datetime
    sections: Collection[str] = ()
    base_url: str | None = None
    record_limit: int = 16_000_000
    file_limit: int = 64_000_000


@dataclass(frozen=True, slots=True)
class Read:
    """A draft, its place ("file:line", "file[index]"), and its source.

    `raw` is a JSON object from which the same draft can be read again; `unknown` names the fields that were ignored.
    """

    place: str
    draft: Draft
    raw: dict[str, Any]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """An input that is not readable as a draft, with every problem; `raw` holds it in a form that can be corrected."""

    place: str
    problems: tuple[Problem, ...]
    raw: dict[str, Any]


Item = Read | Refused
