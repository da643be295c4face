"""Makes the networks of a training, and refuses what cannot be trained before anything is.

A new network computes its outputs on two samples, once in evaluation and once in training mode. Neither its buffers nor
any random generator moves.
"""

import inspect
from collections.abc import Callable, Sequence

import torch
from torch.nn.parameter import is_lazy
from torch.utils.weak import WeakIdKeyDictionary

from .. import nets
from ..data import Task
from ..errors import must
from ..generators import unmoved
from ..nets.probe import untouched

NetMaker = str | Callable[..., torch.nn.Module]  # a name in labkit.nets.ALL, or a function that makes a module
SAMPLES = 2  # that a new network is tried on: batch normalisation needs two
NEEDED = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)
_used = WeakIdKeyDictionary()  # parameters that were handed out to a training


def maker(net: NetMaker, task: Task, device: str | torch.device) -> Callable[[], torch.nn.Module]:
    """Return make_net(), which makes a new module with random weights for the task's shape and classes.

    Networks are channels-last, because pooling is faster so. make_net raises ValueError for what is no module, for a
    module that was handed out before, and for outputs that are not [B, classes] (regression: [B, Q]).
    """
    classes = task.classes or task.train.y.shape[-1]
    name = _name(net)
    make_module = _module_maker(net, task.shape, classes)
    samples = task.train.inputs(slice(0, SAMPLES)).to(device)

    def make_net():
        module = _checked_module(make_module(), name)
        materialise(module, samples, name)
        module = module.to(device, memory_format=torch.channels_last)
        _claim(module, name)
        check_outputs(module, samples, classes, name)
        return module

    return make_net


def build(net: NetMaker, shape: Sequence[int], classes: int, samples: torch.Tensor | None = None) -> torch.nn.Module:
    """Return a network that was not trained, for samples of `shape`. The generators stay where they are.

    samples [B, ...]: give lazy layers their sizes by them.
    """
    with unmoved():
        make_module = _module_maker(net, tuple(shape), classes)
        module = _checked_module(make_module(), _name(net))
        if samples is not None:
            materialise(module, samples, _name(net))
    return module


def _checked_module(module, name):
    """Return what a function made if it is a module. Raises ValueError for anything else."""
    kind = "None" if module is None else f"an object of type {type(module).__name__}"
    must(isinstance(module, torch.nn.Module), name, f"a function that returned {kind}", "one that makes a module")
    return module


def _name(net):
    """Return how a message calls a network."""
    return f"net {net!r}" if isinstance(net, str) else f"net {getattr(net, '__name__', type(net).__name__)}"


def _module_maker(net, shape, classes):
    """Return the function without arguments that makes a network. It gets `shape` and `classes` if it takes them."""
    function = nets.ALL[net] if isinstance(net, str) else net
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # some functions written in C have no signature
        parameters = {}
    offered = {"shape": shape, "classes": classes}
    arguments = {name: value for name, value in offered.items() if name in parameters}
    missing = []
    for name, parameter in parameters.items():
        required = parameter.default is parameter.empty and parameter.kind in NEEDED
        if required and name not in arguments:
            missing.append(name)
    may_be = "one that needs no more than shape and classes"
    must(not missing, "net", f"a function that needs {', '.join(missing)}", may_be)
    return lambda: function(**arguments)


def materialise(net: torch.nn.Module, samples: torch.Tensor, name: str = "net") -> None:
    """Give lazy layers their sizes by one forward pass. Their weights are drawn from the global generator."""
    if any(is_lazy(p) for p in (*net.parameters(), *net.buffers())):
        with torch.no_grad():
            _forward(net.to(samples.device).eval(), samples, name)
        net.train()


def _claim(net, name):
    """Raise ValueError if the network shares what training moves with one that was made before."""
    moving = [p for p in net.parameters() if p.requires_grad]
    must(moving, name, "without a parameter that has a gradient", "a module that can be trained")
    for module in net.modules():
        if _is_batch_norm(module):
            moving += module.buffers(recurse=False)
    old = any(p in _used for p in moving)
    finding = "a function that returned a module that it made before"
    must(not old, name, finding, "one that makes a new module each time")
    for p in moving:
        _used[p] = True


def _is_batch_norm(module):
    return isinstance(module, torch.nn.modules.batchnorm._BatchNorm)


def check_outputs(net: torch.nn.Module, samples: torch.Tensor, classes: int, name: str = "net") -> None:
    """Raise ValueError unless the network can be trained on samples [B, ...].

    Its outputs must be [B, classes] of the samples' number type, finite, and with a gradient in training mode. It must
    leave its input as it is, because several networks may get the same one.
    """
    dtype = next((p.dtype for p in net.parameters()), None)
    may_be = f"of {dtype}, as the network's parameters are: x.to({dtype})"
    must(dtype in (None, samples.dtype), "task's x", f"of {samples.dtype}", may_be)
    shape = f"a tensor of shape [B, {classes}]: {[len(samples), classes]} for {len(samples)} samples"
    for training in (False, True):
        x = samples.clone()
        version = x._version
        with untouched(net, training):
            output = _forward(net, x, name)
        argument = f"output of {name} in {'training' if training else 'evaluation'} mode"
        must(x._version == version, name, "one that changes its input in place", "one that leaves it as it is")
        must(isinstance(output, torch.Tensor), argument, f"a {type(output).__name__}", shape)
        must(output.shape == (len(samples), classes), argument, f"of shape {list(output.shape)}", shape)
        must(output.dtype == samples.dtype, argument, f"of {output.dtype}", f"of {samples.dtype}, as its input is")
        finite = bool(output.detach().isfinite().all())
        must(finite, argument, "not finite", "finite numbers on the first samples")
    must(output.requires_grad, argument, "without a gradient", "one that depends on the parameters and is not detached")


def _forward(net, samples, name):
    """Return net(samples). Raises ValueError with the samples' shape if anything goes wrong."""
    try:
        return net(samples)
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        may_be = f"a network for samples of shape {list(samples.shape[1:])}"
        raise ValueError(f"{name} failed on {list(samples.shape)}; it must be {may_be}: {reason}") from error


def smallest_batch(networks: Sequence[torch.nn.Module], samples: torch.Tensor) -> int:
    """Return how many samples the networks need at once in training mode, 1 or 2. samples [B, ...]

    Batch normalisation over single values needs 2.
    """
    return max(fewest(net, samples[:1], training=True) for net in networks)


def fewest(net: torch.nn.Module, sample: torch.Tensor, training: bool) -> int:
    """Return how many samples one network needs at once in a mode, 1 or 2. sample [1, ...]"""
    if not any(_is_batch_norm(module) for module in net.modules()):
        return 1
    try:
        with untouched(net, training), torch.no_grad():
            net(sample)
    except ValueError:  # torch: "Expected more than 1 value per channel when training"
        return 2
    return 1
