"""Panels in ordinary life, in a real JupyterLab: reloads, other kernels, no kernel, two tabs. Each stands in a notebook
of two cells."""

from importlib.util import find_spec

import nbformat
import pytest
from access import PACKAGE, violations
from browser import IDLE, at_rest, browser, close_notebook, connected, lab, open_notebook, run_all  # noqa: F401
from test_browser import THEME, WORDS
from test_panels_fit import CLIPPED, IN_SIGHT, WIDTHS

from labkit import rooms

TABS = 40  # presses of the Tab key between a cell and the panel below it, at most
PANELS = rooms.lessons("panel")
QUICK = ("02", "05")
PYTHON = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
TEXT = "() => [...document.querySelectorAll('.jp-OutputArea')].map((el) => el.innerText).join(' ')"
PINNED = ".lk-chips li:not([data-pending])"
SAVE = "() => jupyterapp.commands.execute('docmanager:save')"
SHOWN = """() => {
  const el = document.querySelector(".lk-panel");
  return el && { source: el.dataset.source, silent: el.dataset.silent === "1", settled: el.dataset.settled === "1",
    drawn: JSON.parse(el.dataset.drawn), raw: el.dataset.drawn, controls: seen.controls(), failure: seen.failure(),
    notice: el.querySelector(".lk-notice").textContent, picture: seen.picture() };
}"""
OF_JUPYTER = "Canceled future for create_subshell_request"  # JupyterLab, where a kernel ends before it answered
SETTLED = "() => document.querySelector('.lk-panel')?.dataset.settled === '1'"
GONE_THERE = """(setting) => {
  const drawn = JSON.parse(document.querySelector(".lk-panel").dataset.drawn || "{}");
  return Object.entries(setting).every(([name, position]) => drawn[name] === position);
}"""
FOCUSED = "() => document.activeElement?.closest('.lk-panel') && document.activeElement.dataset.control"
SILENT = "() => document.querySelector('.lk-panel')?.dataset.silent === '1'"


def notebook(lab, panel):  # noqa: F811
    """A notebook of two cells, one for each panel. -> its name"""
    cells = [nbformat.v4.new_code_cell(source) for source in ("import labkit", f'labkit.panel("{panel}")')]
    name = f"panel_{panel}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": PYTHON}), lab.root / name)
    return name


def shown(page):
    """What the panel says of itself, once it is settled; it must agree with its controls."""
    page.wait_for_function(SETTLED, timeout=60_000)
    found = page.evaluate(SHOWN)
    buttons = {name: value for name, value in found["drawn"].items() if name not in found["controls"]}
    assert found["controls"] | buttons == found["drawn"] and found["failure"] == ""
    assert "not found" not in page.evaluate(TEXT)
    return found


def first_control(page):
    """The first slider or menu, once the page has come to rest."""
    control = page.locator(".lk-panel .lk-controls input[type=range], .lk-panel .lk-controls select").first
    at_rest(control)
    return control


def move(page):
    """Move the first slider or menu by the keyboard."""
    control = first_control(page)
    control.focus()
    page.keyboard.press("ArrowLeft" if int(control.input_value()) else "ArrowRight")


def pin(page):
    """Pin another method beside the shown run, where there is such a menu; the kernel draws it. -> number of pins"""
    if not page.locator(".lk-versus:visible").count():
        return 0
    page.select_option(".lk-versus", index=1)
    page.wait_for_selector(PINNED, timeout=60_000)
    return 1


def tab_to_panel(page):
    """Go by the Tab key alone from the notebook's first cell into the panel. -> what has the focus there"""
    page.evaluate("() => document.querySelector('.jp-Cell').focus()")
    for _ in range(TABS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused:
            return focused
    pytest.fail(f"after {TABS} presses of Tab no control of the panel has the focus")


def looks(page):
    """Look at the panel in both themes, in wide and narrow windows: nothing clipped or pale, nothing that axe finds."""
    size = page.viewport_size
    page.evaluate("() => jupyterapp.shell.collapseLeft()")  # the list of files leaves no room in a narrow window
    for theme in ("Dark", "Light"):
        page.evaluate(THEME, f"JupyterLab {theme}")
        wanted = str(theme == "Light").lower()
        page.wait_for_function("(light) => document.body.dataset.jpThemeLight === light", arg=wanted, timeout=20_000)
        page.wait_for_timeout(500)  # the theme's colours fade in
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            first_control(page)
            assert page.evaluate(CLIPPED) == []
        contrast = page.evaluate("(words) => seen.contrast(words)", WORDS)
        assert len(contrast) > 20 and [pair for pair in contrast if pair[1] < 4.5] == []
        if find_spec(PACKAGE):
            assert violations(page, ".lk-panel") == []
        page.set_viewport_size(size)
    page.evaluate("() => jupyterapp.shell.expandLeft()")


def move_to_stored(page):
    """Move the first slider or menu without a kernel, in the direction in which a setting is stored."""
    control = page.locator(".lk-panel input[type=range], .lk-panel select").first
    at_rest(control)
    control.focus()
    for key in ("ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
        page.wait_for_timeout(200)
        if page.evaluate(SHOWN)["source"] == "stored":
            return


def reload(page):
    page.reload()
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)


@pytest.fixture(params=[pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in PANELS])
def place(request, lab, browser):  # noqa: F811
    """A page with the notebook of one panel. -> page, path of the notebook"""
    name = notebook(lab, request.param)
    page = browser.new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))  # but for Jupyter's own, see OF_JUPYTER
    open_notebook(page, lab, name)
    run_all(page)
    yield page, lab.root / name
    wrong = [error for error in page.wrong if OF_JUPYTER not in error]
    close_notebook(page)
    assert not wrong


