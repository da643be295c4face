"""What PRL's notebook finds of each table, figure, lemma and theorem.

Every function adds one or more findings to a report (labkit.ledger.findings.Findings). The rule that judges a finding
is shown with it. facts: setting, n, criterion.
"""

from collections.abc import Mapping

import pandas as pd

from ...ledger.findings import Findings
from . import experiments, lemmas, theorems

REACHED = 1 + 1e-9  # a bound may be met to rounding
KEYS = ["noise", "rate", "method"]
FILTERS = ["PRL(G)", "PRL(L)", "Co-PRL(L)"]


def _listed(values: Mapping[str, float] | pd.Series, form: str = "{:.2f}") -> str:
    """Return values by name as a text."""
    return ", ".join([f"{name} {form.format(value)}" for name, value in values.items()])


def _listed_cells(values: pd.Series, form: str) -> str:
    """Return values by noise and rate as a text."""
    return ", ".join([f"{noise} {rate:.0%} {form.format(value)}" for (noise, rate), value in values.items()])


def _means(runs, criterion):
    """Return the mean scores over seeds. -> DataFrame [noise and rate, method]"""
    return runs.groupby(KEYS)[criterion].mean().unstack()


def fig_1(report: Findings, *, points: pd.DataFrame, pairs: pd.DataFrame) -> None:
    """Add what a loss filter keeps. points: of lemmas.filters; pairs: of lemmas.disagreement."""
    norm = points["gradient norm"]
    times = norm[points["loss filter"] == "keeps"].item() / norm[points["loss filter"] == "drops"].item()
    text = f"it keeps the point whose gradient is {norm.max() / norm.min():.2f} times as long"
    claim, rule = "a loss filter can keep the longer gradient", "gradient norm, kept over dropped > 1"
    report.judge("Fig. 1", claim, text, times, rule=rule, setting="the paper's quadratic", n=len(points))

    low = pairs[(pairs["kappa"] > 1) & (pairs["kappa"] < 5.82)]
    facts = {"setting": "quadratics", "n": 20_000}
    text = f"{low['pairs'].min():.0%} to {low['pairs'].max():.0%} of random pairs are ordered differently"
    claim, rule = "condition number below 5.83: loss and gradient rank alike", "share ordered differently = 0"
    report.judge("Sec. 4", claim, text, low["pairs"], rule=rule, **facts)
    text = f"longer after {low['descent'].sum():g} of the steps below it, {pairs['descent'].max():.1%} at most above"
    claim = "below 5.83 steepest descent shortens the gradient (Nocedal et al.)"
    rule = "share of longer gradients below 5.83 = 0; above 5.83 > 0"
    report.judge("Sec. 4", claim, text, (low["descent"], pairs["descent"].max()), rule=rule, **facts)


def readme(report: Findings, *, table: pd.DataFrame) -> None:
    """Add what the README's code uses. table: of words.snippet."""
    released, _, meant = table["used"]
    text = f"{' or '.join([str(used) for used in table['used'][:2]])} of {table['of'][0]} samples are used"
    claim = "the README's snippet keeps the samples that PRL(L) keeps"
    rule = "samples used as released, minus those meant = 0"
    report.judge("README", claim, text, released - meant, rule=rule, setting="squared error, 10 outputs", n=1)


def table_1(
    report: Findings, *, runs: pd.DataFrame, cells: pd.DataFrame, criterion: str, place: str = "", **facts: str | int
) -> None:
    """Add the filters' level and the order of the methods under every corruption. place: in front of the claims."""
    facts |= {"n": len(runs), "criterion": criterion}
    scores = _means(runs, criterion)
    names = [name for name in ("ERM", "Huber", "Ignormclip", *FILTERS) if name in scores]
    filters = [name for name in names if name in FILTERS]
    lowest = scores[names].min()
    claim = f"{place}the lowest R2 of PRL's three filters is above that of every other method"
    lead = lowest[filters].min() - lowest.drop(filters).max()
    rule = "lowest R2 of the filters, minus the highest of the others > 0"
    report.judge("Table 1", claim, f"lowest R2 of all cells: {_listed(lowest)}", lead, rule=rule, **facts)

    order = experiments.order(runs, cells=cells, criterion=criterion)
    correlation = order.groupby("noise", sort=False)["rank_correlation"].mean()
    claim = f"{place}the order of the eight methods is the printed one (rank correlation above 0.7)"
    rule = "mean rank correlation of every corruption > 0.7"
    report.judge("Table 1", claim, _listed(correlation), correlation, rule=rule, **facts)
    if "pairflip" in correlation.index:
        highest = scores.loc["pairflip", ["ERM", "PRL(L)"]].iloc[-1]
        claim, text = f"{place}pairflip harms least squares", f"at the highest rate: {_listed(highest, '{:.3f}')}"
        loss, rule = highest["PRL(L)"] - highest["ERM"], "R2 of PRL(L), minus R2 of ERM > 0.05"
        report.judge("Table 1", claim, text, loss, rule=rule, **facts)


