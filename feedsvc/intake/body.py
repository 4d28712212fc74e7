"""Tell what the lines of a portal page's body are: paragraphs, captions, items of a list, or junk of a widget.

What is not certain is a paragraph: a caption taken for text is a small fault, text taken for junk is lost.
"""

import re
from collections.abc import Iterable, Sequence

from ..text import fold, fold_exactly

# How a caption begins on these portals: whom or what the photo shows. No other line is taken for one.
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
# "1. ", "a) ", "IV. ": a heading or an item of an enumeration by hand.
_NUMBERED = re.compile(r"(?:\d{1,2}|[a-zđ]|[IVX]+)[.)]\s", re.IGNORECASE)
_ENDS_SENTENCE = re.compile(r"[.!?…;:,/][\"”’)\]]*$")
# "- x", "-x" (not "-5"), "+ x", "• x"; a dash of another kind may also open what somebody says.
_ITEM = re.compile(r"([-+•●])\s*(?=[^\W\d]|[“\"(]|(?<=\s)\S)(.*)")

# A poll: its heading, and what of it can be pressed. Only with both is it certain that this is no text of the article.
_POLL_HEADINGS = {"tham do y kien", "tham do du luan", "tham do"}
_POLL_BUTTONS = {"binh chon", "bieu quyet", "xem ket qua", "ket qua", "gui", "xem ket qua binh chon"}
_POLL_MOST_LINES, _POLL_LONGEST_LINE = 12, 120
# Buttons and names of portlets that are certain even alone, at the very end.
_TAIL_JUNK = {
    *("detailcontroller", "visitor tracking", "quay lai", "tro ve", "ve trang truoc", "trang truoc", "len dau trang"),
    *("dau trang", "in trang", "in bai viet", "ban in", "gui email", "gui cho ban be", "chia se", "xem them"),
    *("binh chon", "bieu quyet", "xem ket qua"),
}


def read_body(lines: Sequence[str]) -> str:
    """Return the plain form (see `markup.plain_to_html`) of the body's lines, each one paragraph, normalised."""
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
            # "Gồm các ông, bà:" opens an enumeration, which lasts until a whole sentence follows.
            after_colon = line.endswith(":") or (after_colon and not ends_sentence(line))
        in_list = item is not None
    return "\n\n".join(blocks)


def is_caption(line: str) -> bool:
    """Tell if the line is certainly a caption: short, not a whole sentence, beginning with whom or what it shows."""
    return (
        len(line) <= _CAPTION_MOST
        and len(line.split()) >= _CAPTION_LEAST_WORDS
        and _CAPTION_BEGINS.match(fold_exactly(line)) is not None
        and not ends_sentence(line)
        and not _NUMBERED.match(line)
        and not line.isupper()
    )


def ends_sentence(line: str) -> bool:
    """Tell if the line ends as a sentence, or as a part of one that goes on."""
    return _ENDS_SENTENCE.search(line) is not None


def _drop_tail(lines: list[str]) -> list[str]:
    """Leave out what a widget below the article left at its end, where that is certain."""
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
