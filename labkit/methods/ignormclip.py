"""Ignormclip: individual gradient norm clipping, a baseline of PRL (Liu, Sun, Wang, Tan, Zhou, ICML 2021), there for
regression; without its noise, the clipping of DP-SGD (Abadi et al., CCS 2016). Menon, Rawat, Reddi, Kumar, "Can
gradient clipping mitigate label noise?", ICLR 2020, tell when it helps.

Every sample's gradient is shortened to the norm `clip` before the batch is averaged. Other than PRL(G), the method
still learns from wrong labels, with bounded gradients.

No code was released for it, and the paper gives no value of `clip`: try several.
"""

from dataclasses import dataclass
from math import inf
from typing import Annotated

from torch import Tensor

from labkit.arguments import Number
from labkit.methods.prl_g import ByGradientNorm

CLIP = Number(0, inf, above=True, infinite=True, what="a norm", hint="infinity clips nothing")
Clip = Annotated[float, CLIP]


@dataclass(kw_only=True, eq=False)
class Ignormclip(ByGradientNorm):
    """Clip every sample's gradient, then average: (1/B) sum_i g_i min(1, clip / |g_i|).

    clip: the norm that no sample's gradient exceeds, above 0.
    """

    clip: Clip = 1.0
    normalised = False  # clipping lowers the sum of weights

    def trust(self, norms: Tensor) -> Tensor:
        return (self.clip / norms).clamp(max=1) / len(norms)  # core: min(1, C / |g_i|) / B  [B]
