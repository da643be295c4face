"""Life: what became of every training sample, epoch by epoch, and its table beside the samples' names."""

import pandas as pd
import torch

from ..data import Task
from ..errors import must, need

COLUMNS = ("loss", "weight", "selected", "believed")


class Life:
    """The life of every training sample: loss, weight [E, N] float16, selected [E, N] bool, believed class [E, N]
    int16; float32 and int32 in epochs whose values are too large for these.

    loss: of the given label, at the end of the epoch, in evaluation mode. weight: times the batch size, so that plain
    SGD gives 1.
    """

    def __init__(self, epochs=None):
        self.epochs = epochs or []

    def add(self, loss: torch.Tensor, weights: torch.Tensor, believed: torch.Tensor | None) -> None:
        """Append an epoch: three tensors [N]; believed is None for regression."""
        believed = torch.full_like(loss, -1) if believed is None else believed
        rows = {"loss": narrow(loss.cpu()), "weight": narrow(weights.cpu()), "selected": (weights > 0).cpu()}
        self.epochs.append(rows | {"believed": narrow_whole(believed.cpu())})

    def __getattr__(self, name):
        if name not in COLUMNS:
            raise AttributeError(name)
        rows = [epoch[name] for epoch in self.epochs]
        widest = max((row.dtype for row in rows), key=lambda dtype: dtype.itemsize)
        return torch.stack([row.to(widest) for row in rows])

    def of(self, i: int) -> pd.DataFrame:
        """The life of sample i, a row per epoch. -> DataFrame"""
        table = {name: getattr(self, name)[:, i].numpy() for name in COLUMNS}
        return pd.DataFrame(table, index=pd.RangeIndex(1, len(self.epochs) + 1, name="epoch"))

    def last(self) -> pd.DataFrame:
        """The last epoch of all samples, a row each, in the order of their positions. -> DataFrame"""
        columns = {name: row.float() if row.dtype is torch.float16 else row for name, row in self.epochs[-1].items()}
        return pd.DataFrame({name: columns[name].numpy() for name in COLUMNS})


def narrow(row: torch.Tensor) -> torch.Tensor:
    """Numbers in the smallest of float16, float32 and their own type in which all that is finite stays so. [N] ->
    [N]"""
    for dtype in (torch.float16, torch.float32):
        smaller = row.to(dtype)
        if torch.equal(smaller.isfinite(), row.isfinite()):
            return smaller
    return row


def narrow_whole(row: torch.Tensor) -> torch.Tensor:
    """Whole numbers as int16, or int32 where they do not fit. [N] -> [N]"""
    fits = not len(row) or row.abs().max() < 2**15
    return row.to(torch.int16 if fits else torch.int32)


def samples(run, task: Task) -> pd.DataFrame:
    """The samples of the task that a run was trained on beside what became of them, see Run.samples. -> DataFrame"""
    need(run.life is not None and run.life.epochs, "run", run.name, "a run of labkit.fit(..., life=True)")
    same = run.config["data"] == task.hash()
    must(same, "task", f"{task.name}, data {task.hash()}", f"that of the run, data {run.config['data']}")
    last = run.life.last().set_index(task.samples().index)
    last = last if task.classes else last.drop(columns="believed")
    return task.samples().join(last)
