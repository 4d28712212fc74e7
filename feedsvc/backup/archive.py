"""Read the file of a backup: a .tar.gz of the instance that ends with a manifest of each file's size and SHA-256.

A backup of version 0.1 has no manifest; its database is checked all the same.
"""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from ..database import list_faults, open_connection
from ..errors import FeedsvcError
from ..store.history import Summary

DATABASE, MANIFEST, FORMAT = "feedsvc.db", "manifest.json", "feedsvc-backup-1"
_MEMBER = re.compile(r"feedsvc\.db|feedsvc\.toml|secret_key|manifest\.json|media/[0-9a-z][0-9a-z.-]*")
_MOST_MANIFEST_BYTES = 1 << 28

Progress = Callable[[int], object]  # takes the number of bytes processed since the last call


class BackupError(FeedsvcError):
    """A backup cannot be written, or a file is not a sound backup of feedsvc."""


class DamagedError(BackupError):
    """A database is damaged; `name` is its name, `fault` the fault that SQLite finds."""

    def __init__(self, name: str, fault: str) -> None:
        super().__init__(
            f"{name} is damaged: {fault}; nothing was written: keep the backups that you have, and restore the last "
            "one that `feedsvc backup --verify` finds sound"
        )
        self.name, self.fault = name, fault


def ignore(_: int) -> None:
    """Ignore the progress."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The contents of a backup: sizes in bytes by name and, if it has a manifest, the values of that."""

    sizes: dict[str, int]
    made_at: str = ""
    version: str = ""
    hashes: dict[str, str] = field(default_factory=dict)
    database: Summary | None = None

    @property
    def has_manifest(self) -> bool:
        return bool(self.made_at)

    @property
    def media_count(self) -> int:
        return sum(name.startswith("media/") for name in self.sizes)

    def dump(self) -> bytes:
        """Return the manifest as JSON."""
        files = {name: {"size": size, "sha256": self.hashes[name]} for name, size in self.sizes.items()}
        database = asdict(self.database) if self.database else None
        document = {"format": FORMAT, "version": self.version, "made_at": self.made_at, "database": database}
        return json.dumps({**document, "files": files}, indent=1).encode()


class HashingReader:
    """Passes a stream on, and computes the digest of its bytes."""

    def __init__(self, stream: IO[bytes], progress: Progress) -> None:
        self._stream, self._progress, self._digest = stream, progress, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._digest.update(data)
        self._progress(len(data))
        return data

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def read_contents(file: Path) -> Contents:
    """Return the declared contents of a backup. Raises BackupError if it is not ours or incomplete."""
    sizes, manifest = {}, None
    with open_archive(file) as members:
        for member, stream in members:
            sizes[member.name] = member.size
            if member.name == MANIFEST:
                manifest = _parse_manifest(stream.read(_MOST_MANIFEST_BYTES), file)
    return _complete(sizes, manifest)


def verify(file: Path, *, progress: Progress = ignore) -> Contents:
    """Check a whole backup: every file against the manifest, then the database itself. Raises BackupError."""
    with tempfile.TemporaryDirectory(prefix="feedsvc-verify-") as folder:
        contents = extract(file, Path(folder), keep=lambda name: name == DATABASE, progress=progress)
        check_database(Path(folder) / DATABASE, f"the database in {file}")
    return contents


def extract(
    file: Path, folder: Path, *, keep: Callable[[str], bool] = lambda name: True, progress: Progress = ignore
) -> Contents:
    """Write the wanted files of a backup into a new folder, and compare all files with the manifest.

    Raises BackupError; the content of the folder is useless then.
    """
    sizes, hashes, manifest = {}, {}, None
    with open_archive(file) as members:
        for member, stream in members:
            if member.name == MANIFEST:
                manifest = _parse_manifest(stream.read(_MOST_MANIFEST_BYTES), file)
                continue
            if member.name in sizes:
                raise BackupError(f"{file} is no backup of feedsvc: it has {member.name} twice")
            reader = HashingReader(stream, progress)
            if keep(member.name):
                _write(member, reader, folder / member.name)
            else:
                while reader.read(1 << 20):
                    pass
            sizes[member.name], hashes[member.name] = member.size, reader.hexdigest()
    contents = _complete(sizes, manifest)
    if manifest is not None:
        _compare(contents, sizes, hashes, file)
    return contents


def check_database(path: Path, name: str) -> None:
    """Raise DamagedError if SQLite finds a fault in the database, or if it is not ours."""
    try:
        with closing(open_connection(path)) as db:
            faults = list_faults(db)
            if not faults:
                db.execute("SELECT 1 FROM facts").fetchall()
    except sqlite3.DatabaseError as error:
        faults = [str(error)]
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise DamagedError(name, faults[0] + more)


@contextmanager
def open_archive(file: Path) -> Iterator[Iterator[tuple[tarfile.TarInfo, IO[bytes]]]]:
    """Yield the members of a backup one after the other. Raises BackupError, even while they are read."""
    names: set[str] = set()

    def walk(archive: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() and _MEMBER.fullmatch(member.name) else None
            if stream is None:
                raise BackupError(f"{file} is no backup of feedsvc: it has {member.name}")
            names.add(member.name)
            yield member, stream
        if DATABASE not in names:
            raise BackupError(f"{file} is no backup of feedsvc: it has no {DATABASE}")

    try:
        with tarfile.open(file, "r|gz") as archive:
            yield walk(archive)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BackupError(f"{file} cannot be read as a backup: {error}") from None


def _write(member: tarfile.TarInfo, stream: HashingReader, path: Path) -> None:
    """Write one file with its time, readable only by its owner, whatever owner and mode the archive has."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        shutil.copyfileobj(stream, target)
        target.flush()
        os.fsync(target.fileno())
    os.utime(path, (member.mtime, member.mtime))


def _parse_manifest(data: bytes, file: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(data)
        if manifest["format"] != FORMAT:
            raise BackupError(f"{file} is a backup of a newer feedsvc: it has the format {manifest['format']!r}")
        names = {name: (item["size"], item["sha256"]) for name, item in manifest["files"].items()}
        return {**manifest, "files": names, "database": Summary(**manifest["database"])}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{file} has a manifest that cannot be read: {error}") from None


def _complete(sizes: dict[str, int], manifest: dict[str, Any] | None) -> Contents:
    sizes = {name: size for name, size in sizes.items() if name != MANIFEST}
    if manifest is None:
        return Contents(sizes)
    hashes = {name: digest for name, (_, digest) in manifest["files"].items()}
    return Contents(sizes, manifest["made_at"], manifest["version"], hashes, manifest["database"])


def _compare(contents: Contents, sizes: dict[str, int], hashes: dict[str, str], file: Path) -> None:
    missing, strange = contents.hashes.keys() - hashes.keys(), hashes.keys() - contents.hashes.keys()
    changed = [name for name in hashes.keys() - strange if hashes[name] != contents.hashes[name]]
    for names, fault in ((missing, "lacks"), (strange, "has, against its manifest,"), (changed, "has a changed")):
        if names:
            raise BackupError(f"{file} {fault} {', '.join(sorted(names)[:3])}: it is damaged, use another backup")
