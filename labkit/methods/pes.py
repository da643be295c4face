"""PES: progressive early stopping. Bai, Yang, Han, Yang, Li, Mao, Niu, Liu, NeurIPS 2021 (arXiv 2106.15853), with
confident samples: PES (cs).

Late layers memorise wrong labels earlier than the first ones. So the whole network stops early, then its last blocks
start again from random weights and learn for a few epochs behind frozen early ones, and last the head alone. From then
on the network learns the samples whose given label it predicts, found anew in every epoch.

Differs from the released code in:
    1. an epoch of the last stage is not given up for the refinement.
    2. milestones and cosines of the recipe count from the start of each stage; the momentum of the first stage is lost
    at the second.
    PES (semi), which uses the other samples without their labels, is not here.
variant="paper" differs from variant="released" in, each a keyword:
    3. still=True: frozen blocks are in evaluation mode, so that running means of their normalisation do not move, too;
    the code leaves them in training mode.
    4. views=1: the confident set is that of the plain inputs; the code averages two random augmentations.
    5. renewed="learn": on the confident samples all blocks learn. The code goes on with the optimiser that holds the
    blocks from before the refinement, so that those that started again never move after it: "still".
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import torch
from torch import Generator, Tensor, nn

from labkit.arguments import Epochs, Flag, LearningRate, Variant, Whole
from labkit.data import Split
from labkit.errors import need
from labkit.method import MakeNet, MakeOpt, Method, Stage
from labkit.nets.probe import blocks


def prefix(name: str) -> str:
    """Return what the names of a block's parameters begin with; the only block of a network has the name ""."""
    return f"{name}." if name else ""


