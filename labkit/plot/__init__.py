"""Figures that several notebooks use, one function each. Every figure names its axes with units, n, and the noise."""

from .meter import meter
from .race import race
from .samples import label_gallery, life, noise_matrix, traces
from .style import COLOURS, colour, marker
from .sweep import learning, over
from .training import memorisation, stopping

__all__ = [
    "COLOURS", "colour", "label_gallery", "learning", "life", "marker", "memorisation", "meter", "noise_matrix",
    "over", "race", "stopping", "traces",
]  # fmt: skip


def __dir__() -> list[str]:
    """List the public names alone, for Tab in a notebook."""
    return __all__
