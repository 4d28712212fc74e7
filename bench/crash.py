"""Kill the service repeatedly, and compare its data with its answers: `python bench/crash.py [ROUNDS [SEED]]`.

In each round gunicorn serves an instance while programs post, correct and withdraw articles, some with pictures, and a
command (ingest, backup, wards load, migrate) runs at the same time. Then SIGKILL ends the whole group, a worker, the
master, or the command. In some rounds the disk of the service is nearly full. Afterwards the instance is checked for:

- lost: an acknowledged article is missing, or differs from its last acknowledgement (unanswered requests may or may not
  have taken effect);
- half: an article that is not in its lists, a change without its article, a picture without its file, a database with
  faults;
- reused: an id, a guid or a seq that meant something else before.

The exit status is 1 if anything was found, with the round in the output. The same SEED repeats the same actions, but
their timing differs. The tests call `run`.
"""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from http.client import HTTPConnection, HTTPException
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from feedsvc.config import load_settings
from feedsvc.database import open_database, transaction
from feedsvc.instance import make_instance
from feedsvc.store.tokens import save_token

WRITERS = 3
COMMANDS = ("ingest", "backup", "load", "migrate", "none")
VICTIMS = ("group", "worker", "master", "command")
RESTORES = 0.15  # of the rounds end with a restore that is killed
SECRET = "fs_crash"
# The space left on a nearly full disk, in addition to the present size of the files: enough for a few articles.
ROOM_BYTES = 300_000


@dataclass
class Said:
    """The answers to one writer about one article: the last `acknowledged` text, and texts still `under_way`.

    A text of None means that the article is withdrawn.
    """

    article_id: int | None = None
    guid: str = ""
    acknowledged: str | None = ""
    under_way: list[str | None] = field(default_factory=list)


@dataclass
class Run:
    """One instance through all rounds, and all answers about its articles, by external_id."""

    folder: Path
    rng: random.Random
    said: dict[str, Said] = field(default_factory=dict)
    ingested: set[str] = field(default_factory=set)
    changes: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    number: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def instance(self) -> Path:
        return self.folder / "instance"


def run(folder: Path, *, rounds: int, seed: int, say: Callable[[str], None] = lambda text: None) -> Run:
    """Run `rounds` rounds on a new instance in `folder`; return the findings and counts."""
    work = Run(folder, random.Random(seed))
    settings = load_settings({"FEEDSVC_INSTANCE": str(work.instance), "FEEDSVC_SITE_URL": "http://127.0.0.1:8000"})
    now = datetime.now(UTC)
    make_instance(settings, now=now)
    with closing(open_database(settings.database_path)) as db, transaction(db):
        save_token(db, "crash", SECRET, ward=None, area=None, now=now, expires_at=None)
    for number in range(1, rounds + 1):
        work.number = number
        play(work)
        look(work)
        if work.rng.random() < RESTORES:
            restore(work)
            look(work)
        say(f"round {number} of {rounds}: {len(work.findings)} findings; {describe(work)}")
    return work


def describe(work: Run) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(work.counts.items()))


def play(work: Run) -> None:
    """Serve, write, kill."""
    rng = work.rng
    is_full, victim, command = rng.random() < 0.15, rng.choice(VICTIMS), rng.choice(COMMANDS)
    delay = rng.uniform(0.1, 0.9)
    port, server = start(work, is_full=is_full)
    stop = threading.Event()
    writers = [
        threading.Thread(target=write, args=(work, port, f"{work.number}-{number}", random.Random(rng.random()), stop))
        for number in range(WRITERS)
    ]
    beside = begin_command(work, command)
    try:
        for writer in writers:
            writer.start()
        stop.wait(delay)
        if victim == "command" and beside is not None:
            kill(beside.process.pid)
        elif victim == "worker":
            kill(rng.choice(list_children(server.pid) or [server.pid]))
            stop.wait(0.2)
        elif victim == "master":
            kill(server.pid)
            stop.wait(0.1)
        work.counts[f"kills of {victim}"] += 1
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        stop.set()
        for writer in writers:
            writer.join()
    if beside is not None:
        finish_command(work, beside)


