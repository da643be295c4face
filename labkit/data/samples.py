"""Every sample of a split as a row of a table, with its name, its given label and its true one."""

from typing import TYPE_CHECKING, Any

import torch

from ..errors import choose, need
from .annotators import NONE
from .divide import pick

if TYPE_CHECKING:
    import pandas as pd

    from .split import Split
    from .task import Task

SPLITS = {"train": "the training split", "val": "the validation split", "test": "the test set"}
TEST = ", test"  # the end of the origin of every test set


def table(task: "Task", split: "str | Split") -> "pd.DataFrame":
    """Return a row for each sample of a split, see Task.samples. Raises ValueError for an unknown split."""
    import pandas as pd

    part = _split_of(task, split)
    true, known = _true_labels(task, part)
    ids = torch.arange(len(part)) if part.ids is None else part.ids
    columns = {"id": ids.cpu().numpy()}
    is_test_set = bool(part.origin) and part.origin.endswith(TEST)
    files = task.test_files if is_test_set else task.files
    if files:
        columns["file"] = pick(files, columns["id"].tolist())
    columns |= _labels("given", part.y, torch.ones_like(known), task)
    columns |= _labels("true", true, known, task)
    columns["known"] = known.cpu().numpy()
    annotations = getattr(part, "annotations", None)
    if annotations is not None:
        for a, column in enumerate(annotations.unbind(1)):
            columns |= _labels(f"annotator_{a}", column, column != NONE, task)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(part), name="position"))


def _split_of(task, split: Any) -> "Split":
    """Return the Split asked for by its name, or itself."""
    if isinstance(split, str):
        choose("split", split, SPLITS)
        split = {"train": task.train, "val": task.train.val, "test": task.test}[split]
    need(hasattr(split, "inputs"), "split", split, "train, val, test, or a Split of the task")
    return split


def _true_labels(task, part):
    """Return the true labels of a split, and where they are known. -> y, bool [N]"""
    if task.truth and part is task.train:
        return task.truth.y, task.truth.masks()[0]
    if task.truth and part is task.train.val:
        return task.truth.val, task.truth.masks()[1]
    return part.y, torch.full((len(part),), bool(part.trusted))


def _labels(name, y, known, task):
    """Return labels as columns: whole numbers with gaps for classes, else numbers in the units they were stored in."""
    import pandas as pd

    known = known.cpu()
    if task.classes:
        values = pd.array(y.cpu().numpy(), dtype="Int64")
        values[~known.numpy()] = pd.NA
        return {name: values}
    stored = task.units.stored(y) if task.units else y
    stored = stored.cpu().masked_fill(~known[:, None], float("nan"))
    return {f"{name}_{k}": column.numpy() for k, column in enumerate(stored.unbind(1))}
