"""HTML from outside: which parts are published, and the conversion between text and HTML."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from feedsvc.markup import (
    clean_html,
    html_to_plain,
    html_to_text,
    is_absolute_url,
    make_absolute,
    make_portable,
    paragraphs_to_text,
    plain_to_html,
)
from feedsvc.text import normalise, one_line

ANY_TEXT = st.text(st.characters(exclude_categories=()))
# Pieces that combine in every wrong way: unclosed, misplaced, half a tag, in raw text.
PIECES = (
    *("<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<pre>", "</pre>", "<h2>", "</h2>", "<ul>", "<li>", "</ul>"),
    *("<table>", "<tr>", "<td>", "</table>", "<dl>", "<dt>", "<select>", "<option>", "<svg>", "<math>", "<style>"),
    *(
        "<script>",
        "</script>",
        *("<h1>", "<h3>", "<h6>", "</h2>", "<p id=a>", "<h2 id='muc-b'>", "<a href=#a>", "<a href='#b'>", "<a id=b>"),
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<br/>",
        "<hr>",
        "<p ",
        "<img src=x onerror=alert(1)>",
        f"<img src={'/media/' + 'a' * 64}.jpg>",
    ),
    *("<a href='javascript:alert(1)'>", "<a href='/x' title='>'>", "</a>", "<textarea>", "</textarea>", "<template>"),
    *(
        "\n",
        " ",
        "a",
        "đ",
        "&lt;",
        "&amp;lt;",
        "&nbsp;",
        "\u0338",
        "&#x338;",
        "&#8203;",
        "onclick=alert(1)",
        '"',
        ">",
        "<",
    ),
)
ALLOWED_TAGS = set(
    re.findall(
        r"\w+",
        "p br hr h2 h3 h4 ul ol li dl dt dd blockquote pre code strong b em i u s sub sup a figure figcaption img"
        " table caption thead tbody tfoot tr th td",
    )
)
ALLOWED_ATTRIBUTES = set(re.findall(r"\w+", "href title rel src alt width height start colspan rowspan scope id"))
ANY_HTML = st.lists(st.one_of(st.sampled_from(PIECES), ANY_TEXT), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        ("<p>a</p><script>alert(1)</script>", "<p>a</p>"),
        ("<p>a</p><SCRIPT src=https://evil.example/x.js></SCRIPT>", "<p>a</p>"),
        ("<style>p { display: none }</style><p>a</p>", "<p>a</p>"),
        ('<p style="position: fixed" class="x" id="y">a</p>', "<p>a</p>"),
        ('<p onclick="alert(1)">a</p>', "<p>a</p>"),
        ('<img src="https://h.vn/a.png" onerror="alert(1)">', '<img src="https://h.vn/a.png">'),
        ('<p>a</p><iframe src="https://evil.example/"></iframe>', "<p>a</p>"),
        ('<p>a</p><object data="x.swf"></object><embed src="x.swf">', "<p>a</p>"),
        ('<p>a</p><form action="https://evil.example/"><input name="x"></form>', "<p>a</p>"),
        (
            '<p>a</p><link rel="stylesheet" href="https://evil.example/x.css"><base href="https://evil.example/">',
            "<p>a</p>",
        ),
        ('<p>a</p><meta http-equiv="refresh" content="0;url=https://evil.example/">', "<p>a</p>"),
        ("<p>a</p><svg><script>alert(1)</script></svg>", "<p>a</p>"),
        ("<p>a<!-- [if gte mso 9]><xml></xml><![endif] --></p>", "<p>a</p>"),
    ],
)
def test_active_and_foreign_markup_is_removed(fragment: str, expected: str) -> None:
    assert clean_html(fragment) == expected


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java&#10;script:alert(1)",
        "java&#x200b;script:alert(1)",
        "&#1;javascript:alert(1)",
        "vbscript:x",
        "data:text/html,<script>alert(1)</script>",
        "data:image/svg+xml;base64,PHN2Zz4=",
        "file:///etc/passwd",
        "blob:https://h.vn/x",
    ],
)
def test_an_address_with_a_dangerous_scheme_is_removed(url: str) -> None:
    assert "href" not in clean_html(f'<a href="{url}">a</a>')
    assert clean_html(f'<img src="{url}" alt="a">') == '<img alt="a">'


@pytest.mark.parametrize("url", ["http://h.vn/x", "https://h.vn/x?a=1#b", "mailto:a@h.vn", "tel:+84243"])
def test_address_of_a_harmless_scheme_stays(url: str) -> None:
    assert clean_html(f'<a href="{url}">a</a>') == f'<a href="{url}" rel="noopener noreferrer">a</a>'


@pytest.mark.parametrize(
    "fragment",
    [
        "<p>a<br>b</p>",
        "<h2>a</h2><h3>b</h3><h4>c</h4><hr>",
        '<ul><li>a</li></ul><ol start="3"><li>b</li></ol>',
        "<dl><dt>a</dt><dd>b</dd></dl>",
        "<blockquote>a</blockquote><pre>b\n  c</pre><p><code>d</code></p>",
        "<p><strong>a</strong><b>b</b><em>c</em><i>d</i><u>e</u><s>f</s><sub>g</sub><sup>h</sup></p>",
        '<figure><img src="https://h.vn/a.png" alt="a" title="b" width="3" height="4"><figcaption>c'
        "</figcaption></figure>",
        '<table><caption>a</caption><thead><tr><th scope="col" colspan="2">b</th></tr></thead>'
        '<tbody><tr><td rowspan="2">c</td><td>d</td></tr></tbody><tfoot><tr><td>e</td></tr></tfoot></table>',
        "<p>5 &lt; 6 &amp; 7 &gt; 6, “đúng”</p>",
    ],
)
def test_allowed_markup_stays_as_it_is(fragment: str) -> None:
    assert clean_html(fragment) == fragment


def test_unknown_tag_leaves_its_text() -> None:
    assert clean_html("<div><p><font color=red>Phúc</font> <o:p>Đồng</o:p></p></div>") == "<p>Phúc Đồng</p>"


@pytest.mark.parametrize(
    ("url", "resolved"),
    [
        ("/web/a.jpg", "https://longbien.hanoi.gov.vn/web/a.jpg"),
        ("a.jpg", "https://longbien.hanoi.gov.vn/phuong/a.jpg"),
        ("../a.jpg", "https://longbien.hanoi.gov.vn/a.jpg"),
        ("//cdn.vn/a.jpg", "https://cdn.vn/a.jpg"),
        ("?id=1", "https://longbien.hanoi.gov.vn/phuong/tin?id=1"),
        ("https://h.vn/a.jpg", "https://h.vn/a.jpg"),
    ],
)
def test_relative_address_is_resolved_against_the_source(url: str, resolved: str) -> None:
    base_url = "https://longbien.hanoi.gov.vn/phuong/tin"
    assert clean_html(f'<img src="{url}">', base_url=base_url) == f'<img src="{resolved}">'
    assert f'href="{resolved}"' in clean_html(f'<a href="{url}">a</a>', base_url=base_url)


@pytest.mark.parametrize("url", ["/web/a.jpg", "a.jpg", "../a.jpg", "//cdn.vn/a.jpg", "?id=1", "#top"])
def test_relative_address_without_a_source_is_dropped(url: str) -> None:
    assert clean_html(f'<img src="{url}" alt="a">') == '<img alt="a">'
    assert "href" not in clean_html(f'<a href="{url}">a</a>')


OURS = f"/media/{'0123456789abcdef' * 4}.jpg"


@pytest.mark.parametrize("base_url", [None, "https://h.vn/tin"])
def test_picture_of_ours_keeps_its_path(base_url: str | None) -> None:
    fragment = f'<p>src="{OURS}"</p><img alt="a" src="{OURS}">'
    assert clean_html(fragment, base_url=base_url) == fragment


@pytest.mark.parametrize("url", ["/media/a.jpg", OURS.upper(), f"{OURS}?a=1", f"/x{OURS}", OURS.replace("jpg", "svg")])
def test_no_other_path_is_taken_for_a_picture_of_ours(url: str) -> None:
    assert clean_html(f'<img src="{url}"><img src="{OURS}">') == f'<img><img src="{OURS}">'
    assert clean_html(f'<a href="{OURS}">a</a><a href="/x">b</a>').count("href") == 0


def test_image_is_found_where_it_is_now() -> None:
    images = {"tệp 1.jpg": OURS, "b.png": "https://h.vn/b.png"}
    fragment = '<img src="tệp 1.jpg"><img src="b.png"><img src="c.png"><a href="b.png">d</a>'
    moved = f'<img src="{OURS}"><img src="https://h.vn/b.png">'
    assert clean_html(fragment, images=images) == f"{moved}<img>d"
    with_base = clean_html(fragment, images=images, base_url="https://x.vn/")
    assert with_base.startswith(f'{moved}<img src="https://x.vn/c.png"><a href="https://x.vn/b.png"')


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:image/png;base64,AA==", "//evil.example/x", "/x"])
def test_an_address_that_an_image_may_not_have_is_removed_among_our_own_pictures(url: str) -> None:
    assert clean_html(f'<img src="x"><img src="{OURS}">', images={"x": url}) == f'<img><img src="{OURS}">'


def test_pictures_of_ours_leave_with_the_address_of_the_site() -> None:
    fragment = clean_html(f'<p>&lt;img src="{OURS}"&gt;</p><img alt=">" src="{OURS}"><img src="https://h.vn{OURS}">')
    assert make_absolute(fragment, "https://tin.example.vn") == (
        f'<p>&lt;img src="{OURS}"&gt;</p><img alt="&gt;" src="https://tin.example.vn{OURS}"><img src="https://h.vn{OURS}">'
    )


def test_dangerous_address_is_not_saved_by_a_source() -> None:
    assert "href" not in clean_html('<a href="javascript:alert(1)">a</a>', base_url="https://h.vn/")


def test_text_in_html_is_normalised() -> None:
    assert clean_html("<p>Bo\u0302\u0300 Ðe\u0302\u0300\u0007&#x200b;&#xfffe;</p>") == "<p>Bồ Đề</p>"


def test_combining_stroke_cannot_reopen_a_tag() -> None:
    # NFC combines ">" and U+0338 into "≯": the tag would not end, and the text would become its attributes.
    cleaned = clean_html("<p>&#x338; onmouseover=alert(1) <b>x</b></p>")
    assert normalise(cleaned) == cleaned
    assert [dict(element.attrib) for element in lxml_html.fragment_fromstring(cleaned).iter()] == [{}, {}]


@pytest.mark.parametrize(
    ("fragment", "cleaned"),
    [
        ("<pre>\n\nmột</pre>", "<pre>một</pre>"),
        ("<h2>một<div><h2>hai</h2></div></h2>", "<h2>một</h2><h2>hai</h2>"),
        ("<p>một<select><hr></select></p>", "<p>một</p><hr><p></p>"),
    ],
)
def test_the_remains_of_wrong_markup_are_right_at_once(fragment: str, cleaned: str) -> None:
    assert (clean_html(fragment), clean_html(cleaned)) == (cleaned, cleaned)


@given(ANY_HTML)
def test_cleaning_again_changes_nothing(fragment: str) -> None:
    cleaned = clean_html(fragment)
    assert clean_html(cleaned) == cleaned


@given(ANY_HTML)
def test_clean_html_is_normalised(fragment: str) -> None:
    cleaned = clean_html(fragment)
    assert normalise(cleaned) == cleaned


@given(ANY_HTML)
def test_clean_html_has_only_tags_and_attributes_of_the_list(fragment: str) -> None:
    root = lxml_html.fragment_fromstring(clean_html(fragment), create_parent="main")
    for element in root.iterdescendants():
        assert isinstance(element.tag, str)
        assert element.tag in ALLOWED_TAGS
        assert set(element.attrib) <= ALLOWED_ATTRIBUTES


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("", ""),
        (" \n\n \t\n", ""),
        ("một", "<p>một</p>"),
        ("5 < 6 & <b>\n\nhai", "<p>5 &lt; 6 &amp; &lt;b&gt;</p>\n<p>hai</p>"),
        ("một\r\n\r\nhai", "<p>một</p>\n<p>hai</p>"),
        ("\n\n\nmột\n \u00a0\t\n\n\nhai\n\n", "<p>một</p>\n<p>hai</p>"),
        ("một\nvẫn một\n\nhai", "<p>một vẫn một</p>\n<p>hai</p>"),
        ("- một\n- hai", "<ul><li>một</li><li>hai</li></ul>"),
        ("- một\n\n- hai\n\nba", "<ul><li>một</li><li>hai</li></ul>\n<p>ba</p>"),
        ("Gồm:\n- một\n  vẫn một\n- hai", "<p>Gồm:</p>\n<ul><li>một vẫn một</li><li>hai</li></ul>"),
        ("- một\n+ hai\n+ ba\n- bốn", "<ul><li>một<ul><li>hai</li><li>ba</li></ul></li><li>bốn</li></ul>"),
        ("+ một\n+ hai", "<ul><li>một</li><li>hai</li></ul>"),
        ("- 5 < 6", "<ul><li>5 &lt; 6</li></ul>"),
        ("-1 độ\n\n-\n\n–", "<p>-1 độ</p>\n<p>-</p>\n<p>–</p>"),
        ("[Ảnh] Toàn cảnh <hội nghị>", "<p><em>Toàn cảnh &lt;hội nghị&gt;</em></p>"),
        ("[Ảnh]\n\nẢnh: Toàn cảnh", "<p>[Ảnh]</p>\n<p>Ảnh: Toàn cảnh</p>"),
    ],
)
def test_plain_text_has_paragraphs_lists_and_captions(text: str, fragment: str) -> None:
    assert plain_to_html(text) == fragment
    assert clean_html(fragment) == fragment


@pytest.mark.parametrize(
    "text",
    [
        "một\n\nhai",
        "Gồm:\n\n- một\n- hai\n\nhết",
        "- một\n+ hai\n+ ba\n- bốn",
        "[Ảnh] Toàn cảnh\n\n5 < 6 & “7”",
    ],
)
def test_plain_text_comes_back_as_it_was_written(text: str) -> None:
    assert html_to_plain(plain_to_html(text)) == text


# Lines as clerks combine them: items, captions, blank lines, in any order.
ANY_LINES = st.lists(
    st.tuples(st.sampled_from(["", "- ", "+ ", "[Ảnh] ", "\n", " - ", "-"]), st.one_of(ANY_TEXT, st.just("một"))),
    max_size=8,
).map(lambda lines: "\n".join(mark + line for mark, line in lines))


@given(st.one_of(ANY_TEXT, ANY_HTML, ANY_LINES))
def test_html_of_plain_text_has_a_plain_form_that_gives_the_same_html(text: str) -> None:
    fragment = clean_html(plain_to_html(text))
    plain = html_to_plain(fragment)
    assert plain is not None
    assert clean_html(plain_to_html(plain)) == fragment


@pytest.mark.parametrize(
    "fragment",
    [
        "<p>a <b>b</b></p>",
        "<p>a<br>b</p>",
        "<h2>a</h2>\n<p>b</p>",
        "<ol><li>a</li></ol>",
        "<ul><li>a</li></ul>\n<ul><li>b</li></ul>",
        "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li></ul>",
        "<ul><li><p>a</p></li></ul>",
        "<p>- a</p>",
        "<p>[Ảnh] a</p>",
        "<p><em>a</em> b</p>",
        '<p><img src="https://h.vn/a.png"></p>',
        '<p><a href="https://h.vn/" rel="noopener noreferrer">a</a></p>',
        "a",
        "<p>a</p>b",
        "<p></p>",
    ],
)
def test_html_that_is_more_than_that_has_no_plain_form(fragment: str) -> None:
    assert clean_html(fragment) == fragment
    assert html_to_plain(fragment) is None


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("<p>một</p><p>hai</p>", "một hai"),
        ("<h2>một</h2>hai<p>ba</p>bốn", "một hai ba bốn"),
        ("<p>một<br>hai<br>ba</p>", "một hai ba"),
        ("<ul><li>một<ul><li>hai</li></ul></li><li>ba</li></ul>", "một hai ba"),
        ("<table><caption>một</caption><tbody><tr><th>hai</th><td>ba</td></tr></tbody></table>", "một hai ba"),
        ('<figure><img src="https://h.vn/a.png"><figcaption>một</figcaption></figure>hai', "một hai"),
        ('<ol start="3"><li>một</li></ol>hai', "một hai"),
        ("<dl><dt>một</dt><dd>hai</dd></dl><blockquote>ba</blockquote><hr>bốn", "một hai ba bốn"),
        ("<p>Ph<b>ú</b>c <i>Đồng</i></p>", "Phúc Đồng"),
        ("<p>5 &lt; 6 &amp; 7&nbsp;&gt; 6</p>", "5 < 6 & 7 > 6"),
        ("<p>&lt;script&gt; &amp;lt;</p>", "<script> &lt;"),
        ("", ""),
    ],
)
def test_blocks_are_words_apart_in_the_text_of_html(fragment: str, text: str) -> None:
    assert clean_html(fragment) == fragment
    assert html_to_text(fragment) == text


@given(ANY_HTML)
def test_the_text_of_html_is_one_line(fragment: str) -> None:
    text = html_to_text(clean_html(fragment))
    assert one_line(text) == text


@pytest.mark.parametrize(
    "url",
    [
        "http://h.vn",
        "https://longbien.hanoi.gov.vn/web/tin?p=1&q=2#a",
        "https://h.vn:8443/",
        "http://127.0.0.1:8000/x",
        "http://[::1]:8000/x",
        "HTTPS://H.VN/",
        "https://phường.vn/tin-tức",
    ],
)
def test_address_with_scheme_and_host_is_absolute(url: str) -> None:
    assert is_absolute_url(url)
    assert re.search('src="https?://', clean_html('<img src="x">', base_url=url))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h.vn/x",
        "/x",
        "//h.vn/x",
        "http:",
        "http://",
        "http:///x",
        "http:moc.gov.vn/x",
        "http://:80/",
        "ftp://h.vn/",
        "javascript:alert(1)",
        "mailto:a@h.vn",
        "https://h.vn/a b",
        "https://h.vn/a\nb",
        "https://h.vn/a\x00b",
        "https://h.vn/\u00a0",
        'https://h.vn/"',
        "https://h.vn/<x>",
        "http://[::1",
        "http://[v1.a]/",
        "http://a^b.vn/",
        "http://h%zz.vn/",
        "http://h.vn:99999/",
        "http://h.vn:port/",
        "http://1.2.3.999/",
    ],
)
def test_what_no_browser_could_open_is_not_an_absolute_address(url: str) -> None:
    assert not is_absolute_url(url)


@given(st.one_of(ANY_TEXT, ANY_TEXT.map("http://{}".format), st.from_regex(r"https?://[ -~]{1,30}", fullmatch=True)))
def test_any_absolute_address_can_be_the_base_of_html(url: str) -> None:
    assert not is_absolute_url(url) or "src=" in clean_html('<img src="x.png">', base_url=url)


@given(st.one_of(ANY_TEXT, ANY_HTML, ANY_LINES))
def test_html_of_plain_text_is_clean_by_construction(text: str) -> None:
    fragment = plain_to_html(text)
    assert clean_html(fragment) == fragment


def test_a_tag_ends_where_its_attributes_do() -> None:
    fragment = '<p><a href="https://example.vn/?a>b" title="1 > 0">một</a> hai</p>'
    assert html_to_text(clean_html(fragment)) == "một hai"


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("<h2>Đề mục</h2>\n<p>Một.</p>\n<p>Hai &amp; <b>ba</b>.</p>", "Một. Hai & ba."),
        ("<p>Một.</p>\n<p><em>Đoàn rước nước trên sông Hồng</em></p>\n<p>Hai.</p>", "Một. Hai."),
        ("<p>Một <em>từ</em>.</p>\n<p><em>Hai</em> và <em>ba</em></p>", "Một từ. Hai và ba"),
        (
            "<p>Một.</p>\n<figure><img src=x><figcaption><p>Chú thích</p></figcaption></figure>\n<p>Hai.</p>",
            "Một. Hai.",
        ),
        ("<table><tr><td><p>Ô</p><table><tr><td>b</td></tr></table><p>Ô</p></td></tr></table><p>Một.</p>", "Một."),
        ("<p>Gồm:</p>\n<ul><li>Một;<ul><li>hai</li></ul></li><li><p>ba</p></li></ul>", "Gồm:"),
        ("<h2>Đề mục</h2>\n<ul><li>Một</li></ul>", ""),
    ],
)
def test_the_text_of_the_paragraphs_has_no_caption_heading_cell_or_item(fragment: str, text: str) -> None:
    assert paragraphs_to_text(fragment) == text


@given(ANY_HTML)
def test_of_any_html_the_paragraphs_are_a_part_of_the_text(fragment: str) -> None:
    cleaned = clean_html(fragment)
    words, whole = paragraphs_to_text(cleaned).split(), iter(html_to_text(cleaned).split())
    assert all(word in whole for word in words)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("<h1>a</h1><h2>b</h2>", "<h2>a</h2><h3>b</h3>"),
        ("<h3>a</h3><h3>b</h3>", "<h2>a</h2><h2>b</h2>"),
        ("<h2>a</h2><h5>b</h5><h6>c</h6><h2>d</h2>", "<h2>a</h2><h3>b</h3><h4>c</h4><h2>d</h2>"),
        ("<h4>a</h4><h2>b</h2><h4>c</h4>", "<h2>a</h2><h2>b</h2><h3>c</h3>"),
        ("<h1>a</h1><h2>b</h2><h3>c</h3><h4>d</h4><h5>e</h5>", "<h2>a</h2><h3>b</h3><h4>c</h4><h4>d</h4><h4>e</h4>"),
        ("<h2>a</h2><h3>b</h3><h4>c</h4><h2>d</h2>", "<h2>a</h2><h3>b</h3><h4>c</h4><h2>d</h2>"),
    ],
)
def test_headings_begin_at_the_second_level_and_leave_out_none(given: str, shown: str) -> None:
    assert clean_html(given) == shown


@pytest.mark.parametrize("href", ["/tin", "javascript:alert(1)", "#", "#khong-co", ""])
def test_a_link_whose_address_is_refused_is_text(href: str) -> None:
    assert clean_html(f'<p>Xem <a href="{href}" title="t">bài <b>này</b></a>.</p>') == "<p>Xem bài <b>này</b>.</p>"


@pytest.mark.parametrize("base_url", [None, "https://cu.vn/tin"])
def test_a_link_to_a_part_of_the_text_keeps_its_target(base_url: str | None) -> None:
    links = '<a href="#muc-2">1</a> <a href="#ph%E1%BB%A5">2</a>'
    given = f'{links}<h2 id="muc-2">M</h2><p id="phụ" class="x">P</p><p id=y></p>'
    cleaned = clean_html(given, base_url=base_url)
    assert cleaned == (
        '<a href="#muc-2" rel="noopener noreferrer">1</a> <a href="#muc-phụ" rel="noopener noreferrer">2</a>'
        '<h2 id="muc-2">M</h2><p id="muc-phụ">P</p><p></p>'
    )
    assert clean_html(cleaned) == cleaned
    portable = make_portable(cleaned, "https://tin.vn", "https://tin.vn/articles/1/a")
    assert 'href="https://tin.vn/articles/1/a#muc-2"' in portable
    assert 'href="https://tin.vn/articles/1/a#muc-ph%E1%BB%A5"' in portable


def test_every_url_in_a_document_for_others_is_a_uri() -> None:
    link, image = '<a title=" href=" href="https://x.vn/bài 1?a=%zz&b=1">a</a>', '<img alt="" src="https://x.vn/ả.jpg">'
    cleaned = clean_html(f'{link}{image}<img src="{OURS}">')
    assert make_portable(cleaned, "https://tin.vn", "https://tin.vn/a") == (
        '<a title=" href=" href="https://x.vn/b%C3%A0i%201?a=%25zz&amp;b=1" rel="noopener noreferrer">a</a>'
        f'<img alt="" src="https://x.vn/%E1%BA%A3.jpg"><img src="https://tin.vn{OURS}">'
    )
