"""Vietnamese-aware text: normal form, legal characters, folding, capitals, slugs, sorting, summaries. No HTML. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from slugify import slugify

# U+00D0 (Icelandic Eth) stands for U+0110 on real pages: "Bồ Ðề".
_LOOKALIKES = {"Ð": "Đ", "ð": "đ"}

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
_NOT_WORD = re.compile(r"[\W_]+")


def normalise(text: str) -> str:
    """Return `text` in NFC, with line feeds as the only line ends, Ð as Đ, and no character that a feed cannot carry.

    The spelling (`ủy` or `uỷ`) stays as it is. TCVN 6909:2001 is Unicode; NFC is what every reader expects.
    """
    if is_normal(text):
        return text
    text = _NEWLINES.sub("\n", text)
    text = _ILLEGAL.sub("", _SURROGATE.sub("\ufffd", text))
    for lookalike, letter in _LOOKALIKES.items():
        text = text.replace(lookalike, letter)
    # After NFC once more: composition can produce neither, but the look-alikes may carry combining marks.
    return unicodedata.normalize("NFC", text)


def is_normal(text: str) -> bool:
    """Tell, quickly, that text is as `normalise` would leave it; False may also mean "perhaps".

    Whatever is illegal and every line end but a line feed is not printable, and that is a look at one table a letter.
    """
    return (
        text.replace("\n", "").isprintable()
        and "Ð" not in text
        and "ð" not in text
        and unicodedata.is_normalized("NFC", text)
    )


def one_line(text: str) -> str:
    """Return `text` normalised and on one line, each run of white space (no-break too) as one space."""
    return _on_one_line(normalise(text))


def _on_one_line(normal_text: str) -> str:
    if "  " not in normal_text and "\n" not in normal_text and normal_text.isprintable():
        return normal_text.strip(" ")  # white space that is printable is a space
    return " ".join(normal_text.split())


def fold(text: str) -> str:
    """Return the key under which text is compared and found: words without case and diacritics, a space between two."""
    return _join(folded for folded, _ in map(_FOLDED.__getitem__, normalise(text).split()))


def strip_accents(text: str) -> str:
    """Return normalised text without case and diacritics; letter by letter, so a place can be found again in `text`.

    đ does not decompose, so it is mapped by hand (SQLite's unicode61 leaves it too).
    """
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).replace("đ", "d")


def fold_exactly(text: str) -> str:
    """Return the words of text as `fold` does, with their diacritics; `hoà` and `hòa` are the same."""
    return _join(exact for _, exact in map(_FOLDED.__getitem__, normalise(text).split()))


def fold_both(normal_text: str) -> tuple[str, str]:
    """Return the words of a normalised text as `fold` and `fold_exactly` do, for the index; spaces may be more."""
    words = [_FOLDED[word] for word in normal_text.split()]
    return " ".join([folded for folded, _ in words]), " ".join([exact for _, exact in words])


def _join(words: Iterable[str]) -> str:
    return " ".join(filter(None, words))


# Where the tone stands in "oa", "oe", "uy" is a matter of style: hoà = hòa, uỷ = ủy.
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_TONE_ON_SECOND = re.compile(f"([ou])([aey])([{_TONES}])(?![a-z\u0300-\u036f])", re.IGNORECASE)


def canonical_tone(text: str) -> str:
    """Return text in lower case with the tone of open oa, oe, uy on the first vowel, for comparing with diacritics."""
    decomposed = unicodedata.normalize("NFD", normalise(text).lower())
    # "quỷ" keeps its tone: there u belongs to the consonant.
    moved = re.sub(r"(?<!q)" + _TONE_ON_SECOND.pattern, r"\1\3\2", decomposed)
    return unicodedata.normalize("NFC", moved)


class _Words(dict[str, tuple[str, str]]):
    """Words as they were folded before, in both ways, so that each syllable of the language is worked on once.

    No rule of folding looks beyond white space. Bounded: what is long or comes after the first many is not kept.
    """

    def __missing__(self, word: str) -> tuple[str, str]:
        folded = _NOT_WORD.sub(" ", strip_accents(word)).strip(), _NOT_WORD.sub(" ", canonical_tone(word)).strip()
        if len(word) <= 20 and len(self) < 30_000:
            self[word] = folded
        return folded


_FOLDED = _Words()


def make_slug(text: str, *, max_length: int = 80) -> str:
    """Return an ASCII slug of text, cut at a word, "tin" where nothing is left."""
    # The backend is named, or a package that happens to be installed would give other slugs.
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


# What a unit can be called before its name; whatever else a name begins with keeps its capital.
_SMALL_KIND = re.compile(
    r"(?:Phường|Xã|Thị trấn|Đặc khu|Quận|Huyện|Thị xã|Thành phố(?! Hồ Chí Minh)|Tỉnh|Khu vực|Địa bàn) (?!\d)"
)


def in_sentence(name: str) -> str:
    """Return the name of a unit as it stands within a sentence: "phường Việt Hưng", but "Phường 5".

    Decree 30/2020/NĐ-CP, appendix II: the kind is small, except before a digit and in "Thành phố Hồ Chí Minh" ("Thủ đô
    Hà Nội" is no kind). The decree has it large in names of persons and events too; the wards' own pages write
    these small, and no rule could find them.
    """
    return name[0].lower() + name[1:] if _SMALL_KIND.match(name) else name


def shorten(text: str, limit: int = 280) -> str:
    """Return text cut at a word to at most `limit` characters, with "…" where something was left out."""
    line = one_line(text[: 4 * limit])
    if len(line) <= 2 * limit:  # else what follows is not looked at
        line = one_line(text)
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip(" ,;:-–") + "…"
