"""INCV: iterative noisy cross-validation, and iterative Co-teaching. Chen, Liao, Chen, Zhang, ICML 2019 (arXiv
1905.05040).

A network that was trained on one half of the noisy data predicts the other half: where it agrees with the given label,
the label is probably right. For symmetric noise the share of agreement gives the noise rate. Selected samples join the
training of the next rounds. In the end two networks train by Co-teaching on the selection, later also on the remaining
candidates.

Stages 0 to 2 rounds - 1 select: each trains the first network alone, always from the same initial weights, on the
selected samples and one half of the candidates. The last stage is Co-teaching.
Differs from the released code in:
    1. where that keeps the epoch that is best on the held-out noisy half (and then selects from this half), the epoch
    that is best on the noisy validation split is kept.
    2. the losses that rank a batch are those of the training step (dropout and BatchNorm in training mode); there, of
    another pass in evaluation mode.
    3. the noise estimate ends at (C - 1) / C, where no label says anything; there it runs to 1 and divides by 0.
    4. learning rates and optimiser of all stages are the recipe's.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from torch import Generator, Tensor

from labkit import losses
from labkit.arguments import Duration, Epochs, Whole
from labkit.data import Split
from labkit.method import MakeNet, MakeOpt, Method, Stage
from labkit.ranks import smallest


def agreement(rate: float, classes: int) -> float:
    """Return how often a network that fits symmetric noise agrees with a noisy label: (1 - e)^2 + e^2 / (C - 1)."""
    return (1 - rate) ** 2 + rate**2 / (classes - 1)


def estimated_rate(agreed: float, classes: int) -> float:
    """Return the smallest noise rate of the grid .001, .002, ... at which no more than the share `agreed` would
    agree."""
    last = round(1000 * (classes - 1) / classes)
    for n in range(1, last):
        if agreement(n / 1000, classes) <= agreed:
            return n / 1000
    return last / 1000


def remaining_rate(rate: float, classes: int) -> float:
    """Return the noise rate of the selected samples, e^2 / (e^2 + c (1 - e)^2) with c = classes - 1. classes=2:
    asymmetric noise."""
    return rate**2 / (rate**2 + (classes - 1) * (1 - rate) ** 2)


@dataclass(kw_only=True, eq=False)
class INCV(Method):
    """Select by agreement across halves, then Co-teaching on the selection.

    rounds: of selection, each trains twice; 0: Co-teaching on everything. selection_epochs: of each of these trainings.
    noise: "symmetric" | "asymmetric": with the first, the largest losses leave the candidates, too. warmup: epochs of
    Co-teaching on the selection alone; None: 40, or 80 with asymmetric noise or more than 60 % of it. ramp: epochs
    until the estimated share of noise is filtered in full. The noise rate is estimated, not given.
    """

    rounds: Annotated[int, Whole(0, 1000)] = 4
    selection_epochs: Epochs = 50
    noise: Literal["symmetric", "asymmetric"] = "symmetric"
    warmup: Duration | None = None
    ramp: Epochs = 10

    networks = 2
    targets = ("classes",)

    def batch(self, x: Tensor, y: Tensor, i: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """After the warm-up, add candidates that were not selected to a batch, up to half of its size."""
        if self.selecting or self.epoch < self.alone_epochs() or not len(self.rest):
            return x, y, i
        size = min(int(len(self.rest) * len(i) / len(self.chosen)), len(i) // 2)
        j = self.rest[torch.randperm(len(self.rest), generator=self.rng, device=self.rng.device)[:size]]
        x = torch.cat([x, self.augment(self.train.inputs(j))])
        return x, torch.cat([y, self.train.y[j]]), torch.cat([i, j])

    def step(self, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        if self.selecting:
            return super().step(x, y, i)
        filtered = self.left * min(1.0, self.epoch / self.ramp)
        keep = max(1, round(len(i) * (1 - filtered)))  # of as many as were selected
        x, y, i = self.batch(x, y, i)
        rows = [self.loss(net(x), y, i) for net in self.nets]
        taught = [smallest(row, keep).to(row.dtype) / keep for row in reversed(rows)]  # each by the other  [B]
        total = [(weight * row).sum(-1) for weight, row in zip(taught, rows)]
        self.zero_grad()
        sum(total).backward()
        self.update()
        self.seen = i, sum(taught) / 2
        return (sum(total) / 2).detach()

    def predict(self, x: Tensor, i: Tensor | None = None, k: int = 0) -> Tensor:
        """Return the outputs of network k; the first network's while samples are selected."""
        return self.nets[0 if self.selecting else k](x)

    def stage(self, k: int, train: Split) -> Stage | None:
        if k < 2 * self.rounds:
            indices = torch.cat([self.chosen, self.halves[k % 2]])
            keep = "best_val" if k // 2 < self.patience() else "last"
            return Stage(self.selection_epochs, indices, keep=keep)
        if k == 2 * self.rounds:
            return Stage(indices=self.chosen if len(self.chosen) else None)
        return None

    def end_stage(self, k: int) -> None:
        """Predict the half that was held out; after both halves, select and remove samples."""
        if not self.selecting:
            return
        held_out = self.halves[1 - k % 2]
        loss, believed = self.predictions(held_out)
        agreed = believed == self.train.y[held_out]  # core: agreement selects  [n]
        count = int(agreed.sum())
        if k == 0:
            self.estimate = estimated_rate(count / max(1, len(held_out)), self.train.classes)
        removed = min(len(held_out), int(min(2, self.estimate / (1 - self.estimate)) * count))
        self.agreed[held_out] = agreed
        self.removed[held_out] = smallest(-loss, removed)
        if k % 2:
            self.move()
        self.selecting = k + 1 < 2 * self.rounds

    def move(self) -> None:
        """Move samples: S <- S + A, C <- C - A - R; then draw new halves."""
        candidate = torch.zeros_like(self.agreed)
        candidate[self.rest] = True
        candidate &= ~(self.agreed | self.removed) if self.noise == "symmetric" else ~self.agreed
        selected = self.agreed.clone()
        selected[self.chosen] = True
        self.chosen, self.rest = selected.nonzero()[:, 0], candidate.nonzero()[:, 0]
        self.agreed, self.removed = torch.zeros_like(self.agreed), torch.zeros_like(self.removed)
        self.halves = self.halved()
        self.left = remaining_rate(self.estimate, self.train.classes if self.noise == "symmetric" else 2)

    def halved(self) -> list[Tensor]:
        """Split the candidates in two random halves. -> two index tensors"""
        order = self.rest[torch.randperm(len(self.rest), generator=self.rng, device=self.rng.device)]
        return [order[: len(order) // 2], order[len(order) // 2 :]]

    @torch.no_grad()
    def predictions(self, i: Tensor) -> tuple[Tensor, Tensor]:
        """Return the losses of the given labels and the predicted classes of samples i, in evaluation mode. -> [n],
        [n]"""
        self.train_mode(False)
        outputs = [self.nets[0](self.train.inputs(part)) for part in i.split(1000)]
        self.train_mode(True)
        logits = torch.cat(outputs) if outputs else self.train.x.new_zeros(0, self.train.classes, dtype=torch.float32)
        return losses.ce(logits, self.train.y[i]), logits.argmax(-1)

    def patience(self) -> int:
        """Return the number of rounds whose trainings end with their best epoch; later ones end with their last."""
        if self.hard():
            return 1
        return 2 if self.estimate > 0.3 else 4

    def alone_epochs(self) -> int:
        """Return the number of epochs of Co-teaching on the selection alone."""
        if self.warmup is not None:
            return self.warmup
        return 80 if self.hard() else 40

    def hard(self) -> bool:
        """Return whether the noise is asymmetric or estimated above 60 %."""
        return self.noise == "asymmetric" or self.estimate > 0.6

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        everything = torch.arange(len(train), device=train.y.device)
        self.selecting, self.estimate, self.left = self.rounds > 0, 0.0, 0.0
        nothing = everything[:0]
        self.chosen, self.rest = (nothing, everything) if self.rounds else (everything, nothing)
        self.halves = self.halved()
        self.agreed = torch.zeros_like(everything, dtype=torch.bool)
        self.removed = torch.zeros_like(self.agreed)

    def notes(self) -> dict:
        """Return the estimated noise rate, and the numbers of selected samples and of remaining candidates."""
        facts = {"estimated_noise": self.estimate, "selected": len(self.chosen), "candidates": len(self.rest)}
        return {**super().notes(), **facts}
