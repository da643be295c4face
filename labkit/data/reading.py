"""A line that reports what was read from your own files: classes with counts, and what was left out."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .files import is_hidden
from .images import is_image

if TYPE_CHECKING:
    from .task import Task

SHOWN = 6  # classes that are listed


def files_not_read(folder: Path, files: Iterable[Path]) -> list[str]:
    """Return how many of the files below a folder were not read, by their kinds. -> list of one text, or none"""
    counts = Counter(_kind_of_file(file, folder) for file in files)
    listed = []
    for kind, count in sorted(counts.items()):
        plural = "s" if count > 1 else ""
        listed.append(f"{count} {kind}{plural}")
    return [f"not read: {', '.join(listed)}"] if listed else []


def _kind_of_file(file, folder):
    """Return the kind of a file that is not read, such as "hidden file" or ".txt file"."""
    if is_hidden(file, folder):
        return "hidden file"
    if is_image(file):
        return "other image"
    return f"{file.suffix.lower() or 'nameless'} file"


def class_counts(y: np.ndarray, class_names: Sequence[str]) -> str:
    """Return the classes with their counts, in words. y: all labels [N]"""
    counts = np.bincount(y, minlength=len(class_names))
    listed = []
    for c, count in enumerate(counts[:SHOWN]):
        listed.append(f"{class_names[c] if class_names else c}: {count}")
    if len(counts) > SHOWN:
        listed.append(f"... ({counts.min()} to {counts.max()} each)")
    return f"labels {', '.join(listed)}"


def describe(y: np.ndarray, class_names: Sequence[str], notes: Iterable[str]) -> str:
    """Return what was read, in one line. y: labels of all rows; notes: further texts."""
    if y.ndim > 1:
        labels = f"{len(y):,} rows of {y.shape[1]} numbers"
    else:
        labels = class_counts(y, class_names)
    text = "; ".join([labels, *notes])
    return " ".join(text.split())


def report_reading(task: "Task") -> None:
    """Write on stderr what was read, unless LABKIT_PROGRESS is 0."""
    if task.reading and os.environ.get("LABKIT_PROGRESS") != "0":
        print("labkit read " + " ".join(repr(task).split()), file=sys.stderr)
