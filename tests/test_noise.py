"""Noise models: rates, matrices, conventions, passports."""

from collections import Counter

import numpy as np
import pytest
import torch

import labkit
from labkit import noise
from labkit.noise import (
    asymmetric,
    derangement,
    flip,
    flip2,
    hierarchical,
    instance,
    linadv,
    matrix_noise,
    pairflip,
    symmetric,
    tridiagonal,
    uniform,
)
from labkit.noise.similar import CIFAR100_COARSE


def big_task(n=20_000, classes=10, name="mnist"):
    """Many labels, few pixels."""
    rng = torch.Generator().manual_seed(0)
    y = torch.randint(0, classes, (n,), generator=rng)
    x = torch.randint(0, 256, (n, 1, 4, 4), generator=rng, dtype=torch.uint8)
    scale = labkit.data.Scale(255.0, (0.5,), (0.3,))
    return labkit.Task.of(x, y, x[:10], y[:10] % classes, name=name, scale=scale, y_true="given")


def off_diagonal(T):
    """The pairs (true, given) that can be wrong."""
    return {(i, j) for i, j in T.nonzero().tolist() if i != j}


THREE = torch.tensor([[0.5, 0.3, 0.2], [0.0, 1.0, 0.0], [0.1, 0.1, 0.8]], dtype=torch.float64)
MARKOV = [symmetric, uniform, pairflip, asymmetric, flip, flip2, derangement, tridiagonal]
EVERY = [
    *((model(rate), {}) for model in MARKOV for rate in (0.2, 0.4, 0.7)),
    (asymmetric(0.4, pairs="patrini"), {}),
    (asymmetric(0.4, pairs="one-way"), {"name": "cifar10"}),
    (asymmetric(0.4), {"name": "fashion-mnist"}),
    (asymmetric(0.4), {"name": "cifar100", "classes": 100}),
    (asymmetric(0.4, superclass=False), {"name": "cifar100", "classes": 100}),
    (hierarchical(0.4), {"name": "cifar100", "classes": 100}),
    (hierarchical(0.4, groups=[0, 1, 0, 1, 2]), {"classes": 5}),
    (flip2(0.4), {"classes": 100}),
    (tridiagonal(0.4), {"classes": 2}),
    (tridiagonal(0.4), {"classes": 3}),
    (matrix_noise(THREE), {"classes": 3}),
]


@pytest.mark.parametrize("model, data", EVERY, ids=repr)
def test_realised_matrix_is_the_asked_one_within_four_sigma(model, data):
    task = big_task(**data)
    y = torch.cat([task.truth.y, task.truth.val])
    n, T = torch.bincount(y)[:, None], model.matrix(task.classes, task.name)
    assert torch.allclose(T.sum(1), torch.ones(len(T), dtype=torch.float64)) and (T >= 0).all()
    seeds = 3
    passports = [labkit.corrupt(task, model, seed).noise for seed in range(seeds)]
    assert torch.equal(passports[0].matrix, T)
    hits = sum(passport.realised_matrix for passport in passports) * n
    sigma = (seeds * n * T * (1 - T)).sqrt()
    # Bernstein: with few hits the binomial's tail is longer than the normal's
    assert ((hits - seeds * n * T).abs() <= 4 * sigma + 4 + 1e-9).all()
    assert (hits[T == 0] == 0).all() and (hits[T == 1] == (seeds * n * T)[T == 1]).all()
    y_wrong = (1 - T.diagonal())[y]
    allowed = 4 * ((1 - y_wrong) * y_wrong).sum().div(seeds).sqrt() / len(y)
    assert abs(sum(p.realised for p in passports) / seeds - y_wrong.mean()) <= allowed


def test_symmetric_and_uniform_are_two_conventions():
    assert torch.allclose(symmetric(0.36).matrix(10, "x"), uniform(0.4).matrix(10, "x"))
    assert symmetric(0.4).matrix(10, "x").diagonal().eq(0.6).all()
    assert torch.allclose(uniform(0.4).matrix(10, "x").diagonal(), torch.tensor(0.64, dtype=torch.float64))
    assert uniform(0.4).words(10, 0.36) == "uniform 40% = 36.0% wrong labels at 10 classes = symmetric 36.0%"
    assert "uniform 44.4%" in symmetric(0.4).words(10, 0.4)


