"""Vietnamese text: how it is stored, found, sorted and shortened."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feedsvc.text import (
    canonical_tone,
    fold,
    make_slug,
    normalise,
    one_line,
    shorten,
    sort_key,
)

# Any code point, including lone surrogates and noncharacters.
ANY_TEXT = st.text(st.characters(exclude_categories=()))
VIETNAMESE = st.text("aăâbcdđeêghiklmnoôơpqrstuưvxyAĐƯẮọếỷà \u0300\u0301\u0303\u0309\u0323\u0302\u0306\u031b-.,/")


def test_decomposed_text_becomes_nfc() -> None:
    assert normalise(unicodedata.normalize("NFD", "Phường Phúc Đồng")) == "Phường Phúc Đồng"


def test_icelandic_eth_becomes_the_vietnamese_letter() -> None:
    assert normalise("Bồ Ðề, \u00f0ường") == "Bồ Đề, đường"


def test_icelandic_eth_with_a_combining_mark_becomes_the_vietnamese_letter() -> None:
    assert normalise("Ð\u0323") == "Đ\u0323"


@pytest.mark.parametrize(
    "illegal",
    [
        *("\x00", "\x01", "\x08", "\x0e", "\x1b", "\x1f", "\x7f", "\x80", "\x9f"),
        *("\u00ad", "\u200b", "\u2060", "\ufeff"),
        *("\ufdd0", "\ufdef", "\ufffe", "\uffff", "\U0001fffe", "\U0010ffff"),
    ],
    ids=ascii,
)
def test_character_that_a_feed_cannot_carry_is_removed(illegal: str) -> None:
    assert normalise(f"Phúc{illegal} Đồng") == "Phúc Đồng"


@pytest.mark.parametrize("code_point", [0xD800, 0xDBFF, 0xDC80, 0xDFFF], ids=hex)
def test_lone_surrogate_becomes_the_replacement_character(code_point: int) -> None:
    assert normalise(f"Phúc{chr(code_point)}Đồng") == "Phúc\ufffdĐồng"


@pytest.mark.parametrize("kept", ["\t", "\n", "\u00a0", "👍", "\U00020000", "’", "…"], ids=ascii)
def test_legal_character_stays(kept: str) -> None:
    assert normalise(f"a{kept}b") == f"a{kept}b"


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_every_line_end_becomes_a_line_feed(newline: str) -> None:
    assert normalise(f"một{newline}hai") == "một\nhai"


@pytest.mark.parametrize("spelling", ["Thành ủy", "Thành uỷ", "hòa", "hoà"])
def test_style_of_tone_placement_stays_in_published_text(spelling: str) -> None:
    assert normalise(spelling) == spelling


@given(ANY_TEXT)
def test_normal_text_encodes_to_utf8(text: str) -> None:
    assert normalise(text).encode("utf-8").decode("utf-8") == normalise(text)


@given(ANY_TEXT)
def test_normal_text_survives_xml(text: str) -> None:
    element = etree.Element("title")
    element.text = normalise(text)
    assert (etree.fromstring(etree.tostring(element, encoding="utf-8")).text or "") == normalise(text)


@given(ANY_TEXT)
def test_normalising_again_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(ANY_TEXT)
def test_one_line_has_no_line_end_and_no_doubled_or_outer_space(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line == " ".join(line.split())


def test_one_line_takes_no_break_spaces_and_tabs_for_spaces() -> None:
    assert one_line(" Phường\u00a0\u00a0Phúc\t\n Đồng\u3000") == "Phường Phúc Đồng"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Đường", "duong"),
        ("đống đa", "dong da"),
        ("ĐỐNG ĐA", "dong da"),
        ("Bồ Ðề", "bo de"),
        (unicodedata.normalize("NFD", "Việt Hưng"), "viet hung"),
        ("Thành ủy", "thanh uy"),
        ("Thành uỷ", "thanh uy"),
        ("Văn Miếu – Quốc Tử Giám", "van mieu quoc tu giam"),
        ("Hoạt động MTTQ, và_các đoàn thể!", "hoat dong mttq va cac doan the"),
        ("24-CT/TU", "24 ct tu"),
        ("  a\u00a0 b ", "a b"),
        ("…", ""),
    ],
)
def test_folding_leaves_bare_lower_case_words(text: str, key: str) -> None:
    assert fold(text) == key


@given(VIETNAMESE)
def test_folded_vietnamese_is_ascii_words(text: str) -> None:
    key = fold(text)
    assert key.isascii()
    assert all(char.isalpha() or char == " " for char in key)


@given(VIETNAMESE)
def test_case_and_normal_form_do_not_matter_when_folding(text: str) -> None:
    assert fold(text.upper()) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)


@given(VIETNAMESE)
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("new_style", "old_style"),
    [
        ("uỷ", "ủy"),
        ("Thành uỷ", "thành ủy"),
        ("hoà", "hòa"),
        ("HOÀ", "hòa"),
        ("Gia Thuỵ", "gia thụy"),
        ("khoẻ", "khỏe"),
        ("Yên Hoà, Hà Nội", "yên hòa, hà nội"),
        (unicodedata.normalize("NFD", "uỷ ban"), "ủy ban"),
    ],
)
def test_both_styles_of_tone_placement_are_one_key(new_style: str, old_style: str) -> None:
    assert canonical_tone(new_style) == canonical_tone(old_style) == old_style


@pytest.mark.parametrize(
    "text",
    ["quỷ", "quý", "quà", "quạ", "hoặc", "hoàn", "hoàng", "tuấn", "khuỷu", "huệ", "thuế", "thuở", "của", "mùa", "láng"],
)
def test_a_tone_with_only_one_possible_place_stays(text: str) -> None:
    assert canonical_tone(text) == text


def test_comparable_form_keeps_the_diacritics() -> None:
    assert canonical_tone("Láng") != canonical_tone("Làng")


@given(VIETNAMESE)
def test_comparable_form_of_a_comparable_form_is_the_same(text: str) -> None:
    assert canonical_tone(canonical_tone(text)) == canonical_tone(text)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Phường Phúc Đồng", "phuong-phuc-dong"),
        (unicodedata.normalize("NFD", "Phường Phúc Đồng"), "phuong-phuc-dong"),
        ("Bồ Ðề", "bo-de"),
        ("Văn Miếu - Quốc Tử Giám", "van-mieu-quoc-tu-giam"),
        ("Chỉ thị số 24-CT/TU", "chi-thi-so-24-ct-tu"),
        ("../../etc/passwd", "etc-passwd"),
    ],
)
def test_slug_is_ascii_words(text: str, slug: str) -> None:
    assert make_slug(text) == slug


@pytest.mark.parametrize("text", ["", " ", "!!!", "…", "\x00"])
def test_slug_of_nothing_is_tin(text: str) -> None:
    assert make_slug(text) == "tin"


def test_slug_is_cut_at_a_word() -> None:
    assert make_slug("Ban chấp hành Đảng bộ phường", max_length=17) == "ban-chap-hanh"


@given(ANY_TEXT, st.integers(min_value=3, max_value=80))
def test_slug_fits_a_path_and_the_limit(text: str, max_length: int) -> None:
    slug = make_slug(text, max_length=max_length)
    assert 0 < len(slug) <= max_length
    assert slug.isascii()
    assert slug.replace("-", "").isalnum()
    assert slug == slug.lower()


@pytest.mark.parametrize(
    "ordered",
    [
        ["An", "Ăn", "Ân"],
        ["An Khánh", "Anh"],
        ["Ba Đình", "Bà Triệu", "Bách Khoa", "Bạch Mai", "Bát Tràng"],
        ["ma", "mà", "mả", "mã", "má", "mạ"],  # ngang, huyền, hỏi, ngã, sắc, nặng
        ["da", "dy", "đa", "đy", "e"],
        ["Dương Hòa", "Dương Nội", "Đa Phúc", "Đại Mỗ"],
        ["o", "ô", "ơ", "p"],
        ["u", "ư", "v"],
        ["e", "ê", "g"],
        ["Hòa Lạc", "Hòa Phú", "Hoàn Kiếm", "Hoàng Liệt"],
        ["Long", "Long Biên", "Lòng"],
        ["Phúc Đồng", "Phúc Lợi", "Phụng", "Phương Liệt", "Phượng Dực"],
        ["Phường 1", "Phường A"],
    ],
    ids=" < ".join,
)
def test_names_sort_in_vietnamese_order(ordered: list[str]) -> None:
    assert all(sort_key(first) < sort_key(second) for first, second in pairwise(ordered))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Đống Đa", "ĐỐNG ĐA"),
        ("Đống Đa", unicodedata.normalize("NFD", "Đống Đa")),
        ("Văn Miếu - Quốc Tử Giám", "Văn Miếu – Quốc Tử Giám"),
        ("Yên  Hòa", "Yên\u00a0Hòa"),
    ],
)
def test_case_normal_form_and_punctuation_do_not_move_a_name(one: str, other: str) -> None:
    assert sort_key(one) == sort_key(other)


def test_short_text_is_not_cut() -> None:
    assert shorten("Phường  Phúc\nĐồng", limit=len("Phường Phúc Đồng")) == "Phường Phúc Đồng"


def test_long_text_is_cut_at_a_word_with_an_ellipsis() -> None:
    assert shorten("Ban chấp hành Đảng bộ phường Phúc Đồng", limit=20) == "Ban chấp hành Đảng…"


def test_punctuation_before_the_ellipsis_is_left_out() -> None:
    assert shorten("Đảng ủy, UBND, ủy ban mặt trận", limit=18) == "Đảng ủy, UBND…"


def test_text_without_spaces_is_cut_within_the_word() -> None:
    assert shorten("a" * 30, limit=10) == "a" * 9 + "…"


@given(ANY_TEXT, st.integers(min_value=1, max_value=300))
def test_shortened_text_keeps_the_limit(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit


@given(VIETNAMESE, st.integers(min_value=1, max_value=300))
def test_shortened_text_is_the_text_or_its_beginning_with_an_ellipsis(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert short == one_line(text) or (short.endswith("…") and one_line(text).startswith(short[:-1]))
