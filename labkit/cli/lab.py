"""lab: open JupyterLab on the first lesson."""

import argparse
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ..notebook import find
from ..paths import COMMAND_FOLDER
from . import ROOT, parser

FIRST = "lessons/00_start_here.ipynb"
SETTINGS = Path(__file__).parent / "jupyter"  # defaults only: what the user set in JupyterLab comes before them


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab lab`."""
    command = parser("lab", "Open JupyterLab. Other options, such as --no-browser, are JupyterLab's own.")
    command.add_argument("notebook", nargs="?", help=f"what to open first (default: {FIRST})")
    command.add_argument("--port", type=int, help="default: 8888, or the next one that is free")
    return command


def main(argv: Sequence[str]) -> int:
    """Become JupyterLab on 127.0.0.1, with a token that it draws at random; other options are handed on to it."""
    args, options = arguments().parse_known_args(argv)
    path = find(args.notebook) if args.notebook else ROOT / FIRST
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={ROOT}"]
    command += [f"--LabApp.default_url={address(path)}", f"--port={args.port or free_port()}"]
    if not any(option.startswith(("--ip", "--ServerApp.ip")) for option in options):
        command.append("--ip=127.0.0.1")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    os.environ[COMMAND_FOLDER] = os.getcwd()  # before the folder changes
    folders = (str(SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH"))
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, folders))
    return become([*command, *options])


def address(path: Path) -> str:
    """Return JupyterLab's address of a file in the project; that of its start page if there is no such file."""
    if not path.is_file() or not path.resolve().is_relative_to(ROOT):
        return "/lab"
    return f"/lab/tree/{path.resolve().relative_to(ROOT).as_posix()}"


def free_port(first: int = 8888, count: int = 100, server: str = "JupyterLab") -> int:
    """Return the first of `count` ports from `first` on that is free at 127.0.0.1, and print it if it is not `first`.

    Raises ValueError if all are in use.
    """
    for port in range(first, first + count):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port != first:
            print(f"port {first} is in use: {server} takes {port}", flush=True)
        return port
    raise ValueError(f"the ports {first} to {first + count - 1} are all in use; name another with --port")


def become(command: Sequence[str]) -> int:
    """Replace this process by the command, so that exit status and Ctrl-C are its own. -> exit status"""
    os.chdir(ROOT)
    if os.name == "posix":
        os.execv(command[0], command)
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.call(command)
