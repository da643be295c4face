"""variant="released" of GJS, peer loss, CORES2 and CE behind epsilon-softmax, against the released code: its formulas,
written out here from the code, in float64."""

import numpy as np
import pytest
import torch
from released import close, drawn, slope, stepped, table
from torch.nn import functional as F

from labkit import losses
from labkit.methods import CORES2, CE_eps_MAE, PeerLoss
from labkit.methods.peer_loss import rising


@pytest.mark.parametrize("weights", ["0.9 0.05 0.05", "0.5 0.25 0.25"])
def test_gjs_released_sums_divergences_from_the_mixture(weights):
    (z, y), (other, _) = drawn(scale=2), drawn(seed=5, scale=2)
    pi, *_ = shares = [float(share) for share in weights.split()]
    parts = [F.one_hot(y, 3).double(), z.softmax(1), other.softmax(1)]
    log_m = sum(w * part for w, part in zip(shares, parts)).clamp(1e-7, 1).log()
    right = 0.0
    for w, part in zip(shares, parts):
        terms = torch.where(part > 0, part * (part.clamp(min=1e-7).log() - log_m), torch.zeros_like(part))
        right = right + w * terms.sum(1).mean()
    right = right * -1.0 / ((1 - pi) * np.log(1 - pi))
    ours = losses.js(torch.stack([z, other]), y, pi).mean()
    assert close(ours, right)
    for mine, theirs in zip(torch.autograd.grad(ours, [z, other]), torch.autograd.grad(right, [z, other])):
        assert close(mine, theirs)


def test_peerloss_released_bounds_cross_entropy_and_divides_the_step():
    z, y = drawn(8, scale=4)
    settings = {"alpha": 1.0, "variant": "released"}
    method, twin = table(PeerLoss(**settings), [z], y, 3), table(PeerLoss(**settings), [z], y, 3)
    ramp = np.concatenate((np.linspace(0.0, 0.0, num=20), np.linspace(0.0, 1, num=20)))
    stable = lambda logits, labels: F.nll_loss((logits.softmax(1) + 1e-5).log(), labels)
    for epoch, alpha in enumerate(ramp):
        assert rising(1.0, epoch, method.warmup, method.ramp) == pytest.approx(alpha, abs=1e-12)
    epoch = 33
    inputs, labels = twin.draw(8)
    right = (stable(z, y) - ramp[epoch] * stable(z[inputs], y[labels])) / (1 + ramp[epoch])
    assert close(stepped(method.set_epoch(epoch)), slope(right, z))


def test_cores2_released_sieves_batches_and_renews_the_label_shares():
    z, y = drawn(24, scale=2)
    method = table(CORES2(beta=2.0, warmup=0, ramp=0, start=0, variant="released"), [z], y, 3)
    shares = torch.bincount(y, minlength=3).float() / 24
    ce = F.cross_entropy(z, y, reduction="none")
    of_all = -(z.softmax(1) + 1e-8).log()
    v = (ce - of_all.mean(1) <= 0).double()
    right = (v * (ce - 2.0 * (shares * of_all).sum(1))).sum() / v.sum() / 3.0
    method.select(method.train, 0)
    assert close(stepped(method), slope(right, z)) and 3 < v.sum() < 21
    method.select(method.train, 1)
    left = shares * 24 - torch.bincount(y[v == 0], minlength=3)
    assert torch.allclose(method.prior, left / left.sum())


def test_cores2_released_has_the_codes_schedule():
    beta = np.concatenate((np.linspace(0.0, 0.0, num=10), np.linspace(0.0, 2, num=30), np.linspace(2, 2, num=60)))
    method = CORES2()
    ours = [rising(method.beta, epoch, method.warmup, method.ramp) for epoch in range(100)]
    assert np.allclose(ours, beta, rtol=0, atol=1e-12) and method.start == 31


@pytest.mark.parametrize("m, floor", [(1e5, 1e-8), (1e3, 1e-8), (0.0, 1e-8)])
def test_ce_eps_mae_released_keeps_probabilities_above_a_floor(m, floor):
    z, y = drawn(30, scale=5)
    p = z.softmax(1).clone()
    p[torch.arange(30), p.argmax(1)] += m
    nll = F.nll_loss((p / (m + 1)).clamp(min=floor).log(), y)
    mae = 2.0 * (1.0 - (F.one_hot(y, 3) * z.softmax(1)).sum(1)).mean()
    right = 0.01 * nll + 5 * mae
    method = table(CE_eps_MAE(m=m, alpha=0.01, beta=5.0, variant="released"), [z], y, 3)
    assert close(method.loss(z, y, None).mean(), right) and close(stepped(method), slope(right, z))


def test_ce_eps_mae_released_gives_unlikely_labels_no_gradient_of_ce():
    z = torch.tensor([[0.0, 9.0, 0.0]], dtype=torch.float64, requires_grad=True)
    y = torch.tensor([0])
    assert z.softmax(1)[0, 0] < 1e-3
    for variant, moves in (("released", False), ("paper", True)):
        method = table(CE_eps_MAE(m=1e5, alpha=1.0, beta=0.0, variant=variant), [z.detach()], y, 3)
        assert bool(slope(method.loss(z, y, None).sum(), z).any()) == moves
