"""Bytes of a file become text: UTF-8 or UTF-16, by their byte order mark; nothing is guessed."""

import codecs

from ..errors import Problem, RejectedError


def decode_text(data: bytes) -> str:
    """Return the text of `data`, without a byte order mark. Raises RejectedError where it is not Unicode text."""
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise RejectedError(Problem("file", "not_text", f"byte {error.start}: {error.reason}")) from None
    if "\0" in text:
        raise RejectedError(Problem("file", "not_text", f"a NUL character at place {text.index(chr(0))}"))
    return text
