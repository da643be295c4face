"""What makes a run this run (its configuration), and what is only noted about it (hardware, versions, date)."""

import os
import platform
from datetime import UTC, datetime
from hashlib import sha256

import torch

from .. import checkout, numbers
from ..methods import ALL


def configuration(method, task, net_name, epochs, seed, recipe, meta=None, life=False):
    """Everything that makes a run this run, as JSON values; its hash is the run's name."""
    return {
        "method": next(
            name for name, cls in (*ALL.items(), (type(method).__name__, type(method))) if cls is type(method)
        ),
        "hyperparameters": method.identifying(),
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


def _meta(meta):
    """A meta set by its size, the trust in it, and what is in it."""
    content = b"".join(tensor.detach().cpu().contiguous().numpy().tobytes() for tensor in (meta.x, meta.y))
    return {"n": len(meta), "trusted": meta.trusted, "hash": sha256(content).hexdigest()[:16]}


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
