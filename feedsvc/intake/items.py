"""What reading gives: an item is a draft that was read, or something that could not become one, kept whole."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..models import Draft
from ..problems import Problem


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading goes by: the time, the folded headings of known categories, the address of saved pages, limits.

    `record_limit` is the longest line or page, `file_limit` the longest JSON file, in bytes.
    """

    now: datetime
    sections: Collection[str] = ()
    base_url: str | None = None
    record_limit: int = 16_000_000
    file_limit: int = 64_000_000


@dataclass(frozen=True, slots=True)
class Read:
    """A draft, where it stands ("file:line", "file[index]"), and what it was read from.

    `raw` is a JSON object that would be read as the same draft again; `unknown` names the fields that were left out.
    """

    place: str
    draft: Draft
    raw: dict[str, Any]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """What could not be read as a draft, with every problem; `raw` holds it in a form that can be corrected."""

    place: str
    problems: tuple[Problem, ...]
    raw: dict[str, Any]


Item = Read | Refused
