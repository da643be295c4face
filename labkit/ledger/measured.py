"""The measured side of the ledger: a small parquet file per paper, one row per run.

A row holds the whole configuration of the run, the passport of its noise, the score by all criteria, hardware, threads,
seconds, date, commit, and the curves over the epochs as lists.
"""

import json
from collections.abc import Callable
from math import isclose
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock

from .. import rooms
from ..errors import choose
from ..fit import CRITERIA
from ..fit.run import AS_GIVEN
from ..measure import t_quantile
from ..state import atomic_write
from .printed_tables import SECOND_TEST, STEMS

RESULTS = rooms.PAPERS  # a paper's results are in ROOM/results/
# training samples of the whole set; a run counts as the paper's if at most HELD_OUT of them are held out
FULL_SIZE = {
    "mnist": 60_000,
    "cifar10": 50_000,
    "cifar100": 50_000,
    "celeba-landmarks": 15_970,  # 80 % of the test images: a CNN learns from the training images
    "webvision-mini": 65_944,
}
HELD_OUT = 0.12  # a tenth for validation, and a meta set
RATIO = "step_ratio"  # the criterion of times: of a step, over that of plain training
RECIPE = ["epochs", "numbers", "hyperparameters", "recipe"]  # what runs share that differ in the seed only
SETTING = ["task", "net", "samples", "epochs", "recipe"]  # what runs must share for their order to mean something


def results_file(paper: str, kind: str = "runs", folder: Path = RESULTS) -> Path:
    """Return the parquet file of a paper's measured results.

    paper: as in `printed_tables.STEMS`, e.g. "CRUST". kind: "runs", "findings" or "kernel". folder: holds a folder for
    each paper, as labkit/papers does. Raises ValueError for an unknown paper.
    """
    return folder / choose("paper", paper, STEMS) / "results" / f"{kind}.parquet"


def read(path: str | Path) -> pd.DataFrame:
    """Read the measured runs of a parquet file, one row per run. A file that does not exist has no rows."""
    return pd.read_parquet(path) if Path(path).exists() else pd.DataFrame(columns=["run"])


def record(runs: pd.DataFrame, path: str | Path) -> pd.DataFrame:
    """Add runs to a parquet file: a run that is in it already is replaced, every other row stays.

    runs: rows of labkit.runs.grid.grid. The file is replaced as a whole or not at all, and processes that record at the
    same time take turns. Returns all rows of the file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".lab-{path.name}.lock")):
        recorded = read(path)
        kept = recorded[~recorded["run"].isin(runs["run"])]
        rows = pd.concat([kept, runs], ignore_index=True) if len(kept) else runs.reset_index(drop=True)
        rows = rows.sort_values(["task", "noise", "rate", "method", "seed", "run"], ignore_index=True)
        atomic_write(path, rows.to_parquet(None))
    return rows


def runs_of_cell(cell: dict[str, Any], runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of one printed cell: dataset, network, noise, rate, method and hyperparameters agree.

    The test images of a cell are named by its criterion, so a data set that is tested on other images counts as itself.
    Times of a step are those of the network, on whatever images. All runs have one recipe, so that they differ in the
    seed alone: the recipe with the most epochs (then the newest labkit.NUMBERS, the most seeds, the latest date). cell:
    a row of `printed_tables.cells`.
    """
    runs = runs_of_method(cell, runs)
    if runs.empty:
        return runs
    if cell["criterion"] == RATIO:
        return runs[runs["net"] == cell["net"]]
    dataset = cell["dataset"].removesuffix(SECOND_TEST)
    fewest_samples = (1 - HELD_OUT) * FULL_SIZE.get(dataset, np.inf)
    is_net = runs["net"].str.partition("(")[0] == cell["net"]
    runs = runs[(runs["task"] == dataset) & is_net & (runs["samples"] >= fewest_samples)]
    best = runs
    best_rank = ()
    for recipe, group in runs.groupby(RECIPE, sort=False, dropna=False):
        epochs, version, *_ = recipe
        rank = (epochs, version, len(group), max(group["date"]))
        if rank > best_rank:
            best = group
            best_rank = rank
    return best


