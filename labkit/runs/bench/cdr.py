"""labkit's loop, plain and with CDR, against the kind of loop that CDR's released code has.

The reference is written anew from that code's description: a DataLoader over PIL images with transforms, an extra
forward pass for the accuracy, criticality by a sorted top-k over concatenated gradients, a mask per tensor.
"""

import statistics
from collections.abc import Iterator

import torch

from ...arguments import MOST_EPOCHS
from ...data import SOURCES, Task, find
from ...fit import Recipe, begin
from ...load import load
from ...method import Method
from ...methods import CDR, ERM
from ...nets import lenet
from ...noise import corrupt, symmetric
from .rounds import Times, batches, interleaved_loops, ratio

RATE = 0.4
REFERENCE = "released kind of loop, CDR"
RECIPE = Recipe(lr=0.01, momentum=0.9, weight_decay=1e-3, batch=32)


def labkit_loop(method: Method, task: Task) -> Iterator[str]:
    """Train LeNet by labkit without end. Every next() is one step."""
    _, loop = begin(method, task, lenet, MOST_EPOCHS, 0, RECIPE, "cpu")
    return batches(loop)


def released_loop(task: Task, workers: int) -> Iterator[float]:
    """Train by the released kind of loop without end. Every next() is one step. workers: of the DataLoader"""
    from torchvision import transforms

    to_input = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    loader = torch.utils.data.DataLoader(_Images(task.train, to_input), RECIPE.batch, shuffle=True, num_workers=workers)
    net = lenet()
    cross_entropy = torch.nn.CrossEntropyLoss()
    opt = torch.optim.SGD(net.parameters(), lr=RECIPE.lr, momentum=RECIPE.momentum, weight_decay=RECIPE.weight_decay)
    while True:
        for x, y, _ in loader:
            (net(x).softmax(1).argmax(1) == y).float().mean().item()  # the extra forward pass
            loss = cross_entropy(net(x), y)
            loss.backward()
            _mask_by_top_k(net)
            opt.step()
            opt.zero_grad()
            yield loss.item()


class _Images(torch.utils.data.Dataset):
    """A training split as a Dataset of (transformed PIL image, label, position)."""

    def __init__(self, split, transform):
        self.x = split.x.numpy()[:, 0]
        self.y = split.y.numpy()
        self.transform = transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        from PIL import Image

        return self.transform(Image.fromarray(self.x[i])), int(self.y[i]), i


def _mask_by_top_k(net):
    """Mask gradients as the released code does: concatenate, sorted top-k, then a mask for every tensor."""
    weights = [p for p in net.parameters() if p.dim() in (2, 4)]
    g = torch.cat([p.grad.reshape(-1) for p in weights])
    w = torch.cat([p.data.reshape(-1) for p in weights])
    threshold = torch.topk((g * w).abs(), int((1 - RATE) * len(g)))[0][-1]
    for p in weights:
        p.grad = ((p.data * p.grad).abs() >= threshold).float() * (1 - RATE) * p.grad


def compare(task: Task, steps: int = 200, rounds: int = 5, workers: int = 0) -> Times:
    """Time all three loops on a noisy task."""
    loops = {
        "labkit, plain SGD": labkit_loop(ERM(), task),
        "labkit, CDR": labkit_loop(CDR(rate=RATE), task),
        REFERENCE: released_loop(task, workers),
    }
    return interleaved_loops(loops, rounds, steps)


def lines(rounds: int = 5, steps: int = 200, workers: int = 0) -> Iterator[str]:
    """Write steps per second, and ratios to the released kind of loop, line by line."""
    task, images = _images()
    times = compare(corrupt(task, symmetric(RATE), 0), steps, rounds, workers)
    yield f"LeNet, batch {RECIPE.batch}, {images}, {workers} loader workers, {steps} steps a round"
    for name, seconds in times.items():
        faster = ratio(times[REFERENCE], seconds)
        step = statistics.median(seconds)
        yield f"{name:28s} {1 / step:7.0f} steps/s   {1e3 * step:6.2f} ms a step   {faster:5.2f} x"


def _images():
    """Load MNIST if it is there, else random images of its size: the arithmetic is the same. -> Task, its name"""
    if find("mnist")[1]:
        return load("mnist"), "MNIST"
    rng = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (12_000, 1, 28, 28), generator=rng, dtype=torch.uint8)
    y = torch.randint(0, 10, (12_000,), generator=rng)
    task = Task.of(x, y, x[:100], y[:100], scale=SOURCES["mnist"].scale, y_true="given")
    return task, "random images of MNIST's size (MNIST is not there)"
