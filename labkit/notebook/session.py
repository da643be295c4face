"""What the cells of a paper notebook ask about the session that runs them."""

import os
import platform
from pathlib import Path

import numpy as np
import torch

from .. import __version__
from ..checkout import ROOT
from ..numbers import NUMBERS


def store_folder(store: str) -> Path:
    """Return the folder of a notebook's runs: LABKIT_RUNS, else `store`, which begins in the project's folder."""
    return Path(os.environ.get("LABKIT_RUNS", ROOT / store))


def versions() -> str:
    """Return two lines: the versions, machine and number of threads that a notebook's numbers come from."""
    libraries = f"labkit {__version__} (numbers {NUMBERS}), torch {torch.__version__}, numpy {np.__version__}"
    machine = f"Python {platform.python_version()}, {platform.machine()}, {torch.get_num_threads()} thread"
    return f"{libraries}\n{machine}"
