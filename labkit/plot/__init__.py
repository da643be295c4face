"""labkit.plot: one function per figure. Every figure names its axes with units, n, and the noise with its rate."""

from importlib import import_module
from pathlib import Path

from ..view.plot.crust import *  # noqa: F403
from ..view.plot.crust_theory import *  # noqa: F403
from ..view.plot.ntk import *  # noqa: F403
from ..view.plot.paper import *  # noqa: F403
from ..view.plot.prl import *  # noqa: F403
from ..view.plot.rmnw import *  # noqa: F403
from .learnt import *  # noqa: F403
from .lesson import *  # noqa: F403
from .meter import *  # noqa: F403
from .sandbox import *  # noqa: F403
from .style import COLOURS as COLOURS
from .style import colour as colour
from .style import marker as marker
from .sweep import *  # noqa: F403

FOLDER = Path(__file__).parents[1] / "view" / "plot"
for path in sorted(FOLDER.glob("lesson_*.py")):  # figures of the lessons, each file's `__all__`
    module = import_module(f"labkit.view.plot.{path.stem}")
    taken = sorted(set(module.__all__) & set(globals()))
    if taken:
        raise ImportError(f"{path.name}: labkit.plot has {', '.join(taken)} already")
    globals().update({name: getattr(module, name) for name in module.__all__})
