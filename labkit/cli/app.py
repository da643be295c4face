"""lab app: a lesson as an app in the browser, with a kernel behind it."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import webbrowser
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from ..errors import need
from . import ROOT, parser
from .lab import free_port

TEMPLATES = ROOT / "labkit" / "site" / "front" / "app"  # Voila looks for templates where Jupyter's data are
LEAD = '<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={}">\n'
NEEDED = (  # of JupyterLab's extensions; others only make the page late
    *("@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget", "jupyterlab-plotly"),
)


def main(argv):
    """Serve a lesson until Ctrl-C; its kernels end with it. -> exit status; raises ValueError for an unknown lesson"""
    read = parser("app", "Serve a lesson as an app: its text, figures and panels, with a kernel; the code is hidden.")
    read.add_argument("lesson", help="its number, e.g. 05")
    read.add_argument("--code", action="store_true", help="show the code too")
    read.add_argument("--port", type=int, help="default: 8866, or the next one that is free")
    read.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    args = read.parse_args(argv)
    from ..site import app, book

    need(find_spec("voila"), "voila", None, "installed: ./lab installs it, or pip install voila")
    source = book.lesson(args.lesson)
    port = free_port(args.port, more=1) if args.port else free_port(8866, who="the app")
    with tempfile.TemporaryDirectory(prefix="labkit-app-") as folder:
        path = app.write(source, Path(folder))
        token, browser = secrets.token_urlsafe(24), None if args.no_browser else Path(folder) / "open.html"
        return serve(command(path, port, args.code), token, f"http://127.0.0.1:{port}/", source, browser)


def command(path, port, code):
    """Voila on one notebook, at 127.0.0.1 alone. -> list of words"""
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
    words = [f"--{name}={value}" for name, value in options.items()]
    words += [f"--VoilaConfiguration.extension_allowlist={name}" for name in NEEDED]
    return [sys.executable, "-m", "voila", *words, str(path)]


def environment(token):
    """What Voila and its kernels are told: the token, where the template is, where labkit is; no bars of progress."""
    path = lambda name, *first: os.pathsep.join(filter(None, (*map(str, first), os.environ.get(name))))
    own = {"JUPYTER_PATH": path("JUPYTER_PATH", TEMPLATES), "PYTHONPATH": path("PYTHONPATH", ROOT)}
    return {**os.environ, **own, "JUPYTER_TOKEN": token, "LABKIT_PROGRESS": "0"}


def serve(words, token, address, source, browser):
    """Run the server; say where it is once it answers. Ctrl-C and a request to end are handed on. -> exit status

    browser: a file to write, which leads the browser to the address; None: open nothing.
    """
    posix = os.name == "posix"
    server = subprocess.Popen(words, env=environment(token), start_new_session=posix)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        if wait_for(address, server):
            address = f"{address}?token={token}"
            said = f"lesson {source.number} is at {address} (at first the whole lesson runs; Ctrl-C ends it)"
            print(said, flush=True)
            if browser:
                browser.write_text(LEAD.format(address))  # the browser's command line does not show the token
                webbrowser.open(browser.as_uri())
        return server.wait()
    except KeyboardInterrupt:
        print("\nending the app and its kernels", flush=True)
        return ended(server, posix)


def wait_for(address, server, seconds=60):
    """Wait until somebody answers at the address, or the server has ended. -> does it answer?"""
    port, end = int(address.rsplit(":", 1)[1].strip("/")), time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < end:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False


def ended(server, posix):
    """End the server, which ends its kernels; what is left of it after ten seconds is killed. -> 0"""
    server.send_signal(signal.SIGINT) if posix else None  # elsewhere Ctrl-C reached it too
    with suppress(subprocess.TimeoutExpired):
        server.wait(10)
        return 0
    os.killpg(server.pid, signal.SIGKILL) if posix else server.kill()
    server.wait()
    return 0