def test_pairflip_goes_to_the_next_class_and_warns_when_the_wrong_label_is_the_majority():
    T = pairflip(0.3).matrix(4, "x")
    assert T[3, 0] == 0.3 and T[0, 1] == 0.3 and T[0, 0] == 0.7


def test_tridiagonal_goes_to_both_neighbours_and_round_the_corner():
    T = tridiagonal(0.3).matrix(5, "x")
    wrong = {(i, (i + step) % 5) for i in range(5) for step in (1, -1)}
    assert off_diagonal(T) == wrong and all(T[pair] == 0.15 for pair in wrong) and (T.diagonal() == 0.7).all()
    assert torch.equal(T, T.T)  # nobody is called wrongly more often than another


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("p", [0.1, 0.3, 0.5])
def test_tridiagonal_is_two_pairflips_in_opposite_directions(classes, p):
    step = pairflip(p).matrix(classes, "x")
    model = tridiagonal(2 * p * (1 - p))
    assert torch.allclose(step @ step.T, model.matrix(classes, "x"), rtol=0, atol=1e-12)
    assert f"two pairflips of {p:.1%}" in model.words(classes, 0.3)


def test_tridiagonal_words_say_what_no_pairflips_make_and_when_two_classes_are_lost():
    assert "more than any two pairflips" in tridiagonal(0.51).words(10, 0.51)
    assert "majority" in tridiagonal(0.5).words(2, 0.5) and "majority" not in tridiagonal(0.49).words(2, 0.49)


@pytest.mark.parametrize(
    "make, edge",
    [
        (pairflip, 1 / 2),
        (flip, 1 / 2),
        (derangement, 1 / 2),
        (flip2, 2 / 3),
        (tridiagonal, 2 / 3),
        (hierarchical, 4 / 5),
    ],
)
def test_words_warn_exactly_where_another_label_is_as_frequent_as_the_own(make, edge):
    for rate in (edge - 0.01, edge, edge + 0.01):
        T = make(rate).matrix(100, "cifar100")
        own, other = T.diagonal(), T.clone().fill_diagonal_(0).max(1).values
        fine = bool((own > other + 1e-12).all())
        assert fine == (rate < edge)
        assert ("majority" in make(rate).words(100, rate)) == (not fine)
        assert ("majority" in matrix_noise(T).words(100, rate)) == (not fine) or rate == edge


def test_asymmetric_pairs():
    pairs_of = lambda dataset, **options: off_diagonal(asymmetric(0.4, **options).matrix(10, dataset))
    assert pairs_of("mnist") == {(2, 7), (3, 8), (5, 6), (6, 5)}
    assert pairs_of("mnist", pairs="patrini") == pairs_of("mnist", pairs="jocor") == pairs_of("mnist") | {(7, 1)}
    cifar10 = {(9, 1), (2, 0), (3, 5), (5, 3), (4, 7)}
    assert pairs_of("cifar10") == pairs_of("cifar10", pairs="jocor") == cifar10
    assert pairs_of("cifar10", pairs="one-way") == cifar10 - {(5, 3)}
    assert asymmetric(0.75, pairs={0: 1}).matrix(3, "own data")[0].tolist() == [0.25, 0.75, 0]


def test_cifar100_has_20_superclasses_of_five():
    assert Counter(CIFAR100_COARSE) == dict.fromkeys(range(20), 5)
    # ids of the alphabet of fine classes: aquarium fish, flatfish, ray, shark, trout; orchid, poppy, rose, ...
    fish, flowers, trees = {1, 32, 67, 73, 91}, {54, 62, 70, 82, 92}, {47, 52, 56, 59, 96}
    for kin in (fish, flowers, trees):
        assert len({CIFAR100_COARSE[c] for c in kin}) == 1


