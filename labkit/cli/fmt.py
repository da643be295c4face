"""lab fmt: one format for code and notebooks."""

import subprocess
import sys

from . import ROOT, parser

RUFF = (sys.executable, "-m", "ruff")


def main(argv):
    """Mend what ruff can mend, and format. -> exit status, 1 where something is left to mend by hand"""
    parser("fmt", "ruff check --fix, then ruff format, over the project.").parse_args(argv)
    calls = ([*RUFF, "check", "--fix"], [*RUFF, "format"])
    return max([subprocess.call(call, cwd=ROOT) for call in calls])
