"""RDI: regularisation by the distance to the initialisation. Hu, Li, Yu, ICLR 2020 (arXiv 1905.11368), method 1;
CDR+AUX, section 2.4.

To fit wrong labels a network has to move far; a penalty on the way from w(0) keeps it from doing so. On a linear model
with squared loss the minimiser is ridge regression centred at w(0), with ridge lam^2.

No code was released. The paper's data term is a sum over the N samples; labkit's is the mean over a batch, so the
penalty is divided by N (scale="mean"), which leaves the minimiser where it was. scale="sum" keeps the paper's constant
beside the mean: N times as strong.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from torch import Generator, Tensor, nn

from labkit.arguments import NotNegative
from labkit.data import Split
from labkit.method import MakeNet, MakeOpt, Method
from labkit.nets.probe import reached


@dataclass(kw_only=True, eq=False)
class RDI(Method):
    """A penalty lam^2 / 2 ||w - w(0)||^2 on the parameters (no buffers).

    lam: strength lambda >= 0, 0 is plain SGD. scale: "mean" | "sum", see above.
    """

    lam: NotNegative = 1.0
    scale: Literal["mean", "sum"] = "mean"

    def strength(self) -> float:
        """Return the factor of 1/2 ||w - w(0)||^2 beside a mean loss."""
        return self.lam**2 / (len(self.train) if self.scale == "mean" else 1)

    def penalty(self) -> Tensor | float:
        moved = sum((p - p0).square().sum() for p, p0 in self.pairs())
        return 0.5 * self.strength() * moved  # core: section 2.4, L^RDI

    def pairs(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield every parameter that learns, with its initial value."""
        for k in range(len(self.nets)):
            yield from self.pairs_of(k)

    def pairs_of(self, k: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield every parameter of network k that learns, with its initial value."""
        for p, p0 in zip(self.nets[k].parameters(), self.start[k]):
            if p0 is not None:
                yield p, p0

    def bind(self, make_net: MakeNet, make_opt: MakeOpt, train: Split, meta: Split | None, rng: Generator) -> None:
        super().bind(make_net, make_opt, train, meta, rng)
        self.start = [self.first_values(net, train.inputs(slice(0, 2))) for net in self.nets]

    def first_values(self, net: nn.Module, x: Tensor) -> list[Tensor | None]:
        """Return w(0), with None for parameters that do not learn: frozen ones, and those that no output depends on."""
        learning = reached(net, x)
        return [p.detach().clone() if name in learning else None for name, p in net.named_parameters()]

    def notes(self) -> dict:
        """Return lam_eff, the square root of the ridge beside the summed loss."""
        return {**super().notes(), "lam_eff": (self.strength() * len(self.train)) ** 0.5}
