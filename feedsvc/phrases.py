"""Parse a search query into phrases, and find them in a text. Pure: no database, no HTML."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from .text import fold, fold_exactly, one_line, strip_accents

QUERY_LIMIT = 200  # characters
WORD_LIMIT = 12
LEAST_BEGINNING = 3  # letters

_WORD = re.compile(r"[^\W_]+")
_QUOTES = str.maketrans("“”", '""')
# More places than this do not improve the choice of the excerpt.
_PLACES_COMPARED = 50


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that must be adjacent, often a single one: without and with accents, separated by one space.

    `is_prefix`: the last word may continue, because somebody may still be typing it.
    """

    folded: str
    exact: str
    is_prefix: bool = False

    @property
    def has_accents(self) -> bool:
        return self.folded != self.exact


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a text in its own spelling: pieces (text, whether it matches), and whether each end was cut."""

    pieces: tuple[tuple[str, bool], ...]
    is_cut_before: bool
    is_cut_after: bool


def cut_query(text: str) -> tuple[str, bool]:
    """Return the query on one line and within its limits, and whether anything was cut off."""
    line = one_line(text)
    cut = line[:QUERY_LIMIT]
    words = list(islice(_WORD.finditer(cut), WORD_LIMIT + 1))
    if len(words) > WORD_LIMIT:
        cut = cut[: words[WORD_LIMIT - 1].end()]
    cut = one_line(cut)
    return cut, cut != line


def parse_phrases(query: str) -> tuple[Phrase, ...]:
    """Return the phrases of a query: each quoted text is one, each other word is one.

    The last phrase may continue if it is not quoted. A word needs three letters to continue: shorter words are whole,
    as most syllables of two letters are ("Ba Vì" does not match "ba viên"). Parts joined by punctuation (24-CT/TU) form
    a phrase too. Text without a letter or digit gives no phrase.
    """
    phrases = []
    for quoted, plain in _split(query):
        folded = fold(quoted or plain)
        if folded:
            phrases.append((folded, fold_exactly(quoted or plain), bool(plain)))
    last = len(phrases) - 1
    return tuple(
        Phrase(
            folded, exact, is_prefix=is_plain and place == last and len(folded.rpartition(" ")[2]) >= LEAST_BEGINNING
        )
        for place, (folded, exact, is_plain) in enumerate(phrases)
    )


def _split(query: str) -> list[tuple[str, str]]:
    """Return each piece as (quoted, plain); one of the two is empty."""
    found = []
    for number, part in enumerate(one_line(query).translate(_QUOTES).split('"')):
        found += [(part, "")] if number % 2 else [("", word) for word in part.split()]
    return found


def find_excerpt(text: str, phrases: Sequence[Phrase], *, exactly: bool, limit: int | None = 240) -> Excerpt:
    """Return about `limit` characters of the text (None: all of it) around the phrases, or its beginning without any.

    `text` is normalised, on one line. `exactly`: accents must match those of the query.
    """
    places = sorted(
        (start, end, number)
        for number, phrase in enumerate(phrases)
        for start, end in _find(text, phrase, exactly=exactly)
    )
    begin, stop = _choose_window(text, places, len(text) if limit is None else limit)
    marks: list[tuple[int, int]] = []
    for start, end, _ in places:
        if start < begin or end > stop:
            continue
        if marks and start < marks[-1][1]:  # two phrases share words
            marks[-1] = (marks[-1][0], max(end, marks[-1][1]))
        else:
            marks.append((start, end))
    pieces: list[tuple[str, bool]] = []
    position = begin
    for start, end in marks:
        pieces += [(text[position:start], False), (text[start:end], True)]
        position = end
    pieces.append((text[position:stop], False))
    return Excerpt(tuple(piece for piece in pieces if piece[0]), begin > 0, stop < len(text))


def _choose_window(text: str, places: Sequence[tuple[int, int, int]], limit: int) -> tuple[int, int]:
    """Return begin and end, at spaces, of the first of the parts that show the most phrases."""
    if len(text) <= limit:
        return 0, len(text)
    begin = least = 0
    if places:
        compared = places[:_PLACES_COMPARED]
        reach = limit * 2 // 3

        def count_phrases(first: int) -> int:
            return len({number for start, end, number in compared if first <= start and end <= first + reach})

        first, least, _ = max(compared, key=lambda place: (count_phrases(place[0]), -place[0]))
        begin = max(0, first - limit // 4)
        if begin:
            space = text.find(" ", begin, first)
            begin = space + 1 if space >= 0 else first
    if begin + limit >= len(text):
        return begin, len(text)
    space = text.rfind(" ", begin + 1, begin + limit + 1)
    return begin, max(space if space > 0 else begin + limit, least)


def _find(text: str, phrase: Phrase, *, exactly: bool) -> list[tuple[int, int]]:
    letters, origins = _fold_in_place(text)
    words = r"[\W_]+".join(map(re.escape, phrase.folded.split()))
    end_of_word = r"[^\W_]*" if phrase.is_prefix else r"(?![^\W_])"
    found = []
    for match in re.finditer(rf"(?<![^\W_]){words}{end_of_word}", letters):
        start, end = origins[match.start()], max(origins[match.end()], origins[match.end() - 1] + 1)
        key = fold_exactly(text[start:end]) if exactly else phrase.exact
        if key == phrase.exact or (phrase.is_prefix and key.startswith(phrase.exact)):
            found.append((start, end))
    return found


@lru_cache(maxsize=64)
def _fold_in_place(text: str) -> tuple[str, list[int]]:
    """Return the text without case and accents, and for each character of the result its position in `text`."""
    letters: list[str] = []
    origins: list[int] = []
    for place, char in enumerate(text):
        bare = _fold_char(char)
        letters.append(bare)
        origins += [place] * len(bare)
    origins.append(len(text))
    return "".join(letters), origins


_fold_char = lru_cache(maxsize=4096)(strip_accents)
