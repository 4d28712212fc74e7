"""Define a position in the history of a database; apart from `models`, because consumers need nothing else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """A position in the change log: the seq of a change (0: before the first), and the epoch to which it belongs."""

    epoch: str
    seq: int

    def reaches(self, other: "Position") -> bool:
        """Tell if this position is in the same history as the other one and not before it."""
        return self.epoch == other.epoch and self.seq >= other.seq
