"""What PRL's notebook finds of each table, figure, lemma and theorem: every function adds one or more findings to a
labkit.ledger.findings.Findings, each with a truth value computed from what was measured. more: setting, n and
criterion."""

import pandas as pd

from . import experiments as prl
from . import lemmas as prl_theory
from . import theorems as prl_bounds

REACHED = 1 + 1e-9  # a bound may be met to rounding


def _said(values, form="{:.2f}"):
    """Values by name in words. -> text"""
    return ", ".join(f"{name} {form.format(value)}" for name, value in values.items())


def fig_1(found, points, table):
    """points: of prl_theory.filters; table: of prl_theory.disagreement."""
    kept = points.loc[points["loss filter"] == "keeps", "gradient norm"].item()
    times = points["gradient norm"].max() / points["gradient norm"].min()
    text, more = f"it keeps the point whose gradient is {times:.2f} times as long", {"setting": "the paper's quadratic"}
    claim = "a loss filter can keep the longer gradient"
    found.add("Fig. 1", claim, text, kept == points["gradient norm"].max(), n=len(points), **more)
    low = table[(table["kappa"] > 1) & (table["kappa"] < 5.82)]
    text = f"{low['pairs'].min():.0%} to {low['pairs'].max():.0%} of random pairs are ordered differently"
    claim, more = "condition number below 5.83: loss and gradient rank alike", {"setting": "quadratics", "n": 20_000}
    found.add("Sec. 4", claim, text, low["pairs"].max() == 0, **more)
    text = f"longer after {low['descent'].sum():g} of the steps below it, {table['descent'].max():.1%} at most above"
    claim = "below 5.83 steepest descent shortens the gradient (Nocedal et al.)"
    found.add("Sec. 4", claim, text, low["descent"].sum() == 0 < table["descent"].max(), **more)


def readme(found, table):
    """table: of prl.snippet."""
    text = f"{' or '.join(str(used) for used in table['used'][:2])} of {table['of'][0]} samples are used"
    claim = "the README's snippet keeps the samples that PRL(L) keeps"
    found.add("README", claim, text, table["used"][0] == table["used"][2], setting="squared error, 10 outputs", n=1)


def table_1(found, runs, cells, criterion, where="", **more):
    """The filters' level and the order of the methods under every corruption. where: in front of the claims."""
    more |= {"n": len(runs), "criterion": criterion}
    level = runs.groupby(["noise", "rate", "method"])[criterion].mean().unstack()
    names = [name for name in ("ERM", "Huber", "Ignormclip", "PRL(G)", "PRL(L)", "Co-PRL(L)") if name in level]
    low = level[names].min()
    own = [name for name in names if "PRL" in name]
    claim = f"{where}the lowest R2 of PRL's three filters is above that of every other method"
    text = f"lowest R2 of all cells: {_said(low)}"
    found.add("Table 1", claim, text, low[own].min() > low.drop(own).max(), **more)
    alike = prl.order(runs, cells, criterion).groupby("noise", sort=False)["rank_correlation"].mean()
    claim = f"{where}the order of the eight methods is the printed one (rank correlation above 0.7)"
    found.add("Table 1", claim, _said(alike), (alike > 0.7).all(), **more)
    if "pairflip" in alike.index:
        ends = level.loc["pairflip", ["ERM", "PRL(L)"]].iloc[-1]
        claim, text = f"{where}pairflip harms least squares", f"at the highest rate: {_said(ends, '{:.3f}')}"
        found.add("Table 1", claim, text, ends["ERM"] < ends["PRL(L)"] - 0.05, **more)


