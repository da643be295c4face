"""fit: bind a method to data and a network, train it, and return a Run."""

import threading
from collections.abc import Callable, Collection
from copy import deepcopy
from typing import Annotated

import torch

from ..arguments import MOST_EPOCHS, Epochs, Flag, Function, Number, Place, Seed, checked
from ..data import Split, Task
from ..errors import Diverged, need
from ..generators import seed_all, unmoved
from ..method import Method
from . import check
from .accuracy import CRITERIA, criteria
from .config import about, configuration
from .identity import identified, user_code
from .keep import Keeper
from .life import Life
from .loop import Loop
from .network import NetMaker, maker
from .progress import advance_shared, hidden, one_bar, progress_bar, resume_printer, waiting_printer
from .recipe import Recipe
from .resume import resume
from .run import Run, identity

__all__ = [
    "CRITERIA", "Keeper", "Life", "Loop", "Recipe", "Run",
    "begin", "criteria", "fit", "hidden", "identified", "identity", "maker", "one_bar", "snapshots",
]  # fmt: skip

Seconds = Annotated[float, Number(0, 10**6, what="seconds, a number")]

# a panel's thread and a cell may make networks at the same time, and both use the global generators
_seeding = threading.Lock()


@checked
def fit(
    method: Method | str,
    task: Task,
    net: NetMaker,
    epochs: Epochs,
    seed: Seed,
    recipe: Recipe | dict | None = None,
    device: str | torch.device | None = None,
    meta: Split | None = None,
    *,
    life: Flag = False,
    store: Place | None = None,
    on_epoch: Function | None = None,
    progress: Flag | None = None,
    checkpoint_every: Seconds = 30.0,
    wait: Flag = True,
) -> Run:
    """Train `method` on `task`, measure it after every epoch, and return the Run.

    The same seed gives the same numbers, bit for bit, on the CPU at the same number of threads.

    method: a Method, e.g. CDR(rate=0.4), or the name of one that needs no hyperparameter. `fit` trains a copy; the
    object that it is given stays unbound.
    net: a name in labkit.nets.ALL, or a function that makes a module. The function gets `shape` and `classes` if it
    takes them (functools.partial(labkit.nets.mlp, width=512) for another width).
    epochs: 1 or more. Where the store holds the same training with fewer epochs, the run goes on from there if nothing
    in the method depends on their number; otherwise it says why not.
    recipe: a Recipe, or a dict of its entries.
    device: "cpu", "cuda", ...; None takes CUDA if there is a device.
    meta: a Split for methods that learn from a meta set.
    life: keep loss, weight, selection and predicted class of every training sample in every epoch.
    store: a folder. The run becomes a folder in it and is checkpointed every `checkpoint_every` seconds. A run that was
    killed goes on where it was; a finished one is read instead of trained.
    wait: if another process trains the same run in the same store, wait for it and read the run; False raises Busy.
    on_epoch: a function of the run, called after every epoch. If it returns true, the training stops there and the run
    is stored with notes["stopped"]. The same call goes on from that epoch, unless on_epoch(run) is still true. A
    function that only reads the run is no part of the run's identity, so the run also goes on with another function
    or without one.
    progress: show a bar; None shows it in a terminal and in a notebook.

    Raises ValueError, before anything is trained or written, for an argument that cannot be used, and
    labkit.errors.Diverged (with the run so far) if a loss is not finite.
    """
    stored = store is not None
    config, start = _prepare(method, task, net, epochs, seed, recipe, device, meta, life, on_epoch, stored)
    if not stored:
        with unmoved():  # the user's generators stay where they were
            run, loop = start()
            return _train(run, loop, None, on_epoch, progress_bar(progress, run, epochs))
    with Keeper(store, config, checkpoint_every, waiting_printer(progress) if wait else None) as keeper:
        if keeper.finished:
            advance_shared()
            return Run.load(keeper.folder)
        with unmoved():
            run, loop = resume(keeper, start, resume_printer(progress))
            if run.stopped and on_epoch and on_epoch(run):  # it would stop there again
                run.folder = keeper.folder
                return run
            run.notes.pop("stopped", None)
            return _train(run, loop, keeper, on_epoch, progress_bar(progress, run, epochs))


@checked
def begin(
    method: Method | str,
    task: Task,
    net: NetMaker,
    epochs: Epochs,
    seed: Seed,
    recipe: Recipe | dict | None = None,
    device: str | torch.device | None = None,
    meta: Split | None = None,
    *,
    life: Flag = False,
) -> tuple[Run, Loop]:
    """Return a training before its first step, for a caller who drives it. -> Run, Loop

    `loop.run()` yields "batch" after each batch and "epoch" after each epoch; `loop.begin_epoch(None)` and
    `loop.one_batch()` take single steps. `loop.method` is the bound copy of the method. Arguments and errors of `fit`.
    The global generators (torch's, numpy's, Python's) are seeded and stay so.
    """
    _, start = _prepare(method, task, net, epochs, seed, recipe, device, meta, life)
    return start()


