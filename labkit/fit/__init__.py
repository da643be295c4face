"""fit: binds a method to data and a network, trains it, and leaves a Run."""

import os
import sys
import threading
from collections.abc import Collection
from contextlib import nullcontext
from copy import deepcopy
from typing import Annotated

from ..arguments import MOST_EPOCHS, Epochs, Flag, Function, Number, Place, Seed, checked
from ..errors import Diverged, need
from ..generators import seed_all, unmoved
from . import check
from .accuracy import CRITERIA, criteria
from .config import about, configuration
from .identity import identified, user_code
from .keep import Keeper
from .life import Life
from .loop import Loop
from .network import maker
from .recipe import Recipe
from .resume import resume
from .run import Run, identity

__all__ = [
    "CRITERIA", "Keeper", "Life", "Loop", "Recipe", "Run",
    "begin", "criteria", "fit", "identified", "identity", "maker", "snapshots",
]  # fmt: skip

Seconds = Annotated[float, Number(0, 10**6, what="seconds, a number")]

_seeding = (
    threading.Lock()
)  # a panel's thread and a cell may make networks at the same time; both use the global generators


@checked
def fit(
    method, task, net, epochs: Epochs, seed: Seed, recipe=None, device=None, meta=None, *,
    life: Flag = False, store: Place | None = None, on_epoch: Function | None = None, progress: Flag | None = None,
    checkpoint_every: Seconds = 30.0, wait: Flag = True,
):  # fmt: skip
    """Train `method` on `task` and measure it after every epoch. Same seed, same numbers, bit for bit (CPU, same number
    of threads).

    method: a Method, e.g. CDR(rate=0.4), or the name of one that needs no hyperparameter. It is copied; yours stays
    unbound.
    net: a name in labkit.nets.ALL, or a function that makes a module; `shape` and `classes` are passed to it if it
    takes them (functools.partial(labkit.nets.mlp, width=512) for another width).
    recipe: a Recipe, or a dict of its entries. device: "cpu", "cuda", ...; None takes CUDA when there is one. meta: a
    Split for meta-learning.
    life: keep the life of every training sample. store: a folder; the run becomes a folder in it, is checkpointed every
    `checkpoint_every` seconds, goes on where it was killed, and is read instead of trained when it is finished already.
    wait: where another process trains the same run in the same store, wait for it and read it; False raises Busy.
    on_epoch(run): called after every epoch; a true answer stops the training there: the run is stored with
    notes["stopped"], and the same call goes on from it, unless on_epoch, asked about that epoch again, still says stop.
    A function that only reads the run is no part of its identity: without it, or with another, the run goes on, too.
    progress: a bar; None shows one when somebody watches.
    epochs: where the store holds the same training with fewer epochs, it goes on from there if nothing in the method
    depends on their number; otherwise it says why not.
    Returns a Run. Raises ValueError, before anything is trained or written, for an argument that cannot be used, and
    labkit.errors.Diverged (with the run so far) when a loss is not finite.
    """
    kept = store is not None
    config, start = _prepared(method, task, net, epochs, seed, recipe, device, meta, life, on_epoch, kept)
    waits = _said(progress) if wait else None
    with Keeper(store, config, checkpoint_every, waits) if store is not None else nullcontext() as keeper:
        if keeper and keeper.finished:
            return Run.load(keeper.folder)
        with unmoved():  # the user's generators stay where they were
            run, loop = resume(keeper, start, _aloud(progress)) if keeper else start()
            if keeper:
                if run.stopped and on_epoch and on_epoch(run):  # it would stop there again
                    run.folder = keeper.folder
                    return run
                run.notes.pop("stopped", None)
            return _train(run, loop, keeper, on_epoch, _bar(progress, run, epochs))


@checked
def begin(
    method, task, net, epochs: Epochs, seed: Seed, recipe=None, device=None, meta=None, *, life: Flag = False,
):  # fmt: skip
    """Return a training before its first step, for a caller who drives it. -> Run, Loop

    `loop.run()` yields "batch" after each batch and "epoch" after each epoch; `loop.begin_epoch(None)` and
    `loop.one_batch()` take single steps. `loop.method` is the bound copy of the method. Arguments and errors of `fit`.
    The global generators (torch's, numpy's, Python's) are seeded and stay so.
    """
    return _prepared(method, task, net, epochs, seed, recipe, device, meta, life)[1]()


@checked
def snapshots(
    method, task, net, epochs: Epochs, seed: Seed, recipe=None, device=None, meta=None,
    *, at: Collection[int] | None = None,
):  # fmt: skip
    """Train as `fit` does, bit for bit, and return copies of the networks on the way. -> {epoch: [network, ...]}

    at: the epochs to copy after, counted over all stages from 1 on; 0 is the start; None: all of them. The training
    ends with the last one. A stage that ends with its best weights takes them after its last epoch, so a snapshot of
    that epoch has the weights before. The networks are in training mode and on the device. The global generators are
    put back. Arguments and errors of `fit`; ValueError for an epoch that the training does not reach.
    `method.bound_to(networks, task.train, epoch=...)` asks the method about a snapshot.
    """
    with unmoved():
        _, loop = begin(method, task, net, epochs, seed, recipe, device, meta)
        last = MOST_EPOCHS if loop.several else epochs
        _check_epochs(at, last)
        copies = _copies(loop, at)
    need(at is None or copies.keys() == set(at), "at", at, f"epochs of the training: it has {len(loop.rows)}")
    return copies


