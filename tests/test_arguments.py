"""One description per argument: what it takes, what it refuses, and in which words; in functions and classes."""

import copy
import inspect
import pickle
from abc import ABC
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
import pytest
import torch

from labkit.arguments import (
    AssumedRate,
    Checked,
    Choice,
    Count,
    Flag,
    Number,
    Positive,
    Rate,
    Seed,
    Whole,
    checked,
    describe,
    described,
)


@dataclass(kw_only=True, eq=False)
class Sample(metaclass=Checked):
    """All kinds of arguments."""

    rate: AssumedRate
    mode: Literal["mean", "sum"] = "mean"
    ramp: Count | None = None
    parts: tuple[Count, ...] = ()
    betas: tuple[Rate, Rate] = (0.9, 0.99)
    alpha: Positive | list[Positive] | None = None
    speed: Literal["same"] | Positive = "same"
    strict: Flag = False
    pairs: dict[Count, Count] | None = None
    anything: int = 3


TAKEN = [
    ("rate", 0, 0.0), ("rate", np.float32(0.5), 0.5), ("rate", torch.tensor(0.25), 0.25), ("rate", np.array(0.5), 0.5),
    ("rate", -0.0, 0.0), ("mode", np.str_("sum"), "sum"), ("ramp", np.int64(3), 3), ("ramp", torch.tensor(3), 3),
    ("ramp", None, None), ("parts", [1, np.uint8(2)], (1, 2)), ("parts", np.array([3, 4]), (3, 4)),
    ("parts", range(1, 3), (1, 2)), ("betas", [0, 0.5], (0.0, 0.5)), ("alpha", 2, 2.0), ("alpha", (1, 2), [1.0, 2.0]),
    ("speed", "same", "same"), ("speed", 1, 1.0), ("strict", np.True_, True), ("strict", torch.tensor(False), False),
    ("pairs", {np.int64(1): 2}, {1: 2}), ("anything", "text", "text"),
]  # fmt: skip
REFUSED = [
    ("rate", True), ("rate", "0.2"), ("rate", None), ("rate", [0.2]), ("rate", {}), ("rate", float("nan")), ("rate", 1),
    ("rate", float("inf")), ("rate", 10**400), ("rate", np.True_), ("rate", torch.ones(2)), ("rate", 0.2 + 0j),
    ("rate", torch.empty((), device="meta")), ("mode", "Mean"), ("mode", []), ("mode", None), ("mode", 0),
    ("ramp", 3.0),
    ("ramp", np.float64(3)), ("ramp", 0), ("ramp", True), ("ramp", 10**5000), ("ramp", "3"), ("parts", "12"),
    ("parts", (1, True)), ("parts", {1: 2}), ("parts", 5), ("betas", (0.9,)), ("betas", 0.9), ("betas", (0.9, 1.0)),
    ("alpha", (1, -1)), ("speed", "sme"), ("speed", -1), ("strict", "False"), ("strict", 0), ("strict", None),
    ("pairs", {True: 2}), ("pairs", [(1, 2)]),
]  # fmt: skip


@pytest.mark.parametrize("name, value, plain", TAKEN)
def test_what_is_taken_becomes_plain_python(name, value, plain):
    got = getattr(Sample(**{"rate": 0.1, name: value}), name)
    assert got == plain and type(got) is type(plain)
    assert str(got) == str(plain), "0 and -0 are the same number"


@pytest.mark.parametrize("name, value", REFUSED, ids=lambda value: str(type(value)))
def test_what_is_refused_is_named(name, value):
    with pytest.raises(ValueError, match=f"^{name} of Sample is .*; it (must|may) be ") as error:
        Sample(**{"rate": 0.1, name: value})
    assert len(str(error.value)) < 700


def test_a_missing_value_an_unknown_name_and_a_value_without_a_name():
    with pytest.raises(ValueError, match=r"rate of Sample is missing; .*noise rate in \[0, 1\).*labkit.estimate_rate"):
        Sample()
    with pytest.raises(
        ValueError, match=r"an argument of Sample is 'rat'; it may be rate, mode, .*did you mean 'rate'"
    ):
        Sample(rat=0.2)
    with pytest.raises(ValueError, match=r"a value for Sample is 0\.2; it must be given by name"):
        Sample(0.2)


