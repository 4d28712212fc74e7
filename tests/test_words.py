"""Comments, docstrings, messages and documentation avoid translated idioms that are wrong in any context."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
# The idiom, as a regular expression, and what to write instead.
IDIOMS = {
    r"anew": "again, or a verb with re-: rebuild, reload",
    r"beside (?:that|this|these|those|it|them)": "besides, apart from, in addition to; or next to",
    r"\w*whomever": "by anyone, by any process",
    r"of late": "recently; the least recently used",
    r"hangs? on": "depends on",
    r"in vain": "without effect, or name the effect that is missing",
    r"for who": "for people who, for clients that",
    r"who(?:ever)? subscribed": "subscribers",
    r"gets? to know": "learns, is told",
    r"(?:is|are) but": "is only",
}
FOLDERS = ("feedsvc", "tests", "bench", "docs", "deploy")
SUFFIXES = {".py", ".md", ".html", ".js", ".mjs", ".css", ".toml", ".yml", ".conf", ".service", ".sh"}
# Texts of others, or frozen: samples of pages, data of the registry, released migrations.
NOT_OURS = ("feedsvc/samples", "feedsvc/migrations", "tests/golden", "tests/conformance/node_modules")


def list_texts() -> list[Path]:
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    paths += [path for path in ROOT.iterdir() if path.name == "Makefile" or path.suffix in SUFFIXES]
    ours = [path for path in paths if not path.relative_to(ROOT).as_posix().startswith(NOT_OURS)]
    return sorted(path for path in ours if path.suffix in SUFFIXES or path.name == "Makefile")


def test_no_text_uses_a_translated_idiom() -> None:
    pattern = re.compile("|".join(rf"\b({idiom})\b" for idiom in IDIOMS), re.IGNORECASE)
    advice = list(IDIOMS.values())
    found = []
    for path in list_texts():
        if path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            found += [
                f"{path.relative_to(ROOT)}:{number}: {match[0]!r}: write {advice[match.lastindex - 1]}"
                for match in pattern.finditer(line)
                if match.lastindex
            ]
    assert not found, "\n" + "\n".join(found)


def test_the_check_reads_every_kind_of_text() -> None:
    read = {path.relative_to(ROOT).as_posix() for path in list_texts()}
    assert {"feedsvc/text.py", "feedsvc/static/pages.js", "feedsvc/templates/base.html", "README.md"} <= read
    assert {"bench/load.py", "deploy/nginx.conf", "docs/api.md", "pyproject.toml", "Makefile"} <= read
