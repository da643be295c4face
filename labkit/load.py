"""Load a task: a dataset by its name, or your own files.

This module stands above `data` and `noise`, so that neither of them imports the other.
"""

import inspect
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import noise
from .data import from_csv, from_folder, from_npz
from .data.places import folder, missing
from .data.reading import report_reading
from .data.sets import HUMAN, NAMES, VARIANTS, reader_of
from .data.task import Task
from .data.vision import SOURCES, read
from .errors import choose, need
from .tables import names_without

FILE_READERS = {".csv": from_csv, ".tsv": from_csv, ".npz": from_npz}
EXISTING_PATH = "the path of a folder of images, or of a .csv, .tsv or .npz file, that exists"
LOCATIONS = ("path", "root", "download")  # arguments of a reader that are no options: `load` itself fills them in


def load(
    name: str | os.PathLike, val: float | None = None, n: int | None = None, root: str | os.PathLike | None = None,
    download: bool = False, *, standardise: bool | None = None, limit_bytes: float | None = None, **options: Any,
) -> Task:  # fmt: skip
    """Load a Task by its name, or from your own files.

    name: "digits", "faces" (both embedded), "mnist", "fashion-mnist", "cifar10", "cifar100", "celeba-landmarks",
    "face-landmarks", "webvision-mini"; "cifar10n", "cifar100n": CIFAR, if the file of human labels is found beside it
    (corrupt it with labkit.noise.human); "cifar10n-worst", "-aggregate", "-random1" to "-random3", "cifar100n-noisy":
    CIFAR with those human labels as the given ones. Or the path of a folder of images (labkit.data.from_folder), of a
    .csv or .tsv file (from_csv) or of an .npz file (from_npz): then a line on stderr reports what was read, unless
    LABKIT_PROGRESS is 0.
    val: share of the training set held out as the validation split; None: .1, or the validation set that your files
    have. n: use only this many training samples (always the same ones).
    root: folder of the datasets, instead of LABKIT_DATA. download=True fetches missing files by torchvision, with
    progress and checksums. standardise: scale regression targets to mean 0 and standard deviation 1 per coordinate
    (None: yes for all sets of landmarks and for your own files). limit_bytes: arrays above this size stay on disk
    (None: half of the memory).
    options: further arguments of the reader: size, classes, test of webvision-mini; size, channels of celeba-landmarks;
    file of face-landmarks; label, true_label, file, split, kind, order, test, ... of your own files. Where your files
    can be read in more than one way, the error names the argument that settles it.
    Raises ValueError for an unknown name or option, FileNotFoundError (with the folder searched, its layout and how to
    fetch it) if the dataset is not there.
    """
    settings = {"standardise": standardise, "limit_bytes": limit_bytes}
    reader = path_reader(name)
    if reader is not None:
        arguments = {"val": val, "n": n, **settings, **options}
        check_options(reader, arguments)
        task = reader(Path(name).expanduser(), **arguments)
        report_reading(task)
        return task
    choose("name", name, dict.fromkeys((*NAMES, *VARIANTS)))
    base_name, column = VARIANTS.get(name, (name, None))
    if base_name in HUMAN:
        base_name = _relabelled_set(base_name, root, download)
    reader = reader_of(base_name)
    if "limit_bytes" in inspect.signature(reader).parameters:
        options["limit_bytes"] = limit_bytes
    check_options(reader, options)
    task = reader(root, download, **options).task(base_name, val, n, **settings)
    return task if column is None else _with_human_labels(task, column, root)


def path_reader(name: Any) -> Callable[..., Task] | None:
    """Return the reader for `name` if it is a path, or None if it is the name of a dataset or might be one misspelt.

    Raises ValueError for a path that does not exist, and for what is neither a name nor a path.
    """
    is_text = isinstance(name, (str, os.PathLike)) and isinstance(os.fspath(name), str)
    may_be = f"{', '.join((*NAMES, *VARIANTS))}; or {EXISTING_PATH}"
    need(is_text and _can_be_path(os.fspath(name)), "name", name, may_be)
    if str(name) in NAMES or str(name) in VARIANTS:
        return None
    path = Path(name).expanduser()
    ending = path.suffix.lower()
    if ending in FILE_READERS and not path.is_dir():
        need(path.is_file(), "name", str(name), "a file that exists")
        return FILE_READERS[ending]
    if isinstance(name, os.PathLike) or os.sep in str(name) or path.exists():
        may_be = f"a folder that exists, a {' or '.join(FILE_READERS)} file, or the name of a set"
        need(path.is_dir(), "name", str(name), may_be)
        return from_folder
    return None


def _can_be_path(text):
    """Return whether a text is not blank and has no zero byte, which no system allows in a path."""
    return bool(text.strip()) and "\0" not in text


def options_of(name: str | os.PathLike) -> list[str]:
    """Return the options that `load` takes for a dataset or for a path. -> list of names"""
    reader = path_reader(name)
    if reader is None:
        base_name, _ = VARIANTS.get(name, (name, None))
        if base_name in HUMAN:
            base_name = HUMAN[base_name][0]
        reader = reader_of(base_name)
    own_options = names_without(_options_of_reader(reader), ["n"])
    return list(dict.fromkeys((*own_options, "val", "standardise", "limit_bytes")))


def check_options(reader: Callable, options: Mapping[str, Any]) -> None:
    """Raise ValueError for an option that the reader does not take."""
    known = dict.fromkeys(_options_of_reader(reader))
    for key, value in options.items():
        need(known, key, value, "left out: it is an option for files and folders of your own, or of another dataset")
        choose("option", key, known)


def _options_of_reader(reader):
    """Return the names of a reader's arguments, without those that say where the data are."""
    return names_without(inspect.signature(reader).parameters, LOCATIONS)


def _relabelled_set(name, root, download):
    """Return the name of the dataset that people labelled again. Raises FileNotFoundError without their labels."""
    base_name, file, _ = HUMAN[name]
    if not (folder(root) / file).is_file():
        if download:
            read(base_name, root, download)
        layout = f"{file}     of the CIFAR-N project (cifar-10-100n), beside {SOURCES[base_name].place}"
        raise missing(name, folder(root), [file], layout)
    return base_name


def _with_human_labels(task, column, root):
    """Return CIFAR with a column of human labels as the given ones."""
    file = None
    if root:
        file = folder(root) / HUMAN[f"{task.name}n"][1]
    return noise.corrupt(task, noise.human(column, file), 0)
