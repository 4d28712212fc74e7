"""Keep one database connection for each thread, because opening one costs more than a hundred reads."""

import threading

from ..config import Settings
from ..database import Database, find_file, open_database


class Connections:
    """The connections of one process; each thread opens its own at the first use."""

    def __init__(self, settings: Settings) -> None:
        self._path, self._read_only = settings.database_path, settings.read_only
        self._opened: list[Database] = []
        self._local = threading.local()

    def get(self) -> Database:
        db: Database | None = getattr(self._local, "db", None)
        if self._read_only and db is not None:
            # Litestream begins a new file when it restarts. This request may still read from the old connection, so
            # garbage collection closes it.
            file = find_file(self._path)
            if file is not None and file != self._local.file:
                self._opened.remove(db)
                db = None
        if db is None:
            self._local.file = find_file(self._path)
            db = self._local.db = open_database(self._path, read_only=self._read_only)
            self._opened.append(db)
        return db

    def close(self) -> None:
        """Close every connection; the next use opens a new one."""
        for db in self._opened:
            db.close()
        self._opened.clear()
        self._local = threading.local()
