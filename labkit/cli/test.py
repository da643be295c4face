"""lab test: run the project's tests, part by part."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from . import ROOT, parser
from .fmt import RUFF

PYTEST = (sys.executable, "-m", "pytest")
PARALLEL = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")  # files in the order of tests/conftest.py
PLACES = ("notebooks", "lessons", "lessons/solutions")
NBVAL = ("--nbval-lax", "--nbval-current-env", "--nbval-sanitize-with", "tests/nbval.cfg")
KERNELS = ("-p", "tests.kernels")  # they need not import torch again for every notebook
QUIET = {"OMP_NUM_THREADS": "1", "LABKIT_PROGRESS": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}

Counts = tuple[int, int, int]  # passed, failed, skipped


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab test`."""
    purpose = "Run the tests. Other arguments go to pytest, which then runs alone, as in: lab test -k noise"
    command = parser("test", purpose)
    command.add_argument("--all", action="store_true", help="the slow tests too, and tests/mutate.py")
    return command


def main(argv: Sequence[str]) -> int:
    """Run style, unit tests and notebooks; with --all the slow tests and the mutants too. -> exit status"""
    args, for_pytest = arguments().parse_known_args(argv)
    env = {**os.environ, **QUIET}
    if args.all:
        env["LABKIT_ALL"] = "1"
    if for_pytest:
        return subprocess.call([*PYTEST, *for_pytest], cwd=ROOT, env=env)
    parts = {
        "style": partial(style, env),
        "unit tests": partial(pytest, ["tests", *PARALLEL], env),
        "notebooks": partial(pytest, [*NBVAL, *KERNELS, *PARALLEL, *_notebooks()], {**env, "LABKIT_FAST": "1"}),
    }
    if args.all:
        parts["mutants"] = partial(counting, [sys.executable, "tests/mutate.py"], env)
    return report({name: _timed(name, part) for name, part in parts.items()})


def _notebooks():
    """Return every notebook that is a test, as paths in the project."""
    paths = []
    for place in PLACES:
        paths += sorted((ROOT / place).glob("*.ipynb"))
    return [path.relative_to(ROOT).as_posix() for path in paths]


def style(env: Mapping[str, str]) -> Counts:
    """Run ruff's check, and its comparison of formats."""
    return total([command([*RUFF, "check"], env), command([*RUFF, "format", "--check"], env)])


def command(argv: Sequence[str], env: Mapping[str, str]) -> Counts:
    """Run a command that passes or fails as one test."""
    failed = subprocess.call(argv, cwd=ROOT, env=env) != 0
    return int(not failed), int(failed), 0


def counting(argv: Sequence[str], env: Mapping[str, str]) -> Counts:
    """Run a command that counts for itself: its last line is "N passed, N failed"."""
    done = subprocess.run(argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="")
    counts = re.search(r"(\d+) passed, (\d+) failed\s*$", done.stdout)
    passed, failed = (int(counts[1]), int(counts[2])) if counts else (0, 0)
    return passed, max(failed, int(done.returncode != 0)), 0


def pytest(options: Sequence[str], env: Mapping[str, str]) -> Counts:
    """Run pytest and read its counts; a pytest that could not run at all is one failure."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.xml"
        status = subprocess.call([*PYTEST, "-q", *options, f"--junit-xml={path}"], cwd=ROOT, env=env)
        suites = ElementTree.parse(path).iter("testsuite") if path.exists() else []
        passed, failed, skipped = total([count(suite) for suite in suites])
    if status != 0 and not failed:
        failed = 1
    return passed, failed, skipped


def count(suite: ElementTree.Element) -> Counts:
    """Read the counts of a <testsuite>."""
    failed = int(suite.get("failures")) + int(suite.get("errors"))
    skipped = int(suite.get("skipped"))
    return int(suite.get("tests")) - failed - skipped, failed, skipped


def total(counts: Iterable[Counts]) -> Counts:
    """Add counts element by element."""
    sums = [0, 0, 0]
    for triple in counts:
        sums = [a + b for a, b in zip(sums, triple)]
    return tuple(sums)


def _timed(name, part):
    """Print the name of a part and run it. -> minutes, counts"""
    print(f"\n=== {name}", flush=True)
    start = time.monotonic()
    counts = part()
    return (time.monotonic() - start) / 60, counts


def report(parts: Mapping[str, tuple[float, Counts]]) -> int:
    """Print minutes and counts of every part, then the totals in one plain line. -> exit status"""
    print()
    for name, (minutes, counts) in parts.items():
        print(f"{name:12s} {minutes:5.1f} min   {_text(counts)}")
    sums = total(counts for _, counts in parts.values())
    print(_text(sums), flush=True)
    return int(sums[1] > 0)


def _text(counts):
    """Write counts as "3 passed, 0 failed", with the skipped ones if there are any."""
    passed, failed, skipped = counts
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
