"""Start servers for the benchmarks, each on a free loopback port, and read their use of resources from the kernel."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

from feedsvc.config import load_settings

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its address, and the first process of each of its parts."""

    url: str
    roots: tuple[int, ...]

    def list_processes(self) -> list[int]:
        """List the processes of the server: masters and workers."""
        children: dict[int, list[int]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                text = stat.read_text()
            except OSError:  # ended meanwhile
                continue
            parent = int(text.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
        found, left = [], list(self.roots)
        while left:
            pid = left.pop()
            found.append(pid)
            left += children.get(pid, [])
        return found

    def list_workers(self) -> list[int]:
        return sorted(set(self.list_processes()) - set(self.roots))

    def read_cpu(self) -> dict[str, int]:
        """Return the nanoseconds that each thread has run, in user and kernel mode (schedstat, first field)."""
        spent = {}
        for pid in self.list_processes():
            for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                try:
                    spent[str(path)] = int(path.read_text().split()[0])
                except OSError:  # the thread ended meanwhile
                    continue
        return spent


def cpu_between(before: dict[str, int], after: dict[str, int]) -> int:
    """Return the nanoseconds between two readings, without those of threads that ended in between."""
    return sum(nanoseconds - before.get(thread, 0) for thread, nanoseconds in after.items())


def read_memory(pid: int) -> int:
    """Return the bytes of memory that a process has for itself.

    This is not VmRSS, which also counts the database pages that SQLite maps, once for each connection, although the
    kernel can reclaim those at any time.
    """
    found = re.search(r"RssAnon:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found, f"process {pid} has no memory"
    return int(found[1]) * 1024


def run_feedsvc(instance: Path, **settings: object) -> AbstractContextManager[Server]:
    """Run `feedsvc serve` with an instance; `settings` are settings by name."""
    port = find_free_port()
    environ = _environ(instance, port, **settings)
    command = [sys.executable, "-m", "feedsvc", "serve"]
    return _run(command, port, environ, "/healthz", workers=load_settings(environ).workers)


def run_gunicorn(module: str, instance: Path) -> AbstractContextManager[Server]:
    """Run a module of contenders/ under our own gunicorn configuration."""
    port = find_free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "python:feedsvc.gunicorn_settings",
        f"bench.contenders.{module}:app",
    ]
    environ = _environ(instance, port)
    return _run(command, port, environ, "/rss.xml", workers=load_settings(environ).workers)


def _environ(instance: Path, port: int, **settings: object) -> dict[str, str]:
    ours = {f"FEEDSVC_{name.upper()}": str(value) for name, value in settings.items()}
    paths = {"PYTHONPATH": str(ROOT), "FEEDSVC_INSTANCE": str(instance)}
    return {**os.environ, **paths, "FEEDSVC_BIND": f"127.0.0.1:{port}", **ours}


# The relevant parts of Debian's nginx.conf: a worker for each core, sendfile, tcp_nopush.
_NGINX = Template("""
$user
daemon off;
pid $folder/pid;
error_log $folder/error.log warn;
worker_processes auto;
events { worker_connections 4096; }
http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000; # h2load stalls if a connection ends while it keeps a rate
    types { application/rss+xml xml; }
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    include $folder/site.conf;
}
""")
_STATIC = Template("server { listen 127.0.0.1:$port; root $folder/files; gzip_static on; }")


def run_nginx_static(folder: Path, files: dict[str, bytes]) -> AbstractContextManager[Server]:
    """Run nginx over files; a file with the additional suffix `.gz` is the compressed form of another."""
    for name, content in files.items():
        (folder / "files").mkdir(parents=True, exist_ok=True)
        (folder / "files" / name).write_bytes(content)
    port = find_free_port()
    return _run_nginx(folder, port, _STATIC.substitute(port=port, folder=folder), "/rss.xml")


def run_nginx_in_front(folder: Path, upstream: Server) -> AbstractContextManager[Server]:
    """Run nginx with deploy/nginx.conf, but other ports and folders, and without the limits for one client."""
    port = find_free_port()
    site = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for shipped, ours in (
        (r"/var/cache/nginx/feedsvc\b", f"{folder}/cache"),
        (r"server 127\.0\.0\.1:8000;", f"server {upstream.url.removeprefix('http://')};"),
        (r"listen 80;", f"listen 127.0.0.1:{port};"),
        (r"listen \[::\]:80;", ""),
    ):
        site, count = re.subn(shipped, ours, site)
        assert count, shipped
    # The limits stay active, with their cost, but are raised, because all our load comes from one address.
    site = re.sub(r"rate=\d+r/[sm]", "rate=1000000r/s", site)
    site = re.sub(r"\blimit_req\s+zone=(\w+)[^;]*;", r"limit_req zone=\1 burst=1000000 nodelay;", site)
    site = re.sub(r"\blimit_conn\s+(\w+)\s+\d+;", r"limit_conn \1 65535;", site)
    folder.mkdir(parents=True, exist_ok=True)
    return _run_nginx(folder, port, site, "/healthz", *upstream.roots)


def _run_nginx(folder: Path, port: int, site: str, path: str, *others: int) -> AbstractContextManager[Server]:
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program is not None, "nginx is not installed (Debian: nginx-light)"
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "site.conf").write_text(site, encoding="utf-8")
    (folder / "nginx.conf").write_text(_NGINX.substitute(folder=folder, user=user), encoding="utf-8")
    command = [program, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    return _run(command, port, dict(os.environ), path, *others, workers=os.cpu_count() or 1)


@contextmanager
def _run(
    command: list[str], port: int, environ: dict[str, str], path: str, *others: int, workers: int
) -> Iterator[Server]:
    """Run a server until the block ends; the block begins when all workers exist and `path` is answered."""
    process = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL)
    server = Server(f"http://127.0.0.1:{port}", (process.pid, *others))
    try:
        deadline = time.monotonic() + 30
        while len(server.list_workers()) < workers or not _answers(server.url + path):
            assert process.poll() is None, f"{command} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{command} does not answer"
            time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:  # slow clients can hold gunicorn longer than its graceful timeout
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            answer.read()
    except OSError:  # not running yet, or an HTTP error
        return False
    return True


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
