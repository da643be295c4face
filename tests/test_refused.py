"""Arguments that were taken in silence, or refused in raw words of Python: each has the right value or is named."""

import json
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
import torch

import labkit
from labkit import Task, noise
from labkit.data import Scale
from labkit.methods import (
    CDR,
    ELR,
    ERM,
    L_DMI,
    PES,
    PRL_L,
    SPL,
    ConfidentLearning,
    CoTeaching,
    CoTeachingPlus,
    Decoupling,
    FineTuning,
    MWNet,
    TRevision,
)
from labkit.runs.sweep import Plan

X, Y = np.random.default_rng(0).normal(size=(60, 5)).astype("f"), np.arange(60) % 3
SMALL = labkit.load("digits", n=60)


@dataclass(kw_only=True, eq=False)
class Untrained(ERM):
    """It fails as soon as it meets networks and data."""

    def bind(self, make_net, make_opt, train, meta, rng):
        raise AssertionError("it would train")


def fit(method="ERM", **settings):
    return labkit.fit(**{"method": method, "task": SMALL, "net": "mlp", "epochs": 1, "seed": 0} | settings)


def arrays(**settings):
    return Task.of(**{"x": X, "y": Y, "x_test": X, "y_test": Y} | settings)


def plan(**entries):
    return Plan.read({"fit": {"data": "digits", "net": "mlp", "epochs": 1, "method": "ERM", "seed": 0} | entries})


NEVER = Untrained()
REFUSED = {
    "a boolean in quotes": (partial(CDR, rate=0.2, strict="False"), "strict of CDR is 'False'; .*True or False"),
    "a boolean as a number": (partial(CoTeaching, rate=0.2, divide_twice=1), "divide_twice of CoTeaching is 1; "),
    "normalise": (partial(MWNet, normalise="no"), "normalise of MWNet is 'no'; "),
    "buffer": (partial(Decoupling, buffer=0), "buffer of Decoupling is 0; "),
    "reweight": (partial(ConfidentLearning, reweight="yes"), "reweight of ConfidentLearning is 'yes'; "),
    "an inherited word": (partial(PRL_L, rate=0.2, mode="0.1"), "mode of PRL_L is '0.1'; "),
    "an inherited number": (partial(PRL_L, rate=0.2, first="x"), "first of PRL_L is 'x'; "),
    "an inherited factor": (partial(PRL_L, rate=0.2, growth=-1), "growth of PRL_L is -1; "),
    "batch_size of L_DMI": (partial(L_DMI, batch_size="x"), "batch_size of L_DMI is 'x'; "),
    "warmup of L_DMI": (partial(L_DMI, warmup=2.5), "warmup of L_DMI is 2.5; "),
    "revise": (partial(TRevision, revise="0.1"), "revise of TRevision is '0.1'; .*whole number"),
    "estimate": (partial(TRevision, estimate=True), "estimate of TRevision is True; "),
    "start": (partial(CoTeachingPlus, rate=0.2, start="x"), "start of CoTeachingPlus is 'x'; "),
    "first_epoch": (partial(CoTeaching, rate=0.2, first_epoch=7), "first_epoch of CoTeaching is 7; "),
    "an infinite rate of a stage": (partial(PES, refine_lr=float("inf")), "refine_lr of PES is inf; "),
    "another infinite one": (partial(FineTuning, tune_lr=float("inf")), "tune_lr of FineTuning is inf; "),
    "a third one": (partial(TRevision, revise_lr=float("inf")), "revise_lr of TRevision is inf; "),
    "a list for a word": (partial(SPL, rate=0.2, mode=[]), r"mode of SPL is \[\]; it may be fraction, threshold"),
    "a rate that is missing": (CoTeaching, r"rate of CoTeaching is missing; .*\[0, 1\).*labkit.estimate_rate\(task\)"),
    "a missing rate, by name": (partial(fit, "Co-teaching"), r"'Co-teaching'; .*rate of CoTeaching.*estimate_rate"),
    "a name with an error": (partial(CDR, rat=0.2), "an argument of CDR is 'rat'; .*did you mean 'rate'"),
    "milestones": (partial(labkit.Recipe, milestones=5), "recipe's milestones is 5; "),
    "milestones as text": (partial(labkit.Recipe, milestones="10,20"), "recipe's milestones is '10,20'; "),
    "betas": (partial(fit, NEVER, recipe={"optimiser": "adam", "betas": (0.9,)}), r"recipe's betas is \(0.9,\); "),
    "nesterov as a number": (partial(fit, NEVER, recipe={"nesterov": 1}), "recipe's nesterov is 1; "),
    "nesterov without momentum": (
        partial(labkit.Recipe, nesterov=True, momentum=0.0), "recipe's nesterov is True; "),
    "drop_last": (partial(labkit.Recipe, drop_last="no"), "recipe's drop_last is 'no'; "),
    "milestones of a plan": (partial(plan, **{"recipe.milestones": 5}), "recipe.milestones is 5; "),
    "betas of a plan": (partial(plan, **{"recipe.betas": [0.9]}), r"recipe.betas is \[0.9\]; "),
    "on_epoch": (partial(fit, NEVER, on_epoch=5), "on_epoch is 5; it must be a function or None"),
    "checkpoint_every": (partial(fit, NEVER, checkpoint_every="x"), "checkpoint_every is 'x'; it must be seconds"),
    "epochs that are a truth": (partial(fit, NEVER, epochs=True), "epochs is True; "),
    "too many epochs": (partial(fit, NEVER, epochs=10**400), "epochs is 1000.*; "),
    "a seed that is a truth": (partial(fit, NEVER, seed=True), "seed is True; "),
    "a seed that another one equals": (partial(fit, NEVER, seed=2**32), "seed is 4294967296; .*2.*32 - 1"),
    "a seed of more than 64 bits": (partial(fit, NEVER, seed=2**64), "seed is 18446744073709551616; "),
    "life": (partial(fit, NEVER, life="yes"), "life is 'yes'; it must be True or False"),
    "store": (partial(fit, NEVER, store=5), "store is 5; it must be a path or None"),
    "a list of devices": (partial(fit, NEVER, device=["cuda:0", "cuda:1"]), "device is .*; it must be one device"),
    "a device that is a truth": (partial(fit, NEVER, device=True), "device is True; "),
    "a device that is no number": (partial(fit, NEVER, device=float("nan")), "device is nan; "),
    "a name for a task": (partial(labkit.corrupt, "digits", noise.symmetric(0.2), 0), "task is 'digits'; .*load"),
    "a truth for a class": (partial(noise.asymmetric, 0.2, pairs={True: 2}), "pairs of asymmetric noise is {True"),
    "a class for itself": (partial(noise.asymmetric, 0.2, pairs={1: 1}), "pairs is {1: 1}; .*two different classes"),
    "one class": (
        lambda: labkit.corrupt(arrays(y=Y * 0, y_test=Y * 0), noise.symmetric(0.2), 0), "classes of task .* is 1; .*2"
    ),
    "uniform noise on one class": (
        lambda: labkit.corrupt(arrays(y=Y * 0, y_test=Y * 0), noise.uniform(0.2), 0), "classes of task .* is 1; "
    ),
    "no test set": (partial(arrays, x_test=None), "x_test is "),
    "no test": (partial(arrays, x_test=None, y_test=None), "y_test is "),
    "no test labels": (partial(arrays, y_test=None), "y_test is "),
    "classes in quotes": (partial(arrays, classes="3"), "classes is '3'; "),
    "classes with a point": (partial(arrays, classes=3.0), "classes is 3.0; "),
    "a scale that is none": (partial(arrays, scale="x"), "scale is 'x'; it must be a labkit.data.Scale"),
    "a scale of 0": (partial(Scale, 0.0), "top of Scale is 0.0; "),
    "too few names of classes": (partial(arrays, class_names=("a", "b")), "class_names is .*; it must be 3 of them"),
    "an id twice": (partial(arrays, ids=np.zeros(60, int)), "ids is .*; it must be different positions"),
    "a width of a network": (partial(labkit.nets.mlp, width="128"), "width is '128'; "),
    "a width for no groups": (partial(labkit.nets.small_cnn, width=6), "width is 6; it must be a multiple of 4"),
    "an unknown word of a network": (partial(labkit.nets.cnn9, variant="code"), "variant is 'code'; "),
}  # fmt: skip


