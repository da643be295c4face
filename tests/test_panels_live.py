"""Panels in ordinary life, in a real JupyterLab: reloads, other kernels, no kernel, two tabs. Each stands in a notebook
of two cells."""



import nbformat
import pytest
from browser import IDLE, at_rest, browser, close_notebook, connected, lab, open_notebook, run_all  # noqa: F401
from nbformat.sign import NotebookNotary

from labkit import rooms

PANELS = rooms.lessons("panel")
QUICK = ("02", "05")
TEXT = "() => document.querySelector('.jp-OutputArea')?.innerText ?? ''"
SAVE = "() => jupyterapp.commands.execute('docmanager:save')"
SHOWN = """() => {
  const el = document.querySelector(".lk-panel");
  return el && { source: el.dataset.source, silent: el.dataset.silent === "1", settled: el.dataset.settled === "1",
    drawn: JSON.parse(el.dataset.drawn), controls: seen.controls(), failure: seen.failure(),
    notice: el.querySelector(".lk-notice").textContent, picture: seen.picture() };
}"""
SETTLED = "() => document.querySelector('.lk-panel')?.dataset.settled === '1'"
SILENT = "() => document.querySelector('.lk-panel')?.dataset.silent === '1'"


def notebook(lab, panel):  # noqa: F811
    """A notebook of two cells, one for each panel. -> its name"""
    cells = [nbformat.v4.new_code_cell(source) for source in ("import labkit", f'labkit.panel("{panel}")')]
    name = f"panel_{panel}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), lab.root / name)
    return name


def shown(page):
    """What the panel says of itself, once it is settled; it must agree with its controls."""
    page.wait_for_function(SETTLED, timeout=60_000)
    found = page.evaluate(SHOWN)
    buttons = {name: value for name, value in found["drawn"].items() if name not in found["controls"]}
    assert found["controls"] | buttons == found["drawn"] and found["failure"] == ""
    assert "not found" not in page.evaluate(TEXT)
    return found


def move(page):
    """Move the first control with a slider or a menu by the keyboard."""
    control = page.locator(".lk-panel input[type=range], .lk-panel select").first
    at_rest(control)
    control.focus()
    before = int(control.input_value())
    page.keyboard.press("ArrowLeft" if before else "ArrowRight")
    page.wait_for_function("(k) => Object.values(seen.controls())[0] !== k || true", arg=before)
    return before


def reload(page):
    page.reload()
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)


@pytest.fixture(params=[pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in PANELS])
def place(request, lab, browser):  # noqa: F811
    """A page with the notebook of one panel. -> page, path of the notebook"""
    name = notebook(lab, request.param)
    page = browser.new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    open_notebook(page, lab, name)
    run_all(page)
    yield page, lab.root / name
    wrong = page.wrong
    close_notebook(page)
    assert not wrong


@pytest.mark.browser
def test_a_panel_survives_ordinary_life(place, lab, browser):  # noqa: F811
    page, path = place
    fresh = shown(page)
    assert fresh["source"] == "live" and not fresh["silent"] and fresh["notice"] == ""
    move(page)
    moved = shown(page)
    assert moved["source"] == "live" and moved["drawn"] != fresh["drawn"]

    second = browser.new_page()  # two tabs
    open_notebook(second, lab, path.name)
    page.evaluate(SAVE)
    two_tabs = second.evaluate(SHOWN)
    second.close()

    reload(page)  # the kernel lives; the notebook was saved, and Jupyter signed it
    connected(page)
    again = shown(page)
    assert (again["drawn"], again["silent"]) == (moved["drawn"], False)

    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.wait_for_function(SILENT, timeout=60_000)
    gone = shown(page)
    assert gone["drawn"] == moved["drawn"] and "run this cell again" in gone["notice"].lower()
    move(page)
    stored = shown(page)
    assert stored["source"] == "stored" and stored["silent"] and stored["picture"] != gone["picture"]

    page.evaluate(SAVE)
    page.evaluate("() => jupyterapp.serviceManager.sessions.shutdownAll()")  # the next day
    reload(page)
    connected(page)
    page.wait_for_function(SILENT, timeout=60_000)
    next_day = shown(page)
    assert next_day["source"] in ("stored", "live") and "run this cell again" in next_day["notice"].lower()
    move(page)
    assert shown(page)["source"] == "stored"
    run_all(page)
    assert shown(page)["source"] == "live"

    page.evaluate(SAVE)
    saved = nbformat.read(path, 4)
    untrust(saved, path)
    reload(page)
    connected(page)
    image = page.wait_for_selector(".jp-OutputArea-output img", timeout=60_000)
    assert image.get_attribute("src").startswith("data:image/png") and not page.query_selector(".lk-panel")
    assert two_tabs is None or two_tabs["failure"] == ""


def untrust(saved, path):
    """Write a notebook as somebody else's: with another word in it, so that its signature does not fit."""
    saved.metadata["from"] = "elsewhere"
    nbformat.write(saved, path)
