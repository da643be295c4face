"""lab: JupyterLab on the first lesson."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from ..notebook import find
from ..paths import TYPED_IN
from . import ROOT, parser

FIRST = "lessons/00_start_here.ipynb"
SETTINGS = Path(__file__).parent / "jupyter"  # defaults only: what the user set in JupyterLab comes before them


def main(argv):
    """Become JupyterLab on 127.0.0.1, with the token that it draws at random; words it knows are handed on to it."""
    args = parser("lab", "Open JupyterLab. Other options, such as --no-browser, are JupyterLab's own.")
    args.add_argument("notebook", nargs="?", help=f"what to open first (default: {FIRST})")
    args.add_argument("--port", type=int, help="default: 8888, or the next one that is free")
    args, more = args.parse_known_args(argv)
    path = find(args.notebook) if args.notebook else ROOT / FIRST
    options = [f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url={address(path)}"]
    options += [f"--port={args.port or free_port()}"]
    options += [] if any(word.startswith(("--ip", "--ServerApp.ip")) for word in more) else ["--ip=127.0.0.1"]
    options += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    folders = (str(SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH"))
    os.environ[TYPED_IN] = os.getcwd()  # before the folder changes
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, folders))
    return become([sys.executable, "-m", "jupyterlab", *options, *more])


def address(path):
    """JupyterLab's address of a file in the project; its start page for one that is not there."""
    if not path.is_file() or not path.resolve().is_relative_to(ROOT):
        return "/lab"
    return f"/lab/tree/{path.resolve().relative_to(ROOT).as_posix()}"


def free_port(first=8888, more=100, who="JupyterLab"):
    """The first port from `first` on that nobody listens on at 127.0.0.1; says so when it is not `first`."""
    for port in range(first, first + more):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port != first:
            print(f"port {first} is in use: {who} takes {port}", flush=True)
        return port
    raise ValueError(f"the ports {first} to {first + more - 1} are all in use; name another with --port")


def become(command):
    """Hand this process over to the command: exit status and Ctrl-C are its own."""
    os.chdir(ROOT)
    if os.name == "posix":
        os.execv(command[0], command)
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.call(command)
