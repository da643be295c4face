"""A guess that is made: on empty axes, before anything shows the answer; kept, scored, told to whoever shows it."""

import json
from dataclasses import replace

import pytest
from browser import browser, shot  # noqa: F401
from test_panel import folder, nobody_looks, person, sketch  # noqa: F401

import labkit
from labkit import person as file
from labkit import rooms
from labkit.panels import Panel, Question, guesses, lessons, stored
from labkit.panels.bands import band, verdict, written
from labkit.panels.prediction import Prediction
from labkit.panels.progress import progress
from labkit.panels.script import classic
from labkit.site import living

EVERY = [name for name in rooms.lessons("panel") if lessons.sketch(name).question]
CURVE = Question(
    "How?", "percent", [0.5] * 3, lambda seed: [0.1, 0.5 + seed / 10, 0.3], range(3), part="picture", x=[1, 2, 3]
)


@pytest.mark.parametrize("lesson", EVERY)
def test_a_question_applies_in_a_setting_that_pages_without_a_kernel_offer(lesson):
    asked = lessons.sketch(lesson)
    assert asked.question.setting, "no question applies everywhere"
    state = {**asked.positions, **asked.asked()}
    picture = stored.frame(asked, state)["picture"]
    kept = living.stored(lesson)
    for control in kept["controls"]:
        name = control["name"]
        if name in asked.question.setting:
            assert control["values"][kept["question"]["setting"][name]] == pytest.approx(asked.question.setting[name])
    if asked.question.part:
        (part,) = [part for part in asked.parts if part["name"] == asked.question.part]
        assert part["kind"] in ("curves", "bars") and part["traits"].get("title") and part["name"] in picture


@pytest.mark.parametrize("lesson", EVERY)
def test_a_guess_lies_on_the_axes_of_its_question(lesson):
    """The handle of a number or of a curve can reach every answer that was measured."""
    asked = lessons.sketch(lesson)
    question = asked.question
    if not question.part:
        pytest.skip("asked without axes")
    (part,) = [part for part in asked.parts if part["name"] == question.part]
    low, high = part["traits"].get("ylim", [0, 1])
    first, last = part["traits"].get("xlim", [0.5, 30.5])
    if question.along == "x":
        assert all(first <= answer <= last for answer in stored.answers(asked))
        return
    for answer in stored.answers(asked):
        values = answer if question.is_curve else [answer]
        assert all(low <= value <= high for value in values)
    places = question.x if question.is_curve else [question.x]
    assert all(first <= x <= last for x in places)


def test_a_setting_or_part_that_does_not_exist_is_refused():
    question = sketch().question
    with pytest.raises(ValueError, match=r"it may be 0\.0, 0\.2, 0\.4"):
        sketch(question=replace(question, setting={"rate": 0.3}))
    with pytest.raises(ValueError, match="the control is 'rates'"):
        sketch(question=replace(question, setting={"rates": 0.2}))
    with pytest.raises(ValueError, match="question's part is 'pictures'"):
        sketch(question=replace(question, part="pictures"))


def test_a_curve_is_guessed_by_a_number_for_each_x():
    demo = sketch(question=CURVE)
    assert guesses.keep(demo, (0, 0.5, 1)) == [0.0, 0.5, 1.0]
    for wrong in (0.5, [0.5] * 2, [0.5, 0.5, 1.5], [0.5, 0.5, None]):
        with pytest.raises(ValueError, match=r"a list of 3 numbers|a fraction in"):
            guesses.keep(demo, wrong)


def test_a_curve_is_scored_epoch_by_epoch():
    low, high = band(CURVE, [CURVE.measure(seed) for seed in CURVE.seeds])
    assert (low, high) == ([0.1, 0.5, 0.3], [0.1, 0.7, 0.3])
    assert verdict(CURVE, [0.1, 0.6, 0.3], low, high) == "3 of 3 epochs inside"
    found = verdict(CURVE, [0.3, 0.6, 0.7], low, high)
    assert found == "1 of 3 epochs inside, 30 points outside on average at the others"
    assert written(low, CURVE, high) == "10 % at epoch 1, 50 % to 70 % at epoch 2, 30 % at epoch 3"


