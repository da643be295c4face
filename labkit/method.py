"""Method: plain SGD, and the questions that a robust method answers differently.

Shapes: B batch, C classes, N training set. Losses and weights act on the last axes, so that K runs can be stacked in
front of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Self

import torch

from . import losses
from .arguments import Checked
from .errors import choose, must
from .state import load_value, save_value

if TYPE_CHECKING:
    from .data import Split


@dataclass(frozen=True)
class Stage:
    """One training of a method that trains several times.

    epochs: None = as many as `fit` was asked for; indices: the training samples to use, None = all; start: weights to
    begin with, "init" (those that the first stage began with) | "previous"; keep: weights to end with, "last" |
    "best_val" (of the epoch that is best on the noisy validation split); recipe: changes to the recipe.
    """

    epochs: int | None = None
    indices: torch.Tensor | None = None
    start: str = "init"
    keep: str = "last"
    recipe: dict = field(default_factory=dict)


@torch.no_grad()
def evaluate(net, split, chunk=1000):
    """Outputs of a network on a split in evaluation mode, `chunk` samples at a time; the mode is restored. -> [N, C]"""
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
    the object is made; `fit` binds a method to networks, optimisers and data. All state lives in
    attributes, and `state_dict` covers it. A method sees `train`: samples, *given* labels, the noisy validation split.
    The truth never gets here.
    """

    normalised = True  # do the weights of a batch sum to 1?
    networks = 1  # how many are trained, from different random weights
    targets = ("classes", "numbers")  # tasks it takes: "numbers" is regression
    meta_labels = None  # labels that its meta set has, "true" or "given" (noisy ones); None: it takes no meta set
    min_batch = 1  # samples that the networks need at once in training mode: `fit` sets 2 for batch normalisation
    later = {}  # hyperparameters that came after runs were stored, with the defaults that keep the runs' names

    reads_epochs = False  # did it ask how many epochs `fit` was asked for? Then a longer training is another one

    # -- the four questions

    def select(self, train, epoch):
        """Which samples this epoch? -> indices [n], or None for all"""
        return None

    def weight(self, x, y, i, logits):
        """Who is trusted in this batch? logits [..., B, C] -> [..., B], >= 0, no gradient, summing to 1"""
        return logits.new_full(logits.shape[:-1], 1 / logits.shape[-2])

    def loss(self, logits, y, i):
        """What is punished? logits [..., B, C], y [..., B] -> [..., B]. Cross-entropy; half the squared error for
        regression."""
        return losses.ce(logits, y) if self.train.classes else losses.half_squared(logits, y)

    def update(self):
        """How do the parameters move?"""
        for opt in self.opts:
            opt.step()

    # -- the rest

    def batch(self, x, y, i):
        """The batch as it is used. -> x, y, i; y may become soft [B, C]"""
        return x, y, i

    def penalty(self):
        """What is added to the loss of every batch. -> scalar"""
        return 0.0

    def extra(self):
        """Parameters beside the networks', as optimiser groups; each states momentum, weight_decay (or "same"), and lr
        as "same" or "matched".

        "matched": lr / (1 - momentum of the networks), so that a group without momentum moves as far as one with it. ->
        list of dicts
        """
        return []

    def step(self, x, y, i):
        """One step on samples i. x [B, ...], y [B] given labels, i [B] positions in the training set. -> loss,
        detached"""
        x, y, i = self.batch(x, y, i)
        logits = self.nets[0](x)
        weight = self.weight(x, y, i, logits)
        loss = (weight * self.loss(logits, y, i)).sum(-1) + self.penalty()
        self.zero_grad()
        loss.sum().backward()
        self.update()  # core
        self.seen = i, weight
        return loss.detach()

    def predict(self, x, i=None, k=0):
        """Outputs of network k. With the positions i of training samples: as the training loss sees them (AUX adds
        b_i). -> [B, C]"""
        return self.nets[k](x)

    def bind(self, make_net, make_opt, train, meta, rng):
        """Get ready: make_net() -> module; make_opt(nets, groups) -> list of optimisers; rng: the method's own
        generator. `fit` has set `epochs`, how many it was asked for, and `augment`, the recipe's augmentation of
        inputs."""
        self.train, self.meta, self.rng = train, meta, rng
        self.nets = [make_net() for _ in range(self.networks)]
        self.opts = make_opt(self.nets, self.extra())

    def bound_to(
        self,
        net: torch.nn.Module | Sequence[torch.nn.Module] | Callable,
        train: "Split",
        meta: "Split | None" = None,
        *,
        make_opt: Callable | None = None,
        epoch: int = 0,
        epochs: int = 1,
        augment: Callable | None = None,
        seed: int = 0,
    ) -> Self:
        """Return a copy of the method that is bound to networks and data, to look at it without a training.

        Its questions can be asked at once: `bound.select(train, epoch)`, `bound.weight(x, y, i, logits)`,
        `bound.loss(logits, y, i)`, and single steps, `bound.step(x, y, i)`, where it has optimisers.

        net: the network, which is used and not copied; or a list, one for each that `bind` asks for (two for
        Co-teaching); or a function that makes one. train, meta: what the method sees of the data. make_opt: what makes
        the optimisers, e.g. `labkit.Recipe(lr=0.1).optimisers`; None: none, so that nothing moves. epoch: from 0 on,
        which schedules read. epochs: the length of the training that schedules assume. augment: a function of inputs;
        None changes nothing. seed: of the method's own generator. Raises ValueError for a list of too few networks.
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

    def stage(self, k, train):
        """The k-th training, from 0 on, or None when there is none left."""
        return Stage() if k == 0 else None

    def end_stage(self, k):
        """Called after the k-th training: estimate T, split the data, choose the confident samples."""

    def notes(self):
        """Facts to store with a run. -> dict of JSON values"""
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
    def epochs(self):
        """How many epochs `fit` was asked for."""
        self.reads_epochs = True
        return self.asked_epochs

    @epochs.setter
    def epochs(self, number):
        self.asked_epochs = number

    def follow(self, **table):
        """Fill the hyperparameters that are None from the variant's column, e.g. ramp={"paper": 0, "released": 10}."""
        choose("variant", self.variant, dict.fromkeys(("paper", "released")))
        for name, column in table.items():
            if getattr(self, name) is None:
                setattr(self, name, column[self.variant])

    def zero_grad(self):
        """Forget the gradients of all parameters."""
        for group in (group for opt in self.opts for group in opt.param_groups):
            for p in group["params"]:
                p.grad = None

    def train_mode(self, on=True):
        """Networks to training or evaluation mode."""
        for net in self.nets:
            net.train(on)

    def hyperparameters(self):
        """The dataclass fields. -> dict"""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def identifying(self):
        """What identifies a run: the hyperparameters, without those of `later` at their defaults. -> dict"""
        values = self.hyperparameters()
        return {name: value for name, value in values.items() if name not in self.later or value != self.later[name]}

    def state_dict(self):
        """Everything that training changes: every attribute but hyperparameters, data and the last batch's
        leftovers."""
        fixed = {*self.hyperparameters(), "train", "meta", "seen", "augment", "min_batch", "asked_epochs"}
        return {name: save_value(value) for name, value in vars(self).items() if name not in fixed}

    def load_state_dict(self, state):
        """Take the state of `state_dict` back, in place. Raises ValueError when it is another method's."""
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
