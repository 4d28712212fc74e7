"""Make Flask's rules from the patterns of `addresses`, so that links and routes agree."""

import re
from typing import Any

from flask import Flask
from werkzeug.routing import BaseConverter

from ..addresses import CUSTOMARY, SCOPES, month_path
from ..blocks import Block
from ..feeds import FORMATS, Format
from ..models import Month


class FormatConverter(BaseConverter):
    """Converts the file name of a feed in a URL to its Format; other names match no rule."""

    regex = f"(?:{'|'.join(map(re.escape, FORMATS))})"
    weight = 50  # less than the 100 of a slug, so it is tried first: a slug matches any text, even "rss.xml"

    def to_python(self, value: str) -> Format:
        return FORMATS[value]

    def to_url(self, value: Any) -> str:
        assert isinstance(value, Format)
        return value.filename


class CustomaryConverter(BaseConverter):
    """A customary name of a feed in a URL."""

    regex = f"(?:{'|'.join(map(re.escape, CUSTOMARY))})"
    weight = 50


class MonthConverter(BaseConverter):
    """Converts the two segments of a month in a URL, as `month_path` writes them, to their Month.

    The month may be invalid ("2026/13") or in the future: `scopes.require_month` checks it.
    """

    regex = "[0-9]{4}/[0-9]{2}"
    part_isolating = False
    weight = 50

    def to_python(self, value: str) -> Month:
        year, number = value.split("/")
        return Month(int(year), int(number))

    def to_url(self, value: Any) -> str:
        assert isinstance(value, Month)
        return month_path(value).rstrip("/")


class BlockConverter(BaseConverter):
    """Converts the name of a block in a URL to its Block, which may not exist yet."""

    regex = "[1-9][0-9]{0,8}(?:-[1-9][0-9]{0,8})?"

    def to_python(self, value: str) -> Block:
        unit, _, number = value.rpartition("-")
        return Block(int(number), int(unit) if unit else None)

    def to_url(self, value: Any) -> str:
        assert isinstance(value, Block)
        return value.name


def register(app: Flask) -> None:
    app.url_map.converters |= {
        "format": FormatConverter,
        "customary": CustomaryConverter,
        "month": MonthConverter,
        "block": BlockConverter,
    }


def make_rule(pattern: str, **converters: str) -> str:
    """Return the rule of a pattern; `converters` are those of its variables, by default any text without a slash."""

    def name_variable(found: re.Match[str]) -> str:
        converter = converters.get(found["name"])
        return f"<{converter}:{found['name']}>" if converter else f"<{found['name']}>"

    return re.sub(r"\{(?P<name>\w+)\}", name_variable, pattern)


SCOPE_RULES = tuple(map(make_rule, SCOPES.values()))
# To be appended to a scope's rule.
MONTH_RULE = "<month:month>/"
BLOCK_RULE = "archive/<block:block>/"
FEED_RULE = "<format:item>"
CUSTOMARY_RULE = "<customary:name>"
