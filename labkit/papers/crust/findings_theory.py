"""What the notebook on CRUST finds about the theory: spectra, Eqs. (7) and (9), Theorem 4.1. As crust_findings."""

import numpy as np
import pandas as pd

from .findings import percent


def spectra(found, table, where):
    """Low rank, for the coreset too? table: of `crust_theory.spectra`, with `seed`. -> DataFrame, rank at 90 % in
    percent of the rows"""
    same, table = {"setting": where, "n": table["seed"].nunique()}, table.assign(share=table["rank"] / table["of"])
    ranks = table.groupby(["set", "epoch"], sort=False)[["rank", "share"]].mean()
    whole = ranks.loc["all points", "share"]
    say = f"90 % of the squares in {percent(whole)} % of the directions, by epoch"
    found.add("Sec. 4.1", "the Jacobian is approximately low-rank", say, (whole < 0.5).all(), **same)
    names = ("coreset, released", "coreset, Algorithm 1", "random subset")
    rank = {name: ranks.loc[name, "rank"].mean() for name in names}
    say = "; ".join(f"{name}: {value:.0f}" for name, value in rank.items())
    lower = max(rank[name] for name in names[:2]) < rank["random subset"]
    found.add("Sec. 4.1", "coresets have a Jacobian of lower rank than random subsets", say, lower, **same)
    of = {kind: table[table["set"] == f"{kind} labels"].set_index(["seed", "epoch"]) for kind in ("right", "wrong")}
    ratio = of["right"]["values"].str[0] / of["wrong"]["values"].str[0]
    apart = np.exp(np.log(ratio).abs().mean())
    say = f"largest singular values, per root of the samples, differ by a factor {apart:.2f} on average"
    found.add("Sec. 4.1", "the Jacobian itself tells wrong labels from right ones", say, apart > 1.25, **same)
    return ranks["share"].unstack("epoch").mul(100).round(0).rename_axis("rank at 90 %, in % of the rows")


def alignment(found, table, where):
    """Where do labels and residuals lie? table: of `crust_theory.alignment`, with `seed`. -> DataFrame"""
    same = {"setting": where, "n": table["seed"].nunique()}
    share = table.groupby(["vector", "group", "epoch"])["share"].mean().unstack("group")
    share = share.join(table.groupby("epoch")["chance"].mean())
    for vector in ("labels", "residual"):
        part = share.loc[vector]
        rows = "; ".join(f"epoch {r.Index}: {r.right:.2f}, {r.wrong:.2f} ({r.chance:.2f})" for r in part.itertuples())
        say = f"share in the information space of right, wrong (random) ones: {rows}"
        found.add("Sec. 4.1", f"{vector}: more of right than of wrong samples' is in the information space",
                  say, (part["right"] > part["wrong"]).all(), **same)  # fmt: skip
        say = f"above one half at {(part['right'] > 0.5).sum()} of {len(part)} epochs"
        found.add("Sec. 4.1", f"{vector}: most of the right samples' lies in the information space", say,
                  (part["right"] > 0.5).all(), **same)  # fmt: skip
    return share.round(2)


def nuisance(found, table, where):
    """Is the nuisance part of the labels smaller in coresets? table: of `crust_theory.nuisance`, with `seed`. ->
    DataFrame"""
    wide = table.pivot_table(index=["seed", "energy", "epoch"], columns="set", values="nuisance")
    names = ["coreset, released", "coreset, Algorithm 1", "random subset"]
    below = pd.DataFrame({
        "at most that of all points": {name: (wide[name] <= wide["all points"]).mean() for name in names},
        "below that of a random half": {name: (wide[name] < wide["random subset"]).mean() for name in names[:2]},
    })  # fmt: skip
    for name in names:
        holds = below.loc[name, "at most that of all points"]
        found.add("Sec. 4.1", f"nuisance part of the labels, {name}: at most that of all points",
                  f"in {holds:.0%} of {len(wide)} cases (epochs, splits, seeds)", holds == 1, setting=where,
                  n=table["seed"].nunique())  # fmt: skip
    return below


