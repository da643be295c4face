"""What the live cells of the notebook on RMNW-Net found: every function adds the findings of one table or figure to a
`Findings` and returns them as a DataFrame (item, claim, measured, holds)."""

import numpy as np

from ...ledger import rank_correlation
from .experiments import CLEAN_META, OWN

NEAR = 2.0  # "similar", "on par": percentage points


def means(runs, column):
    """Means over seeds: a row per noise and rate, a column per method. Accuracies stay shares. -> DataFrame"""
    wide, noises = runs.pivot_table(index=["noise", "rate"], columns="method", values=column), list(runs["noise"])
    return wide.loc[sorted(wide.index, key=lambda cell: (noises.index(cell[0]), cell[1]))]


def words(series, digits=1, sign="+"):
    """A series over noise and rate (or size) in words; sign "": of numbers that are no differences. -> text"""
    name = lambda key: f"{key:.0%}" if isinstance(key, float) else str(key)
    each = [(key if isinstance(key, tuple) else (key,), value) for key, value in series.items()]
    return ", ".join(f"{' '.join(map(name, key))}: {value:{sign}.{digits}f}" for key, value in each)


def facts(runs, criterion=""):
    """Setting, number of seeds and criterion of runs, as `Findings.add` wants them. -> dict"""
    one = runs.iloc[0]
    setting = f"{one['task']}, {one['net'].partition('(')[0]}, {one['epochs']} epochs, meta sets of held-out samples"
    return {"setting": setting, "n": runs["seed"].nunique(), "criterion": criterion}


def _new(found, before):
    return found.table().iloc[before:, :4].reset_index(drop=True)


def table_1(found, runs, order, criterion):
    """Uniform and flip2 noise. runs: of `rmnw.table`; order: of `ledger.join_printed`."""
    before, wide, about = len(found.rows), 100 * means(runs, criterion), facts(runs, criterion)
    rate, uniform = wide.index.get_level_values("rate"), wide.index.get_level_values("noise") == "uniform"
    robust, plain = wide["RMNW-Net"] - wide["MW-Net"], wide["MNW-Net"] - wide["MW-Net"]
    rivals = wide.drop(columns=[*CLEAN_META, *OWN], errors="ignore").max(axis=1)
    ahead, behind = wide["RMNW-Net"] - rivals, wide["MNW-Net"] - wide["RMNW-Net"]
    alike, near = rank_correlation(order), f"at most {NEAR:g} points below MW-Net*"
    checks = (
        (f"uniform: RMNW-Net is {near}", robust[uniform & (rate > 0)], -NEAR),
        ("uniform: RMNW-Net is above MNW-Net", -behind[uniform & (rate > 0)], 0),
        ("noise: RMNW-Net is above all methods without clean samples", ahead[rate > 0], 0),
        (f"flip2: RMNW-Net is {near}", robust[~uniform & (rate > 0)], -NEAR),
        (f"flip2: MNW-Net is {near}", plain[~uniform & (rate > 0)], -NEAR),
        ("0 %: RMNW-Net is above MW-Net*", robust[rate == 0], 0),
    )
    for claim, values, least in checks:
        if len(values):
            found.add("Table 1", claim, words(values), (values > least).all(), **about)
    if len(alike):
        text, alone = f"mean {alike.mean():.2f}; {words(alike, 2)}", "the order of the methods is the printed one"
        found.add("Table 1", f"{alone} (Spearman above 0.5)", text, (alike > 0.5).all(), **about)
    return _new(found, before)


def against_clean(found, item, runs, criterion, printed=""):
    """RMNW-Net and MNW-Net beside MW-Net* under noise: Table 2 and Fig. 2."""
    before, wide = len(found.rows), 100 * means(runs[runs["rate"] > 0], criterion)
    for name in ("RMNW-Net", "MNW-Net"):
        gap, claim = wide[name] - wide["MW-Net"], f"{name} is at most {NEAR:g} points below MW-Net*"
        found.add(item, claim, words(gap), (gap > -NEAR).all(), printed=printed, **facts(runs, criterion))
    gap = wide["RMNW-Net"] - wide["MNW-Net"]
    about = {"printed": printed, **facts(runs, criterion)}
    found.add(item, "RMNW-Net is above MNW-Net", words(gap), (gap > 0).all(), **about)
    return _new(found, before)


