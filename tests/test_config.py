"""Settings: defaults, file, environment, refused values."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from feedsvc.config import DEFAULT_INSTANCE, Settings, load_settings
from feedsvc.errors import ConfigError


def load(tmp_path: Path, toml: str = "", **environ: str) -> Settings:
    """Load the settings of an instance with this feedsvc.toml and these FEEDSVC_* variables."""
    (tmp_path / "feedsvc.toml").write_text(toml, encoding="utf-8")
    return load_settings({"FEEDSVC_INSTANCE": str(tmp_path), **environ})


def test_with_no_setting_at_all_every_default_stands() -> None:
    settings = load_settings({"FEEDSVC_INSTANCE": "/nowhere/instance"})
    defaults = {item.name: item.default for item in fields(Settings) if item.name not in {"instance", "site_url"}}
    assert {name: getattr(settings, name) for name in defaults} == defaults
    assert (settings.bind, settings.site_url) == ("127.0.0.1:8000", "http://127.0.0.1:8000")


def test_every_setting_says_what_it_is() -> None:
    assert all(item.metadata["about"] for item in fields(Settings) if item.name != "instance")


@pytest.mark.parametrize("environ", [{}, {"FEEDSVC_INSTANCE": ""}], ids=["unset", "empty"])
def test_instance_folder_is_the_one_of_the_project_unless_moved(environ: dict[str, str]) -> None:
    assert load_settings(environ).instance == DEFAULT_INSTANCE
    assert (DEFAULT_INSTANCE.parent / "pyproject.toml").exists()


def test_instance_folder_is_moved_by_the_environment(tmp_path: Path) -> None:
    assert load(tmp_path).instance == tmp_path
    assert load(tmp_path).database_path == tmp_path / "feedsvc.db"
    assert load(tmp_path).secret_key_path == tmp_path / "secret_key"


def test_instance_folder_without_a_file_is_no_error(tmp_path: Path) -> None:
    assert load_settings({"FEEDSVC_INSTANCE": str(tmp_path / "new")}).workers == 2


def test_file_wins_over_the_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path, 'site_name = "Tin Bồ Đề"\nworkers = 3\n')
    assert (settings.site_name, settings.workers, settings.threads) == ("Tin Bồ Đề", 3, 8)


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    settings = load(tmp_path, "workers = 3\nthreads = 5\n", FEEDSVC_WORKERS="7", FEEDSVC_SITE_NAME="Tin")
    assert (settings.workers, settings.threads, settings.site_name) == (7, 5, "Tin")


def test_environment_of_other_programs_is_not_looked_at(tmp_path: Path) -> None:
    assert load(tmp_path, WORKERS="x", FEEDSVCWORKERS="x", PATH="/bin").workers == 2


@pytest.mark.parametrize(
    ("bind", "site_url"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("[::1]:9000", "http://[::1]:9000"),
        ("localhost:80", "http://localhost:80"),
    ],
)
def test_site_url_follows_bind_where_it_is_not_set(tmp_path: Path, bind: str, site_url: str) -> None:
    assert load(tmp_path, FEEDSVC_BIND=bind).site_url == site_url


@pytest.mark.parametrize(
    ("site_url", "is_https"),
    [
        ("https://tin.example.vn", True),
        ("http://tin.example.vn", False),
        ("https://tin.example.vn:8443", True),
        ("http://[::1]:8000", False),
    ],
)
def test_site_url_with_host_and_port_stands(tmp_path: Path, site_url: str, is_https: bool) -> None:
    settings = load(tmp_path, FEEDSVC_SITE_URL=site_url, FEEDSVC_BIND="0.0.0.0:9000")
    assert (settings.site_url, settings.is_https) == (site_url, is_https)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        *(("bind", value) for value in ("", "8000", ":8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http")),
        *(
            ("bind", value)
            for value in ("127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:²", "unix:/run/x")
        ),
        *(("site_url", value) for value in ("tin.example.vn", "//tin.example.vn", "ftp://tin.example.vn", "https://")),
        *(("site_url", value) for value in ("https://tin.example.vn/", "https://tin.example.vn/tin", "https://h.vn?x")),
        *(("site_url", value) for value in ("https://h.vn:99999", "https://h.vn:x", "https://[::1", "https://h .vn")),
        *(("site_url", value) for value in ("https://a@h.vn", "https://h.vn#x", "https://phường.vn", "HTTPS://h.vn")),
        *(("site_name", value) for value in ("", "   ", "một\nhai", "\x7f", "\udcff", "\uffff")),
        *(("site_description", value) for value in ("một\nhai", "\x00")),
        ("rights", "một\thai"),
        *(
            ("tag_authority", value)
            for value in ("Example.vn", "tin example.vn", "https://example.vn", "phường.vn", "-")
        ),
        ("feed_max_entries", 29),
    ],
    ids=ascii,
)
def test_wrong_value_is_refused_by_name(setting: str, value: object) -> None:
    with pytest.raises(ConfigError, match=rf"^setting {setting} is {re.escape(repr(value))}: must ") as caught:
        Settings(Path("/nowhere"), **{setting: value})  # type: ignore[arg-type]
    assert (caught.value.setting, caught.value.given) == (setting, value)


@pytest.mark.parametrize("setting", [item.name for item in fields(Settings) if item.type is int])
@pytest.mark.parametrize("value", ["3", 3.0, True, None, -1], ids=repr)
def test_an_invalid_or_too_low_number_is_refused_by_name(setting: str, value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings(Path("/nowhere"), **{setting: value})  # type: ignore[arg-type]
    assert (caught.value.setting, caught.value.given) == (setting, value)


@pytest.mark.parametrize(
    ("setting", "least"),
    [
        ("workers", 1),
        ("threads", 1),
        ("feed_min_entries", 1),
        ("feed_window_days", 0),
        ("feed_max_age", 0),
        ("session_hours", 1),
        ("max_form_bytes", 10_000),
        ("document_cache_bytes", 0),
    ],
)
def test_number_stands_from_its_least_value_on(setting: str, least: int) -> None:
    settings = Settings(Path("/nowhere"), **{setting: least})  # type: ignore[arg-type]
    assert getattr(settings, setting) == least
    with pytest.raises(ConfigError, match=f"setting {setting} is {least - 1}: must be at least {least}"):
        Settings(Path("/nowhere"), **{setting: least - 1})  # type: ignore[arg-type]


@pytest.mark.parametrize("setting", [item.name for item in fields(Settings) if item.type is str])
@pytest.mark.parametrize("value", [5, True, None, ["x"]], ids=repr)
def test_an_invalid_text_is_refused_by_name(setting: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"setting {setting} is .*: must be a text on one line"):
        Settings(Path("/nowhere"), **{setting: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [0, 1, "true", None], ids=repr)
def test_an_invalid_switch_is_refused_by_name(value: object) -> None:
    with pytest.raises(ConfigError, match=r"setting read_only is .*: must be true or false"):
        Settings(Path("/nowhere"), site_url="https://h.vn", read_only=value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("true", True), ("TRUE", True), ("0", False), ("false", False), ("False", False)]
)
def test_switch_is_read_from_the_environment_and_wins_over_the_file(tmp_path: Path, text: str, value: bool) -> None:
    toml = f'site_url = "https://h.vn"\nread_only = {str(not value).lower()}\n'
    assert load(tmp_path, toml, FEEDSVC_READ_ONLY=text).read_only is value


@pytest.mark.parametrize("text", ["", "yes", "on", "2", "đúng"])
def test_an_environment_variable_that_is_not_a_switch_is_refused_by_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"setting FEEDSVC_READ_ONLY is .*: must be 1 or 0, true or false"):
        load(tmp_path, FEEDSVC_READ_ONLY=text)


def test_an_instance_that_only_reads_has_to_be_told_the_public_address(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="setting site_url is '': must be set together with read_only"):
        load(tmp_path, "read_only = true\n")


def test_what_concerns_one_machine_alone_is_marked() -> None:
    local = {item.name for item in fields(Settings) if item.metadata.get("is_local")}
    assert local >= {"bind", "workers", "threads", "read_only", "document_cache_bytes"}
    # These appear in public documents: another value must give another entity tag.
    assert not local & {
        *("site_url", "site_name", "site_description", "rights", "hub_url", "tombstone_days"),
        *("feed_min_entries", "feed_max_entries", "feed_window_days", "feed_max_age", "archive_max_age"),
    }


def test_feed_may_have_as_few_entries_at_most_as_at_least() -> None:
    assert Settings(Path("/nowhere"), feed_min_entries=5, feed_max_entries=5).feed_max_entries == 5


@pytest.mark.parametrize("value", ["", "two", "2.5", "0x10", "2 workers"])
def test_an_environment_variable_that_is_not_a_number_is_refused_by_name(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError, match="FEEDSVC_WORKERS") as caught:
        load(tmp_path, FEEDSVC_WORKERS=value)
    assert caught.value.given == value


def test_wrong_value_in_the_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="setting workers is '2': must be a whole number"):
        load(tmp_path, 'workers = "2"\n')


@pytest.mark.parametrize("name", ["worker", "WORKERS", "instance", "secret_key"])
def test_unknown_name_in_the_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"setting {name} is 1: there is no such setting .*feedsvc.toml"):
        load(tmp_path, f"{name} = 1\n")


@pytest.mark.parametrize("variable", ["FEEDSVC_WORKER", "FEEDSVC_", "FEEDSVC_DATABASE"])
def test_unknown_name_in_the_environment_is_refused_by_name(tmp_path: Path, variable: str) -> None:
    with pytest.raises(ConfigError, match=f"setting {variable} is '1': there is no such setting"):
        load(tmp_path, **{variable: "1"})


@pytest.mark.parametrize("content", [b"workers = ", b"workers: 2", b'site_name = "\xff"'])
def test_a_file_that_is_not_toml_is_refused_by_path(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "feedsvc.toml").write_bytes(content)
    with pytest.raises(ConfigError, match="must be a TOML file in UTF-8") as caught:
        load_settings({"FEEDSVC_INSTANCE": str(tmp_path)})
    assert caught.value.setting == str(tmp_path / "feedsvc.toml")
