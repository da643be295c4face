"""The scores of a race: the test score by criterion, the lead of a method, and a bet on the winner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ..errors import need
from ..fit import Run
from ..fit.accuracy import CRITERIA, TEST, criteria


def score_column(run: Run) -> str:
    """Return the column of a history that a race is about: test accuracy, or R2 for regression."""
    return TEST[0] if not run.rows or TEST[0] in run.rows[0] else TEST[1]


def truth_known(run: Run) -> bool:
    """Return whether the history knows true labels, of a part of the samples at least."""
    for row in run.rows:
        value = row.get("train_true", row.get("r2_true"))
        if value == value:  # not NaN
            return True
    return False


def seconds(run: Run) -> float:
    """Return the seconds of training, over all epochs."""
    return sum(row["seconds"] for row in run.rows)


def selects(runs: Sequence[Run]) -> bool:
    """Return whether the method of these runs left samples out in some epoch."""
    return any(row["selected_recall"] < 1 for run in runs for row in run.rows)


def scores(runs: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
    """Return a row per run: method, seed, the test score by criterion, precision, seconds.

    precision: label precision in the last epoch; NaN for a method that takes all samples, and where the truth is not
    known. runs: {label: a Run per seed}
    """
    rows = []
    for label, group in runs.items():
        selecting = selects(group)
        for run in group:
            row = {"method": label, "seed": run.config["seed"]}
            row |= dict.fromkeys(CRITERIA, float("nan"))
            row |= criteria(run.rows)
            row["precision"] = float("nan")
            if selecting and run.rows:
                row["precision"] = run.rows[-1]["selected_precision"]
            row["seconds"] = seconds(run)
            rows.append(row)
    return pd.DataFrame(rows)


def table(runs: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
    """Return means over the seeds in percent: a row per method, a column per criterion, and label precision."""
    mean = scores(runs).groupby("method", sort=False)[[*CRITERIA, "precision"]].mean()
    return (100 * mean).round(1)


def lead(table: pd.DataFrame, label: str, criterion: str) -> pd.Series:
    """Return by how many points a method is ahead of the best other one, seed by seed; below 0 it is behind.

    table: of `scores`.
    """
    wide = table.pivot(index="seed", columns="method", values=criterion)
    return 100 * (wide[label] - wide.drop(columns=label).max(axis=1))


def leads(runs: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
    """Return the first method by each criterion, its lead over the next in points (lowest and highest of the seeds),
    and the number of seeds in which it leads."""
    return leads_in(scores(runs))


def leads_in(table: pd.DataFrame) -> pd.DataFrame:
    """Return `leads` from a table with columns method, seed and the criteria, such as that of `scores`."""
    rows = {}
    means = table.groupby("method", sort=False)[list(CRITERIA)].mean()
    for criterion in CRITERIA:
        first = means[criterion].idxmax()
        points = lead(table, first, criterion)
        row = {"first": first}
        row["lowest lead"] = round(points.min(), 1)
        row["highest lead"] = round(points.max(), 1)
        row["leads in"] = f"{(points > 0).sum()} of {len(points)} seeds"
        rows[criterion] = row
    return pd.DataFrame(rows).T.rename_axis("criterion")


@dataclass(frozen=True)
class Bet:
    """A bet on the winner of a race: the method, by how many points of test accuracy, by which criterion."""

    winner: str
    points: float
    criterion: str

    def __str__(self) -> str:
        return f"{self.winner} wins by {self.points:g} points ({self.criterion})"

    def score(self, runs: Mapping[str, Sequence[Run]]) -> str:
        """Compare the bet with what was measured, in words. runs: {label: a Run per seed}.

        Raises ValueError for runs of a race without the winner.
        """
        table = scores(runs)
        mean = table.groupby("method", sort=False)[self.criterion].mean()
        need(self.winner in mean.index, "runs", list(runs), f"runs of a race with {self.winner}")
        winner = mean.idxmax()
        seeds = table["seed"].nunique()
        points = lead(table, winner, self.criterion)
        criterion = f"{self.criterion}, {seeds} seed{'s' if seeds > 1 else ''}"
        outcome = f"{winner} is ahead of the next by {_span(points)} points ({criterion})"
        if winner != self.winner:
            deficit = -lead(table, self.winner, self.criterion)
            return f"You bet: {self}. Lost: {outcome}; {self.winner} is {_span(deficit)} points behind."
        return f"You bet: {self}. Won: {outcome}; your {self.points:g} points are {self._accuracy(points)}."

    def _accuracy(self, points):
        """Say how far the bet's points are from the measured lead. points: of every seed -> text"""
        off = max(points.min() - self.points, self.points - points.max(), 0.0)
        if off < 0.05:
            return "inside the band"
        return f"{off:.1f} too {'many' if self.points > points.max() else 'few'}"


def _span(points):
    """Write the lowest and the highest of several leads. -> text"""
    low = _one_decimal(points.min())
    high = _one_decimal(points.max())
    return low if low == high else f"{low} to {high}"


def _one_decimal(value):
    """Write a number with one decimal, a true minus sign, and no negative zero. -> text"""
    return f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−")
