"""What comes in as text becomes drafts. Pure parsing: no database, no clock, nothing is decided about the draft."""

from .decode import decode_text
from .portal import parse_portal_page
from .saved_page import parse_html_page

__all__ = ["decode_text", "parse_html_page", "parse_portal_page"]
