"""Meta sets: taken out of the training split, with the labels and the balance that were asked for."""

import numpy as np
import pytest
import torch

import labkit
from labkit.data import Split, meta_split, overlap


def noisy(n=400, rate=0.5):
    return labkit.corrupt(labkit.load("digits", n=n), labkit.noise.symmetric(rate), 0)


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("balanced", ["true", "given", False])
def test_meta_and_train_divide_the_training_split(trusted, balanced):
    task = noisy()
    rest, meta = meta_split(task, 60, trusted=trusted, balanced=balanced)
    assert len(meta) == 60 and len(rest.train) == len(rest.truth.y) == len(task.train) - 60
    assert torch.equal(torch.cat([meta.ids, rest.train.ids]).sort().values, task.train.ids.sort().values)
    place = {int(k): row for row, k in enumerate(task.train.ids)}
    at, of = (torch.tensor([place[int(k)] for k in ids]) for ids in (rest.train.ids, meta.ids))
    assert torch.equal(rest.train.x, task.train.x[at]) and torch.equal(rest.train.y, task.train.y[at])
    assert torch.equal(rest.truth.y, task.truth.y[at]) and torch.equal(meta.x, task.train.x[of])
    assert torch.equal(meta.y, (task.truth.y if trusted else task.train.y)[of])
    assert meta.trusted is trusted and meta.val is None and meta.scale == task.train.scale and meta.classes == 10
    assert rest.train.val is task.train.val and rest.test is task.test and rest.noise is task.noise
    counted = {"true": task.truth.y, "given": task.train.y, False: None}[balanced]
    if balanced:
        assert torch.bincount(counted[of], minlength=10).tolist() == [6] * 10
    else:
        assert len(torch.bincount(task.train.y[of], minlength=10).unique()) > 1
    assert overlap(meta, rest.train) == 0 and overlap(meta, task.train) == 60 and overlap(meta, rest.train.val) == 0


def test_balance_where_n_is_no_multiple_of_the_classes():
    _, meta = meta_split(noisy(), 57, trusted=True, balanced="true")
    counts = torch.bincount(meta.y, minlength=10)
    assert counts.sum() == 57 and set(counts.tolist()) == {5, 6}


def test_the_seed_decides():
    task = noisy()
    draw = lambda seed: meta_split(task, 50, trusted=False, balanced=False, seed=seed)[1].ids
    state = torch.get_rng_state()
    assert torch.equal(draw(0), draw(0)) and not torch.equal(draw(0), draw(1))
    assert torch.equal(torch.get_rng_state(), state)


def test_regression():
    task = labkit.corrupt(labkit.load("faces", n=200), labkit.noise.signflip(0.5), 0)
    rest, meta = meta_split(task, 30, trusted=True, balanced=False)
    assert meta.y.shape == (30, 10) and meta.classes is None and len(rest.train) == 150 == len(rest.truth.y)
    wrong = (rest.train.y != rest.truth.y).any(1)
    assert 0.3 < wrong.float().mean() < 0.7
    known = {row.numpy().tobytes() for row in task.truth.y}
    assert all(row.numpy().tobytes() in known for row in meta.y)


def test_the_flag_survives():
    _, meta = meta_split(noisy(), 50, trusted=True, balanced=False)
    assert meta.to("cpu").trusted is True and torch.equal(meta.to("cpu").ids, meta.ids)
    assert labkit.load("digits").train.trusted is None


@pytest.mark.parametrize(
    "options, words",
    [
        ({"n": 0}, ["n is 0", "1..359"]),
        ({"n": 360}, ["n is 360", "1..359"]),
        ({"n": 10.0}, ["n is 10.0"]),
        ({"trusted": None}, ["trusted is None"]),
        ({"balanced": True}, ["balanced is True", '"given"']),
        ({"balanced": "clean"}, ["balanced is 'clean'"]),
        ({"n": 350, "balanced": "true"}, ["n is 350", "class", "true labels"]),
    ],
)
def test_bad_input_is_named(options, words):
    with pytest.raises(ValueError) as error:
        meta_split(noisy(), **({"n": 50, "trusted": True, "balanced": False} | options))
    assert all(word in str(error.value) for word in words)


def test_trusted_and_balanced_have_to_be_said():
    with pytest.raises(TypeError):
        meta_split(noisy(), 10)
    with pytest.raises(ValueError, match="regression has no classes"):
        meta_split(labkit.load("faces", n=50), 10, trusted=True, balanced="true")


# -- overlap


def test_overlap_by_ids_across_loads_and_parts():
    a, b = labkit.load("digits", n=300), labkit.load("digits", val=0.3)
    both = set(a.train.ids.tolist()) & set(b.train.ids.tolist())
    assert overlap(a.train, b.train) == len(both) > 0
    assert overlap(a.test, a.train) == 0  # though a few images of both are equal


def test_overlap_by_samples_where_origins_differ():
    x, y = np.random.default_rng(0).integers(0, 256, (60, 3, 3), np.uint8), np.arange(60) % 2
    a = labkit.Task.of(x[:40], y[:40], x[40:], y[40:], val=0.0)
    b = labkit.Task.of(x[30:], y[30:], x[:30], y[:30], val=0.0)
    assert overlap(b.train, a.train) == 10  # the same ids would say 30
    by_hand = Split(torch.tensor(x[38:42]), torch.tensor(y[38:42]), 2, a.train.scale)
    assert overlap(by_hand, a.train) == 2 and overlap(by_hand, b.train) == 4
    near = x[:5].copy()
    near[:, 0, 0] += 1
    assert overlap(Split(torch.tensor(near), torch.tensor(y[:5]), 2, a.train.scale), a.train) == 0


def test_fit_refuses_a_meta_set_out_of_its_training_set():
    task = noisy()
    rest, meta = meta_split(task, 50, trusted=True, balanced="true")
    with pytest.raises(ValueError, match=r"meta.*50 samples"):
        labkit.fit("ERM", task, "mlp", 1, 0, meta=meta)
    assert labkit.fit("ERM", rest, "mlp", 1, 0, meta=meta).finished
