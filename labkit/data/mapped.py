"""Arrays that may be too large for memory: a file on disk that torch sees as a tensor, read where it is indexed."""

import os
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch

from ..errors import need
from .cache import cache_folder, cache_location

CHUNK = 64 * 2**20


def memory():
    """Bytes of memory that this process may use: the machine's, or the container's if that is less."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        total = 8 * 2**30
    try:
        return min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):  # no container, or "max"
        return total


def limit(limit_bytes=None):
    """The size from which an array stays on disk: `limit_bytes`, None = half of the memory."""
    fine = limit_bytes is None or (isinstance(limit_bytes, (int, float)) and limit_bytes >= 0)
    need(fine, "limit_bytes", limit_bytes, "None (half of the memory) or a number of bytes, 0 or more")
    return memory() // 2 if limit_bytes is None else limit_bytes


def tensor(array):
    """An array as a tensor on the same memory. One that is mapped read-only stays so: nobody writes to samples."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        array = array if isinstance(array, torch.Tensor) else np.asarray(array)
        backwards = isinstance(array, np.ndarray) and any(stride < 0 for stride in array.strides)
        return torch.as_tensor(np.ascontiguousarray(array) if backwards else array)


def chunks(x):
    """Consecutive parts of x of about CHUNK bytes, so that a mapped one is never in memory as a whole."""
    return x.split(max(1, CHUNK * max(1, len(x)) // max(1, x.nbytes)))


def take(x, i, mapped):
    """The rows i of x. Of a mapped x: a view where i is a range, else a scratch file that goes with the tensor."""
    if not mapped:
        return x[i]
    if not len(i) or (i.diff() == 1).all():
        return x[int(i[0]) : int(i[-1]) + 1] if len(i) else x[:0]
    shape = (len(i), *x.shape[1:])
    with tempfile.TemporaryFile(dir=cache_folder()) as file:
        rows = tensor(np.memmap(file, x[:0].numpy().dtype, "w+", shape=shape))
    for target, part in zip(chunks(rows), i.split(len(chunks(rows)[0]))):
        target.copy_(x[part.to(x.device)])
    return rows


def opened(path, limit_bytes):
    """The array of an .npy file: in memory, or mapped where it is larger than the limit. -> tensor, mapped?"""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    mapped = array.nbytes > limit(limit_bytes)
    return (tensor(array) if mapped else torch.from_numpy(np.array(array))), mapped


def is_whole(path, fits=None):
    """Is there an .npy file with all that its header says?"""
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        size = array.offset + array.nbytes
    except (OSError, EOFError, ValueError, AttributeError):  # missing, empty, cut off, or no array
        return False
    return size == path.stat().st_size and (fits is None or bool(fits(array)))


def kept(key, write, fits=None):
    """The path of the cache's file `key`.npy; where it is missing or damaged, write(temporary path) makes it, all or
    nothing. fits: is an array what it should be?"""
    name = Path("arrays", f"{key}.npy")
    if is_whole(cache_location() / name, fits):  # a cache that cannot be written can be read
        return cache_location() / name
    path = cache_folder() / name
    if is_whole(path, fits):
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
