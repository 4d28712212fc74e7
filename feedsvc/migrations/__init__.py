"""Build the schema from the SQL files of this folder, in order of their names.

Each file is frozen SQL that refers to nothing outside of it. The history is append-only: a released file never changes.
An empty line separates statements. tests/golden/schema.sql holds today's schema as one file. Times are INTEGER seconds
since 1970 (UTC); days are TEXT YYYY-MM-DD in Việt Nam.
"""

from importlib.resources import files

from sqlite_utils import Database, Migrations

migrations = Migrations("feedsvc")


def _add(name: str, script: str) -> None:
    @migrations(name=name)
    def run(db: Database) -> None:
        for statement in script.strip().split(";\n\n"):
            db.execute(statement)


for _file in sorted(files(__package__).iterdir(), key=lambda file: file.name):
    if _file.name.endswith(".sql"):
        _add(_file.name.removesuffix(".sql"), _file.read_text(encoding="utf-8"))
