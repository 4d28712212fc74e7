"""Vietnamese-aware text: normal form, legal characters, folding, slugs, sorting, summaries. Pure; knows no HTML."""

import re
import unicodedata

from slugify import slugify

# U+00D0 (Icelandic Eth) stands for U+0110 on real pages: "Bồ Ðề".
_LOOKALIKES = {ord("Ð"): "Đ", ord("ð"): "đ"}

# What XML 1.0 cannot carry, or validators warn of: C0 and C1 controls but tab and newline, U+FEFF and other invisible
# marks that break search, and the noncharacters at the end of each plane. A lone surrogate becomes U+FFFD: one can see
# that something stood there.
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u2028\u2029\u2060\ufeff\ufdd0-\ufdef"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(17))
    + "]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_NEWLINES = re.compile("\r\n?|\x0b|\x0c|\x85|\u2028|\u2029")
_SPACES = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[\W_]+")


def normalise(text: str) -> str:
    """Return `text` in NFC, with line feeds as the only line ends, Ð as Đ, and no character that a feed cannot carry.

    The spelling (`ủy` or `uỷ`) stays as it is. TCVN 6909:2001 is Unicode; NFC is what every reader expects.
    """
    text = _NEWLINES.sub("\n", text)
    text = _SURROGATE.sub("\ufffd", text)
    # After NFC once more: composition can produce neither, but the look-alikes may carry combining marks.
    return unicodedata.normalize("NFC", _ILLEGAL.sub("", text).translate(_LOOKALIKES))


def one_line(text: str) -> str:
    """Return `text` normalised and on one line, each run of white space (no-break too) as one space."""
    return _SPACES.sub(" ", normalise(text)).strip()


def fold(text: str) -> str:
    """Return the key under which text is compared and found: words without case and diacritics, a space between two."""
    return _NOT_WORD.sub(" ", strip_accents(normalise(text))).strip()


def strip_accents(text: str) -> str:
    """Return normalised text without case and diacritics; letter by letter, so a place can be found again in `text`.

    đ does not decompose, so it is mapped by hand (SQLite's unicode61 leaves it too).
    """
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).replace("đ", "d")


def fold_exactly(text: str) -> str:
    """Return the words of text as `fold` does, with their diacritics; `hoà` and `hòa` are the same."""
    return _NOT_WORD.sub(" ", canonical_tone(text)).strip()


# Where the tone stands in "oa", "oe", "uy" is a matter of style: hoà = hòa, uỷ = ủy.
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_TONE_ON_SECOND = re.compile(f"([ou])([aey])([{_TONES}])(?![a-z\u0300-\u036f])", re.IGNORECASE)


def canonical_tone(text: str) -> str:
    """Return text in lower case with the tone of open oa, oe, uy on the first vowel, for comparing with diacritics."""
    decomposed = unicodedata.normalize("NFD", normalise(text).lower())
    # "quỷ" keeps its tone: there u belongs to the consonant.
    moved = re.sub(r"(?<!q)" + _TONE_ON_SECOND.pattern, r"\1\3\2", decomposed)
    return unicodedata.normalize("NFC", moved)


def make_slug(text: str, *, max_length: int = 80) -> str:
    """Return an ASCII slug of text, cut at a word, "tin" where nothing is left."""
    return slugify(normalise(text), max_length=max_length, word_boundary=True, save_order=True) or "tin"


_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_LETTER_ORDER = {letter: index for index, letter in enumerate(_ALPHABET, start=1)}
# ngang, huyền, hỏi, ngã, sắc, nặng
_TONE_ORDER = {tone: index for index, tone in enumerate("\u0300\u0309\u0303\u0301\u0323", start=1)}


def sort_key(text: str) -> tuple[tuple[tuple[int, ...], int], ...]:
    """Return a key that sorts in Vietnamese order: syllable by syllable, letters first, then the tone."""
    syllables = _NOT_WORD.sub(" ", normalise(text).lower()).split()
    return tuple(_syllable_key(syllable) for syllable in syllables)


def _syllable_key(syllable: str) -> tuple[tuple[int, ...], int]:
    tone = 0
    bare = []
    for char in unicodedata.normalize("NFD", syllable):
        if char in _TONE_ORDER:
            tone = _TONE_ORDER[char]
        else:
            bare.append(char)
    letters = unicodedata.normalize("NFC", "".join(bare))
    # Digits before letters, foreign letters after them.
    order = (
        _LETTER_ORDER.get(char, -ord("9") + ord(char) if char.isdigit() else 0x1000 + ord(char)) for char in letters
    )
    return tuple(order), tone


def shorten(text: str, limit: int = 280) -> str:
    """Return text cut at a word to at most `limit` characters, with "…" where something was left out."""
    line = one_line(text)
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip(" ,;:-–") + "…"