def _check_epochs(at, last):
    """Raise ValueError unless `at` is None or holds epochs from 0 to the last one."""
    if at is None:
        return
    may_be = f"None, or numbers of epochs from 0 to {last}"
    need(isinstance(at, Collection) and not isinstance(at, str), "at", at, may_be)
    for epoch in at:
        whole = isinstance(epoch, int) and not isinstance(epoch, bool)
        need(whole and 0 <= epoch <= last, "at", at, may_be)


def _copies(loop, at):
    """Drive a loop to the last epoch of `at` and copy its networks after each of them. -> {epoch: [network, ...]}"""
    copies = {}
    if at is None or 0 in at:
        copies[0] = deepcopy(loop.method.nets)
    if at is not None and max(at, default=0) == 0:
        return copies
    for event in loop.run():
        if event != "epoch":
            continue
        epoch = len(loop.rows)
        if at is None or epoch in at:
            copies[epoch] = deepcopy(loop.method.nets)
        if at is not None and epoch == max(at):
            break
    return copies


def _prepared(method, task, net, epochs, seed, recipe, device, meta, life, on_epoch=None, kept=False):
    """Check everything. kept: the run goes to a store, so it must have a name of its own. -> the run's configuration,
    and start() -> Run, Loop"""
    check.arguments(task, meta)
    recipe, device = Recipe.of(recipe), check.a_device(device)
    method = check.a_method(method)
    check.suits(method, task, meta)
    net_name, make_net = check.net_name(net), maker(net, task, device)
    code = user_code(method, net, task, recipe, on_epoch, kept)
    config = configuration(method, task, net_name, epochs, seed, recipe, meta, life, code, kept)

    def start():
        on_device, trained = task.to(device), check.a_method(method)
        with _seeding:
            seed_all(seed)
            loop = Loop(
                method=trained, task=on_device, make_net=make_net, epochs=epochs, seed=seed, recipe=recipe,
                meta=meta and meta.to(device), life=life,
            )  # fmt: skip
        notes = trained.notes() | {"noise_words": task.noise_text}
        notes |= {} if task.test.trusted else {"test_labels": "given: whether they are true is not known"}
        notes |= {"samples": len(task.train), "score": "accuracy" if task.classes else "R2"}
        notes["network"] = {"shape": list(task.shape), "outputs": task.classes or task.train.y.shape[-1]}
        return Run(config, loop.rows, notes, loop.life, trained, about(device), best=loop.kept), loop

    return config, start


def _said(progress):
    """Says that a run waits for another process; says nothing where no progress is wanted."""
    return lambda words: progress is False or print(f"labkit: {words}; waiting for it", flush=True)


def _aloud(progress):
    """Says on stderr from where a run goes on; silent with progress=False or LABKIT_PROGRESS=0."""
    quiet = progress is False or os.environ.get("LABKIT_PROGRESS") == "0"
    return lambda words: quiet or print(f"labkit: {words}", file=sys.stderr, flush=True)


def _train(run, loop, keeper, on_epoch, bar):
    """Drive the loop, with checkpoints, to its end or to the epoch where on_epoch says stop."""
    try:
        for event in loop.run():
            if event == "epoch":
                bar(loop.rows)
                if on_epoch and on_epoch(run) and not loop.at_end():
                    run.notes["stopped"] = len(run.rows)
                    break
            if keeper and keeper.due():
                keeper.save(loop)
    except KeyboardInterrupt:
        if keeper:
            keeper.save(loop)
        raise
    except Diverged as error:
        words = f"{error}; lower the recipe's lr. The history so far is the error's run.history"
        raise Diverged(f"{words} and {keeper.diverged(run, error)}" if keeper else words, run) from error
    finally:
        bar(None)
    run.finished = not run.stopped
    run.notes |= run.method.notes()  # what was estimated on the way
    if keeper:
        keeper.finish(run, loop)
    return run


def hidden(progress):
    """Is a progress bar to be left out? None: when nobody watches (neither a terminal nor a notebook). -> bool"""
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    quiet = os.environ.get("LABKIT_FAST") or os.environ.get("LABKIT_PROGRESS") == "0" or not watched
    return progress is False or (progress is None and bool(quiet))


def _bar(progress, run, epochs):
    """A progress bar with the test accuracy and the time left. -> bar(rows) after an epoch, bar(None) at the end"""
    if hidden(progress):
        return lambda rows: None
    from tqdm.auto import tqdm

    bar = tqdm(total=epochs, desc=run.config["method"], unit="epoch", delay=0 if progress else 1, leave=bool(progress))

    def show(rows):
        if rows is None:
            return bar.close()
        score = {k: f"{rows[-1][k]:.3f}" for k in ("test", "val_noisy", "r2_test") if k in rows[-1]}
        bar.set_postfix(score, refresh=False)
        bar.update(rows[-1]["epoch"] - bar.n)

    return show