def fig_2(found, runs, **more):
    """Do the filters' curves stay where they have risen to?"""
    fall = (runs["oracle_best"] - runs["last"]).groupby(runs["method"]).max()
    shown = fall[["ERM", "Huber", "Ignormclip", "PRL(G)", "PRL(L)", "Co-PRL(L)"]]
    text = f"R2 lost from the best epoch to the last, at most: {_said(shown)}"
    holds = fall[["PRL(G)", "PRL(L)", "Co-PRL(L)"]].max() < 0.1 < fall["ERM"]
    found.add("Fig. 2", "PRL's curves stay where they have risen to", text, holds, n=len(runs), **more)


def twins(found, pairs, **more):
    """pairs: of prl.twins."""
    text = f"{pairs['same'].sum()} of {len(pairs)} pairs of runs are equal bit for bit"
    claim = "Min-sgd's equal rows (linadv, uninoise) are possible without copying"
    found.add("Table 1", claim, text, pairs["same"].any(), n=2 * len(pairs), **more)


def quota(found, runs, perfect, **more):
    """runs: PRL(L) under linadv, with a column batch; perfect: {batch: expected precision}."""
    measured = runs.groupby("batch")["selected_precision"].apply(lambda rows: rows.str[-1].mean())
    off, auc = max(abs(measured[size] - value) for size, value in perfect.items()), runs["auc"].str[-1].min()
    text = f"precision at most {off:.3f} off the quota's, AUC of the loss at least {auc:.3f}"
    claim = "wrong linadv rows come through the quota of a batch, not through the ranking"
    found.add("Sec. 6.1", claim, text, off < 0.02 and auc > 0.99, n=len(runs), **more)


def table_2(found, runs, cells, criterion, **more):
    """One network, two networks, and the order of the nine methods."""
    more |= {"n": len(runs), "criterion": criterion}
    level = runs.groupby(["noise", "rate", "method"], sort=False)[criterion].mean().unstack()
    for ours, theirs in (("PRL(L)", "SPL"), ("Co-PRL(L)", "Co-teaching")):
        gain = 100 * (level[ours] - level[theirs])
        text = f"ahead in {(gain > 0).sum()} of {len(gain)} cells, {gain.mean():+.1f} points on average"
        found.add("Table 2", f"{ours} is better than {theirs} in every cell", text, (gain > 0).all(), **more)
    alike = prl.order(runs, cells, criterion).set_index(["noise", "rate"])["rank_correlation"]
    text = ", ".join(f"{noise} {rate:.0%} {value:.2f}" for (noise, rate), value in alike.items())
    claim = f"the order of the nine methods is the one printed for {cells['dataset'].iloc[0]} (above 0.7)"
    found.add("Table 2", claim, text, alike.min() > 0.7, **more)


def fig_3(found, runs, **more):
    """Do PRL's curves fall less than plain training's?"""
    fall = 100 * (runs["oracle_best"] - runs["last"]).groupby(runs["method"]).mean()
    shown = fall[["ERM", "SPL", "PRL(L)", "Co-teaching", "Co-PRL(L)"]]
    text = f"points lost from the best epoch to the last: {_said(shown, '{:.1f}')}"
    holds = fall[["PRL(L)", "Co-PRL(L)"]].max() < fall["ERM"]
    found.add("Fig. 3", "PRL loses less than plain training after its best epoch", text, holds, n=len(runs), **more)


def ramp(found, at_once, ramped, criterion, **more):
    """Algorithm 3 filters from the first step; with a ramp the share grows. Both: rows of `grid`, SPL and PRL(L)."""
    mean = lambda runs: runs.groupby(["noise", "rate", "method"])[criterion].mean().unstack()[["SPL", "PRL(L)"]]
    gain = 100 * (mean(ramped) - mean(at_once))
    text = f"points gained by a ramp: {_said(gain.mean(), '{:+.1f}')}; PRL(L) at most "
    text += f"{gain['PRL(L)'].max():+.1f}"
    claim = "the full share can be dropped from the first step at no cost (Algorithm 3)"
    found.add("Sec. 3", claim, text, gain["PRL(L)"].mean() < 1, n=len(at_once), criterion=criterion, **more)


