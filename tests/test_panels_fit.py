"""Panels fit their window: no text is clipped or tiny. They show stored pictures, from a file."""

import pytest
from access import PACKAGE, violations
from browser import browser  # noqa: F401

from labkit import rooms
from labkit.panels.script import classic
from labkit.site import living

PANELS = rooms.lessons("panel")
QUICK = ("05", "11")
WIDTHS = (1280, 390)
BETWEEN = (1000, 760, 620, 480)  # windows in which something else may stand beside something else
NARROWEST = 120  # pixels of a drawing
HIGHEST = 680  # pixels of a panel in a window of 1280
SMALLEST = 11  # pixels of a letter
PAGE = """<!doctype html><html><head><meta charset="utf-8"><style>{styles}</style></head><body>
<main style="max-width: 980px; margin: 8px">{places}</main>
<script>{panel}</script>{stored}<script>{site}</script></body></html>"""
PLACE = '<div class="panel-place" data-panel="{name}" data-state="{{}}"></div>'
ALL_SETTLED = "(n) => document.querySelectorAll('.lk-panel[data-settled=\"1\"]').length === n"
SETTLED = "() => document.querySelector('.lk-panel')?.dataset.settled === '1'"
# texts that are wider than their box or that another box cuts off, and texts beyond the edge of their drawing
CLIPPED = """() => {
  const found = [];
  const box = (el) => el.getBoundingClientRect();
  const shown = (el) => box(el).width > 1 && box(el).height > 1 && getComputedStyle(el).visibility !== "hidden";
  const cuts = (el) => ["hidden", "clip"].includes(getComputedStyle(el).overflowX);
  const outside = (a, b) => a.right > b.right + 1 || a.left < b.left - 1;
  const text = (el) => [...el.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  for (const el of document.querySelectorAll(".lk-panel *")) {
    if (el.closest(".lk-hidden") || !shown(el) || !text(el)) continue;
    const note = () => found.push(`${el.getAttribute("class")}: ${el.textContent.trim().slice(0, 60)}`);
    if (el instanceof SVGElement) {
      if (outside(box(el), box(el.ownerSVGElement))) note();
      continue;
    }
    if (cuts(el) && el.scrollWidth > el.clientWidth + 1) note();
    for (let up = el.parentElement; up?.closest(".lk-panel"); up = up.parentElement) {
      if (cuts(up) && outside(box(el), box(up))) note();
    }
  }
  return found;
}"""
CHOOSE = """() => {
  const key = new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true });
  document.querySelector(".lk-scatter svg.lk")?.dispatchEvent(key);
  document.querySelector(".lk-tile")?.click();
}"""
ENDS = """() => [...document.querySelectorAll(".lk-panel input[type=range], .lk-panel select")].flatMap((el, k) =>
  el.tagName === "SELECT" ? [[k, 0], [k, el.length - 1]] : [[k, 0], [k, Number(el.max)]])"""
# scrolled until the last picture is in the window, the first control still is
IN_SIGHT = """() => {
  [...document.querySelectorAll(".lk-part")].at(-1).scrollIntoView({ block: "end" });
  const { top, bottom } = document.querySelector(".lk-panel .lk-control").getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}"""
# what a panel measures: its height, and the smallest letters in it
SIZES = """() => [...document.querySelectorAll(".lk-panel")].map((panel) => {
  const text = (el) => [...el.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const seen = [...panel.querySelectorAll("*")].filter((el) => text(el) && el.getBoundingClientRect().width > 1);
  return [panel.closest(".panel-place").dataset.panel, panel.getBoundingClientRect().height,
    Math.min(...seen.map((el) => parseFloat(getComputedStyle(el).fontSize)))];
})"""
THIN = """(least) => [...document.querySelectorAll(".lk-panel .lk-plot")].filter((el) => el.clientWidth < least)
  .map((el) => [el.closest(".panel-place").dataset.panel, el.closest(".lk-part").dataset.part, el.clientWidth])"""
