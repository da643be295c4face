"""Labels of several annotators from a file, e.g. the three people who labelled each image of CIFAR-10N."""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
from torch import Generator, Tensor

from ..arguments import Many, Name, Place, Text
from ..data.annotators import NONE, everywhere, voted
from ..data.dawid_skene import dawid_skene
from ..errors import choose
from .base import Clean
from .files import labels_of_rows
from .human import human

THREE = ("random_label1", "random_label2", "random_label3")  # the columns of CIFAR-10N with one annotator each


class annotators(human):
    """The labels of several annotators, and those that they agree on as the given ones.

    columns: the columns of the file, one for each annotator; those of CIFAR-10N are random_label1 to random_label3.
    file, key, sep, encoding: as of `human`. An annotator who gave a sample no label has -1 or an empty cell there.
    aggregate: what becomes the given label, "majority" (of classes with equally many votes one is drawn by the seed) or
    "dawid_skene" (see labkit.data.dawid_skene; nothing is drawn). Training and validation split are aggregated
    together. Raises as `human` does, and ValueError for a sample without a label.
    """

    def __init__(
        self, columns: Annotated[tuple, Many(Text(), least=1)] = THREE, file: Place | None = None, *,
        aggregate: Literal["majority", "dawid_skene"] = "majority", key: Name | Literal[False] | None = None,
        sep: Name | None = None, encoding: Name | None = None,
    ):  # fmt: skip
        super().__init__(columns[0], file, key=key, sep=sep, encoding=encoding)
        self.columns = columns
        self.aggregate = aggregate

    def __repr__(self):
        file = "" if self.file is None else f", {str(self.file)!r}"
        return f"annotators({self.columns!r}{file}, aggregate={self.aggregate!r})"

    def options(self) -> dict:
        options = super().options()
        del options["labels"]
        return {"columns": list(self.columns), "aggregate": self.aggregate} | options

    def annotations(self, clean: Clean) -> Tensor:
        path, rows, columns = self.read(clean)
        labels = []
        for name in self.columns:
            column = choose("columns", name, columns)
            labels.append(self._labels(path, name, column, rows, clean))
        return torch.stack(labels, 1)

    def classes_of(self, path: Path, name: str, column: np.ndarray, clean: Clean) -> np.ndarray:
        given = column != "" if column.dtype.kind in "US" else column != NONE
        labels = np.full(len(column), NONE)
        if given.any():
            labels[given] = labels_of_rows(path, name, whole(column[given]), clean)
        return labels

    def draw(self, clean: Clean, rng: Generator) -> Tensor:
        labels = everywhere(self.annotations(clean))
        if self.aggregate == "dawid_skene":
            return dawid_skene(labels, clean.classes).y
        return voted(labels, clean.classes, rng)

    def words(self, classes: int | None, realised: float) -> str:
        source = f"of {self.file.name}" if self.is_own_file() else "given by people"
        rule = {"majority": "majority", "dawid_skene": "Dawid-Skene"}[self.aggregate]
        return f"labels {source}, {rule} of {len(self.columns)} annotators = {realised:.1%} wrong labels"


def whole(cells: np.ndarray) -> np.ndarray:
    """Return texts that are all whole numbers as numbers, as they are where no cell of a column is empty."""
    is_text = cells.dtype.kind in "US"
    return cells.astype(np.int64) if is_text and np.char.isdecimal(cells).all() else cells