def table_3(found, runs, cells, criterion, **more):
    """Too low against too high, and the paper's odd cell. runs: with a column offset."""
    table, more = prl.sensitivity(runs, cells, criterion), more | {"n": len(runs), "criterion": criterion}
    over, under = table["+0.1 here"].astype(float), table["-0.1 here"].astype(float)
    words = lambda gain: ", ".join(f"{noise} {rate:.0%} {value:+.1f}" for (noise, rate), value in gain.items())
    text = f"points at 0.1 too low: {words(under)}; too high: {words(over)}"
    found.add("Table 3/5", "too low a rate is worse than too high a rate", text, (under < over).all(), **more)
    odd = over[over.index.get_level_values("noise") == "pairflip"]
    if len(odd):
        claim = "pairflip 45 %: a rate 0.1 too high is better than the true one"
        found.add("Table 3/5", claim, f"{words(odd)} points", (odd > 0).all(), printed="+5.58 points", **more)


def tables_4_and_6(found, recipes, runtime):
    """recipes: of prl.recipes; runtime: of prl.runtime_beside_printed."""
    text, claim = f"{recipes['agree'].sum()} of {len(recipes)} values agree", "labkit.recipes has the printed values"
    found.add("Table 4", claim, text, recipes["agree"].all(), setting="values", n=len(recipes))
    ratio, rounds = runtime["measured"], int(runtime["rounds"].iloc[0])
    text = f"steps of plain SGD: {_said(ratio.drop('ERM'))}"
    holds = ratio["PRL(G)"] > ratio[["PRL(L)", "PRL(L), two passes"]].max()
    more = {"setting": "9-layer CNN with GroupNorm, batches of 4 random images", "n": rounds}
    printed = _said(runtime["printed"].drop("ERM").dropna())
    found.add("Table 6", "PRL(G) costs much, PRL(L) little more than plain SGD", text, holds, printed=printed, **more)


def lemma_1(found, batches):
    """Lemma 1, Theorem 3, and whether O(eps) is tight. batches: of prl_theory.lemma_1_measured."""
    more = {"setting": "100 gradients of 50 dimensions, 10 classes", "n": len(batches)}
    usual, ours = batches[batches["kind"] != "worst case"], batches[batches["filter"] == "PRL(L)"]
    text = f"error / bound at most {batches['ratio'].max():.6f}, {usual['ratio'].max():.2f} without the worst case"
    found.add("Lemma 1", "the error is at most the bound", text, (batches["ratio"] <= REACHED).all(), **more)
    text = f"error / (4 eps C k) at most {ours['theorem_3'].max():.6f} with PRL(L)'s filter"
    holds = (ours["theorem_3"] <= REACHED).all() and ours["short"].all()
    found.add("Theorem 3", "the error is at most 4 eps C k", text, holds, **more)
    text = f"the filter reaches 4 eps k; no estimator is below {prl_theory.no_better(100, 0.2) / 0.2:.0f} eps k"
    holds = prl_theory.no_better(100, 0.2) > 0
    found.add("Sec. 7", "O(eps) is tight (the paper's open question)", text, holds, setting="two constructions", n=2)


def lemma_2(found, checked, example):
    """checked: of prl_theory.lemma_2_checked; example: of prl_theory.example."""
    shares = ", ".join(f"{row.reversed:.0%} of pairs reversed at q = {row.q}" for row in checked.itertuples())
    text = f"{checked['disagree'].sum()} of {checked['pairs'].sum():,} pairs disagree with it; {shares}"
    more = {"setting": "random predictions", "n": int(checked["pairs"].sum())}
    claim = "the condition is sufficient; in its exact form it is necessary, too"
    found.add("Lemma 2", claim, text, checked["disagree"].sum() == 0, **more)
    text = f"squared gradients {_said(example['|p - e_y|^2'], '{:.3f}')}; losses {_said(example['cross-entropy'])}"
    holds = (example["SPL"] != example["PRL(L)"]).all()
    found.add("Lemma 2", "SPL and PRL(L) choose differently in the example", text, holds, setting="10 classes", n=2)