def start(work: Run, *, is_full: bool) -> tuple[int, "subprocess.Popen[bytes]"]:
    """Start `feedsvc serve` in its own process group; when it answers, return its port and process."""
    port = find_free_port()
    command = [sys.executable, "-m", "feedsvc", "serve", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    if is_full:
        # The limit applies to each file that grows; SQLite and Python then get the same errors as from a full disk.
        limit = max(path.stat().st_size for path in work.instance.glob("feedsvc.db*")) + ROOM_BYTES
        script = f"import resource, os; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}));"
        command = [sys.executable, "-c", f"{script} os.execv({sys.executable!r}, {command!r})"]
        work.counts["rounds with a full disk"] += 1
    log = (work.folder / "serve.log").open("ab")
    with log:
        server = subprocess.Popen(
            command, env=environ(work), stdout=log, stderr=log, start_new_session=True, cwd=work.folder
        )
    deadline = time.monotonic() + 60
    while True:
        with suppress(OSError, HTTPException):
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                connection.close()
                return port, server
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            raise RuntimeError(f"it does not start: {(work.folder / 'serve.log').read_text()[-2000:]}")
        time.sleep(0.02)


def environ(work: Run) -> dict[str, str]:
    return {
        **os.environ,
        "FEEDSVC_INSTANCE": str(work.instance),
        "FEEDSVC_SITE_URL": "http://127.0.0.1:8000",
        "FEEDSVC_API_REQUESTS_PER_MINUTE": "1000000",
    }


def find_free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def list_children(pid: int) -> list[int]:
    with suppress(OSError):
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in text.split()]
    return []


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


# The actions of programs during a round.


def write(work: Run, port: int, name: str, rng: random.Random, stop: threading.Event) -> None:
    """Post, correct and withdraw articles of its own until the service is gone; record the acknowledgements."""
    own: list[str] = []
    count = 0
    while not stop.is_set():
        act = rng.choice(["post", "post", "post", "picture", "correct", "withdraw"]) if own else "post"
        if act in {"post", "picture"}:
            key = f"{name}-{count}"
            count += 1
            own.append(key)
            work.said[key] = Said(acknowledged="")
        else:
            key = rng.choice(own)
        said = work.said[key]
        if said.acknowledged is None or (act in {"correct", "withdraw"} and said.article_id is None):
            continue
        text: str | None = None if act == "withdraw" else f"Nội dung {rng.random()} của bài {key}."
        said.under_way.append(text)
        try:
            status, answer = send(port, act, key, text, said=said, rng=rng)
        except (OSError, HTTPException):
            return  # killed: nobody knows whether it was done
        with work.lock:
            work.counts[f"answers {status}"] += 1
        if status in {200, 201}:
            said.acknowledged, said.under_way = text, []
            said.article_id, said.guid = answer["id"], answer["guid"]
            with work.lock:
                work.counts["acknowledged writes"] += 1
        elif status >= 500 and status not in {503, 507}:
            with work.lock:
                work.counts["server errors"] += 1


def send(
    port: int, act: str, key: str, text: str | None, *, said: Said, rng: random.Random
) -> tuple[int, dict[str, Any]]:
    record: dict[str, Any] = {
        "title": f"Bài {key}",
        "published": "2026-11-20T08:30:00+07:00",
        "ward": "phuong-lang",
        "external_id": key,
        "content_text": text,
    }
    headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
    method, path, body = "POST", "/api/articles", json.dumps(record).encode()
    if act == "withdraw":
        method, path, body = "DELETE", f"/api/articles/{said.article_id}", b'{"reason": "Sai"}'
    elif act == "picture":
        record["images"] = [{"file": "anh.png", "caption": "Ảnh"}]
        headers["Content-Type"], body = build_form(json.dumps(record), make_picture(rng))
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def build_form(record: str, picture: bytes) -> tuple[str, bytes]:
    """Return media type and body of a form with a record and a picture (RFC 7578)."""
    part = Message()
    part.add_header("Content-Disposition", "form-data", name="image", filename="anh.png")
    boundary = "feedsvc-crash"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="article"\r\n\r\n{record}\r\n'
        f"--{boundary}\r\nContent-Disposition: {part['Content-Disposition']}\r\nContent-Type: image/png\r\n\r\n"
    ).encode()
    return f"multipart/form-data; boundary={boundary}", body + picture + f"\r\n--{boundary}--\r\n".encode()


