"""labkit.show: a method as its difference from plain SGD, everything else that has a source as it is."""

from functools import cache, partial

import pytest
import torch

import labkit
from labkit.methods import CRUST, ERM
from labkit.show import source


def test_a_method_is_shown_alike_as_class_object_and_name():
    shown = source(CRUST)
    assert shown.startswith("CRUST: plain SGD, but for") and "Which samples this epoch?" in shown
    assert source(CRUST(keep=0.3)) == source("CRUST") == shown


def test_plain_sgd_has_no_answer_of_its_own():
    assert source(ERM) == source("ERM") == "ERM: plain SGD"


@pytest.mark.parametrize("model", [labkit.noise.pairflip, labkit.noise.pairflip(0.4), "pairflip"])
def test_a_noise_model_is_no_method(model):
    shown = source(model)
    assert "plain SGD" not in shown and "def matrix" in shown


@pytest.mark.parametrize("net", [labkit.nets.mlp, "mlp", partial(labkit.nets.mlp, width=8)])
def test_a_network_is_shown_by_function_name_and_partial(net):
    assert source(net).removeprefix("@checked\n").startswith("def mlp(")


def double(x):
    """Return twice x."""
    return 2 * x


def test_any_function_is_shown_also_behind_a_decorator():
    assert source(double) == source(cache(double)) == 'def double(x):\n    """Return twice x."""\n    return 2 * x'


def test_an_object_is_shown_as_its_class():
    assert source(labkit.Recipe()) == source(labkit.Recipe)


def test_two_subjects_are_shown_as_a_diff(capsys):
    labkit.show("ERM", CRUST())
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["--- ERM", "+++ CRUST"] and any(
        line.startswith("+") and "def select" in line for line in lines
    )


@pytest.mark.parametrize("subject", ["CRUSTY", 3, None, len, torch.relu])
def test_what_has_no_source_is_refused_by_name(subject):
    with pytest.raises(ValueError, match="a is ") as refusal:
        labkit.show(subject)
    assert repr(subject) in str(refusal.value)
