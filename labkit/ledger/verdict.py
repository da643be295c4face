"""The verdict on one printed cell, by the rule in the docstring of `ledger.table`."""

import json
from typing import Any

import numpy as np
import pandas as pd

from ..measure import t_quantile
from .measured import score
from .printed_tables import plan

VERDICTS = ("reproduced", "within the band", "not reproduced", "paper's cell doubtful", "small setting", "not run")
BAND = 1.0  # percentage points of "within the band"
LARGEST_ALLOWED = 5.0  # percentage points
TEST_IMAGES = 10_000  # test images behind a printed accuracy without a spread


def judge(cell: dict[str, Any], runs: pd.DataFrame) -> dict[str, Any]:
    """Lay one printed cell beside its runs and judge it. Returns a row of `ledger.table`.

    cell: a row of `printed_tables.cells`. runs: of `measured.runs_of_cell`.
    """
    scores = cell["factor"] * score(runs, cell["criterion"]) if len(runs) else np.array([])
    scores = scores[np.isfinite(scores)]
    mean, half, allowed = compare(cell, scores)
    difference = mean - cell["mean"]
    verdict = _verdict(difference, allowed, cell)
    row = cell | {
        "printed": cell["mean"],
        "spread": cell["std"],
        "measured": mean,
        "low": mean - half,
        "high": mean + half,
        "difference": difference,
        "allowed": allowed,
        "n": len(scores),
        "epochs": np.nan,
        "setting": "",
        "hardware": "",
        "minutes": 0.0,
        "verdict": verdict,
        "why": _differences(cell, runs) if verdict in ("not reproduced", "paper's cell doubtful") else "",
    }
    if len(scores):
        run = runs.iloc[0]
        row |= {"epochs": run["epochs"], "setting": "the paper's", "hardware": run["hardware"]}
        row["minutes"] = runs["seconds"].sum() / 60
    return row


def compare(cell: dict[str, Any], scores: np.ndarray) -> tuple[float, float, float]:
    """Return the mean of the scores, half of its 95 % t-interval, and the allowed difference from the printed number.

    scores: in the printed unit, one per seed. NaN stands for what cannot be computed from so few.
    """
    n, p = len(scores), cell["mean"]
    mean = scores.mean() if n else np.nan
    s = scores.std(ddof=1) if n > 1 else np.nan
    half = t_quantile(n - 1) * s / n**0.5 if n > 1 else np.nan
    if not np.isnan(cell["std"]) and cell["runs"]:
        allowed = _welch(cell["std"], cell["runs"], s, max(n, 1))
    else:
        binomial = np.sqrt(p * (100 - p) / TEST_IMAGES) if cell["factor"] == 100 else 0.0
        spread = half * (n + 1) ** 0.5 if n > 1 else 0.0
        allowed = np.hypot(2**0.5 * 1.96 * binomial, spread)
    return mean, half, min(allowed, LARGEST_ALLOWED * cell["factor"] / 100)


def _welch(S, R, s, n):
    """Return half of Welch's 95 % interval of the difference of two means: R values with deviation S, n with s."""
    if n == 1:  # S stands for both
        return t_quantile(R - 1) * S * (1 + 1 / R) ** 0.5
    printed_variance = S**2 / R
    variance = s**2 / n
    total = printed_variance + variance
    if total == 0:
        return 0.0
    # Satterthwaite's degrees of freedom
    freedom = total**2 / (printed_variance**2 / (R - 1) + variance**2 / (n - 1))
    return t_quantile(freedom) * total**0.5


def _verdict(difference, allowed, cell):
    """Return the verdict on a difference from the printed number, NaN for a cell without a run."""
    if np.isnan(difference):
        return "not run"
    if abs(difference) <= allowed:
        return "reproduced"
    if abs(difference) <= BAND * cell["factor"] / 100:
        return "within the band"
    return "paper's cell doubtful" if cell["doubtful"] else "not reproduced"


def _differences(cell, runs):
    """Return what differs from the paper's recipe, and what the paper leaves open. -> text"""
    paper = plan(cell["paper"], cell["dataset"], cell["net"])
    if paper is None:
        return ""
    run = runs.iloc[0]
    reasons = []
    if run["epochs"] != paper.epochs:
        reasons.append(f"{run['epochs']} of {paper.epochs} epochs")
    recipe = json.loads(run["recipe"])
    for name, printed in paper.recipe.record().items():
        if recipe.get(name) != printed:
            reasons.append(f"{name} {recipe.get(name)!r}, not {printed!r}")
    if len(runs) == 1:
        reasons.append("one seed")
    return "; ".join([*reasons, cell["note"], paper.doubts]).strip("; ")
