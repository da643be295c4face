"""Panels without a browser: what is declared, drawn, stopped, kept, stored and scored."""

import base64
import gzip
import io
import json
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

import labkit
from labkit import person as file
from labkit import rooms
from labkit.panels import (
    Panel,
    Question,
    Sketch,
    choice,
    curve,
    cycle,
    guesses,
    lessons,
    part,
    points,
    script,
    sharing,
    slider,
    still,
    stored,
)
from labkit.panels.bands import band, verdict
from labkit.panels.panel import MIME

RATES = [0.0, 0.2, 0.4]
ROOT = Path(labkit.__file__).parents[1]


def drawing(state, show):
    show(picture={"series": [curve("y", [1, 2], [state.rate, state.rate])]}, message=f"{state.noise}", progress=0.5)
    return state.rate


def sketch(draw=drawing, name="demo", **more):
    controls = [
        slider("rate", "τ", "noise rate", RATES, 0.4, unit="percent", stored=[0.0, 0.4]),
        choice("noise", "T", "noise", ["symmetric", "pairflip"], "symmetric"),
        cycle("seed", "", "Next seed", [0, 1], stored=[0]),
    ]
    question = Question("How many?", "percent", 0.5, lambda seed: 0.1 + seed / 100, range(3), part="picture", x=2)
    return Sketch(
        name, "Demo", controls, [part("curves", "picture")], [["picture"]], draw, **{"question": question, **more}
    )


@pytest.fixture(autouse=True)
def nobody_looks(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.setattr(guesses, "KEPT", {})
    monkeypatch.setattr(guesses, "WATCHING", {})


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(stored, "path", lambda name: tmp_path / f"{name}.json.gz")
    stored.load.cache_clear()
    stored.folded.cache_clear()
    yield tmp_path
    stored.load.cache_clear()
    stored.folded.cache_clear()


@pytest.fixture
def person(monkeypatch, tmp_path):
    """Somebody looks, and has a home."""
    monkeypatch.delenv("LABKIT_FAST", raising=False)
    monkeypatch.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    monkeypatch.setattr(file, "path", lambda: tmp_path / "share" / "predictions.json")
    return tmp_path / "share" / "predictions.json"


def test_displayed_without_a_front_end_it_is_drawn_once_and_leaves_no_thread():
    seen, threads = [], set(threading.enumerate())
    panel = Panel(sketch(lambda state, show: seen.append(state.rate)))
    shown = panel._repr_mimebundle_()
    panel._repr_mimebundle_()
    assert seen == [0.4]
    assert (panel.drawn, panel.busy) == (panel.state, False)
    assert set(threading.enumerate()) <= threads  # one that was there before may end meanwhile
    data = shown[0] if isinstance(shown, tuple) else shown
    assert data["application/vnd.labkit.panel+json"] == {"panel": "demo", "state": {"rate": 2, "noise": 0, "seed": 0}}
    assert "noise rate 40 %" in data["text/plain"]


def test_what_is_sent_is_json():
    panel = Panel(sketch()).move(rate=0.2)
    json.dumps(panel.get_state(), allow_nan=False)
    assert panel.picture["picture"]["series"][0]["y"] == [0.2, 0.2]
    assert panel.message == "symmetric" and panel.result == 0.2


def test_controls_are_moved_by_their_values():
    panel = Panel(sketch(), rate=0.2)
    assert panel.move(noise="pairflip", seed=1).state == {"rate": 1, "noise": 1, "seed": 1}
    with pytest.raises(ValueError, match=r"rate is 0.3; it may be 0.0, 0.2, 0.4"):
        panel.move(rate=0.3)
    with pytest.raises(ValueError, match="did you mean 'rate'"):
        panel.move(rates=0.2)
    assert panel.drawn == {"rate": 1, "noise": 1, "seed": 1} and not panel.error


def test_the_newest_request_wins_and_nothing_queues_up():
    begun, go = [], threading.Event()

    def slow(state, show):
        begun.append(state.rate)
        go.wait(5)
        show(picture={"series": []}, message=f"rate {state.rate}")
        return state.rate

    panel = Panel(sketch(slow))
    panel.alive = True
    while not begun:
        time.sleep(0.01)
    for position in (0, 1, 0, 1):
        panel.state = {**panel.state, "rate": position}
    go.set()
    assert panel.result == 0.2
    assert begun == [0.4, 0.2]
    assert panel.drawn == panel.state and panel.message == "rate 0.2"


def test_stop_ends_what_is_being_drawn():
    begun, go = threading.Event(), threading.Event()

    def slow(state, show):
        begun.set()
        go.wait(5)
        show(message="too late")

    panel = Panel(sketch(slow))
    panel.alive = True
    begun.wait(5)
    panel.stopped += 1
    go.set()
    assert panel.result is None
    assert (panel.busy, panel.message, panel.drawn) == (False, "stopped", {})


def test_what_waits_of_a_setting_that_was_left_is_never_shown():
    """A drawing that shows twice at once and then computes on: its second picture waits for the pace."""
    waits, go = threading.Event(), threading.Event()

    def two_at_once(state, show):
        show(picture={"series": [state.rate, 1]})
        show(picture={"series": [state.rate, 2]})
        if state.rate == 0.4:
            waits.set()
            go.wait(5)

    panel = Panel(sketch(two_at_once))
    panel.alive = True
    waits.wait(5)
    panel.state = {**panel.state, "rate": 1}
    seen = []
    for _ in range(20):
        seen.append(panel.picture.get("picture"))
        time.sleep(0.01)
    go.set()
    assert seen == [None] * len(seen), "the thread still draws what was left"
    assert panel.result is None and panel.picture["picture"] == {"series": [0.2, 2]}


def test_errors_appear_in_the_panel():
    def broken(state, show):
        raise ArithmeticError("the loss is not finite")

    panel = Panel(sketch(broken))
    with pytest.raises(ArithmeticError):
        panel.move(rate=0.0)
    assert panel.error == "ArithmeticError: the loss is not finite" and not panel.busy
    panel.alive = True
    panel.state = {**panel.state, "rate": 1}
    with pytest.raises(RuntimeError, match="not finite"):
        _ = panel.result


def test_parts_that_are_not_drawn_again_are_taken_away():
    def first_only(state, show):
        show(**({"picture": {"series": []}} if state.rate == 0 else {}))

    panel = Panel(sketch(first_only))
    assert panel.move(rate=0.0).picture and not panel.move(rate=0.2).picture


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"controls": []}, "1 to 4"),
        ({"rows": [["picture"], ["picture"]]}, "each part once"),
        ({"rows": [["other"]]}, "each part once"),
    ],
)
def test_a_sketch_that_does_not_fit_is_refused(wrong, words):
    good = sketch()
    parts = {name: getattr(good, name) for name in ("name", "title", "controls", "parts", "rows", "draw")}
    with pytest.raises(ValueError, match=words):
        Sketch(**{**parts, **wrong})


