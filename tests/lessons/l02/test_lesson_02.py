"""Lesson 02's panel: what it draws is what was trained, and each label's fate and life are those of the run."""

import json
from types import SimpleNamespace

import pytest

import labkit
from labkit.lessons.l02 import panel as lesson_02
from labkit.lessons.l02 import study
from labkit.panels import samples, stored
from labkit.panels.live import one_thread


def state(rate=0.4, noise="symmetric", method="ERM", seed=0):
    return SimpleNamespace(rate=rate, noise=noise, method=method, seed=seed)


@pytest.fixture
def drawn(monkeypatch):
    """Draws a state at the small size. -> what was shown in the end, how often, the run"""
    monkeypatch.setenv("LABKIT_FAST", "1")

    def draw(**values):
        shown, times = {}, []

        def show(message=None, progress=None, **parts):
            shown.update(parts, message=message)
            times.append(progress)

        run = lesson_02.draw(state(**values), show)
        json.dumps(shown, allow_nan=False)
        return shown, times, run

    return draw


def test_the_curves_are_those_of_the_same_training_alone(drawn):
    shown, times, run = drawn(noise="pairflip", rate=0.3, method="CDR+AUX", seed=1)
    task = labkit.corrupt(labkit.load("digits"), labkit.noise.pairflip(0.3), 1)
    with one_thread():  # as the panel
        alone = labkit.fit(labkit.methods.CDR_AUX(rate=0.3), task, "mlp", 3, 1, device="cpu", life=True, progress=False)
    columns = ("clean_fitted", "noisy_memorised", "noisy_corrected", "test")
    for curve, column in zip(shown["history"]["series"], columns, strict=True):
        assert curve["y"] == pytest.approx(list(alone.history[column]), abs=1e-4)
        assert curve["x"] == [1, 2, 3]
    assert run.name == alone.name
    assert [t for t in times if t] == pytest.approx([1 / 3, 2 / 3, 1])
    assert shown["history"]["lines"][0]["y"] == pytest.approx(0.7)
    assert "pairflip 30%" in shown["history"]["caption"] and "CDR+AUX, seed 1" in shown["history"]["caption"]


def test_the_gallery_keeps_its_images_and_the_table_has_their_labels(drawn):
    tables = {}
    for rate in (0.1, 0.6):
        shown, _, _ = drawn(rate=rate)
        task = study.corrupted("symmetric", rate, 0)
        table = tables[rate] = shown["samples"]
        assert shown["gallery"]["samples"] == table["index"] == list(range(study.SHOWN))
        assert table["given"] == samples.digits(task.train.y[: study.SHOWN])
        assert table["true"] == samples.digits(task.truth.y[: study.SHOWN])
    assert tables[0.1]["sprite"] == tables[0.6]["sprite"]
    wrong = {rate: sum(a != b for a, b in zip(table["given"], table["true"])) for rate, table in tables.items()}
    assert wrong[0.1] < wrong[0.6] <= study.SHOWN


def test_at_every_epoch_the_panel_shows_the_numbers_of_the_run(drawn):
    shown, _, run = drawn()
    table = shown["samples"]
    lists = table["per_epoch"]
    for name in ("history", "gallery"):
        assert shown[name]["per_epoch"]["epoch"] == lists["epoch"] == [1, 2, 3]
    for k in (0, 7, 35):
        life = run.life.of(k)
        traits = samples.life(table, k)
        assert traits["series"][0]["y"] == pytest.approx(list(life.loss), rel=5e-3)
        assert traits["series"][1]["y"] == pytest.approx(list(life.weight), rel=5e-3)
        assert [cell["text"] for cell in traits["strip"]["cells"]] == [str(b) for b in life.believed]
        assert [labels[k] for labels in lists["believed"]] == [str(b) for b in life.believed]
        assert f"sample {k}, given" in traits["title"]


def test_without_noise_the_panel_says_so(drawn):
    shown, _, _ = drawn(rate=0.0)
    assert shown["message"] == "after 3 epochs there are no wrong labels"
    assert set(shown["history"]["series"][1]["y"]) == {None}


def test_the_controls_offer_noises_that_the_digits_take_and_known_methods():
    assert set(study.NOISES) <= set(labkit.noise.suited(labkit.load("digits")))
    assert all(method in labkit.methods.ALL for method in study.METHODS)


def test_the_question_is_about_every_epoch_and_the_newcomers_guess_is_far_off_at_first():
    shares = study.corrected(0)
    task = study.corrupted("symmetric", 0.4, 0)
    run = labkit.fit("ERM", task, "mlp", 3, 0, device="cpu", progress=False)
    assert shares[:3] == pytest.approx(list(run.history.noisy_corrected))
    question = lesson_02.SKETCH.question
    assert len(shares) == len(question.x) == len(question.naive) == study.EPOCHS
    assert min(answer[2] for answer in stored.answers(lesson_02.SKETCH)) > question.naive[2] + 0.5
    assert all(max(answer) > answer[-1] + 0.3 for answer in stored.answers(lesson_02.SKETCH)), "it rises and falls"
