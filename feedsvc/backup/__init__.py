"""Write an instance to one file, and restore it: backups are verified, and a restore loses no acknowledged data."""

from .archive import DATABASE, BackupError, Contents, read_contents, verify
from .replace import Replacement, adopt, finish, restore
from .scratch import list_leftovers
from .write import copy_database, count_bytes, write_backup

__all__ = [
    "DATABASE",
    "BackupError",
    "Contents",
    "Replacement",
    "adopt",
    "copy_database",
    "count_bytes",
    "finish",
    "list_leftovers",
    "read_contents",
    "restore",
    "verify",
    "write_backup",
]
