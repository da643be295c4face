"""The identity of data: a hash of everything in a task that can move a number."""

from ..fingerprint import Walk, fingerprint
from .mapped import chunks


def task_hash(task) -> str:
    """Hash samples, given labels, scale, truth and units of a Task. -> 16 hexadecimal digits"""
    walk = Walk()
    for name, split in (("train", task.train), ("val", task.train.val), ("test", task.test)):
        walk.put(name, split is None)
        if split is not None:
            _split(walk, split)
    for tensor in (None,) * 4 if task.truth is None else task.truth.fields():
        _tensor(walk, tensor)
    units = task.units
    for tensor in (None, None) if units is None else (units.mean, units.std):
        _tensor(walk, tensor)
    return walk.name()


def split_hash(split) -> str:
    """Hash a Split, with its validation split: a meta set. -> 16 hexadecimal digits"""
    walk = Walk()
    _split(walk, split)
    validation = getattr(split, "val", None)
    walk.put(validation is None)
    if validation is not None:
        _split(walk, validation)
    return walk.name()


def _split(walk, split):
    """Hash samples and labels of a split, how samples become inputs, how many classes there are, who is trusted."""
    walk.put(split.classes, getattr(split, "trusted", None), fingerprint(getattr(split, "scale", None), "scale"))
    walk.put(fingerprint(type(split), "split"))
    _tensor(walk, split.x)
    _tensor(walk, split.y)


def _tensor(walk, tensor):
    """Hash type, shape and values of a tensor, which may lie on disk; None is hashed as such."""
    walk.put(None if tensor is None else (str(tensor.dtype), tuple(tensor.shape)))
    if tensor is None:
        return
    for part in chunks(tensor):
        walk.digest.update(part.detach().cpu().contiguous().numpy().tobytes())
