"""Life: the state of every training sample, epoch by epoch, and its table beside the samples' names."""

from typing import TYPE_CHECKING

import pandas as pd
import torch

from ..data import Task
from ..errors import must, need

if TYPE_CHECKING:
    from .run import Run

COLUMNS = ("loss", "weight", "selected", "believed")


class Life:
    """The life of every training sample, [E, N]: loss and weight float16, selected bool, believed int16.

    loss: of the given label, at the end of the epoch, in evaluation mode. weight: times the batch size, so that plain
    SGD gives 1. selected: is the weight above 0? believed: the predicted class, -1 for regression. Epochs whose values
    are too large are float32 and int32.
    """

    def __init__(self, epochs: list[dict] | None = None) -> None:
        self.epochs = epochs or []

    def add(self, loss: torch.Tensor, weights: torch.Tensor, believed: torch.Tensor | None) -> None:
        """Append an epoch: three tensors [N]; believed is None for regression."""
        if believed is None:
            believed = torch.full_like(loss, -1)
        epoch = {
            "loss": narrow(loss.cpu()),
            "weight": narrow(weights.cpu()),
            "selected": (weights > 0).cpu(),
            "believed": narrow_whole(believed.cpu()),
        }
        self.epochs.append(epoch)

    def __getattr__(self, name: str) -> torch.Tensor:
        if name not in COLUMNS:
            raise AttributeError(name)
        rows = [epoch[name] for epoch in self.epochs]
        widest = max((row.dtype for row in rows), key=lambda dtype: dtype.itemsize)
        return torch.stack([row.to(widest) for row in rows])

    def of(self, i: int) -> pd.DataFrame:
        """Return the life of sample i, a row per epoch."""
        table = {name: getattr(self, name)[:, i].numpy() for name in COLUMNS}
        return pd.DataFrame(table, index=pd.RangeIndex(1, len(self.epochs) + 1, name="epoch"))

    def last(self) -> pd.DataFrame:
        """Return the last epoch of all samples, a row each, in the order of their positions."""
        table = {}
        for name in COLUMNS:
            values = self.epochs[-1][name]
            table[name] = (values.float() if values.dtype is torch.float16 else values).numpy()
        return pd.DataFrame(table)


def narrow(row: torch.Tensor) -> torch.Tensor:
    """Return numbers in the first type of float16, float32 and their own in which finite ones stay finite. [N]"""
    for dtype in (torch.float16, torch.float32):
        smaller = row.to(dtype)
        if torch.equal(smaller.isfinite(), row.isfinite()):
            return smaller
    return row


def narrow_whole(row: torch.Tensor) -> torch.Tensor:
    """Return whole numbers as int16, or as int32 if they do not fit. [N]"""
    fits_int16 = not len(row) or row.abs().max() < 2**15
    return row.to(torch.int16 if fits_int16 else torch.int32)


def samples(run: "Run", task: Task) -> pd.DataFrame:
    """Return the training samples of a run with their state in the last epoch, see Run.samples."""
    need(run.life is not None and run.life.epochs, "run", run.name, "a run of labkit.fit(..., life=True)")
    data = run.config["data"]
    must(data == task.hash(), "task", f"{task.name}, data {task.hash()}", f"that of the run, data {data}")
    table = task.samples()
    state = run.life.last().set_index(table.index)
    if not task.classes:
        state = state.drop(columns="believed")
    return table.join(state)
