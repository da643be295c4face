"""A CUDA device for machines without one: every value is there, and what a real device would refuse is refused.

A `CudaTensor` says that it is on cuda:0, and keeps its values on the CPU. `FakeCuda` sees every operation of torch that
is asked for within it, in backward passes and optimisers too. It lets torch's own FakeTensorMode judge, once for each
kind of call, whether these devices may meet, and where the result is; then it computes the result on the CPU. So shapes
and branches that depend on data are the real ones, gradients too, and a training gives the numbers of the CPU.

What stands in for parts of torch:
    parameters     `torch.__future__.set_overwrite_module_params_on_conversion(True)`: net.to("cuda") makes new ones.
    autograd       its engine wants a queue for every CUDA device; its C++ sees these tensors on "meta", which has the
                   CPU's queue. Python sees "cuda:0".
    generators     torch.Generator("cuda") is a generator of the CPU that says "cuda:0"; the global ones are the CPU's.
    torch.cuda     `device`, `get_rng_state`, `set_rng_state`, `get_device_name`, `_lazy_init`: no driver is asked.

Stricter than FakeTensorMode, as CUDA is: a CPU tensor without axes may only meet CUDA ones in arithmetic by elements;
no CUDA index into a CPU tensor; a generator is on the device of its draws; fused optimisers want the gradient in the
layout of its parameter.

Not seen here: the numbers of CUDA's kernels and their errors (float32 sums in another order, TF32, kernels that are
not deterministic, that lack a dtype, or need more memory than there is; sparse tensors are refused only where they
meet dense ones of the CPU), copies that are not waited for, several
devices, and operations on plain arrays behind `.cpu().numpy()`, which is on the CPU by its own words.
"""

from collections import Counter
from contextlib import ExitStack, nullcontext
from unittest.mock import patch

import torch
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
)
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.checkpoint import DefaultDeviceType

CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)
aten = torch.ops.aten
INDEXING = {aten.index.Tensor, aten.index_put.default, aten.index_put_.default, aten._index_put_impl_.default}
COPIES = {aten.copy_.default, aten.lift_fresh.default, aten.set_.source_Tensor}
WAITING = {aten._local_scalar_dense.default, aten.nonzero.default, aten.equal.default, aten.masked_select.default}
WAITING |= {aten._unique2.default, aten.unique_consecutive.default, aten.bincount.default}
PLAIN_GENERATOR = torch.Generator


class Mixed(RuntimeError):
    """Devices met that CUDA does not let meet."""


class CudaTensor(torch.Tensor):
    """A tensor that says it is on cuda:0; `numbers` holds its values, on the CPU."""

    __torch_function__ = torch._C._disabled_torch_function_impl
    device = property(lambda self: CUDA)
    is_cuda, is_cpu, is_meta = True, False, False

    @staticmethod
    def __new__(cls, values):
        if values.is_sparse:  # a gradient of some rows: it has no strides
            facts = {"layout": values.layout, "dtype": values.dtype}
        else:
            facts = {"strides": values.stride(), "storage_offset": values.storage_offset(), "dtype": values.dtype}
        tensor = torch.Tensor._make_wrapper_subclass(cls, values.shape, **facts, device="meta")
        tensor.numbers = values
        return tensor

    def get_device(self):
        return 0

    def tolist(self):
        return self.to(CPU).tolist()

    def __repr__(self):
        return f"CudaTensor({self.numbers})"

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        raise Mixed(f"{operation} on a CUDA tensor outside of FakeCuda")


class CudaGenerator(PLAIN_GENERATOR):
    """torch.Generator, also of a device that is not there."""

    places = {}  # address of a generator in torch -> its device

    def __new__(cls, device="cpu"):
        generator = super().__new__(cls, "cpu")
        cls.places[generator._cdata] = CUDA if torch.device(device).type == "cuda" else CPU
        return generator

    def __del__(self):
        self.places.pop(self._cdata, None)  # another one may have its address

    device = property(lambda self: self.places[self._cdata])


