"""The order of the methods: what can be compared where a printed cell was run in a small setting only."""

from collections import Counter

import numpy as np
import pandas as pd

from .measured import SETTING, alike, each, score

COLUMN = ["item", "dataset", "net", "noise", "rate", "criterion"]  # printed cells whose methods are compared


def places(rows, measured):
    """Give the cells that were not run, but were in one small setting, their places among the methods of their column.

    rows: of `verdict.judged`. measured: rows of `measured.read`. -> rows, with order_printed and order_small (1 is the
    best), small (the mean, in the printed unit) and n_small; their verdict becomes "small setting".
    """
    rows = rows.assign(order_printed=np.nan, order_small=np.nan, small=np.nan, n_small="")
    if measured.empty:
        return rows
    left = rows[rows["verdict"] == "not run"]
    runs = dict(zip(left.index, each(left, measured, alike)))
    for _, column in left.groupby(COLUMN, dropna=False):
        found = _small(column, {at: runs[at] for at in column.index})
        if len(found) > 1:
            rows.loc[found.index, found.columns] = found
    return rows


def tau(column):
    """Kendall's tau between the printed order of a column and that in a small setting, tau-b where methods are tied;
    NaN with two methods or less."""
    if len(column) < 3:
        return np.nan
    one, other = (
        np.sign(np.subtract.outer(place, place)) for place in column[["order_printed", "order_small"]].to_numpy().T
    )
    return (one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum())


def _small(column, runs):
    """The cells of a column in the setting in which most of its methods were run. runs: of every cell, on whatever
    data. -> DataFrame with the index of the cells"""
    settings = {at: list(zip(*(some[name] for name in SETTING))) for at, some in runs.items()}
    often = Counter(setting for among in settings.values() for setting in dict.fromkeys(among))
    if not often:
        return pd.DataFrame()
    (setting, _), cells = often.most_common(1)[0], column.to_dict("index")
    rows = {at: _mean(cells[at], some[[other == setting for other in settings[at]]]) for at, some in runs.items()}
    found = pd.DataFrame.from_dict({at: row for at, row in rows.items() if row}, orient="index")
    if found.empty:
        return found
    task, net, _, epochs, _ = setting
    orders = {"order_printed": column.loc[found.index, "printed"], "order_small": found["small"]}
    found = found.assign(**{name: values.rank(ascending=False) for name, values in orders.items()})
    return found.assign(setting=f"{task}, {net.partition('(')[0]}, {epochs} epochs", verdict="small setting")


def _mean(cell, runs):
    """The mean score of a cell's runs in one setting. -> dict, empty where there is none"""
    if runs.empty:
        return {}
    way = max((each for _, each in runs.groupby("hyperparameters")), key=len)  # as of one method, not of its variants
    scores = cell["factor"] * score(way, cell["criterion"])
    if not np.isfinite(scores).any():
        return {}
    more = {"hardware": way["hardware"].iloc[0], "minutes": way["seconds"].sum() / 60}
    return {"small": np.nanmean(scores), "n_small": str(len(scores)), **more}
