"""How a race is read: the test score by criterion, the lead of a method, and a bet on who wins."""

from dataclasses import dataclass

import pandas as pd

from ..errors import need
from ..fit import Run
from ..fit.accuracy import CRITERIA, TEST, criteria


def score_column(run):
    """The column of a history that a race is about: test accuracy, or R2 for regression."""
    return TEST[0] if not run.rows or TEST[0] in run.rows[0] else TEST[1]


def truth_known(run: Run) -> bool:
    """Does the history know true labels, of a part of the samples at least? -> bool"""
    measured = (row.get("train_true", row.get("r2_true")) for row in run.rows)
    return any(value == value for value in measured)


def selects(runs):
    """Did the method leave samples out in some epoch? runs: of one method"""
    return any(row["selected_recall"] < 1 for run in runs for row in run.rows)


def scores(runs):
    """A row per run: method, seed, the test score by criterion, label precision in the last epoch (NaN for a method
    that takes all samples, and where the truth is not known), seconds. runs: {label: a Run per seed} -> DataFrame"""
    rows = []
    for label, group in runs.items():
        chooses = selects(group)
        for run in group:
            by = dict.fromkeys(CRITERIA, float("nan")) | criteria(run.rows)
            kept = run.rows[-1]["selected_precision"] if chooses and run.rows else float("nan")
            spent = {"precision": kept, "seconds": sum(row["seconds"] for row in run.rows)}
            rows.append({"method": label, "seed": run.config["seed"], **by, **spent})
    return pd.DataFrame(rows)


def table(runs):
    """Mean over the seeds in percent, a row per method, a column per criterion, and label precision. -> DataFrame"""
    mean = scores(runs).groupby("method", sort=False)[[*CRITERIA, "precision"]].mean()
    return (100 * mean).round(1)


def lead(table, label, criterion):
    """By how many points a method is ahead of the best other one, seed by seed; below 0: behind. -> Series"""
    wide = table.pivot(index="seed", columns="method", values=criterion)
    return 100 * (wide[label] - wide.drop(columns=label).max(axis=1))


def leads(runs):
    """Who is first by each criterion, by how many points over the next (lowest and highest of the seeds), and in how
    many seeds it leads. -> DataFrame, a row per criterion"""
    table, rows = scores(runs), {}
    for criterion in CRITERIA:
        first = table.groupby("method", sort=False)[criterion].mean().idxmax()
        ahead = lead(table, first, criterion)
        span = {"lowest lead": round(ahead.min(), 1), "highest lead": round(ahead.max(), 1)}
        rows[criterion] = {"first": first, **span, "leads in": f"{(ahead > 0).sum()} of {len(ahead)} seeds"}
    return pd.DataFrame(rows).T.rename_axis("criterion")


@dataclass(frozen=True)
class Bet:
    """Who wins, and by how many points of test accuracy, by which criterion."""

    winner: str
    points: float
    criterion: str

    def __str__(self):
        return f"{self.winner} wins by {self.points:g} points ({self.criterion})"

    def score(self, runs):
        """The bet beside what was measured. runs: {label: a Run per seed}. -> text"""
        table = scores(runs)
        mean = table.groupby("method", sort=False)[self.criterion].mean()
        need(self.winner in mean.index, "runs", list(runs), f"runs of a race with {self.winner}")
        won, seeds = mean.idxmax(), table["seed"].nunique()
        ahead = lead(table, won, self.criterion)
        of = f"{self.criterion}, {seeds} seed{'s' if seeds > 1 else ''}"
        found = f"{won} is ahead of the next by {_span(ahead)} points ({of})"
        if won != self.winner:
            behind = -lead(table, self.winner, self.criterion)
            return f"You bet: {self}. Lost: {found}; {self.winner} is {_span(behind)} points behind."
        off = max(ahead.min() - self.points, self.points - ahead.max(), 0.0)
        said = "inside the band" if off < 0.05 else f"{off:.1f} too {'many' if self.points > ahead.max() else 'few'}"
        return f"You bet: {self}. Won: {found}; your {self.points:g} points are {said}."


def _span(points):
    """From the lowest to the highest. -> text"""
    low, high = (f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−") for value in (points.min(), points.max()))
    return low if low == high else f"{low} to {high}"
