"""What makes a run this run (its configuration), and what is only noted about it (hardware, versions, date)."""

import os
import platform
from datetime import UTC, datetime

import torch

from .. import checkout, numbers
from ..data.hashing import split_hash
from ..methods import ALL
from .identity import json_value


def configuration(method, task, net_name, epochs, seed, recipe, meta=None, life=False, code=None, stored=False):
    """Everything that makes a run this run, as JSON values; its hash is the run's name.

    code: hashes of the user's code, see identity.user_code. stored: raise Unidentified for a hyperparameter that cannot
    be identified.
    """
    values = method.identifying().items()
    config = {
        "method": _method_name(type(method)),
        "hyperparameters": {name: json_value(value, f"method's {name}", stored) for name, value in values},
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
    return config | ({"code": code} if code else {})


def _method_name(cls):
    """The name of a method: the one in labkit.methods.ALL, or that of its class."""
    return next((name for name, known in ALL.items() if known is cls), cls.__name__)


def _meta(meta):
    """A meta set by its size, the trust in it, and what is in it."""
    return {"n": len(meta), "trusted": meta.trusted, "hash": split_hash(meta)}


def about(device):
    """Hardware, versions, date and commit of a run: stored with it, not part of its identity."""
    chip = (
        torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else f"{platform.machine()} CPU, {os.cpu_count()} cores"
    )
    versions = {"torch": torch.__version__, "python": platform.python_version()}
    date = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "hardware": chip,
        "threads": torch.get_num_threads(),
        **versions,
        "date": date,
        "commit": checkout.commit(),
    }
