"""Classify the lines of a portal page's body: paragraphs, captions, list items, or remains of a widget.

An uncertain line is a paragraph: a caption shown as text is a small fault, but text removed as junk is lost.
"""

import re
from collections.abc import Iterable, Sequence

from ..text import fold, fold_exactly

# Captions on these portals begin with the people or the thing that the photo shows; no other line counts as a caption.
_PEOPLE = (
    *("đồng chí", "đ c", "ông", "bà", "cụ", "anh", "chị", "em", "đại biểu", "lãnh đạo", "đại diện", "chủ tịch"),
    *("phó chủ tịch", "bí thư", "phó bí thư", "cán bộ", "nhân viên", "hội viên", "đoàn viên", "thanh niên", "phụ nữ"),
    *("người dân", "nhân dân", "du khách", "lực lượng", "chiến sĩ", "tân binh", "bác sĩ", "học sinh", "thầy", "cô"),
    *("tình nguyện viên", "đoàn công tác"),
)
_CAPTION_BEGINS = re.compile(
    rf"(?:(?:các|những) )?(?:{'|'.join(_PEOPLE)})\b"
    r"|(?:toàn cảnh|quang cảnh|khung cảnh|(?:một số )?hình ảnh|ảnh) (?!hưởng\b)"
)
_CAPTION_MOST, _CAPTION_LEAST_WORDS = 200, 5
# "1. ", "a) ", "IV. ": a heading or an item of a hand-written enumeration.
_NUMBERED = re.compile(r"(?:\d{1,2}|[a-zđ]|[IVX]+)[.)]\s", re.IGNORECASE)
_ENDS_SENTENCE = re.compile(r"[.!?…;:,/][\"”’)\]]*$")
# "- x", "-x" (not "-5"), "+ x", "• x"; other kinds of dash may also open direct speech.
_ITEM = re.compile(r"([-+•●])\s*(?=[^\W\d]|[“\"(]|(?<=\s)\S)(.*)")

# The heading of a poll and its buttons. Only both together prove that the lines do not belong to the article.
_POLL_HEADINGS = {"tham do y kien", "tham do du luan", "tham do"}
_POLL_BUTTONS = {"binh chon", "bieu quyet", "xem ket qua", "ket qua", "gui", "xem ket qua binh chon"}
_POLL_MOST_LINES, _POLL_LONGEST_LINE = 12, 120
# Buttons and names of portlets that are certain junk even alone, at the very end.
_TAIL_JUNK = {
    *("detailcontroller", "visitor tracking", "quay lai", "tro ve", "ve trang truoc", "trang truoc", "len dau trang"),
    *("dau trang", "in trang", "in bai viet", "ban in", "gui email", "gui cho ban be", "chia se", "xem them"),
    *("binh chon", "bieu quyet", "xem ket qua"),
}


def read_body(lines: Sequence[str]) -> str:
    """Return the plain form (see `markup.plain_to_html`) of the body's normalised lines, one paragraph per line."""
    blocks: list[str] = []
    after_colon = in_list = False
    for line in _drop_tail([line for line in lines if line != "."]):
        item = _ITEM.fullmatch(line)
        if item:
            written = f"{'+' if item[1] == '+' else '-'} {item[2]}"
            blocks[-1:] = [f"{blocks[-1]}\n{written}"] if in_list else [*blocks[-1:], written]
        elif not after_colon and is_caption(line):
            blocks.append(f"[Ảnh] {line}")
        else:
            blocks.append(line)
            # "Gồm các ông, bà:" opens an enumeration, which continues until a line ends a sentence.
            after_colon = line.endswith(":") or (after_colon and not ends_sentence(line))
        in_list = item is not None
    return "\n\n".join(blocks)


def is_caption(line: str) -> bool:
    """Tell if the line is certainly a caption: it is short, does not end a sentence, and begins as captions do."""
    return (
        len(line) <= _CAPTION_MOST
        and len(line.split()) >= _CAPTION_LEAST_WORDS
        and _CAPTION_BEGINS.match(fold_exactly(line)) is not None
        and not ends_sentence(line)
        and not _NUMBERED.match(line)
        and not line.isupper()
    )


def ends_sentence(line: str) -> bool:
    """Tell if the line ends like a sentence, or like a part of a sentence that continues."""
    return _ENDS_SENTENCE.search(line) is not None


def _drop_tail(lines: list[str]) -> list[str]:
    """Drop lines at the end that certainly come from a widget below the article."""
    poll = next((place for place in range(len(lines) - 1, -1, -1) if _is_poll(lines[place:])), None)
    end = len(lines) if poll is None else poll
    while end and fold(lines[end - 1]) in _TAIL_JUNK:
        end -= 1
    return lines[:end]


def _is_poll(lines: Iterable[str]) -> bool:
    heading, *rest = lines
    return (
        fold(heading) in _POLL_HEADINGS
        and 1 <= len(rest) <= _POLL_MOST_LINES
        and all(len(line) <= _POLL_LONGEST_LINE for line in rest)
        and any(fold(line) in _POLL_BUTTONS for line in rest)
    )
