"""Detect commits in microseconds, so that every ready document can be checked before it is sent."""

import threading
from collections.abc import Iterable

from ..config import Settings
from ..database import get_data_version
from ..position import Position
from ..store.scopes import find_next_move, get_last_position
from .connections import Connections


class Watch:
    """Watches the database through its own connections, one per thread, which only read.

    They are separate because PRAGMA data_version reports the commits of all connections except the one that asks.
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
        """Return a number that changes with every commit, by any connection of any process.

        Data that was read after this number was returned stays valid until the number changes: the read began after
        every commit that any thread of this process knew of.
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
