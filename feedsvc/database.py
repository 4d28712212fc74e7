"""Open the database: connection, pragmas, migrations, one write transaction. No query of the domain lives here."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from .errors import SchemaError
from .migrations import migrations

__all__ = ["Database", "get_data_version", "list_faults", "migrate", "open_database", "transaction"]

BUSY_SECONDS = 10


def open_database(path: Path) -> Database:
    """Open (or create) the database at `path` for one thread at a time; rows are `sqlite3.Row`.

    synchronous=FULL: what was acknowledged survives a power cut; in WAL mode NORMAL would lose the last commits.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, cached_statements=256, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "mmap_size = 268435456",
        "cache_size = -16000",
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return Database(connection, recursive_triggers=False, execute_plugins=False)


def migrate(db: Database) -> list[str]:
    """Bring the schema to this version; return the names of the migrations that were applied.

    Safe to call in several processes at once: the first takes the write lock, the others find nothing to do. Raises
    SchemaError where the database was written by a newer version.
    """
    known = {migration.name for migration in migrations._migrations}
    unknown = {migration.name for migration in migrations.applied(db)} - known
    if unknown:
        raise SchemaError(
            f"the database has {', '.join(sorted(unknown))}, which this version does not know: "
            "it was written by a newer feedsvc; install that version or restore a backup"
        )
    if not migrations.pending(db):
        return []
    with transaction(db):
        names = [migration.name for migration in migrations.pending(db)]
        migrations.apply(db)
    return names


@contextmanager
def transaction(db: Database) -> Iterator[Database]:
    """Run one write transaction: all or nothing; inside another one, a savepoint of it.

    BEGIN IMMEDIATE, not the BEGIN of `db.atomic()`: a transaction that reads first and then writes would fail at once
    with SQLITE_BUSY_SNAPSHOT when another process wrote in between, and no busy timeout helps there.
    """
    if db.conn.in_transaction:
        with db.atomic():
            yield db
        return
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield db
    except BaseException:
        db.rollback()
        raise
    db.commit()


def list_faults(db: Database) -> list[str]:
    """List what SQLite finds wrong with the file itself and with its references; nothing where all is well."""
    faults = [str(row[0]) for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    references = db.execute("PRAGMA foreign_key_check").fetchall()
    return faults + [
        f"a row of {table} (rowid {rowid}) refers to no row of {parent}" for table, rowid, parent, _ in references
    ]


def get_data_version(db: Database) -> int:
    """Return a number that changes when another connection committed (PRAGMA data_version, about 4 µs)."""
    return int(db.conn.execute("PRAGMA data_version").fetchone()[0])
