"""The panels and the lessons in real JupyterLab: what a person sees who drags, clicks, reloads, changes the theme."""

import json
import statistics

import nbformat
import pytest
from browser import ROOT, browser, close_notebook, complaints, connected, lab, open_notebook, run_all, shot  # noqa: F401

pytestmark = pytest.mark.browser

LESSONS = sorted((ROOT / "lessons").glob("*.ipynb"))
PANEL = (
    "import os; os.environ.pop('LABKIT_FAST', None)",
    "from labkit import widgets; panel = widgets.MemorisationPanel(guess=0.5)",
    "panel",
    "assert len(panel.history) == 30",
)
HANDLE = ".noUi-handle"
RATE = ".widget-readout"  # the handle's aria-valuenow is rounded to one decimal
PICTURE = ".lk-curves svg.lk >> nth=0"
WORDS = ".lk-head *, .lk-words *, .lk-caption, .lk-name, .lk-value, .lk-tick, .lk-label, .lk-word"
CHOSEN = "(k) => document.querySelectorAll('.lk-title')[1].textContent.includes(`sample ${k},`)"


@pytest.fixture(scope="module")
def page(lab, browser):  # noqa: F811
    """A notebook that shows the panel, executed."""
    cells = [nbformat.v4.new_markdown_cell("# A panel"), *map(nbformat.v4.new_code_cell, PANEL)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), lab.root / "panel.ipynb")
    page = browser.new_page()
    page.bad = []
    page.on("pageerror", lambda error: page.bad.append(str(error)))
    try:
        open_notebook(page, lab, "panel.ipynb")
        assert complaints(run_all(page)) == []
        done(page)
        yield page
    finally:
        close_notebook(page)


@pytest.fixture(autouse=True)
def no_errors_in_the_page(request):
    yield
    if "page" in request.fixturenames:
        assert request.getfixturevalue("page").bad == []


def curves(page):
    """What the first panel has measured, as SVG paths."""
    return page.evaluate("() => seen.curves()")


def done(page):
    """Wait until the panel has trained."""
    page.wait_for_function("() => seen.done()", timeout=60_000)
    assert page.locator(".lk-error").all_inner_texts() == ["", ""]


def changed(page, before):
    """Wait until the panel has other curves than `before`, and has trained."""
    page.wait_for_function("(before) => seen.curves() !== before", arg=before, timeout=10_000)
    done(page)


def rate(page):
    """The rate that the slider says."""
    return float(page.locator(RATE).first.inner_text())


def drag(page, pixels, steps=8):
    """Drag the handle of the rate slider with the mouse."""
    handle = page.locator(HANDLE).first
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + pixels, y, steps=steps)
    page.mouse.up()


def test_the_panel_shows_a_trained_network_and_the_guess(page):
    assert page.locator(PICTURE).get_attribute("aria-label").startswith("What the network has learnt")
    assert page.locator(".lk-curves").first.locator(".lk-path[data-name='your guess, memorised']").count() == 1
    assert "your guess is" in page.locator(".lk-message").first.inner_text()
    assert page.locator(".lk-hidden table").first.locator("tr").count() == 5
    shot(page, "light")


def test_dragging_the_rate_redraws_one_panel_of_constant_height(page):
    before, value = curves(page), rate(page)
    page.evaluate("() => seen.log()")
    drag(page, 60, steps=20)
    changed(page, before)
    frames = page.evaluate("() => seen.logged()")
    assert rate(page) != value
    assert page.locator(PICTURE).count() == 1
    assert page.locator(".lk-gallery").count() == 1
    assert len({frame["height"] for frame in frames}) == 1
    assert len({frame["curves"] for frame in frames}) > 5, "the curves grow while the network learns"


def test_arrow_keys_move_the_slider(page):
    before, value = curves(page), rate(page)
    page.locator(HANDLE).first.focus()
    key, sign = ("ArrowLeft", -1) if value > 0.4 else ("ArrowRight", 1)
    for _ in range(3):
        page.keyboard.press(key)
    changed(page, before)
    assert rate(page) == pytest.approx(value + 3 * 0.05 * sign)
    assert f"symmetric {rate(page):.0%}" in page.locator(".lk-caption").first.inner_text()


