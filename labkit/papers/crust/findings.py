"""What the notebook on CRUST finds about the figures, tables and claims of the paper.

Each function takes a table that the notebook measured, adds findings to `report` (a labkit.ledger.findings.Findings)
and returns the table that the notebook shows, if any. A finding's `rule` is the comparison that judges it. setting:
data, network, noise and epochs, in words.
"""

import json

import numpy as np
import pandas as pd

from ...ledger import rank_correlation
from ...ledger.findings import Findings
from . import words

PHASES = {"train_given": "Fig. 1b", "train_true": "Fig. 1b", "test": "Fig. 1c"}
PRINTED = {"setting": "the paper's own numbers", "n": 1}


def with_hyperparameters(runs: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Add hyperparameters of the runs as columns; NaN where a method has none of the name. runs: of `runs.grid.grid`"""
    hyperparameters = runs["hyperparameters"].map(json.loads)
    columns = {}
    for name in names:
        columns[name] = [values.get(name, np.nan) for values in hyperparameters]
    return runs.assign(**columns)


def percent(shares) -> str:
    """Return shares as text, in percent."""
    return ", ".join(f"{100 * share:.1f}" for share in shares)


# -- the figures and tables of the paper


def label_accuracy(runs: pd.DataFrame, *, epoch: int = -1) -> pd.Series:
    """Return the label accuracy of CRUST's coreset in an epoch (-1: the last), mean over seeds, by its size."""
    crust = runs[runs["method"] == "CRUST"]
    return crust["selected_precision"].str[epoch].groupby(crust["keep"]).mean().sort_index()


def figure_1(report: Findings, runs: pd.DataFrame, *, start: int, setting: str) -> pd.DataFrame:
    """Judge Fig. 1: label accuracy, and which size is best. -> accuracies in percent, means of the last ten epochs"""
    first = label_accuracy(runs, epoch=start)
    last = label_accuracy(runs)
    facts = {"setting": setting, "n": runs["seed"].nunique()}
    report.judge(
        "Fig. 1a",
        "label accuracy falls as the coreset grows",
        f"{percent(last)} % at {percent(last.index)} %",
        last.diff().dropna(),
        rule="label accuracy, change from size to size < 0",
        criterion="last",
        **facts,
    )
    report.judge(
        "Fig. 1a",
        "the noisy centers become fewer over time",
        f"first coreset {percent(first)} %, last {percent(last)} %",
        last - first,
        rule="label accuracy, last minus first coreset, every size > 0",
        criterion="last",
        **facts,
    )
    accuracies = runs[["size"]].copy()
    for phase in PHASES:
        accuracies[phase] = runs[phase].map(lambda curve: np.mean(curve[-10:]))
    accuracies = accuracies.groupby("size", sort=False).mean()
    for phase, item in PHASES.items():
        best = accuracies[phase].drop("ERM", errors="ignore").idxmax()  # such as "CRUST 50%"
        report.judge(
            item,
            f"a coreset of 50 % is best: {phase}",
            f"{percent(accuracies[phase])} % ({', '.join(accuracies.index)})",
            float(best.removeprefix("CRUST ").rstrip("%")),
            rule="size of the best coreset = 50 %",
            criterion="last10",
            **facts,
        )
    return (100 * accuracies).round(1)


def table_1(report: Findings, ranked: pd.DataFrame, *, setting: str, n: int, criterion: str) -> None:
    """Judge Table 1: is CRUST first in every column? ranked: of `experiments.rank_methods`"""
    crust = ranked[ranked["method"] == "CRUST"]
    columns = "; ".join(f"{row.noise} {row.rate:.0%}: {row.measured_rank:.0f}" for row in crust.itertuples())
    several = ranked.groupby(["noise", "rate"]).filter(lambda cell: len(cell) > 2)
    mean = rank_correlation(several).mean(skipna=False)
    methods = ranked["method"].nunique()
    report.judge(
        "Table 1",
        "CRUST is above all baselines in every column",
        f"rank among {methods}: {columns}; Spearman with the printed order, on average: {mean:.2f}",
        crust["measured_rank"],
        rule="rank of CRUST, every column = 1",
        setting=setting,
        n=n,
        criterion=criterion,
    )


def own_tables(report: Findings, claims: pd.DataFrame) -> None:
    """Judge whether the paper's words agree with its tables. claims: of `words.claims`"""
    for item, sentences in claims.groupby("item"):
        wrong = sentences[~sentences["agree"]]
        differences = "; ".join(f"'{row.words}': {row.table}" for row in wrong.itertuples())
        report.judge(
            item,
            "the words agree with the numbers",
            differences or "all agree",
            len(wrong),
            rule="sentences that disagree = 0",
            **PRINTED,
        )
    gains = words.over_strongest()[["over INCV", "over the strongest"]].mean()
    report.judge(
        "Table 1",
        "INCV is the strongest baseline",
        f"{gains.iloc[0]:.2f} points over INCV, {gains.iloc[1]:.2f} over the strongest baseline of each column",
        abs(gains.iloc[0] - gains.iloc[1]),
        rule="difference of the two mean gains < 1e-6 points",
        **PRINTED,
    )


def table_2(report: Findings, mean: pd.DataFrame, *, setting: str, n: int, criterion: str) -> None:
    """Judge Table 2: is prediction better than label, and mixup than none?

    mean: accuracies in percent, a row for "label, without mixup", ..., a column per rate.
    """
    rows = {}
    for text in ("prediction", "label", ", with mixup", "without"):
        rows[text] = mean[mean.index.str.contains(text)].to_numpy()
    gains = {
        "grouping by prediction is better": rows["prediction"] - rows["label"],
        "mixup is better than none": rows[", with mixup"] - rows["without"],
    }
    for claim, gain in gains.items():
        report.judge(
            "Table 2",
            claim,
            f"gains {', '.join(f'{points:+.1f}' for points in gain.ravel())} points",
            gain,
            rule="every gain > 0 points",
            setting=setting,
            n=n,
            criterion=criterion,
        )


# -- what the paper does not show


def medoids(report: Findings, half: pd.DataFrame, *, setting: str) -> None:
    """Judge whether medoids are clean. half: of `experiments.filters`, 50 % by prediction, a row per selector"""
    right = half["right"].iloc[0]
    precision = half["precision"]
    rows = [f"{name} {row.precision:.1%} (weighted {row.weighted:.1%})" for name, row in half.iterrows()]
    report.judge(
        "Sec. 4.1",
        "medoids by greedy facility location have right labels",
        f"{', '.join(rows)}; share of right labels {right:.1%}",
        precision["facility_location"] - right,
        rule="label precision minus the share of right labels > 0",
        setting=setting,
        n=1,
    )


def ablation(report: Findings, runs: pd.DataFrame, *, setting: str, criterion: str) -> pd.DataFrame:
    """Judge whether Algorithm 1 filters, and which of its differences from the code matters. -> means in percent"""
    mean = runs.groupby("step", sort=False)[[criterion, "precision", "weighted"]].mean()
    accuracy = mean[criterion]
    precision = mean["precision"]
    paper = "Algorithm 1 of the paper"
    code = "released code"
    greedy = "selector as in the paper"
    weighted = mean.loc[paper, "weighted"]
    right = 1 - runs["realised"].mean()
    facts = {"setting": setting, "n": runs["seed"].nunique(), "criterion": criterion}
    report.judge(
        "ablation",
        "Algorithm 1 as written filters wrong labels",
        f"label precision {precision[paper]:.1%}, weighted {weighted:.1%}; share of right labels {right:.1%}",
        weighted - right,
        rule="weighted label precision minus the share of right labels > 0.05",
        **facts,
    )
    report.judge(
        "ablation",
        "the released code filters because its selector is not greedy",
        f"label precision: {precision[code]:.1%}, with greedy facility location {precision[greedy]:.1%}",
        (precision[code] - right, precision[greedy] - right),
        rule="label precision minus the share of right labels, released > 0; with greedy facility location < 0",
        **facts,
    )
    text = f"ERM {accuracy['ERM']:.1%}, mixup alone {accuracy['mixup, no coreset']:.1%}"
    text += f", Algorithm 1 {accuracy[paper]:.1%}, released {accuracy[code]:.1%}"
    report.judge(
        "ablation",
        "the released code is better than Algorithm 1",
        f"{text}, released with greedy facility location {accuracy[greedy]:.1%}",
        accuracy[code] - accuracy[paper],
        rule="accuracy, released minus Algorithm 1 > 0",
        **facts,
    )
    return (100 * mean).round(1)


def section_4_2(report: Findings, bias: pd.DataFrame, *, setting: str) -> None:
    """Judge whether mixup reduces the bias. bias: of `bias.gradient_bias`"""
    with_mixup = bias["partners"].eq(1) & bias["alpha"].notna()
    plain = bias[bias["alpha"].isna()].set_index(["selector", "to"])["bias"]
    mixed = bias[with_mixup].groupby(["selector", "to"])["bias"].agg(["min", "max"])
    for (selector, to), reach in mixed.iterrows():
        before = plain[selector, to]
        text = f"|mean - full| / |full|: {before:.2f} without mixup"
        report.judge(
            "Sec. 4.2",
            f"mixup reduces the bias of the coreset's gradient: {selector}, {to} labels",
            f"{text}, {reach['min']:.2f} to {reach['max']:.2f} with, by alpha",
            reach["max"] - before,
            rule="largest bias with mixup minus bias without < 0",
            setting=setting,
            n=1,
        )


def faster(report: Findings, times: pd.DataFrame, *, setting: str) -> pd.DataFrame:
    """Judge whether an epoch is shorter. times: of `experiments.seconds`. -> the same, with its ratio to ERM"""
    ratio = (times["total"] / times.loc["ERM", "total"]).rename("ratio")
    coresets = ratio.drop("ERM")
    rows = [f"{name} {value:.2f} (selection {times.loc[name, 'share']:.0%})" for name, value in coresets.items()]
    report.judge(
        "Sec. 4.1",
        "training with CRUST is faster than on the entire dataset",
        f"epochs of ERM: {', '.join(rows)}",
        coresets,
        rule="time of an epoch, every size < 1 epoch of ERM",
        setting=f"{setting}; small setting, one CPU thread",
        n=1,
    )
    units = {name: f"{name} (s)" for name in ("select", "train", "total")}
    return times.join(ratio).rename(columns=units).round(4)
