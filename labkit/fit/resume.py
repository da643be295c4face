"""Finds where a training goes on: at its newest checkpoint, where on_epoch stopped it, or at a shorter training."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from ..errors import need
from ..state import read_state
from .checkpoint import check_loop, check_optimisers, check_randomness, check_state
from .ending import read_ending, restore
from .keep import BEFORE, CURRENT, LOG, NEW, STOPPED, Keeper, stopped_after
from .seal import flaw, identity

if TYPE_CHECKING:
    from .loop import Loop
    from .run import Run

UNUSABLE = ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError, OverflowError


def resume(
    keeper: Keeper, start: Callable[[], tuple["Run", "Loop"]], report: Callable[[str], object] = print
) -> tuple["Run", "Loop"]:
    """Begin a run, or go on with it. -> Run, Loop

    It goes on from the newest checkpoint that can be used, from where on_epoch stopped the run, or from a training of
    the same with fewer epochs. The number of threads is set to that of the state, because sums depend on it. start():
    makes the run and its loop anew. report(message): called where a shorter training is used, or why it is not.
    """
    run, loop = start()
    for name in (NEW, CURRENT, BEFORE):
        path = keeper.partial / name
        if not path.exists():
            continue
        try:
            state = read_state(path)
            check_state(state, keeper.name)
            return _continue(keeper, state, run, loop)
        except ValueError as error:
            keeper.log(f"{path.name} cannot be used: {error}; the one before it is used")
            run, loop = start()
    state = _stopped(keeper, run) or _shorter(keeper, loop, run, report)
    try:
        if state is not None:
            return _continue(keeper, state, run, loop)
    except ValueError as error:
        keeper.log(f"what was stored cannot be used: {error}; it begins again")
        run, loop = start()
    keeper.log(f"begins: {run.config['method']}, seed {run.config['seed']}")
    return run, loop


def _continue(keeper, state, run, loop):
    """Set a run and its loop to a state. -> Run, Loop. Raises ValueError for a state that cannot be used"""
    load_state(state, loop)
    run.rows = loop.rows
    run.life = loop.life
    keeper.log(f"goes on after {len(run.rows)} epochs and {loop.position} samples of the next")
    return run, loop


def load_state(state: dict, loop: "Loop") -> None:
    """Set a loop and the global generators to a state.

    Raises ValueError for a state that does not fit; the loop must be made anew then.
    """
    check_randomness(state)
    check_loop(state["loop"], loop)
    threads = torch.get_num_threads()
    try:
        restore(state, loop)
        check_optimisers(loop.method.opts)
    except torch.OutOfMemoryError:
        raise
    except UNUSABLE as error:
        torch.set_num_threads(threads)
        raise ValueError(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}") from None


def _stopped(keeper, run):
    """Return the state where on_epoch stopped the run, or None; the run's log goes on."""
    folder = keeper.folder if keeper.stored else keeper.partial / STOPPED
    epochs = stopped_after(folder)
    state = _read(folder) if epochs else {}
    if "loop" not in state:
        return None
    run.notes["stopped"] = epochs
    if not (keeper.partial / LOG).exists():
        shutil.copy(folder / LOG, keeper.partial)
    return state


def _shorter(keeper, loop, run, report):
    """Return the end of the longest training with fewer epochs, or None if there is none to go on from."""
    for epochs in range(keeper.config["epochs"] - 1, 0, -1):
        folder = keeper.folder.with_name(identity({**keeper.config, "epochs": epochs}))
        if (folder / "config.json").exists():
            return _usable_ending(folder, epochs, loop, run, report)
    return None


def _usable_ending(folder, epochs, loop, run, report):
    """Return the end of a stored training if a longer one can go on from it, else None."""
    state = _read(folder)
    reason = state.get("obstacle")
    if not reason and state.get("device") != loop.device.type:
        reason = f"it ran on {state.get('device')}"
    if reason:
        report(f"trains from the first epoch, not on from run {folder.name} ({epochs} epochs): {reason}")
        return None
    run.notes["went_on_from"] = folder.name
    report(f"goes on from run {folder.name} after {len(state['loop']['rows'])} epochs")
    return state


def _read(folder: Path):
    """Return the end of a training in its folder, or {"obstacle": why it cannot be used}."""
    try:
        reason = flaw(folder)
        state = {"obstacle": reason} if reason else read_ending(folder)
        need(isinstance(state, dict), folder.name, type(state).__name__, "a dict")
        return state
    except (OSError, *UNUSABLE) as error:
        return {"obstacle": str(error)}