def fig_2(report: Findings, *, runs: pd.DataFrame, **facts: str | int) -> None:
    """Add whether the filters' curves stay where they have risen to."""
    fall = (runs["oracle_best"] - runs["last"]).groupby(runs["method"]).max()
    text = (
        f"R2 lost from the best epoch to the last, at most: {_listed(fall[['ERM', 'Huber', 'Ignormclip', *FILTERS]])}"
    )
    claim, rule = "PRL's curves stay where they have risen to", "R2 lost by each filter < 0.1; by ERM > 0.1"
    report.judge("Fig. 2", claim, text, (fall[FILTERS], fall["ERM"]), rule=rule, n=len(runs), **facts)


def equal_runs(report: Findings, *, pairs: pd.DataFrame, **facts: str | int) -> None:
    """Add whether two corruptions can give the same run. pairs: of experiments.equal_runs."""
    equal = pairs["same"].sum()
    text = f"{equal} of {len(pairs)} pairs of runs are equal bit for bit"
    claim = "Min-sgd's equal rows (linadv, uninoise) are possible without copying"
    report.judge("Table 1", claim, text, equal, rule="equal pairs of runs > 0", n=2 * len(pairs), **facts)


def quota(report: Findings, *, runs: pd.DataFrame, perfect: Mapping[int, float], **facts: str | int) -> None:
    """Add how wrong rows come through. runs: PRL(L) under linadv, with a column batch; perfect: {batch: precision}."""
    measured = runs.groupby("batch")["selected_precision"].apply(lambda curves: curves.str[-1].mean())
    gap = max([abs(measured[size] - precision) for size, precision in perfect.items()])
    auc = runs["auc"].str[-1].min()
    text = f"precision at most {gap:.3f} off the quota's, AUC of the loss at least {auc:.3f}"
    claim = "wrong linadv rows come through the quota of a batch, not through the ranking"
    rule = "precision off the quota's < 0.02; AUC of the loss > 0.99"
    report.judge("Sec. 6.1", claim, text, (gap, auc), rule=rule, n=len(runs), **facts)


def table_2(report: Findings, *, runs: pd.DataFrame, cells: pd.DataFrame, criterion: str, **facts: str | int) -> None:
    """Add one network, two networks, and the order of the nine methods."""
    facts |= {"n": len(runs), "criterion": criterion}
    scores = _means(runs, criterion)
    for method, rival in (("PRL(L)", "SPL"), ("Co-PRL(L)", "Co-teaching")):
        gain = 100 * (scores[method] - scores[rival])
        text = f"ahead in {(gain > 0).sum()} of {len(gain)} cells, {gain.mean():+.1f} points on average"
        claim = f"{method} is better than {rival} in every cell"
        report.judge("Table 2", claim, text, gain, rule="gain in every cell > 0 points", **facts)
    correlation = experiments.order(runs, cells=cells, criterion=criterion).set_index(["noise", "rate"])[
        "rank_correlation"
    ]
    claim = f"the order of the nine methods is the one printed for {cells['dataset'].iloc[0]} (above 0.7)"
    text, rule = _listed_cells(correlation, "{:.2f}"), "lowest rank correlation of a cell > 0.7"
    report.judge("Table 2", claim, text, correlation.min(), rule=rule, **facts)


def fig_3(report: Findings, *, runs: pd.DataFrame, **facts: str | int) -> None:
    """Add whether PRL's curves fall less than plain training's."""
    fall = 100 * (runs["oracle_best"] - runs["last"]).groupby(runs["method"]).mean()
    listed = _listed(fall[["ERM", "SPL", "PRL(L)", "Co-teaching", "Co-PRL(L)"]], "{:.1f}")
    text = f"points lost from the best epoch to the last: {listed}"
    claim = "PRL loses less than plain training after its best epoch"
    rule = "points lost by PRL(L) and by Co-PRL(L), each minus those lost by ERM < 0"
    excess = fall[["PRL(L)", "Co-PRL(L)"]] - fall["ERM"]
    report.judge("Fig. 3", claim, text, excess, rule=rule, n=len(runs), **facts)


