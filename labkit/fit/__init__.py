"""fit: binds a method to data and a network, trains it, and leaves a Run."""

import os
import sys
import threading
from contextlib import nullcontext
from typing import Annotated

from ..arguments import Epochs, Flag, Function, Number, Place, Seed, checked
from ..errors import Diverged
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
    "begin", "criteria", "fit", "identified", "identity", "maker",
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
    """A training before its first step, for a caller who drives it: `loop.run()` yields "epoch" after each epoch.

    Arguments and errors of `fit`. It seeds the global generators (torch's, numpy's, Python's) and leaves them so. ->
    Run, Loop
    """
    return _prepared(method, task, net, epochs, seed, recipe, device, meta, life)[1]()


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
            loop = Loop(trained, on_device, make_net, epochs, seed, recipe, meta and meta.to(device), life)
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
