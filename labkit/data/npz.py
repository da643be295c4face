"""Tasks from .npz files: which array is what, how pixels are scaled, what labels mean."""

from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import ask, choose, must, need
from .archive import archive
from .divide import checked_parts, parts_of_column, positions_of_parts
from .inputs import scaled
from .kinds import as_kind
from .labels import encoded
from .listing import TRUE_LABELS, check_classes, true_test
from .raw import Raw
from .reading import describe

NAMES = {"x": ("images", "x", "X", "data"), "label": ("targets", "landmarks", "labels", "label", "y", "Y")}
FOUR = ("x_train", "y_train", "x_test", "y_test")


def from_npz(
    path, test=0.2, val=None, n=None, standardise=None, limit_bytes=None, *, x=None, label=None, target=None,
    true_label=None, split=None, file=None, kind=None, order=None, scale=None, layout=None, labels_are="given",
):  # fmt: skip
    """A task from an .npz file with x_train, y_train, x_test, y_test; or images and targets (or labels), of which a
    share `test` of every class becomes the test set.

    x, label (or target): the names of these arrays, where they are others, or several. true_label: an array of true
    labels, -1 or NaN where they are not known; split: an array that says what is for training, validation and testing;
    file: an array of names of the rows.
    Images: uint8 [N, H, W], [N, H, W, 3] or [N, 3, H, W] (layout="last" | "first" where it could be both); or float
    features of any shape. scale: "standard" (mean 0, standard deviation 1 of each channel or feature; what uint8 images
    get), or a number that they are divided by. Labels: integer classes [N], words (kind="classes"), or floats [N, ...],
    standardised per coordinate unless standardise=False. kind: "classes" | "numbers", where both are possible. order:
    of classes that are words. labels_are: "given" (they may be wrong: the truth is not known) | "true".
    Raises ValueError for a file that is none, holds Python objects (they are never unpickled), or lacks a key.
    """
    path = Path(path)
    need(target is None or label is None, "label", label, "left out where target is given: they are the same")
    y_true = choose("labels_are", labels_are, TRUE_LABELS)
    need(true_label is None or y_true is None, "labels_are", labels_are, "left out where true_label is given")
    names = {
        "x": x,
        "label": target if label is None else label,
        "true_label": true_label,
        "split": split,
        "file": file,
    }
    raw = read(path, test, limit_bytes, names, kind, order, scale, layout, val)
    raw.y_true = raw.y_true if y_true is None else y_true
    marks = [f"{name}={value}" for name, value in names.items() if value is not None]
    origin = " ".join([str(path.resolve()), f"test={test}", *marks])
    return raw.task(path.stem, val, n, origin, standardise, limit_bytes)


def read(path, test=0.2, limit_bytes=None, names=None, kind=None, order=None, scale=None, layout=None, val=None):
    """The same as Raw."""
    names = {name: key for name, key in (names or {}).items() if key is not None}
    with archive(path, limit_bytes) as file:
        if set(file.keys) >= set(FOUR) and not names:
            x, y, x_test, y_test = [file.read(key) for key in FOUR]
            return _four(path, x, y, x_test, y_test, kind, order, scale, layout)
        arrays = _arrays(path, file, names)
    x, y = _samples(path, arrays["x"], scale, layout), _labels(path, arrays["label"], kind)
    y, class_names, y_true = _classes(path, y, kind, order, arrays.get("true_label"))
    parts = None
    if "split" in arrays:
        parts = checked_parts(path.name, parts_of_column(path, pd.Series(arrays["split"], name=names["split"])))
        check_classes(y, class_names, parts)
    rows, val_rows, held = positions_of_parts(y, parts, test, val)
    y_test, test_trusted, notes = true_test(y, y_true, held)
    ids = rows if parts is None else np.searchsorted(np.flatnonzero(parts != "test"), rows)
    told = None if y_true is None else y_true[rows]
    x, x_test, scale = scaled(path, x[rows], x[held], scale)
    raw = Raw(x, y[rows], x_test, y_test, scale, y.ndim == 2, class_names, ids, True, told, test_trusted)
    raw.val_rows, raw.by_class = val_rows, y.ndim == 1
    raw.reading = describe(y, class_names, notes)
    raw.classes = int(max(y.max(), y_true.max())) + 1 if y_true is not None and y.ndim == 1 else None
    if "file" in arrays:
        texts = arrays["file"].astype(str)
        raw.files, raw.test_files = texts[rows].tolist(), texts[held].tolist()
    return raw


def _four(path, x, y, x_test, y_test, kind, order, scale, layout):
    """Training and test set of a file that has both. -> Raw"""
    x, x_test = _samples(path, x, scale, layout), _samples(path, x_test, scale, layout)
    both = _labels(path, np.concatenate([_labels(path, y, kind), _labels(path, y_test, kind)]), kind)
    both, class_names, _ = _classes(path, both, kind, order, None)
    y, y_test = both[: len(y)], both[len(y) :]
    x, x_test, scale = scaled(path, x, x_test, scale)
    reading = describe(both, class_names, []) if both.ndim > 1 or (both.min() >= 0 and both.max() < len(both)) else ""
    return Raw(x, y, x_test, y_test, scale, y.ndim == 2, class_names, by_class=y.ndim == 1, reading=reading)


