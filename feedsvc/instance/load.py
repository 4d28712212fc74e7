"""What the service takes from an instance: who publishes, the secret key, the folder of pictures; and the samples."""

import contextlib
import os
import secrets
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from ..config import Settings
from ..database import Database
from ..errors import ConfigError
from ..media import MediaFolder
from ..models import Site
from ..store.facts import find_fact


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
    """Return the publisher of every document: the settings, and the facts fixed when the instance was made.

    Raises ConfigError if the setting tag_authority is another one than the fixed one.
    """
    fixed = find_fact(db, "tag_authority") or ""
    if settings.tag_authority and settings.tag_authority != fixed:
        rule = f"cannot change any more: every guid has {fixed!r}, for ever; remove the setting"
        raise ConfigError("tag_authority", settings.tag_authority, rule)
    return Site(
        url=settings.site_url,
        name=settings.site_name,
        description=settings.site_description,
        rights=settings.rights,
        tag_authority=fixed,
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
    folder = files("feedsvc") / "samples"
    return {item.name: item.read_bytes() for item in sorted(folder.iterdir(), key=lambda item: item.name)}
