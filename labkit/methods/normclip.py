"""NormClip: clipping of the batch gradient's norm, a baseline of PRL (Liu, Sun, Wang, Tan, Zhou, ICML 2021).

Where the norm of a batch's mean gradient, over all parameters together, is above `clip`, the gradient is shortened to
this norm and keeps its direction. Right and wrong labels of a batch are shortened alike; with Adam,
which divides by the gradient's size anyway, next to nothing changes.

No code was released for it, and the paper gives no value of `clip`: try several.
"""

from dataclasses import dataclass

from torch.nn.utils import clip_grad_norm_

from labkit.method import Method
from labkit.methods.ignormclip import Clip


@dataclass(kw_only=True, eq=False)
class NormClip(Method):
    """Clip the gradient of a batch: g min(1, clip / (|g| + 1e-6)).

    clip: the norm that a batch's gradient does not exceed, above 0. Weight decay, which is the optimiser's, is added
    after the clipping.
    """

    clip: Clip = 1.0

    def update(self) -> None:
        for net in self.nets:
            clip_grad_norm_(net.parameters(), self.clip)  # core: over all parameters together
        super().update()
