"""JS, GJS, peer loss, CORES2, CE behind epsilon-softmax: closed forms, limits and enumerations, in float64."""

from itertools import product
from math import log

import numpy as np
import pytest
import torch
from released import bind, close, drawn, normed, points, slope, stepped, table
from tools import digits
from torch.nn import functional as F

import labkit
from labkit import losses
from labkit.methods import CORES2, ERM, GJS, JS, CE_eps_MAE, PeerLoss


def kl(p, q):
    """KL(p || q) of two distributions of one sample, term by term."""
    return sum(a * (a / b).log() for a, b in zip(p, q) if a > 0)


def divergence(parts, weights):
    """The weighted Jensen-Shannon divergence of distributions [C] of one sample."""
    mixture = sum(w * part for w, part in zip(weights, parts))
    return sum(w * kl(part, mixture) for w, part in zip(weights, parts))


# -- JS and GJS


@pytest.mark.parametrize("pi", [0.1, 0.5, 0.9])
def test_js_is_the_papers_formula_and_so_is_its_gradient(pi):
    z, y = drawn(scale=3)
    one_hot = F.one_hot(y, 3).double()
    rows = [divergence([e, p], [pi, 1 - pi]) / (-(1 - pi) * log(1 - pi)) for e, p in zip(one_hot, z.softmax(1))]
    method = table(JS(pi=pi), [z], y, 3)
    assert torch.allclose(method.loss(z, y, None), torch.stack(rows), rtol=0, atol=1e-12)
    assert close(stepped(method), slope(torch.stack(rows).mean(), z))


def test_js_lies_between_ce_and_half_of_mae():
    z, y = drawn()
    loss = lambda pi: table(JS(pi=pi), [z], y, 3).loss(z, y, None)
    assert torch.equal(loss(0.0), losses.ce(z, y))
    assert torch.allclose(loss(1e-7), losses.ce(z, y), rtol=0, atol=1e-5)
    half, rest = losses.mae(z, y) / 2, 1e-9
    p = losses.probability(z, y)
    slow = (half + p * p.log()) / -log(rest)  # the distance from the limit, which shrinks by a logarithm alone
    assert torch.allclose(loss(1 - rest), half + slow, rtol=0, atol=1e-7)
    assert (loss(0.5) < losses.ce(z, y)).all() and (loss(0.5) > losses.mae(z, y) / 2).all()


def test_js_is_bounded_and_reaches_its_bound():
    pi, y = 0.6, torch.zeros(2, dtype=torch.long)
    z = torch.tensor([[-300.0, 300.0, 0.0], [300.0, 0.0, -300.0]], requires_grad=True)  # float32, as in a training
    loss = table(JS(pi=pi), [z], y, 3).loss(z, y, None)
    bound_of_label = -(pi * log(pi) + (1 - pi) * log(1 - pi)) / (-(1 - pi) * log(1 - pi))
    assert torch.allclose(loss, torch.tensor([bound_of_label, 0.0]), rtol=0, atol=1e-5)
    assert torch.autograd.grad(loss.sum(), z)[0].isfinite().all()
    z, y = drawn(200, scale=9)
    assert (losses.js(z[None], y, pi) <= bound_of_label).all() and (losses.js(z[None], y, pi) >= 0).all()


def test_gjs_is_js_of_the_mean_prediction_plus_the_divergence_of_the_views():
    (z, y), (other, _), pi = drawn(), drawn(seed=3), 0.3
    p, q = z.softmax(1), other.softmax(1)
    apart = torch.stack([divergence(pair, [0.5, 0.5]) for pair in zip(p, q)])
    of_mean = losses.js(((p + q) / 2).log()[None], y, pi)
    expected = of_mean + (1 - pi) * apart / (-(1 - pi) * log(1 - pi))
    assert torch.allclose(losses.js(torch.stack([z, other]), y, pi), expected, rtol=0, atol=1e-12)
    assert torch.allclose(losses.js(torch.stack([z, z]), y, pi), losses.js(z[None], y, pi), rtol=0, atol=1e-12)


def test_gjs_steps_by_two_views_of_each_sample():
    x, y = points()
    turned = lambda views: views.flip(1)  # an augmentation that can be written out
    method = bind(GJS(pi=0.4), [normed()], x, y, 3, augment=turned)
    twin = bind(ERM(), [normed()], x, y, 3).nets[0]
    loss = losses.js(torch.stack([twin(x), twin(turned(x))]), y, 0.4).mean()
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(twin.parameters()))])
    assert close(stepped(method), -gradient)


