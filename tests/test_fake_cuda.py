"""Every method on a CUDA device that is not there (tests/fake_cuda.py says what it sees and what it cannot see)."""

from functools import cache

import pytest
import torch
from cases import CASES, meta_for
from fake_cuda import FakeCuda
from tools import NO_CASE, digits, faces, weights

from labkit.fit import begin
from labkit.methods import mentornet
from labkit.state import read_state, write_state

EPOCHS = 2
RECIPE = {"momentum": 0.9, "weight_decay": 1e-3}
every_method = pytest.mark.parametrize("cls, case", CASES.items(), ids=[cls.__name__ for cls in CASES])


@cache
def small(name):
    """A task of 115 training samples, or 55 beside a meta set."""
    return {"digits": digits, "faces": faces}[name](n=160)


def prepare(method, device, seed=0, net="mlp"):
    """A loop in front of its first batch. -> Loop"""
    case = CASES.get(type(method), NO_CASE)
    task, meta = meta_for(case, small(case.task))
    return begin(method, task, net, EPOCHS, seed, RECIPE, device, meta)[1]


def finish(loop):
    """Train to the end. -> number of batches"""
    return sum(event == "batch" for event in loop.run())


def train_in_two_parts(make, middle, path):
    """Train on CUDA up to batch `middle`, then go on from a file as another process would. make(seed) -> Loop"""
    first = make(0)
    events = first.run()
    for _ in range(middle):
        while next(events) != "batch":
            pass
    write_state(path, first.state_dict())
    second = make(7)
    second.load_state_dict(read_state(path))
    second.seed = first.seed
    finish(second)
    return second


def scores(loop):
    """The rows of the history without the time. -> text, in which NaN equals NaN"""
    return repr([{key: value for key, value in row.items() if key != "seconds"} for row in loop.rows])


@every_method
def test_a_training_with_a_resume_mixes_no_devices_and_gives_the_cpus_numbers(cls, case, tmp_path, monkeypatch):
    monkeypatch.setattr(mentornet.learn, "__defaults__", (5, 0.05))  # steps of the mentor, in place of 300
    reference = prepare(cls(**case.settings), "cpu")
    middle = finish(reference) // 2 + 1
    with FakeCuda():
        loop = train_in_two_parts(lambda seed: prepare(cls(**case.settings), "cuda", seed), middle, tmp_path / "state")
        end = weights(loop.method).to("cpu")
    assert torch.equal(end, weights(reference.method))
    assert scores(loop) == scores(reference)
