"""Makes the networks of a training, and refuses what cannot be trained before anything is.

A new network is asked for its outputs on two samples, once in evaluation and once in training mode. Neither its buffers
nor any random generator moves.
"""

import inspect

import torch
from torch.nn.parameter import is_lazy
from torch.utils.weak import WeakIdKeyDictionary

from .. import nets
from ..errors import must
from ..generators import unmoved
from ..nets.probe import untouched

SAMPLES = 2  # that a new network is tried on: batch normalisation needs two
_used = WeakIdKeyDictionary()  # parameters that were handed out to a training


def maker(net, task, device):
    """Return make_net(), which makes a new module with random weights for the task's shape and classes; images are
    channels-last, which pooling is faster on.

    net: a name in labkit.nets.ALL or a function that makes a module. make_net raises ValueError for what is no module,
    for a module that was handed out before, and for outputs that are not [B, classes] (regression: [B, Q]).
    """
    classes = task.classes or task.train.y.shape[-1]
    name, build = _name(net), _builder(net, task.shape, classes)
    samples = task.train.inputs(slice(0, SAMPLES)).to(device)

    def make_net():
        module = _module(build(), name)
        materialise(module, samples, name)
        module = module.to(device, memory_format=torch.channels_last)
        _claim(module, name)
        check_outputs(module, samples, classes, name)
        return module

    return make_net


def build(net, shape, classes, samples=None):
    """A network that was not trained, for samples of `shape`; the generators stay where they are. samples [B, ...]:
    give lazy layers their sizes by them. -> module"""
    with unmoved():
        module = _module(_builder(net, tuple(shape), classes)(), _name(net))
        if samples is not None:
            materialise(module, samples, _name(net))
    return module


def _module(made, name):
    """What a function made, if it is a module. Raises ValueError for anything else."""
    kind = f"an object of type {type(made).__name__}" if made is not None else "None"
    must(isinstance(made, torch.nn.Module), name, f"a function that returned {kind}", "one that makes a module")
    return made


def _name(net):
    return f"net {net!r}" if isinstance(net, str) else f"net {getattr(net, '__name__', type(net).__name__)}"


def _builder(net, shape, classes):
    """The call that makes a network: `shape` and `classes` are passed where they are taken. -> function"""
    function = nets.ALL[net] if isinstance(net, str) else net
    try:
        takes = inspect.signature(function).parameters
    except (TypeError, ValueError):  # some functions written in C do not tell
        takes = {}
    offered = {"shape": shape, "classes": classes}
    given = {key: value for key, value in offered.items() if key in takes}
    asked = [key for key, p in takes.items() if key not in given and p.default is p.empty and p.kind in _NEEDED]
    must(not asked, "net", f"a function that needs {', '.join(asked)}", "one that needs no more than shape and classes")
    return lambda: function(**given)


_NEEDED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def materialise(net, samples, name="net"):
    """Give lazy layers their sizes by one forward pass. Their weights are drawn from the global generator."""
    if any(is_lazy(p) for p in (*net.parameters(), *net.buffers())):
        with torch.no_grad():
            _forward(net.to(samples.device).eval(), samples, name)
        net.train()


def _claim(net, name):
    """Raise ValueError if the network shares what training moves with one that was made before."""
    moving = [p for p in net.parameters() if p.requires_grad]
    must(moving, name, "without a parameter that has a gradient", "a module that can be trained")
    moving += [b for module in net.modules() if _normalises(module) for b in module.buffers(recurse=False)]
    old = any(p in _used for p in moving)
    must(
        not old, name, "a function that returned a module that it made before", "one that makes a new module each time"
    )
    for p in moving:
        _used[p] = True


def _normalises(module):
    return isinstance(module, torch.nn.modules.batchnorm._BatchNorm)


def check_outputs(net, samples, classes, name="net"):
    """Raise ValueError unless the network gives outputs [B, classes] of the samples' number type, finite, and with a
    gradient in training mode, and leaves its input as it is: several networks may get the same. samples [B, ...]"""
    has = next((p.dtype for p in net.parameters()), None)
    must(has in (None, samples.dtype), "task's x", f"of {samples.dtype}",
         f"of {has}, as the network's parameters are: x.to({has})")  # fmt: skip
    wanted = f"a tensor of shape [B, {classes}]: {list((len(samples), classes))} for {len(samples)} samples"
    for training in (False, True):
        given = samples.clone()
        version = given._version
        with untouched(net, training):
            output = _forward(net, given, name)
        mode = "training" if training else "evaluation"
        argument = f"output of {name} in {mode} mode"
        must(given._version == version, name, "one that changes its input in place", "one that leaves it as it is")
        must(isinstance(output, torch.Tensor), argument, f"a {type(output).__name__}", wanted)
        must(output.shape == (len(samples), classes), argument, f"of shape {list(output.shape)}", wanted)
        must(output.dtype == samples.dtype, argument, f"of {output.dtype}", f"of {samples.dtype}, as its input is")
        must(_finite(output), argument, "not finite", "finite numbers on the first samples")
    must(output.requires_grad, argument, "without a gradient", "one that depends on the parameters and is not detached")


def _finite(output):
    return bool(output.detach().isfinite().all())


def _forward(net, samples, name):
    """net(samples); whatever goes wrong becomes a ValueError that tells the shape. -> output"""
    try:
        return net(samples)
    except Exception as error:
        words = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        allowed = f"a network for samples of shape {list(samples.shape[1:])}"
        raise ValueError(f"{name} failed on {list(samples.shape)}; it must be {allowed}: {words}") from error


def smallest_batch(networks, samples):
    """Samples that the networks need at once in training mode: 2 with batch normalisation over single values, which
    fails on one sample, else 1. samples [B, ...] -> int"""
    return max(fewest(net, samples[:1], training=True) for net in networks)


def fewest(net, sample, training):
    """Samples that one network needs at once in a mode. sample [1, ...] -> 1 or 2"""
    if not any(_normalises(module) for module in net.modules()):
        return 1
    try:
        with untouched(net, training), torch.no_grad():
            net(sample)
    except ValueError:  # torch: "Expected more than 1 value per channel when training"
        return 2
    return 1
