"""The world of lesson 00 in a real JupyterLab: a kernel learns the labels that are turned over, and so does the page
when no kernel answers."""

import pytest
from browser import at_rest, browser, close_notebook, lab, open_notebook, run_all  # noqa: F401
from test_panels_live import SETTLED, notebook, restart, shown

from labkit.lessons.l00 import study

LEARNT = "() => [...document.querySelectorAll('[data-learnt=\"1\"]')].map((el) => Number(el.dataset.point))"
PLANE = ".lk-world svg.lk >> nth=0"
EPOCH = "() => document.querySelector('.lk-time output').textContent"


@pytest.mark.slow
@pytest.mark.browser
def test_flips_are_learnt_with_a_kernel_and_without(lab, browser):  # noqa: F811
    page, wrong = browser.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    try:
        open_notebook(page, lab, notebook(lab, "00"))
        run_all(page)
        before = shown(page)
        page.locator(PLANE).evaluate("(plane) => plane.scrollIntoView({ block: 'center' })")
        at_rest(page.locator(PLANE))
        page.locator("[data-point='5']").click(force=True)
        page.wait_for_function("(raw) => document.querySelector('.lk-panel').dataset.drawn !== raw", arg=before["raw"])
        live = shown(page)
        assert live["drawn"]["marks"] == {"world": [5]} and live["source"] == "live" and not live["silent"]
        assert page.evaluate(EPOCH) == "epoch 6 of 6", "the kernel trains at the smallest size here"

        restart(page)
        page.locator(PLANE).focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
        page.wait_for_function("() => seen.drawn().marks.world.length !== 1 || !seen.settled()")
        page.wait_for_function(SETTLED, timeout=60_000)
        alone = shown(page)
        assert alone["silent"] and "run this cell again" in alone["notice"].lower()
        assert len(alone["drawn"]["marks"]["world"]) == 2
        assert page.evaluate(EPOCH) == f"epoch {study.EPOCHS} of {study.EPOCHS}", "the page trains all epochs"
        assert page.evaluate(LEARNT)
        assert not wrong
    finally:
        close_notebook(page)