# pin the shown run, and the one two steps on; then the first control goes on by one: -> pins in each panel
PINS = """async () => {
  const steady = () => new Promise((done) => setTimeout(done, 400));
  const panels = [...document.querySelectorAll(".lk-panel")];
  const move = (panel, by) => {
    const el = panel.querySelector("input[type=range]");
    el.value = Number(el.value) + (Number(el.value) + by <= Number(el.max) ? by : -by);
    el.dispatchEvent(new Event("input", { bubbles: true }));
  };
  for (const by of [0, 2, 1]) {
    panels.forEach((panel) => by && move(panel, by));
    await steady();
    panels.forEach((panel) => by !== 1 && panel.querySelector(".lk-pin")?.click());
    await steady();
  }
  return panels.filter((panel) => panel.querySelector(".lk-pin"))
    .map((panel) => [panel.closest(".panel-place").dataset.panel, panel.querySelectorAll(".lk-chips li").length]);
}"""
SET = """([k, value]) => {
  const el = [...document.querySelectorAll(".lk-panel input[type=range], .lk-panel select")][k];
  el.value = value;
  el.dispatchEvent(new Event(el.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
}"""


def page_of(names, folder):
    """A page with panels, and all that they need in it. -> its path"""
    path = folder / "panels.html"
    parts = {
        "places": "".join(PLACE.format(name=name) for name in names),
        "styles": living.styles(),
        "panel": classic(),
        "stored": "".join(f"<script>{living.script(name)}</script>" for name in names),
        "site": living.front("site.js"),
    }
    path.write_text(PAGE.format(**parts), encoding="utf-8")
    return path


@pytest.mark.browser
def test_every_panel_fits_its_window(browser, tmp_path):  # noqa: F811
    page = browser.new_page()
    page.set_viewport_size({"width": WIDTHS[0], "height": 800})
    page.goto(page_of(PANELS, tmp_path).as_uri())
    page.wait_for_function(ALL_SETTLED, arg=len(PANELS), timeout=60_000)
    sizes = page.evaluate(SIZES)
    assert [name for name, *_ in sizes] == list(PANELS)
    assert [size for size in sizes if size[1] > HIGHEST or size[2] < SMALLEST] == []
    assert all(pins == 2 for _, pins in page.evaluate(PINS))
    assert [size for size in page.evaluate(SIZES) if size[1] > HIGHEST or size[2] < SMALLEST] == [], "with two pins"
    page.set_viewport_size({"width": WIDTHS[1], "height": 800})
    page.wait_for_function("() => document.querySelector('.lk-panel').clientWidth < 390")
    assert page.evaluate("() => document.documentElement.scrollWidth") == WIDTHS[1]
    assert [size for size in page.evaluate(SIZES) if size[2] < SMALLEST] == []
    for width in (*BETWEEN, WIDTHS[1]):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(300)
        assert page.evaluate(THIN, NARROWEST) == [], f"in a window of {width} pixels"
        assert page.evaluate("() => document.documentElement.scrollWidth") == width
    page.close()


@pytest.mark.browser
@pytest.mark.peers(PACKAGE)
def test_every_panel_is_for_everybody(browser, tmp_path):  # noqa: F811
    page = browser.new_page()
    page.goto(page_of(PANELS, tmp_path).as_uri())
    page.wait_for_function(ALL_SETTLED, arg=len(PANELS), timeout=60_000)
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found[scheme] = violations(page, "main")
    assert found == {"light": [], "dark": []}
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in PANELS]
)
def test_no_text_is_clipped_in_any_corner_of_a_panel(name, width, browser, tmp_path):  # noqa: F811
    page = browser.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(page_of([name], tmp_path).as_uri())
    page.wait_for_function(SETTLED)
    page.evaluate(CHOOSE)
    clipped = {"at the start": page.evaluate(CLIPPED)}
    for end in page.evaluate(ENDS):
        page.evaluate(SET, end)
        page.wait_for_function(SETTLED)
        clipped[str(end)] = page.evaluate(CLIPPED)
    assert {state: texts for state, texts in clipped.items() if texts} == {}
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(IN_SIGHT)
    page.close()
    assert not wrong
