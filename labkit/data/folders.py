"""Tasks from folders of images: a folder per class, or a CSV of labels."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import ask, choose, must, need
from .divide import PARTS, checked_parts, choose_skip, part_of
from .files import below, classes_in, files_below, folders_in, images_of
from .images import ENDINGS
from .label_table import label_table
from .listing import TRUE_LABELS, Listing, raw_images
from .order import class_order
from .reading import others

LAYOUT = """\
PATH/CLASS/image.png ...            a folder per class; or with a test set of its own
PATH/train/CLASS/image.png ...      and PATH/test/CLASS/image.png ..., and PATH/val/CLASS/... for validation (val alone
                                    is the test set); or
PATH/image.png ... and labels.csv   a table with the columns filename, label (or several columns of numbers)"""
SURROGATE = re.compile("[\ud800-\udfff]")  # what Python makes of bytes that are no UTF-8
SKIP = ("unreadable", "absent", "unlisted", "incomplete")


def from_folder(
    path, size=64, labels=None, test=0.2, val=None, n=None, *, shape=None, channels=None, kind=None, standardise=None,
    limit_bytes=None, label=None, true_label=None, file=None, split=None, order=None, sep=None, encoding=None,
    ending=None, skip=(), labels_are="given", decimal=None, thousands=None,
):  # fmt: skip
    """A task from a folder of images, decoded once to uint8 [N, channels, size, size] and kept in the cache.

    Folders are classes, with `train`, `test` and `val` above them (split={"train": "A", "val": "B"} names others; val
    without test is the test set) or without; or `labels` is a CSV file (from here, or below `path`): label: its column
    of labels, or several of numbers; file: the column that names the images (as a path, with or without its ending);
    true_label: the column of true labels, empty where they are not known; split: the column that says what is for
    training, validation and testing, "folder" for the folders of the files, False for neither; kind: "classes" |
    "numbers"; sep, encoding: of the file; decimal, thousands: marks in its numbers. What is left open is asked for.
    order: of the classes: "alphabet", "number" (2 before 10) or the list of all names. ending: read these files only.
    skip: what to leave out: "unreadable" images, "unlisted" ones (without a line), "absent" ones (lines without a
    file), "incomplete" lines. labels_are: "given" (they may be wrong: the truth is not known) | "true".
    test, val: the shares of every class that become test and validation set where there is none.
    shape: "crop" (the middle) | "stretch"; None: stretch for regression, whose targets may be places. channels: 1, 3,
    None = 1 where all files are grey. ids are positions in the sorted list of files (or lines of the table).
    Raises ValueError for another layout, files that cannot be decoded, an empty class, labels that do not fit.
    """
    path = Path(path)
    need(path.is_dir(), "path", str(path), "a folder that exists")
    y_true = choose("labels_are", labels_are, TRUE_LABELS)
    skip, table = choose_skip(skip, SKIP), find_table(path, labels)
    everything = files_below(path)
    files = images_of(need_utf8(everything), path, ending)
    columns = {"label": label, "true_label": true_label, "file": file, "kind": kind, "sep": sep, "encoding": encoding}
    columns |= {"decimal": decimal, "thousands": thousands}
    if table:
        need(true_label is None or y_true is None, "labels_are", labels_are, "left out where true_label is given")
        listing = label_table(path, table, files, split=split, order=order, skip=skip, **columns)
    else:
        for name, value in columns.items():
            need(value is None, name, value, "left out: labels=... names no table, so folders are classes")
        listing = class_folders(path, files, everything, split, order)
    if y_true:
        listing.y_true = y_true
    read = {*listing.files, *([table.resolve()] if table else [])}
    listing.notes += others(path, [file for file in everything if file not in read and file.resolve() not in read])
    shape = shape or ("stretch" if listing.y.ndim == 2 else "crop")
    raw = raw_images(listing, size, shape, channels, test, val, skip, limit_bytes)
    marks = [f"{name}={value}" for name, value in (("labels", table), ("split", split)) if value is not None]
    origin = " ".join([str(path.resolve()), f"test={test}", *marks])
    return raw.task(path.resolve().name, val, n, origin, standardise, limit_bytes)


def find_table(path, labels):
    """The table of labels: the one asked for, else labels.csv. -> Path or None"""
    usual = path / "labels.csv"
    if labels is None and usual.is_file() and len(classes_in(path)) > 1:
        ask("labels", f"{path} holds both labels.csv and {len(classes_in(path))} folders of images",
            '"labels.csv" or False (folders are classes)')  # fmt: skip
    if labels is None or labels is False:
        return usual if labels is None and usual.is_file() else None
    may_be = f"the path of a CSV file, from here or from {path}"
    try:
        here, below = Path(labels).expanduser(), path / Path(labels).expanduser()
    except (TypeError, RuntimeError):  # no path, or the home of nobody
        here = below = path
    need(here.is_file() or below.is_file(), "labels", labels, may_be)
    both = here.is_file() and below.is_file() and not here.samefile(below)
    need(not both, "labels", str(labels), f"one of two files: {here.absolute()} or {below.absolute()}")
    return here if here.is_file() else below


def need_utf8(files):
    """Return the files. Raises ValueError for paths in another encoding than UTF-8: tables and runs, which keep them,
    could not hold them."""
    foreign = [str(file) for file in files if not str(file).isascii() and SURROGATE.search(str(file))]
    may_be = f"in UTF-8, with all folders above it; rename what is not ({len(foreign)} of {len(files)} files)"
    need(not foreign, "the name of a file", foreign[:1] and foreign[0], may_be)
    return files


def class_folders(path, files, everything, split, order):
    """Folders as classes. files: images below the path; everything: all files. -> Listing"""
    folders = part_folders(path, split)
    above = folders or {"train": path}
    train = class_names(above["train"], path, above["train"])
    names = class_order(f"the folders in {above['train']}", pd.Series(train), order)
    numbers = {name: number for number, name in enumerate(names)}
    listed, y, parts = [], [], []
    for part, folder in above.items():
        images, all_files = below(files, folder), below(everything, folder)
        for name in class_names(folder, path, above["train"]):
            c = choose(f"class folder in {folder}", name, numbers)
            need_images(images.get(name), all_files.get(name, []), folder / name)
            listed += images[name]
            y += [c] * len(images[name])
            parts += [part] * len(images[name])
    notes = [f"{part}: {folder.name}/" for part, folder in folders.items()]
    parts = checked_parts(str(path), np.array(parts)) if folders else None
    texts = [file.relative_to(path).as_posix() for file in listed]
    return Listing(listed, texts, np.array(y), tuple(names), parts, notes=notes)


def need_images(images, everything, folder):
    """A class has an image. everything: all files of it"""
    endings = sorted({file.suffix.lower() for file in everything})
    more = f"; its files end in {', '.join(map(repr, endings))}, images end in {', '.join(ENDINGS)}" if endings else ""
    must(images, f"class {folder.name!r}", f"without an image in {folder}", f"a folder with one image or more{more}")


def part_folders(path, split):
    """The folders of the training, validation and test set, in this order; {} where folders are classes."""
    there = folders_in(path)
    if isinstance(split, dict):
        return named_parts(path, split, there)
    need(split in (None, False, "folder"), "split", split, '{"train": FOLDER, "val": FOLDER, "test": FOLDER} or False')
    found = {part: [name for name in there if part_of(name) == part] for part in PARTS}
    if split is False or not found["train"] or not (found["val"] or found["test"]):
        need(split != "folder", "split", split, f"left out: {path} has no folders train and test, or val")
        if split is None:
            ask_for_parts(path, there)
        return {}
    twice = [part for part, names in found.items() if len(names) > 1]
    if twice:
        example = {part: names[0] for part, names in found.items() if names}
        ask("split", f"{path} holds {' and '.join(found[twice[0]])}", f"such as {example}")
    return {part: path / names[0] for part, names in found.items() if names}


def ask_for_parts(path, there):
    """Ask where folders are called nearly as training and test sets are, such as training_set and test_set."""
    part = {name: part_of(re.split(r"[\W\d_]", name)[0]) for name in there}
    example = {one: name for name, one in part.items() if one}
    if "train" in example and len(example) > 1 and all(part.values()):
        named = " and ".join(there)
        ask("split", f"{path} holds {named}", f"such as {example}, or False (these folders are classes)")


def named_parts(path, split, there):
    """The folders that `split` names."""
    for part, name in split.items():
        choose("part in split", part, PARTS)
        choose(f"split[{part!r}]", name, dict.fromkeys(there))
    need("train" in split and len(set(split.values())) == len(split) > 1, "split", split,
         "the folder of train and that of test, or val: different ones")  # fmt: skip
    return {part: path / split[part] for part in PARTS if part in split}


def folder_of_folders(folder):
    """The first folder below with more than one folder in it, where all above it have one alone; else None."""
    inner, names = folder, folders_in(folder)
    while len(names) == 1:
        inner = inner / names[0]
        names = folders_in(inner)
    return inner if len(names) > 1 and inner != folder else None


def class_names(folder, path, train):
    """The class folders in it. train: the folder of the training set"""
    names = folders_in(folder)
    tables = sorted(file.name for file in path.iterdir() if file.suffix.lower() in (".csv", ".tsv"))
    hint = f"\nlabels={tables[0]!r} reads the labels of that table" if tables else ""
    inner = folder_of_folders(folder)
    hint += f"\nor load {inner}" if inner else ""
    hint += f"\nor load {train} alone: a share of it becomes the test set" if folder != train else ""
    must(len(names) > 1, f"{folder}", f"a folder with {len(names)} class folders",
         f"one in this layout:\n{LAYOUT}{hint}")  # fmt: skip
    return names
