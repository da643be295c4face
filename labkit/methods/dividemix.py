"""DivideMix: Li, Socher, Hoi, ICLR 2020 (arXiv 2002.07394), Algorithm 1.

Two networks. In every epoch each divides the training set for the *other* one: a mixture of two normal distributions on
the losses says how likely a label is right. The probably wrong labels are thrown away, not the samples: MixMatch learns
from both parts.

The loop's batches are labelled samples of the first network; those of the second and all unlabelled ones are drawn
beside them, as many of each. Second views are other random augmentations of the recipe; without augmentation they are
the same samples.
Differs from the released code in:
    1. both networks step at the same time; there, the second starts an epoch when the first has finished it, and takes
    as many steps as it has labelled samples.
    2. batches beside the loop's are fresh draws, not passes over the shuffled set.
    3. warm-up uses the recipe's batch; there, twice as many.
    4. the mixture starts from the exact 2-means, not from one found at random.
    5. lam_u grows with the share of an epoch's samples that is done; there with its batches over floor(N / B) + 1, so
    that it is a little smaller.
variant="paper" differs from variant="released" in:
    6. one_mix=False: every pair of samples has its own lambda (the paper speaks of pairs); in the code a batch has
    one.
"""

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Generator, Tensor, nn

from labkit import losses
from labkit.arguments import Duration, Epochs, Flag, NotNegative, Number, Positive, Rate, Variant
from labkit.data import Split
from labkit.method import MakeNet, MakeOpt, Method, evaluate
from labkit.mixing import beta, mixed, soft
from labkit.mixture import lower_posterior


def sharpen(p: Tensor, temperature: float) -> Tensor:
    """Return p^(1/T), normalised. p [..., C] -> [..., C]"""
    p = p ** (1 / temperature)
    return p / p.sum(-1, keepdim=True)


def unevenness(p: Tensor) -> Tensor:
    """Return the KL divergence of the mean prediction from the uniform one, >= 0. p [B, C] -> scalar"""
    return -(p.mean(0) * p.shape[-1]).log().mean()


def probabilities(net: nn.Module, x: Tensor) -> Tensor:
    """Return a network's probabilities. x [B, ...] -> [B, C]"""
    return net(x).softmax(-1)


def semi_supervised(logits: Tensor, soft_labels: Tensor, labelled: int, lam_u: float) -> Tensor:
    """Return the sum of the first `labelled` rows' cross-entropy, lam_u times the other rows' squared error and the
    penalty of uneven predictions. logits, soft_labels [B, C] -> scalar"""
    p = logits.softmax(-1)
    given = losses.ce(logits[:labelled], soft_labels[:labelled]).mean()
    guessed = (p[labelled:] - soft_labels[labelled:]).square().mean()
    return given + lam_u * guessed + unevenness(p)


