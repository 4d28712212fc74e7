"""Who may do what: the one place that decides about people and programs alike. No HTTP."""

from datetime import date

from .accounts import Token, User
from .database import Database
from .models import Ward
from .store.areas import list_areas_of_ward
from .store.wards import list_names_of_unit


def may_write_for(db: Database, writer: User | Token, ward: Ward, *, on: date) -> bool:
    """Tell if somebody may post, edit and withdraw articles of that ward; a token may read only those, too.

    Who writes for a unit does so under each of its names: a renaming needs no new clerk and no new token. `on` is the
    day of the article (in Việt Nam): it decides to which areas the ward belongs.
    """
    if isinstance(writer, Token) and writer.area is not None:
        return writer.area in list_areas_of_ward(db, ward.id, on=on)
    if writer.ward is None:
        return isinstance(writer, Token) or writer.role == "administrator"
    return ward.id in {name.id for name in list_names_of_unit(db, writer.ward)}


def list_own_names(db: Database, writer: User | Token, *, today: date) -> list[Ward]:
    """List the names by today of the unit that somebody writes for, that of today first; none where it is not one."""
    names = [] if writer.ward is None else list_names_of_unit(db, writer.ward)
    return [name for name in names if name.has_begun(today)]
