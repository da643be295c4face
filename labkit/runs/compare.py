"""Compare every method with plain SGD: one small training each, on the embedded data, by one command.

    ./lab methods CDR Co-teaching --epochs 60 --seeds 3 --jobs 2

Classes: handwritten digits, symmetric noise, mlp. Regression: drawn faces, signs of targets flipped, mlp. The
assumed rate of a method is the true one, its meta set 100 samples held out of the training set. SETTINGS holds the
hyperparameters that differ from a method's defaults; they were chosen on noisy validation at seed 100, which is none of
the seeds below.
"""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context

import pandas as pd
import torch
from tqdm.auto import tqdm

from ..errors import Diverged, choose, need
from ..fit import CRITERIA, fit, hidden
from ..load import load
from ..methods import ALL, FAMILIES
from ..noise import corrupt, signflip, symmetric
from .entry import META, enter
from .scores import seconds

RATE = 0.4
RECIPE = {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-3, "batch": 32}  # CDR's, for every method alike
# hyperparameters on the digits, beside the defaults and the noise rate
SETTINGS = {
    "T-Revision": {"revise_lr": 1e-5},
    "L_DMI": {"warmup": 20, "lr": 1e-3, "batch_size": 256},
    "Fine-tuning": {"tune": 30, "tune_lr": 0.01},
    "MW-Net": {"normalise": True, "meta_lr": 0.01},
    "MNW-Net": {"meta_lr": 0.01},
    "RMNW-Net": {"meta_lr": 0.03},
    "SOP": {"lr_u": 30.0, "lr_v": 30.0},
    "PES": {"warmup": 10, "refine_lr": 1e-3},
    "Confident learning": {"fold_epochs": 10},
}
# why a method does not beat plain SGD by two standard errors here
REASONS = {
    "Focal": "it counts hard samples more, and under noise these are the wrong ones",
    "Min-SGD": "one sample a step, out of 32: the batch is its k, and PRL's tables show the same failure",
    "B-correction": "its loss has no lower bound, and 60 epochs on 1,300 samples follow it there: see `best val`",
    "MNW-Net": "its meta set is as noisy as the training set, its meta loss cross-entropy (RMNW-Net: MAE)",
    "MSE": "on the faces it is ERM: half the squared error",
}
BY_HEART = "on the faces, 60 epochs let it learn the wrong rows by heart"
REASONS |= dict.fromkeys(("MAE", "Huber", "NormClip"), f"{BY_HEART}, only later")
REASONS |= dict.fromkeys(("RDI", "AUX", "CDR", "CDR+AUX", "CDR+RDI"), f"{BY_HEART}, too")
TITLES = {"classes": "digits, symmetric 40 %: test accuracy", "numbers": "drawn faces, signflip 40 %: R2"}
HEAD = (
    f"{'':18s}{'last ten':>16s} {'best val':>9s} {'over ERM':>9s} {'errors':>7s} {'precision':>10s} "
    f"{'AUC weight':>11s} {'AUC loss':>9s} {'s/epoch':>8s}"
)


def job(name: str, kind: str, seed: int, epochs: int) -> dict:
    """Train one method once. -> a row: test score by criterion, precision, AUC, seconds per epoch

    name: in labkit.methods.ALL. kind: "classes" (digits) or "numbers" (faces).
    """
    torch.set_num_threads(1)
    noisy = _noisy(kind, seed)
    method, task, meta = enter(name, SETTINGS.get(name, {}), RATE, noisy, META, seed)
    scores = dict.fromkeys(CRITERIA, math.nan)
    diverged = False
    try:
        run = fit(method, task, "mlp", epochs, seed, RECIPE, meta=meta, progress=False)
        scores |= run.accuracy
    except Diverged as error:
        run = error.run
        diverged = True
        scores["best_val"] = run.accuracy.get("best_val", math.nan)
    row = {"method": name, "on": kind, "seed": seed, "diverged": diverged, **scores}
    row["seconds"] = seconds(run) / max(1, len(run.rows))
    for column in ("selected_precision", "auc_weight", "auc"):
        row[column] = _last_known(run, column)
    return row


