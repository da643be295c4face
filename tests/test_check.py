"""Exercises: a right answer passes, a typical mistake is named, an untouched exercise is told so and nothing breaks."""

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from tools import digits

import labkit
from labkit.exercises import all_exercises

NOISY = labkit.corrupt(labkit.load("digits"), labkit.noise.symmetric(0.4), 0)
WRONG = (NOISY.train.y != NOISY.truth.y).double().mean()


def best_val(history):
    return history.epoch[history.val_noisy.idxmax()]


def points(run):
    return 100 * (run.accuracy["oracle_best"] - run.accuracy["last"])


def last(criterion):
    return lambda run: 100 * (run.accuracy[criterion] - run.accuracy["last"])


def nothing(history):
    pass


def run(test=0.9, noise="symmetric", rate=0.4, task="digits", best=0.0):
    """A Run as far as exercise 02.7 looks at it."""
    record = {"name": noise, "rate": rate} if noise else None
    rows = [{"test": t, "val_noisy": 0.5, "noisy_memorised": 0.1} for t in (best, test)]
    return labkit.Run({"task": task, "noise": record}, rows)


RIGHT = [
    *(("00.1", answer) for answer in (WRONG, float(WRONG), round(float(WRONG), 4), np.float32(WRONG), 40.1, "40.1 %")),
    *(("02.1", answer) for answer in ([0.6, 0.3, -0.9], (0.6, 0.3, -0.9), torch.tensor([0.6, 0.3, -0.9]))),
    *(("02.2", answer) for answer in (0.36, 0.4 * 9 / 10, torch.tensor(0.36), 36, "36 %")),
    *(("02.3", answer) for answer in (best_val, lambda h: int(h.sort_values("val_noisy").epoch.iloc[-1]))),
    *(("02.4", answer) for answer in (points, lambda r: 100 * (r.history.test.max() - r.history.test.iloc[-1]))),
    *(("02.5", answer) for answer in (0, 0.0, torch.tensor(0.0))),
    *(("02.7", answer) for answer in (run(), run(rate=0.6))),
]

MISTAKES = [
    ("00.1", 0.4, "asked"),
    ("00.1", 1 - WRONG, "fraction of clean labels"),
    ("00.1", NOISY.noise.realised, "validation labels, too"),
    ("00.1", 0.3, "too small"),
    ("00.1", float("nan"), "not a finite number"),
    ("02.1", [-0.4, 0.3, 0.1], "the true label"),
    ("02.1", [-0.6, -0.3, 0.9], "sign"),
    ("02.1", [0.6, 0.3, 0.1], "p itself"),
    ("02.1", [0, 0, -10], "on the probabilities"),
    ("02.1", list(-np.log([0.6, 0.3, 0.1])), "losses"),
    ("02.1", [0.6, 0.3, -0.5], "add up to 0.40"),
    ("02.1", [0.5, 0.4, -0.9], "the first number, 0.5, is too small"),
    ("02.1", [0.6, -0.6], "list of 3"),
    ("02.1", "p - y", "is a text"),
    ("02.2", 0.4, "the true one included"),
    ("02.2", 4 / 9, "other way round"),
    ("02.2", 0.64, "clean labels"),
    ("02.2", 140, "more than the whole"),
    ("02.2", "0.36", "is a text"),
    ("02.2", True, "a bool"),
    ("02.2", 0.5, "too large"),
    ("02.3", lambda h: h.epoch[h.test.idxmax()], "`test`"),
    ("02.3", lambda h: h.epoch[h.noisy_corrected.idxmax()], "`noisy_corrected`"),
    ("02.3", lambda h: h.epoch[h.train_true.idxmax()], "`train_true`"),
    ("02.3", lambda h: h.epoch[h.clean_fitted.idxmax()], "`clean_fitted`"),
    ("02.3", lambda h: h.epoch[h.noisy_memorised.idxmin()], "`noisy_memorised`"),
    ("02.3", lambda h: h.val_noisy.idxmax(), "starts at 0"),
    ("02.3", lambda h: h.epoch.iloc[-1], "last epoch"),
    ("02.3", lambda h: h.epoch[h.train_loss.idxmin()], "last epoch"),
    ("02.3", lambda h: 11, "11 for different runs"),
    ("02.3", lambda h: h.val_noisy.idxmax() + 0.5, "no epoch of this history"),
    ("02.3", lambda h: best_val(h) + 0 * h.test.iloc[0], "without the columns that need true labels, your"),
    ("02.3", lambda h: best_val(h) - 2 * ("test" not in h), "chooses epoch 11, not 13"),
    ("02.3", lambda h: h.epoch[h.val_nosy.idxmax()], "AttributeError"),
    ("02.3", lambda h: h.val_noisy, "20 numbers"),
    ("02.3", nothing, "returns nothing"),
    ("02.3", 3, "the function itself"),
    ("02.4", lambda r: points(r) / 100, "100 times"),
    ("02.4", lambda r: -points(r), "sign"),
    ("02.4", lambda r: points(r) - last("best_val")(r), "compare with the last epoch"),
    ("02.4", last("best_val"), "what best_val adds"),
    ("02.4", lambda r: points(r) - last("last10")(r), "mean of the last ten"),
    ("02.4", lambda r: 100 * r.accuracy["oracle_best"], "subtract that of the last"),
    ("02.4", lambda r: 100 * r.accuracy["best"], "KeyError"),
    ("02.4", points(run(best=0.95)), "the function itself"),
    ("02.5", 0.3, "fraction of clean labels"),
    ("02.5", 0.7, "that are i + 1"),
    ("02.5", 0.1, "chance"),
    ("02.5", 0.1152, "printed number"),
    ("02.5", 0.2, "too large"),
    ("02.7", 0.9, "a float"),
    ("02.7", run(task="mnist"), "on mnist"),
    ("02.7", run(noise=None), "no noise"),
    ("02.7", run(noise="pairflip"), "pairflip 40%"),
    ("02.7", run(rate=0.2), "symmetric 20%"),
    ("02.7", run(test=0.7), "70.0%"),
    ("02.7", run(test=0.7, best=0.93), "end there"),
]


