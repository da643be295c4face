"""Load a task: a dataset by name, or files of one's own. Stands above data and noise: neither knows the other."""

import inspect
import os
from pathlib import Path

from . import noise
from .data import from_csv, from_folder, from_npz
from .data.places import folder, missing
from .data.reading import say
from .data.sets import HUMAN, NAMES, VARIANTS, reader_of
from .data.task import Task
from .data.vision import SOURCES, read
from .errors import choose, need

ENDINGS = {".csv": from_csv, ".tsv": from_csv, ".npz": from_npz}
OWN = "the path of a folder of images, or of a .csv, .tsv or .npz file, that exists"


def load(
    name: str | os.PathLike, val: float | None = None, n: int | None = None, root: str | os.PathLike | None = None,
    download: bool = False, *, standardise: bool | None = None, limit_bytes: float | None = None, **options,
) -> Task:  # fmt: skip
    """A Task by name, or from files of your own.

    name: "digits", "faces" (both embedded), "mnist", "fashion-mnist", "cifar10", "cifar100", "celeba-landmarks",
    "face-landmarks", "webvision-mini"; "cifar10n", "cifar100n": CIFAR, once the file of human labels is found beside it
    (corrupt it with labkit.noise.human); "cifar10n-worst", "-aggregate", "-random1" to "-random3", "cifar100n-noisy":
    not clean, with those labels given. Or the path of a folder of images (labkit.data.from_folder), of a .csv or .tsv
    (from_csv) or an .npz (from_npz): what was read is said in a line on stderr, unless LABKIT_PROGRESS is 0.
    val: share of the training set held out as the validation split; None: .1, or the validation set that your files
    have. n: use only this many training samples (a fixed choice).
    root: where to look instead of LABKIT_DATA. download=True fetches what is missing, with progress and checksums, by
    torchvision. standardise: regression targets to mean 0, standard deviation 1 per coordinate (None: all sets of
    landmarks and your own files do). limit_bytes: larger arrays stay on disk (None: half of the memory).
    options: what else the reader takes: size, classes, test of webvision-mini; size, channels of celeba-landmarks; file
    of face-landmarks; label, true_label, file, split, kind, order, test, ... of your own files: what they leave open
    is asked for, with the argument that settles it.
    Raises ValueError for an unknown name or option, FileNotFoundError (with the folder looked at, its layout and how to
    fetch it) when it is not there.
    """
    common = {"standardise": standardise, "limit_bytes": limit_bytes}
    if reader := path_reader(name):
        task = reader(Path(name).expanduser(), **fitting(reader, val=val, n=n, **common, **options))
        say(task)
        return task
    choose("name", name, dict.fromkeys((*NAMES, *VARIANTS)))
    base, column = VARIANTS.get(name, (name, None))
    if base in HUMAN:
        base = _human_base(base, root, download)
    reader = reader_of(base)
    takes = inspect.signature(reader).parameters
    options = fitting(reader, **options, **({"limit_bytes": limit_bytes} if "limit_bytes" in takes else {}))
    task = reader(root, download, **options).task(base, val, n, **common)
    return _with_human_labels(task, column, root) if column else task


def path_reader(name):
    """What reads `name` if it is a path, else None. Raises ValueError for what is neither a name nor a path."""
    text = isinstance(name, (str, os.PathLike)) and isinstance(os.fspath(name), str)
    known = f"{', '.join((*NAMES, *VARIANTS))}; or {OWN}"
    need(text and os.fspath(name).strip() and "\0" not in os.fspath(name), "name", name, known)
    path = Path(name).expanduser()
    if str(name) in NAMES or str(name) in VARIANTS:
        return None
    if path.suffix.lower() in ENDINGS and not path.is_dir():
        need(path.is_file(), "name", str(name), "a file that exists")
        return ENDINGS[path.suffix.lower()]
    if isinstance(name, os.PathLike) or os.sep in str(name) or path.exists():
        may_be = f"a folder that exists, a {' or '.join(ENDINGS)} file, or the name of a set"
        need(path.is_dir(), "name", str(name), may_be)
        return from_folder
    return None


def options_of(name):
    """The options of `load` for a set, or for a path: all that its reader takes. -> list of names"""
    reader = path_reader(name) or reader_of(HUMAN.get(VARIANTS.get(name, (name,))[0], (name,))[0])
    own = [key for key in inspect.signature(reader).parameters if key not in ("path", "root", "download", "n")]
    return list(dict.fromkeys((*own, "val", "standardise", "limit_bytes")))


def fitting(reader, **options):
    """The options, if the reader takes them all."""
    takes = {key: None for key in inspect.signature(reader).parameters if key not in ("path", "root", "download")}
    for key, value in options.items():
        need(takes, key, value, "left out: it is an option for files and folders of your own, or of another dataset")
        choose("option", key, takes)
    return options


def _human_base(name, root, download):
    """The set that was labelled again, if the file of human labels is there."""
    base, file, _ = HUMAN[name]
    if not (folder(root) / file).is_file():
        if download:
            read(base, root, download)
        layout = f"{file}     of the CIFAR-N project (cifar-10-100n), beside {SOURCES[base].place}"
        raise missing(name, folder(root), [file], layout)
    return base


def _with_human_labels(task, column, root):
    """CIFAR with one of the columns of human labels given."""
    file = folder(root) / HUMAN[f"{task.name}n"][1] if root else None
    return noise.corrupt(task, noise.human(column, file), 0)
