"""lab test: the project's tests, part by part."""

import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from . import ROOT, parser
from .fmt import RUFF

PYTEST = (sys.executable, "-m", "pytest")
PARALLEL = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")  # files in the order of tests/conftest.py
PLACES = ("notebooks", "lessons", "lessons/solutions")
NBVAL = ("--nbval-lax", "--nbval-current-env", "--nbval-sanitize-with", "tests/nbval.cfg")
QUIET = {"OMP_NUM_THREADS": "1", "LABKIT_PROGRESS": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def main(argv):
    """Style, unit tests, notebooks; with --all the slow tests and the mutants too. -> exit status"""
    args = parser("test", "Run the tests. Other words go to pytest, which then runs alone: lab test -k noise.")
    args.add_argument("--all", action="store_true", help="the slow tests too, and tests/mutate.py")
    args, words = args.parse_known_args(argv)
    env = {**os.environ, **QUIET, **({"LABKIT_ALL": "1"} if args.all else {})}
    if words:
        return subprocess.call([*PYTEST, *words], cwd=ROOT, env=env)
    parts = {
        "style": lambda: _sum(command([*RUFF, *words], env) for words in (["check"], ["format", "--check"])),
        "unit tests": lambda: pytest(["tests", *PARALLEL], env),
        "notebooks": lambda: pytest([*NBVAL, *PARALLEL, *_notebooks()], {**env, "LABKIT_FAST": "1"}),
    }
    if args.all:
        parts["mutants"] = lambda: counting([sys.executable, "tests/mutate.py"], env)
    return report({name: _timed(name, part) for name, part in parts.items()})


def _notebooks():
    """Every notebook that is a test."""
    return [path.relative_to(ROOT).as_posix() for place in PLACES for path in sorted((ROOT / place).glob("*.ipynb"))]


def command(command, env):
    """A part that passes or fails as one. -> passed, failed, skipped"""
    failed = subprocess.call(command, cwd=ROOT, env=env) != 0
    return int(not failed), int(failed), 0


def counting(command, env):
    """A part that counts for itself: its last line is "N passed, N failed". -> passed, failed, skipped"""
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="")
    counts = re.search(r"(\d+) passed, (\d+) failed\s*$", done.stdout)
    passed, failed = map(int, counts.groups()) if counts else (0, 0)
    return passed, max(failed, int(done.returncode != 0)), 0


def pytest(words, env):
    """A part that pytest counts. -> passed, failed, skipped; a pytest that could not run at all is one failure"""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        status = subprocess.call([*PYTEST, "-q", *words, f"--junit-xml={report}"], cwd=ROOT, env=env)
        suites = ElementTree.parse(report).iter("testsuite") if report.exists() else []
        counts = _sum(count(suite) for suite in suites)
    return counts if status == 0 or counts[1] else (counts[0], 1, counts[2])


def count(suite):
    """-> passed, failed, skipped of a <testsuite>"""
    tests, failures, errors, skipped = (int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped"))
    return tests - failures - errors - skipped, failures + errors, skipped


def _sum(counts):
    """Element by element."""
    return tuple(map(sum, zip((0, 0, 0), *counts)))


def _timed(name, part):
    """-> minutes, counts"""
    print(f"\n=== {name}", flush=True)
    began = time.monotonic()
    counts = part()
    return (time.monotonic() - began) / 60, counts


def report(parts):
    """Minutes per part, then the totals in one plain line. -> exit status"""
    print()
    for name, (minutes, counts) in parts.items():
        print(f"{name:12s} {minutes:5.1f} min   {_words(counts)}")
    total = _sum(counts for _, counts in parts.values())
    print(_words(total), flush=True)
    return int(total[1] > 0)


def _words(counts):
    """3 passed, 0 failed; what was skipped is said when there is any."""
    passed, failed, skipped = counts
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
