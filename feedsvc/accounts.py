"""Who may write: people who log in, and programs with a token. Values; what they may do is decided in `web.auth`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .models import Area, Ward

Role = Literal["administrator", "clerk"]
TokenState = Literal["valid", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in. A clerk writes for `ward` only; an administrator (`ward` None) for all."""

    id: int
    name: str
    role: Role
    ward: Ward | None


@dataclass(frozen=True, slots=True)
class Token:
    """A program that may use the API. It writes for `ward`, for the wards of `area`, or (both None) for all.

    `expires_at` None: never. The secret itself is not known to us, only its hash.
    """

    id: int
    name: str
    ward: Ward | None
    area: Area | None
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def state_at(self, now: datetime) -> TokenState:
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"