def theorems_1_and_4(found, descent, stops, **more):
    """descent: of prl_bounds.biased_sgd; stops: of prl_bounds.where_training_stops."""
    quiet = descent[descent["sigma"] == 0].groupby(["landscape", "bias"])
    slopes = [prl_bounds.power(own["zeta"], own["end"]) for _, own in quiet]
    text = f"exponent of zeta {min(slopes):.3f} to {max(slopes):.3f}; mean square / bound at most "
    text += f"{(descent['mean'] / descent['bound']).max():.3f}"
    holds = (descent["mean"] <= descent["bound"]).all() and max(abs(slope - 1) for slope in slopes) < 0.05
    where = {"setting": "two landscapes, 20 dimensions", "n": len(descent)}
    found.add("Theorem 4", "the gradient comes down to O(zeta), within the proof's bound", text, holds, **where)
    ratio = stops["clean"] / stops["zeta"]
    text = f"clean gradient / zeta {ratio.min():.3f} to {ratio.max():.3f}"
    claim = "training stops where the clean gradient is as long as the error of the one used"
    found.add("Theorem 1", claim, text, (ratio - 1).abs().max() < 0.05, n=len(stops), **more)


def exponents(errors):
    """How the filter's error grows in `prl_bounds.sweeps`. -> Series"""
    own = errors[errors["estimator"] == prl_bounds.ESTIMATORS[2]]
    fit = {key: prl_bounds.power(rows["x"], rows["error"]) for key, rows in own.groupby(["what", "corruption"])}
    d, q = "dimension d of the gradient", "dimension q of the targets"
    names = {"eps (Theorem 2)": ("corruption rate", "general"), "d (Theorem 2)": (d, "general")}
    names |= {"d (Theorem 3)": (d, "supervision"), "q (Theorem 3)": (q, "supervision")}
    return pd.Series({name: fit[key] for name, key in names.items()}, name="exponent")


def theorems_2_and_3(found, errors):
    """errors: of prl_bounds.sweeps."""
    grows, more = exponents(errors), {"setting": "200 gradients, adversary just below the filter", "n": len(errors)}
    text, by = _said(grows[:2]), grows.to_numpy()
    holds = abs(by[1] - 0.5) < 0.1 and abs(by[0] - 1) < 0.25
    found.add("Theorem 2", "the error grows as eps sqrt(d)", text, holds, **more)
    holds = abs(by[2]) < 0.1 and abs(by[3] - 0.5) < 0.1
    found.add("Theorem 3", "the error grows as sqrt(q) and not with d", _said(grows[2:]), holds, **more)
    hidden = errors[errors["what"] == "corruption rate"].groupby("estimator")["error"].mean()
    claim = "against an adversary below its threshold the filter is better than the plain mean"
    found.add("Theorem 2", claim, f"errors: {_said(hidden)}", hidden[prl_bounds.ESTIMATORS[2]] < hidden["mean"], **more)


def without_norm(found, runs, criterion, **more):
    """Section 6.2's missing ablation. runs: with a column norm."""
    level, more = runs.groupby(["norm", "method"])[criterion].mean().unstack(), more | {"n": len(runs)}
    loss = 100 * (level.loc["BatchNorm"] - level.loc["none"])
    for theirs, ours in (("Co-teaching", "Co-PRL(L)"), ("SPL", "PRL(L)")):
        text = f"points lost without BatchNorm: {_said(loss[[theirs, ours]], '{:+.1f}')}"
        claim = f"without BatchNorm {theirs} is not robust (5 points or more), {ours} is"
        found.add("Sec. 6.2", claim, text, loss[theirs] >= 5 > loss[ours], criterion=criterion, **more)
