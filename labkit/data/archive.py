"""Arrays of an .npz file, read only after their headers fit. Nothing is unpickled: a file cannot run code."""

import shutil
import zipfile
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import numpy as np

from ..errors import must, need
from .mapped import kept, limit, opened

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


class Archive:
    """The arrays of an .npz file. keys: their names; what is read is in memory, or mapped where it is large."""

    def __init__(self, path, file, limit_bytes):
        self.path, self.file, self.limit_bytes = path, file, limit_bytes
        self.members = {name.removesuffix(".npy"): name for name in file.namelist() if not name.endswith("/")}

    @property
    def keys(self):
        return list(self.members)

    def choose(self, argument, key):
        """A key that an argument asks for."""
        may_be = f"the name of an array in {self.path.name}: {', '.join(self.keys)}"
        need(isinstance(key, str) and key in self.members, argument, key, may_be)
        return key

    def shape(self, key):
        """The shape that the header states, where the file holds as many values. Raises ValueError."""
        with self._naming(key), self.file.open(self.members[key]) as stream:
            version = np.lib.format.read_magic(stream)
            need(version in HEADERS, "version", version, "1.0 or 2.0")
            shape, _, dtype = HEADERS[version](stream)
            need(not dtype.hasobject, "type", str(dtype), "numbers or texts: Python objects are never read")
            stated, there = _bytes(shape, dtype), self.file.getinfo(self.members[key]).file_size - stream.tell()
            must(stated == there, f"shape {shape}", f"{stated:,} bytes", f"the {there:,} bytes that are there")
        return shape

    def read(self, key):
        """An array. A large one is unpacked into the cache and mapped."""
        self.shape(key)
        member = self.file.getinfo(self.members[key])
        with self._naming(key):
            if member.file_size <= limit(self.limit_bytes):
                with self.file.open(member) as stream:
                    return np.lib.format.read_array(stream, allow_pickle=False)
            stat = self.path.stat()
            mark = repr((str(self.path.resolve()), stat.st_size, stat.st_mtime_ns, key))
            place = kept(sha256(mark.encode("utf-8", "surrogateescape")).hexdigest()[:24], self._unpacking(member))
            return opened(place, self.limit_bytes)[0].numpy()

    def _unpacking(self, member):
        """What writes a member to a path."""

        def unpack(target):
            with self.file.open(member) as stream, target.open("wb") as out:
                shutil.copyfileobj(stream, out, 2**20)

        return unpack

    @contextmanager
    def _naming(self, key):
        """Errors name the array and the file."""
        try:
            yield
        except (
            ValueError,
            EOFError,
            SyntaxError,
            TypeError,
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise ValueError(f"{key} in {self.path} cannot be read as an array of numbers: {error}") from None


def _bytes(shape, dtype):
    """The size of an array; Python's numbers do not overflow."""
    size = dtype.itemsize
    for length in shape:
        size *= int(length)
    return size


@contextmanager
def archive(path, limit_bytes=None):
    """Open an .npz file. -> Archive. Raises ValueError for what is none."""
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as file:
            yield Archive(path, file, limit_bytes)
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read as an .npz file: {error}") from None
