"""The end of a training, in files: what another one needs to go on from it, and the weights of its best epochs.

best.safetensors      weights of the best epochs that the last ones are not
ending.safetensors    where the loop and the random generators were; networks and optimisers are in model.safetensors
"""

from pathlib import Path

import pandas as pd
import torch

from .. import generators
from ..method import Method
from ..state import read_state, write_state
from .best import Best

MODEL, BEST, ENDING, LIFE = "model.safetensors", "best.safetensors", "ending.safetensors", "life.safetensors"
HISTORY = "history.parquet"
OLD = "it was stored by a version of labkit that kept no more than the last weights"


def obstacle(loop) -> str | None:
    """Say why a longer training cannot go on from where this one is; None: it can. What depends on the number of epochs
    stands in the way: an earlier stage, a method that asked for it, and what is done at the end."""
    method, cls = loop.method, type(loop.method)
    if cls.epochs is not Method.epochs or method.reads_epochs:
        return f"{cls.__name__} does what it does by the number of epochs"
    if loop.stages != [None]:
        return f"{cls.__name__} trains in several stages"
    if loop.over and (cls.end_stage is not Method.end_stage or loop.taken):
        return f"{cls.__name__} changes something at the end of a training"
    return None


def ending(loop) -> dict:
    """Where a loop is, without the state of its method, its lives and its best weights. -> plain values with
    tensors"""
    why = obstacle(loop)
    facts = {"obstacle": why, "device": loop.device.type}
    if loop.over and why:
        return facts
    state = loop.state_dict()
    small = {name: value for name, value in state.items() if name not in ("method", "life", "kept", "rows")}
    if loop.over:
        small |= {"k": 0, "epoch": len(loop.rows)}  # as it was before the stage ended
    return facts | {"loop": small, **randomness(loop.device)}


def randomness(device) -> dict:
    """States of the global generators, and the number of threads, on which sums depend."""
    state = generators.states() | {"threads": torch.get_num_threads()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def restore(state, loop) -> None:
    """Put a loop, the global generators and the number of threads where `state` says."""
    torch.set_num_threads(state["threads"])
    generators.put(state)
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], loop.device)
    loop.load_state_dict(state["loop"])


def write_best(folder: Path, best: Best, last: list) -> None:
    """Write the weights of the best epochs; those that are the last ones, bit for bit, are not written twice. last: a
    state dict per network"""
    state = best.state_dict()
    weights = {epoch: None if _equal(nets, last) else nets for epoch, nets in state["weights"].items()}
    write_state(folder / BEST, state | {"weights": weights})


def read_best(folder: Path, last: list) -> Best:
    """Read what `write_best` wrote. Raises ValueError for a run that was stored without it."""
    path, best = folder / BEST, Best()
    if not path.exists():
        raise ValueError(f"run is {folder.name!r}; it must be one with the weights of its best epochs: {OLD}")
    state = read_state(path)
    weights = {epoch: last if nets is None else nets for epoch, nets in state["weights"].items()}
    best.load_state_dict(state | {"weights": weights})
    return best


def read_ending(folder: Path) -> dict:
    """Put together a state to go on from, as a checkpoint has it, or {"obstacle": why not}. Raises ValueError for
    damaged files."""
    if not (folder / ENDING).exists():
        return {"obstacle": OLD}
    state = read_state(folder / ENDING)
    if "loop" not in state:
        return state
    method = read_state(folder / MODEL)
    life = read_state(folder / LIFE) if (folder / LIFE).exists() else None
    kept = read_best(folder, method["nets"]).state_dict()
    rows = pd.read_parquet(folder / HISTORY).to_dict("records")
    return state | {"loop": state["loop"] | {"rows": rows, "method": method, "life": life, "kept": kept}}


def _equal(nets, others):
    for net, other in zip(nets, others, strict=True):
        if any(not torch.equal(value.cpu(), other[name].cpu()) for name, value in net.items()):
            return False
    return True
