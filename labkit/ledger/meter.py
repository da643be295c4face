"""The honest selection meter: does the order of methods depend on who chooses the epoch, and is it more than chance?

A paper's accuracy may be that of the last epoch, the mean of the last ten, the best on a noisy validation split, or the
best on the test set itself, which nobody can choose (`oracle_best`). The same runs are ranked by each.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from ..errors import choose, must
from ..fit import CRITERIA

PAIR = ["task", "net", "noise", "rate", "seed"]  # what two runs share that differ in the method only
LEAST = 6  # pairs: with fewer Wilcoxon's test cannot reach p < .05


def rank(runs):
    """Every method under every criterion, over the settings and seeds in which all methods were run.

    runs: rows of labkit.runs.grid.grid. -> DataFrame, a row per method and criterion: score (mean), place (1 is the
    best), n (settings x seeds). Raises ValueError if there is no such setting, or one method only.
    """
    wide = {criterion: _wide(runs, criterion) for criterion in CRITERIA}
    rows = []
    for criterion, scores in wide.items():
        mean = scores.mean()
        places = mean.rank(ascending=False, method="min").astype(int)
        rows += [
            {"method": name, "criterion": criterion, "score": mean[name], "place": places[name], "n": len(scores)}
            for name in mean.index
        ]
    return pd.DataFrame(rows)


def flips(ranks, least=0.005):
    """Pairs of methods whose order depends on the criterion, by at least `least` under both. -> DataFrame, the largest
    first: method, other (below it by `by`, above it by `not_by`), by, lead, not_by, loss"""
    wide = ranks.pivot(index="method", columns="criterion", values="score")
    rows = []
    for a, b in combinations(wide.index, 2):
        lead = wide.loc[a] - wide.loc[b]
        if lead.max() >= least and lead.min() <= -least:
            more = {"by": lead.idxmax(), "lead": lead.max(), "not_by": lead.idxmin(), "loss": lead.min()}
            rows.append({"method": a, "other": b, **more})
    table = pd.DataFrame(rows, columns=["method", "other", "by", "lead", "not_by", "loss"])
    size = table[["lead", "loss"]].abs().min(axis=1)
    return table.loc[size.sort_values(ascending=False).index].reset_index(drop=True)


def verdict(ranks):
    """In a sentence: does the order of the methods depend on the criterion, and who wins by which? -> text"""
    first = ranks[ranks["place"] == 1].groupby("method", sort=False)["criterion"].agg(", ".join)
    winners = "; ".join(f"{name} is first by {criteria}" for name, criteria in first.items())
    turned = flips(ranks)
    if turned.empty:
        return f"No two methods change places by half a point or more. {winners}."
    one = turned.iloc[0]
    example = f"{one['method']} is {100 * one['lead']:.1f} points above {one['other']} by {one['by']}"
    example += f" and {-100 * one['loss']:.1f} below it by {one['not_by']}"
    return f"{len(turned)} pairs of methods change places by half a point or more: {example}. {winners}."


def paired(runs, criterion="last10", of=None):
    """Paired tests between methods, over settings and seeds: Wilcoxon's signed-rank test, two-sided, with Holm's
    correction over all pairs shown.

    of: only pairs with this method. -> DataFrame, a row per pair, the smallest p first: method, other, gain (mean
    difference, method minus other, in percentage points), wins (share of pairs), n, p, p_holm, significant (p_holm <
    .05; never with fewer than 6 pairs). The settings are not independent samples of anything: read p as a measure of
    how steady a difference is over *these* settings.
    """
    choose("criterion", criterion, CRITERIA)
    scores = _wide(runs, criterion)
    if of is not None:
        choose("of", of, dict.fromkeys(scores.columns))
    pairs = [pair for pair in combinations(scores.columns, 2) if of is None or of in pair]
    rows = [_pair(scores, *((of, *(set(pair) - {of})) if of else pair)) for pair in pairs]
    table = pd.DataFrame(rows).sort_values("p", ignore_index=True)
    table["p_holm"] = holm(table["p"].to_numpy())
    return table.assign(significant=(table["p_holm"] < 0.05) & (table["n"] >= LEAST))


def holm(p):
    """Holm's step-down correction of p-values. p [M] -> [M], in the same order. Holm 1979."""
    order = np.argsort(p)
    scaled = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = scaled.clip(max=1)
    return corrected


def _pair(scores, a, b):
    """One line of `paired`."""
    from scipy.stats import wilcoxon

    difference = (scores[a] - scores[b]).to_numpy()
    p = wilcoxon(difference).pvalue if np.any(difference) else 1.0
    gain, wins = 100 * difference.mean(), (difference > 0).mean()
    return {"method": a, "other": b, "gain": gain, "wins": wins, "n": len(difference), "p": p}


def _wide(runs, criterion):
    """Scores of the settings and seeds in which every method has a run. -> DataFrame [settings x seeds, methods]"""
    wide = runs.pivot_table(index=PAIR, columns="method", values=criterion, sort=False).dropna()
    must(wide.shape[1] > 1, "runs", f"{wide.shape[1]} methods", "runs of two methods or more")
    must(len(wide), "runs", "without a common setting", "runs of all methods in one setting or more")
    return wide
