"""Whether anything was committed since: what every ready document asks before it is sent, in microseconds."""

import threading
from collections.abc import Iterable

from ..config import Settings
from ..database import get_data_version
from ..position import Position
from ..store.scopes import find_next_move, get_last_position
from .connections import Connections


class Watch:
    """Looks at the database by connections of its own, one per thread, which only read.

    Of its own: PRAGMA data_version tells of the commits of all connections but the one that asks.
    """

    def __init__(self, settings: Settings) -> None:
        self._connections = Connections(settings)
        self._seen = threading.local()
        self._generation = 0
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close every connection; the next look opens a new one."""
        self._connections.close()

    def look(self) -> int:
        """Return a number that is another one after each commit, by whomever.

        What was read after the number was given and before it changes is what still stands: the read began after each
        commit that any thread here knew of.
        """
        db = self._connections.get()
        version = get_data_version(db)
        if (db, version) != getattr(self._seen, "last", None):
            self._seen.last = db, version
            with self._lock:
                self._generation += 1
        return self._generation

    def get_last_position(self) -> Position:
        return get_last_position(self._connections.get())

    def find_next_move(self, keys: Iterable[str]) -> tuple[Position, int | None]:
        """See `store.scopes.find_next_move`."""
        return find_next_move(self._connections.get(), keys)