def table_3(found, runs):
    """The AUC of the weights. runs: of `rmnw.detection`."""
    before = len(found.rows)
    for column, when in (("auc_best", "best epoch"), ("auc_last", "last epoch")):
        wide, about = means(runs, column), facts(runs, when)
        gain, plain = wide["RMNW-Net"] - wide["MW-Net"], wide["MNW-Net"]
        flips = plain[plain.index.get_level_values("noise") != "uniform"]
        found.add("Table 3", f"RMNW-Net is above MW-Net*, {when}", words(gain, 3), (gain > 0).all(), **about)
        found.add(
            "Table 3", f"MNW-Net is below MW-Net*, {when}", words(plain, 2, ""), (plain < wide["MW-Net"]).all(), **about
        )
        if len(flips):
            claim = f"MNW-Net is below 0.5 under flip and flip2, {when}"
            found.add("Table 3", claim, words(flips, 2, ""), (flips < 0.5).all(), **about)
    return _new(found, before)


def weight_functions(found, looks, setting):
    """Does V fall with the loss? looks: of `rmnw.watched`."""
    before = len(found.rows)
    for look in looks:
        falls = (look["V"][-1].diff() < 0).double().mean().item()
        first, last = look["V"][-1][0].item(), look["V"][-1][-1].item()
        text = f"V falls on {falls:.0%} of the loss axis at the end, from {first:.2f} to {last:.2f}"
        claim = f"V is mostly decreasing: {look['method']}"
        found.add("Sec. 3, V", claim, text, falls > 0.75, setting=setting, n=1)
    return _new(found, before)


def theorem_1(found, cosines, setting):
    """Directions of the expected meta-gradient. cosines: of `rmnw_theory.directions`."""
    before, at_v = len(found.rows), cosines[cosines["space"] == "V"].set_index(["loss", "noise", "rate"]).sort_index()
    below = {"uniform": (0.2, 0.4, 0.6), "flip2": (0.2, 0.4), "flip": (0.2, 0.4)}  # where they can be learnt
    for loss, name in (("mae", "MAE"), ("ce", "CE")):
        for noise, rates in below.items():
            values = at_v.loc[(loss, noise)].loc[list(rates)]
            right = ", ".join(f"{share:.0%}" for share in values["right"])
            text = f"cosine at {', '.join(f'{rate:.0%}' for rate in rates)}: "
            text += ", ".join(f"{value:.2f}" for value in values["expected"])
            text += f"; single meta sets on the right side: {right}"
            claim = f"{noise}, {name}: the expected direction stays (cosine above 0.9)"
            found.add("Theorem 1", claim, text, (values["expected"] > 0.9).all(), setting=setting, n=1)
    return _new(found, before)


def more_classes(found, more, mapped, setting):
    """Flips to more and more classes. more: of `rmnw_theory.to_more_classes`; mapped: of `over_all_maps`, for MAE."""
    before, least = len(found.rows), more[more["loss"] == "mae"].groupby("classes")["expected"].min()
    text = "cosine of the worst map at r = " + ", ".join(f"{r}: {least[r]:.2f}" for r in (1, 2, 4, least.index.max()))
    holds = bool(np.all(np.diff(least.to_numpy()) > -0.02)) and least.iloc[-1] > 1 - 1e-9
    found.add(
        "Sec. 3, flips", "MAE: flips to more classes come closer to uniform noise", text, holds, setting=setting, n=1
    )
    claim = "MAE: averaged over all maps, flip noise keeps the direction"
    found.add("Sec. 3, flips", claim, f"relative distance {mapped:.0e}", mapped < 1e-10, setting=setting, n=1)
    return _new(found, before)


def theorem_2(found, scatter, setting):
    """The scatter of the meta-gradient. scatter: of `rmnw_parts.variances`."""
    before, noisy = len(found.rows), scatter[scatter["rate"] > 0]
    slack, about = noisy["bound"] / noisy["exact"], {"setting": setting, "n": 1}
    text = f"the bound is {slack.min():.0f} to {slack.max():.0f} times the exact scatter"
    claim = "the scatter is at most sigma^2 + 2 eta rho^2 / m"
    found.add("Theorem 2", claim, text, (noisy["exact"] <= noisy["bound"]).all(), **about)
    ratio = noisy["exact"] / noisy["clean"]
    text = f"{ratio.min():.2f} to {ratio.max():.2f} times that of clean labels"
    found.add("Theorem 2", "noise makes the scatter larger, as its bound says", text, (ratio > 1).all(), **about)
    grows = scatter.pivot(index="rate", columns="m", values="relative").iloc[:, -1]
    text = f"root of the scatter over the length of the mean, m = {grows.name}: {grows.iloc[0]:.2f} clean, "
    text += f"{grows.iloc[-1]:.2f} at {grows.index[-1]:.0%}"
    claim = "noise makes the direction less certain, as 1 / (1 - eta)"
    found.add("Theorem 2", claim, text, grows.is_monotonic_increasing, **about)
    return _new(found, before)


