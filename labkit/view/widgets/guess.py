"""The reader's guess, drawn beside what is measured and scored."""

from dataclasses import dataclass

import numpy as np

from ...errors import need
from .curves import curve


@dataclass
class Guess:
    """What a reader expects of one column of the history: a number for the last epoch, or a curve over the epochs."""

    value: object  # a share in [0, 1], or a list of them
    column: str

    def __post_init__(self):
        shares = np.atleast_1d(np.asarray(self.value, dtype=float))
        fine = shares.ndim == 1 and len(shares) and ((shares >= 0) & (shares <= 1)).all()
        need(fine, "guess", self.value, "a share in [0, 1] or a list of them")
        self.shares = shares

    def over(self, epochs):
        """The guess at every epoch. -> [E]"""
        return np.interp(np.linspace(0, 1, epochs), np.linspace(0, 1, len(self.shares)), self.shares)

    def curve(self, epochs):
        """The guess as a curve."""
        return curve(
            "your guess, memorised", range(1, epochs + 1), self.over(epochs), "#E69F00", "4 4", "none", guess=True
        )

    def off(self, run):
        """Distance to the run in points of 100: at the last epoch for a number, the average for a curve."""
        distance = np.abs(self.over(len(run.rows)) - run.history[self.column].to_numpy())
        return 100 * float(distance[-1] if len(self.shares) == 1 else distance.mean())
