"""Read bytes in the ways that tests need."""

import io
import json
from typing import Any

from feedsvc.intake import Item, Read, Reading, Refused, Source, read_items

from ..conftest import NOW

RECORD = {
    "external_id": "a-1",
    "title": "Thông báo",
    "published": "2023-09-13",
    "ward": "phuong-phuc-dong",
    "content_text": "Một.",
}
PAGE = """Thông báo

Phường Phúc Đồng thông báo
Ngày đăng 13/09/2023 | 16:20 | Lượt xem: 200

Nội dung.
"""


def read(data: bytes | str, file_format: str = "auto", *, name: str = "tin", **limits: Any) -> list[Item]:
    data = data.encode() if isinstance(data, str) else data
    return list(read_items(Source(io.BytesIO(data)), name, file_format, Reading(NOW, **limits)))


def lines_of(*records: Any) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def outline(items: list[Item]) -> list[tuple[str, str]]:
    """Return the place of each item with its title, or with the codes of its problems."""
    return [
        (
            item.place,
            item.draft.title if isinstance(item, Read) else " ".join(problem.code for problem in item.problems),
        )
        for item in items
    ]


def refused(items: list[Item]) -> list[Refused]:
    return [item for item in items if isinstance(item, Refused)]
