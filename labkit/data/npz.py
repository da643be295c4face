"""Arrays from .npz files. Nothing is unpickled, so that a file from somebody else cannot run code."""

import shutil
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np

from ..errors import need
from .images import scale_of
from .mapped import kept, limit, opened, tensor
from .raw import Raw, test_share
from .task import Scale

NAMES = {"x": ("images", "x", "X", "data"), "y": ("targets", "landmarks", "labels", "y", "Y")}


def from_npz(path, test=0.2, val=0.1, n=None, standardise=None, limit_bytes=None):
    """A task from an .npz file with x_train, y_train, x_test, y_test; or images and targets (or labels), of which a
    fixed random share `test` becomes the test set.

    Images: uint8 [N, H, W], [N, H, W, 3] or [N, 3, H, W]; or float features of any shape. Targets: integer classes [N],
    or floats [N, ...], standardised per coordinate unless standardise=False.
    Raises ValueError for a file that is none, holds Python objects (they are never unpickled), or lacks a key.
    """
    path = Path(path)
    raw = read(path, test, limit_bytes)
    return raw.task(path.stem, val, n, f"{path.resolve()} test={test}", standardise, limit_bytes)


def read(path, test=0.2, limit_bytes=None):
    """The same as Raw."""
    try:
        with zipfile.ZipFile(path) as file:
            names = {Path(name).stem for name in file.namelist()}
            if names >= {"x_train", "y_train", "x_test", "y_test"}:
                x, y, x_test, y_test = (
                    _array(path, file, key, limit_bytes) for key in ("x_train", "y_train", "x_test", "y_test")
                )
                rows = None
            else:
                x, y = (_array(path, file, _key(path, names, role), limit_bytes) for role in ("x", "y"))
                need(len(x) == len(y), f"targets in {path.name}", f"{len(y)} rows", f"{len(x)}, one per image")
                rows, held = test_share(len(x), test)
                x, y, x_test, y_test = x[rows], y[rows], x[held], y[held]
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read as an .npz file: {error}") from None
    x, x_test, y, y_test = _samples(path, x), _samples(path, x_test), _targets(path, y), _targets(path, y_test)
    scale = scale_of(tensor(x)) if x.dtype == np.uint8 and x.ndim == 4 else Scale()
    return Raw(x, y, x_test, y_test, scale, y.dtype.kind == "f", ids=rows, shuffled=rows is not None)


def _key(path, names, role):
    """The first of the known names that is there."""
    key = next((key for key in NAMES[role] if key in names), None)
    allowed = f"x_train, y_train, x_test, y_test; or one of {', '.join(NAMES['x'])} and one of {', '.join(NAMES['y'])}"
    need(key, f"keys of {path.name}", sorted(names), allowed)
    return key


def _array(path, file, key, limit_bytes):
    """One array; a large one is unpacked into the cache and mapped. Raises ValueError for Python objects."""
    member = file.getinfo(f"{key}.npy")
    try:
        if member.file_size <= limit(limit_bytes):
            with file.open(member) as stream:
                return np.lib.format.read_array(stream, allow_pickle=False)
        stat = path.stat()
        mark = repr((str(path.resolve()), stat.st_size, stat.st_mtime_ns, key))

        def unpack(target):
            with file.open(member) as stream, target.open("wb") as out:
                shutil.copyfileobj(stream, out, 2**20)

        return opened(kept(sha256(mark.encode()).hexdigest()[:24], unpack), limit_bytes)[0].numpy()
    except ValueError as error:
        raise ValueError(f"{key} in {path} cannot be read as an array of numbers: {error}") from None


def _samples(path, x):
    """Images as [N, channels, H, W]; floats as float32."""
    need(x.dtype == np.uint8 or x.dtype.kind == "f", f"images in {path.name}", f"of type {x.dtype}", "uint8 or floats")
    x = x if x.dtype == np.uint8 else x.astype(np.float32)
    if x.dtype == np.uint8 and x.ndim == 3:
        return x[:, None]
    if x.ndim == 4 and x.shape[1] not in (1, 3) and x.shape[3] in (1, 3):
        return x.transpose(0, 3, 1, 2)
    need(
        x.ndim >= 2, f"images in {path.name}", f"of shape {x.shape}", "[N, H, W], [N, H, W, 3], [N, 3, H, W] or [N, F]"
    )
    return x


def _targets(path, y):
    """Classes as they are; numbers as float32 [N, Q]."""
    need(y.dtype.kind in "iufb", f"targets in {path.name}", f"of type {y.dtype}", "integers (classes) or floats")
    return y.reshape(len(y), -1).astype(np.float32) if y.dtype.kind == "f" else y
