"""Lock an instance: all writers share one lock, and a command that replaces the database needs it exclusively.

The kernel holds the lock (flock) for the process and for the children that inherit it, and releases it however they
end. The file also names the holders, one per line, so that a refused command can say what to stop.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from .errors import InstanceError

FILE_NAME = "feedsvc.lock"
# If the file is larger, the lines of ended processes are dropped. Two writers that do so at once may lose the name of
# one holder, but never its lock.
_MOST_BYTES = 4096


class Lock:
    """A lock that is held until `close`, the end of a `with`, or the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def pass_on(self) -> None:
        """Keep the lock for the program that replaces this process (exec)."""
        assert self._descriptor is not None
        os.set_inheritable(self._descriptor, True)

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    __del__ = close  # an application that is no longer used releases the lock

    def __enter__(self) -> "Lock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def share(folder: Path, holder: str) -> Lock:
    """Take the shared lock of the instance in `folder`; `holder` is the name of the command.

    Raises InstanceError while another process holds it exclusively.
    """
    return _take(folder, holder, fcntl.LOCK_SH, "is being replaced by", "wait until it has ended")


def take_alone(folder: Path, holder: str) -> Lock:
    """Take the exclusive lock of the instance in `folder`. Raises InstanceError, naming the holders, if it is held."""
    return _take(folder, holder, fcntl.LOCK_EX, "is in use by", "stop that first, nothing was changed")


def _take(folder: Path, holder: str, kind: int, state: str, advice: str) -> Lock:
    path = folder / FILE_NAME
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise InstanceError(folder, f"cannot be locked: {path}: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        names = [f"{name} (process {pid}: kill {pid}, or systemctl stop its unit)" for pid, name in _list_holders(path)]
        os.close(descriptor)
        raise InstanceError(folder, f"{state} {', '.join(names) or 'another process'}; {advice}") from None
    except OSError as error:
        os.close(descriptor)
        raise InstanceError(folder, f"cannot be locked: {path}: {error.strerror}") from None
    _write_holder(descriptor, path, f"{os.getpid()} {holder}\n")
    return Lock(descriptor)


def _write_holder(descriptor: int, path: Path, line: str) -> None:
    if os.fstat(descriptor).st_size > _MOST_BYTES:
        line = "".join(f"{pid} {name}\n" for pid, name in _list_holders(path)) + line
        os.ftruncate(descriptor, 0)
    os.write(descriptor, line.encode())


def _list_holders(path: Path) -> list[tuple[int, str]]:
    """List the process id and command of each live process that took the lock."""
    found: dict[int, str] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        pid, _, name = line.partition(" ")
        if pid.isdecimal() and int(pid) not in found and _is_alive(int(pid)):
            found[int(pid)] = name
    return list(found.items())


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
