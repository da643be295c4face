"""State as plain values: what a checkpoint holds, written as safetensors (tensors) and JSON (the rest), so loading runs
no code. Files are written so that they hold all or nothing, and a changed file is noticed."""

import errno
import json
import os
import shutil
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

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


def load_value(target, value, device):
    """Put a saved value back into `target`, in place where others may refer to it. What has no place there, such as a
    tensor of another shape, comes to `device`: a file is read to the CPU. -> the restored object"""
    if isinstance(target, torch.Generator):
        target.set_state(value)
    elif hasattr(target, "load_state_dict"):
        target.load_state_dict(value)
        if isinstance(target, torch.optim.Optimizer):
            restore_layouts(target)
    elif isinstance(target, torch.Tensor) and isinstance(value, torch.Tensor) and target.shape == value.shape:
        with torch.no_grad():
            target.copy_(value)
    elif isinstance(target, (list, tuple)) and len(target) == len(value):
        return type(target)(load_value(t, v, device) for t, v in zip(target, value))
    else:
        return to_device(value, device)
    return target


def restore_layouts(optimiser):
    """Give an optimiser's tensors the layout of their parameters, in place. A fused step goes through both by address,
    and a file keeps no layout: the momentum of a channels-last weight would meet other coordinates."""
    for parameter, state in optimiser.state.items():
        for name, value in state.items():
            if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
                state[name] = torch.empty_like(parameter, requires_grad=False).copy_(value)


def to_device(value, device):
    """Nested plain values with their tensors on `device`; those that are there already stay the same."""
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if isinstance(value, dict):
        return {key: to_device(v, device) for key, v in value.items()}
    return [to_device(v, device) for v in value] if isinstance(value, (list, tuple)) else value


def write_state(path, state):
    """Write nested plain values with tensors to one safetensors file, atomically, with a checksum of all it holds."""
    from safetensors.torch import save

    tensors = {}
    tree = json.dumps(_take_apart(state, tensors))
    tensors = {key: tensor.cpu() for key, tensor in tensors.items()}
    atomic_write(path, save(tensors, {"tree": tree, "sha256": _checksum(tree, tensors)}))


def read_state(path):
    """Read what `write_state` wrote. Raises ValueError naming the file when it is not such a file, or was changed."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        data = Path(path).read_bytes()  # at one stroke: another process may replace the file meanwhile
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
        tensors = load(data)
        if header["sha256"] != _checksum(header["tree"], tensors):
            raise ValueError("its checksum does not fit what it holds")
        return _put_together(json.loads(header["tree"]), tensors)
    except FileNotFoundError:
        raise
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError, RecursionError, OSError) as error:
        raise ValueError(f"{path} is damaged or not a checkpoint of labkit: {error}") from None


def _checksum(tree, tensors):
    """Of the tree and of every tensor: its key, type, shape and bytes. -> 64 hexadecimal digits"""
    digest = sha256(tree.encode())
    for key in sorted(tensors):
        tensor = tensors[key]
        digest.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def atomic_write(path, data):
    """Write bytes so that `path` holds all of them or what it held before, also after a power failure."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with room(path), temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def room(path):
    """What writes to `path` within it: where its disk is full, the OSError says so, and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        words = f"the disk is full: {path} could not be written. Make room and run it again: it goes on where it was"
        raise OSError(error.errno, words) from error


@contextmanager
def whole(folder, within=None):
    """A temporary folder (in `within`, else beside `folder`) that takes its name, all of it or nothing, also after a
    power failure. If another process was faster, its folder stays."""
    folder = Path(folder)
    temporary = Path(within or folder.parent) / f".{folder.name}.{uuid4().hex[:8]}"
    try:
        with room(folder):
            temporary.mkdir(parents=True)
            yield temporary
            _settle(temporary)
        with suppress(OSError):  # a folder that is not empty: another process finished the same run first
            temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _settle(folder):
    """Hand a folder's files and the folder itself to the disk, so that its new name cannot be there before them."""
    for path in (*folder.iterdir(), folder) if os.name == "posix" else folder.iterdir():
        handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