for path in sorted(Path(__file__).parent.rglob("test_[bl]*_[0-9][0-9].py")):  # test_lesson_03, test_build_03, ...
    sys.path.insert(0, str(path.parent))
    lesson = import_module(path.stem)
    RIGHT += getattr(lesson, "RIGHT", [])
    MISTAKES += getattr(lesson, "MISTAKES", [])


@pytest.mark.parametrize("exercise, answer", RIGHT)
def test_right_answers_pass(exercise, answer, capsys):
    assert labkit.check(exercise, answer, strict=True) is True
    assert capsys.readouterr().out.startswith(f"✓ {exercise} right: ")


@pytest.mark.parametrize("exercise, answer, words", MISTAKES)
def test_a_mistake_is_named(exercise, answer, words, capsys):
    assert labkit.check(exercise, answer) is False
    line = capsys.readouterr().out
    assert line.startswith(f"✗ {exercise} not yet: ") and words in line, line
    with pytest.raises(AssertionError, match="✗"):
        labkit.check(exercise, answer, strict=True)


@pytest.mark.parametrize("exercise", all_exercises())
@pytest.mark.parametrize("answer", [..., (..., ...), [0.6, 0.3, ...]], ids=["value", "pair", "list"])
def test_an_untouched_exercise_is_told_so(exercise, answer, capsys):
    assert labkit.check(exercise, answer) is False
    assert capsys.readouterr().out == f"○ {exercise} not answered yet: put your answer in the place of `...`\n"
    with pytest.raises(AssertionError, match="○"):
        labkit.check(exercise, answer, strict=True)


@pytest.mark.parametrize("exercise", ["02.3", "02.4"])
def test_an_untouched_function_is_told_so(exercise, capsys):
    assert labkit.check(exercise, lambda given: ...) is False
    assert capsys.readouterr().out.startswith(f"○ {exercise}")


def test_every_exercise_has_a_right_answer_and_mistakes():
    listed = set(all_exercises()) - {"05.6"}  # its answers, right and wrong, need a trained network: test_lesson_05.py
    assert {exercise for exercise, _ in RIGHT} == {exercise for exercise, *_ in MISTAKES} == listed


def test_an_unknown_exercise_is_an_error_with_the_nearest_name():
    with pytest.raises(ValueError, match=r"did you mean '02\.1'"):
        labkit.check("2.1", 0.5)


def test_real_runs_are_judged_by_their_last_epoch():
    stopped = labkit.fit("ERM", NOISY, "mlp", 30, 0, device="cpu", on_epoch=lambda run: len(run.rows) == 5)
    assert labkit.check("02.7", stopped)
    assert not labkit.check("02.7", labkit.fit("ERM", digits(), "mlp", 3, 0, device="cpu"))
    assert labkit.check("02.3", best_val) and best_val(stopped.history) <= 5
