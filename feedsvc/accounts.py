"""Users and API tokens as values. `permissions` decides what they may do."""

import re
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Literal

from .models import Area, Ward

Role = Literal["administrator", "clerk"]
TokenState = Literal["valid", "expired", "revoked"]


@dataclass(frozen=True, slots=True)
class User:
    """A person who may log in. A clerk writes for `ward` only; an administrator (`ward` None) writes for all wards."""

    id: int
    name: str
    role: Role
    ward: Ward | None


@dataclass(frozen=True, slots=True)
class Token:
    """A program that may use the API. It writes for `ward`, for the wards of `area`, or (both None) for all wards.

    `expires_at` is None if the token never expires. Only the hash of the secret is stored.
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


def network_of(address: str) -> str:
    """Return the network that identifies the owner of an address: an IPv4 address itself, or the /64 of IPv6.

    It accepts the forms that proxies write: "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]:4711", a zone
    after "%". Any other text is returned, cut to 64 characters.
    """
    text = re.sub(r"%.*", "", re.sub(r"^\[(.*)\](?::\d+)?$|^(\d[\d.]*):\d+$", r"\1\2", address.strip()))
    try:
        found: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return text[:64]
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False))
    return str(found)
