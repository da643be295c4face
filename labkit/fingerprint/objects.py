"""Hash classes, instances, arrays and networks.

walk: the Walk that hashes. label: how an error calls the value.
"""

import copyreg
import logging
from types import FunctionType
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.utils.hooks import RemovableHandle

from .named import ATTRIBUTE, Named, unidentified
from .origin import address, origin

if TYPE_CHECKING:
    from .walk import Walk

# attributes of a class that say nothing of what it does
IGNORED = {
    "__abstractmethods__", "__annotate__", "__annotate_func__", "__annotations__", "__annotations_cache__",
    "__dataclass_fields__", "__dataclass_params__", "__dict__", "__doc__", "__firstlineno__", "__match_args__",
    "__module__", "__orig_bases__", "__parameters__", "__qualname__", "__static_attributes__", "__weakref__",
    "_abc_impl",
}  # fmt: skip
SLOTS = "member_descriptor", "getset_descriptor"
CONTENTS = list, tuple, dict, set, frozenset, int, float, str, bytes
HOOKS = "_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"
INTERNAL = {"_parameters", "_buffers", "_modules", "training", "_non_persistent_buffers_set", "_is_full_backward_hook"}
DERIVED = {"_flat_weights", "_flat_weight_refs"}  # of recurrent layers: their parameters once more


def class_(walk: "Walk", cls: type, label: str) -> None:
    """Hash a class: its bases, and what it defines; of a package's class only its address."""
    name = vars(cls).get(ATTRIBUTE)
    if name:
        walk.put("named", name)
        return
    known = address(cls)
    if known:
        walk.put("class", known)
        replaced(walk, cls, label)
        return
    label = f"{label}, class {cls.__name__}"
    walk.values("bases", cls.__bases__, label)
    walk.value(type(cls), label)
    for name in sorted(set(vars(cls)) - IGNORED):
        walk.put("attribute", name)
        member = vars(cls)[name]
        if type(member).__name__ not in SLOTS:
            walk.value(member, label)


def replaced(walk: "Walk", cls: type, label: str) -> None:
    """Hash functions of the user's that were put into a class of labkit, or into a module of torch's."""
    for name, member in user_members(cls):
        walk.put("replaced", name)
        walk.value(member, label)


def user_members(cls: type) -> list[tuple[str, FunctionType]]:
    """Return the functions of the user's in a class of labkit, or of a network's module, and its bases.

    -> list of ("Class.name", function)
    """
    members = []
    if origin(cls.__module__) != "labkit" and not issubclass(cls, torch.nn.Module):
        return members
    for base in cls.__mro__:
        for name, member in sorted(vars(base).items()):
            if isinstance(member, FunctionType) and origin(member.__globals__.get("__name__", "")) is None:
                members.append((f"{base.__name__}.{name}", member))
    return members


def belongs(code: object) -> bool:
    """Is it labkit's code, with nothing of the user's put into it?"""
    known = address(code)
    if known is None or known[0] != "labkit":
        return False
    return not (isinstance(code, type) and user_members(code))


def named(walk: "Walk", named: Named, label: str) -> None:
    """Hash a name that stands for code."""
    walk.put("named", named.name)


def tensor(walk: "Walk", tensor: torch.Tensor, label: str) -> None:
    """Hash a tensor: type, shape, values."""
    if isinstance(tensor, torch.nn.parameter.UninitializedTensorMixin):
        walk.put("tensor without values")
        return
    walk.put("tensor", str(tensor.dtype), tuple(tensor.shape), tensor.requires_grad)
    if tensor.layout is not torch.strided or tensor.is_quantized:
        raise unidentified(label, tensor)
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    walk.digest.update(flat.resolve_conj().resolve_neg().view(torch.uint8).numpy().tobytes())


def array(walk: "Walk", array: np.ndarray, label: str) -> None:
    """Hash an array: type, shape, values."""
    walk.put("array", array.dtype.str, array.shape)
    if array.dtype.hasobject:
        walk.values("objects", array.reshape(-1).tolist(), label)
    else:
        walk.digest.update(np.ascontiguousarray(array).tobytes())


def number(walk: "Walk", number: np.generic, label: str) -> None:
    """Hash a numpy number."""
    walk.put("number", number.dtype.str, number.tobytes())


def generator(walk: "Walk", generator: torch.Generator, label: str) -> None:
    """Hash the state of a generator of random numbers."""
    walk.value(generator.get_state(), label)


def logger(walk: "Walk", logger: logging.Logger, label: str) -> None:
    """Hash a logger by its name, because it moves no number."""
    walk.put("logger", logger.name)


def module(walk: "Walk", net: torch.nn.Module, label: str) -> None:
    """Hash a network: classes and plain attributes of its modules, and all weights."""
    structure(walk, net, label)
    for name, weights in (*net.named_parameters(), *net.named_buffers()):
        walk.put("weights", name)
        walk.value(weights, label)


def structure(walk: "Walk", net: torch.nn.Module, label: str) -> None:
    """Hash the classes of a network's modules, and their attributes other than weights and modules."""
    for name, part in net.named_modules():
        walk.put("submodule", name)
        walk.value(type(part), label)
        walk.items(attributes(part), f"{label}, {name or 'module'}")


def attributes(module: torch.nn.Module) -> dict:
    """Return the attributes of a module other than weights and modules; its hooks as lists, without their numbers."""
    table = {}
    for name, value in vars(module).items():
        if name in INTERNAL or name in DERIVED or name.startswith("_load"):
            continue
        if "hooks" in name or "state_dict" in name or isinstance(value, RemovableHandle):  # a handle is a number
            continue
        table[name] = value
    for name in HOOKS:
        hooks = vars(module).get(name)
        if hooks:
            table[name] = list(hooks.values())
    return dict(sorted(table.items()))


def instance(walk: "Walk", value: object, label: str) -> None:
    """Hash an object: its class, and its state."""
    source = origin(type(value).__module__)
    walk.value(type(value), label)
    if source == "labkit" and callable(getattr(value, "hash", None)):  # a Task
        walk.put(value.hash())
        return
    state = state_of(value)
    if state and (source in ("labkit", None) or not address(type(value))):
        walk.items(state, label)
    else:
        reduced(walk, value, label)


def state_of(value: object) -> dict:
    """Return attributes and slots of an object, and its content if it is a list, a dict, a set, a number or a text."""
    state = dict(getattr(value, "__dict__", {}))
    for cls in type(value).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(value, name) and name not in ("__dict__", "__weakref__"):
                state[name] = getattr(value, name)
    for kind in CONTENTS:
        if isinstance(value, kind):
            state["content"] = kind(value)
    return state


def reduced(walk: "Walk", value: object, label: str) -> None:
    """Hash an object by the parts that pickle takes it apart into. Nothing is put together, so no code runs."""
    take_apart = copyreg.dispatch_table.get(type(value))
    try:
        parts = take_apart(value) if take_apart else value.__reduce_ex__(4)
    except Exception:
        raise unidentified(label, value) from None
    if isinstance(parts, str):
        walk.put("global", type(value).__module__, parts)
        return
    for part in parts:
        is_iterator = hasattr(part, "__next__") and not isinstance(part, type)  # over the content of a list or a dict
        walk.value(list(part) if is_iterator else part, label)
