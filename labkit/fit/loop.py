"""The only training loop. It knows no method by name; all its state can be saved after any batch."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import isfinite

import torch

from .. import measure
from ..data import Split, Task
from ..errors import Diverged, choose
from ..method import Method, Stage
from ..state import load_value, save_value
from .augment import Augment
from .batches import explained, least_batch, next_size
from .best import Best
from .life import Life
from .optimisers import Optimisers
from .recipe import Recipe

SCALED = 2**26  # bytes of a training set that is scaled once, and not batch by batch in every epoch


class Loop:
    """Trains `method` on `task` (both on the device), stage by stage, epoch by epoch, batch by batch.

    It binds the method that it is given. `begin` of labkit.fit makes a loop for a copy of a method.
    """

    def __init__(
        self,
        *,
        method: Method,
        task: Task,
        make_net: Callable[[], torch.nn.Module],
        epochs: int,
        seed: int,
        recipe: Recipe,
        meta: Split | None = None,
        life: bool = False,
    ) -> None:
        self.method = method
        self.task = task
        self.make_net = make_net
        self.epochs = epochs
        self.seed = seed
        self.base_recipe = recipe  # as `fit` was given it
        self.recipe = recipe  # with the changes of the stage
        self.device = task.train.y.device
        self.life = Life() if life else None
        small = not task.train.mapped and 4 * task.train.x.numel() <= SCALED
        self.scaled = task.train.inputs() if small else None
        self.rows = []  # of the history
        self.kept = Best()  # weights of the best epochs, for the run
        self.best = None  # weights of the stage's best epoch on the noisy validation split
        self.best_val = -float("inf")
        self.stages = []  # the number of epochs of each stage, None: that of `fit`
        self.over = False  # has the training ended?
        self.ended_with_best = False  # did a stage end with its best weights?
        self.k = 0  # the stage
        self.epoch = 0  # of the stage, from 0 on
        self.queue = None  # the epoch's samples in their order, None between two epochs
        self.position = 0  # in the queue
        rng = torch.Generator(self.device).manual_seed(seed + 1)
        self.augment_rng = torch.Generator(self.device).manual_seed(seed + 2)
        method.epochs = epochs
        method.augment = Augment(recipe.augment, _black(task), self.augment_rng)
        self.make_opt = Optimisers(recipe)
        method.bind(make_net, self.make_opt, task.train, meta, rng)
        method.min_batch = least_batch(method, task, recipe)
        self.several = type(method).stage is not Method.stage
        self.first = save_value([net.state_dict() for net in method.nets]) if self.several else None

    @property
    def groups(self) -> list[dict]:
        """The method's parameter groups beside the networks'."""
        return self.make_opt.groups

    def run(self) -> Iterator[str]:
        """Train to the end. Yield "batch" after each batch and "epoch" after each epoch has been measured.

        Whoever stops iterating stops the training.
        """
        while (stage := self.method.stage(self.k, self.task.train)) is not None:
            self.set_recipe(stage.recipe)
            self.stages = [*self.stages[: self.k], stage.epochs]
            if self.k and not self.epoch and self.queue is None:
                self.restart(stage.start)
            while self.epoch < (self.epochs if stage.epochs is None else stage.epochs):
                yield from self.one_epoch(stage.indices)
            if stage.keep == "best_val":
                self.load_weights(self.best)
                self.ended_with_best = True
            self.method.end_stage(self.k)
            self.k += 1
            self.epoch = 0
        self.over = True

    def at_end(self) -> bool:
        """Is this the last epoch of a training in one stage?"""
        return not self.several and self.epoch >= self.epochs

    def one_epoch(self, indices: torch.Tensor | None) -> Iterator[str]:
        """Train one epoch from the position where it was left. indices: the stage's samples, None: all"""
        if self.queue is None:
            self.begin_epoch(indices)
        self.recipe.schedule(self.method.opts, self.epoch + 1)
        while self.position < len(self.queue):
            self.one_batch()
            yield "batch"
        self.end_epoch()
        yield "epoch"

    def begin_epoch(self, indices: torch.Tensor | None) -> None:
        """Ask the method for samples and shuffle them. The order depends on seed, stage and epoch alone."""
        train = self.task.train
        method = self.method
        method.set_epoch(self.epoch)
        self.recipe.schedule(method.opts, self.epoch + 1)
        method.train_mode()
        chosen = method.select(train, self.epoch)
        chosen = indices if chosen is None else chosen
        chosen = torch.arange(len(train), device=self.device) if chosen is None else chosen
        order = torch.Generator().manual_seed(((self.seed * 1009 + self.k) * 100_003 + self.epoch) % 2**63)
        queue = chosen[torch.randperm(len(chosen), generator=order).to(self.device)]
        n_full = len(queue) - len(queue) % self.recipe.batch
        self.queue = queue[:n_full] if self.recipe.drop_last and n_full else queue
        self.position = 0
        self.seconds = 0.0
        self.loss_sum = torch.zeros((), dtype=torch.float64, device=self.device)
        self.losses = torch.zeros(-(-len(self.queue) // self.recipe.batch), device=self.device)
        self.weights = torch.zeros(len(train), device=self.device)

    def set_recipe(self, entries: dict) -> None:
        """Set the recipe of a stage: the one that `fit` was given, with the stage's entries."""
        self.recipe = replace(self.base_recipe, **entries)
        self.make_opt.recipe = self.recipe

    def one_batch(self) -> None:
        """Take one step of the method."""
        started = time.perf_counter()
        size = next_size(len(self.queue) - self.position, self.recipe.batch, self.method.min_batch)
        number = self.position // self.recipe.batch
        i = self.queue[self.position : self.position + size]
        x = self.method.augment(self.inputs(i))
        with explained(self.method):
            loss = self.method.step(x, self.task.train.y[i], i)
        used, weight = self.method.seen
        self.weights[used] = weight.to(self.weights.dtype) * len(used)
        self.loss_sum += loss * len(i)
        self.losses[number] = loss
        self.position += size
        self.seconds += time.perf_counter() - started
        if self.device.type == "cpu" and not isfinite(loss):  # on other devices reading the loss means waiting for it
            self.stop_if_diverged()

    def inputs(self, i: torch.Tensor) -> torch.Tensor:
        """Return the samples i as the network gets them, without augmentation. i [B] -> [B, ...]"""
        return self.task.train.inputs(i) if self.scaled is None else self.scaled[i]

    def stop_if_diverged(self) -> None:
        """Raise Diverged if a loss of this epoch is not finite."""
        steps = (~self.losses.isfinite()).nonzero()[:, 0]
        if not len(steps):
            return
        first = steps[0].item()
        step = f"epoch {len(self.rows) + 1}, step {first + 1} of {len(self.losses)}"
        name = type(self.method).__name__
        raise Diverged(f"{name} diverged: its loss is {self.losses[first].item()} at {step}")

    def end_epoch(self) -> None:
        """Measure the networks, and keep lives and the weights that are best so far."""
        self.stop_if_diverged()
        self.epoch += 1
        row, loss, believed = measure.epoch_row(self.method, self.task, self.weights)
        train_loss = self.loss_sum.item() / max(1, len(self.queue))
        about = {"stage": self.k, "epoch": len(self.rows) + 1, "seconds": self.seconds, "train_loss": train_loss}
        self.rows.append(about | row)
        if self.life is not None:
            self.life.add(loss, self.weights, believed)
        self.kept.add(len(self.rows), row, self.method.nets)
        score = row["val_noisy"] if self.task.classes else row["r2_val_noisy"]
        if self.several and score > self.best_val:
            self.best_val = score
            self.best = save_value([net.state_dict() for net in self.method.nets])
        self.queue = None

    def restart(self, start: str) -> None:
        """Begin a later stage with new optimisers and weights from "init" (the first stage's) or "previous"."""
        if choose("start of a stage", start, {"init": True, "previous": False}):
            self.load_weights(self.first)
        self.method.opts = self.make_opt(self.method.nets, self.groups)
        self.best = None
        self.best_val = -float("inf")

    def load_weights(self, weights: list[dict] | None) -> None:
        """Put weights into the networks; None (no validation split) changes nothing."""
        for net, state in zip(self.method.nets, weights or []):
            net.load_state_dict(state)

    _plain = ("k", "epoch", "position", "queue", "rows", "best", "best_val", "first", "augment_rng", "kept", "stages")
    _within = ("seconds", "loss_sum", "losses", "weights")

    def state_dict(self) -> dict:
        """Return everything needed to go on with the same bits, also in the middle of an epoch."""
        names = self._plain if self.queue is None else self._plain + self._within
        state = {name: save_value(getattr(self, name)) for name in names}
        state["method"] = self.method.state_dict()
        state["life"] = None if self.life is None else self.life.epochs
        return state

    def load_state_dict(self, state: dict) -> None:
        """Go on from a state of `state_dict`."""
        state = dict(state)
        method = state.pop("method")
        life = state.pop("life")
        if state["k"]:  # what a stage is depends on the method's state, its optimisers on the stage
            self.method.load_state_dict(method | {"opts": self.method.state_dict()["opts"]})
            stage = self.method.stage(state["k"], self.task.train) or Stage()
            self.set_recipe(stage.recipe)
            self.method.opts = self.make_opt(self.method.nets, self.groups)
        self.method.load_state_dict(method)
        self.life = Life(life) if life is not None else self.life
        for name, value in state.items():
            setattr(self, name, load_value(getattr(self, name, None), value, self.device))


def _black(task):
    """Return the network's input for a black pixel. -> [1, channels, 1, 1]; 0 for samples that are not images"""
    if len(task.shape) != 3:
        return torch.zeros((), device=task.train.y.device)
    black = torch.zeros_like(task.train.x[:1, :, :1, :1], device=task.train.y.device)  # x may lie on disk
    return task.train.scale(black)
