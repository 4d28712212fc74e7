"""Encode Vietnamese text in the encodings from before Unicode."""

import unicodedata

_TONES = "\u0300\u0309\u0303\u0301\u0323"  # huyền, hỏi, ngã, sắc, nặng
# TCVN3 (ABC): the letter, then its five tones.
_TCVN3 = {
    "a": b"a\xb5\xb6\xb7\xb8\xb9", "ă": b"\xa8\xbb\xbc\xbd\xbe\xc6", "â": b"\xa9\xc7\xc8\xc9\xca\xcb",
    "e": b"e\xcc\xce\xcf\xd0\xd1", "ê": b"\xaa\xd2\xd3\xd4\xd5\xd6", "i": b"i\xd7\xd8\xdc\xdd\xde",
    "o": b"o\xdf\xe1\xe2\xe3\xe4", "ô": b"\xab\xe5\xe6\xe7\xe8\xe9", "ơ": b"\xac\xea\xeb\xec\xed\xee",
    "u": b"u\xef\xf1\xf2\xf3\xf4", "ư": b"\xad\xf5\xf6\xf7\xf8\xf9", "y": b"y\xfa\xfb\xfc\xfd\xfe",
}  # fmt: skip
# VNI: the base letter, then one byte for its mark and tone together.
_VNI = {
    "": dict(zip(_TONES, b"\xf8\xfb\xf5\xf9\xef", strict=True)),
    "\u0306": dict(zip(_TONES, b"\xe8\xfa\xfc\xe9\xeb", strict=True)) | {"": 0xEA},
    "\u0302": dict(zip(_TONES, b"\xe0\xe5\xe3\xe1\xe4", strict=True)) | {"": 0xE2},
}
_VNI_I = dict(zip(_TONES, b"\xec\xe6\xf3\xed\xf2", strict=True))


def _take_apart(letter: str) -> tuple[str, str]:
    """Return the letter without its tone, and the tone separately."""
    parts = unicodedata.normalize("NFD", letter)
    tone = next((part for part in parts if part in _TONES), "")
    return unicodedata.normalize("NFC", parts.replace(tone, "") if tone else parts), tone


def to_tcvn3(text: str) -> bytes:
    out = b""
    for char in unicodedata.normalize("NFC", text):
        letter, tone = _take_apart(char.lower())
        if letter == "đ":
            out += b"\xae" if char == "đ" else b"\xa7"
        elif letter in _TCVN3 and not char.isascii():
            place = _TONES.index(tone) + 1 if tone else 0
            out += _TCVN3[letter][place : place + 1]
        else:
            out += char.encode("ascii", "replace")
    return out


def to_vni(text: str) -> bytes:
    out = b""
    for char in unicodedata.normalize("NFC", text):
        letter, tone = _take_apart(char)
        base, mark = unicodedata.normalize("NFD", letter)[:1], unicodedata.normalize("NFD", letter)[1:]
        if char in "đĐ":
            out += b"\xf1" if char == "đ" else b"\xd1"
        elif char.isascii() or not base.isascii():
            out += char.encode("ascii", "replace")
        elif base in "iI" and tone:
            out += bytes([_VNI_I[tone]])
        elif mark == "\u031b":
            out += {"o": b"\xf4", "u": b"\xf6", "O": b"\xd4", "U": b"\xd6"}[base]
            out += bytes([_VNI[""][tone]]) if tone else b""
        else:
            out += base.encode() + bytes([_VNI[mark][tone]])
    return out


def to_windows_1258(text: str) -> bytes:
    letters = (_take_apart(char) for char in unicodedata.normalize("NFC", text))
    return "".join(letter + tone for letter, tone in letters).encode("cp1258", "replace")
