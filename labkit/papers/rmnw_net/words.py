"""What the words of the paper on RMNW-Net say about its own tables, and what the tables say: no training is needed."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ...ledger.findings import holds
from ...ledger.printed_tables import cells

RUNS = 5  # behind every printed mean
CLEAN = ("L2RW", "GLC", "MW-Net", "Fine-tuning")  # rows that use clean samples
DROPS = {  # method, dataset: the drops under uniform 40 % and 60 % noise that the text names
    ("MNW-Net", "cifar10"): (6, 12),
    ("MNW-Net", "cifar100"): (20, 30),
    ("MW-Net", "cifar10"): (4, 9),
    ("MW-Net", "cifar100"): (10, 20),
}
Claim = tuple[str, str, str, str, str, object]  # claim, section, words, table, rule and the values that it judges


def claims() -> pd.DataFrame:
    """Compare the paper's sentences with its own tables. -> index claim; columns section, words, table, rule, agree"""
    accuracy = cells("RMNW-Net").query("item != 'Table 3'")
    areas = cells("RMNW-Net", "Table 3")
    rows = []
    for claim in (*drop_claims(accuracy), *lead_claims(accuracy), *flip_claims(accuracy), *heavy_claims(accuracy)):
        rows.append(judged(*claim))
    for claim in area_claims(areas):
        rows.append(judged(*claim))
    return pd.DataFrame(rows).set_index("claim")


def judged(claim: str, section: str, words: str, table: str, rule: str, values: object) -> dict:
    """Return a row of `claims`."""
    agree = holds(rule, values)
    return {"claim": claim, "section": section, "words": words, "table": table, "rule": rule, "agree": agree}


def drops(printed: pd.DataFrame, method: str, *, noise: str = "uniform") -> pd.DataFrame:
    """Return how far a method falls from rate 0, in points and in percent of its value there.

    printed: of `printed_tables.cells`. -> index dataset, rate
    """
    table_1 = printed[printed["item"] == "Table 1"]
    rows = table_1[(table_1["method"] == method) & (table_1["noise"] == noise)]
    wide = rows.pivot_table(index="dataset", columns="rate", values="mean")
    points = wide.rsub(wide[0.0], axis=0).drop(columns=0.0)
    return pd.DataFrame({"points": points.stack(), "percent": 100 * points.div(wide[0.0], axis=0).stack()})


def lead(printed: pd.DataFrame, method: str, *, over: str) -> pd.DataFrame:
    """Return how far one method is above another, per column.

    lead: in the printed unit; errors: in standard errors of the difference (from the printed deviations, five runs
    each; NaN where none is printed).
    """
    column = ["item", "dataset", "noise", "rate"]
    numbers = {}
    for name in (method, over):
        numbers[name] = printed[printed["method"] == name].set_index(column)[["mean", "std"]].astype(float)
    gap = numbers[method]["mean"] - numbers[over]["mean"]
    error = np.sqrt((numbers[method]["std"] ** 2 + numbers[over]["std"] ** 2) / RUNS)
    return pd.DataFrame({"lead": gap, "errors": gap / error})


def joined(values: pd.Series) -> str:
    """Return numbers as text, one decimal each."""
    return " and ".join(f"{value:.1f}" for value in values)


def drop_claims(printed: pd.DataFrame) -> Iterator[Claim]:
    """Yield the claims about drops under uniform noise."""
    for (method, dataset), numbers in DROPS.items():
        fall = drops(printed, method).loc[dataset]
        words = f"{method} drops by {numbers[0]} % and {numbers[1]} % on {dataset} (uniform 40 %, 60 %)"
        table = f"{joined(fall['points'])} points; {joined(fall['percent'])} % of the value at 0 %"
        distance = np.abs(fall["points"].to_numpy() - numbers)
        yield f"drop, {method}, {dataset}", "4.1", words, table, "distance to the text, both rates < 1 points", distance


