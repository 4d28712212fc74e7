"""Open the database: connection, pragmas, migrations, one write transaction. No domain query belongs here."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from .errors import ReadOnlyError, SchemaError
from .migrations import migrations

__all__ = [
    "Database",
    "check_schema",
    "find_file",
    "get_data_version",
    "is_damage",
    "list_faults",
    "migrate",
    "open_connection",
    "open_database",
    "transaction",
]

BUSY_SECONDS = 10
_READING = ("mmap_size = 268435456", "cache_size = -16000", "trusted_schema = OFF")
_WRITING = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")


def open_database(path: Path, *, read_only: bool = False) -> Database:
    """Open the database at `path` (or create it) for one thread at a time; rows are `sqlite3.Row`.

    synchronous=FULL: an acknowledged commit survives a power cut; in WAL mode NORMAL could lose the last commits.
    `read_only` keeps the journal mode of the file; no statement can write to it.
    """
    if not read_only and not path.exists():
        # SQLite gives -wal and -shm the mode of the database, and the database that of the umask.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    name = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"
    connection = sqlite3.connect(name, uri=True, timeout=BUSY_SECONDS, cached_statements=256, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    for pragma in (*(("query_only = ON",) if read_only else _WRITING), *_READING):
        connection.execute(f"PRAGMA {pragma}")
    return Database(connection, recursive_triggers=False, execute_plugins=False)


def open_connection(path: Path) -> sqlite3.Connection:
    """Open an existing database of any version to read only and to look at its file: creates and migrates nothing."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)


def migrate(db: Database) -> list[str]:
    """Bring the schema to this version; return the names of the applied migrations.

    Safe to call in several processes at once: the first takes the write lock, the others find nothing to do. Raises
    SchemaError if a newer version wrote the database.
    """
    _refuse_newer(db)
    if not migrations.pending(db):
        return []
    with transaction(db):
        names = [migration.name for migration in migrations.pending(db)]
        migrations.apply(db)
    return names


def check_schema(db: Database) -> None:
    """Raise SchemaError if the schema is not that of this version: only `serve` and `migrate` bring it there."""
    _refuse_newer(db)
    pending = [migration.name for migration in migrations.pending(db)]
    if pending:
        raise SchemaError(
            f"the database lacks {', '.join(pending)}: an older feedsvc wrote it. Stop the service and run "
            "`feedsvc migrate`; where read_only is set, do that on the instance that writes"
        )


def _refuse_newer(db: Database) -> None:
    known = {migration.name for migration in migrations._migrations}
    unknown = {migration.name for migration in migrations.applied(db)} - known
    if unknown:
        raise SchemaError(
            f"the database has {', '.join(sorted(unknown))}, which this version does not know: "
            "it was written by a newer feedsvc; install that version or restore a backup"
        )


@contextmanager
def transaction(db: Database) -> Iterator[Database]:
    """Run one write transaction, all or nothing; within another transaction, run a savepoint of it.

    It uses BEGIN IMMEDIATE, not the BEGIN of `db.atomic()`: a transaction that reads first and then writes would fail
    at once with SQLITE_BUSY_SNAPSHOT if another process wrote in between, and the busy timeout does not apply there.

    Raises ReadOnlyError if the database was opened with `read_only`.
    """
    if db.conn.in_transaction:
        with db.atomic():
            yield db
        return
    if db.conn.execute("PRAGMA query_only").fetchone()[0]:
        raise ReadOnlyError  # BEGIN IMMEDIATE would succeed, and only the first INSERT would fail
    changes = db.conn.total_changes
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield db
        if db.conn.total_changes != changes:
            _touch_first_page(db)
    except BaseException:
        db.rollback()
        raise
    db.commit()


def _touch_first_page(db: Database) -> None:
    """Change the first page of the file, because a transaction in WAL mode may leave it unchanged.

    Readers of a copy that Litestream updates use rollback mode, where a reader keeps its cache until the first page
    changes: without this change it would never see the commit. See
    docs/decisions/0013-read-replicas-with-litestream.md.
    """
    commits = int(db.conn.execute("PRAGMA user_version").fetchone()[0])
    pragma = f"user_version = {(commits + 1) % 2**31}"
    db.conn.execute(f"PRAGMA {pragma}")


def is_damage(error: sqlite3.Error) -> bool:
    """Tell if SQLite says that the file itself is damaged, or is no database."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def list_faults(db: Database | sqlite3.Connection) -> list[str]:
    """List the faults that SQLite finds in the file itself and in its foreign keys; empty if there are none."""
    faults = [str(row[0]) for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    references = db.execute("PRAGMA foreign_key_check").fetchall()
    return faults + [
        f"a row of {table} (rowid {rowid}) refers to no row of {parent}" for table, rowid, parent, _ in references
    ]


def get_data_version(db: Database) -> int:
    """Return a number that changes when another connection commits (PRAGMA data_version, about 4 µs)."""
    return int(db.conn.execute("PRAGMA data_version").fetchone()[0])


def find_file(path: Path) -> tuple[int, int] | None:
    """Return (device, inode) of the file at `path`, which differ after it was replaced; None if there is no file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
