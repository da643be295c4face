"""Neutralise the line marked `# core` of every method, one at a time, in a copy of the package: a test must fail.

    python tests/mutate.py [NAME ...]

A method that is built from others has their core lines neutralised, and its *own* tests must notice. Exit status 1
when a mutant survives.
"""

import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from cases import CASES  # noqa: E402

from labkit.method import Method  # noqa: E402

BY_NAME = {cls.__name__: cls for cls in (*CASES, Method)} | {c.__name__: c for cls in CASES for c in cls.__mro__}


def neutralise(package, cls, code):
    """Replace the one line of a class that is marked `# core` by `code`, at the same indentation, in a copy."""
    path = package / Path(*cls.__module__.split(".")[1:]).with_suffix(".py")
    lines, (_, first) = path.read_text().split("\n"), inspect.getsourcelines(cls)
    last = first + len(inspect.getsource(cls).split("\n")) - 1
    (marked,) = [n for n in range(first - 1, last) if "# core" in lines[n]]
    indent = len(lines[marked]) - len(lines[marked].lstrip())
    lines[marked] = " " * indent + code
    path.write_text("\n".join(lines))


def own_files(name):
    """The test files that have tests of a method. -> list"""
    own = re.compile(rf"^def test_{name.lower()}_", re.MULTILINE)
    files = sorted((ROOT / "tests").glob("test_*.py"))
    return [str(path) for path in files if path.name == "test_shared.py" or own.search(path.read_text())]


def outcome(name, core):
    """A method's own tests, run in a copy where the core line of class `core` is neutral (None: untouched). -> exit
    status, output"""
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(ROOT / "labkit", Path(copy) / "labkit")
        if core:
            neutralise(Path(copy) / "labkit", BY_NAME[core], CASES[BY_NAME[name]].core[core])
        words = ["-xq", "-p", "no:cacheprovider", "-k", "not killed", "--own", name]
        command = [sys.executable, "-m", "pytest", *own_files(name), *words]
        env = os.environ | {
            "PYTHONPATH": copy,
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            "LABKIT_COPY": copy,
        }
        done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def judge(name, core):
    """-> did all go as it must?, a line to print"""
    status, output = outcome(name, core)
    what = f"{name:14s} {'with ' + core + ' neutralised' if core else 'untouched'}"
    if core is None:
        return status == 0, f"{what}: {'passes' if status == 0 else 'FAILS' + chr(10) + output}"
    first = next((line for line in output.split("\n") if line.startswith("FAILED")), output[-500:])
    return status == 1, f"{what}: {'caught by ' + first[7:100] if status == 1 else 'SURVIVED' + chr(10) + first}"


def main(names):
    """Judge every mutant of the named methods (all, when none is named). -> exit status"""
    chosen = names or [cls.__name__ for cls in CASES]
    work = [(chosen[0], None)] + [(name, core) for name in chosen for core in CASES[BY_NAME[name]].core]
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for fine, line in pool.map(lambda job: judge(*job), work):
            failed += not fine
            print(line, flush=True)
    print(f"{len(work) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
