"""Noise models for regression targets: which rows, by how much, in which units."""

import numpy as np
import pytest
import torch
from tools import bound

import labkit
from labkit import noise
from labkit.noise import linadv, mixture, pairflip, signflip, uninoise
from labkit.noise.rows import landmark_swap

MODELS = [linadv, signflip, uninoise, pairflip, mixture, lambda rate: mixture(rate, parts=4)]
UNEXPLAINED = 0.12  # what a linear map of clean features leaves over, in the paper's Table 1


def faces(n=1003, d=6, dtype=torch.float32, val=0.1, seed=0):
    """Gaussian features and ten targets that are a linear map of them, plus noise, in units and places of their own."""
    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=rng) * torch.logspace(-2, 2, d) + 3
    z = (x - x.mean(0)) / x.std(0)
    B = torch.randn(d, 10, generator=rng) / d**0.5
    y = (1 - UNEXPLAINED) ** 0.5 * z @ B / (B.square().sum(0)).sqrt() + UNEXPLAINED**0.5 * torch.randn(
        n, 10, generator=rng
    )
    y = (20 + 10 * torch.arange(10) + (1 + torch.arange(10)) * y).to(dtype)
    return labkit.Task.of(x, y, x[:10], y[:10], name="own faces", val=val, y_true="given")


def every_y(task):
    """Given and true targets of training and validation together."""
    return torch.cat([task.train.y, task.train.val.y]), torch.cat([task.truth.y, task.truth.val])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("rate", [0.1, 0.29, 0.4, 0.8])
def test_exactly_int_rate_n_rows_of_each_split_change_and_the_inputs_do_not(model, rate):
    task = faces()
    noisy = labkit.corrupt(task, model(rate), 0)
    for given, y in ((noisy.train.y, task.truth.y), (noisy.train.val.y, task.truth.val)):
        changed = given != y
        assert int(changed.any(1).sum()) == int(rate * len(y))
        assert torch.equal(noisy.train.x, task.train.x) and given.dtype == y.dtype and given.shape == y.shape
    assert torch.equal(noisy.truth.y, task.truth.y) and torch.equal(noisy.test.y, task.test.y)
    passport = noisy.noise
    assert passport.matrix is None and passport.realised_matrix is None and passport.rate == rate
    sizes = len(task.truth.y), len(task.truth.val)
    assert sum(passport.counts.values()) == sum(int(rate * n) for n in sizes)
    assert passport.realised == pytest.approx(sum(passport.counts.values()) / sum(sizes))


@pytest.mark.parametrize("model", MODELS)
def test_no_noise_changes_nothing_seeds_decide_and_the_global_generator_is_left_alone(model):
    task, before = faces(), torch.get_rng_state()
    assert torch.equal(labkit.corrupt(task, model(0.0), 0).train.y, task.truth.y)
    a, b, c = (labkit.corrupt(task, model(0.4), seed) for seed in (1, 1, 2))
    assert torch.equal(a.train.y, b.train.y) and a.noise.hash == b.noise.hash != c.noise.hash
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(labkit.corrupt(a, model(0.4), 1).train.y, a.train.y)  # from the truth again


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_signflip_mirrors_about_the_mean_of_the_clean_training_targets(dtype):
    task = faces(dtype=dtype)
    given, y = every_y(labkit.corrupt(task, signflip(0.4), 0))
    rows = (given != y).any(1)
    mirrored = 2 * task.truth.y.double().mean(0) - y.double()
    assert given.dtype == dtype and torch.allclose(given[rows].double(), mirrored[rows], rtol=1e-6)


def test_uninoise_fills_the_range_of_each_clean_training_column():
    task = faces(20_000)
    given, y = every_y(labkit.corrupt(task, uninoise(0.5), 0))
    low, high = task.truth.y.amin(0), task.truth.y.amax(0)
    drawn = ((given - low) / (high - low))[(given != y).any(1)].double()
    assert (drawn >= -1e-6).all() and (drawn <= 1 + 1e-6).all()
    n = len(drawn)
    assert (drawn.mean(0) - 0.5).abs().max() < 4 * (1 / 12 / n) ** 0.5
    assert (drawn.var(0) - 1 / 12).abs().max() < 4 * (1 / 180 / n) ** 0.5
    off = torch.corrcoef(drawn.T) - torch.eye(10)
    assert off.abs().max() < 4.5 / n**0.5  # the coordinates do not know of each other


