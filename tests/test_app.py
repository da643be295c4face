"""The app: a real Voila, a real Chromium, a panel with a kernel behind it."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest
from browser import ROOT, browser, free_port, shot, stop  # noqa: F401
from conftest import hears_ctrl_c
from jupyter_client.manager import start_new_kernel
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from labkit.cli import app as app_command
from labkit.cli import main
from labkit.panels.live import headless
from labkit.site import app, book

TEXT = "# A panel\n\nWith $\\tau = 0.4$ and $$T_{ij} = \\frac{\\tau}{C-1}$$ and [a lesson](02_x.ipynb)."
TOKEN = "a-token-of-the-tests"
RANGE = ".lk-panel input[type=range]"


def test_a_kernel_of_an_app_is_not_headless(monkeypatch):
    for name in ("JPY_SESSION_NAME", "VOILA_REQUEST_URL", "LABKIT_FAST"):
        monkeypatch.delenv(name, raising=False)
    assert headless()
    monkeypatch.setenv("VOILA_REQUEST_URL", "http://127.0.0.1:8866/")
    assert not headless()


def test_the_apps_notebook_has_no_exercises_and_scores_no_guess_in_a_cell():
    made = app.notebook(book.lesson("01"))
    text = "\n".join(cell.source for cell in made.cells)
    assert "labkit.check(" not in text and "labkit.predict(" in text and "labkit.score" not in text
    assert "./lab lessons/01_wrong_labels.ipynb" in made.cells[-1].source and "labkit.panel(" in text
    assert not any(cell.get("outputs") for cell in made.cells)


@pytest.mark.parametrize("path", sorted((ROOT / "lessons").glob("[0-9]*.ipynb")), ids=lambda path: path.stem)
def test_an_app_asks_for_the_guess_where_the_lesson_does(path):
    made = app.notebook(book.lesson(path.name))
    code = "\n".join(cell.source for cell in made.cells if cell.cell_type == "code")
    compile(code, path.name, "exec")
    asked = sum("labkit.predict(" in cell.source for cell in book.lesson(path.name).notebook.cells)
    assert sum(cell.source == app.ASK for cell in made.cells) == asked == code.count("labkit.predict(")


def test_a_port_that_is_taken_is_said(capsys):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        assert main(["app", "1", "--port", str(s.getsockname()[1])]) == 2
    assert "in use; name another with --port" in capsys.readouterr().err


def answers(url, seconds=120):
    """Wait until the app answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.25)
    pytest.fail("the app does not answer")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A small notebook as an app."""
    folder = tmp_path_factory.mktemp("app")
    cells = [new_markdown_cell(TEXT), new_code_cell("import labkit\nhidden = 1"), new_code_cell("labkit.panel('01')")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), folder / "small.ipynb")
    own = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "IPYTHONDIR", "XDG_DATA_HOME")}
    env = {key: value for key, value in app_command.environment(TOKEN).items() if key != "LABKIT_FAST"} | own
    words = app_command.command(folder / "small.ipynb", port := free_port(), code=False)
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(words, env=env, stdout=log, stderr=log, start_new_session=True)
        try:
            answers(f"http://127.0.0.1:{port}/voila/static/voila.js")
            yield f"http://127.0.0.1:{port}"
        finally:
            stop(server)


def asked(address, path="/", token=None, **headers):
    """What the server says to a request. -> status, where it leads, text"""
    call = http.client.HTTPConnection(address.removeprefix("http://"), timeout=120)
    call.request("GET", path + (f"?token={token}" if token else ""), headers=headers)
    answer = call.getresponse()
    return answer.status, answer.getheader("Location", ""), answer.read().decode(errors="replace")


UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Version": "13",
}


@pytest.mark.slow
def test_an_app_lets_in_who_has_its_token(address):
    host = {"Host": address.removeprefix("http://")}
    for token in (None, "wrong", TOKEN[:-1]):
        status, place, text = asked(address, token=token)
        assert (status, place.partition("?")[0]) == (302, "/login") and "kernel" not in text
    kernel = "/api/kernels/00000000-0000-0000-0000-000000000000"
    assert asked(address, kernel)[0] in (302, 403)
    for path in (f"{kernel}/channels", kernel.replace("api/kernels", "voila/execution")):
        assert asked(address, path, **UPGRADE)[0] == 403
    status, _, text = asked(address, token=TOKEN, **host)
    assert status == 200 and "A panel" in text


@pytest.mark.slow
@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "192.0.2.7", "10.0.0.1"])
def test_an_app_refuses_a_foreign_host_even_with_the_token(address, host):
    same = {"Host": host, "Origin": f"http://{host}"}
    kernel = "/api/kernels/00000000-0000-0000-0000-000000000000"
    assert asked(address, token=TOKEN, **same)[0] == 403
    assert asked(address, kernel, TOKEN, **same)[0] == 403
    assert asked(address, f"{kernel}/channels", TOKEN, **same, **UPGRADE)[0] == 403
    assert asked(address, "/login", **same)[0] == 403


def test_the_token_of_an_app_is_on_no_command_line(tmp_path):
    words = app_command.command(tmp_path / "x.ipynb", 1, code=False)
    assert app_command.environment(TOKEN)["JUPYTER_TOKEN"] == TOKEN and TOKEN not in " ".join(words)


def test_the_kernel_of_an_app_logs_nothing(tmp_path, monkeypatch):
    for name, value in app_command.environment(TOKEN).items():
        monkeypatch.setenv(name, value)
    with open(tmp_path / "log", "w") as log:
        manager, client = start_new_kernel(kernel_name="python3", stdout=log, stderr=log)
        code = "get_ipython().kernel.log.error('KeyboardInterrupt caught in kernel')"
        assert client.execute_interactive(code, timeout=60)["content"]["status"] == "ok"
        client.stop_channels()
        manager.shutdown_kernel()
    assert (tmp_path / "log").read_text() == ""


@pytest.mark.slow
@pytest.mark.browser
def test_an_app_is_alive_and_asks_no_other_host(browser, address):  # noqa: F811
    page, asked, bad = browser.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: bad.append(str(error)))
    page.on("console", lambda said: bad.append(said.text) if said.type == "error" else None)
    try:
        page.goto(f"{address}/?token={TOKEN}", wait_until="commit")
        page.wait_for_selector(".lk-ask", timeout=180_000)
        assert not page.locator(RANGE).first.is_visible(), "the guess comes first"
        page.locator(".lk-skip").click()
        page.wait_for_selector(".lk-panel[data-settled='1']", timeout=180_000)
        control = page.locator(RANGE).first
        control.scroll_into_view_if_needed()
        before, box = page.evaluate("() => seen.picture()"), control.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2, steps=6)
        page.mouse.up()
        page.wait_for_function("(before) => seen.picture() !== before && seen.settled()", arg=before, timeout=60_000)
        shot(page, "app")
        assert page.locator("math").count() == 2 and page.locator("mfrac").count() == 1
        assert "hidden = 1" not in page.inner_text("body")
        assert page.locator(".lk-failure").inner_text() == "" and bad == []
        assert [
            url for url in asked if not url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))
        ] == []
    finally:
        page.close()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the signals of POSIX")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "terminate"])
def test_ctrl_c_ends_the_app_its_kernels_and_its_folder(sent, tmp_path):
    port = free_port()
    words = [sys.executable, "-P", "-m", "labkit", "app", "0", "--no-browser", "--port", str(port)]
    env = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=env, preexec_fn=hears_ctrl_c)
    said = re.fullmatch(
        r"lesson 00 is at (http\S+) \(at first the whole.*Ctrl-C ends it\)\n", process.stdout.readline()
    )
    assert said[1].startswith(f"http://127.0.0.1:{port}/?token=")
    urllib.request.urlopen(said[1], timeout=60).close()  # a kernel starts
    kernels = lambda: [path for path in tmp_path.rglob("kernel-*.json")]
    assert kernels()
    process.send_signal(sent)
    process.wait(30)
    assert not kernels() and not list(tmp_path.glob("labkit-app-*"))
    with socket.socket() as s:
        assert s.connect_ex(("127.0.0.1", port)) != 0
