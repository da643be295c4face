"""A real JupyterLab and a real Chromium, for tests. Import the fixtures `lab` and `browser` by name."""

import atexit
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from kernels import fork_server

from labkit.cli.doctor import chromium

ROOT = Path(__file__).parents[1]
SWITCHES = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
SETTINGS = ROOT / "labkit" / "cli" / "jupyter"  # those of ./lab
READY = """() => {
  const w = jupyterapp.shell.currentWidget;
  const ready = async () => {
    await w.context.ready; await w.sessionContext.ready; await w.sessionContext.session.kernel.info;
  };
  const late = new Promise((_, no) => setTimeout(() => no(Error('no kernel: ' + document.body.innerText)), 60000));
  return Promise.race([ready(), late]);
}"""
IDLE = """() => {
  const k = jupyterapp.shell.currentWidget.sessionContext.session?.kernel;
  return k && k.connectionStatus === 'connected' && k.status === 'idle';
}"""
RUN_ALL = """() => {
  window.ranAll = false;
  jupyterapp.commands.execute('notebook:run-all-cells').finally(() => { window.ranAll = true; });
}"""
OPEN = "(path) => jupyterapp.commands.execute('docmanager:open', { path }).then(() => {})"
CLEAR = """async () => {
  const w = jupyterapp.shell.currentWidget;
  await jupyterapp.serviceManager.sessions.shutdownAll();
  if (w?.context) { w.context.model.dirty = false; w.close(); }
}"""
POLL = 100  # ms between looks at a page; by default Playwright looks in every frame, and every frame is drawn for it
OUTPUTS = "() => jupyterapp.shell.currentWidget.content.model.toJSON().cells.flatMap((c) => c.outputs ?? [])"


