"""Several trainings share one bar with a total."""

import sys

import pytest

import labkit
from labkit.fit.progress import hidden, shared_bar


@pytest.fixture
def watched(monkeypatch):
    """A notebook that somebody watches."""
    monkeypatch.delenv("LABKIT_PROGRESS", raising=False)
    monkeypatch.delenv("LABKIT_FAST", raising=False)
    monkeypatch.setitem(sys.modules, "ipykernel", sys)


@pytest.fixture(scope="module")
def task():
    return labkit.corrupt(labkit.load("digits", n=60), labkit.noise.symmetric(0.2), 0)


def test_trainings_inside_count_in_one_bar(watched, task, tmp_path):
    with labkit.one_bar(4):
        bar = shared_bar()
        for seed in range(2):
            labkit.fit("ERM", task, "mlp", 2, seed, device="cpu", progress=seed == 0)
        assert (bar.n, bar.total) == (2, 4) and "ERM, epoch 2 of 2" in bar.postfix
        assert hidden(True), "there is no other bar"
        for _ in range(2):  # trained, then read
            labkit.fit("ERM", task, "mlp", 1, 0, device="cpu", store=tmp_path)
        assert bar.n == 4
        with labkit.one_bar(9):
            assert shared_bar() is bar, "a bar inside of another is that one"
        assert shared_bar() is bar
    assert shared_bar() is None and not hidden(None)


def test_a_training_that_fails_leaves_no_bar_behind(watched, task):
    with pytest.raises(ZeroDivisionError), labkit.one_bar(2):
        labkit.fit("ERM", task, "mlp", 1, 0, device="cpu", on_epoch=lambda run: 1 / 0)
    assert shared_bar() is None


def test_nobody_watches_no_bar(monkeypatch, task):
    monkeypatch.setenv("LABKIT_PROGRESS", "0")
    with labkit.one_bar(1):
        assert shared_bar() is None
