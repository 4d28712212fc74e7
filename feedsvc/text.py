"""Handle Vietnamese text: normal form, legal characters, folding, capitals, slugs, order, excerpts. Pure; no HTML."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from slugify import slugify

# Real pages write U+00D0 (Icelandic Eth) in place of U+0110: "Bồ Ðề".
_LOOKALIKES = {"Ð": "Đ", "ð": "đ"}

# Characters that XML 1.0 cannot carry or that validators warn about: C0 and C1 controls except tab and newline, U+FEFF
# and other invisible marks that break search, and the noncharacters at the end of each plane. A lone surrogate becomes
# U+FFFD, so the reader sees that something is missing.
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u2028\u2029\u2060\ufeff\ufdd0-\ufdef"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(17))
    + "]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_NEWLINES = re.compile("\r\n?|\x0b|\x0c|\x85|\u2028|\u2029")
_NOT_WORD = re.compile(r"[\W_]+")


def normalise(text: str) -> str:
    """Return `text` in NFC, with line feeds as the only line ends, Đ in place of Ð, and no character illegal in a feed.

    The spelling (`ủy` or `uỷ`) does not change. TCVN 6909:2001 is Unicode; every feed reader expects NFC.
    """
    if is_normal(text):
        return text
    text = _NEWLINES.sub("\n", text)
    text = _ILLEGAL.sub("", _SURROGATE.sub("\ufffd", text))
    for lookalike, letter in _LOOKALIKES.items():
        text = text.replace(lookalike, letter)
    # NFC comes last, because a look-alike may carry combining marks; NFC produces no illegal character or look-alike.
    return unicodedata.normalize("NFC", text)


def is_normal(text: str) -> bool:
    """Tell quickly that `normalise` would not change the text; False may also mean "perhaps".

    Illegal characters and all line ends except the line feed are not printable, and `isprintable` is one table lookup
    per character.
    """
    return (
        text.replace("\n", "").isprintable()
        and "Ð" not in text
        and "ð" not in text
        and unicodedata.is_normalized("NFC", text)
    )


def one_line(text: str) -> str:
    """Return `text` normalised, on one line; each run of white space (no-break spaces too) becomes one space."""
    return _on_one_line(normalise(text))


def _on_one_line(normal_text: str) -> str:
    if "  " not in normal_text and "\n" not in normal_text and normal_text.isprintable():
        return normal_text.strip(" ")  # the only printable white space is the space
    return " ".join(normal_text.split())


def fold(text: str) -> str:
    """Return the key for comparing and finding text: words without case and diacritics, separated by one space."""
    return _join(folded for folded, _ in map(_FOLDED.__getitem__, normalise(text).split()))


def strip_accents(text: str) -> str:
    """Return normalised text without case and diacritics.

    Each character is folded independently of the others, so `phrases` can map a position back to `text`. The letter đ
    does not decompose, so it is replaced explicitly (SQLite's unicode61 does not fold it either).
    """
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).replace("đ", "d")


def fold_exactly(text: str) -> str:
    """Return the words of text as `fold` does, but with their diacritics; `hoà` and `hòa` give the same result."""
    return _join(exact for _, exact in map(_FOLDED.__getitem__, normalise(text).split()))


def fold_both(normal_text: str) -> tuple[str, str]:
    """Return the results of `fold` and `fold_exactly` for normalised text, for the index; may contain extra spaces."""
    words = [_FOLDED[word] for word in normal_text.split()]
    return " ".join([folded for folded, _ in words]), " ".join([exact for _, exact in words])


def _join(words: Iterable[str]) -> str:
    return " ".join(filter(None, words))


# The place of the tone mark in "oa", "oe", "uy" is a matter of style: hoà = hòa, uỷ = ủy.
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_TONE_ON_SECOND = re.compile(f"([ou])([aey])([{_TONES}])(?![a-z\u0300-\u036f])", re.IGNORECASE)


def canonical_tone(text: str) -> str:
    """Return text in lower case, with the tone of open oa, oe, uy on the first vowel, to compare it with diacritics."""
    decomposed = unicodedata.normalize("NFD", normalise(text).lower())
    # "quỷ" keeps its tone in place: its u belongs to the consonant.
    moved = re.sub(r"(?<!q)" + _TONE_ON_SECOND.pattern, r"\1\3\2", decomposed)
    return unicodedata.normalize("NFC", moved)


class _Words(dict[str, tuple[str, str]]):
    """A cache of words and their two folded forms, so that each syllable of the language is folded once.

    Caching by word is possible because no folding rule looks across white space. Bounded: it keeps no word longer than
    20 characters and at most 30,000 words.
    """

    def __missing__(self, word: str) -> tuple[str, str]:
        folded = _NOT_WORD.sub(" ", strip_accents(word)).strip(), _NOT_WORD.sub(" ", canonical_tone(word)).strip()
        if len(word) <= 20 and len(self) < 30_000:
            self[word] = folded
        return folded


_FOLDED = _Words()


def make_slug(text: str, *, max_length: int = 80) -> str:
    """Return an ASCII slug of text, cut at a word; "tin" if nothing is left."""
    # The backend is explicit, because slugify would otherwise prefer another installed package and make other slugs.
    slug = slugify(
        normalise(text), max_length=max_length, word_boundary=True, save_order=True, backend="text-unidecode"
    )
    return slug or "tin"


_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_LETTER_ORDER = {letter: index for index, letter in enumerate(_ALPHABET, start=1)}
# ngang, huyền, hỏi, ngã, sắc, nặng
_TONE_ORDER = {tone: index for index, tone in enumerate("\u0300\u0309\u0303\u0301\u0323", start=1)}


@lru_cache(maxsize=4096)
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


# The kinds of unit that can precede a name; any other first word keeps its capital.
_SMALL_KIND = re.compile(
    r"(?:Phường|Xã|Thị trấn|Đặc khu|Quận|Huyện|Thị xã|Thành phố(?! Hồ Chí Minh)|Tỉnh|Khu vực|Địa bàn) (?!\d)"
)


def in_sentence(name: str) -> str:
    """Return the name of a unit as it is written within a sentence: "phường Việt Hưng", but "Phường 5".

    Decree 30/2020/NĐ-CP, appendix II: the kind is in lower case, except before a digit and in "Thành phố Hồ Chí Minh"
    ("Thủ đô Hà Nội" is not a kind). The decree also capitalises the kind in names of persons and events; the wards' own
    pages write it in lower case there, and no rule could detect such names.
    """
    return name[0].lower() + name[1:] if _SMALL_KIND.match(name) else name


def shorten(text: str, limit: int = 280) -> str:
    """Return text cut at a word to at most `limit` characters, with "…" at the end if something was cut off."""
    line = one_line(text[: 4 * limit])
    if len(line) <= 2 * limit:  # a longer line is cut anyway, so the rest of the text does not matter
        line = one_line(text)
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip(" ,;:-–") + "…"