def test_how_sure_and_why_are_kept(folder, person):  # noqa: F811
    demo = sketch()
    stored.make(demo, report=lambda line: None)
    guesses.keep(demo, 0.5, sure="very", why="half is half")
    guesses.KEPT.clear()
    assert guesses.kept(demo) == {"value": 0.5, "sure": "very", "why": "half is half", "skipped": False}
    assert guesses.score_line(demo).startswith("guessed 50 %, very sure; measured 10 % to 12 % (3 seeds): ")
    with pytest.raises(ValueError, match="sure is 'quite'; it may be"):
        guesses.keep(demo, 0.5, sure="quite")


@pytest.mark.parametrize("entry", [{"value": 7}, {"sure": "very"}, [0.5], "half", {"value": None, "skipped": False}])
def test_what_is_no_guess_in_the_file_leaves_the_question_open(person, entry):  # noqa: F811
    person.parent.mkdir()
    person.write_text(json.dumps({"demo": entry, "other": 0.25}))
    assert guesses.kept(sketch()) is None and guesses.kept(sketch(name="other"))["value"] == 0.25
    guesses.keep(sketch(), 0.3)
    assert json.loads(person.read_text())["other"] == 0.25


def test_a_person_who_has_not_guessed_is_told_no_answer(folder, person):  # noqa: F811
    demo = sketch()
    stored.make(demo, report=lambda line: None)
    panel = Panel(demo)
    panel.message = "10 % are wrong"
    assert guesses.score_line(demo) == "no guess yet: labkit.predict('demo') asks for it"
    assert panel.covered and "10 %" not in repr(panel) and "How many?" in repr(panel)
    guesses.take(demo, {"value": None, "skipped": True})
    assert not panel.covered and "10 %" in repr(panel)
    assert guesses.score_line(demo) == "nothing was guessed; measured 10 % to 12 % (3 seeds)"


def test_without_a_person_nothing_waits(folder, capsys):  # noqa: F811
    demo = sketch()
    stored.make(demo, report=lambda line: None)
    panel = Panel(demo)
    assert not panel.covered and not panel.asks
    assert guesses.score_line(demo).startswith("nothing was guessed; measured")
    assert labkit.predict("01") is None and labkit.guessed("01") is None
    assert capsys.readouterr().out.endswith("labels is wrong?\nNothing was guessed.\n")
    assert labkit.predict("01", 0.2, sure="fairly", why="a bet") == labkit.guessed("01") == 0.2
    assert capsys.readouterr().out.endswith("Kept: 20 %.\n")


def test_a_guess_in_one_cell_is_known_in_the_others(folder, person):  # noqa: F811
    demo = sketch(question=replace(sketch().question, setting={"rate": 0.0}))
    asking, panel, other = Prediction(demo), Panel(demo), Panel(sketch(name="other"))
    asking.guess = {"value": 0.2, "sure": "", "why": "", "skipped": False}
    assert panel.guess == asking.guess and asking.value == 0.2 and other.guess is None
    panel.guess = {**panel.guess, "value": 0.3}
    assert asking.guess["value"] == 0.3
    begun = Panel(demo)  # made after the guess: it begins where the question applies
    assert begun.state["rate"] == 0 and begun.fresh and not panel.fresh
    assert Panel(demo, rate=0.2).state["rate"] == 1
    assert repr(asking) == "How many?\nKept: 30 %."


def test_the_map_says_what_was_done_and_no_answer_before_the_guess(folder, person, monkeypatch):  # noqa: F811
    monkeypatch.setattr("labkit.exercises.all_exercises", lambda: {"demo.1": str, "demo.2": str, "other.1": str})
    demo, other = sketch(), sketch(name="other")
    for each in (demo, other):
        stored.make(each, report=lambda line: None)
    file.keep_exercise("demo.2")
    guesses.keep(demo, 0.5, sure="a little")
    rows = progress([demo, other]).rows
    guess = ("50 %, a little sure", "10 % to 12 % (3 seeds)", "38 points too high")
    assert rows == (("demo Demo", "1 of 2", *guess), ("other Demo", "0 of 1", "not yet", "", ""))
    html = progress([demo, other])._repr_html_()
    assert "38 points too high" in html and "…" not in html and "nowrap" not in html
    assert "exercises: 1 of 2" in repr(progress([demo, other]))


