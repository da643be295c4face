"""lab fmt: format code and notebooks alike."""

import argparse
import subprocess
import sys
from collections.abc import Sequence

from . import ROOT, parser

RUFF = (sys.executable, "-m", "ruff")


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab fmt`."""
    return parser("fmt", "ruff check --fix, then ruff format, over the project.")


def main(argv: Sequence[str]) -> int:
    """Repair what ruff can repair, and format. -> exit status, 1 where something is left to repair by hand"""
    arguments().parse_args(argv)
    fixed = subprocess.call([*RUFF, "check", "--fix"], cwd=ROOT)
    formatted = subprocess.call([*RUFF, "format"], cwd=ROOT)
    return max(fixed, formatted)
