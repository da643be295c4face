"""The panels and the lessons in real JupyterLab: what a person sees who drags, clicks, reloads, changes the theme."""

import json
import statistics

import nbformat
import pytest
from browser import ROOT, browser, close_notebook, complaints, connected, lab, open_notebook, run_all, shot  # noqa: F401

pytestmark = pytest.mark.browser

LESSONS = sorted((ROOT / "lessons").glob("*.ipynb"))
PANEL = """\
import os
os.environ.pop("LABKIT_FAST", None)
from labkit.view.widgets import MemorisationPanel
panel = MemorisationPanel(guess=0.5)
panel"""
HANDLE = ".noUi-handle"
PICTURE = ".lk-curves svg.lk >> nth=0"
# what the first panel draws: the measured curves, and everything
CURVES = """() => [...document.querySelectorAll('.lk-curves')[0].querySelectorAll('.lk-moving > .lk-path')]
  .filter((p) => p.dataset.name !== 'your guess').map((p) => p.getAttribute('d')).join('|')"""
DONE = """() => {
  const [panel] = document.querySelectorAll('.lk-curves');
  return panel && !panel.querySelector('.lk-busy') && panel.querySelectorAll('.lk-moving > .lk-path').length >= 4;
}"""
LOGGER = """() => {
  window.frames_ = [];
  const [panel] = document.querySelectorAll('.lk-curves');
  const look = () => {
    frames_.push([
      performance.now(), document.querySelector('.noUi-handle').getAttribute('aria-valuenow'),
      panel.querySelector('.lk-moving').innerHTML,
      [...panel.querySelectorAll('.lk-moving > .lk-path')].map((p) => p.getAttribute('d')).join(),
      !!panel.querySelector('.lk-busy'), panel.closest('.jp-OutputArea').offsetHeight,
    ]);
    if (window.looking) requestAnimationFrame(look);
  };
  window.looking = true;
  requestAnimationFrame(look);
}"""
CONTRAST = """(wanted) => {
  const rgb = (text) => {
    const v = text.match(/[\\d.]+/g).map(Number);
    const scale = text.startsWith('color(') ? 255 : 1;
    return { c: v.slice(0, 3).map((k) => k * scale), a: v[3] ?? 1 };
  };
  const light = (c) => c.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const under = (el) => {
    for (let e = el; e; e = e.parentElement) {
      const b = rgb(getComputedStyle(e).backgroundColor);
      if (b.a > 0.99) return b.c;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll(wanted)].filter((el) => el.textContent.trim()).map((el) => {
    const style = getComputedStyle(el);
    const ink = rgb(el instanceof SVGElement ? style.fill : style.color);
    const [paper, a] = [under(el), ink.a * Number(style.opacity)];
    const seen = ink.c.map((v, k) => a * v + (1 - a) * paper[k]);
    const [high, low] = [light(seen), light(paper)].sort((p, q) => q - p);
    return [el.textContent.trim(), (high + 0.05) / (low + 0.05)];
  });
}"""
WORDS = (
    ".lk-title, .lk-message, .lk-caption, .lk-name, .lk-value, .lk-tick, .lk-label, .lk-word, .lk-words *, .lk-head *"
)
CAPTION = "() => document.querySelector('.lk-caption').textContent"
CHOSEN = "(k) => document.querySelectorAll('.lk-title')[1].textContent.includes(`sample ${k},`)"


@pytest.fixture(scope="module")
def page(lab, browser):  # noqa: F811
    """A notebook that shows the panel, executed."""
    cells = [nbformat.v4.new_markdown_cell("# A panel"), nbformat.v4.new_code_cell(PANEL)]
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


def done(page):
    """Wait until the panel has trained."""
    page.wait_for_function(DONE, timeout=60_000)


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
    assert page.locator(".lk-curves").first.locator(".lk-path[data-name='your guess']").count() == 1
    assert "your guess is" in page.locator(".lk-message").first.inner_text()
    assert page.locator(".lk-hidden table").first.locator("tr").count() == 5
    shot(page, "light")


def test_dragging_the_rate_redraws_one_panel_of_constant_height(page):
    before, rate = page.evaluate(CURVES), page.locator(".widget-readout").first.inner_text()
    page.evaluate(LOGGER)
    drag(page, 60, steps=20)
    page.wait_for_function("(before) => (" + CURVES + ")() !== before", arg=before, timeout=10_000)
    done(page)
    page.evaluate("() => { window.looking = false; }")
    assert page.locator(".widget-readout").first.inner_text() != rate
    assert page.locator(PICTURE).count() == 1
    assert page.locator(".lk-gallery").count() == 1
    heights = {frame[5] for frame in page.evaluate("() => frames_")}
    assert len(heights) == 1, heights


