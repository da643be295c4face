"""Settings beside the one that a panel shows: visited ones, pinned ones, and the moves that lead to them."""

import threading

import pytest
from browser import browser  # noqa: F401
from test_panels_fit import CLIPPED, SETTLED, page_of

from labkit import rooms
from labkit.panels import Move, Panel, Sketch, choice, curve, cycle, lessons, moves, part, slider, stored
from labkit.panels.visited import Visit, Visited

EVERY = rooms.lessons("panel")


class Counted:
    """A draw that counts its calls; `method` "bad" cannot be drawn."""

    def __init__(self):
        self.calls = []

    def __call__(self, state, show):
        self.calls.append((state.rate, state.method))
        if state.method == "bad":
            raise ArithmeticError("the loss is not finite")
        series = [curve("test", [1, 2], [state.rate, state.rate])]
        show(
            history={"series": series, "caption": "long"}, gallery={"items": []}, message=f"{state.method} {state.rate}"
        )
        return state.rate


def sketch(draw, **more):
    controls = [
        slider("rate", "τ", "noise rate", [0.0, 0.2, 0.4], 0.4, unit="percent"),
        choice("method", "", "method", ["ERM", "CDR", "bad"], "ERM"),
        cycle("seed", "", "Next seed", [0, 1]),
    ]
    parts = [part("curves", "history"), part("gallery", "gallery")]
    rows = [["history"], ["gallery"]]
    return Sketch("demo", "Demo", controls, parts, rows, draw, **{"versus": "method", **more})


@pytest.fixture(autouse=True)
def nobody_looks(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)


def test_a_setting_that_was_visited_is_not_drawn_again():
    draw = Counted()
    panel = Panel(sketch(draw)).move(rate=0.0).move(rate=0.2).move(rate=0.0)
    assert draw.calls == [(0.0, "ERM"), (0.2, "ERM")]
    assert panel.drawn == panel.drawing == panel.state and not panel.busy
    assert panel.picture["history"]["series"][0]["y"] == [0.0, 0.0]
    assert (panel.result, panel.message, panel.progress) == (0.0, "ERM 0.0", 1.0)


def test_a_visited_setting_is_shown_at_once_while_another_is_being_drawn():
    begun, go = threading.Event(), threading.Event()
    draw = Counted()

    def slow(state, show):
        if state.rate == 0.2:
            begun.set()
            go.wait(5)
        return draw(state, show)

    panel = Panel(sketch(slow)).move(rate=0.0)
    panel.alive = True
    panel.state = {**panel.state, "rate": 1}
    assert begun.wait(5) and panel.busy
    panel.state = {**panel.state, "rate": 0}
    assert panel.drawn == panel.state and not panel.busy and panel.message == "ERM 0.0"
    go.set()
    panel.worker.wait()
    assert panel.drawn == panel.state and panel.result == 0.0


def test_the_oldest_visits_are_forgotten_and_marks_are_never_kept():
    visited = Visited(most=2)
    for rate in (0, 1, 2):
        visited.keep({"rate": rate, "seed": 0}, Visit({}, str(rate), None))
    assert visited.find({"seed": 0, "rate": 2}).message == "2" and visited.find({"rate": 0, "seed": 0}) is None
    marked = {"rate": 2, "seed": 0, "marks": {"world": [1]}}
    visited.keep(marked, Visit({}, "marked", None))
    assert visited.find(marked) is None and len(visited.visits) == 2


def test_a_pin_is_drawn_after_the_setting_that_is_shown_and_only_its_curves_are_kept():
    draw = Counted()
    panel = Panel(sketch(draw))
    panel.pins = [{**panel.state, "method": 1}]
    assert draw.calls == [(0.4, "ERM"), (0.4, "CDR")]
    assert panel.pinned == {"2,1,0": {"history": {"series": [curve("test", [1, 2], [0.4, 0.4])]}}}
    assert panel.drawn == panel.state and panel.message == "ERM 0.4" and panel.result == 0.4
    panel.move(method="CDR")
    assert len(draw.calls) == 2, "it was drawn when it was pinned"
    panel.pins = []
    assert panel.pinned == {}


