"""labkit.plot: one function per figure. Every figure names its axes with units, n, and the noise with its rate."""

from .training import *  # noqa: F403
from .samples import *  # noqa: F403
from .meter import *  # noqa: F403
from .race import *  # noqa: F403
from .style import COLOURS as COLOURS
from .style import colour as colour
from .style import marker as marker
from .sweep import *  # noqa: F403
