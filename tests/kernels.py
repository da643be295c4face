"""Kernels for the notebooks that are tests, as forks of one process that has imported what all of them import.

A plugin of pytest (-p tests.kernels): nbval starts a kernel for every notebook, and each would spend four seconds on
torch, labkit and matplotlib. Here every notebook still gets a process of its own, in its own folder, that no other
notebook has used. Where a process cannot fork (Windows), nbval's own kernels are used.

    nbval -> Jupyter -> `python kernels.py door SOCKET FILE` -> `python kernels.py server SOCKET`, which forks
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path

IMPORTS = (
    "IPython.display",
    "ipykernel.kernelapp",
    "labkit.ledger",
    "labkit.panels",
    "labkit.plot",
    "matplotlib.pyplot",
    "scipy.stats",
    "sklearn.cluster",
)
INLINE = "module://matplotlib_inline.backend_inline"  # what ipykernel sets, before matplotlib is imported
NAME = "forked"


# -- in pytest


def pytest_configure(config):
    """Name the kernel to nbval and to the processes of pytest-xdist."""
    if not hasattr(config, "workerinput") and hasattr(os, "fork"):
        config.option.current_env = config.option.nbval_current_env = False
        stack = ExitStack()
        config.option.nbval_kernel_name = stack.enter_context(forked())
        config.add_cleanup(stack.close)


@contextmanager
def forked(name=NAME):
    """Start the server, and let this process and those that it starts find its kernel. Yields the kernel's name."""
    if not hasattr(os, "fork"):
        yield "python3"
        return
    before = os.environ.get("JUPYTER_PATH")
    with fork_server(name) as path:
        os.environ["JUPYTER_PATH"] = path
        try:
            yield name
        finally:
            del os.environ["JUPYTER_PATH"]
            if before:
                os.environ["JUPYTER_PATH"] = before


@contextmanager
def fork_server(name=NAME):
    """Start the server. Yields the JUPYTER_PATH with which a process finds its kernel; this one's stays as it is.

    name: "python3" stands in front of ipykernel's own, for notebooks that ask for that.
    """
    before = os.environ.get("JUPYTER_PATH")
    with tempfile.TemporaryDirectory(prefix="labkit-") as folder:
        address = os.path.join(folder, "socket")
        specify(Path(folder, "kernels", name), [sys.executable, "-S", __file__, "door", address, "{connection_file}"])
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        server = subprocess.Popen([sys.executable, __file__, "server", address], **pipes)
        server.stdout.readline()  # it listens
        try:
            yield os.pathsep.join(filter(None, [folder, before]))
        finally:
            server.communicate()


def specify(folder, command):
    """Write the file by which Jupyter finds a kernel."""
    folder.mkdir(parents=True)
    specification = {"argv": command, "display_name": folder.name, "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(specification))


# -- the server


def serve(address):
    """Import once; then every connection becomes a kernel, a fork of this process, until pytest closes stdin."""
    sys.path.remove(str(Path(__file__).parent))
    os.environ["MPLBACKEND"] = INLINE
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    print("ready", flush=True)
    for name in IMPORTS:
        import_module(name)
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        connection = listener.accept()[0]
        if os.fork() == 0:
            become_kernel(connection)
        connection.close()
        reap(os.WNOHANG)
    reap(0)


def reap(option):
    """Wait for the kernels that have ended, or for all of them, so that their CPU seconds are counted."""
    try:
        while os.waitpid(-1, option)[0]:
            pass
    except ChildProcessError:
        pass


def become_kernel(connection):
    """Run a kernel in this process, as the door asks, until it ends or the door is closed. Never returns."""
    try:
        order = json.loads(connection.makefile().readline())
        os.setsid()
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environment"])
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        connection.sendall(str(os.getpid()).encode())
        threading.Thread(target=end_with, args=(connection,), daemon=True).start()
        sys.argv = ["ipykernel_launcher", "-f", order["file"]]
        import_module("ipykernel.kernelapp").launch_new_instance()
    finally:
        os._exit(0)


def end_with(connection):
    """End this process when the other side of a connection is closed."""
    connection.recv(1)
    os.kill(os.getpid(), signal.SIGKILL)


# -- the process that Jupyter starts


def ask(address, file):
    """Ask the server for a kernel; pass Ctrl-C on to it, and end when it ends."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    order = {"folder": os.getcwd(), "file": file, "environment": {**os.environ, "MPLBACKEND": INLINE}}
    connection.sendall(json.dumps(order).encode() + b"\n")
    kernel = int(connection.recv(100))
    signal.signal(signal.SIGINT, lambda number, frame: os.kill(kernel, signal.SIGINT))
    connection.recv(1)


if __name__ == "__main__":
    {"server": serve, "door": ask}[sys.argv[1]](*sys.argv[2:])