# -- peer loss


def crowd(logits, y):
    """A training set of as many samples as logits, whose network gives them. -> PeerLoss of the paper, bound"""
    return table(PeerLoss(warmup=0, ramp=0, variant="paper"), [logits], y)


@pytest.mark.parametrize("e0, e1, eps", [(0.1, 0.3, 0.0), (0.4, 0.4, 0.0), (0.2, 0.5, 1e-2)])
def test_peerloss_mean_over_noisy_labels_is_a_multiple_of_the_clean_one(e0, e1, eps):
    z, y = drawn(4, 2, seed=2)
    y = torch.tensor([0, 1, 1, 1])
    pairs = torch.tensor([(a, b) for a, b in product(range(4), repeat=2) if a != b])

    def risk(labels):
        method = crowd(z, labels)
        method.eps = eps
        return (method.bounded(z, labels).mean() - method.peers(*pairs.T).mean()).item()

    mean = 0.0
    for flips in product((0, 1), repeat=4):
        chances = [(e0, e1)[label] if flip else 1 - (e0, e1)[label] for flip, label in zip(flips, y.tolist())]
        mean += np.prod(chances) * risk(y ^ torch.tensor(flips))
    assert mean == pytest.approx((1 - e0 - e1) * risk(y), abs=1e-12)


def test_peerloss_draws_inputs_and_labels_of_different_samples_alike():
    z, y = drawn(4, 2)
    inputs, labels = crowd(z, y).draw(60_000)
    counts = torch.bincount(4 * inputs + labels, minlength=16).view(4, 4)
    assert not counts.diagonal().any()
    assert ((counts[~torch.eye(4, dtype=torch.bool)] - 5000).abs() < 5 * 5000**0.5).all()


def test_peerloss_takes_the_peers_part_from_cross_entropy():
    z, y = drawn(6, 2)
    method, twin = crowd(z, y), crowd(z, y)
    method.alpha = 0.7
    right = losses.ce(z, y) - 0.7 * twin.peers(*twin.draw(6))
    assert torch.allclose(method.loss(z, y, torch.arange(6)), right, rtol=0, atol=1e-12)


def test_peerloss_has_a_lower_bound_with_eps_alone():
    z = torch.tensor([[200.0, 0.0], [0.0, 200.0]], dtype=torch.float64)
    y = torch.tensor([0, 1])  # a peer has the other label: sure predictions make its loss as large as can be
    free, bounded = crowd(z, y), table(PeerLoss(warmup=0, ramp=0), [z], y)
    assert free.loss(z, y, torch.arange(2)).max() < -100
    assert bounded.loss(z, y, torch.arange(2)).min() >= log(1e-5) / 2 - 1e-4


# -- CORES2


def sieving(z, y, classes=3, **settings):
    """CORES2 after its ramp, on a network with the logits z."""
    return table(CORES2(**{"warmup": 0, "ramp": 0, "start": 0, **settings}), [z], y, classes)


@pytest.mark.parametrize("eps", [0.0, 1e-3])
def test_cores2_regulariser_has_the_gradient_of_finite_differences(eps):
    z, y = drawn()
    method = sieving(z, y, beta=1.7, divide=False, eps=eps, renew=False)
    prior = torch.bincount(y, minlength=3).double() / len(y)
    regulariser = lambda logits: method.loss(logits, y, None) - losses.ce(logits, y)
    gradient = torch.autograd.grad(regulariser(z).sum(), z)[0]
    for c in range(3):
        shift = 1e-5 * F.one_hot(torch.tensor(c), 3).double()
        difference = (regulariser(z + shift) - regulariser(z - shift)) / 2e-5
        assert torch.allclose(gradient[:, c], difference, rtol=0, atol=1e-8)
    mean = -(prior * (z.softmax(1) + eps).log()).sum(1)
    assert torch.allclose(regulariser(z), -1.7 * mean, rtol=0, atol=1e-7)  # shares in float32


def test_cores2_sieve_drops_labels_above_the_mean_loss_over_all_labels():
    z, y = drawn(40, scale=2)
    method = sieving(z, y, variant="paper")
    kept = []
    for k in range(40):
        ce = [-z[k].log_softmax(0)[c].item() for c in range(3)]
        if ce[y[k]] <= sum(ce) / 3:
            kept.append(k)
    assert method.select(method.train, 0).tolist() == kept and 5 < len(kept) < 35
    late = sieving(z, y, variant="paper", start=3)
    assert late.select(late.train, 2) is None and late.select(late.train, 3).tolist() == kept


