"""The network of a run with the weights of its last or of its best epochs."""

from collections.abc import Callable
from copy import deepcopy

import torch

from .. import nets
from ..errors import choose, need
from .accuracy import CRITERIA
from .ending import BEST, OLD, read_best
from .network import build
from .seal import check_files, read_facts

Network = str | Callable | torch.nn.Module | None
EPOCHS = [name for name in CRITERIA if name != "last10"]  # criteria that name a single epoch


def network(run, best="last", k=0, net=None) -> torch.nn.Module:
    """Network k of a run with the weights of an epoch, see Run.net. -> module in evaluation mode"""
    choose("best", best, dict.fromkeys(EPOCHS))
    states = _states(run, best)
    whole = isinstance(k, int) and not isinstance(k, bool)
    need(whole and 0 <= k < len(states), "k", k, f"a number of a network, 0 to {len(states) - 1}")
    module = _empty(run, k, net)
    state = {name: tensor.cpu() for name, tensor in states[k].items()}
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        words = str(error).partition("\n")[0]
        raise ValueError(f"net is {net!r}; it must be the one that the run was trained with: {words}") from None
    return module.eval()


def _states(run, best):
    """The weights of an epoch. -> a state dict per network"""
    last = run.state()["nets"]
    if best == "last":
        return last
    if run.best is None:
        check_files(run.folder, read_facts(run.folder), (BEST,))
    kept = run.best if run.best is not None else read_best(run.folder, last)
    why = "the run held nothing out for validation (val=0)" if best == "best_val" else "no test score is a number"
    need(best in kept.epochs, "best", best, f'"last": {why}')
    return kept.weights[kept.epochs[best]]


def _empty(run, k, net):
    """A network for the weights: a copy of the trained one or of a given one, or one that is made anew. -> module"""
    if net is None and run.method is not None:
        return deepcopy(run.method.nets[k]).cpu()
    if isinstance(net, torch.nn.Module):
        return deepcopy(net).cpu()
    name, place = run.config["net"], run.notes.get("network")
    needed = "what `fit` was given, a function that makes the network: the run holds its weights, not its code"
    need(net is not None or (isinstance(name, str) and name in nets.ALL), "net", None, needed)
    need(place is not None, "net", net, f"a module that the weights fit: the run does not tell its shape, {OLD}")
    if isinstance(net, str):
        choose("net", net, nets.ALL)
    need(net is None or isinstance(net, str) or callable(net), "net", net, "a name, a function or a module")
    return build(name if net is None else net, place["shape"], place["outputs"])