def test_pins_are_drawn_in_the_thread_of_the_panel_and_wait_for_the_shown_setting():
    go, draw = threading.Event(), Counted()

    def slow(state, show):
        go.wait(5)
        return draw(state, show)

    panel = Panel(sketch(slow))
    panel.alive = True
    panel.pins = [{**panel.state, "method": 1}, {**panel.state, "rate": 0}]
    go.set()
    panel.worker.wait()
    assert draw.calls == [(0.4, "ERM"), (0.4, "CDR"), (0.0, "ERM")]
    assert set(panel.pinned) == {"2,1,0", "0,0,0"} and not panel.pinning


def test_a_pin_that_cannot_be_drawn_goes_and_the_shown_run_stays():
    panel = Panel(sketch(Counted())).move(rate=0.2)
    panel.pins = [{**panel.state, "method": 2}, {**panel.state, "method": 1}]
    assert panel.pins == [{**panel.state, "method": 1}] and set(panel.pinned) == {"1,1,0"}
    assert "not finite" in panel.message and panel.result == 0.2


def test_moves_that_the_controls_cannot_make_are_refused():
    def moved(*listed):
        return sketch(Counted(), moves=listed)

    with pytest.raises(ValueError, match=r"rate is 0.3; it may be 0.0, 0.2, 0.4"):
        moved(Move("a", {"rate": 0.3}, "Look."))
    with pytest.raises(ValueError, match="did you mean 'method'"):
        moved(Move("a", {"rate": 0.2}, "Look.", beside={"methods": "CDR"}))
    with pytest.raises(ValueError, match="part is 'world'"):
        moved(Move("a", {}, "Look.", marks={"world": [1]}))
    with pytest.raises(ValueError, match="different words"):
        moved(Move("a", {}, "Look."), Move("a", {"rate": 0.2}, "Look."))
    with pytest.raises(ValueError, match="versus is 'loss'"):
        sketch(Counted(), versus="loss")


def test_a_move_names_a_whole_setting():
    made = sketch(Counted(), moves=(Move("a", {"rate": 0.0}, "Look.", beside={"method": "CDR"}),))
    (found,) = Panel(made, rate=0.2, method="bad").moves
    assert found["state"] == {"rate": 0, "method": 0, "seed": 0}, "what it does not name goes to its start"
    assert found["beside"] == [{"rate": 0, "method": 1, "seed": 0}]


@pytest.mark.parametrize("lesson", EVERY)
def test_every_panel_has_moves_whose_settings_are_stored(lesson):
    asked = lessons.sketch(lesson)
    assert 3 <= len(asked.moves) <= 4
    for move in asked.moves:
        for state in moves.states(asked, move):
            assert stored.frame(asked, {**state, "marks": {}})["picture"], move.words
        assert len(move.words) <= 32 and 20 <= len(move.look) <= 200, move.words
    has_curves = any(declared["kind"] == "curves" for declared in asked.parts)
    assert bool(asked.versus) == has_curves


# -- in a browser, on a page without a kernel

DRAWN = "() => JSON.parse(document.querySelector('.lk-panel').dataset.drawn)"
GHOSTS = "() => document.querySelectorAll('.lk-moving .lk-ghost .lk-path').length"
PINNED = "() => document.querySelectorAll('.lk-moving .lk-pinned .lk-path').length"
CURVES = "() => document.querySelectorAll('.lk-moving > .lk-path').length"
LEGEND = ".lk-legend >> nth=0"
WAS = ".lk-was >> nth=0"
PAUSE = 500  # ms: the address follows after 200


@pytest.fixture
def page(browser, tmp_path):  # noqa: F811
    """A page file with the panel of lesson 02; at its end it has not complained."""
    page, wrong = browser.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.address = page_of(["02"], tmp_path).as_uri()
    page.goto(page.address)
    page.wait_for_function(SETTLED)
    yield page
    assert page.evaluate(CLIPPED) == []
    page.close()
    assert not wrong


