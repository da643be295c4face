"""What the words of the paper on RMNW-Net say about its own tables, and what the tables say: no training is needed."""

import numpy as np
import pandas as pd

from ...ledger.printed_tables import cells

RUNS = 5  # behind every printed mean
CLEAN = ("L2RW", "GLC", "MW-Net", "Fine-tuning")  # rows that use clean samples


def claims():
    """Claim by claim. -> DataFrame with columns section, words, table, agree"""
    accuracy, areas = cells("RMNW-Net").query("item != 'Table 3'"), cells("RMNW-Net", "Table 3")
    rows = [*_drops(accuracy), *_all_methods(accuracy), *_flips(accuracy), *_heavy(accuracy), *_areas(areas)]
    return pd.DataFrame(rows, columns=["claim", "section", "words", "table", "agree"]).set_index("claim")


def drops(printed, method, noise="uniform"):
    """How far a method falls from rate 0, in points and in percent of its value there. printed: of `printed.cells`.
    -> DataFrame with index dataset, rate"""
    own = printed[(printed["item"] == "Table 1") & (printed["method"] == method) & (printed["noise"] == noise)]
    wide = own.pivot_table(index="dataset", columns="rate", values="mean")
    points = wide.rsub(wide[0.0], axis=0).drop(columns=0.0)
    return pd.DataFrame({"points": points.stack(), "percent": 100 * points.div(wide[0.0], axis=0).stack()})


def lead(printed, of, over):
    """How far one method is above another, per column, in the printed unit and in standard errors of the difference
    (from the printed deviations, five runs each; NaN where none is printed). -> DataFrame"""
    column, each = ["item", "dataset", "noise", "rate"], {}
    for name in (of, over):
        each[name] = printed[printed["method"] == name].set_index(column)[["mean", "std"]].astype(float)
    gap = each[of]["mean"] - each[over]["mean"]
    error = np.sqrt((each[of]["std"] ** 2 + each[over]["std"] ** 2) / RUNS)
    return pd.DataFrame({"lead": gap, "errors": gap / error})


def _drops(printed):
    said = {("MNW-Net", "cifar10"): (6, 12), ("MNW-Net", "cifar100"): (20, 30)}
    said |= {("MW-Net", "cifar10"): (4, 9), ("MW-Net", "cifar100"): (10, 20)}
    for (method, dataset), numbers in said.items():
        fall = drops(printed, method).loc[dataset]
        words = f"{method} drops by {numbers[0]} % and {numbers[1]} % on {dataset} (uniform 40 %, 60 %)"
        points, percent = (" and ".join(f"{value:.1f}" for value in fall[unit]) for unit in ("points", "percent"))
        agree = bool((np.abs(fall["points"].to_numpy() - numbers) < 1).all())
        yield f"drop, {method}, {dataset}", "4.1", words, f"{points} points; {percent} % of the value at 0 %", agree


def _all_methods(printed):
    whole = printed.query("item == 'Table 1'")
    at_0 = lead(whole.query("rate == 0"), "RMNW-Net", "MW-Net")["lead"]
    words, counted = (
        "at 0 % RMNW-Net is marginally better than MW-Net*",
        f"in {(at_0 > 0).sum()} of {len(at_0)} columns",
    )
    yield "0 %", "4.1", words, counted, bool((at_0 > 0).all())
    rivals = whole[~whole["method"].isin(CLEAN)]
    best = rivals.loc[rivals.groupby(["dataset", "noise", "rate"])["mean"].idxmax()]
    first = best["method"].isin(("MNW-Net", "RMNW-Net"))
    others = " and ".join(dict.fromkeys(best.loc[~first, "label"]))
    words = "abstract: RMNW-Net (or MNW-Net) beats all methods that do not use clean samples"
    table = f"in {first.sum()} of {len(best)} columns; at 0 % {others} are above them"
    yield "all methods", "4.1", words, table, bool(first.all())


def _flips(printed):
    flips = printed.query("rate > 0 and noise != 'uniform'")
    gap = lead(flips, "MNW-Net", "RMNW-Net")["lead"]
    signs = [(gap.xs("cifar10", level="dataset") > 0).sum(), (gap.xs("cifar100", level="dataset") < 0).sum()]
    words = "under flip and flip2 MNW-Net is better on CIFAR-10, RMNW-Net on CIFAR-100"
    yield "flip, flip2", "4.1", words, f"in {signs[0]} of 4 and {signs[1]} of 4 columns", signs == [4, 4]
    worst = flips.query("noise == 'flip' and rate == 0.3 and dataset == 'cifar10'")
    for claim, method, words in (
        ("no drop", "RMNW-Net", "flip: no significant drop with corrupted meta samples, beside MW-Net*"),
        ("flip 30 %", "MNW-Net", "flip 30 %, CIFAR-10: MNW-Net above MW-Net*, perhaps because of its deviation"),
    ):
        one = lead(worst, method, "MW-Net").iloc[0]
        table = f"CIFAR-10, 30 %: {method} {one['lead']:+.2f} points, {abs(one['errors']):.0f} standard errors"
        yield claim, "4.1", words, table, bool(abs(one["errors"]) < 2)


def _heavy(printed):
    gap = lead(printed.query("item == 'Table 1' and noise == 'uniform' and rate > 0"), "RMNW-Net", "MNW-Net")["lead"]
    each = {
        name: " and ".join(f"{value:.1f}" for value in gap.xs(name, level="dataset"))
        for name in ("cifar10", "cifar100")
    }
    words = "uniform 70 % (Fig. 2): RMNW-Net above MNW-Net by about 15 on CIFAR-10 and 1.5 on CIFAR-100"
    table = f"Table 1, at 40 % and 60 %: {each['cifar10']} on CIFAR-10, {each['cifar100']} on CIFAR-100"
    order = gap.xs("cifar10", level="dataset") > gap.xs("cifar100", level="dataset")
    yield "70 %", "4.1", words, table, bool(order.all())


def _areas(areas):
    clean, robust = (lead(areas, name, "MW-Net")["lead"] for name in ("MNW-Net", "RMNW-Net"))
    words = "AUC: MW-Net* is better than MNW-Net"
    yield "AUC, MNW-Net", "4.1", words, f"in {(clean < 0).sum()} of {len(clean)} columns", bool((clean < 0).all())
    counted = f"in {(robust > 0).sum()} of {len(robust)} columns"
    yield "AUC, RMNW-Net", "4.1", "AUC: RMNW-Net is better than MW-Net*", counted, bool((robust > 0).all())
    least = areas[areas["method"] == "RMNW-Net"]["mean"].min()
    yield (
        "AUC, all cases",
        "4.1",
        "AUC: RMNW-Net is strong in all cases",
        f"{least:.2f} at the least",
        bool(least > 0.9),
    )
    below = (areas["mean"] < 0.5).sum()
    words = "Table 3 lists the best AUC over training"
    yield "AUC below .5", "4.1", words, f"{below} best values below .5, of MNW-Net: worse than guessing all along", True
