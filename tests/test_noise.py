"""Noise models: rates, matrices, conventions, passports."""

import pytest
import torch

import labkit
from labkit import noise
from labkit.noise import asymmetric, instance, pairflip, symmetric, uniform


def big_task(n=20_000, classes=10, name="mnist"):
    """Many labels, few pixels."""
    rng = torch.Generator().manual_seed(0)
    y = torch.randint(0, classes, (n,), generator=rng)
    x = torch.randint(0, 256, (n, 1, 4, 4), generator=rng, dtype=torch.uint8)
    return labkit.Task.of(x, y, x[:10], y[:10] % classes, name=name, scale=labkit.data.Scale(255.0, (0.5,), (0.3,)))


EVERY = [symmetric(0.4), uniform(0.4), pairflip(0.4), asymmetric(0.4)]


@pytest.mark.parametrize("model", EVERY, ids=repr)
def test_realised_matrix_is_the_asked_one_within_four_sigma(model):
    passport = labkit.corrupt(big_task(), model, 0).noise
    T, n_class = passport.matrix, 2000
    sigma = (T * (1 - T) / n_class).sqrt()
    assert torch.allclose(T.sum(1), torch.ones(10, dtype=torch.float64))
    assert ((passport.realised_matrix - T).abs() <= 4 * sigma + 1e-12).all()


def test_symmetric_and_uniform_are_two_conventions():
    assert torch.allclose(symmetric(0.36).matrix(10, "x"), uniform(0.4).matrix(10, "x"))
    assert symmetric(0.4).matrix(10, "x").diagonal().eq(0.6).all()
    assert torch.allclose(uniform(0.4).matrix(10, "x").diagonal(), torch.tensor(0.64, dtype=torch.float64))
    assert uniform(0.4).words(10, 0.36) == "uniform 40% = 36.0% wrong labels at 10 classes = symmetric 36.0%"
    assert "uniform 44.4%" in symmetric(0.4).words(10, 0.4)


def test_pairflip_goes_to_the_next_class_and_warns_when_the_wrong_label_is_the_majority():
    T = pairflip(0.3).matrix(4, "x")
    assert T[3, 0] == 0.3 and T[0, 1] == 0.3 and T[0, 0] == 0.7
    assert "majority" in pairflip(0.7).words(10, 0.7) and "majority" not in pairflip(0.4).words(10, 0.4)


def test_asymmetric_pairs():
    T = asymmetric(0.4).matrix(10, "mnist")
    assert {(i, j) for i, j in T.nonzero().tolist() if i != j} == {(2, 7), (3, 8), (5, 6), (6, 5)}
    T = asymmetric(0.4).matrix(10, "cifar10")
    assert {(i, j) for i, j in T.nonzero().tolist() if i != j} == {(9, 1), (2, 0), (3, 5), (5, 3), (4, 7)}
    assert asymmetric(1.0, pairs={0: 1}).matrix(3, "own data")[0].tolist() == [0, 1, 0]


@pytest.mark.parametrize("x_scale", ["raw", "unit", "standard"])
def test_instance_noise(x_scale):
    task, model = big_task(), instance(0.2, x_scale=x_scale)
    noisy = labkit.corrupt(task, model, 0)
    assert noisy.noise.realised == pytest.approx(0.2055, abs=0.01)  # a normal cut to [0, 1] has a larger mean
    draw = lambda x: model.probabilities(
        task.truth.y[:4], 10, "mnist", x, task.train.scale, torch.Generator().manual_seed(1)
    )
    x, y = task.train.x[:4].clone(), task.truth.y[:4]
    P = draw(x)
    assert torch.allclose(P.sum(1), torch.ones(4, dtype=torch.float64)) and (P >= 0).all()
    flipped = P / (1 - P.gather(1, y[:, None])) * (1 - torch.nn.functional.one_hot(y, 10))
    assert torch.allclose(flipped.sum(1), torch.ones(4, dtype=torch.float64))
    one_hot = (flipped.max(1).values > 0.99).all()
    assert one_hot if x_scale == "raw" else not one_hot


def test_instance_noise_depends_on_the_image_and_the_class_alone():
    model, scale = instance(0.4, std=1e-6, x_scale="unit"), labkit.data.Scale(255.0, (0.5,), (0.3,))
    x = torch.randint(0, 256, (1, 1, 4, 4), dtype=torch.uint8).repeat(3, 1, 1, 1)
    P = model.probabilities(torch.tensor([1, 1, 2]), 4, "x", x, scale, torch.Generator().manual_seed(0))
    assert torch.allclose(P[0], P[1], atol=1e-5) and not torch.allclose(P[0], P[2], atol=1e-2)


def test_high_instance_rate_drifts_as_the_cut_normal_does():
    q = instance(0.9).flip_rates(200_000, torch.Generator().manual_seed(0))
    assert q.mean().item() == pytest.approx(0.871, abs=0.002) and (q >= 0).all() and (q <= 1).all()


@pytest.mark.parametrize("model", [*noise.ALL.values()])
def test_no_noise_changes_nothing_and_seeds_decide(model):
    task = big_task(2000)
    assert torch.equal(labkit.corrupt(task, model(0.0), 0).train.y, task.truth.y)
    a, b, c = (labkit.corrupt(task, model(0.4), seed) for seed in (1, 1, 2))
    assert torch.equal(a.train.y, b.train.y) and a.noise.hash == b.noise.hash != c.noise.hash
    assert a.noise.realised == pytest.approx(
        torch.cat([a.train.y != a.truth.y, a.train.val.y != a.truth.val]).double().mean().item()
    )


def test_corrupting_twice_starts_from_the_truth_and_leaves_the_first_task_alone():
    task = big_task(2000)
    once = labkit.corrupt(task, symmetric(0.4), 0)
    kept = once.train.y.clone()
    twice = labkit.corrupt(once, symmetric(0.4), 0)
    assert torch.equal(twice.train.y, once.train.y) and torch.equal(once.train.y, kept)
    assert torch.equal(task.train.y, task.truth.y) and torch.equal(once.test.y, task.test.y)


def test_global_generator_is_left_alone():
    before = torch.get_rng_state()
    labkit.corrupt(big_task(500), instance(0.3), 0)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: symmetric(1.2), ["rate of symmetric", "1.2", "[0, 1]"]),
        (lambda: symmetric("40%"), ["rate", "40%"]),
        (lambda: instance(0.2, x_scale="pixels"), ["x_scale", "pixels", "raw"]),
        (lambda: instance(0.2, std=0), ["std", "0"]),
        (lambda: asymmetric(0.2, pairs=[(1, 2)]), ["pairs", "dict"]),
        (lambda: labkit.corrupt(big_task(100), asymmetric(0.2, pairs={1: 30}), 0), ["pairs", "0..9"]),
        (lambda: labkit.corrupt(big_task(100, name="own"), asymmetric(0.2), 0), ["pairs", "own"]),
        (lambda: labkit.corrupt(big_task(100), 0.4, 0), ["noise", "0.4", "symmetric"]),
        (lambda: labkit.corrupt(big_task(100), symmetric(0.4), -1), ["seed", "-1"]),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError) as error:
        call()
    assert all(word in str(error.value) for word in words)
