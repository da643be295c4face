"""The end of a training, in files: what another one needs to go on from it, and the weights of its best epochs.

best.safetensors      weights of the best epochs that the last ones are not
ending.safetensors    where the loop and the random generators were; networks and optimisers are in model.safetensors
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import torch

from .. import generators
from ..method import Method
from ..state import read_state, write_state
from .best import Best

if TYPE_CHECKING:
    from .loop import Loop

MODEL = "model.safetensors"
BEST = "best.safetensors"
ENDING = "ending.safetensors"
LIFE = "life.safetensors"
HISTORY = "history.parquet"
OLD = "it was stored by a version of labkit that kept no more than the last weights"


def obstacle(loop: "Loop") -> str | None:
    """Return why a longer training cannot go on from where this one is, or None if it can.

    It cannot if anything depends on the number of epochs: earlier stages, a method that read the number, or what is
    done at the end.
    """
    method = loop.method
    cls = type(method)
    if cls.epochs is not Method.epochs or method.reads_epochs:
        return f"{cls.__name__} depends on the number of epochs"
    if loop.stages != [None]:
        return f"{cls.__name__} trains in several stages"
    if loop.over and (cls.end_stage is not Method.end_stage or loop.ended_with_best):
        return f"{cls.__name__} changes something at the end of a training"
    return None


def ending(loop: "Loop") -> dict:
    """Return the state of a loop without its method, lives and best weights: plain values with tensors."""
    reason = obstacle(loop)
    facts = {"obstacle": reason, "device": loop.device.type}
    if loop.over and reason:
        return facts
    state = loop.state_dict()
    for name in ("method", "life", "kept", "rows"):
        del state[name]
    if loop.over:
        state |= {"k": 0, "epoch": len(loop.rows)}  # as it was before the stage ended
    return facts | {"loop": state, **randomness(loop.device)}


def randomness(device: torch.device) -> dict:
    """Return the states of the global generators, and the number of threads, on which sums depend."""
    state = generators.states() | {"threads": torch.get_num_threads()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def restore(state: dict, loop: "Loop") -> None:
    """Set a loop, the global generators and the number of threads to a state."""
    torch.set_num_threads(state["threads"])
    generators.put(state)
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], loop.device)
    loop.load_state_dict(state["loop"])


def write_best(folder: Path, best: Best, last_weights: list[dict]) -> None:
    """Write the weights of the best epochs; None stands for weights that are the last ones, bit for bit.

    last_weights: a state dict per network.
    """
    state = best.state_dict()
    weights = {}
    for epoch, nets in state["weights"].items():
        weights[epoch] = None if _equal(nets, last_weights) else nets
    write_state(folder / BEST, state | {"weights": weights})


def read_best(folder: Path, last_weights: list[dict]) -> Best:
    """Read what `write_best` wrote. Raises ValueError for a run that was stored without it."""
    path = folder / BEST
    if not path.exists():
        raise ValueError(f"run is {folder.name!r}; it must be one with the weights of its best epochs: {OLD}")
    state = read_state(path)
    weights = {}
    for epoch, nets in state["weights"].items():
        weights[epoch] = last_weights if nets is None else nets
    best = Best()
    best.load_state_dict(state | {"weights": weights})
    return best


def read_ending(folder: Path) -> dict:
    """Return the state that a longer training goes on from, as a checkpoint has it, or {"obstacle": the reason}.

    Raises ValueError for damaged files.
    """
    if not (folder / ENDING).exists():
        return {"obstacle": OLD}
    state = read_state(folder / ENDING)
    if "loop" not in state:
        return state
    loop = state["loop"]
    loop["rows"] = pd.read_parquet(folder / HISTORY).to_dict("records")
    loop["method"] = read_state(folder / MODEL)
    loop["life"] = read_state(folder / LIFE) if (folder / LIFE).exists() else None
    loop["kept"] = read_best(folder, loop["method"]["nets"]).state_dict()
    return state


def _equal(weights, reference):
    """Do two lists of state dicts hold the same bits?"""
    for net, reference_net in zip(weights, reference, strict=True):
        for name, value in net.items():
            if not torch.equal(value.cpu(), reference_net[name].cpu()):
                return False
    return True
