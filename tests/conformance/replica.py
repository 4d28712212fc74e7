"""Run an instance that writes, Litestream with the shipped files, and a read-only instance, all on one machine."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..conftest import PROGRAMS, Server, start_server, stop_server
from .wire import Answer, fetch

DEPLOY = Path(__file__).parents[2] / "deploy"
Process = subprocess.Popen[Any]


class Site:
    """The programs of one site; each can be stopped and started again."""

    def __init__(self, folder: Path, *, config: Path = DEPLOY / "litestream.yml", follow_interval: str = "") -> None:
        self._folder, self._config, self._follow_interval = folder, config, follow_interval
        self._processes: dict[str, Process] = {}
        self.writer = self._start_instance("writer")
        self._address = self.writer.url
        self._token = self.writer.run("tokens", "add", "portal").stdout.strip()
        self.start_litestream()
        self.start_follower()
        self.reader = self._start_instance("reader", FEEDSVC_READ_ONLY="1", FEEDSVC_SITE_URL=self._address)

    def start_writer(self) -> None:
        """Start the instance that writes, on a new port, with the public address that it had before."""
        self.writer = self._start_instance("writer", FEEDSVC_SITE_URL=self._address)

    def start_litestream(self) -> None:
        """Replicate the writer's database to a folder; return when the folder has content."""
        replicate = ["litestream", "replicate", "-config", str(self._config)]
        self._start_program("litestream", replicate, "writer")
        self._wait_until("litestream", lambda: any((self._folder / "replica").rglob("*.ltx")))

    def start_follower(self) -> None:
        """Write the copy to the reader's folder; return when the new copy is in place."""
        database = self._folder / "reader" / "feedsvc.db"
        before = database.stat().st_ino if database.exists() else None
        self._start_program("follower", [str(DEPLOY / "follow-replica.sh")], "reader")
        self._wait_until("follower", lambda: database.exists() and database.stat().st_ino != before)

    def kill(self, name: str) -> None:
        """Kill a program at once, as a crash would, with the processes that it started."""
        pids = self.list_pids(name)
        process = self._processes.pop(name)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        process.communicate(timeout=30)

    def list_pids(self, name: str) -> list[int]:
        """List the processes of a program (writer, litestream, follower, reader), with those that it started."""
        pid = self._processes[name].pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [pid, *map(int, children.split())]

    def stop(self) -> None:
        for process in reversed(self._processes.values()):
            if process.poll() is None:
                stop_server(process)

    def post(self, title: str) -> int:
        """Publish an article on the instance that writes; return its id."""
        record = {
            "title": title,
            "content_text": title,
            "ward": "phuong-lang",
            "published": "2026-01-02T03:04:05+07:00",
        }
        return int(json.loads(self.call("POST", "/api/articles", record).body)["id"])

    def withdraw(self, article_id: int) -> None:
        self.call("DELETE", f"/api/articles/{article_id}", {"reason": "Nhầm"})

    def call(self, method: str, path: str, value: object) -> Answer:
        answer = fetch(
            self.writer.url + path,
            method,
            content=json.dumps(value).encode(),
            Authorization=f"Bearer {self._token}",
            Content_Type="application/json",
        )
        assert answer.status < 300, answer.body
        return answer

    def read_log(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text(encoding="utf-8")

    def _start_instance(self, name: str, **environ: str) -> Server:
        self._processes[name], server = start_server(self._folder / name, **environ)
        return server

    def _start_program(self, name: str, command: list[str], instance: str) -> None:
        environ = {
            **os.environ,
            "PATH": PROGRAMS,
            "FEEDSVC_INSTANCE": str(self._folder / instance),
            "FEEDSVC_REPLICA": f"file://{self._folder}/replica",
            "FOLLOW_INTERVAL": self._follow_interval,
        }
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(command, env=environ, stdout=log, stderr=subprocess.STDOUT)

    def _wait_until(self, name: str, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not is_ready():
            assert self._processes[name].poll() is None, self.read_log(name)
            assert time.monotonic() < deadline, self.read_log(name)
            time.sleep(0.02)


@contextmanager
def run_site(folder: Path, *, config: Path = DEPLOY / "litestream.yml", follow_interval: str = "") -> Iterator[Site]:
    """Run a site with the shipped or another configuration of Litestream, and the shipped or another interval."""
    site = Site(folder, config=config, follow_interval=follow_interval)
    try:
        yield site
    finally:
        site.stop()
