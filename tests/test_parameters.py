"""The checks of a notebook's parameters say the name, the value and what it may be."""

import pytest

from labkit.study.parameters import number, one_of, several, whole


def test_what_fits_comes_back():
    assert one_of("dataset", "digits", ["digits", "mnist"]) == "digits"
    assert whole("epochs", 0) == 0 and number("lam", 8) == 8.0 and isinstance(number("lam", 8), float)
    assert several("rates", [0, 0.7], number, 0, 1) == [0.0, 0.7]


@pytest.mark.parametrize(
    "check, says",
    [
        (lambda: one_of("dataset", "mnits", ["digits", "mnist"]), r"dataset is 'mnits'.*did you mean 'mnist'"),
        (lambda: whole("epochs", -1), r"epochs is -1; it must be a whole number, 0 or more"),
        (lambda: whole("epochs", True), "epochs is True"),
        (lambda: whole("epochs", 2.0), "epochs is 2.0"),
        (lambda: number("lam", float("nan")), "lam is nan"),
        (lambda: several("rates", [0.2, 1.0], number, 0, 1), r"rates is 1.0; it must be a number in \[0, 1\)"),
        (lambda: several("rates", [], number, 0, 1), r"rates is \[\]; it must be a list of one or more"),
        (lambda: several("rates", 0.4, number, 0, 1), "rates is 0.4; it must be a list"),
        (lambda: several("seeds", [1, 1], whole), "seeds is .* without repeats"),
    ],
)
def test_what_does_not_fit_is_named(check, says):
    with pytest.raises(ValueError, match=says):
        check()
