"""Tasks from folders of images: a folder per class, or a CSV of labels."""

from pathlib import Path

import numpy as np

from ..errors import choose, need
from .images import decoded, is_image, scale_of
from .raw import Raw, test_share
from .tables import complete, encoded, table

LAYOUT = """\
PATH/CLASS/image.png ...            a folder per class; or with a test set of its own
PATH/train/CLASS/image.png ...      and PATH/test/CLASS/image.png ... (or val instead of test); or
PATH/image.png ... and labels.csv   a table with the columns filename, label (or several columns of numbers)"""


def from_folder(
    path, size=64, labels=None, test=0.2, val=0.1, n=None, *, shape=None, channels=None, kind=None, standardise=None,
    limit_bytes=None,
):  # fmt: skip
    """A task from a folder of images, decoded once to uint8 [N, channels, size, size] and kept in the cache.

    Folders are classes (in the order of the alphabet), with `train` and `test` above them or without; or `labels` is a
    CSV file with the columns filename (below `path`) and label: words or integers are classes, fractions or several
    columns are targets of a regression (kind="classes" | "numbers" decides otherwise).
    test: the share that becomes the test set where there is none. shape: "crop" (the middle) | "stretch"; None: stretch
    for regression, whose targets may be places. channels: 1, 3, None = 1 where all files are grey. ids are positions in
    the sorted list of files (or lines of the table).
    Raises ValueError for another layout, a file that cannot be decoded, an empty class, labels that do not fit.
    """
    path = Path(path)
    need(path.is_dir(), "path", str(path), "a folder that exists")
    labels = path / "labels.csv" if labels is None and (path / "labels.csv").is_file() else labels
    files, y, held, y_test, names = _labelled(path, Path(labels), kind) if labels else _classes(path)
    order = np.random.default_rng(0).permutation(len(files))
    if held is None:
        order, rest = test_share(len(files), test)
        held, y_test = [files[k] for k in rest], y[rest]
    numbers = y.ndim == 2
    shape = shape or ("stretch" if numbers else "crop")
    x, _ = decoded([files[k] for k in order], size, shape, channels, limit_bytes)
    x_test, _ = decoded(held, size, shape, x.shape[1], limit_bytes)
    raw = Raw(x, y[order], x_test, y_test, scale_of(x), numbers, names, order, True)
    return raw.task(path.resolve().name, val, n, f"{path.resolve()} test={test}", standardise, limit_bytes)


def _classes(path):
    """Folders as classes. -> files, y, test files, their y (None, None without a test set), names"""
    parts = {part.name: part for part in path.iterdir() if part.is_dir()}
    test = parts.get("test") or parts.get("val")
    if "train" not in parts or not test:
        return *_of(path, None), None, None, tuple(_names(path))
    names = tuple(_names(parts["train"]))
    return *_of(parts["train"], names), *_of(test, names), names


def _names(path):
    """The class folders in it."""
    names = sorted(part.name for part in path.iterdir() if part.is_dir() and not part.name.startswith("."))
    need(len(names) > 1, f"{path}", f"a folder with {len(names)} class folders", f"one in this layout:\n{LAYOUT}")
    return names


def _of(path, names):
    """The images in class folders; names: the classes there may be. -> files, y [N]"""
    files, y = [], []
    table = {name: c for c, name in enumerate(names or _names(path))}
    for name in _names(path):
        found = sorted(file for file in (path / name).rglob("*") if is_image(file) and file.is_file())
        need(found, f"class {name!r}", f"without an image in {path / name}", "a folder with one image or more")
        files, y = files + found, y + [choose(f"class folder in {path}", name, table)] * len(found)
    return files, np.array(y)


def _labelled(path, labels, kind):
    """A table of labels. -> files, y, None, None, names"""
    frame = table(labels if labels.is_file() else path / labels)
    choose("column of the files", "filename", dict.fromkeys(frame.columns))
    if len(frame.columns) == 2:
        choose("column of the labels", "label", dict.fromkeys(frame.columns))
    complete(labels, frame)
    listed = frame["filename"].astype(str)
    twice = listed[listed.duplicated()].tolist()
    need(not twice, f"filename in {labels.name}", twice[:1], "a different file in every line")
    there = {str(file.relative_to(path).as_posix()) for file in path.rglob("*") if is_image(file)}
    absent, more = sorted(set(listed) - there), sorted(there - set(listed))
    need(not absent, f"filename in {labels.name}", absent[:1], f"a file below {path} ({len(absent)} are not)")
    need(not more, f"lines of {labels.name}", len(frame), f"{len(there)}, one per image: {more[:1]} has none")
    y, names = encoded(labels, frame.drop(columns="filename"), kind)
    return [path / name for name in listed], y, None, None, names
