"""Every method beside plain SGD: one small training each, on the embedded data, by one command.

    ./lab methods CDR Co-teaching --epochs 60 --seeds 3 --jobs 2

Classes: handwritten digits, symmetric noise, mlp. Regression: drawn faces, signs of targets flipped, mlp. A method gets
what it needs to know: the assumed rate is the true one, a meta set is 100 samples held out of the training set.
SETTINGS holds what differs from a method's defaults; it was chosen on noisy validation at seed 100, which is none of
the seeds below.
"""

import math
from concurrent.futures import ProcessPoolExecutor
from functools import partial
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
    **dict.fromkeys(
        ("MAE", "Huber", "NormClip"), "on the faces, 60 epochs let it learn the wrong rows by heart, only later"
    ),
    **dict.fromkeys(
        ("RDI", "AUX", "CDR", "CDR+AUX", "CDR+RDI"), "on the faces, 60 epochs let it learn the wrong rows by heart, too"
    ),
}


def job(name, kind, seed, epochs):
    """Train one method once. -> a row: test score by criterion, precision, AUC, seconds per epoch"""
    torch.set_num_threads(1)
    clean, noise = (load("digits"), symmetric(RATE)) if kind == "classes" else (load("faces"), signflip(RATE))
    noisy, settings, diverged = corrupt(clean, noise, seed), SETTINGS.get(name, {}), False
    method, task, meta = enter(name, settings, RATE, noisy, META, seed)
    try:
        run = fit(method, task, "mlp", epochs, seed, RECIPE, meta=meta, progress=False)
    except Diverged as error:
        run, diverged = error.run, True
    scores = dict.fromkeys(CRITERIA, math.nan)
    scores |= {"best_val": run.accuracy.get("best_val", math.nan)} if diverged else run.accuracy
    kept = {}
    for column in ("selected_precision", "auc_weight", "auc"):
        known = [row[column] for row in run.rows if row[column] == row[column]]  # MentorNet trusts nobody in the end
        kept[column] = known[-1] if known else math.nan
    seconds = sum(row["seconds"] for row in run.rows) / max(1, len(run.rows))
    return {"method": name, "on": kind, "seed": seed, "seconds": seconds, "diverged": diverged, **scores, **kept}


def compare(names=(), epochs=60, seeds=3, jobs=2):
    """Train the named methods (all, when none is named) and plain SGD from every seed. -> DataFrame, a row per run"""
    for name in names:
        choose("method", name, ALL)
    for argument, value in (("epochs", epochs), ("seeds", seeds), ("jobs", jobs)):
        need(isinstance(value, int) and value > 0, argument, value, "a whole number above 0")
    chosen = [name for name in ALL if name != "SGD" and (not names or name in ("ERM", *names))]
    kinds = ("classes", "numbers")
    work = [(name, on, s) for on in kinds for name in chosen if on in ALL[name].targets for s in range(seeds)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        rows = pool.map(partial(_star, epochs), work)
        return pd.DataFrame(tqdm(rows, total=len(work), unit="run", disable=hidden(None), leave=False))


def _star(epochs, words):
    return job(*words, epochs)


def verdicts(runs):
    """Mean and standard error per method beside plain SGD's, and how many standard errors lie between. -> DataFrame"""
    rows = []
    for (on, method), some in runs.groupby(["on", "method"], sort=False):
        plain = runs[(runs.on == on) & (runs.method == "ERM")].last10
        error = [
            each.std(ddof=1) / math.sqrt(len(each)) if len(each) > 1 else math.nan for each in (some.last10, plain)
        ]
        gain = some.last10.mean() - plain.mean()
        score = {"score": some.last10.mean(), "error": error[0], "best_val": some.best_val.mean(), "gain": gain}
        means = some[["selected_precision", "auc_weight", "auc", "seconds"]].mean().to_dict()
        sure = gain / math.hypot(*error) if method != "ERM" else math.nan
        family = next(name for name, members in FAMILIES.items() if method in members)
        lost = {"diverged": int(some.diverged.sum()), "runs": len(some)}
        rows.append({"on": on, "family": family, "method": method, **score, "errors": sure, **means, **lost})
    return pd.DataFrame(rows)


def lines(table, epochs, seeds):
    """The table of `verdicts` as text. -> iterator of lines"""
    titles = {"classes": "digits, symmetric 40 %: test accuracy", "numbers": "drawn faces, signflip 40 %: R2"}
    for on, some in table.groupby("on", sort=False):
        yield f"\n{titles[on]}, %; mlp, {epochs} epochs, {seeds} seeds; mean of the last ten epochs +- standard error"
        yield f"{'':18s}{'last ten':>16s} {'best val':>9s} {'over ERM':>9s} {'errors':>7s} {'precision':>10s}" + (
            f" {'AUC weight':>11s} {'AUC loss':>9s} {'s/epoch':>8s}"
        )
        for row in some.itertuples():
            lost = f"  diverged in {row.diverged} of {row.runs} runs" if row.diverged else ""
            yield (
                f"{row.method:18s}{100 * row.score:8.2f} +- {100 * row.error:4.2f} {100 * row.best_val:9.2f} "
                f"{100 * row.gain:9.2f} {row.errors:7.1f} {row.selected_precision:10.3f} {row.auc_weight:11.3f} "
                f"{row.auc:9.3f} {row.seconds:8.3f}{lost}"
            )
        for row in some[some.errors <= 2].itertuples():
            yield f"{row.method} is not two standard errors above ERM: {REASONS.get(row.method, 'no reason is known')}"
