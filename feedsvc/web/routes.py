"""Flask's rules, made of the patterns of `addresses`: what is linked is what is served."""

import re
from typing import Any

from flask import Flask
from werkzeug.routing import BaseConverter

from ..addresses import SCOPES, month_path
from ..feeds import FORMATS, Format
from ..models import Month


class FormatConverter(BaseConverter):
    """The file name of a feed in a URL, and for the view its Format; other names match no rule."""

    regex = f"(?:{'|'.join(map(re.escape, FORMATS))})"
    weight = 50  # below the 100 of a slug, so it is tried first: a slug takes any text, "rss.xml" too

    def to_python(self, value: str) -> Format:
        return FORMATS[value]

    def to_url(self, value: Any) -> str:
        assert isinstance(value, Format)
        return value.filename


class MonthConverter(BaseConverter):
    """The two segments of an archive in a URL, as `month_path` writes them, and for the view their Month.

    It may be no month of any calendar ("2026/13"), or one to come: see `scopes.require_month`.
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


def register(app: Flask) -> None:
    app.url_map.converters |= {"format": FormatConverter, "month": MonthConverter}


def make_rule(pattern: str, **converters: str) -> str:
    """Return the rule of a pattern; `converters` says what its variables are, any text without a slash if not given."""

    def name_variable(found: re.Match[str]) -> str:
        converter = converters.get(found["name"])
        return f"<{converter}:{found['name']}>" if converter else f"<{found['name']}>"

    return re.sub(r"\{(?P<name>\w+)\}", name_variable, pattern)


SCOPE_RULES = tuple(map(make_rule, SCOPES.values()))
# Below a scope's rule.
ARCHIVE_RULE = "<month:month>/"
FEED_RULE = "<format:item>"
