"""lab: open JupyterLab on the reader's copy of a lesson."""

import argparse
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from ..notebook import find
from ..notebook.copies import Copies, State
from ..paths import COMMAND_FOLDER, printable
from . import ROOT, lab_command, parser, seen

FIRST = "lessons/00_start_here.ipynb"
SETTINGS = Path(__file__).parent / "jupyter"  # defaults only: what the user set in JupyterLab comes before them
DESCRIPTION = """\
Open JupyterLab on your copy of a lesson, which lies in work/ and has no outputs yet, or on another notebook. Other
options, such as --no-browser, are JupyterLab's own.

  ./lab
  ./lab 02
  ./lab lab solutions/02
  ./lab notebooks/crust.ipynb --no-browser"""


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab lab`."""
    command = parser("lab", DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("notebook", nargs="?", help="the number of a lesson, or the name or path of a notebook")
    command.add_argument("--original", action="store_true", help="open the project's own file of a lesson")
    command.add_argument("--port", type=int, help="default: 8888, or the next one that is free")
    return command


def main(argv: Sequence[str]) -> int:
    """Become JupyterLab on 127.0.0.1, with a token that it draws at random; other options are handed on to it."""
    args, options = arguments().parse_known_args(argv)
    path = find(args.notebook) if args.notebook else ROOT / FIRST
    root = ROOT
    if not args.original:
        root, path = copied(path)
    if not path.is_relative_to(root):
        root = path.parent
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}"]
    command += [f"--LabApp.default_url={address(path, root)}", f"--port={args.port or free_port()}", *encryption()]
    if not any(option.startswith(("--ip", "--ServerApp.ip")) for option in options):
        command.append("--ip=127.0.0.1")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    os.environ[COMMAND_FOLDER] = os.getcwd()  # before the folder changes
    folders = (str(SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH"))
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, folders))
    return become([*command, *options])


def copied(path: Path) -> tuple[Path, Path]:
    """Bring the reader's copies up to date, say what changed, and return JupyterLab's folder and the file to open."""
    copies = Copies()
    try:
        for line in lines(copies.refresh(), seen(copies.folder)):
            print(printable(line), flush=True)
    except OSError as error:
        reason = printable(f"{type(error).__name__}: {error}")
        print(f"lab: your copies of the lessons cannot be written: {reason}; the project's own are opened", flush=True)
        return ROOT, path
    copy = copies.of(path)
    return copies.root, copy.path if copy else path


def lines(names: Mapping[State, Sequence[str]], folder: Path) -> Iterable[str]:
    """Yield what a reader has to know of the copies. names: of Copies.refresh"""
    reset = f"{lab_command()} reset"
    if names[State.ABSENT]:
        yield f"your copies of the lessons are in {folder}; {reset} NAME begins one anew"
    if names[State.OUTDATED]:
        yield f"renewed, because the project has a newer version: {', '.join(names[State.OUTDATED])}"
    if names[State.BEHIND]:
        behind = names[State.BEHIND]
        yield (
            f"the project has a newer version of {', '.join(behind)}; your edited copies stay as they are. "
            f"{reset} {' '.join(behind)} takes the new version, and keeps yours beside it"
        )
    for name in names[State.DAMAGED]:
        yield f"your copy of {name} cannot be read; {reset} {name} makes a fresh one, and keeps yours beside it"


def encryption() -> list[str]:
    """Return the option that encrypts what server and kernels say to each other, where this Jupyter has it.

    Without it, other programs of this machine can listen, and every kernel complains about that.
    """
    import zmq
    from jupyter_client import KernelManager

    has_option = hasattr(KernelManager, "transport_encryption") and zmq.has("curve")
    return ["--KernelManager.transport_encryption=auto"] if has_option else []


def address(path: Path, root: Path = ROOT) -> str:
    """Return JupyterLab's address of a file in the folder that it shows; that of its start page if there is none."""
    if not path.is_file() or not path.resolve().is_relative_to(root):
        return "/lab"
    return f"/lab/tree/{quote(path.resolve().relative_to(root).as_posix())}"


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
