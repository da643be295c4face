"""The measured side of the ledger: a small parquet file per paper, one row per run, with its whole configuration, the
passport of its noise, the score by all criteria, hardware, threads, seconds, date, commit, and the curves over the
epochs as lists."""

import json
from math import isclose
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from .. import rooms
from ..errors import choose
from ..fit import CRITERIA
from ..measure import t_quantile
from ..state import atomic_write
from .printed_tables import STEMS

RESULTS = rooms.PAPERS  # a paper's results are in ROOM/results/
# training samples of the whole set; a run counts as the paper's if at most a tenth and a meta set are held out
WHOLE = {"mnist": 60_000, "cifar10": 50_000, "cifar100": 50_000, "celeba-landmarks": 19_962, "webvision-mini": 65_944}
HELD_OUT = 0.12
ASKED = ["method", "noise", "rate", "hyperparameters"]  # what a printed cell says of its runs
WAY = ["epochs", "numbers", "hyperparameters", "recipe"]  # what runs share that differ in the seed only
SETTING = ["task", "net", "samples", "epochs", "recipe"]  # what runs must share for their order to mean something


def results_file(paper: str, kind: str = "runs", folder: Path = RESULTS) -> Path:
    """Return the parquet file of a paper's measured results.

    paper: as in `printed_tables.STEMS`, e.g. "CRUST". kind: "runs", "findings" or "kernel". folder: holds a folder for
    each paper, as labkit/papers does. Raises ValueError for an unknown paper.
    """
    return folder / choose("paper", paper, STEMS) / "results" / f"{kind}.parquet"


def read(path):
    """The measured runs in a parquet file, one row per run; no rows when there is no file yet. -> DataFrame"""
    return pd.read_parquet(path) if Path(path).exists() else pd.DataFrame(columns=["run"])


def record(runs, path):
    """Add runs to a parquet file: a run that is there already is replaced, every other row stays.

    runs: rows of labkit.runs.grid.grid. The file is replaced as a whole or not at all, and processes that record at the
    same time take turns. -> DataFrame, all rows of the file
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".lab-{path.name}.lock")):
        before = read(path)
        kept = before[~before["run"].isin(runs["run"])]
        rows = pd.concat([kept, runs], ignore_index=True) if len(kept) else runs.reset_index(drop=True)
        rows = rows.sort_values(["task", "noise", "rate", "method", "seed", "run"], ignore_index=True)
        atomic_write(path, rows.to_parquet(None))
    return rows


def of_cell(cell, runs):
    """The runs of one printed cell: dataset, network, noise, rate, method and hyperparameters agree, and all are made
    in one way but for the seed: the way with the most epochs (then the newest labkit.NUMBERS, the most seeds, the
    latest date). cell: a row of `printed.cells`. -> rows of `runs`"""
    runs, ways = alike(cell, runs), {}
    least = (1 - HELD_OUT) * WHOLE.get(cell["dataset"], np.inf)
    for at, (task, net, samples, *way) in enumerate(zip(*(runs[name] for name in ["task", "net", "samples", *WAY]))):
        if task == cell["dataset"] and net.partition("(")[0] == cell["net"] and samples >= least:
            ways.setdefault(tuple(way), []).append(at)
    best = lambda way: (way[0], way[1], len(ways[way]), max(runs["date"].iloc[ways[way]]))  # epochs, numbers
    return runs.iloc[ways[max(ways, key=best)] if ways else []]


def alike(cell, runs):
    """The runs with a cell's noise, rate, method and hyperparameters, on whatever data. -> rows of `runs`"""
    same = [
        method == cell["method"]
        and noise == cell["noise"]
        and isclose(rate, cell["rate"], rel_tol=1e-5)
        and _agrees(json.loads(hyperparameters), cell["settings"])
        for method, noise, rate, hyperparameters in zip(*(runs[name] for name in ASKED))
    ]
    return runs.iloc[np.flatnonzero(same)]


def each(cells, runs, find=of_cell):
    """What `of_cell` or `alike` finds for every cell: the runs are sorted once. -> list of DataFrames"""
    if runs.empty:
        return [runs] * len(cells)
    among, none = dict(list(runs.groupby(["method", "noise"]))), runs[:0]
    return [find(cell, among.get((cell["method"], cell["noise"]), none)) for cell in cells.to_dict("records")]


def counted(cells, runs):
    """The runs behind the printed cells, as the ledger counts them. -> DataFrame, rows of `runs`"""
    return pd.concat(each(cells, runs), ignore_index=True)


def gains(rows, column, of="CDR+AUX"):
    """How much better a method is than every other on the same cells (and seeds, where rows have them), on average.

    rows: of `ledger.table` or `printed.cells` with a column in percent, or runs with a criterion. -> DataFrame, a row
    per other method: mean difference in percentage points, low and high (95 % t-interval over the cells, as if they
    were alike), n
    """
    cells = [key for key in ("noise", "rate", "seed") if key in rows]
    wide = rows.pivot_table(index=cells, columns="method", values=column).dropna()
    gain = (100 if column in CRITERIA else 1) * wide.rsub(wide[of], axis=0).drop(columns=of)
    n = len(gain)
    half = (t_quantile(n - 1) if n > 1 else np.nan) * gain.std() / n**0.5
    return pd.DataFrame({"mean": gain.mean(), "low": gain.mean() - half, "high": gain.mean() + half, "n": n})


def score(runs, criterion):
    """A run's number by criterion; auc_weight_best is the best AUC of the weights over training, as RMNW-Net's table 3
    has it. -> array [len(runs)]"""
    if criterion == "auc_weight_best":
        return np.array([np.nanmax(np.append(np.nan, curve)) for curve in runs.get("auc_weight", [])], float)
    return runs[criterion].to_numpy(float) if criterion in runs else np.full(len(runs), np.nan)


def _agrees(hyperparameters, settings):
    """Has a run the hyperparameters that a cell asks for?"""
    fits = lambda found, wanted: found in wanted if isinstance(wanted, tuple) else found == wanted
    return all(fits(hyperparameters.get(name), wanted) for name, wanted in settings.items())
