"""Exercises that ask for a method: each planted mistake has its own words, any formula passes, nothing else moves."""

import random
from itertools import combinations

import numpy as np
import pytest
import torch
from test_check import MISTAKES, RIGHT

import labkit
from labkit.exercises import all_exercises, building
from labkit.exercises.answers import Wrong
from labkit.exercises.building import SEEDS, Build, agree

BUILDS = {name: exercise for name, exercise in all_exercises().items() if isinstance(exercise, Build)}
every_build = pytest.mark.parametrize("name", BUILDS)
gce = BUILDS["03.build"].method


def said(name, answer, capsys):
    """The verdict on an answer that is not right."""
    assert labkit.check(name, answer) is False
    line = capsys.readouterr().out
    assert line.startswith(f"✗ {name} not yet: ") and "Error" not in line, line
    return line


def test_every_lesson_asks_for_a_method_first():
    lessons = {name[:2] for name in all_exercises()} - {"00"}
    assert set(BUILDS) == {f"{lesson}.build" for lesson in lessons}
    firsts = {}
    for name in all_exercises():
        firsts.setdefault(name[:2], name)
    assert set(BUILDS) <= set(firsts.values())


@every_build
def test_labkits_own_function_is_right(name):
    assert labkit.check(name, BUILDS[name].method, strict=True)


@every_build
@pytest.mark.parametrize("seed", SEEDS)
def test_each_planted_mistake_gets_its_own_words_on_every_seed(name, seed):
    build = BUILDS[name]
    assert len(build.mistakes) >= 3
    texts = [words for _, words in build.mistakes]
    assert len(set(texts)) == len(texts)
    for mistake, words in build.mistakes:
        with pytest.raises(Wrong) as verdict:
            build.judge(mistake, seed)
        assert str(verdict.value) == words


@pytest.mark.parametrize("seed", SEEDS)
def test_answers_as_readers_write_them_get_the_same_verdict_on_every_seed(seed):
    for name, answer in RIGHT:
        if name in BUILDS:
            BUILDS[name].judge(answer, seed)
    for name, answer, words in MISTAKES:
        if name in BUILDS:
            with pytest.raises(Wrong) as verdict:
                BUILDS[name].judge(answer, seed)
            assert words in str(verdict.value), name


@every_build
def test_there_are_two_right_ways_and_every_planted_mistake_is_made_once(name):
    assert sum(exercise == name for exercise, _ in RIGHT) >= 2
    made = [words for exercise, _, words in MISTAKES if exercise == name]
    for _, sentence in BUILDS[name].mistakes:
        assert any(words in sentence for words in made), sentence


@every_build
@pytest.mark.parametrize("seed", SEEDS)
def test_mistakes_differ_by_more_than_the_tolerance(name, seed):
    build = BUILDS[name]
    functions = [build.method, *(mistake for mistake, _ in build.mistakes)]
    values = [build.values(function, seed) for function in functions]
    assert not [pair for pair in combinations(range(len(values)), 2) if agree(*(values[k] for k in pair), 1e-4)]


@every_build
def test_data_are_float64_and_of_another_size_for_each_seed(name):
    drawn = [[part for part in BUILDS[name].arguments(seed) if torch.is_tensor(part)] for seed in SEEDS]
    assert {part.dtype for parts in drawn for part in parts} <= {torch.float64, torch.int64}
    assert len({tuple(part.shape for part in parts) for parts in drawn}) == len(SEEDS)


@every_build
def test_a_function_may_spoil_what_it_is_given(name):
    build = BUILDS[name]

    def spoiling(*arguments):
        returned = build.method(*arguments)
        for part in arguments:
            if torch.is_tensor(part):
                part.zero_()
            elif isinstance(part, (list, dict)):
                part.clear()
        return returned

    assert labkit.check(name, spoiling, strict=True)


@every_build
def test_global_generators_stand_where_they_stood(name):
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()

    def drawing(*arguments):
        random.random(), np.random.rand(), torch.rand(1)
        return BUILDS[name].method(*arguments)

    assert labkit.check(name, drawing, strict=True)
    assert not labkit.check(name, lambda *arguments: torch.rand(3))
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states[:2]
    assert torch.equal(torch.get_rng_state(), states[2])


NO_NUMBERS = {
    "is a text": "text",
    "a dict": {"a": 1},
    "different lengths": [[1.0], [1.0, 2.0]],
    "is a bool": [True, False],
    "an object": object(),
    "this is None": [None, 1.0],
    "nan is not a finite number": [1.0, float("nan")],
    "is a complex": 1j * torch.ones(2),
}


@every_build
def test_what_is_no_answer_gets_words(name, capsys):
    is_single = len(BUILDS[name].outputs) == 1
    assert "returns nothing" in said(name, lambda *arguments: None, capsys)
    assert "the function itself" in said(name, 3, capsys)
    for words, value in NO_NUMBERS.items():
        returned = value if is_single else (value,) * len(BUILDS[name].outputs)
        assert words in said(name, lambda *arguments, returned=returned: returned, capsys)
    for value in (torch.zeros(2, 3, 4, 5), 0.5, []):
        words = "shape" if is_single else f"{len(BUILDS[name].outputs)} things"
        assert words in said(name, lambda *arguments, value=value: value, capsys)

    def stopping(*arguments):
        raise RuntimeError("no idea")

    assert labkit.check(name, stopping) is False and "RuntimeError: no idea" in capsys.readouterr().out
    assert labkit.check(name, lambda a: a) is False and "TypeError" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda loss: loss.index_add(0, torch.tensor([3]), torch.ones(1).double()), "sample 3 (counted from 0): "),
        (lambda loss: loss + torch.eye(len(loss))[2] * 0.5, "is too large"),
        (lambda loss: loss - torch.eye(len(loss))[2] * 0.5, "is too small"),
        (lambda loss: loss.float(), "is float32"),
        (lambda loss: loss + 1e-8, "is float32"),
        (lambda loss: loss[:, None], "the shape of the loss is [6, 1]; [6] is asked for (sample)"),
    ],
)
def test_an_unknown_mistake_is_told_by_its_first_entry_and_its_direction(change, words, capsys):
    assert words in said("03.build", lambda *arguments: change(gce(*arguments)), capsys)


@pytest.mark.parametrize(
    "change",
    [
        torch.Tensor.tolist,
        torch.Tensor.numpy,
        list,
        tuple,
        lambda loss: [value.requires_grad_() for value in loss],
        lambda loss: loss + 1e-10,
        lambda loss: loss.numpy().astype(object).tolist(),
    ],
)
def test_numbers_may_come_in_any_form(change):
    assert labkit.check("03.build", lambda *arguments: change(gce(*arguments)), strict=True)


def test_a_whole_number_is_not_called_large_or_small(capsys):
    def other(p, y):
        counts = BUILDS["11.build"].method(p, y)
        counts[0, 1] += 1
        return counts

    line = said("11.build", other, capsys)
    assert "given label 0, counted class 1 (counted from 0): " in line and "is not the right one" in line


def test_an_open_function_is_not_answered(capsys):
    assert labkit.check("03.build", lambda logits, y, q: ...) is False
    assert labkit.check("01.build", lambda *arguments: (..., ...)) is False
    assert capsys.readouterr().out.count("○") == 2


def test_the_tolerance_is_a_billionth():
    right = [np.ones(3)]
    assert agree(right, [right[0] + 0.9e-9]) and not agree(right, [right[0] + 2e-9])
    assert not agree(right, [np.ones(1)]), "nothing is broadcast"
    assert building.TOLERANCE == 1e-9