def test_a_chosen_image_shows_the_life_of_its_label(page):
    tiles, life = page.locator(".lk-tile"), page.locator(".lk-curves").nth(1)
    assert tiles.count() == 24
    tiles.nth(2).scroll_into_view_if_needed()
    tiles.nth(2).click()
    life.locator(".lk-moving > .lk-path").first.wait_for(timeout=10_000)
    assert f"sample {tiles.nth(2).get_attribute('data-index')}, given" in life.locator(".lk-title").inner_text()
    assert life.locator(".lk-word").count() == 30
    assert "believed label by epoch: 1: " in life.locator(".lk-hidden p").inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    other = tiles.nth(3).get_attribute("data-index")
    page.wait_for_function(CHOSEN, arg=other)
    assert tiles.nth(3).get_attribute("aria-pressed") == "true"
    assert tiles.nth(2).get_attribute("aria-pressed") == "false"
    assert page.evaluate("() => document.activeElement.dataset.index") == other
    shot(page, "life")


def test_a_reload_shows_what_was_there_before_it(page):
    first = curves(page)
    drag(page, -45)
    changed(page, first)
    before, value = curves(page), rate(page)
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    connected(page)
    done(page)
    assert curves(page) == before
    assert rate(page) == value
    assert page.locator(".lk-tile").count() == 24
    drag(page, 30)
    changed(page, before)


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_words_stay_readable_in_both_themes(page, theme):
    page.evaluate("(theme) => jupyterapp.commands.execute('apputils:change-theme', { theme })", f"JupyterLab {theme}")
    wanted = str(theme == "Light").lower()
    page.wait_for_function("(light) => document.body.dataset.jpThemeLight === light", arg=wanted, timeout=20_000)
    page.wait_for_timeout(500)  # the theme's colours fade in
    shot(page, theme.lower())
    contrast = page.evaluate("(words) => seen.contrast(words)", WORDS)
    assert len(contrast) > 60
    assert [pair for pair in contrast if pair[1] < 4.5] == []


def test_latencies_are_written_down(page):
    """How long a person waits, on this machine: written to runs/latency.json, never asserted."""
    moves = []
    for pixels in (40, -40) * 5:
        page.evaluate("() => seen.log()")
        drag(page, pixels, steps=1)
        page.wait_for_timeout(300)
        done(page)
        page.wait_for_timeout(100)
        moves.append(latency(page.evaluate("() => seen.logged()")))
    medians = {name: round(statistics.median(move[name] for move in moves)) for name in moves[0]}
    report = {"what": "milliseconds from a slider move, median of ten", **medians, "moves": moves}
    (ROOT / "runs").mkdir(exist_ok=True)
    (ROOT / "runs" / "latency.json").write_text(json.dumps(report, indent=1))
    print(medians)
    assert len(moves) == 10


def latency(frames):
    """Milliseconds from the first frame with a new slider position to what follows.

    picture: anything in the panel changed; curve: a measured curve did; finished: the training is over. -> dict
    """
    first = frames[0]
    later = frames[next(k for k, frame in enumerate(frames) if frame["slider"] != first["slider"]) :]
    busy = later[next(k for k, frame in enumerate(later) if frame["busy"]) :]
    when = lambda frames, true: round(next(frame["ms"] for frame in frames if true(frame)) - later[0]["ms"])
    return {
        "picture": when(later, lambda frame: frame["picture"] != first["picture"]),
        "curve": when(later, lambda frame: frame["curves"] != first["curves"]),
        "finished": when(busy, lambda frame: not frame["busy"]),
    }


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_in_the_browser(lab, browser, path):  # noqa: F811
    page, bad = browser.new_page(), []
    page.on("pageerror", lambda error: bad.append(str(error)))
    try:
        open_notebook(page, lab, f"lessons/{path.name}")
        outputs = run_all(page)
        page.wait_for_function("() => !document.querySelector('.lk-busy')", timeout=60_000)
        if page.locator(".lk-curves").count():
            page.locator(".lk-curves").first.scroll_into_view_if_needed()
        shot(page, path.stem)
        assert outputs
        assert complaints(outputs) == []
        assert page.locator(".lk-error:not(:empty)").count() == 0
        assert bad == []
    finally:
        close_notebook(page)