@dataclass(kw_only=True, eq=False)
class PES(Method):
    """Early stopping block by block, then the confident samples alone.

    warmup: T1, epochs of the whole network on everything (25 CIFAR-10, 30 CIFAR-100); `fit`'s epochs count these and
    those on the confident samples. parts: how many of the last blocks start again in each refinement (mlp: 2, the last
    hidden layer and the head, then 1; resnet18: 3 and 1, resnet34: 4 and 1). refine: (T2, T3), epochs of each
    refinement, beside `fit`'s epochs; (): none. refine_lr: of its Adam. balance: classes of the confident set have
    equal weight. renewed: "learn" | "still", what blocks that started again do on the confident samples. variant:
    "paper" | "released"; still, views, renewed follow it when None.
    """

    later = {"renewed": "learn"}
    warmup: Epochs = 25
    parts: tuple[Annotated[int, Whole(1, 1000)], ...] = (2, 1)
    refine: tuple[Epochs, ...] = (7, 5)
    refine_lr: LearningRate = 1e-4
    balance: Flag = True
    variant: Variant = "paper"
    still: Flag | None = None
    views: Literal[1, 2] | None = None
    renewed: Literal["learn", "still"] | None = None

    targets = ("classes",)

    def __post_init__(self):
        renewed = {"paper": "learn", "released": "still"}
        self.follow(still={"paper": True, "released": False}, views={"paper": 1, "released": 2}, renewed=renewed)
        may_be = f"a number of blocks for each of refine={self.refine}"
        need(len(self.parts) >= len(self.refine), "parts of PES", self.parts, may_be)

    def select(self, train: Split, epoch: int) -> Tensor | None:
        if self.k <= len(self.refine):
            return None
        confident = self.believed(train) == train.y  # core: the given label is predicted  [N]
        confident = confident if confident.any() else torch.ones_like(confident)
        chosen = confident.nonzero()[:, 0]
        counts = torch.bincount(train.y[chosen], minlength=train.classes)
        balanced = counts[counts > 0].float().mean() / counts.clamp_min(1)
        self.trust = balanced if self.balance else torch.ones_like(balanced)
        return chosen

    @torch.no_grad()
    def believed(self, train: Split, chunk: int = 1000) -> Tensor:
        """Return the predicted classes in evaluation mode. -> [N]"""
        self.train_mode(False)
        positions = torch.arange(len(train), device=train.y.device).split(chunk)
        p = torch.cat([self.probabilities(train, i) for i in positions])
        self.train_mode(True)
        return p.argmax(-1)

    def probabilities(self, train: Split, i: Tensor) -> Tensor:
        """Return the probabilities of samples i, or with two views the sum of those of two random augmentations. ->
        [len(i), C]"""
        if self.views == 1:
            return self.nets[0](train.inputs(i)).softmax(-1)
        first = self.nets[0](self.augment(train.inputs(i))).softmax(-1)
        return first + self.nets[0](self.augment(train.inputs(i))).softmax(-1)

    def weight(self, x: Tensor, y: Tensor, i: Tensor, logits: Tensor) -> Tensor:
        """Weigh all samples alike, or all classes of the confident set."""
        trust = self.trust.to(logits.dtype)[y]  # [..., B]
        return trust / trust.sum(-1, keepdim=True)

    def stage(self, k: int, train: Split) -> Stage | None:
        self.k, refined = k, len(self.refine)
        self.freeze()
        if k == 0:
            return Stage(epochs=min(self.warmup, self.epochs))
        if k <= refined:
            adam = {"optimiser": "adam", "lr": self.refine_lr, "weight_decay": 0.0, "milestones": (), "cosine": None}
            return Stage(epochs=self.refine[k - 1], start="previous", recipe=adam)
        remaining = self.epochs - self.warmup
        return Stage(epochs=remaining, start="previous") if k == refined + 1 and remaining > 0 else None

    def freeze(self) -> None:
        """Choose the parameters that learn in this stage. In a refinement: those of the blocks that start again. Before
        it: all but those that the network itself froze. After it: as `renewed` says."""
        refining = 1 <= self.k <= len(self.refine)
        self.frozen = len(self.names) - self.parts[self.k - 1] if refining else 0
        renewed = len(self.names) - self.restarted()
        kept = renewed if self.k > len(self.refine) and self.renewed == "still" else len(self.names)
        still = tuple(prefix(name) for name in (*self.names[: self.frozen], *self.names[kept:]))
        blocks_alone = tuple(prefix(name) for name in self.names)
        for name, p in self.nets[0].named_parameters():
            learns = not name.startswith(still) and (not refining or name.startswith(blocks_alone))
            if name not in self.fixed:
                p.requires_grad_(learns)
        self.train_mode(True)

    def restarted(self) -> int:
        """Return how many of the last blocks start again in some refinement."""
        return max(self.parts[: len(self.refine)], default=0)

    def train_mode(self, on: bool = True) -> None:
        super().train_mode(on)
        if self.still:
            for name in self.names[: self.frozen]:
                self.nets[0].get_submodule(name).eval()

    def end_stage(self, k: int) -> None:
        """Restart the last blocks from new random weights."""
        if k < len(self.refine):
            for name, fresh in zip(self.names[-self.parts[k] :], self.fresh[k]):
                state = fresh.state_dict()
                fixed = [key for key in state if prefix(name) + key in self.fixed]
                block = self.nets[0].get_submodule(name)
                block.load_state_dict({key: value for key, value in state.items() if key not in fixed}, strict=False)

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        self.k, self.frozen, self.names = 0, 0, []
        super().bind(make_net, make_opt, train, meta, rng)
        net = self.nets[0]
        self.fixed = [name for name, p in net.named_parameters() if not p.requires_grad]
        self.names = blocks(net, train.inputs(slice(0, 2)))
        size, parts = len(self.names), self.parts[: len(self.refine)]
        blocks_text = "the blocks of this network that learn"
        need(max(parts, default=1) <= size, "parts of PES", self.parts, f"at most {size}, {blocks_text}")
        learning = self.renewed == "learn" or self.restarted() < size
        need(learning, "parts of PES", self.parts, f'below {size}, {blocks_text}, with renewed="still"')
        self.fresh = [self.last_blocks(make_net(), n) for n in parts]
        self.trust = torch.ones(train.classes, device=train.y.device)  # [C]

    def last_blocks(self, net: nn.Module, n: int) -> nn.ModuleList:
        """Return the last n blocks of a network of this kind."""
        return nn.ModuleList([net.get_submodule(name) for name in self.names[-n:]])
