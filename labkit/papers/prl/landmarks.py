"""PRL's regression on faces: Liu, Sun, Wang, Tan, Zhou, "Learning deep neural networks under agnostic corrupted
supervision", ICML 2021, Table 1.

A CNN learns landmarks from one half of the training images, with the right targets; a small network learns them from
the CNN's 512 features of the other half, with corrupted targets.

    runs = table(features(labkit.load("face-landmarks")))
    print(*lines(runs), sep="\\n")

With the paper's recipe least squares lose as much as in its Table 1. Two findings at 40 %:

1. linadv, quotas. The wrong targets lie so far off that the ranking never fails (the AUC of the loss is 1). But PRL(L)
   keeps int((1 - rate) B) samples of *every* batch, and a batch that happens to hold more than rate B wrong rows has to
   keep some of them; each pulls like dozens of right ones, more so once the right ones are fitted. With batches of 32
   R2 rises at first and then falls below 0. `quota_precision` is the best that such a filter can do: large batches, the
   whole set as one batch, or an assumed rate a little above the true one repair it.
2. The best epoch on noisy validation is no criterion here: with 40 % of the signs flipped, R2 of a perfect network is
   1 - .4 * 4 = -.6 on that split, and a network near the mean, from the first epochs, looks better.
"""

from dataclasses import replace
from itertools import product

import pandas as pd
import torch
from torch import nn
from tqdm.auto import tqdm

from ...data import Task
from ...data.task import Scale
from ...errors import choose, need
from ...fit import CRITERIA, Recipe, fit, hidden
from ...method import evaluate
from ...methods import ALL, ERM, make
from ...noise import ALL as MODELS
from ...noise import corrupt, suited
from ...ranks import kept
from ...recipes import PAPERS

PAPER = PAPERS["PRL, CelebA"]
EXTRACTOR = Recipe(optimiser="adam", lr=2e-3, momentum=0.0, batch=32, cosine=20)  # the paper does not give any
BY_HEART = Recipe(optimiser="adam", lr=1e-3, momentum=0.0, batch=128)  # plain training fits wrong targets, too
NOISES, METHODS = ("clean", *PAPER.noise), ("ERM", "Huber", "PRL(L)")


def features(task, epochs=20, seed=0, recipe=EXTRACTOR, val=0.1):
    """Images -> a task of what the last layer of celeba_cnn gets: x [N, 512], targets standardised, ids kept.

    task: a clean regression on images, 16 x 16 or more. Half of its training and validation samples, drawn from `seed`,
    train the CNN for `epochs`; the others become the training samples and, a share `val` of them, the validation split
    of the new task. The test set is the same. Raises ValueError for classes and for a task with noise.
    """
    fine = task.classes is None and task.noise is None and task.truth is not None
    need(fine, "task", task.name, "a clean regression whose truth is known: the CNN learns from right targets")
    mine, others = torch.randperm(_size(task), generator=torch.Generator().manual_seed(seed)).tensor_split(2)
    run = fit(ERM(), _part(task, mine, 0.0), "celeba_cnn", epochs, seed, recipe, progress=False)
    return _seen_by(run.method.nets[0], _part(task, others, val))


def _size(task):
    return len(task.train) + len(task.train.val)


def _part(task, i, val):
    """A task of some of the training and validation samples, counted in this order; targets standardised anew."""
    both = lambda name: torch.cat([getattr(half, name).cpu() for half in (task.train, task.train.val)])[i]
    stored = task.units.stored if task.units else lambda y: y
    y, y_test = stored(torch.cat([task.truth.y, task.truth.val]))[i], stored(task.test.y)
    where = {"scale": task.train.scale, "ids": both("ids"), "origin": task.train.origin}
    return Task.of(both("x"), y, task.test.x, y_test, task.name, val, standardise=True, y_true="given", **where)


def _seen_by(net, task):
    """The task, with what the network's last linear layer gets in place of its samples."""
    net.to(task.train.y.device)
    seen = lambda split: replace(split, x=last_inputs(net, split), scale=Scale(), mapped=False)
    train = replace(seen(task.train), val=seen(task.train.val))
    return replace(task, name=f"{task.name} features", train=train, test=seen(task.test))


