"""CDR+AUX: Sharma, Vaddi, Rohit, Trivedi, "Robust learning for noisy datasets for overparameterized neural networks",
section 2.5.

CDR changes how the parameters move, and AUX changes the loss. The auxiliary variables absorb noise while the critical
parameters learn.

No code was released and the paper leaves open: lambda, the learning rate of b, whether b's gradient is damped (here it
is not, so the effective ridge is lam^2 / (1 - tau) on critical parameters; see notes), the weight decay of b (here 0),
the number of epochs and of runs.
"""

from dataclasses import dataclass

from labkit.methods.auxiliary import AUX
from labkit.methods.cdr import CDR


@dataclass(kw_only=True, eq=False)
class CDR_AUX(CDR, AUX):
    """CDR's update on AUX's loss. rate, variant, scope, strict: as CDR; lam, b_lr: as AUX."""

    def damping(self) -> float:
        return 1 - self.rate  # w's gradient is damped, b's is not
