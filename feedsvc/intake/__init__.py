"""Parse incoming text into drafts. Pure: no database, no clock, and no decision about a draft."""

from .decode import decode_text
from .formats import SUFFIXES
from .items import Item, Read, Reading, Refused
from .lines import Source
from .portal import parse_portal_page
from .readers import FORMATS, read_items
from .record import REJECTED_KEY, Record, parse_record
from .saved_page import parse_html_page

__all__ = [
    "FORMATS",
    "REJECTED_KEY",
    "SUFFIXES",
    "Item",
    "Read",
    "Reading",
    "Record",
    "Refused",
    "Source",
    "decode_text",
    "parse_html_page",
    "parse_portal_page",
    "parse_record",
    "read_items",
]