def test_asymmetric_cifar100_goes_round_in_superclasses_or_in_blocks_of_consecutive_ids():
    inside, blocks = (asymmetric(0.4, superclass=s).matrix(100, "cifar100") for s in (True, False))
    assert all(CIFAR100_COARSE[i] == CIFAR100_COARSE[j] for i, j in off_diagonal(inside))
    assert {(1, 32), (32, 67), (67, 73), (73, 91), (91, 1)} <= off_diagonal(inside)
    assert off_diagonal(blocks) == {(i, i // 5 * 5 + (i + 1) % 5) for i in range(100)}
    assert torch.equal(asymmetric(0.4, pairs="jocor").matrix(100, "cifar100"), blocks)
    for T in (inside, blocks):  # one step round each circle: five steps lead home
        step = (T > 0).double() - torch.eye(100)
        assert torch.equal(torch.linalg.matrix_power(step, 5), torch.eye(100, dtype=torch.float64))


def test_hierarchical_stays_in_the_superclass_and_leaves_a_lonely_class_alone():
    T = hierarchical(0.4).matrix(100, "cifar100")
    assert torch.allclose(T[T > 0].unique(), torch.tensor([0.1, 0.6], dtype=torch.float64))
    assert all(CIFAR100_COARSE[i] == CIFAR100_COARSE[j] for i, j in off_diagonal(T)) and len(off_diagonal(T)) == 400
    T = hierarchical(0.4, groups=[7, 1, 7]).matrix(3, "own")
    assert off_diagonal(T) == {(0, 2), (2, 0)} and T[1, 1] == 1


def in_place(y, pairs, rate, rng):
    """The widely copied code in plain Python, one label after the other. -> list"""
    given = list(y)
    for now, then in pairs.items():
        members = [k for k, label in enumerate(given) if label == now]
        for place in rng.permutation(len(members))[: int(rate * len(members))]:
            given[members[place]] = then
    return given


def test_asymmetric_in_place_flips_some_cats_back():
    task, model = big_task(50_000, name="cifar10"), asymmetric(0.4, inplace_bug=True)
    passport = labkit.corrupt(task, model, 0).noise
    T, realised = passport.matrix, passport.realised_matrix
    assert T[3, 5].item() == pytest.approx(0.24) and T[5, 3].item() == pytest.approx(0.4)
    assert realised[3, 5].item() == pytest.approx(0.24, abs=4 * (0.24 * 0.76 / 5000) ** 0.5)
    n = torch.bincount(torch.cat([task.truth.y, task.truth.val]))
    for true, given in {9: 1, 2: 0, 4: 7}.items():
        assert round(realised[true, given].item() * n[true].item()) == int(0.4 * n[true])
    assert "flipped back" in passport.words and model.options() == {"inplace_bug": True}
    y = torch.cat([task.truth.y, task.truth.val])
    oracle = in_place(y.tolist(), {9: 1, 2: 0, 3: 5, 5: 3, 4: 7}, 0.4, np.random.default_rng(0))
    given = torch.tensor(oracle)
    for true in range(10):
        ours, theirs = realised[true], torch.bincount(given[y == true], minlength=10) / n[true]
        assert torch.allclose(ours, theirs.double(), atol=0.03)


@pytest.mark.parametrize("model", [symmetric(0.33, exact=True), uniform(0.33, exact=True)], ids=repr)
def test_exact_counts_of_each_split(model):
    task = big_task(5003)
    for seed in range(3):
        noisy = labkit.corrupt(task, model, seed)
        for given, y in ((noisy.train.y, task.truth.y), (noisy.train.val.y, task.truth.val)):
            wrong, asked = int((given != y).sum()), int(0.33 * len(y))
            scatter = 0 if isinstance(model, symmetric) else 4 * (asked * 0.09) ** 0.5
            expected = asked if isinstance(model, symmetric) else 0.9 * asked  # one in ten is redrawn as it was
            assert abs(wrong - expected) <= scatter


def test_exact_counts_of_each_class():
    task, model = big_task(5003), asymmetric(0.33, exact=True)
    noisy = labkit.corrupt(task, model, 0)
    for given, y in ((noisy.train.y, task.truth.y), (noisy.train.val.y, task.truth.val)):
        for c in range(10):
            wrong = given[y == c][given[y == c] != c]
            assert len(wrong) == (int(0.33 * int((y == c).sum())) if c in (2, 3, 5, 6) else 0)
    assert off_diagonal(noisy.noise.realised_matrix) == {(2, 7), (3, 8), (5, 6), (6, 5)}


@pytest.mark.parametrize("model", [flip, flip2, derangement])
def test_target_maps_have_no_self_flip_and_belong_to_the_map_seed(model):
    for classes in (3, 10, 100):
        maps = [model(0.3, map_seed=seed).target_classes(classes) for seed in range(20)]
        for targets in maps:
            assert (targets != torch.arange(classes)[:, None]).all()
            assert all(len(set(row)) == len(row) == (2 if model is flip2 else 1) for row in targets.tolist())
            if model is derangement:
                assert sorted(targets[:, 0].tolist()) == list(range(classes))
        assert len({tuple(targets.flatten().tolist()) for targets in maps}) > 1
        assert torch.equal(maps[1], model(0.6, map_seed=1).target_classes(classes))


def test_target_maps_are_those_of_the_released_code():
    state = np.random.get_state()
    np.random.seed(1)
    others = [[c for c in range(10) if c != i] for i in range(10)]
    one = [np.random.choice(others[i]) for i in range(10)]
    np.random.seed(1)
    two = [set(np.random.choice(others[i], 2, replace=False)) for i in range(10)]
    np.random.set_state(state)
    assert flip(0.3).target_classes(10)[:, 0].tolist() == one
    assert [set(row) for row in flip2(0.3).target_classes(10).tolist()] == two
    assert np.array_equal(np.random.get_state()[1], state[1])


def test_matrix_noise_repeats_a_named_one_and_knows_its_rate():
    T = uniform(0.5).matrix(10, "x")
    assert matrix_noise(T.tolist()).rate == pytest.approx(0.45)
    assert torch.allclose(matrix_noise(T.numpy()).matrix(10, "x"), T)
    assert matrix_noise(T).options() != matrix_noise(torch.eye(10)).options()
    clean = labkit.corrupt(big_task(500), matrix_noise(torch.eye(10)), 0).noise
    assert clean.realised == 0 and clean.words.startswith("a transition matrix that asks for 0.0%")


def test_options_name_what_is_unusual_alone():
    usual = {symmetric: {}, uniform: {}, pairflip: {}, asymmetric: {}, instance: {"std": 0.1, "x_scale": "raw"}}
    for model, options in usual.items():  # runs that were stored before are known by these
        assert model(0.4).options() == options
    assert symmetric(0.4, exact=True).options() == {"exact": True}
    assert asymmetric(0.4, pairs="patrini", superclass=False).options() == {"pairs": "patrini", "superclass": False}


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


FOR_CLASSES = [model for model in noise.ALL.values() if "classes" in model.kinds]
VARIANTS = [
    lambda rate: symmetric(rate, exact=True),
    lambda rate: uniform(rate, exact=True),
    lambda rate: tridiagonal(rate, exact=True),
    lambda rate: asymmetric(rate, exact=True, superclass=False),
    lambda rate: asymmetric(rate, inplace_bug=True),
]


@pytest.mark.parametrize("model", [*FOR_CLASSES, *VARIANTS])
def test_no_noise_changes_nothing_and_seeds_decide(model):
    task = big_task(2000, 100, "cifar100")
    before = torch.get_rng_state()
    noisy = labkit.corrupt(task, model(0.0), 0)
    assert torch.equal(noisy.train.y, task.truth.y) and torch.equal(noisy.train.val.y, task.truth.val)
    a, b, c = (labkit.corrupt(task, model(0.4), seed) for seed in (1, 1, 2))
    assert torch.equal(before, torch.get_rng_state())
    assert a.train.y.shape == task.train.y.shape and a.train.y.dtype == task.train.y.dtype
    assert torch.equal(a.train.x, task.train.x) and a.noise.record()["rate"] == 0.4
    assert set(a.noise.record()) == {"name", "rate", "options", "seed", "realised", "hash"}
    assert torch.equal(a.train.y, b.train.y) and a.noise.hash == b.noise.hash != c.noise.hash
    assert a.noise.realised == pytest.approx(
        torch.cat([a.train.y != a.truth.y, a.train.val.y != a.truth.val]).double().mean().item()
    )


@pytest.mark.catalogue("noise")
def test_suited_names_what_a_task_can_take():
    of_digits = set(noise.suited(labkit.load("digits", n=200)))
    for_any_classes = {"symmetric", "uniform", "pairflip", "tridiagonal", "instance", "flip", "flip2", "derangement"}
    assert of_digits == for_any_classes | {"asymmetric"}
    assert set(noise.suited(big_task(2000, 100, "cifar100"))) == of_digits | {"hierarchical"}
    assert "asymmetric" not in noise.suited(big_task(200, name="own"))
    for name in of_digits:
        labkit.corrupt(labkit.load("digits", n=200), noise.ALL[name](0.3), 0)


def test_a_model_of_one_s_own_needs_probabilities_alone():
    class bright(noise.Noise):
        def matrix(self, classes, dataset):
            return None

        def probabilities(self, y, classes, dataset, x, scale, rng):
            light = x.flatten(1).double().mean(1) > 127
            return torch.nn.functional.one_hot(torch.where(light, (y + 1) % classes, y), classes).double()

    task = big_task(500)
    noisy = labkit.corrupt(task, bright(0.5), 0)
    light = task.train.x.flatten(1).double().mean(1) > 127
    assert torch.equal(noisy.train.y, torch.where(light, (task.truth.y + 1) % 10, task.truth.y))


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
        (lambda: symmetric(1.2), ["rate of symmetric", "1.2", "[0, 1)"]),
        (lambda: flip2(1.0), ["rate of flip2", "1.0", "[0, 1)"]),
        (lambda: asymmetric(-0.1), ["rate of asymmetric", "-0.1", "[0, 1)"]),
        (lambda: linadv(float("nan")), ["rate of linadv", "nan"]),
        (lambda: symmetric(0.4, exact="yes"), ["exact of symmetric", "yes"]),
        (lambda: flip(0.4, map_seed=-1), ["map_seed of flip", "-1"]),
        (lambda: flip2(0.4).matrix(2, "x"), ["classes is 2", "flip2"]),
        (lambda: asymmetric(0.2, pairs="patrin"), ["pairs", "patrin", "jocor"]),
        (lambda: asymmetric(0.2, superclass=1), ["superclass", "True or False"]),
        (lambda: asymmetric(0.2, inplace_bug=True, exact=True), ["exact", "inplace_bug"]),
        (lambda: asymmetric(0.2, pairs="one-way").matrix(10, "mnist"), ["pairs", "one-way", "mnist"]),
        (lambda: labkit.corrupt(big_task(100), hierarchical(0.2), 0), ["groups", "mnist"]),
        (lambda: hierarchical(0.2, groups=[0, 0, 1]).matrix(10, "own"), ["len(groups)", "3", "10"]),
        (lambda: matrix_noise([[0.5, 0.5]]), ["shape of T", "(1, 2)"]),
        (lambda: matrix_noise([[1.5, -0.5], [0, 1]]), ["entry of T", "-0.5"]),
        (lambda: matrix_noise([[1, 0], [0.5, 0.4]]), ["row 1 of T", "0.4", "sums to 1"]),
        (lambda: matrix_noise([[1, 0], [float("nan"), 1]]), ["entry of T", "nan"]),
        (lambda: labkit.corrupt(big_task(100), matrix_noise(THREE), 0), ["shape of T", "(3, 3)", "(10, 10)"]),
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