@pytest.mark.parametrize("make, words", REFUSED.values(), ids=REFUSED)
def test_it_is_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_numbers_of_numpy_and_torch_are_numbers(tmp_path):
    run = fit(ELR(lam=np.float32(3)), seed=np.int64(1), epochs=torch.tensor(1), store=tmp_path)
    assert json.loads((run.folder / "config.json").read_text())["config"]["hyperparameters"]["lam"] == 3.0
    assert run.config["seed"] == 1 and run.config["epochs"] == 1
    again = fit(ELR(lam=3), seed=1, store=tmp_path)
    assert again.name == run.name and again.method is None, "3 and np.float32(3) are the same run"


def test_negative_strides_are_read():
    assert torch.equal(arrays(x=X[::-1]).train.x, arrays(x=X[::-1].copy()).train.x)


def test_pairs_of_numpy_numbers():
    task = labkit.corrupt(labkit.load("digits", n=300), noise.asymmetric(0.5, pairs={np.int64(1): np.int64(2)}), 0)
    changed = task.train.y != task.truth.y
    assert changed.any() and set(task.truth.y[changed].tolist()) == {1} and set(task.train.y[changed].tolist()) == {2}


@pytest.mark.slow
@pytest.mark.parametrize(
    "method",
    [
        partial(CDR, rate=np.float32(0.99)), partial(SPL, mode="threshold", growth=1e9),
        partial(CoTeaching, rate=0.99, ramp=0),
        partial(PES, warmup=1, parts=(1, 1), refine=(1, 1)), partial(ELR, lam=0, beta=0.999),
        partial(TRevision, estimate=1, revise=1, quantile=1.0), partial(labkit.methods.Mixup, alpha=1e9),
        partial(labkit.methods.DivideMix, warmup=0, temperature=0.1), partial(labkit.methods.Focal, gamma=100),
        partial(labkit.methods.GCE, q=1, truncate=0.999, start=0), partial(labkit.methods.CRUST, keep=1e-6, start=0),
        partial(labkit.methods.SCE, A=-1e-9), partial(labkit.methods.INCV, rounds=1, selection_epochs=1),
        partial(labkit.methods.SOP, std=0), partial(labkit.methods.NormClip, clip=1e-300), partial(PRL_L, rate=0.999),
    ],
)  # fmt: skip
def test_what_is_taken_trains(method):
    run = fit(method())
    assert run.finished and np.isfinite(run.rows[-1]["train_loss"])
