"""What a reader has read, and the task that it becomes."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from ..errors import need
from . import arrays
from .mapped import limit, take, tensor
from .task import Scale, Task


@dataclass
class Raw:
    """Samples and targets of the training and of the test set, as Task.of takes them.

    standardise: what regression targets get where nobody asks for something else. ids: positions of the training rows
    in the original set; shuffled: these rows are in random order already. y_true: the true labels, see Task.of: None,
    "given", or an array in the order of y; test_trusted: are the labels of the test set true? files, test_files: names
    of the rows, in the order of y and y_test.
    """

    x: object
    y: object
    x_test: object
    y_test: object
    scale: Scale | None = None
    standardise: bool = False
    class_names: tuple = ()
    ids: object = None
    shuffled: bool = False
    y_true: object = None
    test_trusted: bool | None = None
    files: object = ()
    test_files: object = ()

    def task(self, name, val=0.1, n=None, origin=None, standardise=None, limit_bytes=None):
        """A task of n of the training samples (None: all), always the same ones. origin: None = `name`."""
        x, y = tensor(self.x), arrays.labels("y", self.y)
        classes = arrays.class_number(y, arrays.labels("y_test", self.y_test), names=self.class_names)
        ids, y_true, files = arrays.positions(self.ids, len(y)), self.y_true, self.files
        if n is not None:
            need(isinstance(n, int) and 0 < n <= len(y), "n", n, f"a whole number in 1..{len(y)}")
            keep = np.arange(n) if self.shuffled else np.random.default_rng(0).permutation(len(y))[:n]
            keep = torch.from_numpy(keep)
            x, y, ids = take(x, keep, x.nbytes > limit(limit_bytes)), y[keep], ids[keep]
            y_true = y_true if y_true is None or isinstance(y_true, str) else arrays.labels("y_true", y_true)[keep]
            files = [files[k] for k in keep.tolist()] if len(files) else ()
        make = partial(Task.of, name=name, val=val, scale=self.scale, classes=classes, class_names=self.class_names)
        standardise = self.standardise and classes is None if standardise is None else standardise
        return make(x, y, self.x_test, self.y_test, standardise=standardise, ids=ids, shuffled=self.shuffled,
                    origin=origin or name, limit_bytes=limit_bytes, y_true=y_true, test_trusted=self.test_trusted,
                    files=files, test_files=self.test_files)  # fmt: skip


def test_share(n, share):
    """A fixed random division of n samples. -> positions of the training samples and of the test samples, in random
    order"""
    need(isinstance(share, (int, float)) and 0 < share < 1, "test", share, "a share in (0, 1)")
    order = np.random.default_rng(0).permutation(n)
    held = max(1, int(share * n))
    need(held < n, "samples", n, "2 or more, so that some are left for training")
    return order[held:], order[:held]
