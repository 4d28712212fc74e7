"""The documentation is complete: it names every setting, command and make target that exists, and no other."""

import re
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import click
import pytest

from feedsvc.cli import commands
from feedsvc.config import Settings
from feedsvc.intake.record import Record
from feedsvc.intake.table import find_columns

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "feedsvc"
PAGES = {
    ROOT / "README.md",
    ROOT / "ARCHITECTURE.md",
    ROOT / "CHANGELOG.md",
    ROOT / "instance" / "README.md",
    *(ROOT / "docs").rglob("*.md"),
}


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## )", README, re.S | re.M)
    assert found, title
    return found.group(1)


def test_the_readme_shows_the_settings_as_config_describes_them(request: pytest.FixtureRequest) -> None:
    shown = re.search(r"(?<=<!-- settings -->\n).*?(?=<!-- /settings -->)", README, re.S)
    assert shown, "README.md has lost the comments around its table of settings"
    table = write_settings_table()
    if request.config.getoption("--update-golden"):
        (ROOT / "README.md").write_text(README[: shown.start()] + table + README[shown.end() :], encoding="utf-8")
        return
    assert shown.group() == table, "renew the table with: .venv/bin/pytest tests/test_docs.py --update-golden"


def write_settings_table() -> str:
    """Write the README's table of settings; its source is `feedsvc/config.py`."""
    rows = [
        f"| `{item.name}` | {show_default(item)} | {item.metadata['about']} |"
        for item in fields(Settings)
        if item.default is not MISSING
    ]
    return "\n".join(["| setting | default | what it is |", "|---|---|---|", *rows]) + "\n"


def show_default(setting: Field[Any]) -> str:
    value = setting.default
    if value == "":
        return str(setting.metadata["derived"] or "–")
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def all_commands(group: click.Group, prefix: str = "feedsvc") -> set[str]:
    found = set()
    for name, command in group.commands.items():
        path = f"{prefix} {name}"
        found |= all_commands(command, path) if isinstance(command, click.Group) else {path}
    return found


def test_the_readme_lists_every_command() -> None:
    listed = re.findall(r"^\| `(feedsvc [a-z ]*[a-z])", section("Commands"), re.M)
    assert set(listed) == all_commands(commands)


def test_every_option_of_a_command_says_what_it_is() -> None:
    def walk(group: click.Group) -> None:
        for command in group.commands.values():
            assert command.help, command.name
            for parameter in command.params:
                if isinstance(parameter, click.Option) and parameter.name != "limit":
                    assert parameter.help, f"{command.name} {parameter.name}"
            if isinstance(command, click.Group):
                walk(command)

    walk(commands)


def test_every_file_that_the_documentation_links_exists() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def read_prose(page: Path) -> str:
    """Return the text of a page without tables, code, pictures and generated blocks, whose lines may be longer."""
    text = re.sub(
        r"^```.*?^```$|^<!-- (\S+) -->.*?^<!-- /\1 -->$", "", page.read_text(encoding="utf-8"), flags=re.S | re.M
    )
    return "\n".join(line for line in text.splitlines() if not line.startswith(("|", "!")))


@pytest.mark.parametrize("page", sorted(PAGES), ids=lambda page: str(page.relative_to(ROOT)))
def test_prose_keeps_to_120_columns(page: Path) -> None:
    assert [line for line in read_prose(page).splitlines() if len(line) > 120] == []


def test_every_module_and_script_that_the_documentation_names_exists() -> None:
    """`web/responses.respond` names a module and an object in it, `deploy/nginx.conf` a file; both have backticks."""
    folders = {path.name for base in (ROOT, PACKAGE) for path in base.iterdir() if path.is_dir()} - {"instance"}
    for page in PAGES - {ROOT / "CHANGELOG.md"}:  # its statements about the past do not change
        for name in re.findall(rf"`((?:{'|'.join(folders)})/[\w/.-]+)`", page.read_text(encoding="utf-8")):
            paths = name, f"{name}.py", f"{name.rpartition('.')[0] or name}.py"
            assert any((base / path).exists() for base in (ROOT, PACKAGE) for path in paths), f"{page.name}: {name}"


def test_the_readme_names_the_two_commands() -> None:
    assert "make run" in README
    assert "make test" in README


def test_the_fields_of_records_and_the_columns_of_tables_are_documented() -> None:
    page = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \| [a-z]", page, re.M)) == set(Record.model_fields)
    vietnamese, english = re.findall(r"^\| (Tiêu đề.*) \|\n.*\n\| (.*) \|$", page, re.M)[0]
    columns = find_columns([vietnamese.replace(" | ", ";")])
    assert columns is not None
    assert columns.names == tuple(name.strip("`") for name in english.split(" | "))


def test_no_page_holds_both_sides_of_a_merge() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        assert not re.search("^(<<<<<<<|=======|>>>>>>>)", page.read_text(encoding="utf-8"), re.M), page.name
