"""lab app: serve a lesson as an app in the browser, with a kernel behind it."""

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import need
from . import ROOT, parser
from .lab import free_port

if TYPE_CHECKING:
    from ..site.book import Source

# Voila looks for templates where Jupyter's data are. There is a kernel, too, that logs nothing to the terminal.
TEMPLATES = ROOT / "labkit" / "site" / "front" / "app"
LEAD = '<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={}">\n'
NEEDED = (  # of JupyterLab's extensions; others only make the page late
    "@voila-dashboards/widgets-manager8",
    "@jupyter-widgets/jupyterlab-manager",
    "anywidget",
    "jupyterlab-plotly",
)


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab app`."""
    command = parser(
        "app", "Serve a lesson as an app: its text, figures and panels, with a kernel; the code is hidden."
    )
    command.add_argument("lesson", help="its number, e.g. 05")
    command.add_argument("--code", action="store_true", help="show the code too")
    command.add_argument("--port", type=int, help="default: 8866, or the next one that is free")
    command.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    return command


def main(argv: Sequence[str]) -> int:
    """Serve a lesson until Ctrl-C; its kernels end with it. -> exit status; raises ValueError for an unknown lesson"""
    args = arguments().parse_args(argv)
    from ..site import app, book

    need(find_spec("voila"), "voila", None, "installed: ./lab installs it, or pip install voila")
    source = book.lesson(args.lesson)
    port = free_port(args.port, count=1) if args.port else free_port(8866, server="the app")
    with tempfile.TemporaryDirectory(prefix="labkit-app-") as folder:
        path = app.write(source, Path(folder))
        token = secrets.token_urlsafe(24)
        page = None if args.no_browser else Path(folder) / "open.html"
        return serve(command(path, port, args.code), token, f"http://127.0.0.1:{port}/", source, page)


def command(path: Path, port: int, code: bool) -> list[str]:
    """Return the command of Voila for one notebook, at 127.0.0.1 alone. code: show the cells' source"""
    options = {
        "Voila.ip": "127.0.0.1",
        "Voila.port": port,
        "Voila.port_retries": 0,
        "Voila.open_browser": False,
        "Voila.log_level": "ERROR",
        "Voila.auto_token": True,  # the token of the environment: a command line can be read by every user
        "Voila.tornado_settings": "{'allow_remote_access': False}",  # a foreign Host header is refused
        "VoilaConfiguration.template": "labkit",
        "VoilaConfiguration.strip_sources": not code,
        "VoilaConfiguration.show_tracebacks": True,
        "VoilaConfiguration.progressive_rendering": True,
        "VoilaExporter.markdown_renderer_class": "labkit.site.markdown.Renderer",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    flags += [f"--VoilaConfiguration.extension_allowlist={name}" for name in NEEDED]
    return [sys.executable, "-m", "voila", *flags, str(path)]


def environment(token: str) -> dict[str, str]:
    """Return the environment of Voila and its kernels: token, folder of the template, labkit's folder, no bars."""
    paths = {"JUPYTER_PATH": _path("JUPYTER_PATH", TEMPLATES), "PYTHONPATH": _path("PYTHONPATH", ROOT)}
    return {**os.environ, **paths, "JUPYTER_TOKEN": token, "LABKIT_PROGRESS": "0"}


def _path(variable, folder):
    """Return a search path of the environment with a folder in front."""
    return os.pathsep.join(filter(None, (str(folder), os.environ.get(variable))))


def serve(argv: Sequence[str], token: str, address: str, source: "Source", page: Path | None) -> int:
    """Run the server and print its address once it answers; hand on Ctrl-C and requests to end. -> exit status

    source: of the lesson. page: a file to write, which leads the browser to the address; None opens nothing.
    """
    posix = os.name == "posix"
    server = subprocess.Popen(argv, env=environment(token), start_new_session=posix)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        if wait_for(address, server):
            address = f"{address}?token={token}"
            hint = "(at first the whole lesson runs; Ctrl-C ends it)"
            print(f"lesson {source.number} is at {address} {hint}", flush=True)
            if page:
                page.write_text(LEAD.format(address))  # the browser's command line does not show the token
                webbrowser.open(page.as_uri())
        return server.wait()
    except KeyboardInterrupt:
        print("\nending the app and its kernels", flush=True)
        return end(server, posix)


def wait_for(address: str, server: subprocess.Popen, seconds: float = 60) -> bool:
    """Wait until the address answers, or the server has ended. -> does it answer?"""
    port = int(address.rsplit(":", 1)[1].strip("/"))
    deadline = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False


def end(server: subprocess.Popen, posix: bool) -> int:
    """End the server, which ends its kernels; kill what is left of it after ten seconds. -> exit status"""
    if posix:  # elsewhere Ctrl-C reached it too
        server.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        server.wait(10)
        return 0
    if posix:
        os.killpg(server.pid, signal.SIGKILL)
    else:
        server.kill()
    server.wait()
    return 0
