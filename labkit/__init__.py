"""labkit: learning with noisy labels. `load` data, `corrupt` its labels, `fit` a method, and read the Run.

Shapes in docstrings: B batch, C classes, N training set, P parameters, Q regression outputs, E epochs, K stacked runs.
y is the given label, y_clean the true one. Methods see the given labels only.
"""

import gc
import os
import sys
from importlib import import_module
from typing import Any

from . import coreset, grads, losses, measure, methods, nets, noise, recipes, transition
from .data import Split, Task
from .fingerprint import named
from .fit import Recipe, Run, fit, one_bar
from .fit.estimate import estimate_rate
from .load import load
from .method import Method, Stage
from .noise import corrupt
from .numbers import NUMBERS
from .runs.store import results
from .show import show

__version__ = "0.2.0"

# what people see is imported where it is used first: import labkit needs no matplotlib, plotly or ipywidgets
_LAZY = {"plot": "plot", "ledger": "ledger"}
_LAZY_NAMES = {"check": ("exercises", "check"), "Race": ("runs.race", "Race"), "report": ("site.report", "report")}
_LAZY_NAMES |= {"sweep": ("runs.sweep", "sweep"), "styled": ("markup", "styled")}
_LAZY_NAMES |= {"parameters": ("notebook.parameters", "in_cell")}
_LAZY_NAMES |= {name: ("panels.lessons", name) for name in ("guessed", "panel", "predict", "score", "scores")}

__all__ = [
    "NUMBERS", "Method", "Race", "Recipe", "Run", "Split", "Stage", "Task",
    "check", "coreset", "corrupt", "estimate_rate", "fast", "fit", "grads", "guessed", "ledger", "load", "losses",
    "measure", "methods", "named", "nets", "noise", "one_bar", "panel", "parameters", "plot", "predict", "recipes",
    "report", "results", "score", "scores", "show", "styled", "sweep", "transition",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return import_module(f".{_LAZY[name]}", __name__)
    if name in _LAZY_NAMES:
        module, attribute = _LAZY_NAMES[name]
        return getattr(import_module(f".{module}", __name__), attribute)
    raise AttributeError(f"module 'labkit' has no attribute {name!r}")


def fast() -> bool:
    """Is LABKIT_FAST set? Notebooks and lessons then run at their smallest size."""
    return os.environ.get("LABKIT_FAST", "0") not in ("", "0")


# torch's 300,000 objects exist as long as the process does. Without this Python searches all of them for garbage again
# and again, and for a second when the process ends (triton then complains of the objects that are left)
if "triton" not in sys.modules:
    gc.freeze()
