"""The configuration of a run, which identifies it, and what is only noted about it: hardware, versions, date."""

import os
import platform
from datetime import UTC, datetime

import torch

from .. import checkout, numbers
from ..data import Split, Task
from ..data.hashing import split_hash
from ..method import Method
from ..methods import ALL
from .identity import json_value
from .recipe import Recipe


def configuration(
    method: Method,
    task: Task,
    net_name: str,
    epochs: int,
    seed: int,
    recipe: Recipe,
    meta: Split | None = None,
    life: bool = False,
    code: dict | None = None,
    stored: bool = False,
) -> dict:
    """Return everything that identifies a run, as JSON values. Its hash is the run's name.

    code: hashes of the user's code, see identity.user_code. stored: raise Unidentified for a hyperparameter that cannot
    be identified.
    """
    hyperparameters = {}
    for name, value in method.identifying().items():
        hyperparameters[name] = json_value(value, f"method's {name}", stored)
    config = {
        "method": _method_name(type(method)),
        "hyperparameters": hyperparameters,
        "task": task.name,
        "data": task.hash(),
        "noise": task.noise and task.noise.record(),
        "net": net_name,
        "epochs": epochs,
        "seed": seed,
        "recipe": recipe.record(),
        "meta": meta and _meta(meta),
        "life": life,
        "numbers": numbers.NUMBERS,
    }
    if code:
        config["code"] = code
    return config


def _method_name(cls):
    """Return the name of a method: the one in labkit.methods.ALL, or that of its class."""
    for name, known in ALL.items():
        if known is cls:
            return name
    return cls.__name__


def _meta(meta):
    """Return what identifies a meta set: its size, the trust in it, and the hash of its samples."""
    return {"n": len(meta), "trusted": meta.trusted, "hash": split_hash(meta)}


def about(device: torch.device) -> dict:
    """Return hardware, versions, date and commit, which are stored with a run and no part of its identity."""
    if device.type == "cuda":
        hardware = torch.cuda.get_device_name(device)
    else:
        hardware = f"{platform.machine()} CPU, {os.cpu_count()} cores"
    return {
        "hardware": hardware,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": checkout.commit(),
    }