@dataclass
class Lab:
    """A running JupyterLab: its address, its token, and the folder it shows."""

    url: str
    token: str
    root: Path

    def path(self, name):
        """The address of a notebook."""
        return f"{self.url}/lab/tree/{name}?reset&token={self.token}"


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def serve(root, port, token, log, jupyter_path=None):
    """Start JupyterLab on `root`, with the settings of ./lab and none of the user's. -> Popen

    jupyter_path: where it finds kernels before Jupyter's own.
    """
    settings = root / ".settings"
    settings.mkdir()
    options = {
        "ip": "127.0.0.1",
        "port": port,
        "ServerApp.port_retries": 0,
        "IdentityProvider.token": token,
        "LabServerApp.app_settings_dir": settings,
        "LabApp.app_settings_dir": settings,
        "LabApp.workspaces_dir": root / ".workspaces",
    }
    flags = ["--no-browser", "--expose-app-in-browser", *(["--allow-root"] if os.geteuid() == 0 else [])]
    command = [sys.executable, "-m", "jupyterlab", *flags, *(f"--{name}={value}" for name, value in options.items())]
    own = {name: str(root / ".jupyter") for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    own["JUPYTER_CONFIG_PATH"] = str(SETTINGS)
    own |= {"JUPYTER_PATH": jupyter_path} if jupyter_path else {}
    env = {**os.environ, **own, "PYTHONPATH": paths, "LABKIT_FAST": "1", "XDG_DATA_HOME": str(root / ".share")}
    return subprocess.Popen(command, cwd=root, env=env, stdout=log, stderr=log, start_new_session=True)


def wait_for(url, server, log, seconds=60):
    """Return when the server answers; fail with its log when it does not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.25)
        if server.poll() is not None:
            break
    pytest.fail(f"JupyterLab does not answer:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """JupyterLab on a temporary folder that holds copies of the lessons. Its kernels are forks, see kernels.py."""
    root = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "lessons", root / "lessons") if (ROOT / "lessons").exists() else None
    lab = Lab(f"http://127.0.0.1:{(port := free_port())}", secrets.token_hex(16), root)
    kernels = fork_server("python3") if hasattr(os, "fork") else nullcontext()
    with kernels as jupyter_path, open(root / "lab.log", "w") as log:
        server = serve(root, port, lab.token, log, jupyter_path)
        try:
            wait_for(f"{lab.url}/api/status?token={lab.token}", server, root / "lab.log")
            yield lab
        finally:
            stop(server)


def stop(server):
    """End the server, which ends its kernels; whatever is left of them after ten seconds is killed."""
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A Chromium with an empty profile; every page in it has `seen`, see browser.js."""
    profile = str(tmp_path_factory.mktemp("profile"))
    chrome = driver().chromium.launch_persistent_context(
        profile, executable_path=chromium(), headless=True, args=SWITCHES, viewport={"width": 1100, "height": 1000}
    )
    chrome.add_init_script(path=ROOT / "tests" / "browser.js")
    yield chrome
    chrome.close()


@cache
def driver():
    """Playwright, once in a process: several files of tests import `browser`, and a second one would not start."""
    from playwright.sync_api import sync_playwright

    started = sync_playwright().start()
    atexit.register(started.stop)
    return started


def open_notebook(page, lab, name):
    """Open a notebook, in the JupyterLab that the page shows, if any, and wait for its kernel: commands that are sent
    earlier are lost without a word."""
    if page.url.startswith(lab.url):
        clear(page)  # an earlier test may have left one open
        page.evaluate(OPEN, name)
    else:
        page.goto(lab.path(name))
    connected(page)


def connected(page):
    """Wait until the notebook that is open has a kernel and the kernel is idle."""
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.evaluate(READY)
    page.wait_for_function(IDLE, timeout=60_000, polling=POLL)


def run_all(page, seconds=180):
    """Run all cells and wait for the last one. -> outputs of all cells, as the notebook format has them"""
    page.evaluate(RUN_ALL)
    page.wait_for_function("() => window.ranAll", timeout=1000 * seconds, polling=POLL)
    return page.evaluate(OUTPUTS)


def complaints(outputs):
    """Error outputs and what was written to stderr. -> list of texts"""
    errors = [f"{o['ename']}: {o['evalue']}" for o in outputs if o["output_type"] == "error"]
    return errors + ["".join(o["text"]) for o in outputs if o.get("name") == "stderr"]


def close_notebook(page):
    """Shut the kernels down and close the page."""
    try:
        page.evaluate("() => jupyterapp.serviceManager.sessions.shutdownAll()")
    finally:
        page.close()


def clear(page):
    """Shut the kernels down and close the notebook, if one is open, without saving it; JupyterLab stays."""
    page.evaluate(CLEAR)
    page.wait_for_selector(".jp-Notebook", state="detached", timeout=20_000)


def settled(page, seconds=60):
    """Wait until the kernel, or a page without one, shows what the controls say; fail with the error of the panel.

    A view that waits for a slow kernel shows a stored run meanwhile, and says so: that is not the end of a move.
    """
    page.wait_for_function("() => seen.heard() && seen.settled()", timeout=1000 * seconds, polling=POLL)
    assert page.evaluate("() => seen.failure()") == ""


def drag(page, share, steps=8):
    """Drag the panel's first slider with the mouse to a share of its length. -> its position before, after"""
    slider = page.locator(".lk-panel input[type=range]").first
    box, last, now = at_rest(slider), int(slider.get_attribute("max")), int(slider.input_value())
    thumb = 16  # pixels; its middle moves between half a thumb from either end
    at = lambda share: box["x"] + thumb / 2 + share * (box["width"] - thumb)
    y = box["y"] + box["height"] / 2
    page.mouse.move(at(now / last), y)
    page.mouse.down()
    page.mouse.move(at(share), y, steps=steps)
    page.mouse.up()
    after = int(slider.input_value())
    assert abs(after - share * last) <= 1, f"dragged to {share:.0%}, but the slider is at {after} of {last}"
    return now, after


def at_rest(element):
    """Bring an element into view and wait until the page has stopped moving. -> its box"""
    boxes = []
    while len(boxes) < 4 or boxes[-4:].count(boxes[-1]) < 4:
        element.scroll_into_view_if_needed()
        boxes.append(element.bounding_box())
        time.sleep(0.1)
    return boxes[-1]


def shot(page, name, part="body"):
    """A screenshot of the page or the first of its parts, if LABKIT_SHOTS names a folder for them."""
    if folder := os.environ.get("LABKIT_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        what = page if part == "body" else page.locator(part).first
        what.screenshot(path=Path(folder) / f"{name}.png")
