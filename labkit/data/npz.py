"""Tasks from .npz files: the role of each array, the scale of pixels, the meaning of labels."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ask, choose, must, need
from .archive import Archive, archive
from .arrays import origin_of
from .divide import checked_parts, divide, parts_of_column
from .kinds import as_kind
from .labels import encoded
from .raw import Raw, divided_raw
from .reading import describe
from .scaling import scale_arrays
from .task import Task
from .truth import truth_of

NAMES = {"x": ("images", "x", "X", "data"), "label": ("targets", "landmarks", "labels", "label", "y", "Y")}
FOUR = ("x_train", "y_train", "x_test", "y_test")


def from_npz(
    path: str | os.PathLike, test: float = 0.2, val: float | None = None, n: int | None = None,
    standardise: bool | None = None, limit_bytes: float | None = None, *, x: str | None = None,
    label: str | None = None, target: str | None = None, true_label: str | None = None, split: str | None = None,
    file: str | None = None, kind: str | None = None, order: str | Sequence | None = None,
    scale: str | float | None = None, layout: str | None = None, labels_are: str = "given",
) -> Task:  # fmt: skip
    """Make a task from an .npz file.

    The file holds x_train, y_train, x_test, y_test; or images and targets (or labels), of which a share `test` of every
    class becomes the test set.
    x, label (or target): the names of these arrays, if they have other names or there are several. true_label: an array
    of true labels, -1 or NaN where they are not known; split: an array that says what is for training, validation and
    testing; file: an array of names of the rows.
    Images: uint8 [N, H, W], [N, H, W, 3] or [N, 3, H, W] (layout="last" | "first" if it could be both); or float
    features of any shape. scale: "standard" (mean 0, standard deviation 1 of each channel or feature; what uint8 images
    get), or a number that they are divided by. Labels: integer classes [N], words (kind="classes"), or floats [N, ...],
    standardised per coordinate unless standardise=False. kind: "classes" | "numbers", if both are possible. order: of
    classes that are words. labels_are: "given" (they may be wrong, the truth is not known) | "true".
    val, n, limit_bytes: see labkit.load.
    Raises ValueError for another file, Python objects in it (they are never unpickled), or a missing array.
    """
    path = Path(path)
    need(target is None or label is None, "label", label, "left out where target is given: they are the same")
    y_true = truth_of(labels_are, true_label)
    label = target if label is None else label
    names = {"x": x, "label": label, "true_label": true_label, "split": split, "file": file}
    names = {role: name for role, name in names.items() if name is not None}
    raw = read(path, test, limit_bytes, names, kind, order, scale, layout, val)
    if y_true is not None:
        raw.y_true = y_true
    origin = origin_of(path, test, **names)
    return raw.task(path.stem, val, n, origin, standardise, limit_bytes)


def read(
    path: Path, test: float = 0.2, limit_bytes: float | None = None, names: Mapping[str, str] | None = None,
    kind: str | None = None, order: str | Sequence | None = None, scale: str | float | None = None,
    layout: str | None = None, val: float | None = None,
) -> Raw:  # fmt: skip
    """Read an .npz file as `from_npz` does. names: {role: name of its array} -> Raw"""
    names = names or {}
    with archive(path, limit_bytes) as file:
        if set(file.keys) >= set(FOUR) and not names:
            four_arrays = [file.read(key) for key in FOUR]
            return _read_four(path, *four_arrays, kind, order, scale, layout)
        arrays = _read_roles(path, file, names)
    x = _as_samples(path, arrays["x"], scale, layout)
    y = _as_labels(path, arrays["label"], kind)
    y, class_names, y_true = _classes(path, y, kind, order, arrays.get("true_label"))
    parts = None
    if "split" in arrays:
        column = pd.Series(arrays["split"], name=names["split"])
        parts = checked_parts(path.name, parts_of_column(path, column))
    rows = divide(y, y_true, class_names, parts, test, val)
    x_train, x_test, scale = scale_arrays(path, x[rows.train], x[rows.test], scale)
    raw = divided_raw(x_train, x_test, y, rows, class_names)
    raw.scale = scale
    if "file" in arrays:
        texts = arrays["file"].astype(str)
        raw.files = texts[rows.train].tolist()
        raw.test_files = texts[rows.test].tolist()
    if y_true is not None and y.ndim == 1:
        raw.classes = int(max(y.max(), y_true.max())) + 1
    return raw


def _read_four(path, x, y, x_test, y_test, kind, order, scale, layout):
    """Return training and test set of a file that has both. -> Raw"""
    x = _as_samples(path, x, scale, layout)
    x_test = _as_samples(path, x_test, scale, layout)
    y_all = np.concatenate([_as_labels(path, y, kind), _as_labels(path, y_test, kind)])
    y_all, class_names, _ = _classes(path, _as_labels(path, y_all, kind), kind, order, None)
    x, x_test, scale = scale_arrays(path, x, x_test, scale)
    y, y_test = y_all[: len(y)], y_all[len(y) :]
    raw = Raw(x, y, x_test, y_test, scale=scale, class_names=class_names)
    raw.standardise = y.ndim == 2
    raw.by_class = y.ndim == 1
    is_countable = y.ndim > 1 or (y_all.min() >= 0 and y_all.max() < len(y_all))
    if is_countable:
        raw.reading = describe(y_all, class_names, [])
    return raw


def _read_roles(path: Path, file: Archive, names: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Read the arrays by their roles. Raises ValueError unless all have a row per sample. -> {role: array}"""
    keys = {role: file.choose(role, key) for role, key in names.items()}
    for role in NAMES:
        keys[role] = keys.get(role) or _known_key(path, file.keys, role)
    counts = {}
    for role, key in keys.items():
        shape = file.shape(key)
        counts[role] = shape[0] if shape else 0
    images = counts["x"]
    for role, count in counts.items():
        subject = "targets" if role == "label" else role
        need(count == images, f"the number of {subject} in {path.name}", count, f"{images}, one per image")
    chosen = list(keys.values())
    need(len(set(chosen)) == len(chosen), "the arrays", chosen, "a different array for each role")
    arrays = {role: file.read(key) for role, key in keys.items()}
    for role in ("split", "file"):
        if role in arrays:
            arrays[role] = _one_per_row(role, arrays[role])
    return arrays


