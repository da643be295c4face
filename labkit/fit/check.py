"""Checks of what `fit` is given, before anything is trained or written."""

from dataclasses import replace
from functools import cached_property, partial

import torch

from ..data import Split, Task, overlap
from ..errors import choose, must, need
from ..fingerprint import Named, fingerprint
from ..method import Method
from ..methods import ALL
from ..nets import ALL as NETS
from .network import NetMaker

OVERRIDE = "a field of the dataclass, or defined in its class: `fit` trains a copy, which has no other attributes"
ONE_DEVICE = 'one device, such as "cuda:0": a run trains on one; several runs can train on several'


def unbound_copy(method: Method | str) -> Method:
    """Return a new, unbound method with the same hyperparameters; of a name, the method with its defaults.

    Raises ValueError for anything else, for a name whose method needs hyperparameters, and for a method with
    attributes that its copy would not have.
    """
    if isinstance(method, str):
        return _default_method(method)
    need(isinstance(method, Method), "method", method, f"a labkit Method or one of {', '.join(ALL)}")
    copy = replace(method)
    lost = _lost_attributes(method, copy)
    must(not lost, f"method's {', '.join(lost)}", "set on the object", OVERRIDE)
    return copy


def _default_method(name):
    """Return the method of a name with its defaults."""
    cls = choose("method", name, ALL)
    try:
        return cls()
    except ValueError as error:
        reason = f"it needs hyperparameters: pass labkit.methods.{cls.__name__}(...): {error}"
        raise ValueError(f"method is {name!r}; {reason}") from None


def _lost_attributes(method, copy):
    """Return the names of the attributes of a method that its unbound copy does not have. -> sorted list

    Of a method that has been trained only those count that replace a function of its class; the rest is what the
    training left.
    """
    cls = type(method)
    trained = "train" in vars(method)
    lost = set()
    for name in vars(method):
        field = cls.__dataclass_fields__.get(name)
        member = getattr(cls, name, None)
        if (field is not None and field.init) or isinstance(member, cached_property):
            continue
        replaces_function = callable(member)
        if replaces_function or not trained:
            lost.add(name)
    if not trained:
        lost = {name for name in lost if not _equal(vars(method)[name], vars(copy), name)}
    return sorted(lost)


def _equal(value, copied, name):
    """Has a copy an equal value under a name? Values that cannot be compared count as equal."""
    if name not in copied:
        return False
    try:
        return fingerprint(value) == fingerprint(copied[name])
    except ValueError:
        return True


def net_name(net: NetMaker) -> str:
    """Return a name that tells networks apart: the function's name with its fixed arguments."""
    if isinstance(net, str):
        choose("net", net, NETS)
        return net
    makes_nets = callable(net) and not isinstance(net, torch.nn.Module)
    need(makes_nets, "net", type(net).__name__, "a name or a function that makes a module")
    if isinstance(net, Named):
        return net.name
    if isinstance(net, partial):
        settings = [_setting(value) for value in net.args]
        settings += [f"{key}={_setting(value)}" for key, value in sorted(net.keywords.items())]
        return f"{net_name(net.func)}({', '.join(settings)})"
    return getattr(net, "__name__", type(net).__name__)


def _setting(value):
    """Return a fixed argument of a network as part of its name; what is not plain by its own or its type's name."""
    if isinstance(value, (bool, int, float, str, list, tuple, dict, type(None))):
        return repr(value)
    return getattr(value, "__name__", type(value).__name__)


def torch_device(device: str | torch.device | None) -> torch.device:
    """Return the device to train on; None: CUDA if there is a device. Raises ValueError for one that cannot be used."""
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    need(not isinstance(device, (list, tuple)), "device", device, ONE_DEVICE)
    may_be = 'None or the name of a device of torch, such as "cpu" or "cuda"'
    need(isinstance(device, (str, torch.device)), "device", device, may_be)
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"device is {device!r}; it must be one that torch can use here: {reason}") from None


def check_data(task: Task, meta: Split | None) -> None:
    """Raise ValueError unless `task` is a Task and `meta` a Split or None."""
    may_be = "a labkit.Task, from labkit.load(...) or labkit.Task.of(...)"
    need(isinstance(task, Task), "task", type(task).__name__, may_be)
    need(meta is None or hasattr(meta, "inputs"), "meta", meta, "None or a Split of samples")


def check_method(method: Method, task: Task, meta: Split | None) -> None:
    """Raise ValueError if the method cannot learn from these data.

    It must take this kind of labels, have a meta set if it learns from one, and the meta set must be disjoint from all
    splits of the task.
    """
    name = type(method).__name__
    kind = "classes" if task.classes else "numbers"
    may_be = f"one for {kind}, as {task.name} has them; it takes {' and '.join(method.targets)}"
    need(kind in method.targets, "method", name, may_be)
    need(meta is not None or not method.needs_meta, "meta", meta, f"a meta set for {name}: labkit.data.meta_split(...)")
    if meta is None:
        return
    need(meta.classes == task.classes, "meta", meta.classes, f"of {task.classes} classes")
    splits = {"training set": task.train, "validation split": task.train.val, "test set": task.test}
    for split_name, split in splits.items():
        shared = overlap(meta, split) if split is not None else 0
        must(not shared, "meta", f"a set that shares {shared} samples with the {split_name}", "disjoint from it")
