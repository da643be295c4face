"""Every lesson in a real JupyterLab and a real Chromium: it runs, its panel is dragged, and a reload keeps it.

LABKIT_SHOTS=FOLDER keeps screenshots: each panel at both ends of its first slider, in light and dark.
"""

import json
import os
from pathlib import Path

import pytest
from browser import browser, clear, complaints, connected, drag, lab, open_notebook, run_all, settled, shot  # noqa: F401

from labkit import rooms
from labkit.exercises import all_exercises

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[1]
LESSONS = sorted((ROOT / "lessons").glob("*.ipynb"))
ALWAYS = "02_memorisation"  # the others run with --all
WORDS = (
    ".lk-heading, .lk-now, .lk-called, output, .lk-head *, .lk-words *, .lk-caption, .lk-name, .lk-value, .lk-tick, "
    ".lk-label, .lk-word, .lk-panel th, .lk-panel td, .lk-foot *"
)
RESIZE = """(fast) => jupyterapp.shell.currentWidget.sessionContext.session.kernel
  .requestExecute({ code: `import os; os.environ['LABKIT_FAST'] = '${fast}'` }).done"""
THEME = "(theme) => jupyterapp.commands.execute('apputils:change-theme', { theme })"


def marked(path):
    return pytest.param(path, id=path.stem, marks=[] if path.stem == ALWAYS else pytest.mark.slow)


def has_panel(path):
    return path.stem[:2] in rooms.lessons("panel") or path.stem in rooms.lessons("panel")


@pytest.fixture(scope="module")
def tab(browser):  # noqa: F811
    """One page for all lessons: JupyterLab is loaded once, and again where a test reloads it."""
    page = browser.new_page()
    page.set_viewport_size({"width": 1200, "height": 1900})  # the whole panel in one screenshot
    page.bad = []
    page.on("pageerror", lambda error: page.bad.append(str(error)))
    yield page
    page.close()


@pytest.fixture(scope="module", params=[marked(path) for path in LESSONS if has_panel(path)])
def page(request, lab, tab):  # noqa: F811
    """A lesson in JupyterLab, executed at its small size."""
    tab.lesson = request.param.stem
    tab.bad.clear()
    try:
        open_notebook(tab, lab, f"lessons/{request.param.name}")
        tab.outputs = run_all(tab)
        settled(tab)
        yield tab
    finally:
        clear(tab)


@pytest.fixture(autouse=True)
def no_errors_in_the_page(request):
    yield
    if "page" in request.fixturenames:
        assert request.getfixturevalue("page").bad == []


def sized(page, full):
    """Let the panel train as a reader sees it, or as little as the executed lesson."""
    page.evaluate(RESIZE, "0" if full else "1")


def both_ends(page, theme):
    """Drag the first control to both ends. -> what the picture shows there, and its axes and sizes"""
    seen = []
    for name, share in (("low", 0.0), ("high", 1.0)):
        drag(page, share)
        settled(page)
        drawn, controls = page.evaluate("() => [seen.drawn(), seen.controls()]")  # of one moment
        assert drawn.items() >= controls.items()
        page.locator(".lk-panel").first.scroll_into_view_if_needed()
        shot(page, f"{page.lesson}_{theme}_{name}", ".lk-panel")
        seen.append(page.evaluate("() => [seen.picture(), seen.frame(), seen.heights()]"))
    return seen


def test_an_untouched_lesson_fails_its_checks_and_nothing_else(page):
    printed = ["".join(output["text"]) for output in page.outputs if output.get("name") == "stdout"]
    lines = [line.split() for text in printed for line in text.splitlines() if line[:1] in ("✓", "✗", "○")]
    wanted = [exercise for exercise in all_exercises() if exercise.startswith(page.lesson[:2])]
    assert [line[:2] for line in lines] == [["○", exercise] for exercise in wanted]
    assert wanted or page.lesson == "sandbox"


