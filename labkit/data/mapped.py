"""Arrays that may be too large for memory: a file on disk that torch sees as a tensor and reads where it is indexed."""

import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import need
from .cache import cache_folder, cache_location

CHUNK = 64 * 2**20  # bytes


def memory() -> int:
    """Return the bytes of memory that this process may use: the machine's, or the container's if that is less."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        total = 8 * 2**30
    try:
        container = int(Path("/sys/fs/cgroup/memory.max").read_text())
    except (OSError, ValueError):  # no container, or "max"
        return total
    return min(total, container)


def limit(limit_bytes: float | None = None) -> float:
    """Return the size in bytes above which an array stays on disk: `limit_bytes`, or half of the memory for None."""
    is_size = isinstance(limit_bytes, (int, float)) and limit_bytes >= 0
    may_be = "None (half of the memory) or a number of bytes, 0 or more"
    need(limit_bytes is None or is_size, "limit_bytes", limit_bytes, may_be)
    return memory() // 2 if limit_bytes is None else limit_bytes


def tensor(array: Any) -> torch.Tensor:
    """Return an array as a tensor on the same memory. A read-only mapped array stays read-only."""
    if isinstance(array, torch.Tensor):
        return torch.as_tensor(array)
    array = np.asarray(array)
    if any(stride < 0 for stride in array.strides):  # torch has no negative strides
        array = np.ascontiguousarray(array)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")  # samples are never written
        return torch.as_tensor(array)


def chunks(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Split x into consecutive parts of about CHUNK bytes, so that a mapped x is never in memory as a whole."""
    rows = CHUNK * max(1, len(x)) // max(1, x.nbytes)
    return x.split(max(1, rows))


def take(x: torch.Tensor, i: torch.Tensor, mapped: bool) -> torch.Tensor:
    """Return the rows i of x. For a mapped x: a view if i is a range, else a scratch file that ends with the tensor."""
    if not mapped:
        return x[i]
    if not len(i):
        return x[:0]
    if (i.diff() == 1).all():
        return x[int(i[0]) : int(i[-1]) + 1]
    shape = (len(i), *x.shape[1:])
    with tempfile.TemporaryFile(dir=cache_folder()) as file:
        rows = tensor(np.memmap(file, x[:0].numpy().dtype, "w+", shape=shape))
    targets = chunks(rows)
    for target, part in zip(targets, i.split(len(targets[0]))):
        target.copy_(x[part.to(x.device)])
    return rows


def open_array(path: Path, limit_bytes: float | None) -> tuple[torch.Tensor, bool]:
    """Open the array of an .npy file in memory, or mapped if it is larger than the limit. -> tensor, mapped?"""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.nbytes > limit(limit_bytes):
        return tensor(array), True
    return torch.from_numpy(np.array(array)), False


def is_whole(path: Path, accepts: Callable[[np.ndarray], bool] | None = None) -> bool:
    """Return whether there is an .npy file as long as its header says, whose array `accepts` takes (None: any)."""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        size = array.offset + array.nbytes
    except (OSError, EOFError, ValueError, AttributeError):  # missing, empty, cut off, or no array
        return False
    return size == path.stat().st_size and (accepts is None or bool(accepts(array)))


def cached_file(
    key: str, write: Callable[[Path], None], accepts: Callable[[np.ndarray], bool] | None = None
) -> Path:  # fmt: skip
    """Return the path of the cache's file `key`.npy. If it is missing, damaged or not accepted, it is written first.

    write: writes the file to a temporary path, which then becomes the file as a whole, or not at all. accepts: returns
    whether an array is what it should be.
    """
    name = Path("arrays", f"{key}.npy")
    if is_whole(cache_location() / name, accepts):  # this cache may be one that can be read, but not written
        return cache_location() / name
    path = cache_folder() / name
    if is_whole(path, accepts):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{key}.", suffix=".npy", dir=path.parent)
    os.close(handle)
    try:
        write(Path(temporary))
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return path
