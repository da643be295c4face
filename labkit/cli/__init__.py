"""The commands of ./lab and python -m labkit."""

import argparse
import sys
import traceback
from importlib import import_module
from pathlib import Path

import labkit

from ..checkout import ROOT, require
from ..errors import choose
from ..paths import pin_variables, printable

HELP = """\
usage: ./lab [command] [words]      (on Windows: python lab; in an environment of your own: python -m labkit)

{commands}

./lab COMMAND --help says what a command takes. Variables: LABKIT_DATA (folder of the datasets), LABKIT_PYTHON (an
environment to use instead of .venv), LABKIT_FAST=1 (notebooks at the size in which they are tested)."""
COMMANDS = {
    "lab": "open JupyterLab on the first lesson; what ./lab does without a word",
    "run": "run one notebook with other parameters, without a browser",
    "sweep": "run many trainings or notebooks from one file, here or on a cluster",
    "papers": "run every paper's notebook and write each as a page beside it",
    "test": "the project's tests; --all takes the slow ones too",
    "fetch": "download a dataset",
    "doctor": "what is here, what is missing, and how to get it",
    "methods": "train every method beside plain SGD on the embedded data, and print the table",
    "site": "lessons, papers and the ledger as pages that need no kernel and no network",
    "slides": "a lesson as slides, in one file",
    "app": "a lesson as an app in the browser, with a kernel",
    "bench": "what a step costs, as ratios measured side by side",
    "bundle": "draw and store the pictures of lessons' panels, for pages without a kernel",
    "fmt": "format the code and the notebooks",
}
IN_THE_PROJECT = ("lab", "papers", "test", "site", "slides", "app", "bundle", "fmt")  # they use its notebooks or tests


def main(argv=None):
    """Run one command. -> exit status: 0 fine, 1 it failed, 2 it was asked for something that does not exist"""
    words = sys.argv[1:] if argv is None else argv
    if words[:1] in (["-h"], ["--help"], ["help"]):
        print(HELP.format(commands="\n".join(f"  {name:8s} {text}" for name, text in COMMANDS.items())))
        return 0
    if words[:1] == ["--version"]:
        print(f"labkit {labkit.__version__}")
        return 0
    if not words or words[0].startswith("-"):
        words = ["lab", *words]
    pin_variables()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # whatever a name holds, and whatever the locale
    try:
        choose("the command", words[0], COMMANDS)
        if words[0] in IN_THE_PROJECT and not {"-h", "--help"} & {*words}:
            require(f"./lab {words[0]}")
        return import_module(f".{words[0]}", __name__).main(words[1:])
    except (ValueError, FileNotFoundError) as error:
        if not _ours(error):
            raise
        print(f"lab: {printable(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nlab: stopped", file=sys.stderr)
        return 130


def parser(command, description, **options):
    """An argument parser that speaks as ./lab COMMAND."""
    return argparse.ArgumentParser(prog=f"lab {command}", description=description, allow_abbrev=False, **options)


def _ours(error):
    """Was it labkit that raised this, on purpose? Anything else keeps its traceback."""
    *_, last = traceback.walk_tb(error.__traceback__)
    return Path(last[0].f_code.co_filename).is_relative_to(ROOT / "labkit")
