"""What the notebook on CRUST finds about the theory: spectra, Eqs. (7) and (9), Theorem 4.1. As in `findings`."""

import numpy as np
import pandas as pd

from ...ledger.findings import Findings
from .findings import percent

CORESETS = ("coreset, released", "coreset, Algorithm 1")


def spectra(report: Findings, table: pd.DataFrame, *, setting: str) -> pd.DataFrame:
    """Judge whether the Jacobian is low-rank, the coreset's too. table: of `jacobian.spectra`, with `seed`.
    -> rank at 90 % in percent of the rows"""
    facts = {"setting": setting, "n": table["seed"].nunique()}
    table = table.assign(share=table["rank"] / table["of"])
    ranks = table.groupby(["set", "epoch"], sort=False)[["rank", "share"]].mean()
    whole = ranks.loc["all points", "share"]
    report.judge(
        "Sec. 4.1",
        "the Jacobian is approximately low-rank",
        f"90 % of the squares in {percent(whole)} % of the directions, by epoch",
        whole,
        rule="share of the directions, every epoch < 0.5",
        **facts,
    )
    rank = {name: ranks.loc[name, "rank"].mean() for name in (*CORESETS, "random subset")}
    largest = max(rank[name] for name in CORESETS)
    report.judge(
        "Sec. 4.1",
        "coresets have a Jacobian of lower rank than random subsets",
        "; ".join(f"{name}: {value:.0f}" for name, value in rank.items()),
        largest - rank["random subset"],
        rule="rank, larger of the coresets minus random subset < 0",
        **facts,
    )
    norms = {}
    for kind in ("right", "wrong"):
        rows = table[table["set"] == f"{kind} labels"].set_index(["seed", "epoch"])
        norms[kind] = rows["values"].str[0]
    factor = np.exp(np.log(norms["right"] / norms["wrong"]).abs().mean())
    report.judge(
        "Sec. 4.1",
        "the Jacobian itself tells wrong labels from right ones",
        f"largest singular values, per root of the samples, differ by a factor {factor:.2f} on average",
        factor,
        rule="factor > 1.25",
        **facts,
    )
    return ranks["share"].unstack("epoch").mul(100).round(0).rename_axis("rank at 90 %, in % of the rows")


def alignment(report: Findings, table: pd.DataFrame, *, setting: str) -> pd.DataFrame:
    """Judge where labels and residuals lie. table: of `jacobian.alignment`, with `seed`"""
    facts = {"setting": setting, "n": table["seed"].nunique()}
    share = table.groupby(["vector", "group", "epoch"])["share"].mean().unstack("group")
    share = share.join(table.groupby("epoch")["chance"].mean())
    for vector in ("labels", "residual"):
        part = share.loc[vector]
        rows = [f"epoch {row.Index}: {row.right:.2f}, {row.wrong:.2f} ({row.chance:.2f})" for row in part.itertuples()]
        report.judge(
            "Sec. 4.1",
            f"{vector}: more of right than of wrong samples' is in the information space",
            f"share in the information space of right, wrong (random) ones: {'; '.join(rows)}",
            part["right"] - part["wrong"],
            rule="share, right minus wrong, every epoch > 0",
            **facts,
        )
        report.judge(
            "Sec. 4.1",
            f"{vector}: most of the right samples' lies in the information space",
            f"above one half at {(part['right'] > 0.5).sum()} of {len(part)} epochs",
            part["right"],
            rule="share of right samples', every epoch > 0.5",
            **facts,
        )
    return share.round(2)


def nuisance(report: Findings, table: pd.DataFrame, *, setting: str) -> pd.DataFrame:
    """Judge whether the nuisance part of the labels is smaller in coresets. table: of `jacobian.nuisance`, with `seed`.
    -> shares of the cases"""
    wide = table.pivot_table(index=["seed", "energy", "epoch"], columns="set", values="nuisance")
    below_all = {}
    below_random = {}
    for name in (*CORESETS, "random subset"):
        below_all[name] = (wide[name] <= wide["all points"]).mean()
        report.judge(
            "Sec. 4.1",
            f"nuisance part of the labels, {name}: at most that of all points",
            f"in {below_all[name]:.0%} of {len(wide)} cases (epochs, splits, seeds)",
            below_all[name],
            rule="share of the cases = 1",
            setting=setting,
            n=table["seed"].nunique(),
        )
    for name in CORESETS:
        below_random[name] = (wide[name] < wide["random subset"]).mean()
    return pd.DataFrame({"at most that of all points": below_all, "below that of a random half": below_random})