def test_values_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="stored of rate"):
        slider("rate", "", "rate", [0, 1], 0, stored=[2])
    with pytest.raises(ValueError, match="kind is 'pie'"):
        part("pie", "a")
    with pytest.raises(ValueError, match="of one length"):
        points([1], [1, 2], [0])
    with pytest.raises(ValueError, match="unit is 'share'"):
        Question("?", "share", 0.5, None, ())


def test_a_bundle_holds_every_offered_state_and_its_recipe(folder):
    demo = sketch()
    stored.make(demo, report=lambda words: None)
    kept = stored.load("demo")
    assert sorted(kept["frames"]) == ["0,0,0", "0,1,0", "2,0,0", "2,1,0"]
    assert kept["frames"]["2,1,0"] == stored.draw_frame(demo, {"rate": 2, "noise": 1, "seed": 0})
    assert kept["answers"] == pytest.approx([0.1, 0.11, 0.12])
    assert kept["recipe"]["by"] == "./lab bundle demo" and kept["recipe"]["seeds"] == [0, 1, 2]


def test_a_stored_panel_looks_up_and_says_what_is_missing(folder):
    stored.make(sketch(), report=lambda words: None)
    panel = Panel(sketch(None, stored=True))
    assert panel.move(noise="pairflip").message == "pairflip"
    with pytest.raises(LookupError, match=r"\./lab bundle demo"):
        panel.move(rate=0.2)
    assert "nothing is stored" in panel.error