@checked
def snapshots(
    method: Method | str,
    task: Task,
    net: NetMaker,
    epochs: Epochs,
    seed: Seed,
    recipe: Recipe | dict | None = None,
    device: str | torch.device | None = None,
    meta: Split | None = None,
    *,
    at_epochs: Collection[int] | None = None,
) -> dict[int, list[torch.nn.Module]]:
    """Train as `fit` does, bit for bit, and return copies of the networks on the way. -> {epoch: [network, ...]}

    at_epochs: the epochs to copy after, counted over all stages from 1 on; 0 is the start; None copies after all of
    them. The training ends with the last one. A stage that ends with its best weights takes them after its last epoch,
    so a snapshot of that epoch has the weights before. The networks are in training mode and on the device. The global
    generators are put back.

    Arguments and errors of `fit`; ValueError for an epoch that the training does not reach.
    `method.bound_to(networks, task.train, epoch=...)` asks the method about a snapshot.
    """
    with unmoved():
        _, loop = begin(method, task, net, epochs, seed, recipe, device, meta)
        last = MOST_EPOCHS if loop.several else epochs
        _check_epochs(at_epochs, last)
        copies = _copies(loop, at_epochs)
    reached = at_epochs is None or copies.keys() == set(at_epochs)
    need(reached, "at_epochs", at_epochs, f"epochs of the training: it has {len(loop.rows)}")
    return copies


def _check_epochs(at_epochs, last):
    """Raise ValueError unless `at_epochs` is None or holds epochs from 0 to the last one."""
    if at_epochs is None:
        return
    may_be = f"None, or numbers of epochs from 0 to {last}"
    need(isinstance(at_epochs, Collection) and not isinstance(at_epochs, str), "at_epochs", at_epochs, may_be)
    for epoch in at_epochs:
        is_whole = isinstance(epoch, int) and not isinstance(epoch, bool)
        need(is_whole and 0 <= epoch <= last, "at_epochs", at_epochs, may_be)


def _copies(loop, at_epochs):
    """Drive a loop and copy its networks after the given epochs (None: all). -> {epoch: [network, ...]}"""
    copies = {}
    if at_epochs is None or 0 in at_epochs:
        copies[0] = deepcopy(loop.method.nets)
    if at_epochs is not None and max(at_epochs, default=0) == 0:
        return copies
    for event in loop.run():
        if event != "epoch":
            continue
        epoch = len(loop.rows)
        if at_epochs is None or epoch in at_epochs:
            copies[epoch] = deepcopy(loop.method.nets)
        if at_epochs is not None and epoch == max(at_epochs):
            break
    return copies


def _prepare(
    method, task, net, epochs, seed, recipe, device, meta, life, on_epoch=None, stored=False
) -> tuple[dict, Callable[[], tuple[Run, Loop]]]:
    """Check all arguments of `fit`. -> the run's configuration, and start() -> Run, Loop

    stored: the run goes to a store, so everything in its configuration must be identified.
    """
    check.check_data(task, meta)
    recipe = Recipe.of(recipe)
    device = check.torch_device(device)
    method = check.unbound_copy(method)
    check.check_method(method, task, meta)
    net_name = check.net_name(net)
    make_net = maker(net, task, device)
    code = user_code(method, net, task, recipe, on_epoch, stored)
    config = configuration(method, task, net_name, epochs, seed, recipe, meta, life, code, stored)

    def start():
        bound = check.unbound_copy(method)
        on_device = task.to(device)
        with _seeding:
            seed_all(seed)
            loop = Loop(
                method=bound,
                task=on_device,
                make_net=make_net,
                epochs=epochs,
                seed=seed,
                recipe=recipe,
                meta=None if meta is None else meta.to(device),
                life=life,
            )
        notes = bound.notes() | _task_notes(task)
        return Run(config, loop.rows, notes, loop.life, bound, about(device), best=loop.kept), loop

    return config, start


def _task_notes(task):
    """Return what a run notes about its task: noise in words, trust in the test labels, sizes, kind of score."""
    notes = {"noise_words": task.noise_text}
    if not task.test.trusted:
        notes["test_labels"] = "given: whether they are true is not known"
    notes["samples"] = len(task.train)
    notes["score"] = "accuracy" if task.classes else "R2"
    notes["network"] = {"shape": list(task.shape), "outputs": task.classes or task.train.y.shape[-1]}
    return notes


def _train(run, loop, keeper, on_epoch, show_progress):
    """Drive the loop, with checkpoints, to its end or to the epoch where on_epoch returns true. -> Run"""
    try:
        for event in loop.run():
            if event == "epoch":
                show_progress(loop.rows)
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
        message = f"{error}; lower the recipe's lr. The history so far is the error's run.history"
        if keeper:
            message += f" and {keeper.diverged(run, error)}"
        raise Diverged(message, run) from error
    finally:
        show_progress(None)
    run.finished = not run.stopped
    run.notes |= run.method.notes()  # what was estimated on the way
    if keeper:
        keeper.finish(run, loop)
    return run
