"""Ingest the items that were read in batches: one transaction each, then the report and the rejects file."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from ..articles.ingest import Outcome, ingest_batch
from ..database import Database
from ..intake import REJECTED_KEY, Item, Read
from ..media import MediaFolder
from ..models import Draft, Site
from ..problems import Problem, RejectedError
from ..store.catalogue import load_catalogue, renew_catalogue

BATCH_ITEMS = 200
BATCH_CHARACTERS = 8_000_000
KINDS = ("added", "corrected", "unchanged", "withdrawn", "rejected")
# The number of different notes that are counted separately, so that a report stays bounded.
_MOST_NOTES = 1000


class StoppedError(Exception):
    """The run cannot go on: the database or the rejects file cannot be written."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """Values that the operator sets for every draft, in place of the draft's own."""

    ward: str | None = None
    category: str | None = None

    def apply(self, draft: Draft) -> Draft:
        return replace(
            draft, ward=self.ward or draft.ward, categories=(self.category,) if self.category else draft.categories
        )


@dataclass
class Batches:
    """One run of ingest. `say` prints a line for the operator; `rejects` is the open rejects file, None without one.

    `backfill`: everything is old material, not news. `done` is the place of the last item of the last batch that was
    written.
    """

    db: Database
    site: Site
    overrides: Overrides
    get_now: Callable[[], datetime]
    say: Callable[[str], None]
    rejects: IO[str] | None = None
    backfill: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    done: str = ""
    _pending: list[tuple[Item, MediaFolder | None]] = field(default_factory=list)
    _characters: int = 0

    def __post_init__(self) -> None:
        self._catalogue = load_catalogue(self.db)

    def add(self, item: Item, media: MediaFolder | None = None) -> None:
        """Add one item, and write the batch if it is full; `media` reads the files in the item's folder.

        Raises StoppedError as `flush` does.
        """
        self._pending.append((item, media))
        self._characters += _measure(item)
        if len(self._pending) >= BATCH_ITEMS or self._characters >= BATCH_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Write the pending items.

        Raises StoppedError if the database or the rejects file cannot be written; if the database cannot, nothing of
        the batch is stored.
        """
        drafts = [(self.overrides.apply(item.draft), media) for item, media in self._pending if isinstance(item, Read)]
        results = iter(self._write(drafts))
        for item, _ in self._pending:
            result = next(results) if isinstance(item, Read) else RejectedError(*item.problems)
            if isinstance(result, RejectedError):
                self.reject(item.place, result.problems, item.raw)
            else:
                self._report(item, result)
        if self._pending:
            self.done = self._pending[-1][0].place
        self._pending, self._characters = [], 0

    def _write(self, drafts: list[tuple[Draft, MediaFolder | None]]) -> list[Outcome | RejectedError]:
        if not drafts:
            return []
        try:
            self._catalogue = renew_catalogue(self.db, self._catalogue)
            return ingest_batch(
                self.db,
                drafts,
                catalogue=self._catalogue,
                site=self.site,
                now=self.get_now(),
                backfill=self.backfill,
            )
        except sqlite3.Error as error:
            raise StoppedError(f"the database cannot be written ({error})") from error

    def reject(self, place: str, problems: tuple[Problem, ...], raw: dict[str, Any]) -> None:
        """Report a rejected item with its problems, and write it to the rejects file."""
        self.counts["rejected"] += 1
        for problem in problems:
            self.reasons[problem.code] += 1
            self.say(f"{place}: rejected: {problem.field}: {problem.message}")
        listed = [{"field": item.field, "code": item.code, "message": item.message} for item in problems]
        self._keep({**raw, REJECTED_KEY: {"place": place, "problems": listed}})

    def fail(self, place: str | Path, reason: str) -> None:
        """Report a file or folder that cannot be read, and write it to the rejects file."""
        self.counts["rejected"] += 1
        self.reasons["cannot_be_read"] += 1
        self.say(f"{place}: rejected: cannot be read: {reason}")
        self._keep({"unread": str(place), REJECTED_KEY: {"place": str(place), "reason": reason}})

    def _keep(self, record: dict[str, Any]) -> None:
        if self.rejects is None:
            return
        try:
            self.rejects.write(_to_line(record))
            self.rejects.flush()
        except OSError as error:
            raise StoppedError(f"the rejects file cannot be written ({error.strerror})") from error

    def _report(self, item: Item, outcome: Outcome) -> None:
        self.counts[outcome.kind] += 1
        if isinstance(item, Read):
            for name in item.unknown:
                self._note(item.place, f"unknown field {name!r} was ignored")
        for note in outcome.notes:
            self._note(item.place, note)
        if outcome.kind == "withdrawn":
            number = outcome.article.id
            self.say(f"{item.place}: note: article {number} stays withdrawn (see feedsvc articles restore)")

    def _note(self, place: str, note: str) -> None:
        """Print a note when it first occurs, and count it for the summary."""
        if note not in self.notes and len(self.notes) >= _MOST_NOTES:
            note = "there are more different notes than are counted separately"
        if note not in self.notes:
            self.say(f"{place}: note: {note}")
        self.notes[note] += 1

    def summarise(self) -> str:
        """Return the counts on one line; before that, print the notes that occurred more than once, and the reasons."""
        for note, count in self.notes.items():
            if count > 1:
                self.say(f"note: {count} times in all: {note}")
        for code, count in self.reasons.most_common():
            self.say(f"reason: {count} times {code}")
        return ", ".join(f"{self.counts[kind]} {kind}" for kind in KINDS if self.counts[kind] or kind != "withdrawn")


def _measure(item: Item) -> int:
    if isinstance(item, Read):
        return len(item.draft.content_text or item.draft.content_html or "")
    return sum(len(value) for value in item.raw.values() if isinstance(value, str))


def _to_line(value: dict[str, Any]) -> str:
    line = json.dumps(value, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:  # half of an emoji, "\ud83d": JSON can express it, UTF-8 cannot
        line = json.dumps(value)
    return line + "\n"
