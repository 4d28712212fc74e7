"""Every URL that we publish is a URI, percent-encoded once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.uris import is_uri, to_uri


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("https://x.vn/tin?id=7&lang=vi#muc-2", "https://x.vn/tin?id=7&lang=vi#muc-2"),
        ("https://x.vn/ảnh đẹp.jpg", "https://x.vn/%E1%BA%A3nh%20%C4%91%E1%BA%B9p.jpg"),
        ("https://x.vn/%E1%BA%A3nh%20đẹp.jpg", "https://x.vn/%E1%BA%A3nh%20%C4%91%E1%BA%B9p.jpg"),
        ("https://x.vn/100%.html?a=5%zz", "https://x.vn/100%25.html?a=5%25zz"),
        ("https://x.vn/a[1]|b?c[]={d}^#e#f", "https://x.vn/a%5B1%5D%7Cb?c%5B%5D=%7Bd%7D%5E#e%23f"),
        ("https://tin.hànội.vn:8443/", "https://tin.xn--hni-9ka0849a.vn:8443/"),
        ("http://[2001:db8::1]:80/ả", "http://[2001:db8::1]:80/%E1%BA%A3"),
        ("mailto:ubnd@x.vn?subject=Hỏi đáp", "mailto:ubnd@x.vn?subject=H%E1%BB%8Fi%20%C4%91%C3%A1p"),
        ("tel:+84 24 1234", "tel:+84%2024%201234"),
    ],
)
def test_a_url_becomes_a_uri_once(url: str, uri: str) -> None:
    assert to_uri(url) == uri
    assert is_uri(uri)
    assert is_uri(url) == (url == uri)


@given(st.text(min_size=1))
def test_whatever_stands_behind_the_host_becomes_a_uri(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    uri = to_uri("https://x.vn/" + text)
    assert is_uri(uri)
    assert to_uri(uri) == uri


@pytest.mark.parametrize("text", ["", "x.vn/a", "/a", "https://x.vn/a b", "https://x.vn/ả", "https://x.vn/%zz"])
def test_what_is_no_uri_is_told(text: str) -> None:
    assert not is_uri(text)
