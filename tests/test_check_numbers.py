"""Every exercise that asks for numbers takes the right ones in every form, and says what is wrong with the others."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from solved import answers, numbers, questions

import labkit
from labkit import exercises
from labkit.exercises import all_exercises, all_hints
from labkit.exercises import answers as answering

FRACTIONS = {  # exercise: the places, from 0, of the numbers that are fractions
    **dict.fromkeys(["00.1", "01.6", "02.2", "02.5", "03.1", "03.6", "05.4", "06.1", "06.3", "06.5"], (0,)),
    **dict.fromkeys(["08.6", "09.1", "10.1", "10.4", "11.1", "11.6", "11.7", "12.1"], (0,)),
    **dict.fromkeys(["01.2", "01.3", "07.2", "09.4", "12.2", "12.4"], (0, 1)),
    "01.7": (0, 1, 2, 3),
    "08.3": (0,),
    "08.5": (1,),
}
COUNTS = {"04.5": (0,), "06.7": (0,), "07.3": (0,), "08.5": (0,)}
TWO_DIGITS = {"00.1": "the rate that was asked for", "01.3": "nearly"}  # what is a mistake with two digits
RULES = ("complement", "sign", "reciprocal", "x10", "x100", "rolled", "swapped", "neighbours")
PLAIN = re.compile(r"is too (large|small)(; the others? (is|are) right)?$")


@pytest.fixture(autouse=True)
def fresh():
    """No hints from other tests."""
    exercises.WRONG_ANSWERS.clear()


def handed(values):
    """Numbers as an answer: one, or a list."""
    return values[0] if len(values) == 1 else list(values)


def line_of(capsys, exercise, answer):
    """The verdict, and the first line that is printed."""
    exercises.WRONG_ANSWERS.clear()
    is_right = labkit.check(exercise, answer)
    return is_right, capsys.readouterr().out.splitlines()[0]


def digits(value, count):
    """Round to significant digits; whole numbers stay."""
    return value if value == round(value) else float(f"{value:.{count - 1}e}")


def test_the_solutions_that_hand_in_numbers_are_found():
    assert set(FRACTIONS) | set(COUNTS) <= set(numbers()) and len(numbers()) >= 30
    assert {"01.1", "03.7", "09.2"} <= set(answers()) - set(numbers())


@pytest.mark.parametrize("exercise", sorted(numbers()))
def test_a_right_answer_passes_in_every_form(exercise, capsys):
    values = numbers()[exercise]
    forms = [values, values.tolist(), tuple(values), pd.Series(values, index=[f"row {k}" for k in range(len(values))])]
    forms += [values[None], torch.tensor(values, requires_grad=True), [torch.tensor(value) for value in values]]
    forms += [torch.tensor(values, dtype=torch.float32, requires_grad=True), torch.tensor(values)[:, None]]
    if len(values) == 1:
        forms += [values[0], float(values[0]), np.float32(values[0]), torch.tensor(values[0], requires_grad=True)]
    if (values == values.round()).all():
        forms += [torch.tensor(values).int(), values.astype(int)]
    for answer in forms:
        is_right, line = line_of(capsys, exercise, answer)
        assert is_right, (answer, line)


@pytest.mark.parametrize("exercise", sorted(numbers()))
def test_rounded_answers_pass(exercise, capsys):
    values = numbers()[exercise]
    for count in (2, 3, 4):
        answer = handed([digits(value, count) for value in values])
        is_right, line = line_of(capsys, exercise, answer)
        if count == 2 and exercise in TWO_DIGITS:
            assert not is_right and TWO_DIGITS[exercise] in line
        else:
            assert is_right, (answer, line)


@pytest.mark.parametrize("exercise", sorted(numbers()))
def test_percentages_pass_where_fractions_are_asked_for(exercise, capsys):
    values = numbers()[exercise]
    for place in range(len(values)):
        percent = 100 * values[place]
        forms = [f"{percent:.6g} %", f"{percent:.6g}%"] + [percent] * int(abs(percent) > 1)
        for form in forms:
            answer = handed([*values[:place], form, *values[place + 1 :]])
            is_right, line = line_of(capsys, exercise, answer)
            is_fraction = place in FRACTIONS.get(exercise, ())
            assert is_right == is_fraction, (answer, line)
            assert not is_right or f"taken as {percent:.6g} %" in line, line
            assert is_right or not isinstance(form, str) or "is a text" in line, line


@pytest.mark.parametrize("exercise", sorted(numbers()))
def test_the_numbers_of_the_line_for_a_right_answer_pass(exercise, capsys):
    values = numbers()[exercise]
    _, line = line_of(capsys, exercise, handed(values))
    for text, percent in re.findall(r"(?<![\w.,/])(-?\d+(?:\.\d+)?)( ?%)?(?![\w,/]|\.\d)", line.split("right:")[1]):
        for place, value in enumerate(values):
            printed = float(text) / 100 if percent else float(text)
            is_rounded = abs(printed - value) <= 0.5 * 10.0 ** -(len(text.partition(".")[2]) + 2 * bool(percent))
            is_mistake = exercise in TWO_DIGITS and digits(printed, 2) == printed
            if is_rounded and not is_mistake and abs(printed - value) < 0.02 * abs(value):
                answer = handed([*values[:place], printed, *values[place + 1 :]])
                assert line_of(capsys, exercise, answer)[0], (text, line)


def wrong(rule, rng):
    """Yield (exercise, numbers) by a rule that makes wrong numbers of right ones, without end."""
    listed = {
        name: values for name, values in numbers().items() if len(values) > 1 or rule not in ("rolled", "swapped")
    }
    while True:
        for name, values in listed.items():
            some = rng.random(len(values)) < rng.choice([0.4, 1.0])
            some[rng.integers(len(values))] = True
            count = rng.integers(2, 7)
            yield name, np.array([digits(value, count) for value in altered(rule, name, values, some, rng)])


def altered(rule, name, values, some, rng):
    """The numbers after a rule was applied to some of them."""
    with np.errstate(divide="ignore"):
        changed = {
            "complement": 1 - values,
            "sign": -values,
            "reciprocal": np.where(values == 0, 0.5, 1 / values),
            "x10": 10 * values,
            "x100": 100 * values,
            "rolled": np.roll(values, 1),
            "neighbours": np.array([neighbour(name, k, value, rng) for k, value in enumerate(values)]),
        }
    if rule == "swapped":
        i, j = rng.permutation(len(values))[:2]
        order = np.arange(len(values))
        order[[i, j]] = j, i
        return values[order]
    return np.where(some, changed[rule], values)


def neighbour(name, place, value, rng):
    """A number one unit away in the second significant digit, of a count the next one."""
    if place in COUNTS.get(name, ()):
        return value + rng.choice([-1, 1])
    unit = 10.0 ** (np.floor(np.log10(abs(value))) - 1) if value else 0.05
    return digits(value, 2) + rng.choice([-1, 1]) * unit


def may_pass(name, values, right):
    """Are numbers right after all: within the tolerance, or a percentage of a fraction?"""
    for place, (value, expected) in enumerate(zip(values, right)):
        if place in COUNTS.get(name, ()):
            nearest = 1.5 if name == "08.5" else 0
            if abs(value - expected) > nearest:
                return False
            continue
        readings = [value / 100] if place in FRACTIONS.get(name, ()) and abs(value) > 1.000001 else [value]
        if not any(abs(r - expected) <= 1e-3 or digits(r, 2) == digits(expected, 2) for r in readings):
            return abs(value - expected) <= 6e-3 * max(1, abs(expected))
    return True


def written(name, values, form):
    """Wrong numbers as a person may hand them in: plain, as a tensor, fractions with a percent sign."""
    if form == 0:
        return torch.tensor(values, requires_grad=True)
    is_percent = form == 1 and (np.abs(values) <= 1).all()
    places = FRACTIONS.get(name, ()) if is_percent else ()
    return handed([f"{100 * value:.10g} %" if place in places else value for place, value in enumerate(values)])


@pytest.mark.parametrize("rule", RULES)
def test_wrong_numbers_fail_with_more_than_their_direction(rule, capsys):
    rng, unnamed, count = np.random.default_rng(RULES.index(rule)), [], 0
    for name, values in wrong(rule, rng):
        right, count = numbers()[name], count + 1
        is_right, line = line_of(capsys, name, written(name, values, count % 3))
        assert not is_right or may_pass(name, values, right), (name, values, line)
        assert is_right or not told(name, right, values, line), (name, values, line)
        if not is_right and PLAIN.search(line):
            unnamed.append((name, values.tolist(), line))
        if count == 300:
            break
    assert len(unnamed) <= 0.1 * count, unnamed


def told(name, right, values, line):
    """Which right numbers does a text give away: those that stand neither in the question nor in the answer."""
    known = set(questions()[name].replace(",", "").split()) | {f"{abs(v):g}" for v in (*values, *(100 * values))}
    texts = set()
    for value in right:
        texts |= {f"{value:g}", f"{value:.2g}", f"{value:.3g}", f"{100 * value:g} %", f"{100 * value:.3g} %"}
    said = [text for text in texts - {"0", "1"} if re.search(rf"(?<![\w.,]){re.escape(text)}(?![\w%]|\.\d| %)", line)]
    return [
        text for text in said if text.removesuffix(" %").lstrip("-") not in known and not stands_in_question(name, text)
    ]


def stands_in_question(name, text):
    """Does a number stand in the text of its exercise?"""
    return re.search(rf"(?<![\w.]){re.escape(text.removesuffix(' %'))}(?![\w]|\.\d)", questions()[name]) is not None


def test_hints_give_nothing_away():
    assert set(all_hints()) == set(all_exercises())
    for name, hints in all_hints().items():
        assert hints and all(hint.endswith((".", "?")) for hint in hints), name
        right = numbers().get(name, np.zeros(0))
        assert not [told(name, right, np.zeros(0), hint) for hint in hints if told(name, right, np.zeros(0), hint)], (
            name
        )


@pytest.mark.parametrize("exercise", sorted(numbers()))
def test_the_sentences_for_typical_mistakes_give_nothing_away(exercise, monkeypatch):
    seen, fault = [], answering._fault
    monkeypatch.setattr(answering, "_fault", lambda *given, **options: seen.append(given) or fault(*given, **options))
    assert labkit.check(exercise, handed(numbers()[exercise]))
    assert seen
    for _, right, mistakes, *_ in seen:
        for expected, sentence in mistakes:
            assert not is_close(expected, right), (exercise, sentence, "is said of a right answer")
            leaks = told(exercise, right, np.atleast_1d(expected), sentence)
            assert not leaks, (exercise, sentence, leaks)


def is_close(numbers, others):
    """Are numbers the same up to rounding?"""
    return np.allclose(np.atleast_1d(np.asarray(numbers, dtype=float)), others, rtol=1e-4, atol=1e-9)
