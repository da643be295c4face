"""What `fit` checks before anything is trained or written."""

from dataclasses import replace
from functools import cached_property, partial

import torch

from .. import data, nets
from ..errors import choose, must, need
from ..fingerprint import Named, fingerprint
from ..method import Method
from ..methods import ALL

OVERRIDE = "a field of the dataclass, or defined in its class: `fit` trains a copy, which has no other attributes"


def a_method(method):
    """A fresh, unbound copy of a method, or one by name."""
    if isinstance(method, str):
        cls = choose("method", method, ALL)
        try:
            return cls()
        except ValueError as error:
            words = f"it needs hyperparameters: pass labkit.methods.{cls.__name__}(...): {error}"
            raise ValueError(f"method is {method!r}; {words}") from None
    need(isinstance(method, Method), "method", method, f"a labkit Method or one of {', '.join(ALL)}")
    copy = replace(method)
    lost = _lost(method, copy)
    must(not lost, f"method's {', '.join(lost)}", "set on the object", OVERRIDE)
    return copy


def _lost(method, copy):
    """The attributes of a method that its unbound copy would lose, and a training with it. What a training has left on
    it counts only where it stands for a function of the class. -> sorted list of names"""
    cls, trained = type(method), "train" in vars(method)
    kept = {name for name, field in cls.__dataclass_fields__.items() if field.init}
    kept |= {name for name in vars(method) if isinstance(getattr(cls, name, None), cached_property)}
    given = {name: value for name, value in vars(method).items() if name not in kept}
    functions = {name for name in given if callable(getattr(cls, name, None))}
    return sorted(functions if trained else {name for name in given if not _alike(given[name], vars(copy), name)})


def _alike(value, copied, name):
    """Has a copy the same value under a name? What cannot be told counts as the same."""
    if name not in copied:
        return False
    try:
        return fingerprint(value) == fingerprint(copied[name])
    except ValueError:
        return True


def net_name(net):
    """A name that tells networks apart: the function's name and its fixed arguments."""
    if isinstance(net, str):
        choose("net", net, nets.ALL)
        return net
    need(
        callable(net) and not isinstance(net, torch.nn.Module),
        "net",
        type(net).__name__,
        "a name or a function that makes a module",
    )
    if isinstance(net, Named):
        return net.name
    if isinstance(net, partial):
        settings = [_word(value) for value in net.args]
        settings += [f"{key}={_word(value)}" for key, value in sorted(net.keywords.items())]
        return f"{net_name(net.func)}({', '.join(settings)})"
    return getattr(net, "__name__", type(net).__name__)


def _word(value):
    """A fixed argument of a network, for its name; what is not plain has the name of its kind."""
    if isinstance(value, (bool, int, float, str, list, tuple, dict, type(None))):
        return repr(value)
    return getattr(value, "__name__", type(value).__name__)


def a_device(device):
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    one = 'one device, such as "cuda:0": a run trains on one; several runs can train on several'
    need(not isinstance(device, (list, tuple)), "device", device, one)
    named = isinstance(device, (str, torch.device))
    need(named, "device", device, 'None or the name of a device of torch, such as "cpu" or "cuda"')
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError) as error:
        raise ValueError(
            f"device is {device!r}; it must be one that torch can use here: {str(error).splitlines()[0]}"
        ) from None


def arguments(task, meta):
    need(
        isinstance(task, data.Task),
        "task",
        type(task).__name__,
        "a labkit.Task, from labkit.load(...) or labkit.Task.of(...)",
    )
    need(meta is None or hasattr(meta, "inputs"), "meta", meta, "None or a Split of samples")


def suits(method, task, meta):
    """A method gets the kind of targets that it is for, and a meta set if it learns from one, apart from the training
    set."""
    name, kind = type(method).__name__, "classes" if task.classes else "numbers"
    takes = " and ".join(method.targets)
    need(kind in method.targets, "method", name, f"one for {kind}, as {task.name} has them; it takes {takes}")
    need(meta is not None or not method.needs_meta, "meta", meta, f"a meta set for {name}: labkit.data.meta_split(...)")
    need(meta is None or meta.classes == task.classes, "meta", meta and meta.classes, f"of {task.classes} classes")
    if meta is not None:
        splits = {"training set": task.train, "validation split": task.train.val, "test set": task.test}
        for name, split in splits.items():
            shared = data.overlap(meta, split) if split is not None else 0
            must(not shared, "meta", f"a set that shares {shared} samples with the {name}", "disjoint from it")
