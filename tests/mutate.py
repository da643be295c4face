"""Neutralise the line marked `# core` of every method, one at a time, in a copy of the package: a test must fail.

    python tests/mutate.py [NAME ...]

A method that is built from others has their core lines neutralised, and its *own* tests must notice. Exit status 1
when a mutant survives.
"""

import compileall
import inspect
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
from importlib import import_module
from multiprocessing.connection import wait
from pathlib import Path

import pytest

os.environ["OMP_NUM_THREADS"] = "1"
# once, here: a fork has them, and imports its own labkit
IMPORTED = ("torch._dynamo", "pandas", "scipy.stats", "psutil")
IMPORTED += ("matplotlib.pyplot", "IPython.display", "anywidget", "filelock", "jinja2", "pyarrow.parquet", "yaml")
# of pytest's plugins, those that only cost here: one of them collects all garbage five times at the end
WITHOUT = ("anyio", "cacheprovider", "nbval", "threadexception", "unraisableexception", "xdist")
ROOT = Path(__file__).resolve().parent.parent
FORK = multiprocessing.get_context("fork")


def planned(names):
    """What is to be tried with the named methods (all, when none is named): the first one untouched, then every mutant.

    -> list of (name, class that is neutralised or None, its file in the package, the file's text)
    """
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    from cases import CASES

    from labkit.method import Method

    classes = {cls.__name__: cls for cls in (*CASES, Method)} | {c.__name__: c for cls in CASES for c in cls.__mro__}
    chosen = names or [cls.__name__ for cls in CASES]
    cores = [(name, core, code) for name in chosen for core, code in CASES[classes[name]].core.items()]
    return [(chosen[0], None, None, None)] + [(name, core, *neutral(classes[core], code)) for name, core, code in cores]


def neutral(cls, code):
    """The file of a class with `code` in the place of its one line that is marked `# core`, at the same indentation.
    -> path inside of the package, text"""
    inside = Path(*cls.__module__.split(".")).with_suffix(".py")
    lines, (_, first) = (ROOT / inside).read_text().split("\n"), inspect.getsourcelines(cls)
    last = first + len(inspect.getsource(cls).split("\n")) - 1
    (marked,) = [n for n in range(first - 1, last) if "# core" in lines[n]]
    indent = len(lines[marked]) - len(lines[marked].lstrip())
    lines[marked] = " " * indent + code
    return str(inside), "\n".join(lines)


def own_files(name):
    """The test files that have tests of a method. -> list"""
    own = re.compile(rf"^def test_{name.lower()}_", re.MULTILINE)
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [str(path) for path in files if path.name == "test_shared.py" or own.search(path.read_text())]


class Likely:
    """A plugin of pytest: it begins with the tests that mostly catch a mutant of the named method."""

    def __init__(self, name):
        self.first = ("test_typical_", f"test_{name.lower()}_")

    @pytest.hookimpl(trylast=True)  # after tests/conftest.py
    def pytest_collection_modifyitems(self, items):
        items.sort(key=lambda item: not item.name.startswith(self.first))


def own_tests(name, copy, log):
    """In a process of its own: the tests of a method, of the package in `copy`. Its exit status is pytest's."""
    out = os.open(log, os.O_WRONLY | os.O_CREAT)
    os.dup2(out, 1), os.dup2(out, 2), os.chdir(copy)
    os.environ |= {"LABKIT_COPY": copy, "LABKIT_ALL": "0"}  # a quick test has to catch it
    sys.path[0], sys.dont_write_bytecode = copy, True
    words = [*own_files(name), "-xq", "--assert=plain", "-k", "not killed", "--own", name]
    words += [f"-pno:{plugin}" for plugin in WITHOUT]
    os._exit(pytest.main(words, [Likely(name)]))  # no more: what torch began need not end


def begin(job, folder):
    """Start the tests of a job, in a copy of the package. -> Process"""
    name, core, inside, text = job
    copy = Path(folder) / f"{name}-{core}"
    shutil.copytree(Path(folder) / "labkit", copy / "labkit", copy_function=os.link)
    (copy / "notebooks").symlink_to(ROOT / "notebooks")  # some tests read stored results
    if core:
        (copy / inside).unlink()  # all copies have the same file there
        (copy / inside).write_text(text)
    process = FORK.Process(target=own_tests, args=(name, str(copy), str(copy / "log")))
    process.start()
    return process


def judge(job, folder, status):
    """-> did all go as it must?, a line to print"""
    name, core, _, _ = job
    copy = Path(folder) / f"{name}-{core}"
    output = (copy / "log").read_text(errors="replace")
    (copy / "notebooks").unlink()
    shutil.rmtree(copy)
    what = f"{name:14s} {'with ' + core + ' neutralised' if core else 'untouched'}"
    if core is None:
        return status == 0, f"{what}: {'passes' if status == 0 else 'FAILS' + chr(10) + output}"
    first = next((line for line in output.split("\n") if line.startswith("FAILED")), output[-500:])
    return status == 1, f"{what}: {'caught by ' + first[7:100] if status == 1 else 'SURVIVED' + chr(10) + first}"


def outcomes(work, folder, at_once=2):
    """Yields every job and the exit status of its tests, as they end."""
    running, waiting = {}, list(work)
    while running or waiting:
        while waiting and len(running) < at_once:
            process = begin(job := waiting.pop(0), folder)
            running[process.sentinel] = process, job
        for sentinel in wait(list(running)):
            process, job = running.pop(sentinel)
            process.join()
            yield job, process.exitcode


def main(names):
    """Judge every mutant of the named methods. -> exit status"""
    with FORK.Pool(1) as pool:  # labkit is looked at in a process of its own: a fork of this one has to import its copy
        work = pool.apply(planned, [names])
    for name in IMPORTED:
        import_module(name)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        compiled = shutil.copytree(ROOT / "labkit", Path(folder) / "labkit")  # once, for all copies of it
        compileall.compile_dir(compiled, quiet=2)
        for job, status in outcomes(work, folder):
            fine, line = judge(job, folder, status)
            failed += not fine
            print(line, flush=True)
    print(f"{len(work) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
