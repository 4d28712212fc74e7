"""Make an instance, or bring one to this version: database, registry, secret key, first administrator."""

import hashlib
import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from .. import lock
from ..backup import DATABASE
from ..backup.scratch import scratch_folder
from ..config import Settings
from ..database import Database, check_schema, migrate, open_database, transaction
from ..errors import ConfigError, InstanceError, SchemaError
from ..models import VIETNAM
from ..passwords import hash_password, make_password
from ..registry import is_settled, load_shipped, read_shipped, settle
from ..store.facts import find_fact, record_fact, record_first_start
from ..store.search import is_index_current, rebuild_index
from ..store.users import has_users, save_user
from .load import load_secret_key, load_site
from .standing import is_absent, is_public, make_folder, mend_modes, require_instance

# The fact that marks an instance whose articles are invented.
DEMONSTRATION = "demonstration"
FIRST_ADMINISTRATOR = "quantri"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the preparation made: applied migrations, and the password of the first administrator if one was added."""

    migrations: tuple[str, ...]
    first_password: str | None


def prepare_instance(settings: Settings, *, now: datetime, with_administrator: bool = True) -> Prepared:
    """Bring an instance to this version. Safe in several processes at once.

    If there is no user yet, add the first administrator; `with_administrator` is for callers that can show the password
    to somebody. An instance that only reads is checked alone. Raises InstanceError if there is none, or if it must not
    be served; ConfigError, SchemaError.
    """
    if settings.read_only:
        check_copy(settings)
        return Prepared((), None)
    require_instance(settings)
    mend_modes(settings)
    with closing(open_database(settings.database_path)) as db:
        applied = _bring_up_to_date(db, settings, now)
        load_site(settings, db)
        if find_fact(db, DEMONSTRATION) and is_public(settings.site_url):
            raise InstanceError(
                settings.instance,
                f"is a demonstration: its articles are invented, and it is not served under {settings.site_url}. "
                f"A real one: FEEDSVC_INSTANCE=OTHER_FOLDER feedsvc init --site-url {settings.site_url}",
            )
        load_secret_key(settings)
        wants_administrator = with_administrator and not has_users(db)
        return Prepared(tuple(applied), _add_first_administrator(db, now=now) if wants_administrator else None)


def make_instance(
    settings: Settings, *, now: datetime, with_administrator: bool = True, is_demonstration: bool = False
) -> Prepared:
    """Make an instance where there is none; nothing else does. Of several processes at once, the first makes it.

    What cannot change later is fixed: the authority of every guid, the date, the epoch. A demonstration has an
    authority of its own, so that its guids are nobody else's. Raises InstanceError if anything of an instance is there.
    """
    make_folder(settings)
    with lock.take_alone(settings.instance, "feedsvc init"):
        if not is_absent(settings):
            require_instance(settings)
            raise InstanceError(settings.instance, "is there already: nothing was changed")
        authority = f"demonstration-{secrets.token_hex(4)}.example" if is_demonstration else _choose_authority(settings)
        with scratch_folder(settings.instance) as folder:
            path = folder / DATABASE
            with closing(open_database(path)) as db:
                applied = migrate(db)
                with transaction(db):
                    record_first_start(db, tag_authority=authority, now=now)
                    if is_demonstration:
                        record_fact(db, DEMONSTRATION, "1")
                _bring_up_to_date(db, settings, now)
                password = _add_first_administrator(db, now=now) if with_administrator else None
                db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            # Whole or not at all, and before the secret key: a key without a database is an unmounted disk.
            path.replace(settings.database_path)
        load_secret_key(settings)
    return Prepared(tuple(applied), password)


def _bring_up_to_date(db: Database, settings: Settings, now: datetime) -> list[str]:
    """Apply migrations, load the shipped registry if it is another one, settle reforms, build the search index."""
    applied = migrate(db)
    shipped = hashlib.sha256("".join(read_shipped().values()).encode()).hexdigest()
    if find_fact(db, "registry") != shipped:
        with transaction(db):
            if find_fact(db, "tag_authority") is None:  # the first start of version 0.1 was stopped
                record_first_start(db, tag_authority=_choose_authority(settings), now=now)
            load_shipped(db, now=now)
            record_fact(db, "registry", shipped)
    if not is_settled(db, now.astimezone(VIETNAM).date()):
        settle(db, now=now)
    _bring_index_up_to_date(db)
    return applied


def check_copy(settings: Settings) -> None:
    """Raise ConfigError or SchemaError unless an instance that only reads has a database that this version reads."""
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


def _choose_authority(settings: Settings) -> str:
    host = urlsplit(settings.site_url).hostname or ""
    if not settings.tag_authority and ":" in host:
        raise ConfigError("tag_authority", "", f"must be set: a tag URI cannot contain an IPv6 address ({host})")
    return settings.tag_authority or host
