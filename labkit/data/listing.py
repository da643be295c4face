"""Files of images with their labels, and the task that they become."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from ..errors import need
from .divide import divide, pick
from .images import Unreadable, decoded, recall_unreadable, remember_unreadable, scale_of, unreadable
from .raw import Raw, divided_raw

ADVICE = '\nskip="unreadable" leaves them out'
ImageOptions = tuple[int, str, int | None]


@dataclass
class Listing:
    """Files with labels.

    names: paths of the files, seen from their folder; y: classes [N] or targets [N, Q]; class_names: () if classes are
    numbers; parts [N]: "train", "val" or "test", None if a share becomes the test set; y_true: labels like y, "given"
    or None, see Task.of; notes: texts for the report of what was read.
    """

    files: list[Path]
    names: list[str]
    y: np.ndarray
    class_names: tuple[str, ...] = ()
    parts: np.ndarray | None = None
    y_true: np.ndarray | str | None = None
    notes: list[str] = field(default_factory=list)

    def rows(self, keep: Sequence[int] | np.ndarray) -> "Listing":
        """Return the listing of some of the rows. keep: their positions"""
        changes = {"files": pick(self.files, keep), "names": pick(self.names, keep)}
        for name in ("y", "parts", "y_true"):
            array = getattr(self, name)
            if isinstance(array, np.ndarray):
                changes[name] = array[keep]
        return replace(self, **changes)

    def without(self, bad: Mapping[Path, str]) -> "Listing":
        """Return the listing without files that cannot be read. bad: {file: reason}"""
        keep = np.array([k for k, file in enumerate(self.files) if file not in bad], np.int64)
        need(len(keep), "images", 0, "1 or more that can be read")
        note = f"left out as unreadable: {len(self.files) - len(keep)}"
        return replace(self.rows(keep), notes=[*self.notes, note])


def raw_images(
    listing: Listing, size: int, shape: str, channels: int | None, test: float, val: float | None,
    skip: Collection[str], limit_bytes: float | None,
) -> Raw:  # fmt: skip
    """Decode the images of a listing and divide them into training and test set. -> Raw

    Raises Unreadable with all files that cannot be read, unless `skip` holds "unreadable".
    """
    options = (size, shape, channels)
    if "unreadable" in skip:
        bad = recall_unreadable(listing.files, *options)
        listing = listing.without(bad) if bad else listing
    try:
        return _decoded_listing(listing, options, test, val, limit_bytes)
    except Unreadable as error:
        if "unreadable" not in skip:
            raise Unreadable(error.files, ADVICE) from None
        remember_unreadable(listing.files, error.files, *options)
        return _decoded_listing(listing.without(error.files), options, test, val, limit_bytes)


def _decoded_listing(listing, options: ImageOptions, test, val, limit_bytes):
    """Decode and divide a listing as `raw_images` does. Raises Unreadable for files that cannot be read."""
    y = listing.y
    class_names = listing.class_names
    rows = divide(y, listing.y_true, class_names, listing.parts, test, val)
    train_files = pick(listing.files, rows.train)
    test_files = pick(listing.files, rows.test)
    x, x_test = _decoded_parts(train_files, test_files, options, limit_bytes)
    raw = divided_raw(x, x_test, y, rows, class_names, listing.notes)
    raw.scale = scale_of(x)
    raw.files = pick(listing.names, rows.train)
    raw.test_files = pick(listing.names, rows.test)
    return raw


def _decoded_parts(
    train_files, test_files, options: ImageOptions, limit_bytes
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Decode the images of the training and of the test set. Raises Unreadable with the bad files of both."""
    size, shape, channels = options
    try:
        x, _ = decoded(train_files, size, shape, channels, limit_bytes)
    except Unreadable as error:
        raise Unreadable(error.files | unreadable(test_files, size, shape)) from None
    x_test, _ = decoded(test_files, size, shape, x.shape[1], limit_bytes)
    return x, x_test
