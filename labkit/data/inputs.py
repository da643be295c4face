"""How samples of an archive become inputs of a network."""

import numpy as np

from ..errors import ask, need
from .images import scale_of
from .mapped import chunks, tensor
from .task import Scale

LARGE = 100  # samples beyond it are no inputs of a network


def scaled(path, x, x_test, scale):
    """The samples and how they become inputs. scale: None, "standard" or a number. -> x, x_test, Scale"""
    fine = scale is None or scale == "standard" or (_is_number(scale) and scale > 0 and np.isfinite(scale))
    need(fine, "scale", scale, '"standard", or a number above 0 that samples are divided by')
    if x.dtype == np.uint8 and x.ndim == 4:
        return x, x_test, scale_of(tensor(x)) if scale in (None, "standard") else Scale(float(scale))
    if scale == "standard":
        axes = (0, 2, 3) if x.ndim == 4 else (0,)
        mean, std = x.mean(axes, np.float64, keepdims=True), x.std(axes, np.float64, keepdims=True)
        std = np.where(std > 0, std, 1)
        return ((x - mean) / std).astype(np.float32), ((x_test - mean) / std).astype(np.float32), Scale()
    if scale is not None:
        return (x / np.float32(scale)).astype(np.float32), (x_test / np.float32(scale)).astype(np.float32), Scale()
    largest = max(float(part.abs().max()) for part in chunks(tensor(x))) if len(x) else 0.0
    if np.isfinite(largest) and largest > LARGE:
        ask("scale", f"samples in {path.name} reach {largest:g}", '255 or another number that they are divided by (1: '
            'they stay), or "standard"')  # fmt: skip
    return x, x_test, Scale()


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)