def test_guesses_are_kept_for_the_next_kernel_and_scored(folder, person):
    demo = sketch()
    stored.make(demo, report=lambda words: None)
    guesses.keep(demo, 0.5)
    kept = {"value": 0.5, "sure": "", "why": "", "skipped": False}
    assert json.loads(person.read_text()) == {"demo": kept}
    guesses.KEPT.clear()
    assert Panel(demo).guess == kept
    assert guesses.score_line(demo) == "guessed 50 %; measured 10 % to 12 % (3 seeds): 38 points too high"
    guesses.keep(demo, 0.11)
    assert guesses.score_line(demo).endswith("inside")
    guesses.keep(demo, 0)
    assert guesses.score_line(demo).endswith("10 points too low")


def test_a_broken_file_of_guesses_loses_nothing_else(person):
    person.parent.mkdir()
    person.write_text("{")
    guesses.keep(sketch(), 0.2)
    assert json.loads(person.read_text())["demo"]["value"] == 0.2


def test_without_a_person_no_file_is_written(monkeypatch, tmp_path):
    monkeypatch.setattr(file, "path", lambda: tmp_path / "predictions.json")
    guesses.keep(sketch(), 0.2)
    assert list(tmp_path.iterdir()) == []


def test_a_plain_number_in_the_file_is_a_guess_of_earlier_versions(folder, person):
    person.parent.mkdir()
    person.write_text(json.dumps({"demo": 0.25}))
    stored.make(sketch(), report=lambda words: None)
    assert Panel(sketch()).guess == {"value": 0.25, "sure": "", "why": "", "skipped": False}
    assert guesses.score_line(sketch()).startswith("guessed 25 %; measured")


@pytest.mark.parametrize("guess", [1.5, -0.1, "half", True, None, float("nan"), ...])
def test_a_guess_that_is_no_share_is_refused(guess):
    with pytest.raises(ValueError, match=r"25 % is written 0\.25"):
        guesses.keep(sketch(), guess)
    assert guesses.KEPT == {}


def test_a_choice_is_one_of_its_options():
    question = Question("Which?", "choice", "a", lambda seed: "b", range(2), options=("a", "b"))
    demo = sketch(question=question)
    assert guesses.keep(demo, "b") == "b"
    with pytest.raises(ValueError, match="it may be a, b"):
        guesses.keep(demo, "c")


def test_unknown_lessons_are_named():
    for call in (labkit.panel, labkit.score, lambda lesson: labkit.predict(lesson, 0.5)):
        with pytest.raises(ValueError, match="lesson is '77'"):
            call("77")


@pytest.mark.node
@pytest.mark.parametrize("text", [script.module, script.classic])
def test_the_scripts_are_javascript(text, tmp_path):
    path = tmp_path / "a.mjs"
    path.write_text(text())
    assert subprocess.run(["node", "--check", path], capture_output=True, text=True).stderr == ""


def test_a_file_without_an_export_is_refused(monkeypatch, tmp_path):
    (tmp_path / "chart.js").write_text("const a = 1;")
    monkeypatch.setattr(script, "FRONT", tmp_path)
    with pytest.raises(RuntimeError, match="0 default exports"):
        script.module()


# --- every lesson's panel -----------------------------------------------------------------------------------------

EVERY = rooms.lessons("panel")


@pytest.mark.parametrize("lesson", EVERY)
def test_axes_stand_still(lesson):
    """What fixes the axes and the size of a picture is declared, and no drawing changes it."""
    fixed = {"xlim", "ylim", "height", "range", "xscale", "yscale"}
    for frame in stored.load(lesson)["frames"].values():
        for traits in frame["picture"].values():
            assert not fixed & (set(traits) | set(traits.get("per_epoch", ())))


def described(control):
    """What a page shows of a control, apart from the values that it does not offer."""
    offered = [control["words"][k] for k in control["stored"]]
    start = control["words"][control["value"]]
    return {name: control[name] for name in ("kind", "name", "symbol", "label")} | {"words": offered, "start": start}


@pytest.mark.parametrize("lesson", EVERY)
def test_stored_pictures_fit_their_panel(lesson):
    asked, kept = lessons.sketch(lesson), stored.load(lesson)
    assert [described(control) for control in kept["controls"]] == [described(control) for control in asked.controls]
    assert set(kept["frames"]) == {stored.stored_key(asked, at, kept) for at in asked.kept()}, f"./lab bundle {lesson}"
    assert 1 < len(kept["frames"]) <= 200
    names = {p["name"] for p in asked.parts} | {"samples"}
    assert all(set(frame["picture"]) <= names for frame in kept["frames"].values())
    assert kept["recipe"]["numbers"] == labkit.NUMBERS
    assert asked.question is None or kept["recipe"]["question"] == asked.question.text