def test_pairflip_exchanges_eyes_and_corners_of_the_mouth_in_standard_units():
    task = faces()
    given, y = every_y(labkit.corrupt(task, pairflip(0.4), 0))
    rows = (given != y).any(1)
    mean, std = task.truth.y.double().mean(0), task.truth.y.double().std(0, correction=0)
    z, clean = ((targets.double() - mean) / std for targets in (given, y))
    order = [6, 7, 8, 9, 4, 5, 0, 1, 2, 3]
    assert torch.allclose(z[rows], clean[rows][:, order], atol=1e-4)
    assert torch.allclose(given[:, 4:6], y[:, 4:6])  # the nose stays where it is


def test_landmark_swaps_are_their_own_inverse():
    assert landmark_swap([(0, 2)], 8).tolist() == [4, 5, 2, 3, 0, 1, 6, 7]
    for points, coordinates in ((None, 10), ([(0, 1), (3, 2)], 8), ([[4, 1]], 10)):
        order = landmark_swap(points, coordinates)
        assert torch.equal(order[order], torch.arange(coordinates)) and order.tolist() != sorted(order.tolist())


def test_linadv_is_one_linear_map_of_the_inputs_for_every_seed():
    task = faces(val=0.2, dtype=torch.float64)
    x = torch.cat([task.train.x, task.train.val.x]).double()
    X = torch.cat([(x - x.mean(0)) / x.std(0), torch.ones(len(x), 1)], 1).double()
    fit = lambda rows, y: torch.linalg.lstsq(X[rows], y[rows]).solution
    maps = []
    for seed in (0, 1):
        given, y = every_y(labkit.corrupt(task, linadv(0.4), seed))
        rows = (given != y).any(1)
        maps.append(fit(rows, given))
        assert torch.allclose(X[rows] @ maps[-1], given[rows], rtol=1e-6, atol=1e-6 * given.std())
    assert torch.allclose(*maps, rtol=1e-6, atol=1e-6)
    other = labkit.corrupt(task, linadv(0.4, map_seed=2), 0)
    assert not torch.allclose(other.train.y, labkit.corrupt(task, linadv(0.4), 0).train.y)


@pytest.mark.parametrize("times", [14.4, 3])
def test_linadv_is_so_many_times_as_wide_as_the_targets(times):
    task = faces(8000, val=0.0)
    given, y = every_y(labkit.corrupt(task, linadv(0.9, times=times), 0))
    rows, mean, std = (given != y).any(1), y.double().mean(0), y.double().std(0, correction=0)
    z = ((given.double() - mean) / std)[rows]
    assert z.square().mean().sqrt().item() == pytest.approx(times, rel=0.03)
    assert z.mean(0).abs().max() < 0.1 * times


def test_linadv_reads_images_and_forgets_pixels_that_never_change():
    rng = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (300, 1, 6, 6), generator=rng, dtype=torch.uint8)
    x[:, :, 0] = 7
    y = torch.rand(300, 4, generator=rng)
    scale = labkit.data.Scale(255.0, (0.5,), (0.3,))
    task = labkit.Task.of(x, y, x[:5], y[:5], scale=scale, y_true="given")
    noisy = labkit.corrupt(task, linadv(0.5), 0)
    assert torch.isfinite(noisy.train.y).all() and noisy.noise.realised == pytest.approx(0.5, abs=0.01)
    z = (noisy.train.y - task.truth.y.mean(0)) / task.truth.y.std(0)
    assert z[(noisy.train.y != task.truth.y).any(1)].std().item() == pytest.approx(14.4, rel=0.2)


def test_linadv_in_blocks_equals_one_block(monkeypatch):
    whole = labkit.corrupt(faces(), linadv(0.4), 0).train.y
    monkeypatch.setattr("labkit.noise.targets.BLOCK", 7)
    assert torch.allclose(labkit.corrupt(faces(), linadv(0.4), 0).train.y, whole, rtol=1e-5)


@pytest.mark.parametrize("parts, names", [(3, ["linadv", "signflip", "uninoise"]), (4, None)])
def test_mixture_deals_its_rows_out_evenly(parts, names):
    task = faces()
    noisy = labkit.corrupt(task, mixture(0.4, parts=parts), 3)
    counts = noisy.noise.counts
    assert list(counts) == (names or ["linadv", "signflip", "uninoise", "pairflip"])
    assert max(counts.values()) - min(counts.values()) <= 2  # one for each split
    given, y = every_y(noisy)
    mirrored = torch.isclose(given, (2 * task.truth.y.double().mean(0) - y.double()).float(), rtol=1e-5).all(1)
    assert int(mirrored.sum()) == counts["signflip"]
    assert all(name in noisy.noise.words for name in counts)
    assert noisy.noise.record()["counts"] == counts