def _one_per_row(role, array):
    """Return an array with one value per row as [N]. Raises ValueError for another shape."""
    must(array.size == len(array), role, f"of shape {array.shape}", "one value per row")
    return array.reshape(-1)


def _known_key(path, keys, role):
    """Return the key that is a usual name for a role. Raises ValueError for none, and for several."""
    matches = [key for key in NAMES[role] if key in keys]
    usual_names = f"one of {', '.join(NAMES['x'])} and one of {', '.join(NAMES['label'])}"
    may_be = f"{', '.join(FOUR)}; or {usual_names}; or named by x=... and label=..."
    need(matches, f"keys of {path.name}", sorted(keys), may_be)
    if len(matches) > 1:
        ask(role, f"{path.name} holds {' and '.join(matches)}", " or ".join(map(repr, matches)))
    return matches[0]


def _as_samples(path, x, scale, layout):
    """Return images as [N, channels, H, W], and values that are not uint8 as float32."""
    choose("layout", layout, dict.fromkeys((None, "first", "last")))
    is_uint8 = x.dtype == np.uint8
    kinds = "f" if scale is None else "fiub"  # whole numbers have no usual scale
    may_be = "uint8 or floats; scale=... says what whole numbers are divided by"
    must(is_uint8 or x.dtype.kind in kinds, f"images in {path.name}", f"of type {x.dtype}", may_be)
    if not is_uint8:
        x = x.astype(np.float32)
    if is_uint8 and x.ndim == 3:
        return x[:, None]
    if x.ndim == 4:
        return _channels_first(path, x, layout)
    may_be = "[N, H, W], [N, H, W, 3], [N, 3, H, W] or [N, F]"
    must(x.ndim >= 2, f"images in {path.name}", f"of shape {x.shape}", may_be)
    return x


def _channels_first(path, x, layout):
    """Return images [N, channels, H, W], also from [N, H, W, channels]. Raises ValueError if they could be both."""
    can_be_first = x.shape[1] in (1, 3)
    can_be_last = x.shape[3] in (1, 3)
    if layout is None:
        if can_be_first == can_be_last:
            ask("layout", f"images in {path.name} are of shape {x.shape}", '"first" (N, channels, H, W) or "last"')
        layout = "last" if can_be_last else "first"
    return x.transpose(0, 3, 1, 2) if layout == "last" else x


def _as_labels(path, y, kind):
    """Return labels as numbers or words, and targets [N, ...] as [N, Q]. Raises ValueError for other types."""
    kinds = "iufbUS" if kind == "classes" else "iufb"
    may_be = 'integers (classes) or floats; kind="classes" takes words'
    must(y.dtype.kind in kinds, f"targets in {path.name}", f"of type {y.dtype}", may_be)
    are_targets = y.ndim == 2 and y.dtype.kind == "f"
    return y.reshape(len(y), -1) if y.ndim > 2 or are_targets else y


def _classes(path, y, kind, order, true):
    """Return labels as classes [N] or targets float32 [N, Q]. -> y, class names, true labels or None"""
    if true is not None:
        are_alike = (y.dtype.kind in "US") == (true.dtype.kind in "US")
        must(are_alike, "true_label", f"an array of type {true.dtype}", f"one of labels as the given ones, {y.dtype}")
    if y.dtype.kind in "US" or order is not None:
        frame = pd.DataFrame({"labels": _texts(y)})
        true_column = None if true is None else pd.Series(_texts(true), name="true_label")
        return encoded(path, frame, "classes", order, true_column)
    if true is not None and true.ndim > 2:
        true = true.reshape(len(true), -1)
    y, _, true = as_kind(kind, y, y, true)
    if y.is_floating_point():
        y = y.float()
        y = y[:, None] if y.dim() == 1 else y
    else:
        check_numbers(path, y.numpy())
    if true is not None:
        true = _known_or_minus_one(true, y)
    return y.numpy(), (), true


def _known_or_minus_one(true: Any, y: Any) -> np.ndarray:
    """Return true labels as an array; for classes y [N], NaN (not known) becomes -1."""
    true = true.numpy() if hasattr(true, "numpy") else true
    return np.nan_to_num(true, nan=-1.0) if y.dim() == 1 else true


def _texts(y):
    """Return labels [N] as texts if they are words, else as they are."""
    y = y.reshape(-1)
    return y.astype(str) if y.dtype.kind in "US" else y


def check_numbers(path: Path, y: np.ndarray) -> None:
    """Raise ValueError unless classes are 0..C-1 with a sample each."""
    different = np.unique(y)
    absent = np.setdiff1d(np.arange(min(len(different), 2**20)), different)
    finding = f"{different[0]}..{different[-1]}"
    if len(absent) and different[0] >= 0:
        finding = f"without a sample of class {absent[0]}"
    may_be = 'classes 0..C-1 with a sample each; order="number" numbers them as they rise, or kind="numbers"'
    need(not len(absent), f"labels of {path.name}", finding, may_be)