@pytest.mark.parametrize("lesson", EVERY)
def test_the_first_control_changes_the_picture_at_every_step(lesson):
    """A reader who drags the first slider sees something new at each of its values."""
    asked = lessons.sketch(lesson)
    first = asked.controls[0]
    assert first["kind"] == "slider" and len(first["stored"]) > 2
    states = [asked.positions | {first["name"]: k} for k in first["stored"]]
    seen = [json.dumps(stored.frame(asked, state)) for state in states]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("lesson", EVERY)
def test_the_front_of_a_panel_is_worded(lesson):
    asked = lessons.sketch(lesson)
    assert all(c["label"] for c in asked.controls) and asked.controls[0]["symbol"]
    assert all(p["traits"].get("title") for p in asked.parts)
    for p in (p["traits"] for p in asked.parts if p["kind"] in ("curves", "scatter", "matrix")):
        assert p.get("ylabel") and p.get("xlabel", "epoch")


@pytest.mark.parametrize("place", [0, 2, 13])
def test_a_new_entry_of_a_menu_leaves_the_stored_pictures_valid(place):
    """A noise model that is added anywhere asks for no training: the pictures of the others are found as before."""
    asked, names = lessons.sketch("sandbox"), labkit.noise.suited(labkit.load("digits"))
    longer = [*names[:place], "brand new", *names[place:]]
    controls = [choice("noise", "", "noise", longer, "symmetric", ["symmetric", "pairflip"]), *asked.controls]
    controls = [c for k, c in enumerate(controls) if k == 0 or c["name"] != "noise"]
    order = [c["name"] for c in asked.controls]
    changed = replace(asked, controls=sorted(controls, key=lambda c: order.index(c["name"])))
    for state in asked.kept():
        noise = asked.values(state).noise
        assert stored.frame(changed, state | {"noise": longer.index(noise)}) == stored.frame(asked, state)
    with pytest.raises(LookupError, match="nothing is stored"):
        stored.frame(changed, asked.positions | {"noise": longer.index("brand new")})


@pytest.mark.parametrize("lesson", EVERY)
def test_the_stored_pictures_are_small(lesson):
    assert 1e3 < stored.path(lesson).stat().st_size <= 300_000


WITH_TIME = ("00", "02", "03", "04", "07", "08", "09", "10", "11", "sandbox")


@pytest.mark.parametrize("lesson", EVERY)
def test_all_that_has_epochs_has_the_same_ones(lesson):
    """At any epoch of the cursor all parts that have epochs show that one. Curves over epochs are such parts."""
    over_epochs = set()
    for about in lessons.sketch(lesson).parts:
        traits = about["traits"]
        if about["kind"] == "curves" and traits.get("xlabel", "epoch") == "epoch" and not traits.get("life"):
            over_epochs.add(about["name"])
    for frame in stored.load(lesson)["frames"].values():
        lists = {name: traits["per_epoch"] for name, traits in frame["picture"].items() if "per_epoch" in traits}
        for of_a_part in lists.values():
            assert len({len(values) for values in of_a_part.values()}) == 1
        if lesson in WITH_TIME:
            assert lists and len({tuple(of_a_part["epoch"]) for of_a_part in lists.values()}) == 1
            assert over_epochs & set(frame["picture"]) <= set(lists)
        else:
            assert set(lists) <= {"samples"}


@pytest.mark.parametrize("lesson", EVERY)
def test_every_sample_that_a_part_names_is_in_the_table(lesson):
    for frame in stored.load(lesson)["frames"].values():
        known = set(frame["picture"].get("samples", {}).get("index", ()))
        for traits in frame["picture"].values():
            named = [traits.get("samples", []), traits.get("points", {}).get("sample", [])]
            named += traits.get("per_epoch", {}).get("samples", [])
            assert {sample for ids in named for sample in ids} <= known


def test_what_is_stored_twice_is_stored_once():
    long = list(range(100, 140))
    frames = {
        "0": {"a": long, "b": [1, {"deep": long, "text": "x" * 80}]},
        "1": {"b": [1, {"deep": long, "text": "x" * 80}]},
    }
    shared, folded = sharing.fold(frames)
    assert sharing.written([shared, folded]).count("100,101") == 1
    assert sharing.written([shared, folded]).count("x" * 80) == 1
    assert sharing.unfold(folded, shared) == frames
    assert sharing.fold({"0": [1, 2], "1": [1, 2]}) == ([], {"0": [1, 2], "1": [1, 2]})


