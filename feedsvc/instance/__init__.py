"""The folder of one running service: what is there of it, made, brought to this version, read."""

from .load import load_media_folder, load_secret_key, load_site, read_samples
from .prepare import FIRST_ADMINISTRATOR, Prepared, check_copy, make_instance, prepare_instance
from .standing import (
    describe_damage,
    is_absent,
    is_public,
    list_open_modes,
    make_folder,
    mend_modes,
    require_instance,
    share_instance,
)

__all__ = [
    "FIRST_ADMINISTRATOR",
    "Prepared",
    "check_copy",
    "describe_damage",
    "is_absent",
    "is_public",
    "list_open_modes",
    "load_media_folder",
    "load_secret_key",
    "load_site",
    "make_folder",
    "make_instance",
    "mend_modes",
    "prepare_instance",
    "read_samples",
    "require_instance",
    "share_instance",
]
