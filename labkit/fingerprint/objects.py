"""Hash classes, instances, arrays and networks."""

import copyreg
from types import FunctionType

import numpy as np
import torch
from torch.utils.hooks import RemovableHandle

from .named import ATTRIBUTE, Named, unidentified
from .origin import address, origin

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


def class_(walk, cls: type, what: str) -> None:
    """Hash a class: its bases, and what it defines; of a package's class only its address."""
    if name := vars(cls).get(ATTRIBUTE):
        return walk.put("named", name)
    if found := address(cls):
        walk.put("class", found)
        return replaced(walk, cls, what)
    what = f"{what}, class {cls.__name__}"
    walk.values("bases", cls.__bases__, what)
    walk.value(type(cls), what)
    for name in sorted(set(vars(cls)) - IGNORED):
        walk.put("attribute", name)
        if type(vars(cls)[name]).__name__ not in SLOTS:
            walk.value(vars(cls)[name], what)


def replaced(walk, cls, what) -> None:
    """Hash functions of the user's that were put into a class of labkit, or into a module of torch's."""
    for name, member in user_members(cls):
        walk.put("replaced", name)
        walk.value(member, what)


def user_members(cls: type) -> list:
    """Functions of the user's in a class of labkit, or of modules of a network, and its bases. -> list of (class and
    name, function)"""
    found, looked = [], origin(cls.__module__) == "labkit" or issubclass(cls, torch.nn.Module)
    for base in cls.__mro__ if looked else ():
        members = [(f"{base.__name__}.{name}", member) for name, member in sorted(vars(base).items())]
        functions = [pair for pair in members if isinstance(pair[1], FunctionType)]
        found += [pair for pair in functions if origin(pair[1].__globals__.get("__name__", "")) is None]
    return found


def belongs(code: object) -> bool:
    """Is it labkit's code, with nothing of the user's put into it?"""
    found = address(code)
    if found is None or found[0] != "labkit":
        return False
    return not (isinstance(code, type) and user_members(code))


def named(walk, named: Named, what: str) -> None:
    """Hash a name that stands for code."""
    walk.put("named", named.name)


def tensor(walk, tensor: torch.Tensor, what: str) -> None:
    """Hash a tensor: type, shape, values."""
    if isinstance(tensor, torch.nn.parameter.UninitializedTensorMixin):
        return walk.put("tensor without values")
    walk.put("tensor", str(tensor.dtype), tuple(tensor.shape), tensor.requires_grad)
    if tensor.layout is not torch.strided or tensor.is_quantized:
        raise unidentified(what, tensor)
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    walk.digest.update(flat.resolve_conj().resolve_neg().view(torch.uint8).numpy().tobytes())


def array(walk, array: np.ndarray, what: str) -> None:
    """Hash an array: type, shape, values."""
    walk.put("array", array.dtype.str, array.shape)
    if array.dtype.hasobject:
        return walk.values("objects", array.reshape(-1).tolist(), what)
    walk.digest.update(np.ascontiguousarray(array).tobytes())


def number(walk, number: np.generic, what: str) -> None:
    """Hash a numpy number."""
    walk.put("number", number.dtype.str, number.tobytes())


def generator(walk, generator: torch.Generator, what: str) -> None:
    """Hash the state of a generator of random numbers."""
    walk.value(generator.get_state(), what)


def logger(walk, logger, what: str) -> None:
    """Hash a logger; it moves no number."""
    walk.put("logger", logger.name)


def module(walk, net: torch.nn.Module, what: str) -> None:
    """Hash a network: classes and plain attributes of its modules, and all weights."""
    structure(walk, net, what)
    for name, weights in (*net.named_parameters(), *net.named_buffers()):
        walk.put("weights", name)
        walk.value(weights, what)


def structure(walk, net: torch.nn.Module, what: str) -> None:
    """Hash the classes of a network's modules and their attributes beside weights and modules."""
    for name, part in net.named_modules():
        walk.put("submodule", name)
        walk.value(type(part), what)
        walk.items(attributes(part), f"{what}, {name or 'module'}")


def attributes(module: torch.nn.Module) -> dict:
    """What a module holds beside weights and modules; hooks without their numbers."""
    kept = {
        name: value for name, value in vars(module).items() if name not in INTERNAL | DERIVED and name[:5] != "_load"
    }
    kept = {name: value for name, value in kept.items() if not isinstance(value, RemovableHandle)}  # a running number
    found = {name: value for name, value in kept.items() if "hooks" not in name and "state_dict" not in name}
    hooks = {name: list(kept[name].values()) for name in HOOKS if kept.get(name)}
    return dict(sorted((found | hooks).items()))


def instance(walk, value: object, what: str) -> None:
    """Hash an object: its class, and its state."""
    source = origin(type(value).__module__)
    walk.value(type(value), what)
    if source == "labkit" and callable(getattr(value, "hash", None)):
        return walk.put(value.hash())  # a Task
    state = state_of(value)
    if state and (source in ("labkit", None) or not address(type(value))):
        return walk.items(state, what)
    reduced(walk, value, what)


def state_of(value: object) -> dict:
    """Attributes and slots of an object, and its content where it is a list, a dict, a set, a number or a text."""
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


def reduced(walk, value: object, what: str) -> None:
    """Hash an object by the parts that pickle takes it apart into. Nothing is put together, so no code runs."""
    take_apart = copyreg.dispatch_table.get(type(value))
    try:
        parts = take_apart(value) if take_apart else value.__reduce_ex__(4)
    except Exception:
        raise unidentified(what, value) from None
    if isinstance(parts, str):
        return walk.put("global", type(value).__module__, parts)
    for part in parts:
        listed = hasattr(part, "__next__") and not isinstance(part, type)  # what a list or a dict holds
        walk.value(list(part) if listed else part, what)
