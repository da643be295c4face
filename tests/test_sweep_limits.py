"""A plan's size is counted before it is written out: products, conditions, ranges, anchors inside anchors."""

import tracemalloc

import pytest

from labkit.runs.sweep import points as grids
from labkit.runs.sweep import size
from labkit.runs.sweep.plan import Plan

FIT = {"data": "digits", "noise": "symmetric", "rate": 0.2, "net": "mlp", "epochs": 1, "method": "ERM"}
THOUSAND = list(range(300, 1300))
MERGES = "".join(f"a{k}: &a{k} {{<<: [*a{k - 1}, *a{k - 1}, *a{k - 1}]}}\n" for k in range(1, 40))
TENS = "".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]\n" for k in range(1, 12))


def shared(times):
    """A list of 2**times values that takes no room."""
    value = [1]
    for _ in range(times):
        value = [value, value]
    return value


def inside_itself():
    value = []
    value.append(value)
    return value


@pytest.fixture
def little_memory():
    """The test takes less than 20 MB at any moment."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


@pytest.mark.parametrize(
    "sections, words",
    [
        (
            {"grid": {"seed": THOUSAND, "recipe.lr": THOUSAND, "n": THOUSAND}},
            "1,000,000,000 points",
        ),
        ({"grid": [{"seed": THOUSAND, "n": THOUSAND[:99]}, {"seed": THOUSAND, "n": THOUSAND[:2]}]}, "grid is 101,000"),
        ({"grid": {"seed": range(10**9)}}, "at most 1,000,000 values"),
        ({"grid": {"seed": range(10**30)}}, "at most 1,000,000 values"),
        ({"grid": {"seed": range(10**30, 0, -1)}}, "at most 1,000,000 values"),
        ({"grid": {"seed": shared(60)}}, "at most 1,000,000 values"),
        ({"grid": {"seed": inside_itself()}}, "none inside itself"),
        (
            {"grid": {"seed": [0, 1]}, "when": [{"if": {"seed": 0}, "grid": {"n": THOUSAND, "noise_seed": THOUSAND}}]},
            "when, number 1 is 1,000,000 points",
        ),
        (
            {"grid": {"seed": THOUSAND}, "when": [{"if": {"method": "ERM"}, "grid": {"n": THOUSAND[:101]}}]},
            "when, number 1 is 101,000 points",
        ),
    ],
)
def test_a_plan_of_too_many_points_is_refused_before_it_is_written_out(sections, words, little_memory):
    with pytest.raises(ValueError, match=words):
        Plan.read({"fit": FIT} | sections)


@pytest.mark.parametrize(
    "text, words",
    [
        ("a0: &a0 [1, 1, 1]\n" + TENS, "with all anchors written out"),
        ("a0: &a0 {x: 1}\n" + MERGES, "with all anchors written out"),
        ("grid: &a [*a]\n", "with all anchors written out"),
        ("grid: &a {x: [1, *a]}\n", "with all anchors written out"),
        ("grid: " + "[" * 3000, "nested too deeply"),
        ("grid: " + "{a: " * 3000, "nested too deeply"),
    ],
    ids=["aliases", "merges", "a list in itself", "a dict in itself", "lists", "dicts"],
)
def test_a_plan_that_grows_when_it_is_read_is_refused(text, words, tmp_path):
    (tmp_path / "plan.yml").write_text(text)
    with pytest.raises(ValueError, match=words):
        Plan.read(tmp_path / "plan.yml")


@pytest.mark.parametrize("source", [None, 5, 3.5, b"", b"plan.yml", [], ["plan.yml"], "", {}, {1}, True, object()])
def test_what_is_no_plan_is_refused_in_words(source):
    with pytest.raises(ValueError, match=r"the plan is .*; it must be the path of a YAML file, or a dict"):
        Plan.read(source)


def test_anchors_that_are_read_as_people_mean_them_stay(tmp_path):
    text = "fit: &f {data: digits, net: mlp, epochs: 1, method: ERM}\ngrid: {seed: &s [0, 1], n: [300, 400]}\n"
    (tmp_path / "plan.yml").write_text(text + "exclude: [{seed: 1, n: 300}]\n", encoding="utf-8-sig")
    assert len(Plan.read(tmp_path / "plan.yml").points) == 3


def test_the_count_of_a_shared_list_is_that_of_the_written_one():
    assert size.of_value(shared(3)) == 8 + 8 + 4 + 2 + 1  # ones, the lists around them, lists of two
    assert size.of_value({"a": [1, 2], "b": range(5)}) == 1 + (1 + 2) + (1 + 5)
    assert size.of_value(inside_itself()) > 10**15


def test_many_points_are_said_before_they_are_checked(monkeypatch, capsys):
    monkeypatch.setenv("LABKIT_PROGRESS", "1")
    few = grids.points({}, {"a": list(range(70)), "b": list(range(70))}, [], [])
    assert len(few) == 4900 and capsys.readouterr().err == ""
    many = grids.points({}, {"a": list(range(80)), "b": list(range(80))}, [], [])
    assert len(many) == 6400 and "the plan has 6,400 points" in capsys.readouterr().err
