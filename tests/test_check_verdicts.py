"""What check() says besides right and wrong: hints, names that do not exist, odd answers; and what it leaves alone."""

import contextlib
import random

import numpy as np
import pandas as pd
import pytest
import torch
from solved import answers
from test_check import RIGHT
from test_lesson_04 import kept, squares
from test_lesson_05 import greedy

import labkit
from labkit import exercises
from labkit.exercises import all_exercises, all_hints
from labkit.exercises.reading import kind


def mask(output, y, rate):
    """The samples that exercise 04.3 keeps, as truth values."""
    return torch.zeros(len(y), dtype=torch.bool).index_fill(0, kept(output, y, rate), True)


ROWS = [  # answers that were refused although they are right, or got the wrong diagnosis: (exercise, answer, words)
    ("04.1", 1.12, "✓"),
    ("04.2", 1.41, "✓"),
    ("04.5", (0, 2.8), "✓"),
    ("05.4", 0.29, "✓"),
    ("06.5", 0.92, "✓"),
    ("08.3", (0.75, 0.39), "✓"),
    ("10.4", 0.81, "✓"),
    ("01.2", (36, 40), "taken as 36 % and 40 %"),
    ("01.3", ("15.6 %", 19.8), "taken as 15.6 % and 19.8 %"),
    ("01.6", 24, "taken as 24 %"),
    ("08.5", (600, 68), "taken as 68 %"),
    ("08.6", 90, "taken as 90 %"),
    ("08.6", 1.1, "not yet: no rate is above 1"),
    ("08.6", 1.11, "not yet: no rate is above 1"),
    ("08.6", "111 %", "not yet: taken as 111 %: no rate is above 1"),
    ("08.6", "1.1 %", "not yet: 1.1 (taken as 1.1 %) is too small"),
    ("08.6", 9, "not yet: that is ten times too large"),
    ("08.6", "9 %", "not yet: 9 (taken as 9 %): that is ten times too small"),
    ("01.2", (36, 2.5), "the second number, 2.5: that is the reciprocal"),
    ("09.1", 57, "taken as 57 %"),
    ("10.1", 36, "taken as 36 %"),
    ("11.1", 44.2, "taken as 44.2 %"),
    ("11.6", 30, "taken as 30 %"),
    ("02.1", torch.tensor([0.6, 0.3, -0.9], requires_grad=True), "✓"),
    ("07.1", torch.tensor([1, 2, 4]), "✓"),
    ("07.1", {1, 2, 4}, "✓"),
    ("07.1", pd.Series([1, 2, 4]), "✓"),
    ("07.1", [False, True, True, False, True], "✓"),
    ("02.3", lambda h: 7, "returns 7 for different runs"),
    ("11.5", lambda t: 0.1, "returns 0.1 for different tables"),
    ("01.1", lambda T, counts: 0.3, "returns 0.3 for different matrices"),
    ("02.4", lambda run: 5.0, "returns 5 for different runs"),
    ("07.7", lambda rate, lr: 0.036, "returns 0.036 for different rates"),
    ("07.2", (0.7778, 0.6), "so they start at 1 and fall"),
    ("07.2", (0.78, 0.6), "so they start at 1 and fall"),
    ("07.2", (0.82, 0.6), "✓"),
    ("06.2", lambda K, y, k: y.topk(k).values, "largest *entries* of y"),
    ("06.2", lambda K, y, k: y.topk(k), "values and indices"),
    ("04.3", lambda *given: kept(*given)[None], "✓"),
    ("04.3", lambda *given: torch.where(mask(*given)), "✓"),
    ("04.3", lambda *given: mask(*given).nonzero(), "✓"),
    ("04.3", lambda o, y, r: squares(o, y).topk(len(kept(o, y, r)), largest=False), "values and indices"),
    ("04.3", lambda o, y, r: squares(o, y).topk(len(kept(o, y, r)), largest=False).indices, "✓"),
    ("05.2", lambda d, k: np.array(greedy(d, k))[:, None], "✓"),
    ("02.2", lambda: 0.36, "this is a function; a number is asked for"),
    ("06.2", lambda K, y, k: y[-k:], "as long as y"),
    ("00.1", 519, "divide by the number of all"),
    ("06.5", 11, "divide by all twelve"),
    ("01.3", (9350, 11850), "divide a count by all"),
    ("01.2", (0.36,), "this is a list of 1; a list of 2 numbers"),
    ("01.2", {"A": 0.36, "B": 0.4}, "this is a dict"),
    ("02.5", 1, "1 is too large"),
    ("06.1", 0.605, "looks like a percentage"),
    ("06.1", "0.6 %", "✓"),
    ("09.2", lambda joint: torch.tensor((joint / joint.sum(0)).T, requires_grad=True), "✓"),
    ("09.2", lambda joint: 10 * (joint / joint.sum(0)).T, "ten times too large"),
    ("09.2", lambda joint: (joint / joint.sum(0)).T + np.eye(len(joint)), "T[0, 0]"),
    ("02.7", 0, "an int"),
    ("08.3", (0.39, 0.39), "the first number, 0.39: that would be right for the second number; the other is right"),
    ("08.3", (0.75, 0.75), "the second number, 0.75: that would be right for the first number; the other is right"),
    ("08.3", (0.2531, 0.39), "the printed AUC; in the reversed order each pair that was right is wrong; the other is"),
    ("04.5", (3, 2.8), "3 is too large; the other is right"),
    ("04.5", (0, 0), "the second number, 0: that would be right for the first number; the other is right"),
]
ODD = [
    None, True, "", "abc", "%", b"1", [], (), {}, set(), [[]], [[1, 2], [3]], [None, 1], ["1", "2"], [1j], 1j, 10**400,
    float("nan"), float("-inf"), [float("nan"), 1.0], object(), int, labkit.Run({}), [labkit.Run({})] * 2,
    (x for x in "ab"), torch.empty(0), torch.zeros(2, 2), torch.zeros(3).to_sparse(), torch.tensor([True, False]),
    torch.tensor(1j), torch.empty(3, device="meta"), np.array("x"), np.array([1, None]), pd.DataFrame({"a": [1, 2]}),
    pd.Series(["x"]), np.datetime64("2020-01-01"), [float("inf")] * 100, range(2000), [-1, -2, -3], [0.5, 1.5, 2.5],
]  # fmt: skip


