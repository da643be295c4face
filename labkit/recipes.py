"""The papers' training recipes as plain, named values, for a notebook to pass on: task = plan.load(name), then
fit(method, task, plan.net, plan.epochs, recipe=plan.recipe).

Where a paper is silent or contradicts its code, the value says what labkit took, and `doubts` why.
"""

from dataclasses import dataclass
from typing import Any

from .data import Scale, Task, scaled
from .data.vision import SOURCES
from .fit import Recipe


@dataclass(frozen=True)
class Plan:
    """One experiment of a paper.

    net: a name in labkit.nets.ALL. noise: the noise rates by noise model. runs: how many the paper averages; None: not
    stated. held_out: share of the training set that is the noisy validation split. scale: of the inputs; None: as
    labkit loads them. doubts: what the paper leaves open, and what labkit took.
    """

    net: str
    epochs: int
    recipe: Recipe
    noise: dict
    runs: int | None
    held_out: float
    scale: Scale | None = None
    doubts: str = ""

    def load(self, name: str, **options: Any) -> Task:
        """Load a dataset as the paper trains on it, with its held-out share and its scale.

        name, options: see labkit.load, whose errors it raises. A held-out share of 0 leaves no noisy validation: the
        criterion best_val is then nan, and a stage that would keep its best epoch keeps its last.
        """
        from . import load  # not above: the package imports this file first

        task = load(name, **{"val": self.held_out, **options})
        return scaled(task, self.scale) if self.scale else task


_RESNET = Recipe(lr=0.1, momentum=0.9, weight_decay=5e-4, batch=128, milestones=(80, 100), augment="crop_flip")
_WEBVISION = Recipe(lr=0.1, momentum=0.9, weight_decay=5e-4, batch=32, milestones=(30, 60))
_ADAM = Recipe(optimiser="adam", lr=1e-3, momentum=0.0, batch=128, drop_last=True)
_LENET = Recipe(lr=0.01, momentum=0.9, weight_decay=1e-3, batch=32, milestones=(9, 19))  # steps before the epoch
_NESTEROV = {"momentum": 0.9, "nesterov": True, "weight_decay": 5e-4, "augment": "reflect_crop_flip"}
_CRUST = {
    "runs": 5,
    "held_out": 0.0,
    "scale": SOURCES["cifar10"].scale,
    "doubts": "asymmetric 40 %: the paper refers to pairflip, the code draws a random derangement of the classes",
}
_RMNW = {
    "runs": 5,
    "held_out": 0.0,
    "scale": Scale(255.0, (125.3 / 255, 123.0 / 255, 113.9 / 255), (63.0 / 255, 62.1 / 255, 66.7 / 255)),
    "doubts": "epochs are 500 iterations each, drawn with replacement; the code's defaults are batch 10 and lr .1; "
    "uniform 70 % and flip2 50 % are Fig. 2's, there without the numbers; the network behind them is not stated",
}
PAPERS = {
    "CRUST, CIFAR-10": Plan(
        net="resnet32",
        epochs=120,
        recipe=_RESNET,
        noise={"symmetric": (0.2, 0.5, 0.8), "derangement": (0.4,)},
        **_CRUST,
    ),
    "CRUST, CIFAR-100": Plan(
        net="resnet32",
        epochs=120,
        recipe=_RESNET,
        noise={"symmetric": (0.2, 0.5), "derangement": (0.4,)},
        **_CRUST,
    ),
    "CRUST, mini-WebVision": Plan(
        net="inception_resnet_v2",
        epochs=90,
        recipe=_WEBVISION,
        noise={},
        runs=None,
        held_out=0.0,
        doubts="momentum, weight decay, batch, augmentation, image size and whether something is held out are not "
        "given; the code is not released",
    ),
    "PRL, CIFAR": Plan(
        net="cnn9",
        epochs=50,
        recipe=_ADAM,
        noise={"symmetric": (0.3, 0.5, 0.7), "pairflip": (0.25, 0.35, 0.45)},
        runs=3,
        held_out=0.0,
        scale=Scale(255.0),
        doubts="the paper says Co-teaching's schedule (200 epochs, decay from 80), its code trains 49 epochs at a "
        "constant rate; the ramp is 15 for CIFAR-100 with pairflip; no augmentation, inputs are not normalised",
    ),
    "PRL, CelebA": Plan(
        net="celeba_fc",
        epochs=100,
        recipe=Recipe(optimiser="adam", lr=3e-4, momentum=0.0, batch=512),
        noise=dict.fromkeys(("linadv", "signflip", "uninoise", "pairflip", "mixture"), (0.1, 0.2, 0.3, 0.4)),
        runs=5,
        held_out=0.1,
        doubts="epochs, schedule, scaling of the targets and whether something is held out are not given; regression "
        "code is not released",
    ),
    "CDR+AUX, MNIST": Plan(
        net="lenet",
        epochs=100,
        recipe=_LENET,
        noise=dict.fromkeys(("symmetric", "asymmetric", "pairflip", "instance"), (0.2, 0.4, 0.7)),
        runs=None,
        held_out=0.1,
        doubts="epochs, schedule, lambda and the number of runs are not given; the first two are those of CDR's code",
    ),
    "RMNW-Net, WRN-28-10": Plan(
        net="wrn28_10",
        epochs=120,
        recipe=Recipe(lr=0.05, batch=100, milestones=(36, 38), **_NESTEROV),
        noise={"uniform": (0.0, 0.4, 0.6, 0.7), "flip2": (0.5,), "flip": (0.15, 0.3)},
        **_RMNW,
    ),
    "RMNW-Net, ResNet-32": Plan(
        net="resnet32",
        epochs=120,
        recipe=Recipe(lr=0.05, batch=100, milestones=(40, 50), **_NESTEROV),
        noise={"flip2": (0.0, 0.2, 0.4)},
        **_RMNW,
    ),
}