def equation_7(found, table, where):
    """Do the bounds hold? table: of `crust_theory.bounds`, with `seed`. -> DataFrame, means over seeds"""
    same, above = {"setting": where, "n": table["seed"].nunique()}, table["largest"] / table["upper"]
    say = f"broken in {(above > 1).mean():.0%} of {len(table)} cases, by a factor of up to {above.max():.1f}"
    found.add("Eq. (7)", "upper bound, J_r = diag(r) J_S as printed", say, (above <= 1).all(), **same)
    inside = (table["root_largest"] <= table["upper"] + 1e-6) & (table["root_least"] >= table["lower"] - 1e-6)
    say = f"in {inside.mean():.0%} of {len(table)} cases"
    found.add("Eq. (7)", "both bounds, with diag(sqrt r) J_S", say, inside.all(), **same)
    near, size = table["eps"] <= table["eps_bound"], (table["eps"] / table["norm"]).mean()
    say = f"in {near.mean():.0%} of {len(table)} cases; eps is {size:.1%} of |J| on average"
    found.add("Eq. (7)", "eps is at most | sqrt(r_max) |J_S| - |J| |", say, near.all(), **same)
    names = ["r_max", "lower", "least", "root_largest", "largest", "upper", "eps", "eps_bound"]
    return table.groupby(["keep", "epoch"])[names].mean().round(2)


def theorem_4_1(found, premise, cases, exact, where):
    """Are the premises ever true, and is the conclusion? premise: of `crust_theorem.premise`; cases: rows of `theorem`;
    exact: of `counterexample`."""
    rows = [f"{r.noise} {r.rate:.0%}, {r.keep:.0%}: {r.true:.0%} (rho {r.rho:.1%})" for r in premise.itertuples()]
    say = f"delta / 8 = {premise['limit'].iloc[0]:.2%}; share of epochs: {'; '.join(rows)}"
    found.add("Theorem 4.1", "premise: rho < delta / 8, ten classes", say, (premise["true"] == 1).all(), setting=where,
              n=len(premise))  # fmt: skip
    wrong = cases[cases["rho"] > 0]
    apart, met = (wrong["eps"] / wrong["eps_allowed"]).min(), wrong["eps"] <= wrong["eps_allowed"]
    say = f"rho < delta / 8 in {wrong['premise'].sum()} of {len(wrong)} cases with a wrong label"
    say += f"; eps small enough in {met.sum()}, it is at least {apart:.0f} times too large"
    both = (met & wrong["premise"]).any()
    digits = f"{int(cases['samples'].iloc[0])} digits, mlp, one output"
    found.add("Theorem 4.1", "premises: rho and eps together", say, both, setting=digits, n=len(wrong))
    say = f"{exact['correct']:.1%} with J = I, where all premises hold"
    say += f"; wrong labels fitted: {exact['memorised']:.0%} there, on digits {percent(wrong['memorised'])} %"
    found.add("Theorem 4.1", "all selected samples are classified as their true class", say, exact["correct"] == 1,
              setting=f"{digits}, and an exact example", n=len(wrong) + 1)  # fmt: skip


def equation_9(found, table, where):
    """Do distances at the last layer order the exact ones? table: of `crust_theory.proxies`, with `seed`."""
    later = table[(table["epoch"] > 0) & (table["pairs"] == "same predicted class")]
    for space, part in later.groupby("space"):
        rho, overlap = part["spearman"], part["overlap"]
        say = f"Spearman {rho.min():.2f} to {rho.max():.2f} after the start"
        say += f"; overlap {overlap.min():.2f} to {overlap.max():.2f}"
        found.add("Eq. (9)", f"distances at the last layer ({space}) order the exact ones: Spearman above 0.5", say,
                  rho.min() > 0.5, setting=where, n=table["seed"].nunique())  # fmt: skip
