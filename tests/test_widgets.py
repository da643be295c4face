"""The panels without a browser: what they send to the page, and that they train here and now where nobody looks."""

import json
import threading
from base64 import b64decode
from io import BytesIO
from math import nan

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

import labkit
from labkit.view.widgets import Curves, Gallery, MemorisationPanel, curve, image
from labkit.view.widgets.gallery import sprite
from labkit.view.widgets.guess import Guess
from labkit.view.widgets.life import fate_of, picks
from labkit.view.widgets.setting import one_thread


@pytest.fixture
def panel(monkeypatch):
    monkeypatch.setenv("LABKIT_FAST", "1")
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return MemorisationPanel()


def test_a_curve_is_valid_json_where_nothing_was_measured():
    made = curve("a", [1, 2], np.array([nan, 0.123456789]))
    assert made["y"] == [None, 0.12346]
    json.dumps(made, allow_nan=False)


def test_show_sends_all_its_traits_in_one_message(monkeypatch):
    curves, sent = Curves(), []
    monkeypatch.setattr(curves, "send_state", lambda key: sent.append({key} if isinstance(key, str) else set(key)))
    curves.show(busy=True, message="training")
    assert sent == [{"busy", "message"}]


def test_displayed_without_a_front_end_a_panel_trains_once_and_leaves_no_thread(panel):
    threads = threading.active_count()
    panel._repr_mimebundle_()
    run = panel.run_result
    assert "labels are memorised" in panel._repr_mimebundle_()["text/plain"]
    assert panel.run_result is run and run.finished
    assert len(panel.history) == 5
    assert threading.active_count() == threads
    assert not panel.curves.busy


def test_the_curves_are_those_of_the_run(panel):
    run = panel.run("pairflip", 0.3, "CDR+AUX")
    assert run.config["method"] == "CDR+AUX" and run.config["noise"]["name"] == "pairflip"
    assert (panel.noise.value, panel.rate.value, panel.method.value) == ("pairflip", 0.3, "CDR+AUX")
    columns = ("clean_fitted", "noisy_memorised", "noisy_corrected", "test")
    for drawn, column in zip(panel.curves.series, columns, strict=True):
        assert drawn["y"] == pytest.approx(list(run.history[column]), abs=1e-5)
    assert panel.curves.lines[0]["y"] == pytest.approx(0.7)
    alone = labkit.corrupt(labkit.load("digits"), labkit.noise.pairflip(0.3), seed=0)
    with one_thread():
        same = labkit.fit(labkit.methods.CDR_AUX(rate=0.3), alone, "mlp", 5, 0, device="cpu", progress=False)
    assert list(same.history.test) == list(run.history.test)


def test_the_run_before_stays_faintly(panel):
    panel.run(rate=0.2)
    first = panel.curves.series
    panel.run(rate=0.6)
    assert panel.curves.before == first
    assert panel.curves.series != first
    assert "Faint: the run before (symmetric 20%" in panel.curves.caption


def test_a_moved_control_trains_where_nobody_looks(panel):
    panel.method.value = "AUX"
    assert panel.run_result.config["method"] == "AUX"
    panel.press(None)
    assert panel.run_result.config["seed"] == 1


@pytest.mark.parametrize("bad", [{"rate": 1.7}, {"noise": "none"}, {"method": "GCE"}])
def test_what_cannot_be_trained_is_refused_by_name(panel, bad):
    (name, value), *_ = bad.items()
    with pytest.raises(ValueError, match=f"{name} is {value!r}"):
        panel.run(**bad)
    with pytest.raises(ValueError, match=f"{name} is {value!r}"):
        MemorisationPanel(**bad)