def lost(model, rate=0.4, n=16_000, d=50):
    """What least squares lose by the noise: 1 - R2 on other, clean samples, less what clean targets leave over. R2 is
    the mean over the coordinates."""
    task = faces(2 * n, d, torch.float64, val=0.0)
    x, clean = np.c_[task.train.x.double().numpy(), np.ones(2 * n)], task.truth.y.numpy()
    given = labkit.corrupt(task, model(rate), 0).train.y.numpy()
    fitted = np.linalg.lstsq(x[:n] / x.std(0).clip(1e-3), given[:n], rcond=None)[0]
    residual = x[n:] / x.std(0).clip(1e-3) @ fitted - clean[n:]
    return ((residual**2).mean(0) / clean[n:].var(0)).mean() - UNEXPLAINED


# D_eff = (1 - R2 - .12) / rate^2 at 40 %, as inferred from the paper's Table 1; of signflip, 4 times what is explained;
# of pairflip it depends on how the coordinates move together
TABLE = {
    "linadv": (linadv, 0.8 * 207, 1.2 * 207),
    "signflip": (signflip, 3.3, 4.3),
    "uninoise": (uninoise, 0.9, 1.5),
    "mixture": (mixture, 18, 32),
    "pairflip": (pairflip, 0.1, 4.1),
}


@pytest.mark.parametrize("name", TABLE)
def test_effective_distance_of_least_squares(name):
    model, low, high = TABLE[name]
    effective = lost(model) / 0.4**2
    print(f"{name}: D_eff = {effective:.2f}")
    assert low <= effective <= high


def test_least_squares_lose_in_the_order_of_the_paper_s_table():
    loss = {name: lost(model) for name, (model, *_) in TABLE.items()}
    assert loss["linadv"] > loss["mixture"] > loss["signflip"] > max(loss["pairflip"], loss["uninoise"])
    assert loss["signflip"] < lost(lambda rate: mixture(rate, parts=4)) < loss["mixture"]
    assert lost(mixture, 0.1) < lost(mixture, 0.2) < loss["mixture"]


@pytest.mark.parametrize(
    "call, words",
    [
        (
            lambda: labkit.corrupt(faces(), noise.symmetric(0.4), 0),
            ["symmetric", "class labels", "regression", "own faces"],
        ),
        (lambda: labkit.corrupt(faces(), noise.human(), 0), ["human", "class labels", "regression"]),
        (
            lambda: labkit.corrupt(labkit.load("digits", n=50), linadv(0.4), 0),
            ["linadv", "regression", "digits", "class"],
        ),
        (lambda: labkit.corrupt(labkit.load("digits", n=50), mixture(0.4), 0), ["mixture", "regression", "digits"]),
        (lambda: mixture(0.4, parts=2), ["parts", "2", "3", "4"]),
        (lambda: linadv(0.4, times=0), ["times", "0", "above 0"]),
        (lambda: linadv(0.4, map_seed=0.5), ["map_seed", "0.5"]),
        (lambda: labkit.corrupt(faces(), pairflip(0.4, points=[(0, 5)]), 0), ["points", "0..4"]),
        (lambda: signflip(1.0), ["rate of signflip", "1.0", "[0, 1)"]),
        (lambda: landmark_swap(None, 8), ["points", "None", "8"]),
        (lambda: landmark_swap([(0, 5)], 10), ["points", "0..4"]),
        (lambda: landmark_swap([(0, 1), (1, 2)], 10), ["points", "each in one pair"]),
        (lambda: landmark_swap([(0, 0)], 10), ["points"]),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError) as error:
        call()
    assert all(word in str(error.value) for word in words)


def test_suited_names_what_a_regression_can_take():
    x, y = torch.randn(50, 4), torch.randn(50, 6)
    assert set(noise.suited(faces())) == {"linadv", "signflip", "uninoise", "pairflip", "mixture"}
    six = labkit.Task.of(x, y, x[:5], y[:5], y_true="given")
    assert "pairflip" not in noise.suited(six)
    assert set(noise.suited(labkit.load("faces"))) == set(noise.suited(faces()))
    assert labkit.corrupt(six, pairflip(0.5, points=[(0, 1)]), 0).noise.realised == pytest.approx(0.48)


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_wrong_rows_do_not_come_first_in_a_training_from_the_same_seed(seed):
    task = labkit.corrupt(labkit.load("faces"), noise.signflip(0.4), seed)
    queue = bound(labkit.methods.ERM(), task, seed=seed).queue
    wrong = (task.train.y != task.truth.y).any(1)
    places = torch.arange(len(queue), dtype=torch.float64)[wrong[queue]] / len(queue)
    assert abs(places.mean().item() - 0.5) < 0.06  # four standard errors
