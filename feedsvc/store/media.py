"""Query our own pictures and their use by articles. `feedsvc.media` handles the files."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from ..addresses import MEDIA, media_name, small_name
from ..database import Database
from ..models import Image
from .times import from_seconds, to_seconds


@dataclass(frozen=True, slots=True)
class MediaRow:
    """The row of a picture; `length` in bytes, `width` and `height` in pixels."""

    hash: str
    extension: str
    media_type: str
    length: int
    width: int
    height: int
    created_at: datetime

    @property
    def name(self) -> str:
        return media_name(self.hash, self.extension)

    @property
    def small_name(self) -> str:
        return small_name(self.hash)

    def to_image(self) -> Image:
        return Image(MEDIA + self.name, self.media_type, self.length, self.width, self.height, media_hash=self.hash)


def find_media(db: Database, media_hash: str) -> MediaRow | None:
    rows = list_media(db, [media_hash])
    return rows[0] if rows else None


def list_media(db: Database, hashes: Collection[str] | None = None) -> list[MediaRow]:
    """List the rows of these hashes, or all rows, ordered by hash."""
    rows = db.execute(
        "SELECT hash, extension, media_type, length, width, height, created_at FROM media"
        " WHERE :hashes IS NULL OR hash IN (SELECT value FROM json_each(:hashes)) ORDER BY hash",
        {"hashes": None if hashes is None else json.dumps(list(hashes))},
    )
    return [MediaRow(**{**dict(row), "created_at": from_seconds(row["created_at"])}) for row in rows]


def save_media(db: Database, row: MediaRow) -> None:
    """Add a row, after the files were written and synced; an existing row does not change."""
    db.execute(
        "INSERT INTO media (hash, extension, media_type, length, width, height, created_at)"
        " VALUES (:hash, :extension, :media_type, :length, :width, :height, :created_at) ON CONFLICT DO NOTHING",
        {**asdict(row), "created_at": to_seconds(row.created_at)},
    )


def list_unused_media(db: Database, *, before: datetime) -> list[MediaRow]:
    """List the rows created before that time whose picture no article in any state shows."""
    rows = db.execute(
        "SELECT hash FROM media AS m WHERE created_at < ?"
        " AND NOT EXISTS (SELECT 1 FROM article_images AS i WHERE i.media_hash = m.hash)",
        [to_seconds(before)],
    )
    return list_media(db, [row["hash"] for row in rows])


def delete_media(db: Database, media_hash: str) -> None:
    db.execute("DELETE FROM media WHERE hash = ?", [media_hash])