def test_cores2_sieve_keeps_the_label_of_a_sure_prediction_and_drops_all_others():
    z = 9 * torch.eye(3, dtype=torch.float64).repeat(3, 1)  # sure of 0, 1, 2, 0, ...
    y = torch.arange(9) // 3
    assert sieving(z, y).passes(z, y).tolist() == [k % 3 == k // 3 for k in range(9)]


def test_cores2_weighs_nothing_where_no_label_passes():
    z = 9 * torch.eye(3, dtype=torch.float64)
    y = torch.tensor([1, 2, 0])
    method = sieving(z, y)
    assert torch.equal(method.weight(None, y, torch.arange(3), z), torch.zeros(3, dtype=torch.float64))
    assert not stepped(method).any()
    alone = sieving(z, y, variant="paper")
    assert alone.select(alone.train, 0) is None  # nothing is left to train on, so all samples are


@pytest.mark.parametrize("sieve", ["epoch", "batch"])
def test_cores2_sieve_keeps_mostly_true_labels(sieve):
    task = digits()
    run = labkit.fit(CORES2(sieve=sieve, warmup=2, ramp=4, start=8), task, "mlp", 14, 0, life=True)
    chosen = run.life.selected[-1]
    right = task.train.y == task.truth.y
    assert right[chosen].float().mean() > right.float().mean() + 0.1
    assert 0.3 * len(right) < chosen.sum() < 0.95 * len(right)


# -- CE behind epsilon-softmax


@pytest.mark.parametrize("m", [0.0, 0.5, 100.0, 1e5])
def test_ce_eps_mae_puts_predictions_near_one_hot(m):
    z, _ = drawn(50, 4, scale=2)
    z = torch.cat([z, torch.zeros(1, 4)])
    p, q = z.softmax(1), losses.eps_softmax(z, m).exp()
    top = p.argmax(1)
    assert torch.equal(q[:-1].argmax(1), top[:-1]) and torch.allclose(q.sum(1), torch.ones(51, dtype=q.dtype))
    assert torch.allclose(q, (p + m * F.one_hot(top, 4)) / (1 + m), rtol=0, atol=1e-12)
    assert (q.max(1).values >= (1 / 4 + m) / (1 + m) - 1e-12).all()
    distance = (q - F.one_hot(top, 4)).norm(dim=1)
    limit = (1 - 1 / 4) ** 0.5 / (1 + m)
    assert (distance <= limit + 1e-12).all() and distance[-1].item() == pytest.approx(limit)


def test_ce_eps_mae_is_the_papers_sum_and_ce_at_its_neutral_setting():
    z, y = drawn(scale=2)
    p = z.softmax(1)
    q = (p + 50 * F.one_hot(p.argmax(1), 3)) / 51
    right = 0.3 * -q.gather(1, y[:, None])[:, 0].log() + 2.0 * losses.mae(z, y)
    method = table(CE_eps_MAE(m=50.0, alpha=0.3, beta=2.0), [z], y, 3)
    assert torch.allclose(method.loss(z, y, None), right, rtol=0, atol=1e-12)
    assert close(stepped(method), slope(right.mean(), z))
    neutral = table(CE_eps_MAE(m=0.0, alpha=1.0, beta=0.0), [z], y, 3)
    assert torch.equal(neutral.loss(z, y, None), losses.ce(z, y))


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: JS(pi=1.0), ["pi of JS", "1.0", "[0, 1)"]),
        (lambda: GJS(pi=0.0), ["pi of GJS", "0", "(0, 1)"]),
        (lambda: PeerLoss(alpha=-1), ["alpha of PeerLoss", "-1", ">= 0"]),
        (lambda: PeerLoss(eps=1), ["eps of PeerLoss", "1"]),
        (lambda: CORES2(sieve="sample"), ["sieve of CORES2", "sample", "epoch"]),
        (lambda: CORES2(beta="2"), ["beta of CORES2", "2"]),
        (lambda: CE_eps_MAE(m=-1), ["m of CE_eps_MAE", "-1"]),
        (lambda: CE_eps_MAE(variant="code"), ["variant", "released"]),
    ],
)
def test_bad_settings_of_newer_losses_are_named(make, words):
    with pytest.raises(ValueError) as error:
        make()
    assert all(word in str(error.value) for word in words)