def test_answered_exercises_are_kept_of_a_person_alone(person, capsys, monkeypatch):  # noqa: F811
    from labkit.exercises import all_exercises

    monkeypatch.setitem(all_exercises(), "99.1", lambda answer: "so it is")
    labkit.check("99.1", 1)
    assert file.exercises() == {"99.1"}
    monkeypatch.setenv("LABKIT_FAST", "1")
    monkeypatch.setitem(all_exercises(), "99.2", lambda answer: "so it is")
    labkit.check("99.2", 1)
    assert file.exercises() == {"99.1"}


def test_answers_are_measured_anew_without_a_picture(folder):  # noqa: F811
    stored.make(sketch(), report=lambda line: None)
    before = stored.load("demo")
    changed = sketch(draw=None, question=CURVE)
    stored.answer_anew(changed, report=lambda line: None)
    after = stored.load("demo")
    assert after["frames"] == before["frames"] and after["recipe"]["question"] == "How?"
    assert after["answers"] == [[0.1, 0.5, 0.3], [0.1, 0.6, 0.3], [0.1, 0.7, 0.3]]
    with pytest.raises(LookupError, match=r"`./lab bundle other` stores pictures too"):
        stored.answer_anew(sketch(name="other"))


# -- in a browser: a page without a kernel, from a file

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>guess</title>
<style>{styles}</style></head><body>
<main style="max-width: 980px; margin: 8px"><div class="outputs"><p>above</p></div><div data-guess="{name}"></div>
<div class="outputs"><p id="answer">the answer is 14 %</p></div><p>words</p>
<div class="outputs"><div class="panel-place" data-panel="{name}" data-state="{{}}"></div></div>
<div class="outputs" data-score="{name}"><p>stored</p></div></main>
<script>{panel}</script><script>{stored}</script><script>{site}</script></body></html>"""
ALONE = PAGE.replace('<div data-guess="{name}"></div>', "")
SETTLED = "() => document.querySelector('.lk-panel[data-settled=\"1\"]')"
STATE = """() => {
  const model = labkitModels["{name}"].find((one) => one.heard.has("change:state"));
  return ["state", "question", "guess"].map((key) => model.get(key));
}"""
MARKS = "() => [...document.querySelectorAll('.lk-guessed path')].length"


@pytest.fixture
def page(browser):  # noqa: F811
    """A page of the browser that asks for guesses; it ends without a complaint."""
    page, wrong = browser.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.emulate_media(reduced_motion="reduce", color_scheme="light")
    yield page
    page.emulate_media(reduced_motion="no-preference", color_scheme="light")
    page.close()
    assert not wrong


def opened(page, tmp_path, name, template=PAGE):
    """Open a page on which nothing was guessed yet."""
    front = {
        "styles": living.styles(),
        "panel": classic(),
        "stored": living.script(name),
        "site": living.front("site.js"),
    }
    path = tmp_path / f"{name}.html"
    path.write_text(template.format(name=name, **front), encoding="utf-8")
    page.goto(f"{path.as_uri()}?asks")
    page.evaluate("() => localStorage.clear()")
    page.reload()
    page.wait_for_selector(".lk-ask")


def shown(page):
    """What a screen reader would hear of the page, but for the scripts."""
    return page.locator("main").inner_text()


def drawn(page, name):
    """State, question and guess of the panel's model."""
    return page.evaluate(STATE.replace("{name}", name))


