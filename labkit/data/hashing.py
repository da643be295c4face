"""The identity of data: a hash of everything in a task that can move a number."""

from typing import TYPE_CHECKING

from ..fingerprint import Walk, fingerprint
from .mapped import chunks

if TYPE_CHECKING:
    from .split import Split
    from .task import Task

NO_TRUTH = (None, None, None, None)
NO_UNITS = (None, None)


def task_hash(task: "Task") -> str:
    """Hash samples, given labels, scale, truth and units of a Task. -> 16 hexadecimal digits"""
    walk = Walk()
    for name, split in (("train", task.train), ("val", task.train.val), ("test", task.test)):
        walk.put(name, split is None)
        if split is not None:
            _hash_split(walk, split)
    truth = NO_TRUTH if task.truth is None else task.truth.fields()
    units = NO_UNITS if task.units is None else (task.units.mean, task.units.std)
    for tensor in (*truth, *units):
        _hash_tensor(walk, tensor)
    return walk.name()


def split_hash(split: "Split") -> str:
    """Hash a Split, with its validation split: a meta set. -> 16 hexadecimal digits"""
    walk = Walk()
    _hash_split(walk, split)
    validation = getattr(split, "val", None)
    walk.put(validation is None)
    if validation is not None:
        _hash_split(walk, validation)
    return walk.name()


def _hash_split(walk, split):
    """Hash samples, labels, number of classes, scale, type and trust of a split."""
    scale = fingerprint(getattr(split, "scale", None), "scale")
    walk.put(split.classes, getattr(split, "trusted", None), scale)
    walk.put(fingerprint(type(split), "split"))
    _hash_tensor(walk, split.x)
    _hash_tensor(walk, split.y)
    annotations = getattr(split, "annotations", None)
    if annotations is not None:  # nothing is hashed for none, so that older runs keep their names
        walk.put("annotations")
        _hash_tensor(walk, annotations)


def _hash_tensor(walk, tensor):
    """Hash type, shape and values of a tensor, which may lie on disk. None is hashed as such."""
    walk.put(None if tensor is None else (str(tensor.dtype), tuple(tensor.shape)))
    if tensor is None:
        return
    for part in chunks(tensor):
        walk.digest.update(part.detach().cpu().contiguous().numpy().tobytes())
