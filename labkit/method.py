"""Method: plain SGD, and the questions that a robust method answers differently.

Shapes: B batch, C classes, N training set. Losses and weights act on the last axes, so that K runs can be stacked in
front of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import torch
from torch import Generator, Tensor, nn

from . import losses
from .arguments import Checked
from .data import Split
from .errors import choose, must
from .state import load_value, save_value

MakeNet = Callable[[], nn.Module]
MakeOpt = Callable[[list[nn.Module], list[dict]], list[torch.optim.Optimizer]]  # of networks and groups of `extra`


@dataclass(frozen=True)
class Stage:
    """One training of a method that trains several times.

    epochs: their number; None takes the number given to `fit`. indices: the training samples to use; None: all. start:
    the weights to begin with, "init" (those that the first stage began with) | "previous". keep: the weights to end
    with, "last" | "best_val" (of the epoch that is best on the noisy validation split). recipe: changes to the recipe.
    """

    epochs: int | None = None
    indices: Tensor | None = None
    start: str = "init"
    keep: str = "last"
    recipe: dict = field(default_factory=dict)


@torch.no_grad()
def evaluate(net: nn.Module, split: Split, chunk: int = 1000) -> Tensor:
    """Return a network's outputs [N, C] on a split in evaluation mode, computed `chunk` samples at a time. The mode is
    restored."""
    training = net.training
    net.eval()
    positions = torch.arange(len(split), device=split.y.device).split(chunk)
    logits = torch.cat([net(split.inputs(i)) for i in positions])
    net.train(training)
    return logits


@dataclass(kw_only=True, eq=False)
class Method(metaclass=Checked):
    """Plain SGD. A method file overrides the questions that it answers differently.

    Hyperparameters are the dataclass fields, each checked by the description in its annotation (labkit.arguments) when
    the object is made. `fit` binds a method to networks, optimisers and data. All state lives in attributes, and
    `state_dict` covers it. A method sees `train`: samples, *given* labels, the noisy validation split; it never sees
    the true labels.
    """

    normalised = True  # whether the weights of a batch sum to 1
    networks = 1  # how many are trained, from different random weights
    targets = ("classes", "numbers")  # the kinds of tasks that it can learn: "numbers" is regression
    meta_labels = None  # labels that its meta set has, "true" or "given" (noisy ones); None: it takes no meta set
    min_batch = 1  # samples that the networks need at once in training mode: `fit` sets 2 for batch normalisation
    later = {}  # hyperparameters that came after runs were stored, with the defaults that keep the runs' names

    reads_epochs = False  # whether it has read `epochs`, so that a longer training begins differently

    # -- the four questions

    def select(self, train: Split, epoch: int) -> Tensor | None:
        """Which samples this epoch? -> indices [n], or None for all"""
        return None

    def weight(self, x: Tensor, y: Tensor, i: Tensor, logits: Tensor) -> Tensor:
        """How much does each sample of the batch count? logits [..., B, C] -> [..., B], >= 0, no gradient, sum 1"""
        return logits.new_full(logits.shape[:-1], 1 / logits.shape[-2])

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        """What is the loss? logits [..., B, C], y [..., B] -> [..., B]. Cross-entropy; half the squared error for
        regression."""
        return losses.ce(logits, y) if self.train.classes else losses.half_squared(logits, y)

    def update(self) -> None:
        """How do the parameters move?"""
        for opt in self.opts:
            opt.step()

    # -- the rest

    def batch(self, x: Tensor, y: Tensor, i: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the batch x, y, i as it is trained on; y may become soft labels [B, C]."""
        return x, y, i

    def penalty(self) -> Tensor | float:
        """Return the scalar that is added to the loss of every batch."""
        return 0.0

    def extra(self) -> list[dict]:
        """Return the parameters beside the networks' as optimiser groups. Each group states momentum, weight_decay (or
        "same"), and lr as a number, "same" or "matched".

        "matched": lr / (1 - momentum of the networks), so that a group without momentum moves as far as one with it.
        """
        return []

    def step(self, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        """Take one step on samples i and return the loss, detached. x [B, ...], y [B] given labels, i [B] positions in
        the training set."""
        x, y, i = self.batch(x, y, i)
        logits = self.nets[0](x)
        weight = self.weight(x, y, i, logits)
        loss = (weight * self.loss(logits, y, i)).sum(-1) + self.penalty()
        self.zero_grad()
        loss.sum().backward()
        self.update()  # core
        self.seen = i, weight
        return loss.detach()

    def predict(self, x: Tensor, i: Tensor | None = None, k: int = 0) -> Tensor:
        """Return the outputs [B, C] of network k. With the positions i of training samples: as the training loss sees
        them (AUX adds b_i)."""
        return self.nets[k](x)

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        """Make networks and optimisers for these data. make_net() returns a network, make_opt(nets, groups) a list of
        optimisers; rng is the method's own generator. `fit` has set `epochs` and `augment`, the recipe's augmentation
        of inputs; it sets `epoch` before every epoch."""
        self.train, self.meta, self.rng = train, meta, rng
        self.nets = [make_net() for _ in range(self.networks)]
        self.opts = make_opt(self.nets, self.extra())

    def bound_to(
        self,
        net: nn.Module | Sequence[nn.Module] | MakeNet,
        train: Split,
        meta: Split | None = None,
        *,
        make_opt: MakeOpt | None = None,
        epoch: int = 0,
        epochs: int = 1,
        augment: Callable | None = None,
        seed: int = 0,
    ) -> Self:
        """Return a copy of the method that is bound to networks and data, to examine it without a training.

        Its hooks can be called at once: `bound.select(train, epoch)`, `bound.weight(x, y, i, logits)`,
        `bound.loss(logits, y, i)`, and single steps, `bound.step(x, y, i)`, where it has optimisers.

        net: the network, which is used and not copied; or a list, one for each network that `bind` makes (two for
        Co-teaching); or a function that makes one. train, meta: the training and the meta set. make_opt: makes the
        optimisers, e.g. `labkit.Recipe(lr=0.1).optimisers`; None: there are none, so that nothing moves. epoch: from 0
        on, which schedules read. epochs: the length of the training that schedules assume. augment: a function of
        inputs; None changes nothing. seed: of the method's own generator. Raises ValueError for a list of too few
        networks.
        """
        method = replace(self)
        method.epochs, method.epoch = epochs, epoch
        method.augment = augment or _unchanged
        rng = torch.Generator(train.y.device).manual_seed(seed)
        method.bind(_handing_out(net), make_opt or _no_optimisers, train, meta, rng)
        return method

    def set_epoch(self, epoch: int) -> Self:
        """Set the epoch that the schedules read, counted from 0, as `fit` does before each epoch. -> the method"""
        self.epoch = epoch
        return self

    def stage(self, k: int, train: Split) -> Stage | None:
        """Return the k-th training, counted from 0, or None after the last."""
        return Stage() if k == 0 else None

    def end_stage(self, k: int) -> None:
        """Finish the k-th training: estimate T, split the data, choose the confident samples."""

    def notes(self) -> dict:
        """Return facts to store with a run, as JSON values."""
        return {}

    # -- bookkeeping

    @property
    def needs_meta(self) -> bool:
        """Return whether the method learns from a meta set."""
        return self.meta_labels is not None

    @classmethod
    def assumes_rate(cls) -> bool:
        """Return whether the method assumes a noise rate, which is then its hyperparameter `rate`."""
        return any(field.name == "rate" for field in fields(cls))

    @property
    def epochs(self) -> int:
        """Return the number of epochs given to `fit`."""
        self.reads_epochs = True
        return self.asked_epochs

    @epochs.setter
    def epochs(self, number: int) -> None:
        self.asked_epochs = number

    def follow(self, **table: dict) -> None:
        """Fill the hyperparameters that are None by the variant, e.g. ramp={"paper": 0, "released": 10}."""
        choose("variant", self.variant, dict.fromkeys(("paper", "released")))
        for name, column in table.items():
            if getattr(self, name) is None:
                setattr(self, name, column[self.variant])

    def zero_grad(self) -> None:
        """Drop the gradients of all parameters."""
        for opt in self.opts:
            for group in opt.param_groups:
                for p in group["params"]:
                    p.grad = None

    def train_mode(self, on: bool = True) -> None:
        """Set the networks to training or evaluation mode."""
        for net in self.nets:
            net.train(on)

    def hyperparameters(self) -> dict[str, Any]:
        """Return the dataclass fields with their values."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def identifying(self) -> dict[str, Any]:
        """Return the hyperparameters that identify a run: all but those of `later` at their defaults."""
        values = self.hyperparameters()
        for name, default in self.later.items():
            if name in values and values[name] == default:
                del values[name]
        return values

    def state_dict(self) -> dict[str, Any]:
        """Return everything that training changes: all attributes but hyperparameters, data and what the last batch
        left."""
        fixed = {*self.hyperparameters(), "train", "meta", "seen", "augment", "min_batch", "asked_epochs"}
        return {name: save_value(value) for name, value in vars(self).items() if name not in fixed}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the state of `state_dict`, in place. Raises ValueError for the state of another method."""
        missing = {name for name in self.state_dict() if name not in state}
        must(not missing, "state", f"a dict without {sorted(missing)}", f"a state_dict of {type(self).__name__}")
        for name, value in state.items():
            setattr(self, name, load_value(getattr(self, name, None), value, self.train.y.device))


def _unchanged(x):
    """Return the inputs as they are."""
    return x


def _no_optimisers(nets, groups):
    """Return no optimiser, for a method that is not to move its networks."""
    return []


def _handing_out(net):
    """Return make_net(), which gives the network every time, or the networks of a list one after another."""
    if isinstance(net, torch.nn.Module):
        return lambda: net
    if callable(net):
        return net
    remaining = list(net)
    number = len(remaining)

    def make_net():
        must(remaining, "net", f"a list of {number} networks", "a list with a network for each that the method binds")
        return remaining.pop(0)

    return make_net
