"""State as plain values: what a checkpoint holds, written as safetensors (tensors) and JSON (the rest), so loading runs
no code."""

import json
import os
from pathlib import Path

import torch


def save_value(value):
    """Modules, optimisers, generators and containers of them as tensors, numbers, lists and dicts; tensors are
    copied."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, torch.Generator):
        return value.get_state()
    if hasattr(value, "state_dict"):
        return save_value(value.state_dict())
    if isinstance(value, dict):
        return {key: save_value(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [save_value(v) for v in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"a method's attribute holds a {type(value).__name__}; a checkpoint can hold tensors, modules, optimisers, "
        "generators and plain values"
    )


def load_value(target, value):
    """Put a saved value back into `target`, in place where others may refer to it. -> the restored object"""
    if isinstance(target, torch.Generator):
        target.set_state(value)
    elif hasattr(target, "load_state_dict"):
        target.load_state_dict(value)
    elif isinstance(target, torch.Tensor) and isinstance(value, torch.Tensor) and target.shape == value.shape:
        with torch.no_grad():
            target.copy_(value)
    elif isinstance(target, (list, tuple)) and len(target) == len(value):
        return type(target)(load_value(t, v) for t, v in zip(target, value))
    else:
        return value
    return target


def write_state(path, state):
    """Write nested plain values with tensors to one safetensors file, atomically (a temporary name, then a rename)."""
    from safetensors.torch import save

    tensors = {}
    tree = json.dumps(_take_apart(state, tensors))
    atomic_write(path, save(tensors, {"tree": tree}))


def read_state(path):
    """Read what `write_state` wrote. Raises ValueError naming the file when it is not such a file."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    data = Path(path).read_bytes()  # at one stroke: another process may replace the file meanwhile
    try:
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        return _put_together(json.loads(header["__metadata__"]["tree"]), load(data))
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged or not a checkpoint of labkit: {error}") from None


def atomic_write(path, data):
    """Write bytes so that `path` holds all of them or what it held before, also after a power failure."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _take_apart(value, tensors):
    """Replace tensors by {"tensor": key} and dicts by pairs (JSON would turn number keys into strings)."""
    if isinstance(value, torch.Tensor):
        tensors[str(len(tensors))] = value.contiguous()
        return {"tensor": str(len(tensors) - 1)}
    if isinstance(value, dict):
        return {"pairs": [[key, _take_apart(v, tensors)] for key, v in value.items()]}
    if isinstance(value, (list, tuple)):
        return [_take_apart(v, tensors) for v in value]
    return value


def _put_together(value, tensors):
    """The inverse of `_take_apart`."""
    if isinstance(value, dict):
        if "tensor" in value:
            return tensors[value["tensor"]]
        return {key: _put_together(v, tensors) for key, v in value["pairs"]}
    if isinstance(value, list):
        return [_put_together(v, tensors) for v in value]
    return value