def _noisy(kind, seed):
    """Load the noisy data of a kind of targets. -> Task"""
    if kind == "classes":
        return corrupt(load("digits"), symmetric(RATE), seed)
    return corrupt(load("faces"), signflip(RATE), seed)


def _last_known(run, column):
    """Return the last value of a column that is not NaN (MentorNet trusts no sample in the end); NaN without any."""
    for row in reversed(run.rows):
        if not math.isnan(row[column]):
            return row[column]
    return math.nan


def compare(names: Sequence[str] = (), epochs: int = 60, seeds: int = 3, jobs: int = 2) -> pd.DataFrame:
    """Train the named methods (all, when none is named) and plain SGD from every seed. -> a row per run

    Raises ValueError for an unknown name, or a number below 1.
    """
    for name in names:
        choose("method", name, ALL)
    for argument, value in (("epochs", epochs), ("seeds", seeds), ("jobs", jobs)):
        need(isinstance(value, int) and value > 0, argument, value, "a whole number above 0")
    trainings = planned(names, epochs, seeds)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        rows = pool.map(job, *zip(*trainings))
        return pd.DataFrame(tqdm(rows, total=len(trainings), unit="run", disable=hidden(None), leave=False))


def planned(names: Sequence[str], epochs: int, seeds: int) -> list[tuple[str, str, int, int]]:
    """Return the arguments of `job` for each training. Plain SGD is trained on what a named method can learn alone."""
    named = names or ALL
    learnable = {kind for name in named for kind in ALL[name].targets}
    chosen = {"ERM", *named} - {"SGD"}
    trainings = []
    for kind, name, seed in product(("classes", "numbers"), ALL, range(seeds)):
        if name in chosen and kind in learnable.intersection(ALL[name].targets):
            trainings.append((name, kind, seed, epochs))
    return trainings


def verdicts(runs: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard error per method, its gain over plain SGD, and how many standard errors that is.

    runs: of `compare`.
    """
    rows = []
    for (kind, method), group in runs.groupby(["on", "method"], sort=False):
        plain = runs[(runs.on == kind) & (runs.method == "ERM")].last10
        row = {"on": kind, "family": _family(method), "method": method}
        row["score"] = group.last10.mean()
        row["error"] = _standard_error(group.last10)
        row["best_val"] = group.best_val.mean()
        row["gain"] = row["score"] - plain.mean()
        row["errors"] = math.nan
        if method != "ERM":
            row["errors"] = row["gain"] / math.hypot(row["error"], _standard_error(plain))
        row |= group[["selected_precision", "auc_weight", "auc", "seconds"]].mean().to_dict()
        row["diverged"] = int(group.diverged.sum())
        row["runs"] = len(group)
        rows.append(row)
    return pd.DataFrame(rows)


def _standard_error(values):
    """Return the standard error of a mean; NaN for one value."""
    return values.std(ddof=1) / math.sqrt(len(values)) if len(values) > 1 else math.nan


def _family(method):
    """Return the family of a method."""
    return next(name for name, members in FAMILIES.items() if method in members)


def lines(table: pd.DataFrame, epochs: int, seeds: int) -> Iterator[str]:
    """Write the table of `verdicts` as text, line by line."""
    for kind, rows in table.groupby("on", sort=False):
        yield f"\n{TITLES[kind]}, %; mlp, {epochs} epochs, {seeds} seeds; mean of the last ten epochs +- standard error"
        yield HEAD
        for row in rows.itertuples():
            lost = f"  diverged in {row.diverged} of {row.runs} runs" if row.diverged else ""
            score = f"{100 * row.score:8.2f} +- {100 * row.error:4.2f} {100 * row.best_val:9.2f}"
            gain = f"{100 * row.gain:9.2f} {row.errors:7.1f}"
            samples = f"{row.selected_precision:10.3f} {row.auc_weight:11.3f} {row.auc:9.3f}"
            yield f"{row.method:18s}{score} {gain} {samples} {row.seconds:8.3f}{lost}"
        for row in rows[rows.errors <= 2].itertuples():
            reason = REASONS.get(row.method, "no reason is known")
            yield f"{row.method} is not two standard errors above ERM: {reason}"
