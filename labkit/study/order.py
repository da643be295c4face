"""The order of the methods: what can be compared where a printed cell was run in a small setting only."""

import numpy as np
import pandas as pd

from .measured import SETTING, alike, score

COLUMN = ["item", "dataset", "net", "noise", "rate", "criterion"]  # printed cells whose methods are compared


def places(rows, measured):
    """Give the cells that were not run, but were in one small setting, their places among the methods of their column.

    rows: of `verdict.judged`. measured: rows of `measured.read`. -> rows, with order_printed and order_small (1 is the
    best), small (the mean, in the printed unit) and n_small; their verdict becomes "small setting".
    """
    rows = rows.assign(order_printed=np.nan, order_small=np.nan, small=np.nan, n_small="")
    if measured.empty:
        return rows
    for _, column in rows[rows["verdict"] == "not run"].groupby(COLUMN, dropna=False):
        found = _small(column, measured)
        if len(found) > 1:
            rows.loc[found.index, found.columns] = found
    return rows


def tau(column):
    """Kendall's tau between the printed order of a column and that in a small setting; NaN with two methods or less."""
    from scipy.stats import kendalltau

    if len(column) < 3:
        return np.nan
    return kendalltau(column["order_printed"], column["order_small"]).statistic


def _small(column, measured):
    """The cells of a column in the setting in which most of its methods were run. -> DataFrame with the index of the
    cells"""
    cells = column.to_dict("index")
    runs = {at: alike(cell, measured) for at, cell in cells.items()}
    settings = pd.concat([each[SETTING].drop_duplicates() for each in runs.values()]).value_counts()
    if settings.empty:
        return pd.DataFrame()
    setting = dict(zip(SETTING, settings.index[0]))
    rows = {at: _mean(cells[at], each[(each[SETTING] == pd.Series(setting)).all(axis=1)]) for at, each in runs.items()}
    found = pd.DataFrame.from_dict({at: row for at, row in rows.items() if row}, orient="index")
    if found.empty:
        return found
    words = f"{setting['task']}, {setting['net'].partition('(')[0]}, {setting['epochs']} epochs"
    orders = {"order_printed": column.loc[found.index, "printed"], "order_small": found["small"]}
    found = found.assign(**{name: values.rank(ascending=False) for name, values in orders.items()})
    return found.assign(setting=words, verdict="small setting")


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
