"""Labels from a file: those that people gave in CIFAR-10N and CIFAR-100N, or labels of your own."""

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Generator, Tensor

from ..arguments import Name, Place
from ..data import folder
from ..errors import choose, must, need
from .base import Clean, Noise
from .files import labels_of_rows, read_columns, rows_in_order
from .join import Columns, join

HUMAN_FILES = {"cifar10": "CIFAR-10_human.pt", "cifar100": "CIFAR-100_human.pt"}
CLEAN = "clean_label"


def published_file(dataset: str) -> Path:
    """Return the path of CIFAR-N's labels for a dataset. Raises ValueError for a dataset without such labels."""
    name = choose("task of human labels without a file", dataset, HUMAN_FILES)
    return folder() / name


class human(Noise):
    """Real human errors: Wei, Zhu, Cheng, Liu, Niu, Liu, "Learning with noisy labels revisited", ICLR 2022.

    labels: a column of the file. CIFAR-10N: "worse_label" (40.2 % wrong), "aggre_label" (9.0 %), "random_label1" to
    "random_label3" (17 to 18 %); CIFAR-100N: "noisy_label" (40.2 %). file: None is CIFAR-10_human.pt or
    CIFAR-100_human.pt in the data folder; or a .npy, .npz, .csv, .tsv or .pt file of your own. Labels are classes
    0..C-1, or names of the task's classes. key: the column that names the samples, by which rows are joined; None: the
    column that names every sample once, where there is one, else the rows are in the order of the original training
    set; False: they are in this order. sep, encoding: of a table; None: detected, UTF-8. A file with one column needs
    no name for it. A column "clean_label", where there is one, must agree with the task's true labels. Nothing is
    drawn, so every seed gives the same labels. Nothing in a file is executed.
    Raises FileNotFoundError, and ValueError for a file of the wrong length, with labels that are not classes, in
    another order than the task, or with anything but arrays in it.
    """

    def __init__(
        self, labels: Name = "worse_label", file: Place | None = None, *, key: Name | Literal[False] | None = None,
        sep: Name | None = None, encoding: Name | None = None,
    ):  # fmt: skip
        super().__init__(0.0)
        self.labels = labels
        self.file = None if file is None else Path(file)
        self.key = key
        self.sep = sep
        self.encoding = encoding
        self.rate = None  # labels from a file have no asked rate

    def __repr__(self):
        if self.file is None:
            return f"human({self.labels!r})"
        return f"human({self.labels!r}, {str(self.file)!r})"

    def options(self) -> dict:
        options = {"labels": self.labels}
        if self.is_own_file():
            options["file"] = self.file.name
        return options

    def is_own_file(self) -> bool:
        """Return whether the file has another name than those of CIFAR-N."""
        return self.file is not None and self.file.name not in HUMAN_FILES.values()

    def matrix(self, classes: int, dataset: str) -> Tensor | None:
        return None

    def draw(self, clean: Clean, rng: Generator) -> Tensor:
        path, rows, columns = self.read(clean)
        name = next(iter(columns)) if len(columns) == 1 else self.labels
        column = choose("labels", name, columns)
        return self._labels(path, name, column, rows, clean)

    def read(self, clean: Clean) -> tuple[Path, np.ndarray | None, Columns]:
        """Read the file. -> its path, the row of each sample (None: their order), its columns without key and truth

        Raises ValueError for true labels that are not those of the task.
        """
        may_be = f"their positions in the original training set of {clean.name!r}: a label file is in that order"
        need(clean.ids is not None, "ids of the task's samples", None, may_be)
        path = self.file or published_file(clean.name)
        columns = read_columns(path, self.sep, self.encoding)
        rows, columns = join(path, columns, self.key, clean)
        if CLEAN in columns:
            expected = self._labels(path, CLEAN, columns.pop(CLEAN), rows, clean)
            wrong = int((expected != clean.y).sum())
            finding = f"another: {wrong} of its {CLEAN}s differ"
            must(not wrong, f"order of {path.name}", finding, "that of the task")
        return path, rows, columns

    def _labels(self, path, name, column, rows, clean):
        """Return a column of the file in the order of the samples. -> int64 [N]"""
        finding = f"{column.dtype} {column.shape}"
        must(column.ndim == 1, f"{name} in {path.name}", finding, "one label per sample")
        if rows is None:
            rows = rows_in_order(path, column, clean)
        last = rows.max()
        need(last < len(column), f"length of {path.name}", len(column), f"{last + 1} or more")
        labels = self.classes_of(path, name, column, clean)
        return torch.from_numpy(labels[rows])

    def classes_of(self, path: Path, name: str, column: np.ndarray, clean: Clean) -> np.ndarray:
        """Return a column of the file as classes. -> int64 [rows of the file]"""
        return labels_of_rows(path, name, column, clean)

    def words(self, classes: int | None, realised: float) -> str:
        source = f"of {self.file.name}" if self.is_own_file() else "given by people"
        return f"labels {source}, {self.labels} = {realised:.1%} wrong labels"
