"""The commands of ./lab and python -m labkit: one module each, with `arguments()`, its parser, and `main(argv)`."""

import argparse
import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import labkit

from ..checkout import ROOT, present, require
from ..errors import choose
from ..notebook.finding import is_known
from ..paths import pin_variables, printable

HELP = """\
usage: ./lab [command] [arguments]      (on Windows: python lab; in an environment of your own: python -m labkit)
       ./lab 02                         opens your copy of a lesson, or the notebook of that name

{commands}

./lab COMMAND --help lists the arguments of a command. Variables: LABKIT_DATA (folder of the datasets), LABKIT_PYTHON
(an environment to use instead of .venv), LABKIT_FAST=1 (notebooks at the size in which they are tested)."""
COMMANDS = {
    "lab": "open JupyterLab on the first lesson, as ./lab does without a command",
    "reset": "begin a lesson anew; the copy that you edited is kept beside it",
    "run": "run one notebook with other parameters, without a browser",
    "sweep": "run many trainings or notebooks from one file, here or on a cluster",
    "reproduce": "measure the papers' printed numbers in full, whenever there is a core to spare",
    "papers": "run the papers' notebooks, or those named, and write each as a page beside it",
    "test": "run the project's tests; --all takes the slow ones too",
    "check-method": "run all that is asked of one method or noise model",
    "fetch": "download a dataset",
    "doctor": "print what is here, what is missing, and how to get it",
    "methods": "train every method beside plain SGD on the embedded data, and print the table",
    "site": "write lessons, papers and the ledger as pages that need no kernel and no network",
    "slides": "write a lesson as slides, in one file",
    "app": "serve a lesson as an app in the browser, with a kernel",
    "bench": "measure what a step costs, as ratios taken side by side",
    "bundle": "draw and store the pictures of lessons' panels, for pages without a kernel",
    "fmt": "format the code and the notebooks",
}
# they use the notebooks or the tests of the project
IN_THE_PROJECT = ("lab", "reset", "papers", "test", "check-method", "site", "slides", "app", "bundle", "fmt")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; argv None takes the arguments of this process.

    Return the exit status: 0 success, 1 the command failed, 2 a wrong command or argument, 130 stopped by Ctrl-C.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    if argv[:1] in (["-h"], ["--help"], ["help"]):
        print(overview())
        return 0
    if argv[:1] == ["--version"]:
        print(f"labkit {labkit.__version__}")
        return 0
    pin_variables()
    _print_any_name()
    try:
        return _run(*split(argv))
    except (ValueError, FileNotFoundError) as error:
        if not _raised_by_labkit(error):
            raise
        print(f"lab: {printable(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nlab: stopped", file=sys.stderr)
        return 130


def split(argv: Sequence[str]) -> tuple[str, list[str]]:
    """Return the command of a command line, and its arguments: `lab` where there is none but options or a notebook."""
    if not argv or argv[0].startswith("-") or _is_notebook(argv[0]):
        return "lab", list(argv)
    return argv[0], list(argv[1:])


def overview() -> str:
    """Return the help of ./lab: every command with a line."""
    return HELP.format(commands="\n".join(f"  {name:12s} {purpose}" for name, purpose in COMMANDS.items()))


def parser(command: str, description: str, **options: Any) -> argparse.ArgumentParser:
    """Return an argument parser that calls itself `lab COMMAND`. options: of ArgumentParser"""
    return argparse.ArgumentParser(prog=f"lab {command}", description=description, allow_abbrev=False, **options)


def lab_command() -> str:
    """Return how the reader starts labkit, from the folder where this command was typed."""
    if not present():
        return "labkit"
    script = "lab" if Path.cwd() == ROOT else shlex.quote(str(ROOT / "lab"))
    if os.name == "nt":
        return f"python {script}"
    return script if os.path.isabs(script) else f"./{script}"


def how_to_open(path: Path) -> str:
    """Return a line that says how to open a file that a command wrote: a notebook, or a page."""
    if path.suffix != ".ipynb":
        return f"open it in a browser: {path.absolute().as_uri()}"
    command = lab_command() if present() else "jupyter lab"
    return f"open it: {command} {shlex.quote(str(seen(path)))}"


def seen(path: Path) -> Path:
    """Return a path as it is seen from the current folder, if it is in it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _is_notebook(name):
    """Return whether the first word of a command line is the name of a notebook in place of a command."""
    return name not in COMMANDS and (name.isdigit() or name.endswith(".ipynb") or is_known(name))


def _run(command, argv):
    """Run the module of a command. -> exit status"""
    choose("the command", command, COMMANDS)
    for_help = "-h" in argv or "--help" in argv
    if command in IN_THE_PROJECT and not for_help:
        require(f"./lab {command}")
    return module_of(command).main(argv)


def module_of(command: str) -> ModuleType:
    """Import the module of a command."""
    return import_module(f".{command.replace('-', '_')}", __name__)


def _print_any_name():
    """Let both streams print names that their encoding does not have, as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _raised_by_labkit(error):
    """Return whether a line of labkit raised the error. Any other error keeps its traceback."""
    *_, (frame, _line) = traceback.walk_tb(error.__traceback__)
    return Path(frame.f_code.co_filename).is_relative_to(ROOT / "labkit")
