"""./lab itself, in a project of its own with an empty home: a private JupyterLab that opens a reader's copy."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from browser import browser, close_notebook, complaints, connected, shot, wait_for  # noqa: F401
from conftest import hears_ctrl_c

from labkit.cli import lab as lab_command
from labkit.notebook.copies import Copies, State

pytestmark = pytest.mark.skipif(os.name != "posix", reason="it ends the server as Ctrl-C does on POSIX")
ROOT = Path(__file__).parents[1]
PARTS = ("labkit", "lessons", "notebooks", "lab", "pyproject.toml", "requirements.lock", ".gitignore")
COPY = "work/02_memorisation.ipynb"
CELLS = """() => [...jupyterapp.shell.currentWidget.content.model.cells].filter((cell) => cell.type === 'code')
  .map((cell) => ({ trusted: cell.trusted, outputs: cell.outputs.length, count: cell.executionCount }))"""
RUN = """(count) => { const { content } = jupyterapp.shell.currentWidget;
  content.activeCellIndex = count; content.select(content.activeCell); window.ran = false;
  jupyterapp.commands.execute('notebook:run-all-above').finally(() => { window.ran = true; }); }"""
OUTPUTS = "() => jupyterapp.shell.currentWidget.content.model.toJSON().cells.flatMap((cell) => cell.outputs ?? [])"
PATH = "() => jupyterapp.shell.currentWidget.context.path"
SAVE = """() => { jupyterapp.commands.execute('notebook:insert-cell-below');
  return jupyterapp.commands.execute('docmanager:save'); }"""


def git(folder, *words):
    """What git prints in a folder; "" where there is no git."""
    if not shutil.which("git"):
        return ""
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    return subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """`./lab 02`, typed in another folder. -> its address, token, project, and what it said before the address"""
    folder = tmp_path_factory.mktemp("served")
    project = folder / "a project"
    for name in PARTS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (project / name).parent.mkdir(exist_ok=True)
        copy(ROOT / name, project / name)
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "all")
    for name in ("home", "here"):
        (folder / name).mkdir()
    strange = ("PYTHONPATH", "XDG_DATA_HOME", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")
    env = {name: value for name, value in os.environ.items() if name not in strange}
    env |= {"HOME": str(folder / "home"), "LABKIT_PYTHON": sys.executable, "LABKIT_FAST": "1"}
    port = lab_command.free_port(20_000)
    words = [sys.executable, str(project / "lab"), "02", f"--port={port}", "--no-browser", "--expose-app-in-browser"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "preexec_fn": hears_ctrl_c}
    server = subprocess.Popen(words, env=env, cwd=folder / "here", **pipes)
    said = []
    try:
        for line in server.stdout:
            said.append(line)
            if "/lab" in line and "?token=" in line:
                break
        url = said[-1].split()[-1]
        place, _, token = url.partition("?token=")
        host = place.partition("/lab")[0]
        wait_for(f"{host}/api/status?token={token}", server, Path(os.devnull))
        yield SimpleNamespace(url=url, host=host, token=token, project=project, said="".join(said))
    finally:
        server.send_signal(signal.SIGINT)
        try:
            said.append(server.communicate(timeout=30)[0])
        finally:
            server.kill()  # where Ctrl-C did not end it
    assert server.returncode == 0
    assert "without encryption" not in "".join(said) and "IPKernelApp] ERROR" not in "".join(said)


def asked(served, path):
    """What the server's interface says. -> dict"""
    return json.load(urllib.request.urlopen(f"{served.host}/{path}?token={served.token}"))


def test_jupyterlab_is_private_and_quiet(served):
    assert served.host.startswith("http://127.0.0.1:20") and len(served.token) == 48
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{served.host}/api/contents")
    plugin = asked(served, "lab/api/settings/@jupyterlab/apputils-extension:notification")
    assert plugin["schema"]["properties"]["fetchNews"]["default"] == "false" and plugin["raw"] == "{}"


def test_lab_opens_a_copy_that_jupyter_trusts_and_shows_the_rest_of_the_project(served):
    assert served.url.startswith(f"{served.host}/lab/tree/{COPY}?token=")
    assert f"your copies of the lessons are in {served.project / 'work'}" in served.said
    for path, trusted in (
        (COPY, True),
        ("work/solutions/02_memorisation.ipynb", True),
        ("lessons/02_memorisation.ipynb", False),
    ):
        cells = asked(served, f"api/contents/{path}")["content"]["cells"]
        marks = {cell["metadata"]["trusted"] for cell in cells if cell["cell_type"] == "code"}
        assert marks == {trusted}
    names = {entry["name"] for entry in asked(served, "api/contents/")["content"]}
    assert {"lessons", "notebooks", "work"} <= names
    assert git(served.project, "status", "--porcelain") == ""


@pytest.mark.browser
def test_a_copy_runs_and_is_saved_and_no_file_of_the_project_changes(served, browser):  # noqa: F811
    page = browser.new_page()
    try:
        page.goto(served.url)
        connected(page)
        cells = page.evaluate(CELLS)
        assert len(cells) > 15 and all(cell == {"trusted": True, "outputs": 0, "count": None} for cell in cells)
        shot(page, "working_copy")
        page.evaluate(RUN, 4)  # imports, parameters, and their check, which reads the copy
        page.wait_for_function("() => window.ran", timeout=120_000)
        assert sum(cell["count"] is not None for cell in page.evaluate(CELLS)) == 3
        assert complaints(page.evaluate(OUTPUTS)) == []
        page.evaluate(SAVE)
        copy = Copies(served.project).all["02"]
        assert re.search(r'"execution_count": \d', copy.path.read_text(encoding="utf-8"))
        assert copy.state() is State.CURRENT  # a run, and a blank cell, are no edit
        page.locator(
            "a[data-commandlinker-args*='solutions/02'], .jp-RenderedMarkdown a[href*='solutions/02']"
        ).first.click()
        page.wait_for_function(f"() => ({PATH})() === 'work/solutions/02_memorisation.ipynb'", timeout=60_000)
        assert git(served.project, "status", "--porcelain") == ""
    finally:
        close_notebook(page)
