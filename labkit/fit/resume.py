"""Where a training goes on: its newest checkpoint, where on_epoch stopped it, or a shorter training of the same."""

import shutil
from collections.abc import Callable

import torch

from ..errors import need
from ..state import read_state
from .checkpoint import check_loop, check_optimisers, check_randomness, check_state
from .ending import read_ending, restore
from .keep import BEFORE, CURRENT, LOG, NEW, STOPPED, Keeper, stopped_after
from .seal import flaw, identity

UNUSABLE = ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError, OverflowError


def resume(keeper: Keeper, start: Callable, say: Callable = print) -> tuple:
    """Begin a run, or go on with it: from the newest checkpoint that can be used, from where on_epoch stopped the run,
    or from a shorter training of the same. The number of threads goes back to the one it was made with, since sums
    depend on it. start(): makes the run and its loop anew. say(text): called of a shorter training. -> Run, Loop"""
    run, loop = start()
    for path in (keeper.partial / name for name in (NEW, CURRENT, BEFORE)):
        if not path.exists():
            continue
        try:
            state = read_state(path)
            check_state(state, keeper.name)
            return _going_on(keeper, state, run, loop)
        except ValueError as error:
            keeper.log(f"{path.name} cannot be used: {error}; the one before it is used")
            run, loop = start()
    state = _stopped(keeper, run) or _shorter(keeper, loop, run, say)
    try:
        if state is not None:
            return _going_on(keeper, state, run, loop)
    except ValueError as error:
        keeper.log(f"what was stored cannot be used: {error}; it begins again")
        run, loop = start()
    keeper.log(f"begins: {run.config['method']}, seed {run.config['seed']}")
    return run, loop


def _going_on(keeper, state, run, loop):
    """Put a run and its loop where a state says. -> Run, Loop. Raises ValueError for a state that cannot be used"""
    take(state, loop)
    run.rows, run.life = loop.rows, loop.life
    keeper.log(f"goes on after {len(run.rows)} epochs and {loop.position} samples of the next")
    return run, loop


def take(state: dict, loop) -> None:
    """Put a loop and the global generators where a state says. Raises ValueError for one that does not fit; the loop
    must be made anew then."""
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
    """Where on_epoch stopped the run; its log goes on. -> dict or None"""
    place = keeper.folder if keeper.stored else keeper.partial / STOPPED
    epochs = stopped_after(place)
    state = _read(place) if epochs else {}
    if "loop" not in state:
        return None
    run.notes["stopped"] = epochs
    if not (keeper.partial / LOG).exists():
        shutil.copy(place / LOG, keeper.partial)
    return state


def _shorter(keeper, loop, run, say):
    """The end of the longest training with fewer epochs, where a longer one can go on from it. -> dict or None"""
    for epochs in range(keeper.config["epochs"] - 1, 0, -1):
        folder = keeper.folder.with_name(identity({**keeper.config, "epochs": epochs}))
        if (folder / "config.json").exists():
            return _longer(folder, epochs, loop, run, say)
    return None


def _longer(folder, epochs, loop, run, say):
    state = _read(folder)
    same = state.get("device") == loop.device.type
    why = state.get("obstacle") or (None if same else f"it ran on {state.get('device')}")
    if why:
        say(f"trains from the first epoch, not on from run {folder.name} ({epochs} epochs): {why}")
        return None
    run.notes["went_on_from"] = folder.name
    say(f"goes on from run {folder.name} after {len(state['loop']['rows'])} epochs")
    return state


def _read(folder):
    """The end of a training in its folder, or {"obstacle": why it cannot be used}. -> dict"""
    try:
        why = flaw(folder)
        state = {"obstacle": why} if why else read_ending(folder)
        need(isinstance(state, dict), folder.name, type(state).__name__, "a dict")
        return state
    except (OSError, *UNUSABLE) as error:
        return {"obstacle": str(error)}