def ramp(report: Findings, *, at_once: pd.DataFrame, ramped: pd.DataFrame, criterion: str, **facts: str | int) -> None:
    """Add what a ramp gains. Algorithm 3 filters from the first step. Both: rows of `grid` with SPL and PRL(L)."""
    names = ["SPL", "PRL(L)"]
    gain = 100 * (_means(ramped, criterion)[names] - _means(at_once, criterion)[names])
    text = f"points gained by a ramp: {_listed(gain.mean(), '{:+.1f}')}; PRL(L) at most {gain['PRL(L)'].max():+.1f}"
    claim = "the full share can be dropped from the first step at no cost (Algorithm 3)"
    facts |= {"n": len(at_once), "criterion": criterion}
    report.judge("Sec. 3", claim, text, gain["PRL(L)"].mean(), rule="mean gain of PRL(L) < 1 point", **facts)


def table_3(report: Findings, *, runs: pd.DataFrame, cells: pd.DataFrame, criterion: str, **facts: str | int) -> None:
    """Add too low against too high a rate, and the paper's odd cell. runs: with a column offset."""
    facts |= {"n": len(runs), "criterion": criterion}
    table = experiments.sensitivity(runs, cells=cells, criterion=criterion)
    high, low = table["+0.1 here"].astype(float), table["-0.1 here"].astype(float)
    text = f"points at 0.1 too low: {_listed_cells(low, '{:+.1f}')}; too high: {_listed_cells(high, '{:+.1f}')}"
    claim = "too low a rate is worse than too high a rate"
    rule = "points at 0.1 too high, minus points at 0.1 too low, in every cell > 0"
    report.judge("Table 3/5", claim, text, high - low, rule=rule, **facts)
    odd = high[high.index.get_level_values("noise") == "pairflip"]
    if len(odd):
        claim = "pairflip 45 %: a rate 0.1 too high is better than the true one"
        text, rule = f"{_listed_cells(odd, '{:+.1f}')} points", "points at 0.1 too high > 0"
        report.judge("Table 3/5", claim, text, odd, rule=rule, printed="+5.58 points", **facts)


def tables_4_and_6(report: Findings, *, hyperparameters: pd.DataFrame, runtime: pd.DataFrame) -> None:
    """Add recipe and price.

    hyperparameters: of words.hyperparameters; runtime: of experiments.runtime_beside_printed.
    """
    agree = hyperparameters["agree"]
    text, claim = f"{agree.sum()} of {len(agree)} values agree", "labkit.recipes has the printed values"
    different = (~agree).sum()
    report.judge("Table 4", claim, text, different, rule="values that differ = 0", setting="values", n=len(agree))

    ratio = runtime["measured"]
    text = f"steps of plain SGD: {_listed(ratio.drop('ERM'))}"
    facts = {"setting": "9-layer CNN with GroupNorm, batches of 4 random images", "n": int(runtime["rounds"].iloc[0])}
    facts["printed"] = _listed(runtime["printed"].drop("ERM").dropna())
    claim = "PRL(G) costs much, PRL(L) little more than plain SGD"
    excess = ratio["PRL(G)"] - ratio[["PRL(L)", "PRL(L), two passes"]]
    rule = "cost of PRL(G), minus that of PRL(L) in either way > 0 steps"
    report.judge("Table 6", claim, text, excess, rule=rule, **facts)


def lemma_1(report: Findings, *, batches: pd.DataFrame) -> None:
    """Add Lemma 1, Theorem 3, and whether O(eps) is tight. batches: of lemmas.lemma_1_measured."""
    facts = {"setting": "100 gradients of 50 dimensions, 10 classes", "n": len(batches)}
    ratio = batches["ratio"]
    usual = ratio[batches["kind"] != "worst case"]
    text = f"error / bound at most {ratio.max():.6f}, {usual.max():.2f} without the worst case"
    claim, rule = "the error is at most the bound", f"error / bound <= {REACHED}"
    report.judge("Lemma 1", claim, text, ratio, rule=rule, **facts)

    filtered = batches[batches["filter"] == "PRL(L)"]
    text = f"error / (4 eps C k) at most {filtered['theorem_3'].max():.6f} with PRL(L)'s filter"
    measured = (filtered["theorem_3"], (~filtered["short"]).sum())
    rule = f"error / (4 eps C k) <= {REACHED}; batches with a kept gradient longer than k = 0"
    report.judge("Theorem 3", "the error is at most 4 eps C k", text, measured, rule=rule, **facts)

    error = lemmas.no_better(100, 0.2) / 0.2
    text = f"the filter reaches 4 eps k; no estimator is below {error:.0f} eps k"
    claim, rule = "O(eps) is tight (the paper's open question)", "error of every estimator > 0 eps k"
    report.judge("Sec. 7", claim, text, error, rule=rule, setting="two constructions", n=2)


