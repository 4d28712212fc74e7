"""A block of the order in which articles appeared in a scope: what one archive document covers."""

from dataclasses import dataclass

BLOCK = 100  # places


@dataclass(frozen=True, slots=True)
class Block:
    """A hundred places: block n holds those from (n - 1) * 100 + 1 to n * 100.

    In a feed with lineage, `unit` is the id of the preceding ward whose order that is; None for the scope's own.
    """

    number: int
    unit: int | None = None

    @classmethod
    def of(cls, position: int, unit: int | None = None) -> "Block":
        """Return the block of a place."""
        return cls((position + BLOCK - 1) // BLOCK, unit)

    @property
    def name(self) -> str:
        """Return the name in addresses and ids: "7", or "12-7" for block 7 of unit 12."""
        return str(self.number) if self.unit is None else f"{self.unit}-{self.number}"
