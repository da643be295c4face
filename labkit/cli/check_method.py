"""lab check-method: run all that the tests ask of one method or noise model."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from .. import methods, noise
from ..errors import choose
from . import ROOT, parser
from .test import PYTEST, QUIET


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab check-method`."""
    purpose = "Run every test that asks something of one method or noise model, and the mutants of a method."
    command = parser("check-method", purpose)
    command.add_argument("name", help="its class, or its name in labkit.methods.ALL or labkit.noise.ALL")
    return command


def main(argv: Sequence[str]) -> int:
    """Run its tests, slow ones too, then its mutants. -> exit status. Raises ValueError for an unknown name."""
    cls = choose("NAME", arguments().parse_args(argv).name, known())
    env = {**os.environ, **QUIET, "LABKIT_ALL": "1"}
    commands = [[*PYTEST, "-q", "tests", "--own", cls.__name__]]
    if cls in methods.ALL.values():
        commands.append([sys.executable, "tests/mutate.py", cls.__name__])
    return max(subprocess.call(command, cwd=ROOT, env=env) for command in commands)


def known() -> dict[str, type]:
    """Return every method and noise model by the name of its class, and by that in the lists of all."""
    listed = methods.ALL | noise.ALL
    return {cls.__name__: cls for cls in listed.values()} | listed