@dataclass(kw_only=True, eq=False)
class DivideMix(Method):
    """Divide the samples by the peer's losses, then train both networks by MixMatch.

    warmup: epochs of cross-entropy (10 CIFAR-10, 30 CIFAR-100). lam_u: weight of the unlabelled part (0, 25, 50, 150 by
    setting), which grows over `ramp` epochs after the warm-up. threshold: a label with a larger probability of being
    right is kept. temperature: of sharpening, 1: none. alpha: of Beta(alpha, alpha), the mixing. confidence: weight of
    the penalty of sure predictions in the warm-up, 1 with asymmetric noise. memory: epochs whose losses are averaged, 5
    at 90 % noise. variant: "paper" | "released"; one_mix follows it when None.
    """

    warmup: Duration = 10
    lam_u: NotNegative = 25.0
    ramp: Duration = 16
    threshold: Rate = 0.5
    temperature: Annotated[float, Number(0.1, 100)] = 0.5
    alpha: Positive = 4.0
    confidence: NotNegative = 0.0
    memory: Epochs = 1
    variant: Variant = "paper"
    one_mix: Flag | None = None

    networks = 2
    targets = ("classes",)

    def __post_init__(self):
        self.follow(one_mix={"paper": False, "released": True})

    def select(self, train: Split, epoch: int) -> Tensor | None:
        """Take all samples in the warm-up, then those whose labels the second network believes."""
        self.done, self.total = 0, 1
        if epoch < self.warmup:
            return None
        self.clean = self.posteriors(train)
        everything = torch.arange(len(train), device=train.y.device)
        for k in (0, 1):
            kept = self.clean[1 - k] > self.threshold  # core: co-divide, the other's split  [N]
            self.labelled[k] = everything[kept] if kept.any() else everything
            self.rest[k] = everything if kept.all() else everything[~kept]
        self.total = len(self.labelled[0])
        return self.labelled[0]

    def posteriors(self, train: Split) -> Tensor:
        """Return the probability that each label is right, by the losses of each network. -> [2, N]"""
        rows = torch.stack([losses.ce(evaluate(net, train), train.y) for net in self.nets])
        low, high = rows.amin(1, keepdim=True), rows.amax(1, keepdim=True)
        self.history = [*self.history, (rows - low) / (high - low).clamp_min(1e-12)][-self.memory :]
        mean = sum(self.history) / len(self.history)
        return torch.stack([lower_posterior(row) for row in mean]).to(rows.dtype)

    def step(self, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        loss_of = self.warm_up if self.epoch < self.warmup else self.mixmatch
        rows = [loss_of(k, x, y, i) for k in (0, 1)]
        self.zero_grad()
        sum(rows).backward()
        self.update()
        self.done += len(i)
        return sum(rows).detach() / 2

    def warm_up(self, k: int, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        """Return network k's cross-entropy, less `confidence` times the entropy of its predictions. -> scalar"""
        logits = self.nets[k](x)
        weight = self.weight(x, y, i, logits)
        self.seen = i, weight
        rows = self.loss(logits, y, i)
        if self.confidence:
            rows = rows - self.confidence * losses.entropy(logits)
        return (weight * rows).sum()

    def mixmatch(self, k: int, x: Tensor, y: Tensor, i: Tensor) -> Tensor:
        """Return the loss of network k on a labelled and an unlabelled batch. The first network's labelled batch is the
        given one, the others are drawn. -> scalar"""
        if k == 0:
            self.seen = i, self.clean[1][i] / self.clean[1][i].sum()
        else:
            i = self.draw(self.labelled[1], len(i))
            x, y = self.view(i), self.train.y[i]
        j = self.draw(self.rest[k], len(i))
        views = x, self.view(i), self.view(j), self.view(j)
        given, guessed = self.guess(k, y, i, *views)
        inputs, soft_labels = torch.cat(views), torch.cat([given, given, guessed, guessed])
        order = torch.randperm(len(inputs), generator=self.rng, device=self.rng.device)
        lam = beta(self.alpha, self.alpha, (1 if self.one_mix else len(inputs),), self.rng)
        lam = torch.maximum(lam, 1 - lam)  # closer to the first of a pair
        logits = self.nets[k](mixed(inputs, inputs[order], lam))
        return semi_supervised(logits, mixed(soft_labels, soft_labels[order], lam), 2 * len(i), self.strength())

    @torch.no_grad()
    def guess(
        self, k: int, y: Tensor, i: Tensor, x: Tensor, x2: Tensor, u: Tensor, u2: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return soft labels for network k's labelled samples (views x, x2) and unlabelled ones (views u, u2). ->
        [B, C] twice"""
        net, peer = self.nets[k], self.nets[1 - k]
        training = peer.training
        peer.train(False)
        total = probabilities(net, u) + probabilities(net, u2) + probabilities(peer, u) + probabilities(peer, u2)
        guessed = total / 4  # co-guess
        peer.train(training)
        w = self.clean[1 - k][i][:, None]
        summed = probabilities(net, x) + probabilities(net, x2)
        refined = w * soft(y, self.train.classes) + (1 - w) * summed / 2  # label refinement
        return sharpen(refined, self.temperature), sharpen(guessed, self.temperature)

    def strength(self) -> float:
        """Return lam_u of this step; it grows from 0 at the end of the warm-up."""
        grown = (self.epoch - self.warmup + self.done / self.total) / self.ramp if self.ramp else 1.0
        return self.lam_u * min(1.0, grown)

    def view(self, i: Tensor) -> Tensor:
        """Return a new augmentation of samples i. -> [len(i), ...]"""
        return self.augment(self.train.inputs(i))

    def draw(self, pool: Tensor, n: int) -> Tensor:
        """Draw n positions out of `pool`, or all if there are fewer; one alone is doubled for batch normalisation."""
        pool = pool.repeat(2) if len(pool) < self.min_batch else pool
        order = torch.randperm(len(pool), generator=self.rng, device=self.rng.device)
        return pool[order[:n].to(pool.device)]

    def predict(self, x: Tensor, i: Tensor | None = None, k: int = 0) -> Tensor:
        """Return the sum of both networks' outputs, whatever k is. -> [B, C]"""
        return self.nets[0](x) + self.nets[1](x)

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        self.history, self.done, self.total = [], 0, 1
        self.clean = torch.ones(2, len(train), device=train.y.device)
        everything = torch.arange(len(train), device=train.y.device)
        self.labelled, self.rest = [everything, everything], [everything, everything]

    def notes(self) -> dict:
        """Return the share of the training set that the last epoch took as labelled, for each network."""
        share = [len(part) / len(self.train) for part in self.labelled]
        return {**super().notes(), "labelled": share}