def _arrays(path, file, names):
    """The arrays by their roles, when all have a row per sample. -> {role: array}"""
    keys = {role: file.choose(role, key) for role, key in names.items()}
    for role in NAMES:
        keys[role] = keys.get(role) or _key(path, file.keys, role)
    rows = {role: (file.shape(key) or (0,))[0] for role, key in keys.items()}
    for role, count in rows.items():
        what = "targets" if role == "label" else role
        need(count == rows["x"], f"the number of {what} in {path.name}", count, f"{rows['x']}, one per image")
    need(len(set(keys.values())) == len(keys), "the arrays", list(keys.values()), "a different array for each role")
    arrays = {role: file.read(key) for role, key in keys.items()}
    return arrays | {role: _column(role, arrays[role]) for role in ("split", "file") if role in arrays}


def _column(role, array):
    """An array with one value per row. -> [N]"""
    must(array.size == len(array), role, f"of shape {array.shape}", "one value per row")
    return array.reshape(-1)


def _key(path, keys, role):
    """The known name that is there; several are asked about."""
    there = [key for key in NAMES[role] if key in keys]
    options = f"one of {', '.join(NAMES['x'])} and one of {', '.join(NAMES['label'])}"
    need(
        there, f"keys of {path.name}", sorted(keys), f"{', '.join(FOUR)}; or {options}; or named by x=... and label=..."
    )
    if len(there) > 1:
        ask(role, f"{path.name} holds {' and '.join(there)}", " or ".join(map(repr, there)))
    return there[0]


def _samples(path, x, scale, layout):
    """Images as [N, channels, H, W]; floats as float32."""
    choose("layout", layout, dict.fromkeys((None, "first", "last")))
    numbers = x.dtype == np.uint8 or x.dtype.kind == "f" or (scale is not None and x.dtype.kind in "iub")
    must(numbers, f"images in {path.name}", f"of type {x.dtype}",
         "uint8 or floats; scale=... says what whole numbers are divided by")  # fmt: skip
    x = x if x.dtype == np.uint8 else x.astype(np.float32)
    if x.dtype == np.uint8 and x.ndim == 3:
        return x[:, None]
    if x.ndim == 4:
        return _channels_first(path, x, layout)
    allowed = "[N, H, W], [N, H, W, 3], [N, 3, H, W] or [N, F]"
    must(x.ndim >= 2, f"images in {path.name}", f"of shape {x.shape}", allowed)
    return x


def _channels_first(path, x, layout):
    """Images [N, channels, H, W] from these, or from [N, H, W, channels]."""
    first, last = x.shape[1] in (1, 3), x.shape[3] in (1, 3)
    if first == last and layout is None:
        ask("layout", f"images in {path.name} are of shape {x.shape}", '"first" (N, channels, H, W) or "last"')
    last = layout == "last" or (layout is None and last and not first)
    return x.transpose(0, 3, 1, 2) if last else x


def _labels(path, y, kind):
    """Labels as numbers or words, targets [N, ...] as [N, Q]."""
    words = y.dtype.kind in "US" and kind == "classes"
    must(y.dtype.kind in "iufb" or words, f"targets in {path.name}", f"of type {y.dtype}",
         'integers (classes) or floats; kind="classes" takes words')  # fmt: skip
    return y.reshape(len(y), -1) if y.ndim > 2 or (y.ndim == 2 and y.dtype.kind == "f") else y


def _classes(path, y, kind, order, true):
    """Labels as classes [N] or targets float32 [N, Q]. -> y, class names, true labels or None"""
    if true is not None:
        alike = (y.dtype.kind in "US") == (true.dtype.kind in "US")
        must(alike, "true_label", f"an array of type {true.dtype}", f"one of labels as the given ones, {y.dtype}")
    if y.dtype.kind in "US" or order is not None:
        frame = pd.DataFrame({"labels": _texts(y)})
        told = None if true is None else pd.Series(_texts(true), name="true_label")
        return encoded(path, frame, "classes", order, told)
    if true is not None and true.ndim > 2:
        true = true.reshape(len(true), -1)
    y, _, true = as_kind(kind, y, y, true)
    if not y.is_floating_point():
        check_numbers(path, y.numpy())
    y = y[:, None] if y.is_floating_point() and y.dim() == 1 else y
    y = y.float() if y.is_floating_point() else y
    true = true if true is None or not hasattr(true, "numpy") else true.numpy()
    return y.numpy(), (), true if true is None else np.nan_to_num(true, nan=-1.0) if y.dim() == 1 else true


def _texts(y):
    """Labels [N] as texts where they are words, else as they are."""
    return y.reshape(-1).astype(str) if y.dtype.kind in "US" else y.reshape(-1)


def check_numbers(path, y):
    """Classes are 0..C-1 with a sample each."""
    different = np.unique(y)
    absent = np.setdiff1d(np.arange(min(len(different), 2**20)), different)
    found = f"{different[0]}..{different[-1]}"
    if len(absent) and different[0] >= 0:
        found = f"without a sample of class {absent[0]}"
    may_be = 'classes 0..C-1 with a sample each; order="number" numbers them as they rise, or kind="numbers"'
    need(not len(absent), f"labels of {path.name}", found, may_be)