def equation_7(report: Findings, table: pd.DataFrame, *, setting: str) -> pd.DataFrame:
    """Judge the bounds of Eq. (7). table: of `jacobian.bounds`, with `seed`. -> means over seeds"""
    facts = {"setting": setting, "n": table["seed"].nunique()}
    ratio = table["largest"] / table["upper"]
    report.judge(
        "Eq. (7)",
        "upper bound, J_r = diag(r) J_S as printed",
        f"broken in {(ratio > 1).mean():.0%} of {len(table)} cases, by a factor of up to {ratio.max():.1f}",
        ratio,
        rule="|J_r| / bound, every case <= 1",
        **facts,
    )
    below = table["root_largest"] - table["upper"]
    above = table["root_least"] - table["lower"]
    inside = (below <= 1e-6) & (above >= -1e-6)
    report.judge(
        "Eq. (7)",
        "both bounds, with diag(sqrt r) J_S",
        f"in {inside.mean():.0%} of {len(table)} cases",
        (below, above),
        rule="|J_r| minus upper bound, every case <= 1e-6; sigma_min(J_r) minus lower bound >= -1e-6",
        **facts,
    )
    error = table["eps"] - table["eps_bound"]
    size = (table["eps"] / table["norm"]).mean()
    report.judge(
        "Eq. (7)",
        "eps is at most | sqrt(r_max) |J_S| - |J| |",
        f"in {(error <= 0).mean():.0%} of {len(table)} cases; eps is {size:.1%} of |J| on average",
        error,
        rule="eps minus its bound, every case <= 0",
        **facts,
    )
    names = ["r_max", "lower", "least", "root_largest", "largest", "upper", "eps", "eps_bound"]
    return table.groupby(["keep", "epoch"])[names].mean().round(2)


def theorem_4_1(report: Findings, premise: pd.DataFrame, *, cases: pd.DataFrame, exact: dict, setting: str) -> None:
    """Judge whether the premises are ever true, and whether the conclusion is.

    premise: of `theorem.premise`; cases: of `theorem.cases`; exact: of `theorem.counterexample`.
    """
    rows = []
    for row in premise.itertuples():
        rows.append(f"{row.noise} {row.rate:.0%}, {row.keep:.0%}: {row.true:.0%} (rho {row.rho:.1%})")
    report.judge(
        "Theorem 4.1",
        "premise: rho < delta / 8, ten classes",
        f"delta / 8 = {premise['limit'].iloc[0]:.2%}; share of epochs: {'; '.join(rows)}",
        premise["true"],
        rule="share of the epochs with rho < delta / 8, every noise and size = 1",
        setting=setting,
        n=len(premise),
    )
    wrong = cases[cases["rho"] > 0]
    small_eps = wrong["eps"] <= wrong["eps_allowed"]
    ratio = (wrong["eps"] / wrong["eps_allowed"]).min()
    text = f"rho < delta / 8 in {wrong['premise'].sum()} of {len(wrong)} cases with a wrong label"
    digits = f"{int(cases['samples'].iloc[0])} digits, mlp, one output"
    report.judge(
        "Theorem 4.1",
        "premises: rho and eps together",
        f"{text}; eps small enough in {small_eps.sum()}, it is at least {ratio:.0f} times too large",
        (small_eps & wrong["premise"]).sum(),
        rule="cases in which both premises are true > 0",
        setting=digits,
        n=len(wrong),
    )
    text = f"{exact['correct']:.1%} with J = I, where all premises hold"
    text += f"; wrong labels fitted: {exact['memorised']:.0%} there, on digits {percent(wrong['memorised'])} %"
    report.judge(
        "Theorem 4.1",
        "all selected samples are classified as their true class",
        text,
        exact["correct"],
        rule="share of the selected, exact example = 1",
        setting=f"{digits}, and an exact example",
        n=len(wrong) + 1,
    )


def equation_9(report: Findings, table: pd.DataFrame, *, setting: str) -> None:
    """Judge whether distances at the last layer order the exact ones. table: of `jacobian.proxies`, with `seed`"""
    trained = table[(table["epoch"] > 0) & (table["pairs"] == "same predicted class")]
    for space, rows in trained.groupby("space"):
        rho = rows["spearman"]
        overlap = rows["overlap"]
        text = f"Spearman {rho.min():.2f} to {rho.max():.2f} after the start"
        report.judge(
            "Eq. (9)",
            f"distances at the last layer ({space}) order the exact ones: Spearman above 0.5",
            f"{text}; overlap {overlap.min():.2f} to {overlap.max():.2f}",
            rho,
            rule="Spearman, every epoch > 0.5",
            setting=setting,
            n=table["seed"].nunique(),
        )
