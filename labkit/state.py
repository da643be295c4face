"""State as plain values, for checkpoints: tensors as safetensors, the rest as JSON, so that loading runs no code.

Files are written so that they hold all or nothing, and a changed file is noticed.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import torch

CHANGED = "its checksum does not fit what it holds"


def save_value(value: object) -> object:
    """Return modules, optimisers, generators and containers of them as tensors, numbers, texts, lists and dicts.

    Tensors are copied. Raises TypeError for values of other kinds.
    """
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, torch.Generator):
        return value.get_state()
    if hasattr(value, "state_dict"):
        return save_value(value.state_dict())
    if isinstance(value, dict):
        return {key: save_value(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [save_value(entry) for entry in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"a method's attribute holds a {type(value).__name__}; a checkpoint can hold tensors, modules, optimisers, "
        "generators and plain values"
    )


def load_value(target: object, value: object, device: torch.device) -> object:
    """Put a saved value back into `target`, and return the restored object.

    Objects are changed in place, because others may refer to them. A value that does not fit into `target`, such as a
    tensor of another shape, is moved to `device` and returned; files are read to the CPU.
    """
    if isinstance(target, torch.Generator):
        target.set_state(value)
    elif isinstance(target, torch.optim.Optimizer):
        load_optimiser(target, value)
    elif hasattr(target, "load_state_dict"):
        target.load_state_dict(value)
    elif isinstance(target, torch.Tensor) and isinstance(value, torch.Tensor) and target.shape == value.shape:
        with torch.no_grad():
            target.copy_(value)
    elif isinstance(target, (list, tuple)) and len(target) == len(value):
        pairs = zip(target, value)
        return type(target)(load_value(entry, saved, device) for entry, saved in pairs)
    else:
        return to_device(value, device)
    return target


def load_optimiser(optimiser: torch.optim.Optimizer, state: dict) -> None:
    """Put a saved state into an optimiser, in place.

    How the optimiser computes its step (fused or not) stays its own: the state may be that of an earlier labkit.
    """
    fused = [group["fused"] for group in optimiser.param_groups]
    optimiser.load_state_dict(state)
    for group, value in zip(optimiser.param_groups, fused):
        group["fused"] = value
    restore_layouts(optimiser)


def restore_layouts(optimiser: torch.optim.Optimizer) -> None:
    """Give an optimiser's tensors the memory layout of their parameters, in place.

    A fused step goes through both by address, and a file keeps no layout: the momentum of a channels-last weight would
    meet other coordinates.
    """
    for parameter, state in optimiser.state.items():
        for name, value in state.items():
            if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
                state[name] = torch.empty_like(parameter, requires_grad=False).copy_(value)


def to_device(value: object, device: torch.device) -> object:
    """Return nested plain values with their tensors on `device`; tensors that are there already are not copied."""
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if isinstance(value, dict):
        return {key: to_device(entry, device) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_device(entry, device) for entry in value]
    return value


def write_state(path: str | Path, state: object) -> None:
    """Write nested plain values with tensors to one safetensors file, atomically, with a checksum of its content."""
    from safetensors.torch import save

    tensors = {}
    tree = json.dumps(_take_apart(state, tensors))
    tensors = {key: tensor.cpu() for key, tensor in tensors.items()}
    atomic_write(path, save(tensors, {"tree": tree, "sha256": _checksum(tree, tensors)}))


def read_state(path: str | Path) -> object:
    """Read what `write_state` wrote. Raises ValueError with the path if it is not such a file, or was changed."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        data = Path(path).read_bytes()  # in one piece, because another process may replace the file meanwhile
        header_size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + header_size])["__metadata__"]
        tensors = load(data)
        if header["sha256"] != _checksum(header["tree"], tensors):
            raise ValueError(CHANGED)
        return _put_together(json.loads(header["tree"]), tensors)
    except FileNotFoundError:
        raise
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError, RecursionError, OSError) as error:
        raise ValueError(f"{path} is damaged or not a checkpoint of labkit: {error}") from None


def _checksum(tree, tensors):
    """Return the hash of the tree and of every tensor's key, type, shape and bytes, 64 hexadecimal digits."""
    digest = sha256(tree.encode())
    for key in sorted(tensors):
        tensor = tensors[key]
        digest.update(f"{key} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def atomic_write(path: str | Path, data: bytes) -> None:
    """Write bytes so that `path` holds all of them or what it held before, also after a power failure."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with explaining_full_disk(path), temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def explaining_full_disk(path: str | Path) -> Iterator[None]:
    """Explain a full disk. If it fills up in the `with` block, raise the OSError with the path and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        message = f"the disk is full: {path} could not be written. Make room and run it again: it goes on where it was"
        raise OSError(error.errno, message) from error


@contextmanager
def whole_folder(folder: str | Path, within: str | Path | None = None) -> Iterator[Path]:
    """Write a folder as a whole or not at all, also if the power fails: a temporary folder that is renamed at the end.

    The `with` block gets the temporary folder, which is in `within` or beside `folder`. If another process has written
    `folder` before, that one is kept.
    """
    folder = Path(folder)
    temporary = Path(within or folder.parent) / f".{folder.name}.{uuid4().hex[:8]}"
    try:
        with explaining_full_disk(folder):
            temporary.mkdir(parents=True)
            yield temporary
            _settle(temporary)
        with suppress(OSError):  # a folder that is not empty: another process finished the same run first
            temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _settle(folder):
    """Flush a folder's files and the folder itself to the disk, so that its new name cannot be there before them."""
    posix = os.name == "posix"
    paths = list(folder.iterdir())
    if posix:
        paths.append(folder)
    for path in paths:
        handle = os.open(path, os.O_RDONLY if posix else os.O_RDWR)
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
        return {"pairs": [[key, _take_apart(entry, tensors)] for key, entry in value.items()]}
    if isinstance(value, (list, tuple)):
        return [_take_apart(entry, tensors) for entry in value]
    return value


def _put_together(value, tensors):
    """Undo `_take_apart`: put the tensors back into the tree."""
    if isinstance(value, dict):
        if "tensor" in value:
            return tensors[value["tensor"]]
        return {key: _put_together(entry, tensors) for key, entry in value["pairs"]}
    if isinstance(value, list):
        return [_put_together(entry, tensors) for entry in value]
    return value
