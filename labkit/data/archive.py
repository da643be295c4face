"""Arrays of an .npz file, read after a check of their headers. Nothing is unpickled, so a file cannot run code."""

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import must, need
from .mapped import cached_file, limit, open_array

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
UNREADABLE = (
    ValueError, EOFError, SyntaxError, TypeError, zipfile.BadZipFile, NotImplementedError, RuntimeError,
)  # fmt: skip


class Archive:
    """The arrays of an .npz file. keys: their names. An array is read into memory, or mapped if it is large."""

    def __init__(self, path: Path, file: zipfile.ZipFile, limit_bytes: float | None):
        self.path = path
        self.file = file
        self.limit_bytes = limit_bytes
        self.members = {name.removesuffix(".npy"): name for name in file.namelist() if not name.endswith("/")}

    @property
    def keys(self) -> list[str]:
        """The names of the arrays."""
        return list(self.members)

    def choose(self, argument: str, key: Any) -> str:
        """Return the key that an argument asks for. Raises ValueError if there is no such array."""
        may_be = f"the name of an array in {self.path.name}: {', '.join(self.keys)}"
        need(isinstance(key, str) and key in self.members, argument, key, may_be)
        return key

    def shape(self, key: str) -> tuple[int, ...]:
        """Return the shape in an array's header. Raises ValueError if the file does not hold as many values."""
        member = self.members[key]
        with self._named_errors(key), self.file.open(member) as stream:
            version = np.lib.format.read_magic(stream)
            need(version in HEADERS, "version", version, "1.0 or 2.0")
            shape, _, dtype = HEADERS[version](stream)
            need(not dtype.hasobject, "type", str(dtype), "numbers or texts: Python objects are never read")
            stated_size = _size(shape, dtype)
            actual_size = self.file.getinfo(member).file_size - stream.tell()
            may_be = f"the {actual_size:,} bytes that are there"
            must(stated_size == actual_size, f"shape {shape}", f"{stated_size:,} bytes", may_be)
        return shape

    def read(self, key: str) -> np.ndarray:
        """Read an array. A large one is unpacked into the cache and mapped."""
        self.shape(key)
        member = self.file.getinfo(self.members[key])
        with self._named_errors(key):
            if member.file_size <= limit(self.limit_bytes):
                with self.file.open(member) as stream:
                    return np.lib.format.read_array(stream, allow_pickle=False)
            path = cached_file(self._cache_key(key), lambda target: self._unpack(member, target))
            array, _ = open_array(path, self.limit_bytes)
            return array.numpy()

    def _cache_key(self, key):
        """Return the name of an unpacked array in the cache; it changes with the archive's path, size and time."""
        status = self.path.stat()
        mark = repr((str(self.path.resolve()), status.st_size, status.st_mtime_ns, key))
        return sha256(mark.encode("utf-8", "surrogateescape")).hexdigest()[:24]

    def _unpack(self, member, target):
        """Write a member to the path `target`."""
        with self.file.open(member) as stream, target.open("wb") as output:
            shutil.copyfileobj(stream, output, 2**20)

    @contextmanager
    def _named_errors(self, key):
        """Raise every error as a ValueError that names the array and the file."""
        try:
            yield
        except UNREADABLE as error:
            raise ValueError(f"{key} in {self.path} cannot be read as an array of numbers: {error}") from None


def _size(shape, dtype):
    """Return the bytes of an array, computed with Python's numbers, which do not overflow."""
    size = dtype.itemsize
    for length in shape:
        size *= int(length)
    return size


@contextmanager
def archive(path: str | Path, limit_bytes: float | None = None) -> Iterator[Archive]:
    """Open an .npz file. -> Archive. Raises ValueError for another file."""
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as file:
            yield Archive(path, file, limit_bytes)
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read as an .npz file: {error}") from None
