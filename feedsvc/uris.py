"""Write URLs as URIs (RFC 3986): URLs from a browser may contain spaces and letters of any language. Pure."""

import re
from urllib.parse import quote

_ENCODED = "%[0-9A-Fa-f]{2}"
_PATH = rf"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|{_ENCODED})*"
_QUERY = rf"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|{_ENCODED})*"
_HOST = rf"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|{_ENCODED})*)"
_AUTHORITY = rf"(?:(?:[A-Za-z0-9._~!$&'()*+,;=:-]|{_ENCODED})*@)?{_HOST}(?::[0-9]*)?"
_URI = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*:(?://{_AUTHORITY}(?=[/?#]|$))?{_PATH}(?:\?{_QUERY})?(?:#{_QUERY})?")
_PARTS = re.compile(
    r"(?P<host>[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)?(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?", re.S
)
_BARE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


def is_uri(url: str) -> bool:
    """Tell if the text is an absolute URI as RFC 3986 defines it: ASCII only, everything else percent-encoded."""
    return _URI.fullmatch(url) is not None


def to_uri(url: str) -> str:
    """Return an absolute URL as a URI: percent-encoded once, the host in ASCII (RFC 3490); a URI does not change."""
    if is_uri(url):
        return url
    parts = _PARTS.fullmatch(url)
    assert parts is not None  # each of its groups may be empty
    query, fragment = parts["query"] or "", parts["fragment"] or ""
    return (
        _encode_host(parts["host"] or "")
        + _encode(parts["path"], "/")
        + query[:1]
        + _encode(query[1:], "/?")
        + fragment[:1]
        + _encode(fragment[1:], "/?")
    )


def _encode(text: str, also: str) -> str:
    return quote(_BARE_PERCENT.sub("%25", text), safe="%!$&'()*+,;=:@" + also)


def _encode_host(host: str) -> str:
    scheme, mark, name = host.partition("://")
    try:
        return scheme + mark + name.encode("idna").decode()
    except UnicodeError:  # a label that is too long or empty
        return scheme + mark + quote(name, safe="%[]!$&'()*+,;=:@")
