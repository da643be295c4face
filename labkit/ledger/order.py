"""The order of the methods: printed beside measured, where a run in a small setting says nothing about the numbers."""

from collections import Counter

import numpy as np
import pandas as pd

from .measured import SETTING, runs_of_cells, runs_of_method, score

COLUMN = ["item", "dataset", "net", "noise", "rate", "criterion"]  # printed cells whose methods are compared
PLACE = ["noise", "rate"]  # what rows of `join_printed` share whose methods are compared


def join_printed(runs: pd.DataFrame, cells: pd.DataFrame, criterion: str, factor: float = 100.0) -> pd.DataFrame:
    """Join the printed number and the measured mean over seeds of every method that was run, with its ranks in both.

    runs: rows of `runs.grid.grid`. cells: rows of `printed_tables.cells`, of one table and one dataset. factor: from a
    run's number to the printed one. Returns a DataFrame with index noise, rate, method (in the printed order) and
    columns printed (NaN where the paper has none), measured, printed_rank, measured_rank (among the methods of a noise
    and rate, 1 is the best; equal ones share the best rank).
    """
    keys = [*PLACE, "method"]
    printed = cells.drop_duplicates(keys).set_index(keys)["mean"].rename("printed")
    measured = factor * runs.groupby(keys)[criterion].mean().rename("measured")
    table = pd.concat([printed, measured], axis=1, join="inner")
    ranks = table.groupby(level=PLACE, sort=False).rank(ascending=False, method="min")
    return table.join(ranks.add_suffix("_rank"))


def rank_correlation(table: pd.DataFrame) -> pd.Series:
    """Return Spearman's correlation of printed and measured for each noise and rate of `join_printed`'s table.

    noise and rate may be levels of the index or columns. Methods without a printed number are left out. The
    correlation of a single method is NaN.
    """
    from scipy.stats import spearmanr

    correlations = {}
    for place, methods in table.dropna().groupby(PLACE, sort=False):
        is_single = len(methods) < 2
        correlations[place] = np.nan if is_single else spearmanr(methods["measured"], methods["printed"]).statistic
    index = pd.MultiIndex.from_tuples(correlations, names=PLACE)
    return pd.Series(list(correlations.values()), index, dtype=float)


def tau(column: pd.DataFrame) -> float:
    """Return Kendall's tau-b between the printed order of a column and that in a small setting.

    column: rows of `add_places`. NaN for two methods or fewer.
    """
    from scipy.stats import kendalltau

    if len(column) < 3:
        return np.nan
    return kendalltau(column["order_printed"], column["order_small"]).statistic


def mean_tau(small: pd.DataFrame) -> tuple[float, int]:
    """Return the mean of Kendall's tau over the measured columns, and their number.

    small: rows of `add_places` in a small setting. Printed columns with the same measurements (CIFAR-10's and
    CIFAR-100's) are compared with one measured column, so together they count once, by the mean of their taus. NaN
    without a column of three methods or more.
    """
    taus = {}
    for _, column in small.groupby(COLUMN, dropna=False):
        value = tau(column)
        if np.isfinite(value):
            measured_column = frozenset(column["measurement"])
            taus.setdefault(measured_column, []).append(value)
    means = [np.mean(values) for values in taus.values()]
    return (float(np.mean(means)), len(means)) if means else (np.nan, 0)


def add_places(rows: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Give the cells that were not run, but were in one small setting, their places among the methods of their column.

    rows: of `verdict.judge`. measured: rows of `measured.read`. Returns the rows with order_printed and order_small (1
    is the best; equal ones share the mean of their places), small (the mean, in the printed unit), n_small, and
    measurement (what it is the mean of: cells of CIFAR-10 and of CIFAR-100 may have the same one); the verdict of these
    cells becomes "small setting".
    """
    rows = rows.assign(order_printed=np.nan, order_small=np.nan, small=np.nan, n_small="", measurement="")
    if measured.empty:
        return rows
    open_cells = rows[rows["verdict"] == "not run"]
    runs = dict(zip(open_cells.index, runs_of_cells(open_cells, measured, runs_of_method)))
    for _, column in open_cells.groupby(COLUMN, dropna=False):
        ordered = _small(column, {label: runs[label] for label in column.index})
        if len(ordered) > 1:
            rows.loc[ordered.index, ordered.columns] = ordered
    return rows


def _small(column, runs):
    """Order the cells of a column in the setting in which most of its methods were run.

    runs: the runs of every cell, on whatever data, by its label in the index. -> DataFrame with the index of the cells
    """
    settings = {label: _settings(cell_runs) for label, cell_runs in runs.items()}
    setting = _most_common_setting(settings.values())
    if setting is None:
        return pd.DataFrame()
    means = {}
    for label, cell in column.to_dict("index").items():
        in_setting = [run_setting == setting for run_setting in settings[label]]
        mean = _mean(cell, runs[label][in_setting])
        if mean:
            means[label] = mean
    ordered = pd.DataFrame.from_dict(means, orient="index")
    if ordered.empty:
        return ordered
    task, net, _, epochs, _ = setting
    ordered["order_printed"] = column.loc[ordered.index, "printed"].rank(ascending=False)
    ordered["order_small"] = ordered["small"].rank(ascending=False)
    ordered["setting"] = f"{task}, {net.partition('(')[0]}, {epochs} epochs"
    ordered["verdict"] = "small setting"
    return ordered


def _settings(runs):
    """Return the setting of each run: its values of SETTING. -> list of tuples"""
    return list(zip(*[runs[name] for name in SETTING]))


def _most_common_setting(settings):
    """Return the setting in which the most cells have a run, the earliest of equally common ones; None without runs."""
    counts = Counter()
    for cell_settings in settings:
        counts.update(dict.fromkeys(cell_settings, 1))  # a cell counts once, however many runs it has
    return counts.most_common(1)[0][0] if counts else None


def _mean(cell, runs):
    """Return the mean score of a cell's runs in one setting. -> dict, empty where there is none"""
    if runs.empty:
        return {}
    variants = [variant for _, variant in runs.groupby("hyperparameters")]
    largest = max(variants, key=len)  # the mean is that of one method, not of its variants
    scores = cell["factor"] * score(largest, cell["criterion"])
    if not np.isfinite(scores).any():
        return {}
    minutes = largest["seconds"].sum() / 60
    hardware = largest["hardware"].iloc[0]
    return {
        "small": np.nanmean(scores),
        "n_small": str(len(scores)),
        "measurement": " ".join([cell["criterion"], *sorted(largest["run"])]),
        "hardware": hardware,
        "minutes": minutes,
    }
