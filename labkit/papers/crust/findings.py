"""What the notebook on CRUST finds about the figures, tables and claims of the paper: from the tables that it measured
to `Findings`. Every `holds` is computed from the numbers it is about. where: data, network, noise and epochs, in words.
"""

import json

import numpy as np

from ...ledger import rank_correlation
from . import words as crust_claims

PHASES = ("train_given", "train_true", "test")


def setting_of(runs, *names):
    """Hyperparameters of the runs as columns; NaN where a method has none of the name. runs: of `runs.grid.grid`. ->
    DataFrame"""
    every = runs["hyperparameters"].map(json.loads)
    return runs.assign(**{name: every.map(lambda one, name=name: one.get(name, np.nan)) for name in names})


def percent(values):
    return ", ".join(f"{100 * value:.1f}" for value in values)


def label_accuracy(runs, at=-1):
    """Label accuracy of CRUST's coreset in the epoch `at`, mean over seeds, by its size. -> Series"""
    own = runs[runs["method"] == "CRUST"]
    return own["selected_precision"].str[at].groupby(own["keep"]).mean().sort_index()


def figure_1(found, runs, start, where):
    """Fig. 1: label accuracy, and which size is best. -> DataFrame, accuracies in percent, means of the last ten
    epochs"""
    last, first = label_accuracy(runs), label_accuracy(runs, start)
    same = {"setting": where, "n": runs["seed"].nunique(), "criterion": "last"}
    say = f"{percent(last)} % at {percent(last.index)} %"
    found.add("Fig. 1a", "label accuracy falls as the coreset grows", say, (last.diff().dropna() < 0).all(), **same)
    say = f"first coreset {percent(first)} %, last {percent(last)} %"
    found.add("Fig. 1a", "the noisy centers become fewer over time", say, (last > first).all(), **same)
    ends = runs.assign(**{name: runs[name].map(lambda curve: np.mean(curve[-10:])) for name in PHASES})
    ends = ends.groupby("size", sort=False)[list(PHASES)].mean()
    for item, name in zip(("Fig. 1b", "Fig. 1b", "Fig. 1c"), PHASES):
        say, best = (
            f"{percent(ends[name])} % ({', '.join(ends.index)})",
            ends[name].drop("ERM", errors="ignore").idxmax(),
        )
        found.add(item, f"a coreset of 50 % is best: {name}", say, "50%" in best, **same | {"criterion": "last10"})
    return (100 * ends).round(1)


def table_1(found, order, where, n, criterion):
    """Is CRUST first in every column? order: of `crust_claims.orders`."""
    own = order[order["method"] == "CRUST"]
    columns = "; ".join(f"{row.noise} {row.rate:.0%}: {row.measured_rank:.0f}" for row in own.itertuples())
    ranked = order.groupby(["noise", "rate"]).filter(lambda cell: len(cell) > 2)
    mean = rank_correlation(ranked).mean(skipna=False)
    say = f"rank among {order['method'].nunique()}: {columns}; Spearman with the printed order, on average: {mean:.2f}"
    first = (own["measured_rank"] == 1).all()
    found.add(
        "Table 1", "CRUST is above all baselines in every column", say, first, setting=where, n=n, criterion=criterion
    )


def words(found, claims):
    """Do the paper's words agree with its tables? claims: of `crust_claims.claims`."""
    for item, part in claims.groupby("item"):
        wrong = part[~part["agree"]]
        said = "; ".join(f"'{row.words}': {row.table}" for row in wrong.itertuples()) or "all agree"
        found.add(item, "the words agree with the numbers", said, wrong.empty, setting="the paper's own numbers", n=1)
    gains = crust_claims.over_strongest()[["over INCV", "over the strongest"]].mean()
    say = f"{gains.iloc[0]:.2f} points over INCV, {gains.iloc[1]:.2f} over the strongest baseline of each column"
    same = np.isclose(*gains)
    found.add("Table 1", "INCV is the strongest baseline", say, same, setting="the paper's own numbers", n=1)