def test_an_error_of_the_training_is_read_in_the_panel_and_raised(panel, monkeypatch):
    monkeypatch.setattr(labkit, "corrupt", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        panel.run()
    assert panel.curves.error == "ZeroDivisionError: division by zero"
    assert not panel.curves.busy
    monkeypatch.undo()
    panel.run()
    assert panel.curves.error == ""


def test_with_a_page_a_move_trains_in_the_thread_and_errors_do_not_get_out(panel, monkeypatch):
    panel.run()
    panel.curves.alive = True
    panel.rate.value = 0.1
    assert panel.run_result.config["noise"]["rate"] == 0.1
    monkeypatch.setattr(labkit, "corrupt", lambda *_: 1 / 0)
    panel.rate.value = 0.2
    with pytest.raises(RuntimeError, match="ZeroDivisionError: division by zero"):
        panel.history  # noqa: B018


def test_stop_ends_the_training(panel):
    panel.curves.alive = True
    panel.worker.wait()
    before, drawn = panel.run_result, threading.Event()
    panel.curves.observe(lambda change: drawn.set(), "series")
    panel.epochs = 300
    panel.rate.value = 0.1
    assert panel.button.description == "Stop"
    assert drawn.wait(60)
    panel.press(None)
    assert panel.run_result is before
    assert len(panel.newest[1].rows) < 300
    assert not panel.curves.busy and panel.curves.message == "stopped"


def test_the_gallery_tells_right_labels_from_wrong_ones_and_their_fate(panel):
    run = panel.run(rate=0.4)
    task = labkit.corrupt(labkit.load("digits"), labkit.noise.symmetric(0.4), seed=0)
    items = panel.gallery.items
    assert len({item["index"] for item in items}) == 24
    assert sum(item["given"] != item["true"] for item in items) == 20
    for item in items:
        k, believed = item["index"], run.life.believed[-1][item["index"]]
        assert (item["given"], item["true"]) == (str(int(task.train.y[k])), str(int(task.truth.y[k])))
        assert (item["fate"] == "memorised") == (believed == task.train.y[k] != task.truth.y[k])


def test_a_chosen_image_shows_its_life_in_the_newest_run(panel):
    panel.run(rate=0.4)
    assert panel.life.series[0]["y"] == []
    k = panel.gallery.items[3]["index"]
    panel.gallery.selected = k
    for rate in (0.4, 0.2):
        life = panel.run(rate=rate).life.of(k)
        assert panel.life.series[0]["y"] == pytest.approx(list(life.loss), abs=1e-5)
        assert [cell["text"] for cell in panel.life.strip["cells"]] == [str(b) for b in life.believed]
        assert k in [item["index"] for item in panel.gallery.items]
        assert panel.life.ylim[1] >= life.loss.max()


@pytest.mark.parametrize(("given", "true", "believed", "fate"), [
    (3, 3, 3, "fitted"), (3, 3, 8, "neither"), (3, 8, 3, "memorised"), (3, 8, 8, "corrected"), (3, 8, 5, "neither"),
])  # fmt: skip
def test_the_fate_of_a_label(given, true, believed, fate):
    assert fate_of(given, true, believed) == fate


@pytest.mark.parametrize("wrong", [0, 3, 50, 98, 100])
def test_24_images_are_picked_whatever_the_noise(wrong):
    true = torch.zeros(100, dtype=torch.long)
    given = (torch.arange(100) < wrong).long()
    for keep in (-1, 60, 99):
        i = picks(given, true, keep)
        assert len(set(i)) == 24
        assert keep < 0 or keep in i


def test_a_sprite_has_every_image_in_its_place():
    x = torch.arange(14, dtype=torch.uint8).view(14, 1, 1, 1).expand(14, 1, 2, 3) * 19
    data = sprite(x)
    pixels = np.asarray(Image.open(BytesIO(b64decode(data.split(",")[1]))))
    assert pixels.shape == (4, 36)
    for k in range(14):
        there = pixels[2 * (k // 12) : 2 * (k // 12) + 2, 3 * (k % 12) : 3 * (k % 12) + 3]
        assert (np.abs(there - (255 - 255 * k / 13)) <= 1).all()
    colours = np.asarray(Image.open(BytesIO(b64decode(sprite(torch.eye(3).view(3, 3, 1, 1) * 255).split(",")[1]))))
    assert (colours[0, :3] == 255 * np.eye(3)).all()


def test_a_gallery_without_images_is_empty():
    gallery = Gallery()
    gallery.show(torch.zeros(0, 1, 8, 8, dtype=torch.uint8), [])
    assert gallery.items == []


def test_a_guess_is_scored_at_its_settings_only(panel, monkeypatch):
    panel = MemorisationPanel(guess=0.5)
    run = panel.run()
    off = 100 * abs(run.history.noisy_memorised.iloc[-1] - 0.5)
    assert f"your guess is {off:.0f} points off" in panel.curves.message
    assert panel.curves.series[-1]["y"] == [0.5] * 5
    panel.run(rate=0.2)
    assert "guess" not in panel.curves.message


def test_a_guessed_curve_is_spread_over_the_epochs():
    guess = Guess([0, 1], "noisy_memorised")
    assert guess.over(5) == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    with pytest.raises(ValueError, match="guess is 7"):
        Guess(7, "noisy_memorised")


def test_an_image_is_redrawn_in_its_place():
    figure = Figure(figsize=(2, 1))
    axes = figure.subplots()
    shown = image(figure)
    before = shown.value
    axes.plot([0, 1])
    assert image(figure, into=shown) is shown
    assert shown.value != before
    assert Image.open(BytesIO(shown.value)).size == (288, 144)
