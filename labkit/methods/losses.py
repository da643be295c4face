"""Methods that answer one question differently: what is the loss? Each has one loss, on given labels, and no more.

Sources: MAE: Ghosh, Kumar, Sastry, AAAI 2017 (arXiv 1712.09482). Huber: Annals of Mathematical Statistics, 1964.
Bootstrap: Reed et al., ICLR 2015 workshop (arXiv 1412.6596). Focal: Lin et al., ICCV 2017 (arXiv 1708.02002). GCE:
Zhang, Sabuncu, NeurIPS 2018 (arXiv 1805.07836). SCE: Wang et al., ICCV 2019 (arXiv 1908.06112). NCE+RCE: Ma et al.,
ICML 2020 (arXiv 2006.13554). JS: Englesson, Azizpour, NeurIPS 2021 (arXiv 2105.04522). CE_eps+MAE: Wang, Zhou, Zhai,
Jiang, Ji, Liu, NeurIPS 2024 (arXiv 2508.02387). Label smoothing: Szegedy et al., CVPR 2016.

Differs from the released code in:
    1. SCE, NCE+RCE: the released codes clip the one-hot label at 1e-4, so that their A is log 1e-4 = -9.21 and beta
       counts 2.3 times what the papers' A = -4 makes of it. variant="released" sets A so.
    2. Papers on noisy labels give neither Huber's delta nor focal's gamma: both are keywords.
    3. GCE's truncated loss (noisypy's code): a pruned sample leaves the epoch here, and batches are filled with the
       others. There it stays in its batch with weight 0, and the mean is over the whole batch: where half are pruned,
       a step is half as long.
    4. GCE's truncated loss: the current network decides which samples are pruned. There it is the one that was best on
       validation so far.
    5. NCE+RCE's and CE_eps+MAE's codes clip the norm of each gradient at 5, in their training loops. No variant does.
    6. JS: nothing above rounding. The code keeps probabilities above 1e-7 inside of logarithms.
    7. CE_eps+MAE: the code keeps probabilities above 1e-8 behind epsilon-softmax. At m = 1e5 a label below .001 then
       has no gradient of cross-entropy, unless it is the predicted class. variant="released" sets `floor` so.
"""

from dataclasses import dataclass
from math import log
from typing import Annotated

import torch
from torch import Tensor

from labkit import losses
from labkit.arguments import Duration, Epochs, NotNegative, Number, Positive, Rate, Share, Variant
from labkit.data import Split
from labkit.method import Method, evaluate

LogOfZero = Annotated[float, Number(-(10**9), 0, below=True)]  # A, what log 0 is in a reverse cross-entropy
IN_PAPER_AND_CODE = {"paper": -4.0, "released": log(1e-4)}  # A by variant


@dataclass(kw_only=True, eq=False)
class MSE(Method):
    """Half the squared error between the logits and the one-hot label (Hu, Li, Yu, 2020); for regression ERM itself."""

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        if self.train.classes:
            y = torch.nn.functional.one_hot(y, logits.shape[-1]).to(logits.dtype)  # [..., B, C]
        return losses.half_squared(logits, y)  # core


@dataclass(kw_only=True, eq=False)
class MAE(Method):
    """2 (1 - p_y) for classes: symmetric, hence robust to uniform noise, and slow: its gradient vanishes with p_y. For
    regression the L1 loss."""

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        return losses.mae(logits, y) if self.train.classes else losses.absolute(logits, y)  # core


@dataclass(kw_only=True, eq=False)
class Huber(Method):
    """Square small residuals, take the absolute value of large ones. delta: the residual where the two meet, in units
    of the targets."""

    targets = ("numbers",)
    delta: Positive = 1.0

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        return losses.huber(logits, y, self.delta)  # core


@dataclass(kw_only=True, eq=False)
class BootstrapSoft(Method):
    """The target is beta times the label plus (1 - beta) times the prediction, which is not detached: beta CE + (1 -
    beta) entropy (Reed et al.).

    beta: trust in the label, in [0, 1]; 1 is plain SGD.
    """

    targets = ("classes",)
    beta: Share = 0.95

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        return self.beta * losses.ce(logits, y) + (1 - self.beta) * losses.entropy(logits)  # core


@dataclass(kw_only=True, eq=False)
class BootstrapHard(Method):
    """The target is beta times the label plus (1 - beta) times the predicted class (Reed et al.).

    beta: trust in the label, in [0, 1]; 1 is plain SGD.
    """

    targets = ("classes",)
    beta: Share = 0.8

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        predicted = logits.detach().argmax(-1)
        return self.beta * losses.ce(logits, y) + (1 - self.beta) * losses.ce(logits, predicted)  # core


@dataclass(kw_only=True, eq=False)
class Focal(Method):
    """(1 - p_y)^gamma CE: hard samples count more. Under label noise these are the wrong ones: the opposite of
    self-paced learning. gamma: >= 0; 0 is plain SGD."""

    targets = ("classes",)
    gamma: NotNegative = 2.0

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        return losses.focal(logits, y, self.gamma)  # core


