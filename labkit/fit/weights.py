"""The network of a run with the weights of its last or of its best epochs."""

from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING

import torch

from .. import nets
from ..errors import choose, need
from .accuracy import CRITERIA
from .ending import BEST, OLD, read_best
from .network import build
from .seal import check_files, read_facts

if TYPE_CHECKING:
    from .run import Run

Network = str | Callable | torch.nn.Module | None
EPOCHS = [name for name in CRITERIA if name != "last10"]  # criteria that name a single epoch


def network(run: "Run", best: str = "last", k: int = 0, net: Network = None) -> torch.nn.Module:
    """Return network k of a run with the weights of an epoch, in evaluation mode, see Run.net."""
    choose("best", best, dict.fromkeys(EPOCHS))
    states = _states(run, best)
    is_whole = isinstance(k, int) and not isinstance(k, bool)
    need(is_whole and 0 <= k < len(states), "k", k, f"a number of a network, 0 to {len(states) - 1}")
    module = _empty(run, k, net)
    state = {name: tensor.cpu() for name, tensor in states[k].items()}
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"net is {net!r}; it must be the one that the run was trained with: {reason}") from None
    return module.eval()


def _states(run, best):
    """Return the weights of an epoch. -> a state dict per network"""
    last_weights = run.state()["nets"]
    if best == "last":
        return last_weights
    kept = run.best
    if kept is None:
        check_files(run.folder, read_facts(run.folder), (BEST,))
        kept = read_best(run.folder, last_weights)
    reason = "the run held nothing out for validation (val=0)" if best == "best_val" else "no test score is a number"
    need(best in kept.epochs, "best", best, f'"last": {reason}')
    return kept.weights[kept.epochs[best]]


def _empty(run, k, net):
    """Return a network for the weights: a copy of the trained one or of a given one, or one that is made anew."""
    if net is None and run.method is not None:
        return deepcopy(run.method.nets[k]).cpu()
    if isinstance(net, torch.nn.Module):
        return deepcopy(net).cpu()
    name = run.config["net"]
    sizes = run.notes.get("network")
    may_be = "what `fit` was given, a function that makes the network: the run holds its weights, not its code"
    need(net is not None or (isinstance(name, str) and name in nets.ALL), "net", None, may_be)
    need(sizes is not None, "net", net, f"a module that the weights fit: the run does not tell its shape, {OLD}")
    if isinstance(net, str):
        choose("net", net, nets.ALL)
    need(net is None or isinstance(net, str) or callable(net), "net", net, "a name, a function or a module")
    return build(name if net is None else net, sizes["shape"], sizes["outputs"])