def test_of_some_epochs_only_the_wanted_and_the_last_are_stored():
    traits = {"per_epoch": {"epoch": [1, 2, 3, 4], "y": "abcd"}, "title": "t"}
    thin = stored.thinned({"a": traits, "b": {"x": 1}}, (1, 3, 9))
    assert thin == {"a": {"per_epoch": {"epoch": [1, 3, 4], "y": ["a", "c", "d"]}, "title": "t"}, "b": {"x": 1}}
    assert stored.thinned({"a": traits}, ()) == {"a": traits}


def test_the_naive_guess_is_wrong_in_at_least_half_of_the_lessons():
    wrong = []
    for lesson in EVERY:
        asked = lessons.sketch(lesson)
        if asked.question:
            low, high = band(asked.question, stored.answers(asked))
            wrong.append(verdict(asked.question, asked.question.naive, low, high) not in ("right", "inside"))
    assert sum(wrong) >= len(EVERY) / 2


@pytest.mark.slow
@pytest.mark.parametrize("lesson", EVERY)
def test_a_stored_picture_is_what_its_draw_makes(lesson, monkeypatch):
    """Drawn again, the start state is the stored one: nothing in the bundle was written by hand. Another processor
    rounds otherwise, and a training parts ways with its twin: up to a tenth of the values differed between two."""
    monkeypatch.delenv("LABKIT_FAST", raising=False)
    asked = lessons.sketch(lesson)
    if asked.stored:
        pytest.skip("made from runs that need hours or data that is not in the package")
    torch.set_num_threads(1)
    again, kept = (
        leaves(frame) for frame in (stored.draw_frame(asked, asked.positions), stored.frame(asked, asked.positions))
    )
    assert again.keys() == kept.keys()
    other = [name for name, value in kept.items() if not alike(value, again[name])]
    assert len(other) <= 0.15 * len(kept), other[:10]


def leaves(value, name=""):
    """All numbers and texts of nested lists and dicts. -> {where: value}"""
    if isinstance(value, dict):
        return {k: v for key, inner in value.items() for k, v in leaves(inner, f"{name}.{key}").items()}
    if isinstance(value, (list, tuple)):
        return {k: v for key, inner in enumerate(value) for k, v in leaves(inner, f"{name}.{key}").items()}
    return {name: value}


def alike(a, b):
    """Equal, or two numbers of nearly the same size."""
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (a, b))
    return a == pytest.approx(b, rel=0.02, abs=0.02) if numbers else a == b


# -- what survives


def test_the_kernel_answers_what_a_view_asks():
    panel = Panel(sketch())
    panel.asked = 7
    assert panel.answered == 7


def test_the_pictures_of_another_state_go_when_a_drawing_begins():
    begun, go = threading.Event(), threading.Event()

    def slow(state, show):
        show(picture={"series": [curve("y", [1], [state.rate])]})
        if state.rate == 0.2:
            begun.set()
            go.wait(5)

    panel = Panel(sketch(slow)).move(rate=0.0)
    assert panel.drawing == panel.drawn and "picture" in panel.picture
    panel.alive = True
    panel.state = {**panel.state, "rate": 1}
    begun.wait(5)
    assert panel.drawing == panel.state != panel.drawn
    assert panel.picture["picture"]["series"][0]["y"] == [0.2]
    go.set()
    panel.worker.wait()


def unpacked(text):
    kept = json.loads(gzip.decompress(base64.b64decode(text)))
    return sharing.unfold(kept["frames"], kept["shared"])


def test_a_panel_carries_its_stored_pictures_by_the_positions_of_today(folder):
    assert Panel(sketch()).kept == ""
    stored.make(sketch(), report=lambda line: None)
    frames = unpacked(Panel(sketch()).kept)
    assert set(frames) == {"0,0,0", "2,0,0", "0,1,0", "2,1,0"}
    wider = sketch()
    wider.controls[0] = slider("rate", "τ", "noise rate", [0.0, 0.1, 0.2, 0.4], 0.4, unit="percent")  # one rate more
    assert set(unpacked(stored.packed(wider))) == {"0,0,0", "3,0,0", "0,1,0", "3,1,0"}
    assert unpacked(stored.packed(wider))["3,0,0"] == frames["2,0,0"]
    other = replace(sketch(), controls=sketch().controls[:2])
    assert stored.packed(other) == ""


