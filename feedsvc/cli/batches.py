"""Take in what was read, batch by batch: one transaction each, then the report and the rejects file move on."""

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
# Notes that are told one from the other; a report has an end.
_MOST_NOTES = 1000


class StoppedError(Exception):
    """The run cannot go on: the database or the rejects file cannot be written."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the operator says of every draft, in place of what stands in it."""

    ward: str | None = None
    category: str | None = None

    def apply(self, draft: Draft) -> Draft:
        return replace(
            draft, ward=self.ward or draft.ward, categories=(self.category,) if self.category else draft.categories
        )


@dataclass
class Batches:
    """One run of ingest. `say` prints a line for the operator; `rejects` is the open rejects file, if one is wanted.

    `done` names the place up to which everything was written.
    """

    db: Database
    site: Site
    overrides: Overrides
    get_now: Callable[[], datetime]
    say: Callable[[str], None]
    rejects: IO[str] | None = None
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    done: str = ""
    _pending: list[tuple[Item, MediaFolder | None]] = field(default_factory=list)
    _characters: int = 0

    def __post_init__(self) -> None:
        self._catalogue = load_catalogue(self.db)

    def add(self, item: Item, media: MediaFolder | None = None) -> None:
        """Take one item, and write the batch where that fills it; `media` reads the files that lie beside it.

        Raises StoppedError as `flush` does.
        """
        self._pending.append((item, media))
        self._characters += _measure(item)
        if len(self._pending) >= BATCH_ITEMS or self._characters >= BATCH_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Write what is pending. Raises StoppedError where that fails; of the batch nothing is in then."""
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
            return ingest_batch(self.db, drafts, catalogue=self._catalogue, site=self.site, now=self.get_now())
        except sqlite3.Error as error:
            raise StoppedError(f"the database cannot be written ({error})") from error

    def reject(self, place: str, problems: tuple[Problem, ...], raw: dict[str, Any]) -> None:
        """Name what was rejected and why, and keep it."""
        self.counts["rejected"] += 1
        for problem in problems:
            self.reasons[problem.code] += 1
            self.say(f"{place}: rejected: {problem.field}: {problem.message}")
        listed = [{"field": item.field, "code": item.code, "message": item.message} for item in problems]
        self._keep({**raw, REJECTED_KEY: {"place": place, "problems": listed}})

    def fail(self, place: str | Path, reason: str) -> None:
        """Reject a file or folder that cannot be read at all."""
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
                self._note(item.place, f"unknown field {name!r} was left out")
        for note in outcome.notes:
            self._note(item.place, note)
        if outcome.kind == "withdrawn":
            number = outcome.article.id
            self.say(f"{item.place}: note: article {number} was withdrawn and stays so (feedsvc articles restore)")

    def _note(self, place: str, note: str) -> None:
        """Say a note where it comes up first; how often it came is said at the end."""
        if note not in self.notes and len(self.notes) >= _MOST_NOTES:
            note = "more notes than are told one from the other"
        if note not in self.notes:
            self.say(f"{place}: note: {note}")
        self.notes[note] += 1

    def summarise(self) -> str:
        """Return the counts on one line; say first what came more than once."""
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
    except UnicodeEncodeError:  # half of an emoji, "\ud83d": JSON can say it, UTF-8 cannot
        line = json.dumps(value)
    return line + "\n"
