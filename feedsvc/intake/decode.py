"""Decode the bytes of a file as UTF-8, or as UTF-16 if they begin with its byte order mark.

No other encoding is guessed, but old Vietnamese encodings are recognised, so that the refusal can say how to convert
the file.
"""

import codecs
import re

from ..problems import Problem, RejectedError


def is_utf_16(head: bytes) -> bool:
    """Tell if the bytes begin with a UTF-16 byte order mark."""
    return head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def decode_text(data: bytes) -> str:
    """Return the text of `data` without a byte order mark. Raises RejectedError if it is not Unicode text."""
    try:
        text = data.decode("utf-16" if is_utf_16(data) else "utf-8-sig")
    except UnicodeDecodeError:
        raise RejectedError(explain_bytes(data)) from None
    if "\0" in text:
        raise RejectedError(Problem("file", "not_text", f"a NUL character at place {text.index(chr(0))}"))
    return text


def explain_bytes(data: bytes) -> Problem:
    """Return the reason why the bytes cannot be read as text."""
    encoding = "utf-16" if is_utf_16(data) else "utf-8-sig"
    legacy = recognise_legacy(data) if encoding != "utf-16" else None
    if legacy is not None:
        return Problem("file", f"encoding_{legacy}")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        return Problem("file", "not_text", f"byte {error.start}: {error.reason}")
    return Problem("file", "not_text", f"a NUL character at place {text.find(chr(0))}")


# Byte patterns that every Vietnamese sentence contains in one encoding, and that are not Vietnamese letters in the
# other two.
_LEGACY = {
    # ă â ê ô ơ ư đ Đ are single bytes that stand for symbols in the other encodings (¨ © ª « ¬ ® §).
    "tcvn3": re.compile(rb"[\xa8-\xae\xa7]"),
    # The tone is a byte after its vowel.
    "windows_1258": re.compile(
        rb"[aeiouyAEIOUY\xe2\xe3\xea\xf4\xf5\xfd\xc2\xc3\xca\xd4\xd5\xdd][\xcc\xd2\xde\xec\xf2]"
    ),
    # The tone, the circumflex or breve, or both are one byte after the vowel.
    "vni": re.compile(
        rb"[aeouyAEOUY\xf4\xf6\xd4\xd6][\xf9\xf8\xfb\xf5\xef\xe2\xea\xe1\xe0\xe5\xe3\xe4\xe8\xe9\xeb\xfa\xfc"
        rb"\xd9\xd8\xdb\xd5\xcf\xc2\xca\xc1\xc0\xc5\xc3\xc4]"
    ),
}
_LEAST_SHARE = {"tcvn3": 0.15, "windows_1258": 0.2, "vni": 0.35}  # of all non-ASCII bytes
_SAMPLE = 100_000


def recognise_legacy(data: bytes) -> str | None:
    """Return "tcvn3", "windows_1258" or "vni" if bytes that are not UTF-8 look like Vietnamese in it, else None."""
    sample = data[:_SAMPLE]
    beyond_ascii = len(re.findall(rb"[\x80-\xff]", sample))
    if beyond_ascii < 5 or b"\0" in sample or _is_utf_8(sample):
        return None
    shares = {name: len(pattern.findall(sample)) / beyond_ascii for name, pattern in _LEGACY.items()}
    likely = [name for name, share in shares.items() if share >= _LEAST_SHARE[name]]
    return max(likely, key=lambda name: shares[name] / _LEAST_SHARE[name], default=None)


def _is_utf_8(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True