def png_of(bundle):
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    return data, base64.b64decode(data["image/png"]) if "image/png" in data else None


def test_an_output_that_nobody_watches_has_an_image_and_no_view(monkeypatch):
    monkeypatch.delenv("LABKIT_FAST", raising=False)
    data, image = png_of(Panel(sketch())._repr_mimebundle_())
    assert image.startswith(b"\x89PNG") and "application/vnd.jupyter.widget-view+json" not in data
    about = Panel(sketch())._repr_mimebundle_()[1]
    assert about["image/png"]["alt"].startswith(sketch().title)  # what is seen, in words
    other = png_of(Panel(sketch(), rate=0.0)._repr_mimebundle_())[1]
    assert image != other  # it shows the state of its controls


def test_an_output_that_somebody_watches_has_the_view_and_the_stored_image(person, folder):
    slow = threading.Event()
    unasked = sketch(lambda state, show: slow.wait(5), question=None)
    data, image = png_of(Panel(unasked)._repr_mimebundle_())
    assert "application/vnd.jupyter.widget-view+json" in data and image is None  # nothing is stored or drawn yet
    stored.make(sketch(), report=lambda line: None)
    panel = Panel(sketch(lambda state, show: slow.wait(5)))
    _, covered = png_of(panel._repr_mimebundle_())
    guesses.keep(sketch(), 0.5)
    data, image = png_of(panel._repr_mimebundle_())
    assert image != covered  # before the guess it showed the question alone
    assert image == still.png(sketch(), panel.state, *stored.frame(sketch(), panel.state).values())[0]
    slow.set()


@pytest.mark.parametrize("name", rooms.lessons("panel"))
def test_every_panel_can_be_drawn_as_an_image(name):
    drawn = lessons.sketch(name)
    bundle = stored.load(name)
    assert bundle["frames"]
    frame = stored.frame(drawn, drawn.positions)
    png, seen = still.png(drawn, drawn.positions, frame["picture"], frame["message"])
    image = Image.open(io.BytesIO(png))
    assert image.width == 960 and 300 < image.height < 1600 and len(image.getcolors(10**6)) > 50
    assert set(frame["picture"]) <= {part["name"] for part in drawn.parts} | {"samples"}
    assert seen.startswith(drawn.title) and frame["message"] in seen and len(seen) > len(frame["message"]) + 100


def server_hook():
    """What ./lab gives the server to do before it saves a notebook."""
    config = SimpleNamespace(ContentsManager=SimpleNamespace())
    file = Path(labkit.__file__).parent / "cli" / "jupyter" / "jupyter_server_config.py"
    exec(compile(file.read_text(), str(file), "exec"), {"c": config})
    return config.ContentsManager.pre_save_hook


@pytest.mark.parametrize("known", [True, False], ids=["its state is saved", "its state is gone"])
def test_a_saved_notebook_keeps_a_view_only_with_its_state(known):
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}, "image/png": "...", "text/plain": "Panel"}
    alone = {"application/vnd.jupyter.widget-view+json": {"model_id": "b"}}  # somebody else's, with no other form
    outputs = [{"output_type": "execute_result", "data": dict(data)} for data in (view, alone)]
    state = {"application/vnd.jupyter.widget-state+json": {"state": {"a": {}} if known else {}}}
    content = {
        "metadata": {"widgets": state},
        "cells": [{"cell_type": "code", "outputs": outputs}, {"cell_type": "raw"}],
    }
    server_hook()({"type": "notebook", "content": content}, path="a.ipynb", contents_manager=None)
    assert outputs[0]["data"] == (view if known else {"image/png": "...", "text/plain": "Panel"})
    assert outputs[1]["data"] == alone
    server_hook()({"type": "file", "content": "text"})


NOTEBOOKS = sorted(path for folder in ("lessons", "notebooks") for path in (ROOT / folder).rglob("*.ipynb"))


def outputs_of(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]


def test_stored_notebooks_have_images_of_their_panels_and_no_view():
    panels = 0
    for path in NOTEBOOKS:
        for data in outputs_of(path):
            assert "application/vnd.jupyter.widget-view+json" not in data, path
            if MIME in data:
                panels += 1
                assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG"), path
    assert not NOTEBOOKS or panels >= len(rooms.lessons("panel")) - 1
