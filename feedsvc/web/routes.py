"""Flask's rules, made of the patterns of `addresses`: what is linked is what is served."""

import re
from typing import Any

from flask import Flask
from werkzeug.routing import BaseConverter

from ..addresses import MONTH, SCOPES
from ..feeds import FORMATS, Format


class FormatConverter(BaseConverter):
    """The file name of a feed in a URL, and for the view its Format; other names match no rule."""

    regex = f"(?:{'|'.join(map(re.escape, FORMATS))})"
    weight = 50  # below the 100 of a slug, so it is tried first: a slug takes any text, "rss.xml" too

    def to_python(self, value: str) -> Format:
        return FORMATS[value]

    def to_url(self, value: Any) -> str:
        assert isinstance(value, Format)
        return value.filename


def register(app: Flask) -> None:
    app.url_map.converters["format"] = FormatConverter


def make_rule(pattern: str, **converters: str) -> str:
    """Return the rule of a pattern; `converters` says what its variables are, any text without a slash if not given."""

    def name_variable(found: re.Match[str]) -> str:
        converter = converters.get(found["name"])
        return f"<{converter}:{found['name']}>" if converter else f"<{found['name']}>"

    return re.sub(r"\{(?P<name>\w+)(?::\w+)?\}", name_variable, pattern)


SCOPE_RULES = tuple(map(make_rule, SCOPES.values()))
# Below a scope's rule.
ARCHIVE_RULE = make_rule(MONTH, year="int(fixed_digits=4)", number="int(fixed_digits=2)")
FEED_RULE = "<format:item>"