def lead_claims(printed: pd.DataFrame) -> Iterator[Claim]:
    """Yield the claims about all columns of Table 1."""
    table_1 = printed.query("item == 'Table 1'")
    gap = lead(table_1.query("rate == 0"), "RMNW-Net", over="MW-Net")["lead"]
    words = "at 0 % RMNW-Net is marginally better than MW-Net*"
    table = f"in {(gap > 0).sum()} of {len(gap)} columns"
    yield "0 %", "4.1", words, table, "lead, every column > 0 points", gap
    rivals = table_1[~table_1["method"].isin(CLEAN)]
    best = rivals.loc[rivals.groupby(["dataset", "noise", "rate"])["mean"].idxmax()]
    first = best["method"].isin(("MNW-Net", "RMNW-Net"))
    leaders = " and ".join(dict.fromkeys(best.loc[~first, "label"]))
    words = "abstract: RMNW-Net (or MNW-Net) beats all methods that do not use clean samples"
    table = f"in {first.sum()} of {len(best)} columns; at 0 % {leaders} are above them"
    yield "all methods", "4.1", words, table, "columns led by another method = 0", (~first).sum()


def flip_claims(printed: pd.DataFrame) -> Iterator[Claim]:
    """Yield the claims about flip and flip2 noise."""
    flips = printed.query("rate > 0 and noise != 'uniform'")
    gap = lead(flips, "MNW-Net", over="RMNW-Net")["lead"]
    signs = [(gap.xs("cifar10", level="dataset") > 0).sum(), (gap.xs("cifar100", level="dataset") < 0).sum()]
    words = "under flip and flip2 MNW-Net is better on CIFAR-10, RMNW-Net on CIFAR-100"
    table = f"in {signs[0]} of 4 and {signs[1]} of 4 columns"
    yield "flip, flip2", "4.1", words, table, "columns that agree, each dataset = 4", signs
    hardest = flips.query("noise == 'flip' and rate == 0.3 and dataset == 'cifar10'")
    for claim, method, words in (
        ("no drop", "RMNW-Net", "flip: no significant drop with corrupted meta samples, beside MW-Net*"),
        ("flip 30 %", "MNW-Net", "flip 30 %, CIFAR-10: MNW-Net above MW-Net*, perhaps because of its deviation"),
    ):
        cell = lead(hardest, method, over="MW-Net").iloc[0]
        table = f"CIFAR-10, 30 %: {method} {cell['lead']:+.2f} points, {abs(cell['errors']):.0f} standard errors"
        yield claim, "4.1", words, table, "size of the lead < 2 standard errors", abs(cell["errors"])


def heavy_claims(printed: pd.DataFrame) -> Iterator[Claim]:
    """Yield the claim about heavy uniform noise."""
    noisy = printed.query("item == 'Table 1' and noise == 'uniform' and rate > 0")
    gap = lead(noisy, "RMNW-Net", over="MNW-Net")["lead"]
    cifar10 = gap.xs("cifar10", level="dataset")
    cifar100 = gap.xs("cifar100", level="dataset")
    words = "uniform 70 % (Fig. 2): RMNW-Net above MNW-Net by about 15 on CIFAR-10 and 1.5 on CIFAR-100"
    table = f"Table 1, at 40 % and 60 %: {joined(cifar10)} on CIFAR-10, {joined(cifar100)} on CIFAR-100"
    yield "70 %", "4.1", words, table, "lead, CIFAR-10 minus CIFAR-100, both rates > 0", cifar10 - cifar100


def area_claims(areas: pd.DataFrame) -> Iterator[Claim]:
    """Yield the claims about Table 3."""
    given = lead(areas, "MNW-Net", over="MW-Net")["lead"]
    robust = lead(areas, "RMNW-Net", over="MW-Net")["lead"]
    least = areas[areas["method"] == "RMNW-Net"]["mean"].min()
    below = (areas["mean"] < 0.5).sum()
    table = f"in {(given < 0).sum()} of {len(given)} columns"
    yield "AUC, MNW-Net", "4.1", "AUC: MW-Net* is better than MNW-Net", table, "lead, every column < 0", given
    table = f"in {(robust > 0).sum()} of {len(robust)} columns"
    yield "AUC, RMNW-Net", "4.1", "AUC: RMNW-Net is better than MW-Net*", table, "lead, every column > 0", robust
    words = "AUC: RMNW-Net is strong in all cases"
    yield "AUC, all cases", "4.1", words, f"{least:.2f} at the least", "AUC, every column > 0.9", least
    words = "Table 3 lists the best AUC over training"
    table = f"{below} best values below .5, of MNW-Net: worse than guessing all along"
    yield "AUC below .5", "4.1", words, table, "values below .5 > 0", below