def test_the_lesson_runs_and_its_panel_shows_a_picture(page):
    assert page.outputs and complaints(page.outputs) == []
    assert page.locator(".lk-panel").count() == 1
    assert page.evaluate("() => seen.picture()")
    assert page.locator(".lk-ask").count() == 0, "a notebook that runs at its small size waits for no guess"
    printed = "".join("".join(output["text"]) for output in page.outputs if output.get("name") == "stdout")
    if page.lesson not in ("sandbox", "00_start_here"):  # the bet is the notebook's own; the world asks nothing
        assert printed.count("Nothing was guessed.") == 1


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_dragging_the_first_control_changes_the_picture_and_nothing_else(page, theme):
    page.evaluate(THEME, f"JupyterLab {theme}")
    wanted = str(theme == "Light").lower()
    page.wait_for_function("(light) => document.body.dataset.jpThemeLight === light", arg=wanted, timeout=20_000)
    page.wait_for_timeout(500)  # the theme's colours fade in
    sized(page, full=theme == "Light" or bool(os.environ.get("LABKIT_SHOTS")))
    (low, axes, heights), (high, *same) = both_ends(page, theme.lower())
    assert low != high
    assert same == [axes, heights], "axes and heights stand still"
    contrast = page.evaluate("(words) => seen.contrast(words)", WORDS)
    assert len(contrast) > 20
    assert [pair for pair in contrast if pair[1] < 4.5] == []


def test_the_keyboard_moves_the_first_control(page):
    sized(page, full=False)
    before = drag(page, 0.5)[1]
    settled(page)
    page.keyboard.press("ArrowLeft")
    settled(page)
    slider = page.locator(".lk-panel input[type=range]").first
    assert int(slider.input_value()) == before - 1
    assert page.evaluate("() => seen.drawn()")[slider.get_attribute("data-control")] == before - 1
    assert slider.get_attribute("aria-label") and slider.get_attribute("aria-valuetext")


def test_after_a_reload_the_picture_agrees_with_the_controls(page):
    sized(page, full=False)
    drag(page, 1.0)
    settled(page)
    before = page.evaluate("() => [seen.values(), seen.controls(), seen.drawn()]")
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    connected(page)
    settled(page)
    page.locator(".lk-panel").first.scroll_into_view_if_needed()  # pictures take their width when they are seen
    page.wait_for_function("() => seen.fits()", timeout=20_000)
    values, controls, drawn = page.evaluate("() => [seen.values(), seen.controls(), seen.drawn()]")
    assert (controls, drawn) == tuple(before[1:])
    assert values == before[0]
    before, after = drag(page, 0.25)
    settled(page)
    assert before != after
    assert page.evaluate("() => seen.values()") != values


def test_the_latency_is_written_down(page):
    """Milliseconds from the release of the mouse to changed pixels, and to the end; written to runs/latency.json."""
    sized(page, full=True)
    moves = []
    for share in (0.2, 0.7, 0.35):
        page.evaluate("() => seen.log()")
        drag(page, share, steps=1)
        page.wait_for_timeout(60)
        settled(page)
        page.wait_for_timeout(60)
        moves.append(page.evaluate("() => seen.logged()"))
    middle = {name: round(sorted(move[name] for move in moves)[1]) for name in moves[0]}
    path = ROOT / "runs" / "latency.json"
    path.parent.mkdir(exist_ok=True)
    kept = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**kept, page.lesson: middle}, indent=1, sort_keys=True))
    print(
        f"{page.lesson}: {middle['changed']} ms to changed pixels, {middle['settled']} ms to the end (median of three)"
    )


def test_a_chosen_image_shows_the_life_of_its_label(page):
    if page.lesson != ALWAYS:
        pytest.skip("only this lesson shows lives")
    tiles, life = page.locator(".lk-tile"), page.locator("[data-part=life]")
    tiles.nth(2).scroll_into_view_if_needed()
    tiles.nth(2).click()
    life.locator(".lk-moving > .lk-path").first.wait_for(timeout=10_000)
    index = tiles.nth(2).get_attribute("data-index")
    assert f"sample {index}, given" in life.locator(".lk-title").inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert tiles.nth(3).get_attribute("aria-pressed") == "true"
    assert f"sample {tiles.nth(3).get_attribute('data-index')}, given" in life.locator(".lk-title").inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in LESSONS if not has_panel(path)], ids=lambda path: path.stem)
def test_a_lesson_without_a_panel_runs_in_the_browser(lab, tab, path):  # noqa: F811
    tab.bad.clear()
    try:
        open_notebook(tab, lab, f"lessons/{path.name}")
        outputs = run_all(tab)
        assert outputs and complaints(outputs) == [] and tab.bad == []
    finally:
        clear(tab)