def table_2(found, mean, where, n, criterion):
    """Is prediction better than label, and mixup than none? mean: accuracies in percent, rows "label, without mixup",
    ..., a column per rate."""
    like = lambda text: mean[mean.index.str.contains(text)].to_numpy()
    gains = {
        "grouping by prediction is better": like("prediction") - like("label"),
        "mixup is better than none": like(", with mixup") - like("without"),
    }
    for claim, gain in gains.items():
        say = f"gains {', '.join(f'{g:+.1f}' for g in gain.ravel())} points"
        found.add("Table 2", claim, say, (gain > 0).all(), setting=where, n=n, criterion=criterion)


def medoids(found, half, where):
    """Are medoids clean? half: of `crust.filters`, 50 % by prediction, a row per selector."""
    right = half["right"].iloc[0]
    each = ", ".join(f"{name} {row.precision:.1%} (weighted {row.weighted:.1%})" for name, row in half.iterrows())
    greedy = half.loc["facility_location"]
    say = f"{each}; share of right labels {right:.1%}"
    found.add("Sec. 4.1", "medoids by greedy facility location have right labels", say, greedy["precision"] > right,
              setting=where, n=1)  # fmt: skip


def ablation(found, runs, where, criterion):
    """Does Algorithm 1 filter, and which of its differences from the code matters? -> DataFrame, means in percent"""
    mean = runs.groupby("step", sort=False)[[criterion, "precision", "weighted"]].mean()
    alg, code, back = (mean.loc[n] for n in ("Algorithm 1 of the paper", "released code", "selector as in the paper"))
    same = {"setting": where, "n": runs["seed"].nunique(), "criterion": criterion}
    right = 1 - runs["realised"].mean()
    say = f"label precision {alg['precision']:.1%}, weighted {alg['weighted']:.1%}; share of right labels {right:.1%}"
    found.add("ablation", "Algorithm 1 as written filters wrong labels", say, alg["weighted"] > right + 0.05, **same)
    say = f"label precision: {code['precision']:.1%}, with greedy facility location {back['precision']:.1%}"
    found.add("ablation", "the released code filters because its selector is not greedy", say,
              code["precision"] > right > back["precision"], **same)  # fmt: skip
    one = mean[criterion]
    say = f"ERM {one['ERM']:.1%}, mixup alone {one['mixup, no coreset']:.1%}, Algorithm 1 {alg[criterion]:.1%}"
    say += f", released {code[criterion]:.1%}, released with greedy facility location {back[criterion]:.1%}"
    found.add("ablation", "the released code is better than Algorithm 1", say, code[criterion] > alg[criterion], **same)
    return (100 * mean).round(1)


def section_4_2(found, bias, where):
    """Does mixup reduce the bias? bias: of `crust.gradient_bias`."""
    plain = bias[bias["alpha"].isna()].set_index(["selector", "to"])["bias"]
    spread = (
        bias[bias["partners"].eq(1) & bias["alpha"].notna()].groupby(["selector", "to"])["bias"].agg(["min", "max"])
    )
    for (selector, to), row in spread.iterrows():
        before = plain[selector, to]
        say = f"|mean - full| / |full|: {before:.2f} without mixup, {row['min']:.2f} to {row['max']:.2f} with, by alpha"
        found.add("Sec. 4.2", f"mixup reduces the bias of the coreset's gradient: {selector}, {to} labels", say,
                  row["max"] < before, setting=where, n=1)  # fmt: skip


def faster(found, clock, where):
    """Is an epoch shorter? clock: of `crust.seconds`. -> DataFrame, with its ratio to ERM"""
    ratio = (clock["total"] / clock.loc["ERM", "total"]).rename("ratio")
    rows = [
        f"{name} {value:.2f} (selection {clock.loc[name, 'share']:.0%})" for name, value in ratio.drop("ERM").items()
    ]
    say = f"epochs of ERM: {', '.join(rows)}"
    found.add("Sec. 4.1", "training with CRUST is faster than on the entire dataset", say,
              (ratio.drop("ERM") < 1).all(), setting=f"{where}; small setting, one CPU thread", n=1)  # fmt: skip
    return clock.join(ratio).rename(columns={name: f"{name} (s)" for name in ("select", "train", "total")}).round(4)