def runs_of_method(cell: dict[str, Any], runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs with a cell's noise, rate, method and hyperparameters, on whatever data."""
    is_same = []
    noise, rate = _noise_of_runs(cell)
    for run in runs[["method", "noise", "rate", "hyperparameters"]].itertuples(index=False):
        is_noise = run.noise == noise and isclose(run.rate, rate, rel_tol=1e-5)
        is_method = run.method == cell["method"]
        # JSON is read last: it takes the longest
        is_same.append(is_noise and is_method and _has_settings(json.loads(run.hyperparameters), cell["settings"]))
    return runs.iloc[np.flatnonzero(is_same)]


def _noise_of_runs(cell):
    """Return noise and rate of a cell as a run has them. A rate of NaN stands for labels as they were given."""
    if cell["criterion"] == RATIO:
        return "none", 0.0
    return (AS_GIVEN, 0.0) if np.isnan(cell["rate"]) else (cell["noise"], cell["rate"])


def runs_of_cells(
    cells: pd.DataFrame,
    runs: pd.DataFrame,
    choose_runs: Callable[[dict[str, Any], pd.DataFrame], pd.DataFrame] = runs_of_cell,
) -> list[pd.DataFrame]:
    """Return the runs of every cell. choose_runs: `runs_of_cell` or `runs_of_method`."""
    if runs.empty:
        return [runs] * len(cells)
    groups = dict(list(runs.groupby(["method", "noise"])))  # the runs are searched once, not for every cell
    chosen = []
    for cell in cells.to_dict("records"):
        noise, _ = _noise_of_runs(cell)
        candidates = groups.get((cell["method"], noise), runs[:0])
        chosen.append(choose_runs(cell, candidates))
    return chosen


def counted(cells: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs behind the printed cells, as the ledger counts them."""
    return pd.concat(runs_of_cells(cells, runs), ignore_index=True)


def gains(rows: pd.DataFrame, column: str, of: str = "CDR+AUX") -> pd.DataFrame:
    """Return how much better a method is than every other on the same cells (and seeds, where rows have them).

    rows: of `ledger.table` or `printed_tables.cells` with a column in percent, or runs with a criterion. Returns a row
    per other method: mean difference in percentage points, low and high (95 % t-interval over the cells, as if they
    were alike), n.
    """
    keys = [key for key in ("noise", "rate", "seed") if key in rows]
    wide = rows.pivot_table(index=keys, columns="method", values=column).dropna()
    factor = 100 if column in CRITERIA else 1
    gain = factor * wide.rsub(wide[of], axis=0).drop(columns=of)
    mean = gain.mean()
    n = len(gain)
    quantile = t_quantile(n - 1) if n > 1 else np.nan
    half = quantile * gain.std() / n**0.5
    return pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half, "n": n})


def score(runs: pd.DataFrame, criterion: str) -> np.ndarray:
    """Return the number of each run by criterion, NaN where there is none. -> [len(runs)]

    auc_weight_best is the best AUC of the weights over training, as in table 3 of RMNW-Net.
    """
    if criterion == "auc_weight_best":
        curves = runs.get("auc_weight", [])
        return np.array([np.nanmax(np.append(np.nan, curve)) for curve in curves], float)
    return runs[criterion].to_numpy(float) if criterion in runs else np.full(len(runs), np.nan)


def _has_settings(hyperparameters, settings):
    """Return whether a run has the hyperparameters that a cell names: a value each, or one of a tuple of values."""
    for name, setting in settings.items():
        allowed = setting if isinstance(setting, tuple) else (setting,)
        if hyperparameters.get(name) not in allowed:
            return False
    return True
