"""Every sample of a split as a row of a table: its name, its given label, its true one."""

import torch

from ..errors import choose, need

SPLITS = {"train": "the training split", "val": "the validation split", "test": "the test set"}
TEST = ", test"  # what the origin of a test set ends with


def table(task, split):
    """See Task.samples."""
    import pandas as pd

    part, truth = _part(task, split)
    true, known = truth
    columns = {"id": (torch.arange(len(part)) if part.ids is None else part.ids).cpu().numpy()}
    of_test = bool(part.origin) and part.origin.endswith(TEST)
    files = task.test_files if of_test else task.files
    if files:
        columns["file"] = [files[place] for place in columns["id"].tolist()]
    columns |= _labels("given", part.y, torch.ones_like(known), task) | _labels("true", true, known, task)
    index = pd.RangeIndex(len(part), name="position")
    return pd.DataFrame(columns | {"known": known.cpu().numpy()}, index=index)


def _part(task, split):
    """The Split that was asked for, and its true labels with where they are known."""
    if isinstance(split, str):
        choose("split", split, SPLITS)
        part = {"train": task.train, "val": task.train.val, "test": task.test}[split]
    else:
        part = split
    need(hasattr(part, "inputs"), "split", split, "train, val, test, or a Split of the task")
    if task.truth and part is task.train:
        return part, (task.truth.y, task.truth.masks()[0])
    if task.truth and part is task.train.val:
        return part, (task.truth.val, task.truth.masks()[1])
    return part, (part.y, torch.full((len(part),), bool(part.trusted)))


def _labels(name, y, known, task):
    """Labels as columns: whole numbers with gaps for classes, numbers in the units that they were stored in."""
    import pandas as pd

    known = known.cpu()
    if task.classes:
        values = pd.array(y.cpu().numpy(), dtype="Int64")
        values[~known.numpy()] = pd.NA
        return {name: values}
    stored = task.units.stored(y) if task.units else y
    stored = stored.cpu().masked_fill(~known[:, None], float("nan"))
    return {f"{name}_{k}": column.numpy() for k, column in enumerate(stored.unbind(1))}