def cross_entropy(found, parts, setting):
    """Why cross-entropy works. parts: rows of `rmnw_parts.terms` with columns loss and epoch."""
    before, ce, mae = len(found.rows), parts[parts["loss"] == "ce"], parts[parts["loss"] == "mae"]
    ratio, decay, pull = ce["defect"] / ce["clean"], ce["defect"] / ce["decay"], ce["gap_defect"]
    nothing = (mae["defect"] / mae["clean"]).max()
    reach = lambda values, digits=1: f"{values.min():.{digits}f} to {values.max():.{digits}f}"
    checks = (
        ("CE: what noise adds is below half of the clean part", f"{reach(ratio)} times as long", (ratio < 0.5).all()),
        ("CE: weight decay outweighs what noise adds", f"it is {reach(decay, 0)} times the decay", (decay < 1).all()),
        ("CE: what noise adds raises wrong samples", f"right minus wrong: {reach(pull, 2)}", (pull < 0).all()),
        ("MAE: noise adds nothing", f"at most {nothing:.0e} of the clean part", nothing < 1e-9),
    )
    for claim, text, holds in checks:
        found.add("Sec. 3, CE", claim, text, holds, setting=setting, n=1)
    return _new(found, before)


def weight_spread(found, runs, criterion):
    """AUC against accuracy. runs: of `rmnw.table(also=judged)`, OWN under noise."""
    before, wide, about = len(found.rows), means(runs, "spread"), facts(runs, criterion)
    gap = wide["RMNW-Net"] - wide["MW-Net"]
    claim = "RMNW-Net's weights lie in a tighter range than MW-Net*'s"
    found.add("Sec. 4.1, AUC", claim, words(gap, 2), (gap < 0).all(), **about)
    low = runs["auc_end"] < 0.5
    score = 100 * runs.groupby(low)[criterion].mean()
    text = (
        f"{score.get(True, np.nan):.1f} in the {low.sum()} runs below 0.5, {score.get(False, np.nan):.1f} in the others"
    )
    claim = f"an AUC below 0.5 costs less than {NEAR:g} points"
    found.add("Sec. 4.1, AUC", claim, text, score.get(True, -np.inf) > score.get(False, 0) - NEAR, **about)
    return _new(found, before)


def networks(found, runs, criterion):
    """Footnote 4. runs: with a column width."""
    before = len(found.rows)
    wide = 100 * runs.pivot_table(index="width", columns="method", values=criterion)
    text = "; ".join(f"width {k}: {', '.join(f'{m} {v:.1f}' for m, v in row.items())}" for k, row in wide.iterrows())
    below = wide["MNW-Net"] < wide[["MW-Net", "RMNW-Net"]].min(axis=1)
    near = (wide["RMNW-Net"] - wide["MW-Net"]).abs() < NEAR
    claim = "flip2: how the three compare does not depend on the network"
    holds = below.nunique() == 1 and near.nunique() == 1
    found.add("Footnote 4", claim, text, holds, **facts(runs, criterion))
    return _new(found, before)


def meta_sets(found, runs, criterion):
    """The ablation. runs: with columns size and balanced."""
    before, about = len(found.rows), facts(runs, criterion)
    wide = 100 * runs.pivot_table(index=["noise", "size"], columns=["method", "balanced"], values=criterion, sort=False)
    cost = (wide["RMNW-Net", "given"] - wide["RMNW-Net", "true"]).dropna()
    claim = f"balancing the noisy meta set by given labels costs less than {NEAR:g} points"
    found.add("Ablation", claim, words(cost), (cost > -NEAR).all(), **about)
    sizes = sorted(set(runs["size"]))
    for name in ("RMNW-Net", "MW-Net"):
        table = wide[name, "true"].unstack("noise")
        lost = table.loc[sizes[0]] - table.loc[sizes[-1]]
        claim = f"{name}: {sizes[0]} meta samples do as well as {sizes[-1]}, within {NEAR:g} points"
        found.add("Ablation", claim, words(lost), (lost > -NEAR).all(), **about)
    return _new(found, before)