def last_inputs(net, split):
    """What the last linear layer of a network gets, in evaluation mode. -> [N, D]"""
    layers, seen = [layer for layer in net.modules() if isinstance(layer, nn.Linear)], []
    need(layers, "net", type(net).__name__, "a network with a linear layer at its end")
    hook = layers[-1].register_forward_pre_hook(lambda layer, given: seen.append(given[0]))
    evaluate(net, split)
    hook.remove()
    return torch.cat(seen)


def table(
    task, noises=NOISES, rate=0.4, methods=METHODS, seeds=(0, 1), epochs=PAPER.epochs, recipe=PAPER.recipe, *,
    assumed=None, store=None, progress=None,
):  # fmt: skip
    """Train every method on every noise from every seed, with PRL's small network. -> DataFrame, a row per run

    task: of `features`. noises: names in labkit.noise.suited(task), or "clean"; methods: names in labkit.methods.ALL;
    those that assume a rate get `assumed`, None: the true one. store, progress: see `runs.grid.grid`.
    Columns: noise, rate, method, seed; R2 on the test set by criterion (CRITERIA); of the last epoch precision (the
    share of right rows among those used) and auc (of the loss, for wrong rows); seconds. Raises ValueError, before any
    training, for an unknown name.
    """
    known = {"clean": None} | {name: MODELS[name] for name in suited(task)}
    models = {name: choose("noises", name, known) for name in noises}
    for name in methods:
        choose("methods", name, ALL)
    rows, cells = [], list(product(models, seeds, dict.fromkeys(methods)))
    for name, seed, method in tqdm(cells, unit="run", disable=hidden(progress), leave=bool(progress)):
        true = rate if models[name] else 0.0
        noisy = corrupt(task, models[name](true), seed) if models[name] else task
        bound = make(method, true if assumed is None else assumed)
        run = fit(bound, noisy, PAPER.net, epochs, seed, recipe, store=store, progress=False)
        rows.append({"noise": name, "rate": true, "method": method, "seed": seed, **_row(run)})
    return pd.DataFrame(rows)


def _row(run):
    """What the table says of a run. -> dict"""
    last, seconds = run.rows[-1], sum(row["seconds"] for row in run.rows)
    return {**run.accuracy, "precision": last["selected_precision"], "auc": last["auc"], "seconds": seconds}


def quota_precision(n, rate, batch, assumed=None):
    """Expected share of right rows among those that a perfect ranking keeps, int((1 - assumed) B) of every batch of B.

    n rows, int(rate n) of them wrong, in random order; a last, incomplete batch is left out. assumed: None = rate. ->
    float
    """
    need(isinstance(batch, int) and 0 < batch <= n, "batch", batch, f"a whole number in 1..{n}")
    bad, keep = int(rate * n), kept(rate if assumed is None else assumed, batch)
    wrong = torch.arange(max(0, batch - n + bad), min(bad, batch) + 1, dtype=torch.float64)  # in one batch
    groups = wrong, bad - wrong, batch - wrong, n - bad - batch + wrong
    share = torch.softmax(-sum(torch.lgamma(group + 1) for group in groups), 0)  # hypergeometric
    too_many = share @ (wrong - (batch - keep)).clamp(min=0)
    return 1 - too_many.item() / keep


def lines(runs):
    """The rows of `table` as text: mean +- standard deviation over the seeds. -> iterator of lines"""
    yield f"{'R2 on the test set':24s}" + "".join(f"{name:>18s}" for name in CRITERIA) + "  precision    AUC"
    for (name, rate, method), some in runs.groupby(["noise", "rate", "method"], sort=False):
        spread = some[list(CRITERIA)].std(ddof=0)
        scores = "".join(f"{some[score].mean():10.3f} +-{spread[score]:5.3f}" for score in CRITERIA)
        yield f"{name:9s} {rate:4.0%} {method:9s}{scores} {some.precision.mean():10.3f} {some.auc.mean():6.3f}"