def make_picture(rng: random.Random) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (64, 48), (rng.randrange(256), rng.randrange(256), rng.randrange(256))).save(buffer, "PNG")
    return buffer.getvalue()


@dataclass
class Beside:
    """A command that runs while the service runs; `keys` are the articles of an ingest, `file` that of a backup."""

    name: str
    process: "subprocess.Popen[bytes]"
    keys: tuple[str, ...] = ()
    file: Path | None = None


def begin_command(work: Run, name: str) -> Beside | None:
    if name == "none":
        return None
    base = [sys.executable, "-m", "feedsvc"]
    keys: tuple[str, ...] = ()
    file = work.folder / f"{name}-{work.number}"
    if name == "ingest":
        keys = tuple(f"cli-{work.number}-{number}" for number in range(150))
        records = [{"title": f"Bài {key}", "published": "2026-11-20", "ward": "phuong-lang", "external_id": key,
                    "content_text": f"Nội dung của bài {key}."} for key in keys]  # fmt: skip
        file.write_text("".join(json.dumps(record) + "\n" for record in records))
        command = [*base, "ingest", "--format", "ndjson", str(file)]
    elif name == "load":
        registry = {
            "format": "feedsvc-registry-1",
            "areas": [{"slug": f"nhom-{work.number}", "name": f"Nhóm {work.number}",
                       "members": [{"ward": ["00199", "2025-07-01"]}]}],
        }  # fmt: skip
        file.write_text(json.dumps(registry))
        command = [*base, "wards", "load", str(file)]
    elif name == "backup":
        file = file.with_suffix(".tar.gz")
        command = [*base, "backup", str(file)]
    else:
        command = [*base, name]
    process = subprocess.Popen(command, env=environ(work), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return Beside(name, process, keys, file)


def finish_command(work: Run, beside: Beside) -> None:
    """Wait for the command, and record what its exit status promises."""
    status = beside.process.wait(timeout=120)
    work.counts[f"{beside.name}: exit {status}"] += 1
    if status != 0:
        return
    if beside.name == "ingest":
        work.ingested.update(beside.keys)
    elif beside.name == "backup" and beside.file is not None:
        check_backup(work, beside.file)
        beside.file.unlink()


def check_backup(work: Run, file: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(file) as archive:
            member = archive.extractfile("feedsvc.db")
            assert member is not None
            copy = Path(folder) / "feedsvc.db"
            copy.write_bytes(member.read())
            names = set(archive.getnames())
        with closing(sqlite3.connect(copy)) as db:
            result = db.execute("PRAGMA integrity_check").fetchone()[0]
            pictures = db.execute("SELECT hash || '.' || extension FROM media").fetchall()
    if result != "ok":
        work.findings.append(f"round {work.number}: half: the backup's database: {result}")
    missing = [name for (name,) in pictures if f"media/{name}" not in names]
    if missing:
        work.findings.append(f"round {work.number}: half: {len(missing)} pictures are not in the backup")


def restore(work: Run) -> None:
    """Restore the instance from a backup of just now, kill that, and have it finished: nothing may be missing then."""
    file = work.folder / "restore.tar.gz"
    base = [sys.executable, "-m", "feedsvc"]
    quiet: dict[str, Any] = {"env": environ(work), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([*base, "backup", str(file)], check=True, **quiet)
    process = subprocess.Popen([*base, "restore", str(file)], **quiet)
    with suppress(subprocess.TimeoutExpired):
        process.wait(work.rng.uniform(0.2, 1.5))
    process.kill()
    process.wait()
    # 2: it was killed before anything moved, or it had finished.
    status = subprocess.run([*base, "restore"], check=False, **quiet).returncode
    work.counts[f"restore killed: {'finished afterwards' if status == 0 else 'nothing to finish'}"] += 1
    if status not in {0, 2}:
        work.findings.append(f"round {work.number}: half: a restore that cannot be finished: exit {status}")
    file.unlink()


# What is there afterwards.


def look(work: Run) -> None:
    """Compare the instance with the answers, over a connection of our own; nothing runs meanwhile."""
    path = work.instance / "feedsvc.db"
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        for found in (*find_lost(work, db), *find_half(work, db), *find_reused(work, db)):
            work.findings.append(f"round {work.number}: {found}")


def find_lost(work: Run, db: sqlite3.Connection) -> list[str]:
    rows = {
        row["identity"].removeprefix("key:"): row
        for row in db.execute("SELECT id, guid, identity, content_html, state FROM articles")
    }
    found = [f"lost: {key} of an ingest that ended well" for key in work.ingested - rows.keys()]
    for key, said in work.said.items():
        row = rows.get(key)
        if row is None:
            if said.acknowledged != "":
                found.append(f"lost: {key}")
            continue
        holds = None if row["state"] == "withdrawn" else row["content_html"]
        possible = [said.acknowledged, *said.under_way]
        if not any((text is None) if holds is None else (text and f">{text}<" in holds) for text in possible):
            found.append(f"lost: {key} does not hold what was acknowledged last")
        # Requests without an answer are settled now, one way or the other.
        if said.guid and (row["id"], row["guid"]) != (said.article_id, said.guid):
            found.append(f"reused: {key} is article {row['id']} and was {said.article_id}")
        said.article_id, said.guid, said.under_way = row["id"], row["guid"], []
        seen = (text for text in possible if text and f">{text}<" in (holds or ""))
        said.acknowledged = None if holds is None else next(seen, said.acknowledged)
    return found


def find_half(work: Run, db: sqlite3.Connection) -> list[str]:
    checks = {
        "the database": "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        "a row without what it refers to": "SELECT * FROM pragma_foreign_key_check",
        "a published article in no list": "SELECT id FROM articles WHERE state = 'published' AND"
        " (SELECT count(*) FROM listings WHERE article_id = articles.id) < 2",
        "a withdrawn article in a list": "SELECT a.id FROM articles AS a JOIN listings AS l ON l.article_id = a.id"
        " WHERE a.state <> 'published'",
        "an article without its change": "SELECT id FROM articles WHERE state IN ('published', 'withdrawn')"
        " AND NOT EXISTS (SELECT 1 FROM changes WHERE article_id = articles.id)",
        "a scope behind its changes": "SELECT key FROM scopes WHERE seq > (SELECT max(seq) FROM changes)",
        "counts that are wrong": "SELECT state FROM article_counts AS c WHERE articles <>"
        " (SELECT count(*) FROM articles WHERE state = c.state)",
        "an article that is not in the search": "SELECT count(*) AS n FROM articles WHERE state = 'published'"
        " HAVING n <> (SELECT count(*) FROM search)",
    }
    found = [f"half: {name}: {rows[:3]}" for name, sql in checks.items() if (rows := [*map(tuple, db.execute(sql))])]
    files = {path.name for path in (work.instance / "media").glob("*")}
    for row in db.execute("SELECT hash, extension FROM media"):
        if f"{row['hash']}.{row['extension']}" not in files:
            found.append(f"half: the picture {row['hash'][:12]} has no file")
    return found


def find_reused(work: Run, db: sqlite3.Connection) -> list[str]:
    """Compare the change log with its previous state: rows may be added, but none may change or disappear."""
    now = {row["seq"]: tuple(row) for row in db.execute("SELECT * FROM changes")}
    found = [f"reused: change {seq} was another" for seq, row in work.changes.items() if now.get(seq) != row]
    work.changes = now
    return found


def main() -> int:
    given = [int(text) for text in sys.argv[1:]]
    rounds, seed = [*given, *(100, 1)[len(given) :]]
    with tempfile.TemporaryDirectory(prefix="feedsvc-crash-") as folder:
        started = time.monotonic()
        work = run(Path(folder), rounds=rounds, seed=seed, say=lambda text: print(text, file=sys.stderr, flush=True))
    kinds = Counter(finding.split(": ")[1] for finding in work.findings)
    print(f"{rounds} rounds, seed {seed}, {time.monotonic() - started:.0f} s: {describe(work)}")
    print(f"{kinds['lost']} lost, {kinds['half']} half visible, {kinds['reused']} reused")
    for finding in work.findings[:20]:
        print(finding)
    return 1 if work.findings else 0


if __name__ == "__main__":
    sys.exit(main())
