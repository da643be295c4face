"""Tasks from folders of images: a folder per class, or a CSV file of labels."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import ask, choose, must, need
from .arrays import origin_of
from .divide import PARTS, checked_parts, choose_skip, part_of
from .files import classes_in, files_below, folders_in, group_by_folder, images_of, relative_paths
from .images import ENDINGS
from .label_table import read_label_table
from .listing import Listing, raw_images
from .order import class_order, numbered
from .reading import files_not_read
from .task import Task
from .truth import truth_of

LAYOUT = """\
PATH/CLASS/image.png ...            a folder per class; or with a test set of its own
PATH/train/CLASS/image.png ...      and PATH/test/CLASS/image.png ..., and PATH/val/CLASS/... for validation (val alone
                                    is the test set); or
PATH/image.png ... and labels.csv   a table with the columns filename, label (or several columns of numbers)"""
SURROGATE = re.compile("[\ud800-\udfff]")  # Python's stand-ins for bytes that are not UTF-8
SKIP = ("unreadable", "absent", "unlisted", "incomplete")


def from_folder(
    path: str | os.PathLike, size: int = 64, labels: str | os.PathLike | bool | None = None, test: float = 0.2,
    val: float | None = None, n: int | None = None, *, shape: str | None = None, channels: int | None = None,
    kind: str | None = None, standardise: bool | None = None, limit_bytes: float | None = None,
    label: str | Sequence[str] | None = None, true_label: str | None = None, file: str | None = None,
    split: str | bool | Mapping[str, str] | None = None, order: str | Sequence | None = None, sep: str | None = None,
    encoding: str | None = None, ending: str | Sequence[str] | None = None, skip: str | Sequence[str] = (),
    labels_are: str = "given", decimal: str | None = None, thousands: str | None = None,
) -> Task:  # fmt: skip
    """Make a task from a folder of images, decoded once to uint8 [N, channels, size, size] and kept in the cache.

    Folders are classes, with or without folders `train`, `test` and `val` above them (split={"train": "A", "val": "B"}
    names others; val without test is the test set). Or `labels` is a CSV file (a path from the current folder, or from
    `path`) with these columns: label: the labels, one column or several of numbers; file: the images (as paths, with or
    without ending); true_label: the true labels, empty where they are not known; split: what is for training,
    validation and testing ("folder": the folders of the files say it, False: nothing does). kind: "classes" |
    "numbers". sep, encoding: of the file; decimal, thousands: marks in its numbers. Where the files can be read in more
    than one way, the error names the argument that settles it.
    order: of the classes: "alphabet", "number" (2 before 10) or the list of all names. ending: read these files only.
    skip: what to leave out: "unreadable" images, "unlisted" ones (without a line), "absent" ones (lines without a
    file), "incomplete" lines. labels_are: "given" (they may be wrong, the truth is not known) | "true".
    test, val: the shares of every class that become test and validation set if the files have none. n: use only this
    many training samples.
    shape: "crop" (the middle) | "stretch"; None: stretch for regression, whose targets may be places. channels: 1, 3,
    None = 1 if all files are grey. standardise, limit_bytes: see labkit.load. ids are positions in the sorted list of
    files (or lines of the table).
    Raises ValueError for another layout, files that cannot be decoded, an empty class, labels that do not fit.
    """
    path = Path(path)
    need(path.is_dir(), "path", str(path), "a folder that exists")
    y_true = truth_of(labels_are)
    skip = choose_skip(skip, SKIP)
    table = find_table(path, labels)
    all_files = files_below(path)
    images = images_of(need_utf8(all_files), path, ending)
    columns = {"label": label, "true_label": true_label, "file": file, "kind": kind, "sep": sep, "encoding": encoding,
               "decimal": decimal, "thousands": thousands}  # fmt: skip
    if table:
        y_true = truth_of(labels_are, true_label)
        listing = read_label_table(path, table, images, split=split, order=order, skip=skip, **columns)
    else:
        for name, value in columns.items():
            need(value is None, name, value, "left out: labels=... names no table, so folders are classes")
        listing = class_folders(path, images, all_files, split, order)
    if y_true:
        listing.y_true = y_true
    listing.notes += files_not_read(path, _files_left(all_files, listing, table))
    if not shape:
        shape = "stretch" if listing.y.ndim == 2 else "crop"
    raw = raw_images(listing, size, shape, channels, test, val, skip, limit_bytes)
    origin = origin_of(path, test, labels=table, split=split)
    return raw.task(path.resolve().name, val, n, origin, standardise, limit_bytes)


def _files_left(files, listing, table):
    """Return the files that are neither images of the listing nor the table."""
    read = set(listing.files)
    if table:
        read.add(table.resolve())
    return [file for file in files if file not in read and file.resolve() not in read]


def find_table(path: Path, labels: Any) -> Path | None:
    """Return the table of labels: the one asked for, else labels.csv if there is one.

    labels: a path from the current folder or from `path`, False for no table, or None. Raises ValueError for a table
    that does not exist or exists twice, and for None if there are class folders beside labels.csv.
    """
    if labels is False:
        return None
    if labels is None:
        return _usual_table(path)
    try:
        from_here = Path(labels).expanduser()
        from_path = path / from_here
    except (TypeError, RuntimeError):  # no path, or the home of an unknown user
        from_here = from_path = path
    exists_here = from_here.is_file()
    exists_below = from_path.is_file()
    need(exists_here or exists_below, "labels", labels, f"the path of a CSV file, from here or from {path}")
    is_ambiguous = exists_here and exists_below and not from_here.samefile(from_path)
    may_be = f"one of two files: {from_here.absolute()} or {from_path.absolute()}"
    need(not is_ambiguous, "labels", str(labels), may_be)
    return from_here if exists_here else from_path


def _usual_table(path):
    """Return labels.csv in the folder, or None. Raises ValueError if there are class folders beside it."""
    table = path / "labels.csv"
    if not table.is_file():
        return None
    count = len(classes_in(path))
    if count > 1:
        ask("labels", f"{path} holds both labels.csv and {count} folders of images",
            '"labels.csv" or False (folders are classes)')  # fmt: skip
    return table


def need_utf8(files: Sequence[Path]) -> Sequence[Path]:
    """Return the files. Raises ValueError for a path that is not in UTF-8: tables and runs could not store it."""
    paths = map(str, files)
    foreign = [path for path in paths if not path.isascii() and SURROGATE.search(path)]
    may_be = f"in UTF-8, with all folders above it; rename what is not ({len(foreign)} of {len(files)} files)"
    need(not foreign, "the name of a file", foreign[0] if foreign else "", may_be)
    return files


def class_folders(
    path: Path, images: Sequence[Path], all_files: Sequence[Path], split: Any, order: str | Sequence | None
) -> Listing:
    """List the images of class folders. images: images below the path; all_files: all files below it. -> Listing"""
    parts_found = part_folders(path, split)
    folder_of_part = parts_found or {"train": path}
    train_folder = folder_of_part["train"]
    train_classes = class_names(train_folder, path, train_folder)
    names = class_order(f"the folders in {train_folder}", pd.Series(train_classes), order)
    number_of = numbered(names)
    listed = []
    y = []
    parts = []
    for part, folder in folder_of_part.items():
        images_of_class = group_by_folder(images, folder)
        files_of_class = group_by_folder(all_files, folder)
        for name in class_names(folder, path, train_folder):
            c = choose(f"class folder in {folder}", name, number_of)
            class_images = images_of_class.get(name, [])
            need_images(class_images, files_of_class.get(name, []), folder / name)
            listed += class_images
            y += [c] * len(class_images)
            parts += [part] * len(class_images)
    notes = [f"{part}: {folder.name}/" for part, folder in parts_found.items()]
    parts = checked_parts(str(path), np.array(parts)) if parts_found else None
    return Listing(listed, relative_paths(listed, path), np.array(y), tuple(names), parts, notes=notes)


def need_images(images: Sequence[Path], files: Iterable[Path], folder: Path) -> None:
    """Raise ValueError for a class without an image. files: all files in its folder"""
    if images:
        return
    may_be = "a folder with one image or more"
    endings = sorted({file.suffix.lower() for file in files})
    if endings:
        may_be += f"; its files end in {', '.join(map(repr, endings))}, images end in {', '.join(ENDINGS)}"
    must(False, f"class {folder.name!r}", f"without an image in {folder}", may_be)


def part_folders(path: Path, split: Any) -> dict[str, Path]:
    """Return the folders of the training, validation and test set, in this order; {} if the folders are classes.

    split: {part: folder}, False for none, or None: folders with known names. Raises ValueError for other values, and
    for None if several folders have the names of one part.
    """
    folders = folders_in(path)
    if isinstance(split, dict):
        return named_parts(path, split, folders)
    need(split in (None, False, "folder"), "split", split, '{"train": FOLDER, "val": FOLDER, "test": FOLDER} or False')
    by_part = {part: [] for part in PARTS}
    for name in folders:
        part = part_of(name)
        if part is not None:
            by_part[part].append(name)
    has_parts = by_part["train"] and (by_part["val"] or by_part["test"])
    if split is False or not has_parts:
        need(split != "folder", "split", split, f"left out: {path} has no folders train and test, or val")
        if split is None:
            ask_for_parts(path, folders)
        return {}
    first_names = {part: names[0] for part, names in by_part.items() if names}
    for names in by_part.values():
        if len(names) > 1:
            ask("split", f"{path} holds {' and '.join(names)}", f"such as {first_names}")
    return {part: path / name for part, name in first_names.items()}


def ask_for_parts(path: Path, folders: Sequence[str]) -> None:
    """Raise ValueError, which asks for `split`, for names such as training_set and test_set."""
    example = {}
    for name in folders:
        first_word = re.split(r"[\W\d_]", name)[0]
        part = part_of(first_word)
        if part is None:
            return
        example[part] = name
    if "train" in example and len(example) > 1:
        may_be = f"such as {example}, or False (these folders are classes)"
        ask("split", f"{path} holds {' and '.join(folders)}", may_be)


def named_parts(path: Path, split: Mapping[str, str], folders: Sequence[str]) -> dict[str, Path]:
    """Return the folders that `split` names. Raises ValueError for unknown ones, and without training or test set."""
    for part, name in split.items():
        choose("part in split", part, PARTS)
        choose(f"split[{part!r}]", name, dict.fromkeys(folders))
    are_different = len(set(split.values())) == len(split)
    may_be = "the folder of train and that of test, or val: different ones"
    need("train" in split and are_different and len(split) > 1, "split", split, may_be)
    return {part: path / split[part] for part in PARTS if part in split}


def folder_of_folders(folder: Path) -> Path | None:
    """Return the folder below in which there are several folders, if each folder above it has a single one in it."""
    inner = folder
    names = folders_in(folder)
    while len(names) == 1:
        inner = inner / names[0]
        names = folders_in(inner)
    return inner if len(names) > 1 and inner != folder else None


def class_names(folder: Path, path: Path, train: Path) -> list[str]:
    """Return the names of the class folders in a folder. Raises ValueError for fewer than two.

    path: the folder of the whole set, train: that of the training set
    """
    names = folders_in(folder)
    if len(names) > 1:
        return names
    hint = ""
    tables = sorted(file.name for file in path.iterdir() if file.suffix.lower() in (".csv", ".tsv"))
    if tables:
        hint += f"\nlabels={tables[0]!r} reads the labels of that table"
    inner = folder_of_folders(folder)
    if inner:
        hint += f"\nor load {inner}"
    if folder != train:
        hint += f"\nor load {train} alone: a share of it becomes the test set"
    finding = f"a folder with {len(names)} class folders"
    must(False, f"{folder}", finding, f"one in this layout:\n{LAYOUT}{hint}")
