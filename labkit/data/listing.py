"""Files of images with their labels, and the task that they become."""

from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import must, need
from .divide import positions_of_parts
from .images import Unreadable, decoded, recalled, remember, scale_of, unreadable
from .raw import Raw
from .reading import describe

TRUE_LABELS = {"given": None, "true": "given"}  # labels_are -> y_true of Task.of
ADVICE = '\nskip="unreadable" leaves them out'


@dataclass
class Listing:
    """Files with labels. names: the files below their folder; y: classes [N] or targets [N, Q]; class_names: () where
    classes are numbers; parts [N]: "train", "val" or "test", None where the test set is a share; y_true: labels like y,
    "given" or None, see Task.of; notes: what there is to say."""

    files: list
    names: list
    y: np.ndarray
    class_names: tuple = ()
    parts: np.ndarray | None = None
    y_true: object = None
    notes: list = field(default_factory=list)

    def rows(self, keep):
        """The listing of some of the rows. keep: positions"""
        chosen = {name: [getattr(self, name)[k] for k in keep] for name in ("files", "names")}
        arrays = {name: getattr(self, name) for name in ("y", "parts", "y_true")}
        chosen |= {name: array[keep] for name, array in arrays.items() if isinstance(array, np.ndarray)}
        return replace(self, **chosen)

    def without(self, bad):
        """The listing without files that cannot be read. bad: {file: reason}"""
        keep = np.array([k for k, file in enumerate(self.files) if file not in bad], np.int64)
        need(len(keep), "images", 0, "1 or more that can be read")
        note = f"left out as unreadable: {len(self.files) - len(keep)}"
        return replace(self.rows(keep), notes=[*self.notes, note])


def check_classes(y, names, parts):
    """Every class of the other parts has a sample in the training set."""
    if parts is None or y.ndim > 1:
        return
    only = np.setdiff1d(y[parts != "train"], y[parts == "train"])
    may_be = "one that leaves every class a sample for training"
    named = [names[c] if names else int(c) for c in only[:3]]
    must(not len(only), "split", f"one with the classes {named} outside of the training set alone", may_be)


def raw_images(listing, size, shape, channels, test, val, skip, limit_bytes):
    """The images of a listing, decoded, divided into training and test set. -> Raw

    Raises Unreadable with all files that cannot be read, unless `skip` has "unreadable".
    """
    options = size, shape, channels
    if "unreadable" in skip and (bad := recalled(listing.files, *options)):
        listing = listing.without(bad)
    try:
        return _decoded(listing, options, test, val, limit_bytes)
    except Unreadable as error:
        if "unreadable" not in skip:
            raise Unreadable(error.files, ADVICE) from None
        remember(listing.files, error.files, *options)
        return _decoded(listing.without(error.files), options, test, val, limit_bytes)


def _decoded(listing, options, test, val, limit_bytes):
    """The same, where all files can be read."""
    size, shape, channels = options
    y, names = listing.y, listing.class_names
    check_classes(y, names, listing.parts)
    rows, val_rows, held = positions_of_parts(y, listing.parts, test, val)
    x, x_test = _both(listing.files, rows, held, size, shape, channels, limit_bytes)
    y_test, test_trusted, notes = true_test(y, listing.y_true, held)
    y_true = listing.y_true if isinstance(listing.y_true, str) or listing.y_true is None else listing.y_true[rows]
    ids = rows if listing.parts is None else np.searchsorted(np.flatnonzero(listing.parts != "test"), rows)
    classes = len(names) if names and y_true is not None else None
    reading = describe(y, names, [*listing.notes, *notes])
    return Raw(
        x, y[rows], x_test, y_test, scale_of(x), y.ndim > 1, names, ids, True, y_true, test_trusted,
        [listing.names[k] for k in rows], [listing.names[k] for k in held], val_rows, y.ndim == 1, reading, classes,
    )  # fmt: skip


def _both(files, rows, held, size, shape, channels, limit_bytes):
    """The images of the training and of the test set. Raises Unreadable with the bad files of both."""
    parts = [[files[k] for k in chosen] for chosen in (rows, held)]
    try:
        x, _ = decoded(parts[0], size, shape, channels, limit_bytes)
    except Unreadable as error:
        raise Unreadable(error.files | unreadable(parts[1], size, shape)) from None
    x_test, _ = decoded(parts[1], size, shape, x.shape[1], limit_bytes)
    return x, x_test


def true_test(y, y_true, held):
    """The labels of the test set: the true ones, where all are known. -> labels, are they true?, notes"""
    if y_true is None or isinstance(y_true, str):
        return y[held], None, []
    true = y_true[held]
    known = true >= 0 if true.ndim == 1 else ~np.isnan(true).any(1)
    if known.all():
        return true, True, ["the test set has its true labels"]
    part = f"true labels known for {known.sum()} of {len(held)} test samples: the test set keeps the given ones"
    return y[held], False, [part]
