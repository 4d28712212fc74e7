"""A place in the history of a database. Apart from models: consumers of the change log need nothing else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the change log: the seq of a change (0: before the first), and the epoch in which it counts."""

    epoch: str
    seq: int

    def reaches(self, other: "Position") -> bool:
        """Tell if everything up to the other place has happened here too, in the same history."""
        return self.epoch == other.epoch and self.seq >= other.seq
