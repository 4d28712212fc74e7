"""Whether anything was committed since: what every ready document asks before it is sent, in microseconds."""

import threading
from collections.abc import Iterable
from pathlib import Path

from ..database import Database, get_data_version, open_database
from ..store.scopes import find_next_move, get_last_seq


class Watch:
    """Looks at the database by connections of its own, one per thread, which only read.

    Of its own: PRAGMA data_version tells of the commits of all connections but the one that asks.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._generation = 0
        self._lock = threading.Lock()
        self.close()

    def close(self) -> None:
        """Close every connection; the next look opens a new one."""
        for db in getattr(self, "_opened", []):
            db.close()
        self._opened: list[Database] = []
        self._local = threading.local()

    def _connection(self) -> Database:
        db: Database | None = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = open_database(self._path)
            self._local.version = -1
            self._opened.append(db)
        return db

    def look(self) -> int:
        """Return a number that is another one after each commit, by whomever.

        What was read after the number was given and before it changes is what still stands: the read began after each
        commit that any thread here knew of.
        """
        version = get_data_version(self._connection())
        if version != self._local.version:
            self._local.version = version
            with self._lock:
                self._generation += 1
        return self._generation

    def get_last_seq(self) -> int:
        return get_last_seq(self._connection())

    def find_next_move(self, keys: Iterable[str]) -> tuple[int, int | None]:
        """See `store.scopes.find_next_move`."""
        return find_next_move(self._connection(), keys)