@pytest.mark.browser
def test_a_handle_is_dragged_and_moved_by_keys_and_agrees_with_its_field(page, tmp_path):
    opened(page, tmp_path, "01")
    field, handle, grip = page.locator(".lk-number-of"), page.locator(".lk-handle"), page.locator(".lk-grip")
    assert "the answer is" not in shown(page) and "above" in shown(page) and not page.locator(".lk-rows").is_visible()
    assert field.input_value() == "" and handle.get_attribute("aria-valuetext") == "no guess yet"
    page.locator(".lk-keep").click()
    assert "first, or skip" in page.locator(".lk-missing").inner_text() and page.locator(".lk-ask").count()
    box = grip.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 3, box["y"] - 30, steps=4)
    page.mouse.up()
    dragged = float(field.input_value())
    assert 55 < dragged < 85 and handle.get_attribute("aria-valuetext") == f"{dragged:g}%"
    for key in ("ArrowDown", "PageDown"):
        page.keyboard.press(key)
    assert float(field.input_value()) == dragged - 11
    low = grip.bounding_box()["y"]
    field.fill("40")
    assert grip.bounding_box()["y"] > low or dragged - 11 < 40
    assert handle.get_attribute("aria-valuetext") == "40%"
    page.get_by_label("fairly", exact=True).check()
    page.locator("[name=why]").fill("nine of ten classes")
    shot(page, "guess-form")
    page.keyboard.press("Enter")
    page.wait_for_function(SETTLED)
    state, question, guess = drawn(page, "01")
    assert guess == {"value": 0.4, "sure": "fairly", "why": "nine of ten classes", "skipped": False}
    assert question["setting"].items() <= state.items(), "the panel stands where the question applies"
    assert "the answer is" in shown(page) and not page.locator(".covered").filter(visible=True).count()
    assert "22.1 points too high" in page.locator(".lk-foot").inner_text() and page.evaluate(MARKS)
    assert "22.1 points too high" in page.locator("[data-score]").inner_text()
    page.locator(".panel-place select").first.select_option(label="symmetric")
    page.wait_for_function(SETTLED)
    assert page.evaluate(MARKS) == 0, "no mark where the question does not apply"
    page.locator(".lk-there").click()
    assert page.evaluate(MARKS) and drawn(page, "01")[0] == state
    page.reload()
    page.wait_for_function(SETTLED)
    assert drawn(page, "01")[2] == guess and page.locator(".lk-ask").count() == 0 and "the answer is" in shown(page)


@pytest.mark.browser
def test_a_curve_is_drawn_by_pointer_and_by_keys_and_the_truth_draws_itself(page, tmp_path):
    opened(page, tmp_path, "02", ALONE)
    page.emulate_media(reduced_motion="no-preference")
    assert page.locator(".lk-panel > :visible").count() == 2, "a heading and the question alone"
    assert "memorised" not in page.locator(".lk-panel").inner_text()
    box = page.locator(".lk-axes svg").bounding_box()
    at = lambda x, y: (box["x"] + 50 + x * (box["width"] - 68), box["y"] + 26 + (1 - y) * (box["height"] - 64))
    page.mouse.move(*at(0.02, 0.2))
    page.mouse.down()
    page.mouse.move(*at(0.4, 0.8), steps=5)
    page.mouse.up()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    place, value = page.locator(".lk-place-of").input_value(), float(page.locator(".lk-number-of").input_value())
    page.locator(".lk-place-of").fill("30")
    page.locator(".lk-number-of").fill("10")
    shot(page, "guess-curve")
    page.locator(".lk-keep").click()
    page.wait_for_selector(".lk-part[data-reveal='1']", timeout=10_000)
    shot(page, "guess-reveal")
    page.wait_for_selector(".lk-part:not([data-reveal])[data-part=history]", timeout=10_000)
    guess = drawn(page, "02")[2]["value"]
    assert len(guess) == 30 and guess[0] == pytest.approx(0.2, abs=0.03) and guess[-1] == 0.1
    assert guess[int(place) - 1] == pytest.approx(value / 100) and 0.75 < value / 100 < 0.9
    assert "of 30 epochs inside" in page.locator(".lk-foot").inner_text()
    shot(page, "guess-curve-kept")


@pytest.mark.browser
def test_a_skip_uncovers_without_marks_and_the_guess_can_be_made_after_all(page, tmp_path):
    opened(page, tmp_path, "01")
    covers = page.locator(".covered")
    assert covers.count() == 3 and page.locator(".covered ~ *").filter(visible=True).count() == 0
    covers.first.get_by_role("button", name="Guess", exact=True).press("Enter")
    assert page.evaluate("() => document.activeElement.closest('.lk-ask') !== null")
    covers.first.get_by_role("button", name="Skip the guess").press("Enter")
    page.wait_for_function(SETTLED)
    assert "the answer is" in shown(page) and page.evaluate(MARKS) == 0
    assert page.evaluate("() => document.activeElement.id") == "answer"
    foot = page.locator(".lk-foot")
    assert "You skipped the guess" in foot.inner_text() and "points" not in foot.inner_text()
    foot.get_by_role("button", name="Make it after all").click()
    assert not page.locator(".lk-rows").is_visible()
    panel = page.locator(".panel-place")
    panel.locator(".lk-number-of").fill("15")
    panel.locator(".lk-keep").click()
    page.wait_for_function(SETTLED)
    assert drawn(page, "01")[2] == {"value": 0.15, "sure": "", "why": "", "skipped": True}
    assert "after skipping it first" in foot.inner_text() and page.evaluate(MARKS)