@pytest.fixture(autouse=True)
def fresh():
    """No hints from other tests."""
    exercises.WRONG_ANSWERS.clear()


@pytest.mark.parametrize("exercise, answer, words", ROWS)
def test_answers_that_were_misjudged(exercise, answer, words, capsys):
    is_right = labkit.check(exercise, answer)
    line = capsys.readouterr().out
    assert words in line and is_right == line.startswith("✓"), line
    assert is_right or "taken as" not in words or "not yet" in words


@pytest.mark.parametrize("exercise", all_exercises())
def test_an_odd_answer_is_wrong_and_never_an_error(exercise, capsys):
    for odd in ODD:
        assert labkit.check(exercise, odd) is False, odd
        assert labkit.check(exercise, lambda *given, odd=odd: odd) is False, odd
        assert all(line[0] in "✗ " for line in capsys.readouterr().out.splitlines())


def functions(exercise):
    """The right functions of an exercise: the solution's, or those of the tests."""
    return [answer for name, answer in RIGHT if name == exercise and callable(answer)]


@pytest.mark.parametrize("exercise", ["01.1", "02.4", "03.7", "06.2", "07.7", "09.2"])
@pytest.mark.parametrize(
    "rule, words",
    [
        (lambda value: -value, "sign"),
        (lambda value: 10 * value, "ten times too large"),
        (lambda value: value / 10, "ten times too small"),
        (lambda value: 1 - value, "1 minus"),
    ],
    ids=["sign", "x10", "/10", "complement"],
)
def test_what_a_function_returns_is_diagnosed_like_a_number(exercise, rule, words, capsys):
    for function in functions(exercise):
        assert not labkit.check(exercise, lambda *given, function=function: rule(function(*given)))
        line = capsys.readouterr().out.splitlines()[0]
        assert words in line or "clean labels" in line, line


