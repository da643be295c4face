"""The verdict on one printed cell; the rule is in the docstring of `ledger.table`."""

import json

import numpy as np

from ..measure import t_quantile
from .measured import score
from .printed_tables import plan

VERDICTS = ("reproduced", "within the band", "not reproduced", "paper's cell doubtful", "small setting", "not run")
BAND, MOST = 1.0, 5.0  # percentage points
TEST = 10_000  # test images behind a printed accuracy without a spread


def judged(cell, runs):
    """One printed cell (a row of `printed.cells`) beside its runs (of `measured.of_cell`). -> dict"""
    scores = cell["factor"] * score(runs, cell["criterion"]) if len(runs) else np.array([])
    scores = scores[np.isfinite(scores)]
    mean, half, allowed = compared(cell, scores)
    verdict = _verdict(mean - cell["mean"], allowed, cell)
    one = runs.iloc[0] if len(scores) else {"epochs": np.nan, "hardware": ""}
    return cell | {
        "printed": cell["mean"],
        "spread": cell["std"],
        "measured": mean,
        "low": mean - half,
        "high": mean + half,
        "difference": mean - cell["mean"],
        "allowed": allowed,
        "n": len(scores),
        "epochs": one["epochs"],
        "setting": "the paper's" if len(scores) else "",
        "hardware": one["hardware"],
        "minutes": runs["seconds"].sum() / 60 if len(scores) else 0.0,
        "verdict": verdict,
        "why": _why(cell, runs) if verdict in ("not reproduced", "paper's cell doubtful") else "",
    }


def compared(cell, scores):
    """Mean of the scores (in the printed unit, one per seed), half of its 95 % t-interval, and how far from the printed
    number chance may lead."""
    n, p = len(scores), cell["mean"]
    s = scores.std(ddof=1) if n > 1 else np.nan
    half = t_quantile(n - 1) * s / n**0.5 if n > 1 else np.nan
    if cell["std"] == cell["std"] and cell["runs"]:
        allowed = _welch(cell["std"], cell["runs"], s, max(n, 1))
    else:
        binomial = np.sqrt(p * (100 - p) / TEST) if cell["factor"] == 100 else 0.0
        allowed = np.hypot(2**0.5 * 1.96 * binomial, half * (n + 1) ** 0.5 if n > 1 else 0.0)
    return scores.mean() if n else np.nan, half, min(allowed, MOST * cell["factor"] / 100)


def _welch(S, R, s, n):
    """Half of Welch's 95 % interval of the difference of two means: of R values with deviation S, and of n with s."""
    if n == 1:  # S stands for both
        return t_quantile(R - 1) * S * (1 + 1 / R) ** 0.5
    theirs, ours = S**2 / R, s**2 / n
    if theirs + ours == 0:
        return 0.0
    freedom = (theirs + ours) ** 2 / (theirs**2 / (R - 1) + ours**2 / (n - 1))
    return t_quantile(freedom) * (theirs + ours) ** 0.5


def _verdict(difference, allowed, cell):
    if np.isnan(difference):
        return "not run"
    if abs(difference) <= allowed:
        return "reproduced"
    if abs(difference) <= BAND * cell["factor"] / 100:
        return "within the band"
    return "paper's cell doubtful" if cell["doubtful"] else "not reproduced"


def _why(cell, runs):
    """What differs from the paper's recipe, and what the paper leaves open. -> text"""
    paper, run = plan(cell["paper"], cell["dataset"]), runs.iloc[0]
    if paper is None:
        return ""
    ours, theirs = json.loads(run["recipe"]), paper.recipe.record()
    other = [f"{name} {ours.get(name)!r}, not {value!r}" for name, value in theirs.items() if ours.get(name) != value]
    reasons = [f"{run['epochs']} of {paper.epochs} epochs"] if run["epochs"] != paper.epochs else []
    reasons += other + (["one seed"] if len(runs) == 1 else [])
    return "; ".join([*reasons, cell["note"], paper.doubts]).strip("; ")
