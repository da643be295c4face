"""Coresets: against brute force, the theory, and two other libraries."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
import torch

from labkit import coreset
from labkit.coreset import Distances, centrality, facility_location, kmedoids, stochastic_greedy, value

BOTH = pytest.mark.parametrize("limit", [coreset.LIMIT, 0], ids=["matrix", "rows"])


def draw(n, d=3, seed=0):
    """Gaussian points. -> [n, d] float64"""
    return np.random.default_rng(seed).normal(size=(n, d))


def gradients(n, seed=0):
    """p - e_y of random logits and labels. -> [n, 10] float64"""
    rng = np.random.default_rng(seed)
    p = np.exp(2 * rng.normal(size=(n, 10)))
    return p / p.sum(1, keepdims=True) - np.eye(10)[rng.integers(10, size=n)]


def matrix(points):
    """All distances, by their definition."""
    return np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))


def F(D, chosen):
    """sum_i max_{j in S} (d0 - d_ij), by its definition; the empty S has 0."""
    return sum(max((D.max() - D[i, j] for j in chosen), default=0.0) for i in range(len(D)))


def greedy(D, k):
    """Every choice is the largest F(S + j), of equal ones the last, by trying all."""
    chosen, best = [], np.full(len(D), D.max())
    for _ in range(k):
        gain = np.maximum(best - D, 0).sum(1)
        gain[chosen] = -1
        chosen.append(len(D) - 1 - int(gain[::-1].argmax()))
        best = np.minimum(best, D[chosen[-1]])
    return chosen


@BOTH
@pytest.mark.parametrize("n, d", [(1, 1), (40, 1), (200, 7)])
def test_distances_are_those_of_the_definition(n, d, limit):
    points = draw(n, d) + 1000.0  # far from the origin
    D = Distances(points, limit)
    assert (D.matrix is None) == (limit == 0)
    assert np.allclose(np.stack([D.row(i) for i in range(n)]), matrix(points), rtol=0, atol=1e-7)
    total, top = D.sums()
    assert np.allclose(total, matrix(points).sum(1)) and top == pytest.approx(matrix(points).max(), abs=1e-7)
    assert D.bound() >= top - 1e-9
    some = np.arange(0, n, 2)
    assert np.allclose(D.rows([n - 1], some), matrix(points)[[n - 1]][:, some], rtol=0, atol=1e-7)


def regret(D, chosen):
    """How much less than the largest gain the choices gained, at most."""
    best, worst = np.full(len(D), D.max()), 0.0
    for j in chosen:
        gain = np.maximum(best - D, 0).sum(1)
        worst = max(worst, gain.max() - gain[j])
        best = np.minimum(best, D[j])
    return worst


def test_lazy_greedy_is_greedy():
    for seed in range(5):
        points = gradients(150, seed)
        assert facility_location(points, 75).tolist() == greedy(Distances(points).matrix, 75)


@BOTH
@pytest.mark.parametrize("few", [0, 1, 3, 150])
def test_every_choice_of_lazy_greedy_gains_most(limit, few, monkeypatch):
    points = gradients(150)
    monkeypatch.setattr(coreset.greedy, "NEAR", few * 150)  # how many points a candidate may remember
    assert regret(matrix(points), facility_location(points, 75, limit)) < 1e-9
    assert regret(matrix(points), centrality(points, 75)) > 0.1


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_greedy_reaches_its_share_of_the_optimum(k):
    for seed in range(6):
        points = draw(9, 2, seed)
        D = matrix(points)
        best = max(F(D, chosen) for chosen in itertools.combinations(range(9), k))
        reached = F(D, facility_location(points, k))
        assert reached >= (1 - 1 / np.e) * best - 1e-9
        assert k > 1 or reached == pytest.approx(best)
        assert F(D, kmedoids(points, k)) >= reached - 1e-9


def test_objective_is_monotone_and_submodular():
    D, rng = matrix(draw(12, 2)), np.random.default_rng(0)
    for _ in range(200):
        order = rng.permutation(12).tolist()
        a = rng.integers(0, 6)
        b = rng.integers(a, 11)
        small, large, e = order[:a], order[:b], order[11]
        gain_small, gain_large = (F(D, [*s, e]) - F(D, s) for s in (small, large))
        assert gain_small >= gain_large - 1e-9 and gain_large >= -1e-9


def test_value_is_the_objective_whatever_d0():
    points = draw(60)
    chosen = facility_location(points, 7)
    assert value(points, chosen) == pytest.approx(F(matrix(points), chosen))
    assert value(points, chosen, top=100.0) == pytest.approx(6000 - matrix(points)[chosen].min(0).sum())


@pytest.mark.peers("apricot")
@pytest.mark.parametrize("n, k", [(400, 40), (400, 200), (1000, 500)])
def test_same_objective_as_apricot(n, k):
    import apricot

    points = gradients(n, seed=n)
    D = matrix(points)
    theirs = apricot.FacilityLocationSelection(k, metric="precomputed", optimizer="lazy").fit(D.max() - D).ranking
    assert value(points, facility_location(points, k)) == pytest.approx(value(points, theirs), rel=1e-6)


@pytest.mark.peers("submodlib")
@pytest.mark.parametrize("n, k", [(400, 40), (400, 200), (1000, 500)])
def test_same_objective_as_submodlib(n, k):
    import submodlib

    points = gradients(n, seed=n)
    D = matrix(points)
    objective = submodlib.FacilityLocationFunction(n=n, mode="dense", sijs=D.max() - D, separate_rep=False)
    theirs = [j for j, _ in objective.maximize(budget=k, optimizer="LazyGreedy", show_progress=False)]
    assert value(points, facility_location(points, k)) == pytest.approx(value(points, theirs), rel=1e-6)


def test_stochastic_greedy_is_near_to_greedy_and_follows_its_seed():
    points = gradients(400)
    exact = value(points, facility_location(points, 200))
    near = stochastic_greedy(points, 200, eps=0.01)
    assert 0.99 * exact <= value(points, near)
    assert near.tolist() == stochastic_greedy(points, 200, eps=0.01).tolist()
    assert near.tolist() != stochastic_greedy(points, 200, eps=0.01, seed=1).tolist()
    rough = [value(points, stochastic_greedy(points, 200, eps=0.9, seed=s)) for s in range(5)]
    assert max(rough) < value(points, near)
    assert value(points, stochastic_greedy(points, 1, eps=1e-6)) == pytest.approx(value(points, centrality(points, 1)))


def test_centrality_is_the_order_of_distance_sums():
    points = draw(80)
    assert centrality(points, 30).tolist() == matrix(points).sum(1).argsort()[:30].tolist()
    assert centrality(np.zeros((5, 2)), 3).tolist() == [0, 1, 2]


@BOTH
@pytest.mark.parametrize("k", [1, 2, 5, 39])
def test_no_swap_improves_kmedoids(k, limit):
    D = matrix(draw(40, 2))
    start = list(range(k))
    medoids = kmedoids(draw(40, 2), k, start=start, rounds=100, limit=limit).tolist()
    cost = D[medoids].min(0).sum()
    assert len(set(medoids)) == k and cost <= D[start].min(0).sum()
    others = set(range(40)) - set(medoids)
    swaps = (D[[*medoids[:a], *medoids[a + 1 :], j]].min(0).sum() for a in range(k) for j in others)
    assert cost <= min(swaps) + 1e-4


def test_kmedoids_finds_the_centres_of_clusters():
    points = np.concatenate([draw(30, 2, seed) * 0.1 + centre for seed, centre in enumerate(([0, 0], [9, 0], [0, 9]))])
    medoids = kmedoids(points, 3, start=[0, 1, 2])
    assert sorted(medoids // 30) == [0, 1, 2]
    central = [centrality(points[30 * c : 30 * c + 30], 1)[0] + 30 * c for c in range(3)]
    assert sorted(medoids) == central


@BOTH
@pytest.mark.parametrize("name", coreset.SELECTORS)
def test_clusters_cover_every_group_and_hold_their_medoid(name, limit):
    points = torch.from_numpy(gradients(300))
    points[40:60] = points[40]  # many at one spot
    groups = torch.arange(300) % 3 * 5
    k = {0: 50, 5: 1, 10: 100}
    chosen = coreset.select(points, k, name, groups, radius=0.5, limit=limit)
    assert chosen.indices.unique().shape == (151,)
    assert torch.equal(chosen.cluster[chosen.indices], torch.arange(151))
    assert torch.equal(groups, groups[chosen.indices[chosen.cluster]])
    D = torch.from_numpy(matrix(points.numpy()))
    for g, size in k.items():
        mine = chosen.indices[groups[chosen.indices] == g]
        assert len(mine) == size and chosen.sizes[groups[chosen.indices] == g].sum() == (groups == g).sum()
        nearest = D[groups == g][:, mine].min(1).values
        assert torch.allclose(chosen.distance[groups == g], nearest, rtol=0, atol=1e-6)
        within = (D[mine][:, groups == g] <= 0.5).sum(1)
        assert torch.equal(chosen.within[groups[chosen.indices] == g], within)
    assert chosen.cost == pytest.approx(chosen.distance.sum().item())


def test_a_group_is_chosen_as_if_it_were_alone():
    points, groups = torch.from_numpy(gradients(200)), torch.arange(200) % 2
    both = coreset.select(points, 30, "facility_location", groups).indices
    alone = [g + 2 * facility_location(points[groups == g], 30) for g in (0, 1)]
    assert both.tolist() == np.concatenate(alone).tolist()
    assert coreset.select(points, 30).within.tolist() == [200] * 30


def test_everything_chosen_stands_for_itself():
    points = torch.from_numpy(draw(50))
    for name in coreset.SELECTORS:
        chosen = coreset.select(points, 50, name)
        assert sorted(chosen.indices.tolist()) == list(range(50))
        assert chosen.cost == 0 and (chosen.sizes == 1).all()


def test_shares_are_cut_and_at_least_one():
    groups = torch.tensor([3] * 11 + [1] * 2 + [7])
    assert coreset.shares(groups, 0.5) == {1: 1, 3: 5, 7: 1}
    assert coreset.shares(groups, 1.0) == {1: 2, 3: 11, 7: 1}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_points_may_live_on_cuda():
    points, groups = torch.from_numpy(gradients(100)), torch.arange(100) % 2
    here, there = (coreset.select(points.to(dev), 20, groups=groups.to(dev)) for dev in ("cpu", "cuda"))
    assert there.indices.device.type == "cuda" and torch.equal(here.indices, there.indices.cpu())


def broken():
    """Points with one that is not finite."""
    points = draw(10)
    points[3, 1] = np.nan
    return points


BAD = {
    "k of a coreset is 11": lambda: facility_location(draw(10), 11),
    "k of a coreset is 0": lambda: centrality(draw(10), 0),
    "k of a coreset is 2.5": lambda: stochastic_greedy(draw(10), 2.5),
    "k of a coreset is 4; it must be a whole number from 1 to 3": lambda: coreset.select(
        draw(5), 4, groups=torch.tensor([0, 0, 0, 1, 1])
    ),
    "how many of 10 points are not finite is 1; it must be 0": lambda: kmedoids(broken(), 2),
    r"shape of points is \[0, 3\]": lambda: facility_location(np.zeros((0, 3)), 1),
    "did you mean 'centrality'": lambda: coreset.select(draw(5), 2, "central"),
    "eps of stochastic_greedy is 0": lambda: stochastic_greedy(draw(5), 2, eps=0),
    r"start of kmedoids is \[1, 1\]": lambda: kmedoids(draw(5), 2, start=[1, 1]),
    r"shape of groups is \[3\]; it must be \[5\]": lambda: coreset.select(draw(5), 2, groups=torch.zeros(3)),
    "a number for each of the groups": lambda: coreset.select(draw(5), {0: 2}, groups=torch.tensor([0, 0, 1, 1, 1])),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input_is_named(message):
    with pytest.raises(ValueError, match=message):
        BAD[message]()


def test_a_single_number_per_point_is_a_point():
    assert centrality(np.array([0.0, 10.0, 4.0]), 1).tolist() == [2]


LARGE = """
import resource, numpy as np
from labkit.coreset import select
import torch
points = torch.from_numpy(np.random.default_rng(0).normal(size=(25_000, 10)))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
chosen = select(points, 10, {name!r})
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, len(chosen.indices))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["facility_location", "centrality"])
def test_25000_points_of_one_class_take_less_than_half_a_gibibyte(name):
    done = subprocess.run([sys.executable, "-c", LARGE.format(name=name)], capture_output=True, text=True, check=True)
    grown, chosen = map(int, done.stdout.split())
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB here
    assert chosen == 10 and grown * unit < 2**29  # a matrix of all distances takes 2.5 GB