def test_each_wrong_answer_after_the_first_gives_one_hint_more(capsys):
    for place in (None, 0, 1, 1):
        labkit.check("02.2", 0.7)
        lines = capsys.readouterr().out.splitlines()
        assert lines[1:] == ([] if place is None else [f"  Hint: {all_hints()['02.2'][place]}"])
    labkit.check("02.1", [0, 0, 0])
    assert "Hint" not in capsys.readouterr().out, "of another exercise"


def test_right_and_open_answers_cost_no_hint(capsys):
    for answer in (0.36, ..., 0.36, 0.7):
        labkit.check("02.2", answer)
    assert "Hint" not in capsys.readouterr().out
    with pytest.raises(AssertionError, match="Hint: Uniform noise"):
        labkit.check("02.2", 0.7, strict=True)


@pytest.mark.parametrize(
    "name, words",
    [
        ("2.1", "did you mean '02.1'?"),
        (2.1, "did you mean '02.1'?"),
        (" 02.1 ", "did you mean '02.1'?"),
        ("10.01", "lesson 10 has 10."),
        ("02.99", "lesson 02 has 02."),
        ("gradient", "must be the name of one, as '02.1'"),
        (None, "exercise is None; it must be"),
    ],
)
def test_an_unknown_name_gets_the_nearest_ones(name, words):
    with pytest.raises(ValueError) as caught:
        labkit.check(name, 0.5)
    text = str(caught.value)
    assert words in text and text.startswith("exercise is ") and text.count(".") < 25, text


@pytest.mark.parametrize("value, name", [(0, "an int"), (0.5, "a float"), ([], "a list"), (np.zeros(2), "an ndarray")])
def test_a_type_has_its_article(value, name):
    assert kind(value) == name


@pytest.mark.parametrize("exercise, answer", RIGHT)
def test_an_answer_stays_as_it_was(exercise, answer):
    if isinstance(answer, (torch.Tensor, np.ndarray)):
        answer = torch.as_tensor(answer).double().detach().clone().requires_grad_()
        before, version = answer.detach().clone(), answer._version
        labkit.check(exercise, answer)
        assert torch.equal(answer, before) and answer._version == version
        assert answer.requires_grad and answer.grad is None and answer.grad_fn is None


@pytest.mark.parametrize("exercise", sorted(set(all_exercises()) & set(answers())))
def test_the_global_generators_stay_where_they_were(exercise):
    def greedy(*given):
        torch.manual_seed(3)
        np.random.seed(4)
        random.seed(5)
        return answers()[exercise](*given)

    states = lambda: (torch.get_rng_state(), torch.tensor(np.random.get_state()[1].astype(int)), random.getstate())
    torch_before, numpy_before, python_before = states()
    labkit.check(exercise, greedy if callable(answers()[exercise]) else answers()[exercise])
    torch_after, numpy_after, python_after = states()
    assert torch.equal(torch_before, torch_after) and torch.equal(numpy_before, numpy_after)
    assert python_before == python_after


@pytest.mark.parametrize("exercise", ["02.3", "03.7", "04.3", "05.2", "06.2", "09.2", "10.3", "11.5"])
def test_a_function_that_spoils_its_arguments_spoils_nothing(exercise):
    """Its copies are its own: what it is compared with is the same as before."""
    for function in functions(exercise)[:1]:

        def spoiling(*given, function=function):
            returned = function(*given)
            for argument in given:
                with contextlib.suppress(Exception):  # one that cannot be spoilt
                    spoil(argument)
            return returned

        assert labkit.check(exercise, spoiling), exercise


def spoil(argument):
    """Fill an argument with zeros, in place."""
    if isinstance(argument, pd.DataFrame):
        argument.iloc[:] = 0
    elif isinstance(argument, (torch.Tensor, np.ndarray)) and not getattr(argument, "requires_grad", False):
        argument[...] = 0
