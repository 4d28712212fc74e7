"""The lock: writers share it, a restore takes it exclusively, and it ends with its holder, however that ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from feedsvc import lock
from feedsvc.errors import InstanceError


def hold_in_another_process(folder: Path, how: str) -> "subprocess.Popen[str]":
    """Start a process that takes the lock; return when it holds it. The process ends when its input ends."""
    program = (
        "import sys; from pathlib import Path; from feedsvc import lock\n"
        f"held = lock.{how}(Path(sys.argv[1]), 'feedsvc example'); print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_writers_share_it(tmp_path: Path) -> None:
    with lock.share(tmp_path, "feedsvc serve"), lock.share(tmp_path, "feedsvc ingest"):
        pass


def test_a_refused_command_names_the_holder_and_how_to_stop_it(tmp_path: Path) -> None:
    with hold_in_another_process(tmp_path, "share") as holder:
        with pytest.raises(InstanceError) as refused:
            lock.take_alone(tmp_path, "feedsvc restore")
        assert f"is in use by feedsvc example (process {holder.pid}: kill {holder.pid}" in str(refused.value)
    alone = lock.take_alone(tmp_path, "feedsvc restore")
    with alone, pytest.raises(InstanceError, match=f"is being replaced by feedsvc restore .process {os.getpid()}"):
        lock.share(tmp_path, "feedsvc serve")


@pytest.mark.parametrize("how", ["share", "take_alone"])
def test_it_ends_with_a_process_that_is_killed(tmp_path: Path, how: str) -> None:
    with hold_in_another_process(tmp_path, how) as holder:
        holder.send_signal(signal.SIGKILL)
    with lock.take_alone(tmp_path, "feedsvc restore"):
        pass


def test_the_names_of_those_that_ended_are_dropped_in_time(tmp_path: Path) -> None:
    (tmp_path / lock.FILE_NAME).write_text("999999999 feedsvc ingest\n" * 1000)
    with lock.share(tmp_path, "feedsvc serve"):
        assert (tmp_path / lock.FILE_NAME).read_text() == f"{os.getpid()} feedsvc serve\n"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InstanceError, match="cannot be locked"):
        lock.share(tmp_path / "none", "feedsvc serve")
