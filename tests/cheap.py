"""Save time in the process of the tests; servers and commands that tests start run at full cost.

Nearly every test makes its own instance and application, and many log in.
"""

from collections.abc import Callable
from typing import ClassVar

from argon2 import PasswordHasher
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from feedsvc import database, passwords

# For the tests of these two: tests/test_passwords.py and tests/test_database.py.
REAL_HASHER = passwords._HASHER
REAL_PRAGMAS = database._WRITING


class TemplatesCompiledOnce(BytecodeCache):
    """Keeps compiled templates for this process."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


class RuleCompiledOnce(Rule):
    """A route whose URL builder is compiled once per process; compiling them takes most of the time of `create_app`."""

    _kept: ClassVar[dict[str, Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = repr((self.rule, self.defaults, self._trace, append_unknown))
        if key not in self._kept:
            self._kept[key] = super()._compile_builder(append_unknown)
        return self._kept[key]


def save_time() -> None:
    """Compile templates and routes once, hash passwords at the lowest cost, and do not wait for the disk."""
    Flask.jinja_options = {"bytecode_cache": TemplatesCompiledOnce()}
    Flask.url_rule_class = RuleCompiledOnce
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    journal, _, keys = REAL_PRAGMAS
    database._WRITING = (journal, "synchronous = OFF", keys)
