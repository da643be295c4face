"""How samples become inputs of a network: the scale of an archive's samples, and another scale for a task's images."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import ask, must, need
from .images import scale_of
from .mapped import chunks, tensor
from .split import Scale
from .task import Task

LARGE = 100  # larger values are no inputs of a network


def scaled(task: Task, scale: Scale) -> Task:
    """Return the task with another scale of its images: networks get (x / top - mean) / std. Stored values stay.

    Papers normalise the same images differently. Raises ValueError for what is no Scale, for samples that are not uint8
    images [N, channels, H, W], and for a scale that has neither one mean nor one for each channel.
    """
    need(isinstance(scale, Scale), "scale", scale, "a labkit.data.Scale")
    x = task.train.x
    are_images = x.dtype == torch.uint8 and x.dim() == 4
    must(are_images, "samples to be scaled", f"{x.dtype}, {x.dim()} axes", "uint8 images")
    channels = x.shape[1]
    counts = {len(scale.mean), len(scale.std)}
    need(counts in ({1}, {channels}), "numbers of means and stds of scale", sorted(counts), f"1, or {channels} of each")
    val = task.train.val
    if val is not None and len(val):  # an empty one keeps its scale, which is part of the identity of stored runs
        val = replace(val, scale=scale)
    train = replace(task.train, scale=scale, val=val)
    return replace(task, train=train, test=replace(task.test, scale=scale))


def scale_arrays(
    path: Path, x: np.ndarray, x_test: np.ndarray, scale: Any
) -> tuple[np.ndarray, np.ndarray, Scale]:  # fmt: skip
    """Return samples of an archive, and the Scale by which they become inputs.

    scale: "standard" (mean 0, standard deviation 1 of each channel or feature), a number that samples are divided by,
    or None: "standard" for uint8 images, no change for others. uint8 images keep their values and get a Scale, others
    are converted to float32. Raises ValueError for another scale, and without one for values above LARGE.
    """
    is_divisor = _is_number(scale) and scale > 0 and np.isfinite(scale)
    is_valid = scale is None or scale == "standard" or is_divisor
    need(is_valid, "scale", scale, '"standard", or a number above 0 that samples are divided by')
    if x.dtype == np.uint8 and x.ndim == 4:
        if is_divisor:
            return x, x_test, Scale(float(scale))
        return x, x_test, scale_of(tensor(x))
    if scale == "standard":
        axes = (0, 2, 3) if x.ndim == 4 else (0,)
        mean = x.mean(axes, np.float64, keepdims=True)
        std = x.std(axes, np.float64, keepdims=True)
        std = np.where(std > 0, std, 1)
        return _standard(x, mean, std), _standard(x_test, mean, std), Scale()
    if scale is not None:
        divisor = np.float32(scale)
        x = (x / divisor).astype(np.float32)
        x_test = (x_test / divisor).astype(np.float32)
        return x, x_test, Scale()
    refuse_large(path, x)
    return x, x_test, Scale()


def refuse_large(path: Path, x: np.ndarray) -> None:
    """Raise ValueError, which asks for `scale`, for finite samples with values above LARGE."""
    if not len(x):
        return
    largest = max(float(part.abs().max()) for part in chunks(tensor(x)))
    if np.isfinite(largest) and largest > LARGE:
        may_be = '255 or another number that they are divided by (1: they stay), or "standard"'
        ask("scale", f"samples in {path.name} reach {largest:g}", may_be)


def _standard(x, mean, std):
    """Return (x - mean) / std as float32."""
    return ((x - mean) / std).astype(np.float32)


def _is_number(value):
    """Return whether a value is a number, which truth values are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
