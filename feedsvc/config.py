"""Define every setting (name, default, unit) and refuse values that cannot be honoured, by name.

Order of precedence, lowest first: the defaults here, `feedsvc.toml` in the instance folder, `FEEDSVC_*` in the
environment.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .errors import ConfigError
from .uris import is_uri

PREFIX = "FEEDSVC_"
_SWITCH = {"1": True, "true": True, "0": False, "false": False}
_CHECKOUT = Path(__file__).resolve().parent.parent
# In a checkout the instance folder is the tracked one, whatever the working directory; otherwise it is ./instance.
DEFAULT_INSTANCE = (_CHECKOUT if (_CHECKOUT / "pyproject.toml").exists() else Path.cwd()) / "instance"


def _setting(default: Any, about: str, *, derived: str = "", least: int | None = None, is_local: bool = False) -> Any:
    """Describe a setting. The README shows `about`, and `derived` in place of an empty default, as Markdown.

    `derived` says where the value comes from if it is not set. `is_local`: the setting changes nothing in public
    documents, so two machines behind one address may have different values.
    """
    return field(default=default, metadata={"about": about, "derived": derived, "least": least, "is_local": is_local})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one running service, in the order of the README's table, which is made from them."""

    instance: Path
    bind: str = _setting("127.0.0.1:8000", "address and port that gunicorn listens on", is_local=True)
    workers: int = _setting(2, "number of gunicorn's worker processes", least=1, is_local=True)
    threads: int = _setting(8, "number of threads in each worker", least=1, is_local=True)
    proxies: int = _setting(
        0,
        "number of web servers in front whose X-Forwarded-For is trusted for the addresses of failed logins;"
        " 1 behind one nginx",
        least=0,
        is_local=True,
    )
    access_log: str = _setting(
        "", "file that gets a line for each request; `-` is standard output, empty means no log", is_local=True
    )
    read_only: bool = _setting(
        False,
        "serve public pages and feeds from a database that another instance writes"
        " ([docs/scaling.md](docs/scaling.md)); requires `site_url`",
        is_local=True,
    )
    site_url: str = _setting(
        "", "public address without a trailing slash; every URL is built from it", derived="`http://` and `bind`"
    )
    site_name: str = _setting("Tin phường, xã", "name of the site in pages and feeds")
    site_description: str = _setting(
        "Tin tức, thông báo của các phường, xã", "one sentence about the site, in pages and feeds"
    )
    rights: str = _setting("", "copyright line of the feeds; empty means none")
    tag_authority: str = _setting(
        "",
        "domain name in every guid (RFC 4151); `feedsvc init` fixes it, and another value is refused from then on",
        derived="host of `site_url`",
        is_local=True,  # the value that counts is in the database
    )
    feed_min_entries: int = _setting(30, "minimum number of entries in a feed, however long ago they appeared", least=1)
    feed_max_entries: int = _setting(
        200, "maximum number of entries in a feed, apart from those that no archive has yet", least=1
    )
    feed_window_days: int = _setting(
        14,
        "a feed shows every article that appeared within this many days before its last change, between minimum and"
        " maximum",
        least=0,
    )
    feed_max_age: int = _setting(300, "seconds for which feeds, subscription lists and sitemaps may be cached", least=0)
    archive_max_age: int = _setting(86_400, "seconds for which archives may be cached", least=0)
    tombstone_days: int = _setting(90, "days for which a feed names withdrawn articles", least=1)
    withdrawn_days: int = _setting(
        14,
        "days for which a feed shows a withdrawn article as an entry that says so, with the reason; 0 means never",
        least=0,
    )
    hub_url: str = _setting(
        "",
        "address of a WebSub hub, named in every feed; empty means none. feedsvc does not tell the hub of changes:"
        " set it only together with something that does ([docs/portals.md](docs/portals.md#push))",
    )
    session_hours: int = _setting(12, "hours after which a login ends", least=1, is_local=True)
    max_form_bytes: int = _setting(
        2_000_000,
        "maximum size of a form or of a request to the API, without its pictures, in bytes",
        least=10_000,
        is_local=True,
    )
    api_max_items: int = _setting(100, "maximum number of articles in one request to the API", least=1, is_local=True)
    api_requests_per_minute: int = _setting(
        600,
        "maximum number of requests of one API token in a minute; a burst may use them all at once",
        least=1,
        is_local=True,
    )
    max_image_bytes: int = _setting(40_000_000, "maximum size of an image file, in bytes", least=10_000, is_local=True)
    max_image_pixels: int = _setting(
        50_000_000,
        "maximum size of an image in pixels, width × height; a JPEG in one pass may have five times as many",
        least=10_000,
        is_local=True,
    )
    max_record_bytes: int = _setting(
        16_000_000, "maximum size of a line or a page that `feedsvc ingest` reads, in bytes", least=1_000, is_local=True
    )
    max_json_bytes: int = _setting(
        64_000_000,
        "maximum size of a JSON file that `feedsvc ingest` reads, in bytes; an NDJSON file may have any size",
        least=1_000,
        is_local=True,
    )
    document_cache_bytes: int = _setting(
        64_000_000, "maximum size of the ready documents that each worker keeps, in bytes", least=0, is_local=True
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            self._check(item.name, item.type, item.metadata.get("least"))
        host, _, port = self.bind.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ConfigError("bind", self.bind, "must be ADDRESS:PORT, such as 127.0.0.1:8000")
        if not self.site_url:
            if self.read_only:
                rule = "must be set together with read_only, to the same public address as on the instance that writes"
                raise ConfigError("site_url", self.site_url, rule)
            object.__setattr__(self, "site_url", f"http://{self.bind}")
        _check_site_url(self.site_url)
        if self.tag_authority and not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", self.tag_authority):
            raise ConfigError("tag_authority", self.tag_authority, "must be a domain name in lower case (RFC 4151)")
        if self.hub_url and not (is_uri(self.hub_url) and urlsplit(self.hub_url).scheme in {"http", "https"}):
            raise ConfigError("hub_url", self.hub_url, "must be an absolute http(s) URL, percent-encoded")
        if not self.site_name.strip():
            raise ConfigError("site_name", self.site_name, "must not be empty: feeds need a title")
        if self.feed_max_entries < self.feed_min_entries:
            raise ConfigError(
                "feed_max_entries",
                self.feed_max_entries,
                f"must be at least feed_min_entries ({self.feed_min_entries})",
            )

    def _check(self, name: str, kind: Any, least: int | None) -> None:
        value = getattr(self, name)
        if kind is int and (isinstance(value, bool) or not isinstance(value, int)):
            raise ConfigError(name, value, "must be a whole number")
        if kind is bool and not isinstance(value, bool):
            raise ConfigError(name, value, "must be true or false")
        # A lone surrogate represents a byte of the environment that is not UTF-8; no feed could carry it.
        if kind is str and (
            not isinstance(value, str) or re.search(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]", value)
        ):
            raise ConfigError(name, value, "must be a text on one line")
        if least is not None and value < least:
            raise ConfigError(name, value, f"must be at least {least}")

    @property
    def database_path(self) -> Path:
        return self.instance / "feedsvc.db"

    @property
    def media_path(self) -> Path:
        return self.instance / "media"

    @property
    def secret_key_path(self) -> Path:
        return self.instance / "secret_key"

    @property
    def settings_path(self) -> Path:
        return self.instance / "feedsvc.toml"

    @property
    def restore_journal_path(self) -> Path:
        """Return the path of the journal of an interrupted restore."""
        return self.instance / "restore.json"

    @property
    def is_https(self) -> bool:
        return self.site_url.startswith("https://")


def _check_site_url(url: str) -> None:
    rule = "must be http(s)://HOST[:PORT] with nothing after it, not even a slash"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ConfigError("site_url", url, rule) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or f"{parts.scheme}://{parts.netloc}" != url:
        raise ConfigError("site_url", url, rule)
    if not re.fullmatch(r"[A-Za-z0-9.\-\[\]:]+", parts.netloc):
        raise ConfigError("site_url", url, rule)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of this process.

    Raises ConfigError for a wrong value and for an unknown name: a misspelt setting must not pass unnoticed.
    """
    environ = os.environ if environ is None else environ
    instance = Path(environ.get(f"{PREFIX}INSTANCE") or DEFAULT_INSTANCE).resolve()
    values = _read_file(instance / "feedsvc.toml")
    known = {item.name: item for item in fields(Settings) if item.name != "instance"}
    for name in values:
        if name not in known:
            raise ConfigError(name, values[name], f"there is no such setting (in {instance / 'feedsvc.toml'})")
    for variable, text in environ.items():
        name = variable.removeprefix(PREFIX).lower()
        if not variable.startswith(PREFIX) or name == "instance":
            continue
        if name not in known:
            raise ConfigError(variable, text, "there is no such setting")
        kind = known[name].type
        values[name] = (
            _read_number(variable, text) if kind is int else _read_switch(variable, text) if kind is bool else text
        )
    return Settings(instance=instance, **values)


def _read_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), str(error), "must be a TOML file in UTF-8") from None


def _read_number(variable: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ConfigError(variable, text, "must be a whole number") from None


def _read_switch(variable: str, text: str) -> bool:
    if text.lower() not in _SWITCH:
        raise ConfigError(variable, text, "must be 1 or 0, true or false")
    return _SWITCH[text.lower()]