def restart(page):
    """Restart the kernel, which forgets the panel."""
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.wait_for_function(SILENT, timeout=60_000)


def next_day(page):
    """Save, end all kernels, and open the notebook again, with a new kernel."""
    page.evaluate(SAVE)
    page.evaluate("() => jupyterapp.serviceManager.sessions.shutdownAll()")
    reload(page)
    connected(page)


def image(page):
    """Wait for the image of a panel, in place of the panel."""
    picture = page.wait_for_selector(".jp-OutputArea-output img", timeout=60_000)
    assert picture.get_attribute("src").startswith("data:image/png") and not page.query_selector(".lk-panel")
    assert "not found" not in page.evaluate(TEXT)


@pytest.mark.browser
def test_a_panel_survives_ordinary_life(place, lab, browser):  # noqa: F811
    page, path = place
    fresh = shown(page)
    assert fresh["source"] == "live" and not fresh["silent"] and fresh["notice"] == ""
    assert page.evaluate(IN_SIGHT)
    looks(page)
    assert shown(page)["drawn"] == fresh["drawn"]
    assert tab_to_panel(page) == first_control(page).get_attribute("data-control")
    move(page)
    moved = shown(page)
    assert moved["source"] == "live" and moved["drawn"] != fresh["drawn"]

    pins = pin(page)
    assert shown(page)["drawn"] == moved["drawn"]

    page.evaluate(SAVE)
    second = browser.new_page()  # two tabs
    open_notebook(second, lab, path.name)
    assert shown(second)["drawn"] == moved["drawn"]
    move(second)
    shared = shown(second)
    page.wait_for_function("(raw) => document.querySelector('.lk-panel').dataset.drawn === raw", arg=shared["raw"])
    assert shown(page)["picture"] == shared["picture"]
    second.close()

    page.evaluate(SAVE)
    reload(page)  # the kernel lives; the notebook was saved, and Jupyter signed it
    connected(page)
    again = shown(page)
    assert (again["drawn"], again["silent"], again["picture"]) == (shared["drawn"], False, shared["picture"])
    assert page.locator(PINNED).count() == pins

    next_day(page)
    page.wait_for_function(SILENT, timeout=60_000)
    morning = shown(page)
    assert morning["drawn"] == shared["drawn"] and "run this cell again" in morning["notice"].lower()
    move_to_stored(page)
    stored = shown(page)
    assert stored["source"] == "stored" and stored["picture"] != morning["picture"]

    run_all(page)
    live = shown(page)
    assert live["source"] == "live" and live["notice"] == ""
    restart(page)
    gone = shown(page)
    assert gone["picture"] == live["picture"] and "run this cell again" in gone["notice"].lower()
    move_to_stored(page)
    assert shown(page)["source"] == "stored"

    next_day(page)  # the kernel that was restarted knew no panel, so nothing of it was saved
    image(page)
    run_all(page)
    assert shown(page)["source"] == "live"
    page.evaluate(SAVE)
    make_foreign(path)
    reload(page)
    connected(page)
    image(page)


def make_foreign(path):
    """Make a notebook somebody else's: its signature does not fit any more."""
    saved = nbformat.read(path, 4)
    saved.metadata["author"] = "somebody else"
    nbformat.write(saved, path)


@pytest.mark.browser
def test_a_guess_in_a_cell_uncovers_the_panel_of_the_same_kernel(lab, browser):  # noqa: F811
    cells = ("import os\nos.environ['LABKIT_FAST'] = '0'\nimport labkit", 'labkit.predict("01")', 'labkit.panel("01")')
    name = "guess.ipynb"
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    made.metadata["kernelspec"] = PYTHON
    nbformat.write(made, lab.root / name)
    page = browser.new_page()
    open_notebook(page, lab, name)
    outputs = run_all(page)
    page.wait_for_selector(".lk-panel .lk-ask")
    assert "wrong" not in "".join(outputs[1]["data"]["text/plain"]).partition("labels is wrong?")[2]
    asking, panel = page.locator(".lk-prediction"), page.locator(".lk-panel")
    assert not panel.locator(".lk-rows").is_visible() and not panel.locator(".lk-controls").is_visible()
    asking.locator(".lk-number-of").fill("40")
    asking.locator(".lk-keep").click()
    page.wait_for_function(GONE_THERE, arg={"rate": 8, "noise": 3}, timeout=60_000)
    kept = shown(page)
    assert (kept["drawn"]["rate"], kept["drawn"]["noise"]) == (8, 3) and kept["source"] == "live"
    assert "too high" in panel.locator(".lk-foot").inner_text()
    assert "You guessed 40%" in asking.inner_text() and "too high" not in asking.inner_text()
    close_notebook(page)