def words(page, place):
    """What an element of the panel says, in one line."""
    return " ".join(page.inner_text(place).split())


@pytest.mark.browser
def test_runs_are_compared_by_keyboard_and_by_one_click(page):
    assert "#" not in page.url and page.evaluate(GHOSTS) == page.evaluate(PINNED) == 0
    drawn, curves = page.evaluate(DRAWN), page.evaluate(CURVES)
    height = page.locator(".lk-panel").bounding_box()["height"]
    page.focus("input[data-control=rate]")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(DRAWN) == {**drawn, "rate": drawn["rate"] + 1}
    assert page.evaluate(GHOSTS) == page.evaluate(CURVES) == curves and words(page, WAS) == "before: τ 40 %"
    assert page.locator(".lk-panel").bounding_box()["height"] == height
    page.keyboard.press("ArrowRight")
    assert words(page, WAS) == "before: τ 60 %"

    page.select_option(".lk-versus", label="CDR")
    assert page.evaluate(PINNED) == curves and words(page, ".lk-chips") == "① CDR ×"
    assert page.evaluate(DRAWN)["method"] == 0, "the shown run stays"
    reading = words(page, LEGEND)
    box = page.locator(".lk-curves .lk-plot >> nth=0").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 100)
    assert reading.count("① ") == words(page, LEGEND).count("① ") == curves and words(page, LEGEND) != reading

    page.click(".lk-pin")
    page.select_option("select[data-control=noise]", label="pairflip")
    assert words(page, ".lk-chips") == "① symmetric, CDR × ② symmetric ×"
    page.focus(".lk-chips button >> nth=0")
    page.keyboard.press("Enter")
    assert words(page, ".lk-chips") == "① symmetric ×"
    assert page.evaluate("() => document.activeElement.closest('.lk-chips') !== null"), "the focus stays in the list"


@pytest.mark.browser
def test_a_drag_is_one_change(page):
    box = page.locator("input[data-control=rate]").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2, steps=6)
    page.mouse.up()
    assert page.evaluate(DRAWN)["rate"] == 4 and words(page, WAS) == "before: τ 40 %"


@pytest.mark.browser
def test_a_move_sets_the_controls_and_says_what_to_look_at(page):
    (first, second, *_) = lessons.sketch("02").moves
    page.click(f".lk-moves >> text={first.words}")
    assert words(page, ".lk-look") == first.look and words(page, ".lk-chips") == "① τ 20 % ×"
    page.click(f".lk-moves >> text={second.words}")
    assert words(page, ".lk-look") == second.look and page.locator(".lk-chips li").count() == 0
    assert page.locator(".lk-moves [aria-pressed=true]").inner_text() == second.words
    page.select_option("select[data-control=method]", label="CDR")
    assert words(page, ".lk-look") == ""


@pytest.mark.browser
def test_the_address_has_the_state_and_brings_it_back(page):
    page.click(".lk-moves button >> nth=0")
    page.wait_for_timeout(PAUSE)
    hash = "#rate=0.6&noise=symmetric&method=ERM&seed=0&pin=0.2;symmetric;ERM;0"
    assert page.url == page.address + hash
    before = page.evaluate(DRAWN)
    page.reload()
    page.wait_for_function(SETTLED)
    assert page.evaluate(DRAWN) == before and words(page, ".lk-chips") == "① τ 20 % ×"
    page.evaluate("() => { location.hash = '#rate=.8&noise=nonsense'; }")
    page.wait_for_function("() => document.querySelector('.lk-notice').textContent.includes('noise=nonsense')")
    assert page.evaluate(DRAWN) == {**before, "rate": 4}
    page.evaluate("() => { document.querySelector('main').id = 'a=b'; location.hash = '#a=b'; }")
    page.wait_for_timeout(PAUSE)
    assert page.url.endswith("#a=b") and page.evaluate(DRAWN)["rate"] == 4, "an anchor of the page stays one"