def test_subclasses_are_checked_and_plain_ones_left_alone():
    @dataclass(kw_only=True, eq=False)
    class Mine(Sample, ABC):
        width: int = 2
        lam: Positive = 1.0

        def __post_init__(self):
            self.twice = 2 * self.lam

    assert Mine(rate=0.1, width="as before", lam=3).twice == 6.0
    with pytest.raises(ValueError, match="lam of Mine is 0; it must be a number above 0"):
        Mine(rate=0.1, lam=0)

    class Plain(Sample):
        def __init__(self, w, *rest, **more):
            self.w = w

    assert Plain("w", 1, other=2).w == "w"
    with pytest.raises(ValueError, match="w of Plain is missing"):
        Plain()


@pytest.mark.parametrize("annotation, fine", [("Count", False), ("Unknown", True), ("Count | int", True)])
def test_annotations_as_text(annotation, fine):
    head = ["from __future__ import annotations", "@dataclass(kw_only=True)", "class Late(Sample):"]
    exec("\n".join([*head, f"    n: {annotation} = 1"]), space := globals() | {"__name__": __name__})
    if fine:
        assert space["Late"](rate=0.1, n="a text").n == "a text"
    else:
        with pytest.raises(ValueError, match="n of Late is 'a text'"):
            space["Late"](rate=0.1, n="a text")
    with pytest.raises(ValueError, match="rate of Late is 2"):
        space["Late"](rate=2)


def test_copies_signatures_and_pickles():
    one = Sample(rate=0.1, strict=True)
    for other in (copy.deepcopy(one), replace(one), pickle.loads(pickle.dumps(one))):
        assert vars(other) == vars(one)
    with pytest.raises(ValueError, match="rate of Sample is 2"):
        replace(one, rate=2)
    signature = inspect.signature(Sample)
    assert list(signature.parameters) == list(Sample.__dataclass_fields__)
    assert signature.parameters["ramp"].default is None and "in [0, 1)" in str(signature)


def test_functions():
    @checked
    def draw(n: Count, seed: Seed = 0, *, quick: Flag = False, other=None):
        """Its own words."""
        return n, seed, quick, other

    assert draw(np.int64(2), seed=torch.tensor(3), other="x") == (2, 3, False, "x")
    assert draw.__doc__ == "Its own words." and list(inspect.signature(draw).parameters) == [
        "n",
        "seed",
        "quick",
        "other",
    ]
    for arguments, words in (
        ((2.0,), "n is 2.0"),
        ((1, 2**32), r"seed is 4294967296; .*0 or more, at most 2\*\*32 - 1"),
    ):
        with pytest.raises(ValueError, match=words):
            draw(*arguments)
    with pytest.raises(ValueError, match="quick is 1; it must be True or False"):
        draw(1, quick=1)
    assert set(described(draw)) == {"n", "seed", "quick"}


@pytest.mark.parametrize("above", [False, True])
@pytest.mark.parametrize("below", [False, True])
def test_ends_against_the_definition(above, below):
    number = Number(-1, 2, above=above, below=below)
    for value in (-1, 2, 0, -1 - 1e-9, 2 + 1e-9, 1.5, float("nan"), float("inf"), -float("inf")):
        inside = (value > -1 or (value == -1 and not above)) and (value < 2 or (value == 2 and not below))
        assert number.takes(value) is inside


def test_words():
    words = {
        Number(0, 1, below=True): "a number in [0, 1)", Number(0, above=True): "a number above 0",
        Number(0): "a number >= 0", Number(high=0, below=True): "a number below 0", Number(): "a number",
        Number(0, 10**9, above=True): "a number above 0, at most 10**9", Number(-(10**9), 0): "a number at most 0",
        Whole(1): "a whole number above 0", Whole(0, 10**6): "a whole number, 0 or more, at most 10**6",
        Whole(1, 2): "a whole number, 1 to 2", Choice((1, "a")): "1 or 'a'",
        describe(Count | None): "a whole number above 0, at most 10**9, or None",
        describe(Annotated[int, Whole(1, 2)] | bool): None,
    }  # fmt: skip
    for description, said in words.items():
        assert (description and description.may_be) == said
