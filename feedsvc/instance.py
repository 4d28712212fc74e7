"""Prepare an instance folder: database, registry, secret key, first administrator. Existing data is kept."""

import contextlib
import hashlib
import os
import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from urllib.parse import urlsplit

from .config import Settings
from .database import Database, check_schema, migrate, open_database, transaction
from .errors import ConfigError, InstanceError, SchemaError
from .media import MediaFolder
from .models import VIETNAM, Site
from .passwords import hash_password, make_password
from .registry import is_settled, load_shipped, read_shipped, settle
from .store.facts import find_fact, record_fact, record_first_start
from .store.search import is_index_current, rebuild_index
from .store.users import has_users, save_user

FIRST_ADMINISTRATOR = "quantri"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the preparation made: applied migrations, and the password of the first administrator if one was added."""

    migrations: tuple[str, ...]
    first_password: str | None


def prepare_instance(settings: Settings, *, now: datetime, with_administrator: bool = True) -> Prepared:
    """Bring the instance to this version. Safe in several processes at once; raises ConfigError, SchemaError.

    If there is no user yet, add the first administrator; `with_administrator` is for callers that can show the password
    to somebody. An instance that only reads is checked, not created: it needs the database that another instance wrote.
    """
    if settings.read_only:
        _check_copy(settings)
        return Prepared((), None)
    if settings.restore_journal_path.exists():
        state = "was being restored when that was stopped; nothing is lost: run `feedsvc restore` without a file"
        raise InstanceError(settings.instance, f"{state}, which finishes it")
    make_folder(settings)
    load_secret_key(settings)
    db = open_database(settings.database_path)
    try:
        applied = migrate(db)
        shipped = hashlib.sha256("".join(read_shipped().values()).encode()).hexdigest()
        if find_fact(db, "registry") != shipped:
            with transaction(db):
                record_first_start(db, tag_authority=_choose_tag_authority(settings), now=now)
                load_shipped(db, now=now)
                record_fact(db, "registry", shipped)
        if not is_settled(db, now.astimezone(VIETNAM).date()):
            settle(db, now=now)
        _bring_index_up_to_date(db)
        wants_administrator = with_administrator and not has_users(db)
        return Prepared(tuple(applied), _add_first_administrator(db, now=now) if wants_administrator else None)
    finally:
        db.close()


def make_folder(settings: Settings) -> None:
    """Make the instance folder if it is not there. Raises ConfigError."""
    try:
        settings.instance.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            "instance", str(settings.instance), f"must be a folder that can be created: {error}"
        ) from None


def _check_copy(settings: Settings) -> None:
    path = settings.database_path
    if not path.exists():
        raise ConfigError("read_only", True, f"needs the database that another instance writes: there is no {path}")
    try:
        with closing(open_database(path, read_only=True)) as db:
            check_schema(db)
            if not is_index_current(db):
                raise SchemaError("another version built the search index: update the instance that writes first")
    except sqlite3.Error as error:
        raise ConfigError("read_only", True, f"needs a database that can be read; {path} cannot: {error}") from None


def _bring_index_up_to_date(db: Database) -> None:
    if is_index_current(db):
        return
    with transaction(db):
        if not is_index_current(db):  # another process may have been faster
            rebuild_index(db)


def _add_first_administrator(db: Database, *, now: datetime) -> str | None:
    password = make_password()
    with transaction(db):
        if has_users(db):  # another process may have been faster
            return None
        save_user(db, FIRST_ADMINISTRATOR, hash_password(password), "administrator", None, now=now)
    return password


def _choose_tag_authority(settings: Settings) -> str:
    host = urlsplit(settings.site_url).hostname or ""
    if not settings.tag_authority and ":" in host:
        raise ConfigError("tag_authority", "", f"must be set: a tag URI cannot contain an IPv6 address ({host})")
    return settings.tag_authority or host


def load_secret_key(settings: Settings) -> bytes:
    """Return the key that signs admin cookies; make it (mode 600) if there is none."""
    path = settings.secret_key_path
    if not path.exists():
        # The file appears complete or not at all, even if several processes start at once: it is written under another
        # name and then linked.
        aside = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secrets.token_hex(32).encode())
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
        aside.unlink()
    key = path.read_bytes()
    if len(key) < 32:
        raise ConfigError(
            "secret_key", path.name, "is shorter than 32 bytes: remove the file, the next start makes one"
        )
    return key


def load_site(settings: Settings, db: Database) -> Site:
    """Return the publisher of every document: the settings, and the facts fixed at the first start."""
    return Site(
        url=settings.site_url,
        name=settings.site_name,
        description=settings.site_description,
        rights=settings.rights,
        tag_authority=find_fact(db, "tag_authority") or "",
        tag_date=find_fact(db, "tag_date") or "",
        ttl_minutes=max(1, settings.feed_max_age // 60),
        version=_get_version(),
        hub_url=settings.hub_url,
    )


@cache
def _get_version() -> str:
    """Return the version of feedsvc; the metadata of the package is parsed once."""
    return version("feedsvc")


def load_media_folder(settings: Settings) -> MediaFolder:
    """Return the folder of this instance's pictures; it reads no draft's files until a caller sets `read`."""
    return MediaFolder(settings.media_path, settings.max_image_bytes, settings.max_image_pixels)


def read_samples() -> dict[str, bytes]:
    """Return the sample pages that the package contains, by file name."""
    folder = files(__package__) / "samples"
    return {item.name: item.read_bytes() for item in sorted(folder.iterdir(), key=lambda item: item.name)}
