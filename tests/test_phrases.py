"""The phrases of a query, and their places in a text."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedsvc.phrases import QUERY_LIMIT, WORD_LIMIT, Excerpt, Phrase, cut_query, find_excerpt, parse_phrases
from feedsvc.text import fold, one_line

ANY_TEXT = st.text(st.characters(exclude_categories=()))
VIETNAMESE = st.text('aăâbdđeêoôơuưyỷàÀĐƯß \u0301\u0303\u0323\u0302\u0345-.,/"“”1', max_size=60)


def shown(excerpt: Excerpt) -> str:
    return "".join(f"[{piece}]" if is_match else piece for piece, is_match in excerpt.pieces)


def excerpt_of(text: str, query: str, *, exactly: bool = False, limit: int | None = None) -> str:
    return shown(find_excerpt(text, parse_phrases(query), exactly=exactly, limit=limit))


def folded(query: str) -> list[str]:
    return [phrase.folded for phrase in parse_phrases(query)]


def test_each_word_is_looked_for_by_itself() -> None:
    assert folded("Đường  phố") == ["duong", "pho"]


@pytest.mark.parametrize("query", ['họp "tổng vệ sinh"', "họp “tổng vệ sinh”", 'họp "tổng vệ sinh'])
def test_a_phrase_in_quotes_stays_together_even_where_nobody_closes_it(query: str) -> None:
    assert folded(query) == ["hop", "tong ve sinh"]


def test_a_document_number_stays_together() -> None:
    assert folded("kế hoạch 48/KH-UBND") == ["ke", "hoach", "48 kh ubnd"]


def test_the_typed_accents_are_kept_separately_with_one_tone_placement() -> None:
    assert parse_phrases("uỷ")[0] == Phrase("uy", "ủy")
    assert parse_phrases("khuỷ")[0] == Phrase("khuy", "khủy", is_prefix=True)
    assert [phrase.has_accents for phrase in parse_phrases("đường ABC")] == [True, False]


def test_only_the_last_word_outside_quotes_may_continue_and_only_from_three_letters() -> None:
    assert [phrase.is_prefix for phrase in parse_phrases("ve sin")] == [False, True]
    assert [phrase.is_prefix for phrase in parse_phrases('ve "sin"')] == [False, False]
    assert [phrase.is_prefix for phrase in parse_phrases("ve si")] == [False, False]
    assert [phrase.is_prefix for phrase in parse_phrases("ve sin !")] == [False, True]


@pytest.mark.parametrize("query", ["", " ", '"', "''--;", '"" “”', "\x00\u200b", "\u0301", "*", "^-+():{}"], ids=ascii)
def test_what_has_no_letter_or_digit_looks_for_nothing(query: str) -> None:
    assert parse_phrases(query) == ()


def test_a_long_query_is_cut_to_its_first_characters_and_words() -> None:
    assert cut_query("a" * 300) == ("a" * QUERY_LIMIT, True)
    assert cut_query("a b-c " * 10) == ("a b-c a b-c a b-c a b-c", True)
    assert cut_query(" đường\tphố ") == ("đường phố", False)


@given(query=ANY_TEXT | VIETNAMESE)
def test_cutting_a_query_again_changes_nothing(query: str) -> None:
    cut, _ = cut_query(query)
    assert cut_query(cut) == (cut, False)
    assert len(parse_phrases(cut)) <= WORD_LIMIT


def test_a_match_is_shown_in_the_spelling_of_the_text() -> None:
    assert excerpt_of("Họp về ĐƯỜNG phố, đường sá.", "duong") == "Họp về [ĐƯỜNG] phố, [đường] sá."


def test_a_phrase_is_marked_as_one_across_any_punctuation() -> None:
    assert excerpt_of("Kế hoạch 48/KH-UBND; sinh, vệ sinh", '"ve sinh" 48/kh-ubnd') == (
        "Kế hoạch [48/KH-UBND]; sinh, [vệ sinh]"
    )


def test_a_word_is_marked_whole_and_never_inside_another_one() -> None:
    assert excerpt_of("an, toàn, ban", "an x") == "[an], toàn, ban"
    assert excerpt_of("sinh, sinhton", "sin") == "[sinh], [sinhton]"


def test_with_accents_only_text_with_them_is_marked_for_any_tone_placement() -> None:
    assert excerpt_of("uỷ ban, ủy ban, ùy ban", "ủy x", exactly=True) == "[uỷ] ban, [ủy] ban, ùy ban"
    assert excerpt_of("đường, duong, đươngg", "đườ", exactly=True) == "[đường], duong, đươngg"


def test_matches_that_overlap_are_marked_once() -> None:
    assert excerpt_of("tổng vệ sinh", '"tong ve" "ve sinh"') == "[tổng vệ sinh]"


def test_a_letter_with_marks_of_its_own_is_marked_with_them() -> None:
    assert excerpt_of("x\u0301y\u0323\u0301 z", "xy") == "[x\u0301y\u0323\u0301] z"


def test_an_excerpt_is_cut_at_spaces_around_the_most_different_phrases() -> None:
    text = "mở đầu duong " + "một hai ba bốn " * 40 + "đường và phố " + "năm sáu " * 40
    excerpt = find_excerpt(text.strip(), parse_phrases("duong pho"), exactly=False)
    assert excerpt.is_cut_before
    assert excerpt.is_cut_after
    assert "[đường] và [phố]" in shown(excerpt)
    assert len("".join(piece for piece, _ in excerpt.pieces)) <= 240
    assert f" {''.join(piece for piece, _ in excerpt.pieces)} " in text


def test_without_a_match_an_excerpt_is_the_beginning() -> None:
    excerpt = find_excerpt("một hai " * 100, parse_phrases("ba"), exactly=False, limit=20)
    assert excerpt == Excerpt((("một hai một hai một", False),), is_cut_before=False, is_cut_after=True)


@given(text=ANY_TEXT | VIETNAMESE, query=ANY_TEXT | VIETNAMESE, exactly=st.booleans(), limit=st.integers(1, 80))
@example(text="ß" * 50, query="ssss", exactly=False, limit=10)
@example(text="a\u0345", query="aι", exactly=True, limit=10)
def test_any_excerpt_is_a_part_of_the_text_and_its_marks_are_what_was_looked_for(
    text: str, query: str, exactly: bool, limit: int
) -> None:
    line, phrases = one_line(text), parse_phrases(query)
    excerpt = find_excerpt(line, phrases, exactly=exactly, limit=limit)
    whole = "".join(piece for piece, _ in excerpt.pieces)
    assert whole in line
    assert line.startswith(whole) or excerpt.is_cut_before
    assert line.endswith(whole) or excerpt.is_cut_after
    looked_for = {word for phrase in phrases for word in phrase.folded.split()}
    prefix = phrases[-1].folded.split()[-1] if phrases and phrases[-1].is_prefix else None
    for piece, is_match in excerpt.pieces:
        for word in fold(piece).split() if is_match else []:
            assert word in looked_for or (prefix and word.startswith(prefix))
