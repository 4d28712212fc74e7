"""Recognise the ward that published a text. Pure: the candidates are the units that existed on the day of the text.

Names are compared with their diacritics ("Láng" is not "làng"), but without letter case and style of tone placement.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache

from ..models import Ward, WardKind
from ..problems import Problem, RejectedError
from ..text import canonical_tone, one_line

_PREFIXES: dict[WardKind, str] = {
    "phuong": r"phường|p\.",
    "xa": r"(?<!hợp tác )xã",
    "thi-tran": r"thị trấn|tt\.",
    "dac-khu": r"đặc khu",
}
# Words that turn a following bare name into another thing: a unit of another kind, a district, a street, a bridge.
_OTHER_THINGS = (
    r"phường|p\.|xã|thị trấn|tt\.|đặc khu|quận|q\.|quận ủy|huyện|huyện ủy|thị xã|tx\.|thành phố|tp\.|tỉnh|khu vực|"
    r"thôn|khu đô thị|"
    r"cầu|chợ|đường|phố|phố cổ|hồ|ga|bến xe|sông|cảng|trường|thpt|thcs|bệnh viện|htx|đình|chùa|đền|làng|"
    # Or into a person: "Nguyễn Minh Châu", "Trần Thị Thanh Xuân".
    r"nguyễn|trần|lê|phạm|hoàng|huỳnh|phan|vũ|võ|đặng|bùi|đỗ|ngô|đinh|thị"
)
# Words before the kind that announce a list of names, unlike "phường Phúc Đồng, Long Biên, Hà Nội", a ward and its
# district.
_SEVERAL = r"các|những|hai|ba|bốn|năm|\d+"
_WORD = r"[^\W_]"


def recognise_ward(title: str, body: str, candidates: Iterable[Ward]) -> Ward:
    """Return the candidate that the text names.

    The first of these rules that finds anything decides: named with its kind in the title; named without it in the
    title ("Phúc Đồng: …"); named most often with its kind in the body. Raises RejectedError if nothing is found, or
    after a tie, with the tied names.
    """
    wards = list(candidates)
    if not wards:
        raise RejectedError(Problem("ward", "ward_missing"))
    pattern = _build_names(tuple(wards))
    in_body = pattern.count_with_kind(body)
    in_title = pattern.count_with_kind(title) or _confirmed(pattern.count_bare(title), in_body)
    for found in (in_title, in_body):
        if found:
            most = max(found.values())
            winners = [ward for ward in wards if found.get(ward) == most]
            # Two wards in the title: the publisher is the one that the body names more often, if there is one.
            if len(winners) > 1 and found is in_title:
                weights = [in_body.get(ward, 0) for ward in winners]
                winners = [ward for ward, weight in zip(winners, weights, strict=True) if weight == max(weights)]
            if len(winners) > 1:
                raise RejectedError(Problem("ward", "ward_ambiguous", ", ".join(ward.name for ward in winners)))
            return winners[0]
    raise RejectedError(Problem("ward", "ward_missing"))


def _confirmed(bare: Counter[Ward], in_body: Counter[Ward]) -> Counter[Ward]:
    """Drop bare names of the title if the body names only other wards: the bare name is another thing then."""
    if not in_body:
        return bare
    return Counter({ward: count for ward, count in bare.items() if ward in in_body})


class _Names:
    """The names of the candidates as regular expressions: with their kind, and without it."""

    def __init__(self, wards: tuple[Ward, ...]) -> None:
        # Namesakes on the same day (in two provinces) are found together: they tie, and none wins by chance.
        self._by_name: dict[tuple[str, str], list[Ward]] = defaultdict(list)
        alternatives: dict[str, list[str]] = defaultdict(list)
        for ward in wards:
            _, name = _prepare(bare_name(ward))
            self._by_name[ward.kind, name].append(ward)
            alternatives[ward.kind].append(name)
        # Longest first: "phúc lợi" must not be found as "phúc". A name ends at the end of a word.
        self._with_kind = {
            kind: re.compile(
                rf"(?<!{_WORD})(?P<several>(?:{_SEVERAL})\s+)?(?:{_PREFIXES[kind]})"  # type: ignore[index]
                rf"\s*(?P<name>{_alternation(names)})(?!{_WORD})"
            )
            for kind, names in alternatives.items()
        }
        self._next_in_list = {
            kind: re.compile(rf"\s*(?:,|;|và)\s*({_alternation(names)})(?!{_WORD})")
            for kind, names in alternatives.items()
        }
        self._bare = {
            kind: re.compile(rf"(?<!{_WORD})(?:({_OTHER_THINGS})\s*)?({_alternation(names)})(?!{_WORD})")
            for kind, names in alternatives.items()
        }

    def count_with_kind(self, text: str) -> Counter[Ward]:
        plain, key = _prepare(text)
        found: Counter[Ward] = Counter()
        for kind, pattern in self._with_kind.items():
            for match in pattern.finditer(key):
                if not _goes_on(match.group("name"), plain, match.end()):
                    found.update(self._by_name[kind, match.group("name")])
                    if match.group("several"):
                        found.update(self._list_further(kind, key, match.end()))
        return found

    def _list_further(self, kind: str, key: str, place: int) -> list[Ward]:
        """List the other wards of "các phường Phúc Đồng, Việt Hưng và Thạch Bàn"."""
        further = []
        while match := self._next_in_list[kind].match(key, place):
            further += self._by_name[kind, match.group(1)]
            place = match.end()
        return further

    def count_bare(self, text: str) -> Counter[Ward]:
        plain, key = _prepare(text)
        found: Counter[Ward] = Counter()
        for kind, pattern in self._bare.items():
            for match in pattern.finditer(key):
                is_capital = plain[match.start(2)].isupper()
                if match.group(1) is None and is_capital and not _goes_on(match.group(2), plain, match.end()):
                    found.update(self._by_name[kind, match.group(2)])
        return found


# Many days have the same wards, and compiling the patterns takes longer than reading a page.
_build_names = lru_cache(maxsize=8)(_Names)


def bare_name(ward: Ward) -> str:
    """Return the name without the word for its kind: "Phúc Đồng" of "Phường Phúc Đồng"."""
    return re.sub(r"^(phường|xã|thị trấn|đặc khu)\s+", "", ward.name, flags=re.IGNORECASE)


def _alternation(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


def _prepare(text: str) -> tuple[str, str]:
    """Return the text and its comparable form, both of equal length, so that their positions correspond."""
    # Any dash, with or without spaces: "Văn Miếu – Quốc Tử Giám".
    plain = re.sub(r"\s*[-‐‑‒–—―−]\s*", " - ", one_line(text))
    key = canonical_tone(plain)
    return (plain, key) if len(plain) == len(key) else (key, key)


def _goes_on(name: str, plain: str, end: int) -> bool:
    """Tell if a name of one syllable is only the beginning of a longer name: "Láng" in "Láng Hạ"."""
    following = re.match(r"\s+(\w+)", plain[end:])
    if " " in name or following is None:
        return False
    return following.group(1).istitle() and not plain[:end].isupper()
