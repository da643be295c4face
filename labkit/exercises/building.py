"""Exercises that ask for a method: the reader's function is compared with labkit's own on fresh data.

The data are float64 and come from three seeds, each with sizes of its own. A function gets them anew every time, so it
may change what it is given. Any formula passes that agrees with labkit's to 1e-9.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn

from ..data import Task
from ..fit import Recipe
from ..method import Method
from .answers import Wrong, array, call

SEEDS = (0, 1, 2)
TOLERANCE = 1e-9
NEAR = 1e-6  # for a typical mistake, which may be made in float32
ROUGH = 1e-4  # a smaller difference comes from the number type, or from a small number that was added


@dataclass(frozen=True)
class Output:
    """A tensor that a function returns.

    name: in messages, e.g. "the loss". axes: what its axes are, e.g. ("sample", "class"). whole: it holds whole
    numbers, such as classes and positions. plural: its name is a plural, e.g. "the labels". remark: a sentence for
    values that differ, without its full stop.
    """

    name: str
    axes: tuple[str, ...]
    whole: bool = False
    plural: bool = False
    remark: str = ""


@dataclass(frozen=True)
class Build:
    """An exercise in which the reader writes a function; called with the answer, it examines it.

    draw: (generator, seed) -> the arguments of the function, where the seed settles sizes. method: labkit's own
    function of these arguments. mistakes: pairs of a function that makes a typical mistake, and the words for it.
    outputs: what the function returns, a tensor or a tuple of several. praise: what is said of a right answer.
    """

    draw: Callable[[Generator, int], tuple]
    method: Callable
    mistakes: Sequence[tuple[Callable, str]]
    outputs: tuple[Output, ...]
    praise: str

    def __call__(self, answer: Any) -> str:
        """Examine a function. Raises Wrong with the words for its mistake, or for the first value that differs."""
        for seed in SEEDS:
            self.judge(answer, seed)
        return self.praise

    def arguments(self, seed: int) -> tuple:
        """Draw the arguments of a seed."""
        return self.draw(torch.Generator().manual_seed(seed), seed)

    def values(self, function: Callable, seed: int) -> list[np.ndarray]:
        """Return the outputs of a function for a seed's arguments, in float64. Raises Wrong for what is no numbers."""
        return arrays(call(function, *self.arguments(seed)), self.outputs)

    def judge(self, answer: Callable, seed: int) -> None:
        """Raise Wrong unless the answer agrees with labkit's function for the arguments of a seed."""
        right = self.values(self.method, seed)
        values = self.values(answer, seed)
        if agree(values, right):
            return
        for mistake, explanation in self.mistakes:
            if agree(values, self.values(mistake, seed), NEAR):
                raise Wrong(explanation)
        for value, expected, output in zip(values, right, self.outputs):
            compare_output(value, expected, output)


def arrays(returned: Any, outputs: tuple[Output, ...]) -> list[np.ndarray]:
    """Read what a function returns as float64, an array for each output. Raises Wrong for anything else."""
    if len(outputs) == 1:
        return [array(returned)]
    if not isinstance(returned, (tuple, list)) or len(returned) != len(outputs):
        names = " and ".join(output.name for output in outputs)
        raise Wrong(f"your function has to return {len(outputs)} things: {names}")
    return [array(value) for value in returned]


def agree(values: list[np.ndarray], others: list[np.ndarray], tolerance: float = TOLERANCE) -> bool:
    """Return whether two lists of arrays have the same shapes and, up to a tolerance, the same values."""
    for value, other in zip(values, others):
        if value.shape != other.shape or not np.allclose(value, other, rtol=0, atol=tolerance):
            return False
    return True


def compare_output(value: np.ndarray, right: np.ndarray, output: Output) -> None:
    """Raise Wrong unless an array agrees with the right one: with its shape, or with the first entry that differs and
    its direction."""
    be, verb = ("are", "differ") if output.plural else ("is", "differs")
    if value.shape != right.shape:
        axes = ", ".join(output.axes)
        sizes = list(value.shape), list(right.shape)
        raise Wrong(f"the shape of {output.name} is {sizes[0]}; {sizes[1]} is asked for ({axes})")
    gap = np.abs(value - right)
    if gap.max() <= TOLERANCE:
        return
    if gap.max() < ROUGH:
        raise Wrong(
            f"{output.name} {be} right to {gap.max():.0e} only: a part is float32, or a small number was added. "
            "A mask times a number and `torch.zeros` without `dtype=torch.float64` are float32"
        )
    position = tuple(np.argwhere(gap > TOLERANCE)[0])
    place = ", ".join(f"{axis} {k}" for axis, k in zip(output.axes, position))
    direction = "too large" if value[position] > right[position] else "too small"
    difference = f"{value[position]:.6g} is {'not the right one' if output.whole else direction}"
    remark = f". {output.remark}" if output.remark else ""
    raise Wrong(f"{output.name} {verb} first at {place} (counted from 0): {difference}{remark}")


def bound_to_matrix(method: Method, W: Tensor, x: Tensor, y: Tensor, **recipe: Any) -> Method:
    """Bind a method to the network z = W x and to training samples, to take single steps with it.

    W [C, D], x [N, D], y [N] classes or [N, C] targets. recipe: of plain SGD without momentum, e.g. lr=0.1
    """
    net = nn.Linear(W.shape[1], W.shape[0], bias=False, dtype=W.dtype)
    net.weight.data.copy_(W)
    kind, classes = ("numbers", None) if y.is_floating_point() else ("classes", len(W))
    task = Task.of(x, y, x, y, name="exercise", val=0.0, classes=classes, kind=kind)
    plain = Recipe(**{"momentum": 0.0, "weight_decay": 0.0, **recipe})
    return method.bound_to(net, task.train, make_opt=plain.optimisers)
