"""What the live cells of the notebook on RMNW-Net find about its tables, its figures and its meta sets.

Each function adds findings to `report` (a labkit.ledger.findings.Findings) and returns those that it added as a table.
A finding's rule is the comparison that judges it. The theory is in `findings_theory`.
"""

import numpy as np
import pandas as pd

from ...ledger import rank_correlation
from ...ledger.findings import Findings
from .experiments import CLEAN_META, WEIGHT_NETS

NEAR = 2.0  # "similar", "on par": percentage points
NEARLY = f"every gap > -{NEAR:g} points"  # the rule of "at most NEAR points below"
BELOW = f"at most {NEAR:g} points below MW-Net*"
Check = tuple[str, str, object, str]  # claim, measured in words, values, rule


def judge(report: Findings, item: str, checks: list[Check], **facts: object) -> pd.DataFrame:
    """Judge some claims about one item. facts: of `Findings.add`. -> the findings, a row each"""
    before = len(report.rows)
    for claim, measured, values, rule in checks:
        report.judge(item, claim, measured, values, rule=rule, **facts)
    columns = ["item", "claim", "measured", "rule", "holds"]
    return pd.DataFrame(report.rows[before:], columns=columns)


def means(runs: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return means over seeds: a row per noise and rate, a column per method. Accuracies stay shares."""
    wide = runs.pivot_table(index=["noise", "rate"], columns="method", values=column)
    noises = list(runs["noise"])
    return wide.loc[sorted(wide.index, key=lambda cell: (noises.index(cell[0]), cell[1]))]


def in_words(series: pd.Series, *, digits: int = 1, sign: str = "+") -> str:
    """Return a series over noise and rate (or size) as text. sign: "" for numbers that are no differences"""
    texts = []
    for key, value in series.items():
        parts = key if isinstance(key, tuple) else (key,)
        names = [f"{part:.0%}" if isinstance(part, float) else str(part) for part in parts]
        texts.append(f"{' '.join(names)}: {value:{sign}.{digits}f}")
    return ", ".join(texts)


def facts(runs: pd.DataFrame, *, criterion: str = "") -> dict:
    """Return setting, number of seeds and criterion of runs, as `Findings.add` takes them."""
    run = runs.iloc[0]
    setting = f"{run['task']}, {run['net'].partition('(')[0]}, {run['epochs']} epochs, meta sets of held-out samples"
    return {"setting": setting, "n": runs["seed"].nunique(), "criterion": criterion}


def gap_check(claim: str, gap: pd.Series, rule: str, *, digits: int = 1) -> Check:
    """Return the check of a claim about differences, which are what it shows."""
    return claim, in_words(gap, digits=digits), gap, rule


def table_1(report: Findings, runs: pd.DataFrame, *, joined: pd.DataFrame, criterion: str) -> pd.DataFrame:
    """Judge uniform and flip2 noise. runs: of `experiments.train_table`; joined: of `ledger.join_printed`"""
    wide = 100 * means(runs, criterion)
    noise = wide.index.get_level_values("noise")
    rate = wide.index.get_level_values("rate")
    uniform = (noise == "uniform") & (rate > 0)
    flip2 = (noise != "uniform") & (rate > 0)
    clean = rate == 0
    robust = wide["RMNW-Net"] - wide["MW-Net"]
    given = wide["MNW-Net"] - wide["MW-Net"]
    rivals = wide.drop(columns=[*CLEAN_META, *WEIGHT_NETS], errors="ignore").max(axis=1)
    ahead = wide["RMNW-Net"] - rivals
    apart = wide["RMNW-Net"] - wide["MNW-Net"]
    above = "every gap > 0 points"
    candidates = (
        (f"uniform: RMNW-Net is {BELOW}", robust[uniform], NEARLY),
        ("uniform: RMNW-Net is above MNW-Net", apart[uniform], above),
        ("noise: RMNW-Net is above all methods without clean samples", ahead[rate > 0], above),
        (f"flip2: RMNW-Net is {BELOW}", robust[flip2], NEARLY),
        (f"flip2: MNW-Net is {BELOW}", given[flip2], NEARLY),
        ("0 %: RMNW-Net is above MW-Net*", robust[clean], above),
    )
    checks = [gap_check(*candidate) for candidate in candidates if len(candidate[1])]
    correlation = rank_correlation(joined)
    if len(correlation):
        text = f"mean {correlation.mean():.2f}; {in_words(correlation, digits=2)}"
        claim = "the order of the methods is the printed one (Spearman above 0.5)"
        checks.append((claim, text, correlation, "Spearman, every noise and rate > 0.5"))
    return judge(report, "Table 1", checks, **facts(runs, criterion=criterion))


def against_clean(
    report: Findings, item: str, runs: pd.DataFrame, *, criterion: str, printed: str = ""
) -> pd.DataFrame:
    """Judge RMNW-Net and MNW-Net beside MW-Net* under noise: Table 2 and Fig. 2."""
    wide = 100 * means(runs[runs["rate"] > 0], criterion)
    checks = [
        gap_check(f"RMNW-Net is {BELOW}", wide["RMNW-Net"] - wide["MW-Net"], NEARLY),
        gap_check(f"MNW-Net is {BELOW}", wide["MNW-Net"] - wide["MW-Net"], NEARLY),
        gap_check("RMNW-Net is above MNW-Net", wide["RMNW-Net"] - wide["MNW-Net"], "every gap > 0 points"),
    ]
    return judge(report, item, checks, printed=printed, **facts(runs, criterion=criterion))


def table_3(report: Findings, runs: pd.DataFrame) -> pd.DataFrame:
    """Judge the AUC of the weights. runs: of `experiments.detection`"""
    tables = []
    for column, epoch in (("auc_best", "best epoch"), ("auc_last", "last epoch")):
        wide = means(runs, column)
        robust = wide["RMNW-Net"] - wide["MW-Net"]
        given = wide["MNW-Net"]
        flips = given[given.index.get_level_values("noise") != "uniform"]
        text = in_words(given, digits=2, sign="")
        checks = [
            gap_check(f"RMNW-Net is above MW-Net*, {epoch}", robust, "every gap > 0", digits=3),
            (f"MNW-Net is below MW-Net*, {epoch}", text, given - wide["MW-Net"], "every gap < 0"),
        ]
        if len(flips):
            text = in_words(flips, digits=2, sign="")
            checks.append((f"MNW-Net is below 0.5 under flip and flip2, {epoch}", text, flips, "every AUC < 0.5"))
        tables.append(judge(report, "Table 3", checks, **facts(runs, criterion=epoch)))
    return pd.concat(tables, ignore_index=True)


def weight_functions(report: Findings, traces: list[dict], *, setting: str) -> pd.DataFrame:
    """Judge whether V falls with the loss. traces: of `experiments.trace`"""
    checks = []
    for trace in traces:
        V = trace["V"][-1]
        falls = (V.diff() < 0).double().mean().item()
        text = f"V falls on {falls:.0%} of the loss axis at the end, from {V[0].item():.2f} to {V[-1].item():.2f}"
        rule = "share of the loss axis on which V falls > 0.75"
        checks.append((f"V is mostly decreasing: {trace['method']}", text, falls, rule))
    return judge(report, "Sec. 3, V", checks, setting=setting, n=1)


def weight_spread(report: Findings, runs: pd.DataFrame, *, criterion: str) -> pd.DataFrame:
    """Judge AUC against accuracy. runs: of `experiments.train_table(also=final_weights)`, WEIGHT_NETS under noise"""
    wide = means(runs, "spread")
    gap = wide["RMNW-Net"] - wide["MW-Net"]
    low = runs["auc_end"] < 0.5
    score = 100 * runs.groupby(low)[criterion].mean()
    text = f"{score.get(True, np.nan):.1f} in the {low.sum()} runs below 0.5"
    text += f", {score.get(False, np.nan):.1f} in the others"
    loss = score.get(True, -np.inf) - score.get(False, 0)
    checks = [
        gap_check("RMNW-Net's weights lie in a tighter range than MW-Net*'s", gap, "every gap < 0", digits=2),
        (f"an AUC below 0.5 costs less than {NEAR:g} points", text, loss, f"mean gap > -{NEAR:g} points"),
    ]
    return judge(report, "Sec. 4.1, AUC", checks, **facts(runs, criterion=criterion))


def networks(report: Findings, runs: pd.DataFrame, *, criterion: str) -> pd.DataFrame:
    """Judge footnote 4. runs: with a column width"""
    wide = 100 * runs.pivot_table(index="width", columns="method", values=criterion)
    texts = []
    for width, row in wide.iterrows():
        texts.append(f"width {width}: {', '.join(f'{name} {value:.1f}' for name, value in row.items())}")
    below = wide["MNW-Net"] < wide[["MW-Net", "RMNW-Net"]].min(axis=1)
    near = (wide["RMNW-Net"] - wide["MW-Net"]).abs() < NEAR
    rule = "different answers over the widths, MNW-Net below both = 1"
    rule += f"; RMNW-Net within {NEAR:g} points of MW-Net* = 1"
    claim = "flip2: how the three compare does not depend on the network"
    checks = [(claim, "; ".join(texts), (below.nunique(), near.nunique()), rule)]
    return judge(report, "Footnote 4", checks, **facts(runs, criterion=criterion))


def meta_sets(report: Findings, runs: pd.DataFrame, *, criterion: str) -> pd.DataFrame:
    """Judge the ablation. runs: with columns size and balanced"""
    wide = 100 * runs.pivot_table(index=["noise", "size"], columns=["method", "balanced"], values=criterion, sort=False)
    cost = (wide["RMNW-Net", "given"] - wide["RMNW-Net", "true"]).dropna()
    claim = f"balancing the noisy meta set by given labels costs less than {NEAR:g} points"
    checks = [gap_check(claim, cost, NEARLY)]
    smallest = min(runs["size"])
    largest = max(runs["size"])
    for name in ("RMNW-Net", "MW-Net"):
        table = wide[name, "true"].unstack("noise")
        claim = f"{name}: {smallest} meta samples do as well as {largest}, within {NEAR:g} points"
        checks.append(gap_check(claim, table.loc[smallest] - table.loc[largest], NEARLY))
    return judge(report, "Ablation", checks, **facts(runs, criterion=criterion))
