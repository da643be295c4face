"""CDR+RDI: tried by Sharma, Vaddi, Rohit, Trivedi (CDR+AUX, section 4) without success.

CDR answers how the parameters move, RDI adds the penalty. The paper does not say whether the penalty's gradient is
split with the rest: rdi_on="critical" is what combining the two gives (other parameters are not pulled to w(0));
rdi_on="all" pulls every parameter, undamped, as weight decay does. Weight decay pulls to 0 and RDI to w(0): with both,
both act.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from labkit.errors import need
from labkit.methods.cdr import CDR
from labkit.methods.rdi import RDI


@dataclass(kw_only=True, eq=False)
class CDR_RDI(CDR, RDI):
    """CDR's update with RDI's penalty. rate, variant, scope, strict: as CDR; lam, scale: as RDI. rdi_on: "critical" |
    "all"."""

    rdi_on: Literal["critical", "all"] = "critical"

    def __post_init__(self):
        super().__post_init__()
        need(not (self.strict and self.rdi_on == "all"), "rdi_on", "all", '"critical" with strict: others only decay')

    def penalty(self) -> Tensor | float:
        return RDI.penalty(self) if self.rdi_on == "critical" else 0.0

    def damp(self, net: nn.Module) -> tuple:
        split = super().damp(net)
        if self.rdi_on == "all":
            self.pull(net)
        return split

    @torch.no_grad()
    def pull(self, net: nn.Module) -> None:
        """Add the penalty's gradient to that of every parameter, after CDR's split."""
        for p, p0 in self.pairs_of(self.nets.index(net)):
            p.grad.add_(p - p0, alpha=self.strength())
