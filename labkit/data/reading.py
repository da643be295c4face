"""What was read from files of one's own, in a line: classes with counts, what was left out."""

import os
import sys
from collections import Counter

import numpy as np

from .files import is_hidden
from .images import is_image

SHOWN = 6  # classes that are listed


def others(folder, files):
    """What lies below a folder and is not read, as counts by ending, in words. files: those -> list of texts"""
    counts = Counter(_kind(file, folder) for file in files)
    listed = [f"{count} {kind}{'s' * (count > 1)}" for kind, count in sorted(counts.items())]
    return [f"not read: {', '.join(listed)}"] if listed else []


def _kind(file, folder):
    """What kind of a file it is that is not read."""
    if is_hidden(file, folder):
        return "hidden file"
    return "other image" if is_image(file) else f"{file.suffix.lower() or 'nameless'} file"


def class_counts(y, names):
    """Return the classes with their counts, in words. y: all labels [N]"""
    counts = np.bincount(y, minlength=len(names))
    named = [f"{names[c] if names else c}: {count}" for c, count in enumerate(counts)]
    more = f", ... ({counts.min()} to {counts.max()} each)" if len(named) > SHOWN else ""
    return f"labels {', '.join(named[:SHOWN])}{more}"


def describe(y, names, notes):
    """Return what was read, in one line. y: labels of all rows; notes: further texts."""
    labels = f"{len(y):,} rows of {y.shape[1]} numbers" if y.ndim > 1 else class_counts(y, names)
    return " ".join("; ".join([labels, *notes]).split())


def say(task):
    """Write on stderr what was read, unless LABKIT_PROGRESS is 0."""
    if task.reading and os.environ.get("LABKIT_PROGRESS") != "0":
        print("labkit read " + " ".join(repr(task).split()), file=sys.stderr)
