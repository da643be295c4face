"""Another scale of the inputs: papers normalise the same images differently."""

from dataclasses import replace

import torch

from ..errors import must, need
from .task import Scale, Task


def scaled(task: Task, scale: Scale) -> Task:
    """Give the images of all splits another scale: networks get (x / top - mean) / std. The stored values stay.

    Raises ValueError for what is no Scale, for samples that are not uint8 images [N, channels, H, W], and for a scale
    that has neither one mean nor one for each channel.
    """
    need(isinstance(scale, Scale), "scale", scale, "a labkit.data.Scale")
    x = task.train.x
    must(x.dtype == torch.uint8 and x.dim() == 4, "samples to be scaled", f"{x.dtype}, {x.dim()} axes", "uint8 images")
    channels, sizes = x.shape[1], {len(scale.mean), len(scale.std)}
    need(sizes in ({1}, {channels}), "numbers of means and stds of scale", sorted(sizes), f"1, or {channels} of each")
    val = task.train.val and replace(task.train.val, scale=scale)
    return replace(task, train=replace(task.train, scale=scale, val=val), test=replace(task.test, scale=scale))