def test_arrow_keys_move_the_slider(page):
    before = page.evaluate(CURVES)
    handle = page.locator(HANDLE).first
    handle.focus()
    value = float(handle.get_attribute("aria-valuenow"))
    key, sign = ("ArrowLeft", -1) if value > 0.4 else ("ArrowRight", 1)
    for _ in range(3):
        page.keyboard.press(key)
    page.wait_for_function("(before) => (" + CURVES + ")() !== before", arg=before, timeout=10_000)
    done(page)
    assert float(handle.get_attribute("aria-valuenow")) == pytest.approx(value + 3 * 0.05 * sign)
    assert f"symmetric {value + 3 * 0.05 * sign:.0%}" in page.evaluate(CAPTION)


def test_a_chosen_image_shows_the_life_of_its_label(page):
    tiles = page.locator(".lk-tile")
    assert tiles.count() == 24
    tiles.nth(2).scroll_into_view_if_needed()
    tiles.nth(2).click()
    life = page.locator(".lk-curves").nth(1)
    life.locator(".lk-moving > .lk-path").first.wait_for(timeout=10_000)
    sample = tiles.nth(2).get_attribute("data-index")
    assert f"sample {sample}, given" in life.locator(".lk-title").inner_text()
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
    first = page.evaluate(CURVES)
    drag(page, -45)
    page.wait_for_function("(before) => (" + CURVES + ")() !== before", arg=first, timeout=10_000)
    done(page)
    before, value = page.evaluate(CURVES), page.locator(HANDLE).first.get_attribute("aria-valuenow")
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    connected(page)
    done(page)
    assert page.evaluate(CURVES) == before
    assert page.locator(HANDLE).first.get_attribute("aria-valuenow") == value
    assert page.locator(".lk-tile").count() == 24
    drag(page, 30)
    page.wait_for_function("(before) => (" + CURVES + ")() !== before", arg=before, timeout=10_000)
    done(page)


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_words_stay_readable_in_both_themes(page, theme):
    page.evaluate("(theme) => jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
    wanted = str("Light" in theme).lower()
    page.wait_for_function("(light) => document.body.dataset.jpThemeLight === light", arg=wanted, timeout=20_000)
    page.wait_for_timeout(500)
    shot(page, theme.split()[1].lower())
    contrast = page.evaluate(CONTRAST, WORDS)
    assert len(contrast) > 60
    assert min(contrast, key=lambda pair: pair[1])[1] >= 4.5, sorted(contrast, key=lambda pair: pair[1])[:5]


def test_latencies_are_written_down(page):
    """How long a person waits, on this machine: written to runs/latency.json, never asserted."""
    moves = []
    for pixels in (40, -40) * 5:
        page.evaluate(LOGGER)
        drag(page, pixels, steps=1)
        page.wait_for_timeout(300)
        done(page)
        page.wait_for_timeout(100)
        page.evaluate("() => { window.looking = false; }")
        moves.append(latency(page.evaluate("() => frames_")))
    medians = {name: round(statistics.median(move[name] for move in moves)) for name in moves[0]}
    report = {"what": "milliseconds from a slider move, median of ten", **medians, "moves": moves}
    (ROOT / "runs").mkdir(exist_ok=True)
    (ROOT / "runs" / "latency.json").write_text(json.dumps(report, indent=1))
    print(medians)
    assert len(moves) == 10


def latency(frames):
    """Milliseconds from the first frame with a new slider value to what follows. frames: of LOGGER.

    picture: anything in the panel changed; curve: a measured curve did; finished: the training is over. -> dict
    """
    _, value, picture, curves, *_ = frames[0]
    moved = next(k for k, frame in enumerate(frames) if frame[1] != value)
    after = lambda true: next(frame[0] for frame in frames[moved:] if true(frame)) - frames[moved][0]
    busy = next(k for k, frame in enumerate(frames) if k >= moved and frame[4])
    return {
        "picture": round(after(lambda frame: frame[2] != picture)),
        "curve": round(after(lambda frame: frame[3] != curves)),
        "finished": round(next(frame[0] for frame in frames[busy:] if not frame[4]) - frames[moved][0]),
    }


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_in_the_browser(lab, browser, path):  # noqa: F811
    page, bad = browser.new_page(), []
    page.on("pageerror", lambda error: bad.append(str(error)))
    try:
        open_notebook(page, lab, f"lessons/{path.name}")
        outputs = run_all(page)
        page.wait_for_timeout(1000)
        shot(page, path.stem)
        assert outputs
        assert complaints(outputs) == []
        assert page.locator(".lk-error:not(:empty)").count() == 0
        assert bad == []
    finally:
        close_notebook(page)
