"""Layers point down, each library has one door, no module grows too large."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "feedsvc"
MODULES = sorted(PACKAGE.rglob("*.py"))

# The parts that each part may import; a part is a module or a folder at the top of the package.
LAYERS: dict[str, set[str]] = {
    "errors": set(),
    "problems": {"errors", "wording"},
    "models": {"text"},
    "wording": {"models"},
    "accounts": {"models"},
    "addresses": {"models", "blocks"},
    "blocks": set(),
    "text": set(),
    "position": set(),
    "uris": set(),
    "migrations": set(),
    "passwords": set(),
    "config": {"errors", "uris"},
    "markup": {"addresses", "text", "uris"},
    "database": {"migrations", "errors"},
    "phrases": {"text"},
    "permissions": {"accounts", "store", "database", "models"},
    "store": {
        "addresses",
        "accounts",
        "blocks",
        "database",
        "markup",
        "phrases",
        "models",
        "position",
        "errors",
        "text",
    },
    "lock": {"errors"},
    "client": {"addresses", "blocks", "models", "position", "errors", "uris"},
    "backup": {"config", "errors", "database", "store"},
    "intake": {"text", "markup", "models", "problems"},
    "feeds": {"addresses", "blocks", "models", "text", "markup", "uris", "wording"},
    "media": {"addresses", "problems"},
    "registry": {"store", "database", "models", "errors", "text"},
    "articles": {"addresses", "feeds", "store", "database", "media", "markup", "text", "models", "problems", "errors"},
    "serving": {"store", "database", "config", "models", "position"},
    "instance": {"backup", "lock", "registry", "store", "media", "database", "passwords", "config", "models", "errors"},
}
TOP = {"web", "cli", "__init__", "__main__", "gunicorn_settings"}
DOORS = {
    "feedgen": {"feeds/xmlfeed.py", "feeds/xmlextensions.py"},
    "nh3": {"markup.py"},
    "sqlite_utils": {"database.py", "migrations/__init__.py"},
    "pydantic": {"intake/record.py", "registry/file.py", "web/api"},
    "lxml": {"client/documents.py", "feeds/xmlextensions.py"},
    "argon2": {"passwords.py"},
    "slugify": {"text.py"},
    "PIL": {"media.py"},
    "selectolax": {"intake/saved_page.py", "intake/blocks.py"},
    "flask": {"web", "__init__.py"},
    "flask_wtf": {"web"},
    "wtforms": {"web"},
    "werkzeug": {"web", "serving"},
    "click": {"cli"},
}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(path: Path) -> list[str]:
    """Return the full name of every imported module; our own begin with "feedsvc."."""
    found = []
    package = ["feedsvc", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.append(node.module or "")
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1])
            found += [f"{base}.{node.module}"] if node.module else [f"{base}.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_layers_point_down(path: Path) -> None:
    part = part_of(path)
    if part in TOP:
        return
    ours = {name.split(".")[1] for name in imports_of(path) if name.startswith("feedsvc.")}
    assert ours - {part} <= LAYERS[part]


def test_every_part_has_its_layer() -> None:
    assert {part_of(path) for path in MODULES} == LAYERS.keys() | TOP


def test_the_layers_have_no_cycle() -> None:
    left = dict(LAYERS)
    while left:
        free = {part for part, below in left.items() if not below & left.keys()}
        assert free, f"these import each other: {sorted(left)}"
        left = {part: below for part, below in left.items() if part not in free}


def test_the_sides_of_the_web_do_not_import_each_other() -> None:
    sides = ("public", "admin", "api")
    for path in MODULES:
        name = path.relative_to(PACKAGE).parts
        if name[0] == "web" and name[1] in sides:
            others = {f"feedsvc.web.{side}" for side in sides if side != name[1]}
            assert not [found for found in imports_of(path) if found.startswith(tuple(others))], path


@pytest.mark.parametrize("library", DOORS)
def test_each_library_has_one_door(library: str) -> None:
    users = {
        path.relative_to(PACKAGE) for path in MODULES if library in {name.split(".")[0] for name in imports_of(path)}
    }
    assert users, f"{library} is used nowhere: remove it"
    strangers = [str(path) for path in users if not {str(path), *map(str, path.parents)} & DOORS[library]]
    assert strangers == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_outgrows_its_room(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


def test_sql_is_put_together_from_constants_of_ours_only() -> None:
    """An f-string in SQL may hold a module's constant, or names that a comprehension takes from the code itself."""
    allowed = {
        "COLUMNS",
        "_COLUMNS",
        "_FROM_ARTICLES",
        "_SCOPE_ID",
        "MOVED",
        "_NEW_TO",
        "BLOCK",
        "condition",
        "names",
        "name",
        "pragma",
    }
    for path in MODULES:
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "execute":
                used = {
                    name.id
                    for value in ast.walk(node.args[0])
                    if isinstance(value, ast.FormattedValue)
                    for name in ast.walk(value)
                    if isinstance(name, ast.Name)
                }
                assert used <= allowed, f"{path}:{node.lineno}"


def test_sql_with_named_values_is_given_a_dictionary() -> None:
    """A value that occurs twice has a name, and Python 3.12 and later warns if names or ?1 get a sequence."""
    named = re.compile(r"[\s(,=](\?[0-9]|:[a-z])")
    for path in MODULES:
        tree = parse(path)
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and len(node.args) == 2 and isinstance(node.args[1], ast.List):
                sql = constants.get(node.args[0].id) if isinstance(node.args[0], ast.Name) else node.args[0]
                texts = (part.value for part in ast.walk(sql or node.args[0]) if isinstance(part, ast.Constant))
                assert not any(named.search(text) for text in texts if isinstance(text, str)), f"{path}:{node.lineno}"


def test_a_command_that_serves_nothing_starts_without_flask() -> None:
    program = "import sys, feedsvc.cli; sys.exit('flask' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_no_module_is_named_like_one_of_the_standard_library() -> None:
    assert {path.stem for path in MODULES} & set(sys.stdlib_module_names) <= {"__init__", "__main__"}


@pytest.mark.parametrize("literal", ["/media/", "/wards/", "/areas/", "/categories/", "-640.webp"])
def test_addresses_are_spelled_in_one_place(literal: str) -> None:
    """A change of a path or a file name affects only `addresses`; docstrings and comments may mention it."""
    templates = {str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.html")}
    spelled = [name for name, text in templates.items() if literal in text]
    for path in MODULES:
        tree = parse(path)
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        spelled += [
            str(path.relative_to(PACKAGE))
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in prose
            and literal in node.value
        ]
    assert set(spelled) <= {"addresses.py"}
