"""Decoding the bytes of a file: they are Unicode or refused."""

import codecs
from collections.abc import Callable

import pytest

from feedsvc.intake import decode_text
from feedsvc.intake.decode import recognise_legacy
from feedsvc.problems import RejectedError

from ..conftest import SAMPLES
from .old_encodings import to_tcvn3, to_vni, to_windows_1258

TEXT = "Phường Phúc Đồng\r\nThành ủy 👍\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode("utf-8"),
        TEXT.encode("utf-8-sig"),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    ],
    ids=["UTF-8", "UTF-8 with a byte order mark", "UTF-16 LE", "UTF-16 BE"],
)
def test_unicode_text_is_read_without_its_byte_order_mark(data: bytes) -> None:
    assert decode_text(data) == TEXT


@pytest.mark.parametrize("data", [b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_empty_file_is_empty_text(data: bytes) -> None:
    assert decode_text(data) == ""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        # Windows-1258 writes the tone as a separate byte: "Tổ", "Đảng", "Thành phố".
        (b"T\xf4\xd2", "byte 1"),
        (b"\xd0a\xd2ng", "byte 0"),
        (b"Th\xe0nh ph\xf4\xec", "byte 2"),
        ("Thông báo".encode("latin-1"), "byte 2"),
        ("Thành ủy".encode()[:-2], "byte 7"),
        (b"Ph\xc6", "byte 2"),
        (b"\xed\xa0\x80", "byte 0"),
        (codecs.BOM_UTF16_LE + b"a\x00b", "truncated"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8a\x00", "surrogate"),
        (b"Ph\x00ng", "NUL character at place 2"),
        (TEXT.encode("utf-16-le"), ""),
        (TEXT.encode("utf-16-be"), ""),
        (TEXT.encode("utf-32"), ""),
        (b"PK\x03\x04\x14\x00\x06\x00", "NUL"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "byte 10"),
    ],
)
def test_what_is_not_unicode_text_is_refused_with_the_place(data: bytes, reason: str) -> None:
    with pytest.raises(RejectedError) as caught:
        decode_text(data)
    (problem,) = caught.value.problems
    assert (problem.field, problem.code) == ("file", "not_text")
    assert reason in problem.given
    assert "convert it to Unicode" in problem.message


ENCODERS = {"tcvn3": to_tcvn3, "vni": to_vni, "windows_1258": to_windows_1258}


@pytest.mark.parametrize("page", sorted(SAMPLES.glob("*.txt")), ids=lambda page: page.stem)
@pytest.mark.parametrize("name", ENCODERS)
def test_old_encodings_of_vietnamese_are_recognised(name: str, page: object) -> None:
    text = page.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert recognise_legacy(ENCODERS[name](text)) == name
    assert recognise_legacy(ENCODERS[name]("Phường Phúc Đồng ra quân tổng vệ sinh môi trường")) == name
    assert recognise_legacy(ENCODERS[name](text.upper())) in {name, "tcvn3"}


@pytest.mark.parametrize(("encode", "way_out"), [(to_tcvn3, "UniKey"), (to_vni, "UniKey"), (to_windows_1258, "iconv")])
def test_the_refusal_of_an_old_encoding_says_how_to_convert(encode: Callable[[str], bytes], way_out: str) -> None:
    with pytest.raises(RejectedError, match=way_out):
        decode_text(encode("Ủy ban nhân dân phường Phúc Đồng tổ chức hội nghị."))


@pytest.mark.parametrize(
    "data",
    [
        "Phường Phúc Đồng".encode(),
        "Phường".encode()[:-1] + b"\xc6",
        "Élysée, façade, naïveté, déjà vu, Müller".encode("latin-1"),
        "Съешь же ещё этих мягких французских булок".encode("cp1251"),
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
        bytes(range(256)),
        b"",
    ],
)
def test_other_bytes_are_not_recognised_as_vietnamese(data: bytes) -> None:
    assert recognise_legacy(data) is None
