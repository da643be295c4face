"""labkit.plot: one function per figure. Every figure names its axes with units, n, and the noise with its rate."""

from .learnt import *  # noqa: F403
from .lesson import *  # noqa: F403
from .meter import *  # noqa: F403
from .sandbox import *  # noqa: F403
from .style import COLOURS as COLOURS
from .style import colour as colour
from .style import marker as marker
from .sweep import *  # noqa: F403
