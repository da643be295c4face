"""The honest selection meter: does the order of methods depend on the criterion, and is it more than chance?

A paper's accuracy may be that of the last epoch, the mean of the last ten, the best on a noisy validation split, or the
best on the test set itself, which nobody can choose in practice (`oracle_best`). The same runs are ranked by each.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from ..errors import choose, must
from ..fit import CRITERIA

PAIR = ["task", "net", "noise", "rate", "seed"]  # what two runs share that differ in the method only
FEWEST_PAIRS = 6  # with fewer Wilcoxon's test cannot reach p < .05
HALF_A_POINT = 0.005


def rank(runs: pd.DataFrame) -> pd.DataFrame:
    """Rank the methods under every criterion, over the settings and seeds in which all methods were run.

    runs: rows of labkit.runs.grid.grid. Returns a row per method and criterion: score (mean), place (1 is the best), n
    (settings x seeds). Raises ValueError if there is no such setting, or one method only.
    """
    tables = []
    for criterion in CRITERIA:
        scores = _common_scores(runs, criterion)
        table = scores.mean().rename("score").reset_index()
        table.insert(1, "criterion", criterion)
        table["place"] = table["score"].rank(ascending=False, method="min").astype(int)
        table["n"] = len(scores)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def flips(ranks: pd.DataFrame, threshold: float = HALF_A_POINT) -> pd.DataFrame:
    """Return the pairs of methods whose order depends on the criterion, by at least `threshold` under both.

    A row per pair, the largest flip first: method, other (below it by `by`, above it by `not_by`), by, lead, not_by,
    loss. ranks: of `rank`.
    """
    wide = ranks.pivot(index="method", columns="criterion", values="score")
    rows = []
    for method, rival in combinations(wide.index, 2):
        lead = wide.loc[method] - wide.loc[rival]
        if lead.max() >= threshold and lead.min() <= -threshold:
            rows.append((method, rival, lead.idxmax(), lead.max(), lead.idxmin(), lead.min()))
    table = pd.DataFrame(rows, columns=["method", "other", "by", "lead", "not_by", "loss"])
    size = table[["lead", "loss"]].abs().min(axis=1)
    return table.loc[size.sort_values(ascending=False).index].reset_index(drop=True)


def verdict(ranks: pd.DataFrame) -> str:
    """Say in a sentence whether the order of the methods depends on the criterion, and which is first by which."""
    first = ranks[ranks["place"] == 1]
    winners = []
    for name, criteria in first.groupby("method", sort=False)["criterion"]:
        winners.append(f"{name} is first by {', '.join(criteria)}")
    winners = "; ".join(winners)
    turned = flips(ranks)
    if turned.empty:
        return f"No two methods change places by half a point or more. {winners}."
    flip = turned.iloc[0]
    lead = 100 * flip["lead"]
    loss = -100 * flip["loss"]
    example = f"{flip['method']} is {lead:.1f} points above {flip['other']} by {flip['by']}"
    example += f" and {loss:.1f} below it by {flip['not_by']}"
    return f"{len(turned)} pairs of methods change places by half a point or more: {example}. {winners}."


def paired(runs: pd.DataFrame, criterion: str = "last10", of: str | None = None) -> pd.DataFrame:
    """Test pairs of methods over settings and seeds: Wilcoxon's signed-rank test, two-sided, with Holm's correction.

    of: only pairs with this method; the correction is over all pairs shown. Returns a row per pair, the smallest p
    first: method, other, gain (mean difference, method minus other, in percentage points), wins (share of pairs), n, p,
    p_holm, significant (p_holm < .05; never with fewer than 6 pairs). The settings are not independent samples of
    anything: read p as a measure of how steady a difference is over *these* settings.
    """
    choose("criterion", criterion, CRITERIA)
    scores = _common_scores(runs, criterion)
    if of is None:
        pairs = combinations(scores.columns, 2)
    else:
        choose("of", of, dict.fromkeys(scores.columns))
        pairs = [(of, method) for method in scores.columns if method != of]
    rows = [_test_pair(scores, method, rival) for method, rival in pairs]
    table = pd.DataFrame(rows).sort_values("p", ignore_index=True)
    table["p_holm"] = holm(table["p"].to_numpy())
    return table.assign(significant=(table["p_holm"] < 0.05) & (table["n"] >= FEWEST_PAIRS))


def holm(p: np.ndarray) -> np.ndarray:
    """Correct p-values by Holm's step-down procedure. p [M] -> [M], in the same order. Holm 1979."""
    order = np.argsort(p)
    scaled = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = scaled.clip(max=1)
    return corrected


def _test_pair(scores, method, rival):
    """Test the scores of two methods. -> dict, a row of `paired`"""
    from scipy.stats import wilcoxon

    difference = (scores[method] - scores[rival]).to_numpy()
    p = wilcoxon(difference).pvalue if np.any(difference) else 1.0
    wins = (difference > 0).mean()
    gain = 100 * difference.mean()
    return {"method": method, "other": rival, "gain": gain, "wins": wins, "n": len(difference), "p": p}


def _common_scores(runs, criterion):
    """Return the scores of the settings and seeds in which every method has a run. -> [settings x seeds, methods]"""
    wide = runs.pivot_table(index=PAIR, columns="method", values=criterion, sort=False).dropna()
    must(wide.shape[1] > 1, "runs", f"{wide.shape[1]} methods", "runs of two methods or more")
    must(len(wide), "runs", "without a common setting", "runs of all methods in one setting or more")
    return wide