def lemma_2(report: Findings, *, checked: pd.DataFrame, example: pd.DataFrame) -> None:
    """Add whether Lemma 2 is exact. checked: of lemmas.lemma_2_checked; example: of lemmas.example."""
    pairs, disagree = int(checked["pairs"].sum()), checked["disagree"].sum()
    shares = ", ".join([f"{row.reversed:.0%} of pairs reversed at q = {row.q}" for row in checked.itertuples()])
    text = f"{disagree} of {pairs:,} pairs disagree with it; {shares}"
    claim = "the condition is sufficient; in its exact form it is necessary, too"
    rule = "pairs that disagree with the exact form = 0"
    report.judge("Lemma 2", claim, text, disagree, rule=rule, setting="random predictions", n=pairs)

    squares, losses = _listed(example["|p - e_y|^2"], "{:.3f}"), _listed(example["cross-entropy"])
    text, claim = f"squared gradients {squares}; losses {losses}", "SPL and PRL(L) choose differently in the example"
    equal_choices = (example["SPL"] == example["PRL(L)"]).sum()
    rule = "predictions on which SPL and PRL(L) agree = 0"
    report.judge("Lemma 2", claim, text, equal_choices, rule=rule, setting="10 classes", n=2)


def theorems_1_and_4(report: Findings, *, descent: pd.DataFrame, stops: pd.DataFrame, **facts: str | int) -> None:
    """Add where biased descent stops. descent: of theorems.biased_sgd; stops: of theorems.where_training_stops."""
    quiet = descent[descent["sigma"] == 0].groupby(["landscape", "bias"])
    powers = pd.Series([theorems.power(runs["zeta"], runs["end"]) for _, runs in quiet])
    share = descent["mean"] / descent["bound"]
    text = f"exponent of zeta {powers.min():.3f} to {powers.max():.3f}; mean square / bound at most {share.max():.3f}"
    claim = "the gradient comes down to O(zeta), within the proof's bound"
    rule, setting = "mean square / bound <= 1; |exponent - 1| < 0.05", "two landscapes, 20 dimensions"
    measured = (share, (powers - 1).abs())
    report.judge("Theorem 4", claim, text, measured, rule=rule, setting=setting, n=len(descent))

    ratio = stops["clean"] / stops["zeta"]
    text = f"clean gradient / zeta {ratio.min():.3f} to {ratio.max():.3f}"
    claim = "training stops where the clean gradient is as long as the error of the one used"
    rule = "|clean gradient / zeta - 1| < 0.05"
    report.judge("Theorem 1", claim, text, (ratio - 1).abs(), rule=rule, n=len(stops), **facts)


def theorems_2_and_3(report: Findings, *, errors: pd.DataFrame) -> None:
    """Add how the error of a filtered mean grows. errors: of theorems.sweeps."""
    exponents = theorems.exponents(errors)
    eps, d, d_supervision, q = exponents
    facts = {"setting": "200 gradients, adversary just below the filter", "n": len(errors)}
    rule = "|exponent of d - 0.5| < 0.1; |exponent of eps - 1| < 0.25"
    measured = (abs(d - 0.5), abs(eps - 1))
    report.judge("Theorem 2", "the error grows as eps sqrt(d)", _listed(exponents[:2]), measured, rule=rule, **facts)
    claim, rule = "the error grows as sqrt(q) and not with d", "|exponent of d| < 0.1; |exponent of q - 0.5| < 0.1"
    measured = (abs(d_supervision), abs(q - 0.5))
    report.judge("Theorem 3", claim, _listed(exponents[2:]), measured, rule=rule, **facts)

    hidden = errors[errors["what"] == "corruption rate"].groupby("estimator")["error"].mean()
    claim = "against an adversary below its threshold the filter is better than the plain mean"
    excess, rule = hidden[theorems.FILTER] - hidden["mean"], "error of the filter, minus error of the mean < 0"
    report.judge("Theorem 2", claim, f"errors: {_listed(hidden)}", excess, rule=rule, **facts)


def without_norm(report: Findings, *, runs: pd.DataFrame, criterion: str, **facts: str | int) -> None:
    """Add section 6.2's missing ablation. runs: with a column norm."""
    scores = runs.groupby(["norm", "method"])[criterion].mean().unstack()
    loss = 100 * (scores.loc["BatchNorm"] - scores.loc["none"])
    facts |= {"n": len(runs), "criterion": criterion}
    for rival, method in (("Co-teaching", "Co-PRL(L)"), ("SPL", "PRL(L)")):
        text = f"points lost without BatchNorm: {_listed(loss[[rival, method]], '{:+.1f}')}"
        claim = f"without BatchNorm {rival} is not robust (5 points or more), {method} is"
        rule = f"points lost by {rival} >= 5; by {method} < 5"
        report.judge("Sec. 6.2", claim, text, (loss[rival], loss[method]), rule=rule, **facts)
