"""labkit's loop, plain and with CDR, against the kind of loop that CDR's released code has.

The reference is written anew from that code's description: a DataLoader over PIL images with transforms, an extra
forward pass for the accuracy, criticality by a sorted top-k over concatenated gradients, a mask per tensor. Rounds are
interleaved, so a drift of the machine's speed meets all alike; the ratios are per round, their median counts.
"""

import statistics
import time
from itertools import islice

import torch

from ...arguments import MOST_EPOCHS
from ...data import SOURCES, Task, find
from ...fit import Recipe, begin
from ...load import load
from ...methods import CDR, ERM
from ...nets import lenet
from ...noise import corrupt, symmetric

RATE = 0.4
RECIPE = Recipe(lr=0.01, momentum=0.9, weight_decay=1e-3, batch=32)


def labkit_loop(method, task):
    """An endless labkit training of LeNet. -> iterator; every next() is one step"""
    _, loop = begin(method, task, lenet, MOST_EPOCHS, 0, RECIPE, "cpu")
    return (event for event in loop.run() if event == "batch")


def released_loop(task, workers):
    """An endless training by the released kind of loop. -> iterator; every next() is one step"""
    from torchvision import transforms

    to_input = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    loader = torch.utils.data.DataLoader(_Images(task.train, to_input), RECIPE.batch, shuffle=True, num_workers=workers)
    net, loss_of = lenet(), torch.nn.CrossEntropyLoss()
    opt = torch.optim.SGD(net.parameters(), lr=RECIPE.lr, momentum=RECIPE.momentum, weight_decay=RECIPE.weight_decay)
    while True:
        for x, y, _ in loader:
            (net(x).softmax(1).argmax(1) == y).float().mean().item()  # the extra forward pass
            loss = loss_of(net(x), y)
            loss.backward()
            _mask_by_top_k(net)
            opt.step()
            opt.zero_grad()
            yield loss.item()


class _Images(torch.utils.data.Dataset):
    """A training split as a Dataset of (transformed PIL image, label, position)."""

    def __init__(self, split, transform):
        self.x, self.y, self.transform = split.x.numpy()[:, 0], split.y.numpy(), transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        from PIL import Image

        return self.transform(Image.fromarray(self.x[i])), int(self.y[i]), i


def _mask_by_top_k(net):
    """Criticality as the released code finds it: concatenate, sorted top-k, then a mask for every tensor."""
    weights = [p for p in net.parameters() if p.dim() in (2, 4)]
    g, w = (torch.cat([t.reshape(-1) for t in ts]) for ts in ([p.grad for p in weights], [p.data for p in weights]))
    threshold = torch.topk((g * w).abs(), int((1 - RATE) * len(g)))[0][-1]
    for p in weights:
        p.grad = ((p.data * p.grad).abs() >= threshold).float() * (1 - RATE) * p.grad


def seconds(iterator, steps):
    """Time of `steps` steps."""
    started = time.perf_counter()
    for _ in islice(iterator, steps):
        pass
    return time.perf_counter() - started


def compare(task, steps=200, rounds=5, workers=0):
    """Interleaved rounds of all three. -> {name: [seconds per step, one per round]}"""
    loops = {
        "labkit, plain SGD": labkit_loop(ERM(), task),
        "labkit, CDR": labkit_loop(CDR(rate=RATE), task),
        "released kind of loop, CDR": released_loop(task, workers),
    }
    for loop in loops.values():
        seconds(loop, 20)
    times = {name: [] for name in loops}
    for _ in range(rounds):
        for name, loop in loops.items():
            times[name].append(seconds(loop, steps) / steps)
    return times


def lines(rounds=5, steps=200, workers=0):
    """Steps per second and the ratios to the released kind of loop. -> iterator of lines"""
    task, images = _images()
    times = compare(corrupt(task, symmetric(RATE), 0), steps, rounds, workers)
    slow = times["released kind of loop, CDR"]
    yield f"LeNet, batch {RECIPE.batch}, {images}, {workers} loader workers, {steps} steps a round"
    for name, each in times.items():
        ratio = statistics.median(s / t for s, t in zip(slow, each))
        each = statistics.median(each)
        yield f"{name:28s} {1 / each:7.0f} steps/s   {1e3 * each:6.2f} ms a step   {ratio:5.2f} x"


def _images():
    """MNIST where it is, else random images of its size: the arithmetic is the same. -> Task, what it is"""
    if find("mnist")[1]:
        return load("mnist"), "MNIST"
    rng = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (12_000, 1, 28, 28), generator=rng, dtype=torch.uint8)
    y = torch.randint(0, 10, (12_000,), generator=rng)
    task = Task.of(x, y, x[:100], y[:100], scale=SOURCES["mnist"].scale, y_true="given")
    return task, "random images of MNIST's size (MNIST is not there)"
