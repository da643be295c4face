"""What the live cells of the notebook on RMNW-Net find about its theory. As in `findings`."""

import numpy as np
import pandas as pd

from ...ledger.findings import Findings
from .findings import judge

RATES = {"uniform": (0.2, 0.4, 0.6), "flip2": (0.2, 0.4), "flip": (0.2, 0.4)}  # noise: rates that can be learnt
LOSSES = {"mae": "MAE", "ce": "CE"}


def reach(values: pd.Series, *, digits: int = 1) -> str:
    """Return the least and the largest value as text."""
    return f"{values.min():.{digits}f} to {values.max():.{digits}f}"


def theorem_1(report: Findings, cosines: pd.DataFrame, *, setting: str) -> pd.DataFrame:
    """Judge the directions of the expected meta-gradient. cosines: of `theorem_1.directions`"""
    at_v = cosines[cosines["space"] == "V"].set_index(["loss", "noise", "rate"]).sort_index()
    checks = []
    for loss, name in LOSSES.items():
        for noise, rates in RATES.items():
            rows = at_v.loc[(loss, noise)].loc[list(rates)]
            text = f"cosine at {', '.join(f'{rate:.0%}' for rate in rates)}: "
            text += ", ".join(f"{value:.2f}" for value in rows["expected"])
            text += f"; single meta sets on the right side: {', '.join(f'{share:.0%}' for share in rows['right'])}"
            claim = f"{noise}, {name}: the expected direction stays (cosine above 0.9)"
            checks.append((claim, text, rows["expected"], "cosine, every rate > 0.9"))
    return judge(report, "Theorem 1", checks, setting=setting, n=1)


def more_classes(report: Findings, table: pd.DataFrame, *, distance: float, setting: str) -> pd.DataFrame:
    """Judge flips to more and more classes. table: of `theorem_1.to_more_classes`; distance: of `over_all_maps`, MAE"""
    lowest = table[table["loss"] == "mae"].groupby("classes")["expected"].min()
    last = lowest.index.max()
    text = "cosine of the worst map at r = " + ", ".join(f"{r}: {lowest[r]:.2f}" for r in (1, 2, 4, last))
    rule = "cosine of the worst map, change from r to r + 1 > -0.02; at the last r > 0.999999999"
    steps = np.diff(lowest.to_numpy())
    checks = [
        ("MAE: flips to more classes come closer to uniform noise", text, (steps, lowest.iloc[-1]), rule),
        (
            "MAE: averaged over all maps, flip noise keeps the direction",
            f"relative distance {distance:.0e}",
            distance,
            "relative distance < 1e-10",
        ),
    ]
    return judge(report, "Sec. 3, flips", checks, setting=setting, n=1)


def theorem_2(report: Findings, table: pd.DataFrame, *, setting: str) -> pd.DataFrame:
    """Judge the scatter of the meta-gradient. table: of `theorem_2.variances`"""
    noisy = table[table["rate"] > 0]
    slack = noisy["bound"] / noisy["exact"]
    ratio = noisy["exact"] / noisy["clean"]
    relative = table.pivot(index="rate", columns="m", values="relative").iloc[:, -1]  # of the largest batch
    text = f"root of the scatter over the length of the mean, m = {relative.name}: {relative.iloc[0]:.2f} clean, "
    text += f"{relative.iloc[-1]:.2f} at {relative.index[-1]:.0%}"
    checks = [
        (
            "the scatter is at most sigma^2 + 2 eta rho^2 / m",
            f"the bound is {slack.min():.0f} to {slack.max():.0f} times the exact scatter",
            noisy["exact"] - noisy["bound"],
            "scatter minus bound, every rate and m <= 0",
        ),
        (
            "noise makes the scatter larger, as its bound says",
            f"{reach(ratio, digits=2)} times that of clean labels",
            ratio,
            "scatter over that of clean labels, every rate and m > 1",
        ),
        (
            "noise makes the direction less certain, as 1 / (1 - eta)",
            text,
            relative.diff().dropna(),
            "relative scatter, change from rate to rate >= 0",
        ),
    ]
    return judge(report, "Theorem 2", checks, setting=setting, n=1)


def cross_entropy(report: Findings, parts: pd.DataFrame, *, setting: str) -> pd.DataFrame:
    """Judge why cross-entropy works. parts: rows of `theorem_2.terms` with columns loss and epoch"""
    ce = parts[parts["loss"] == "ce"]
    mae = parts[parts["loss"] == "mae"]
    ratio = ce["defect"] / ce["clean"]
    decay = ce["defect"] / ce["decay"]
    gap = ce["gap_defect"]
    rest = (mae["defect"] / mae["clean"]).max()
    checks = [
        (
            "CE: what noise adds is below half of the clean part",
            f"{reach(ratio)} times as long",
            ratio,
            "what noise adds over the clean part, every epoch < 0.5",
        ),
        (
            "CE: weight decay outweighs what noise adds",
            f"it is {reach(decay, digits=0)} times the decay",
            decay,
            "what noise adds over the decay, every epoch < 1",
        ),
        (
            "CE: what noise adds raises wrong samples",
            f"right minus wrong: {reach(gap, digits=2)}",
            gap,
            "right minus wrong, every epoch < 0",
        ),
        (
            "MAE: noise adds nothing",
            f"at most {rest:.0e} of the clean part",
            rest,
            "largest of what noise adds over the clean part < 1e-9",
        ),
    ]
    return judge(report, "Sec. 3, CE", checks, setting=setting, n=1)