class FakeCuda(TorchDispatchMode):
    """Within it, torch has a CUDA device. `waits`: how often which operation made the CPU wait for it, or copied."""

    judge, verdicts = FakeTensorMode(), {}  # shared: what was judged once holds for good

    def __init__(self):
        super().__init__()
        self.waits = Counter()

    def __enter__(self):
        self.stack = ExitStack()
        torch._C._ensureCUDADeviceGuardSet()
        before = torch.__future__.get_overwrite_module_params_on_conversion()
        torch.__future__.set_overwrite_module_params_on_conversion(True)
        self.stack.enter_context(patch.object(DefaultDeviceType, "_default_device_type", "cuda"))
        self.stack.callback(torch.__future__.set_overwrite_module_params_on_conversion, before)
        self.stack.enter_context(patch.object(torch, "Generator", CudaGenerator))
        for name, stand_in in STAND_INS.items():
            self.stack.enter_context(patch.object(torch.cuda, name, stand_in))
        return super().__enter__()

    def __exit__(self, *error):
        super().__exit__(*error)
        self.stack.close()

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        leaves = flat((args, kwargs), [])
        device = self.device_of(operation, args, kwargs, leaves) if any(map(of_cuda, leaves)) else CPU
        check_generator(operation, kwargs, device)
        operation = aten.zeros.default if operation is aten._efficientzerotensor.default else operation
        result = operation(*mapped(on_cpu, args), **mapped(on_cpu, kwargs))
        return self.wrapped(result, leaves) if device == CUDA else result

    def device_of(self, operation, args, kwargs, leaves):
        """The device of an operation's results. Raises Mixed."""
        to_cpu = operation is aten._to_copy.default and kwargs.get("device") == CPU
        if to_cpu or operation in WAITING or is_mask(operation, args):
            self.waits[operation] += 1
        fused = "_fused_" in operation.__name__
        if fused:
            check_layouts(*args[:3])
        kind = operation, tuple(map(kind_of, leaves))
        if kind not in self.verdicts:
            tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
            check_devices(operation, tensors)
            sparse = "sparse" in operation.__name__ or any(tensor.is_sparse for tensor in tensors)
            self.verdicts[kind] = CUDA if fused or sparse else self.ask(operation, args, kwargs)
        return self.verdicts[kind]

    def ask(self, operation, args, kwargs):
        """What FakeTensorMode says. -> the device of what comes out; where its shape depends on data, CUDA"""
        with self.judge:
            try:
                result = operation(*mapped(fake, args), **mapped(fake, kwargs))
            except (DataDependentOutputException, DynamicOutputShapeException):
                return CUDA
            except RuntimeError as error:
                if "device" not in str(error):
                    raise
                raise Mixed(f"{operation}: {error}") from error
        devices = {leaf.device for leaf in flat(result, []) if isinstance(leaf, torch.Tensor)} or {CUDA}
        (device,) = devices
        return device

    def wrapped(self, result, leaves):
        """Results of the CPU as CUDA tensors; an argument that came back stays itself."""
        arguments = {id(leaf.numbers): leaf for leaf in leaves if isinstance(leaf, CudaTensor)}

        def wrap(leaf):
            if not isinstance(leaf, torch.Tensor):
                return leaf
            return arguments[id(leaf)] if id(leaf) in arguments else CudaTensor(leaf)

        return mapped(wrap, result)


class CudaSection(nullcontext):
    """torch.cuda.device of the one device."""


STAND_INS = {
    "device": CudaSection,
    "_lazy_init": lambda: None,
    "get_device_name": lambda device=None: "no device",
    "get_rng_state": lambda device=None: torch.get_rng_state(),
    "set_rng_state": lambda state, device=None: torch.set_rng_state(state),
}


def of_cuda(leaf):
    """Is it a CUDA tensor, or the name of the CUDA device, as Python or torch's C++ says it?"""
    return isinstance(leaf, CudaTensor) or (isinstance(leaf, torch.device) and leaf.type in ("cuda", "meta"))


def flat(value, leaves):
    """Add what nested tuples, lists and dicts hold, in their order. -> leaves"""
    if isinstance(value, (tuple, list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            flat(part, leaves)
    else:
        leaves.append(value)
    return leaves


def mapped(change, value):
    """Nested tuples, lists and dicts with everything that they hold changed."""
    if isinstance(value, dict):
        return {key: mapped(change, part) for key, part in value.items()}
    return type(value)(mapped(change, part) for part in value) if type(value) in (tuple, list) else change(value)


def is_mask(operation, args):
    """Is a CUDA tensor indexed by a mask? How many are left only the device knows."""
    return operation is aten.index.Tensor and any(t is not None and t.dtype == torch.bool for t in args[1])


def kind_of(leaf):
    """What a verdict depends on: device and whether there are axes; of what is no tensor, its type."""
    if isinstance(leaf, torch.Tensor):
        return leaf.device, leaf.dim() == 0, leaf.is_sparse
    return (leaf,) if isinstance(leaf, torch.device) else type(leaf)


def on_cpu(leaf):
    """An argument as the CPU takes it."""
    if isinstance(leaf, CudaTensor):
        return leaf.numbers
    return CPU if of_cuda(leaf) else leaf


def fake(leaf):
    """An argument as FakeTensorMode takes it."""
    if isinstance(leaf, torch.Tensor):
        return torch.empty_strided(leaf.shape, leaf.stride(), dtype=leaf.dtype, device=leaf.device)
    return CUDA if of_cuda(leaf) else leaf


def check_devices(operation, tensors):
    """What CUDA refuses and FakeTensorMode does not. Raises Mixed."""
    if operation in INDEXING:
        if not isinstance(tensors[0], CudaTensor) and any(map(of_cuda, tensors[1:])):
            raise Mixed(f"{operation}: a CPU tensor is indexed, or filled, by a CUDA one")
        return
    alike = operation in COPIES or torch.Tag.pointwise in operation.tags or len({t.device for t in tensors}) < 2
    if not alike:
        raise Mixed(f"{operation}: tensors on the CPU and on CUDA")


def check_layouts(*lists):
    """Fused optimisers go through parameter, gradient and momentum by address. Raises Mixed."""
    for parameter, *others in zip(*[tensors for tensors in lists if tensors]):
        if any(layout(other) != layout(parameter) for other in others):
            strides = [tensor.stride() for tensor in (parameter, *others)]
            raise Mixed(f"a fused optimiser got a parameter, its gradient and its momentum of strides {strides}")


def layout(tensor):
    """The strides of the axes that have any. -> tuple"""
    return tuple(stride for stride, size in zip(tensor.stride(), tensor.shape) if size > 1)


def check_generator(operation, kwargs, place):
    """Draws are made on the device of their generator. Raises Mixed."""
    generator = kwargs.get("generator")
    if generator is None:
        return
    device = CudaGenerator.places.get(generator._cdata, CPU)
    if device.type != place.type:
        raise Mixed(f"{operation}: expected a {place.type!r} device type for generator but found {device.type!r}")
