"""python -m labkit: the same as ./lab, in an environment that is there already."""

import sys

from .cli import main

sys.exit(main())
