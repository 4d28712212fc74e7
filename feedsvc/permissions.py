"""Decide what users and tokens may do. The one place for permissions; no HTTP."""

from datetime import date

from .accounts import Token, User
from .database import Database
from .models import Ward
from .store.areas import list_areas_of_ward
from .store.wards import list_names_of_unit


def may_write_for(db: Database, writer: User | Token, ward: Ward, *, on: date) -> bool:
    """Tell if a user or token may post, edit and withdraw articles of the ward; a token may also read only those.

    A writer for a unit writes under each of its names: a renaming needs no new clerk and no new token. `on` is the day
    of the article (in Việt Nam), which decides to which areas the ward belongs.
    """
    if isinstance(writer, Token) and writer.area is not None:
        return writer.area in list_areas_of_ward(db, ward.id, on=on)
    if writer.ward is None:
        return isinstance(writer, Token) or writer.role == "administrator"
    return ward.id in {name.id for name in list_names_of_unit(db, writer.ward)}


def list_own_names(db: Database, writer: User | Token, *, today: date) -> list[Ward]:
    """List the names that the writer's unit has had until today, the present one first; empty without a single ward."""
    names = [] if writer.ward is None else list_names_of_unit(db, writer.ward)
    return [name for name in names if name.has_begun(today)]