@dataclass(kw_only=True, eq=False)
class GCE(Method):
    """(1 - p_y^q) / q, between CE (q = 0) and MAE (q = 1).

    q: in [0, 1]. truncate: k of the truncated loss, in (0, 1), None for none: from epoch `start` on, and decided anew
    every `every` epochs, samples with p_y <= k are left out.
    """

    targets = ("classes",)
    q: Share = 0.7
    truncate: Annotated[float, Number(0, 1, above=True, below=True)] | None = None
    start: Duration = 40
    every: Epochs = 10

    def select(self, train: Split, epoch: int) -> Tensor | None:
        if self.truncate is None or epoch < self.start:
            return None
        if (epoch - self.start) % self.every == 0:
            p = losses.probability(evaluate(self.nets[0], train), train.y)  # [N]
            self.kept = (p > self.truncate).nonzero()[:, 0]
        return self.kept if len(self.kept) else None

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        return losses.gce(logits, y, self.q)  # core


@dataclass(kw_only=True, eq=False)
class SCE(Method):
    """alpha CE plus beta times the reverse cross-entropy, in which log 0 is A: -A (1 - p_y) = -A / 2 MAE.

    alpha, beta: >= 0 (CIFAR-10: .1 and 1, CIFAR-100: 6 and .1, MNIST: .01 and 1). A: below 0; None follows the variant,
    "paper" -4, "released" log 1e-4.
    """

    targets = ("classes",)
    alpha: NotNegative = 0.1
    beta: NotNegative = 1.0
    variant: Variant = "paper"
    A: LogOfZero | None = None

    def __post_init__(self):
        self.follow(A=IN_PAPER_AND_CODE)

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        reverse = losses.rce(logits, y, self.A)
        return self.alpha * losses.ce(logits, y) + self.beta * reverse  # core


@dataclass(kw_only=True, eq=False)
class NCE_RCE(Method):
    """alpha NCE plus beta RCE, one of the four active passive losses (APL) of its paper.

    Normalised cross-entropy, log p_y / sum_k log p_k, is *active*: it asks for a large p_y. Reverse cross-entropy, in
    which log 0 is A, is *passive*: it asks for small p_k of the other classes. Both are symmetric, hence robust to
    uniform noise; each alone fits too little, together they fit.
    alpha, beta: >= 0 (CIFAR-10: 1 and 1, CIFAR-100: 10 and .1, MNIST: 1 and 10). A: below 0; None follows the variant,
    "paper" -4, "released" log 1e-4.
    """

    targets = ("classes",)
    alpha: NotNegative = 1.0
    beta: NotNegative = 1.0
    variant: Variant = "paper"
    A: LogOfZero | None = None

    def __post_init__(self):
        self.follow(A=IN_PAPER_AND_CODE)

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        active, passive = losses.nce(logits, y), losses.rce(logits, y, self.A)
        return self.alpha * active + self.beta * passive  # core


@dataclass(kw_only=True, eq=False)
class JS(Method):
    """The Jensen-Shannon divergence of label and prediction, between CE (pi = 0) and half of MAE (pi = 1); it is
    bounded.

    pi: weight of the label in the mixture, in [0, 1); 0 is plain SGD. The released settings have .7 for CIFAR-10 with
    40 % symmetric noise.
    """

    targets = ("classes",)
    pi: Rate = 0.7

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        return losses.js(logits[None], y, self.pi) if self.pi else losses.ce(logits, y)  # core


@dataclass(kw_only=True, eq=False)
class CE_eps_MAE(Method):
    """alpha CE behind epsilon-softmax plus beta MAE behind softmax.

    Epsilon-softmax adds m to the largest probability and divides all by 1 + m. Predictions are then almost one-hot,
    within sqrt(1 - 1/C) / (1 + m), for which the paper bounds the excess risk under noise of almost any loss. MAE is
    symmetric, and gives back some of the fit.
    m: >= 0; 0 is softmax. alpha, beta: >= 0 (released settings of CIFAR-10: .01, 5 and m = 1e5 with symmetric noise,
    .02, 5 and 1e3 with asymmetric noise). variant: "paper" | "released". floor: probabilities behind epsilon-softmax
    stay above it, in [0, 1); None follows the variant, "paper" 0, "released" 1e-8.
    """

    targets = ("classes",)
    m: NotNegative = 1e5
    alpha: NotNegative = 0.01
    beta: NotNegative = 5.0
    variant: Variant = "paper"
    floor: Rate | None = None

    def __post_init__(self):
        self.follow(floor={"paper": 0.0, "released": 1e-8})

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        log_p = losses.eps_softmax(logits, self.m)
        if self.floor:
            log_p = log_p.clamp(min=log(self.floor))
        active = -log_p.gather(-1, y[..., None])[..., 0]
        return self.alpha * active + self.beta * losses.mae(logits, y)  # core


@dataclass(kw_only=True, eq=False)
class LabelSmoothing(Method):
    """CE with the target (1 - alpha) e_y + alpha / C. alpha: in [0, 1]; 0 is plain SGD."""

    targets = ("classes",)
    alpha: Share = 0.1

    def loss(self, logits: Tensor, y: Tensor, i: Tensor) -> Tensor:
        return losses.smoothed(logits, y, self.alpha)  # core
