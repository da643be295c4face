"""Properties of the losses, in float64, against autograd and closed forms."""

import math

import pytest
import torch
from tools import bound, digits, faces, first_weights, train

import labkit
from labkit import losses
from labkit.methods import (
    GCE,
    MAE,
    MSE,
    NCE_RCE,
    SCE,
    BootstrapHard,
    BootstrapSoft,
    Focal,
    Huber,
    LabelSmoothing,
    Mixup,
)
from labkit.mixing import beta, mixed


def draw(n=64, classes=10, seed=0):
    """Random logits that have a gradient, and labels. -> [n, C], [n]"""
    rng = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(n, classes, generator=rng, dtype=torch.float64)
    return logits.requires_grad_(), torch.randint(classes, (n,), generator=rng)


def slope(loss, logits):
    """d sum loss / d logits."""
    return torch.autograd.grad(loss.sum(), logits, retain_graph=True)[0]


def method_loss(method, logits, y):
    """The loss that a method's own hook gives, bound to the digits."""
    return bound(method).method.loss(logits, y, torch.arange(len(y)))


def test_mae_is_symmetric_and_its_gradient_vanishes_with_p():
    logits, y = draw()
    over_classes = sum(losses.mae(logits, torch.full_like(y, c)) for c in range(10))
    assert torch.allclose(over_classes, torch.full_like(over_classes, 2 * 9), rtol=0, atol=1e-12)
    p = logits.detach().softmax(1)
    expected = 2 * p.gather(1, y[:, None]) * (p - torch.nn.functional.one_hot(y, 10))
    assert torch.allclose(slope(losses.mae(logits, y), logits), expected, rtol=0, atol=1e-12)
    one_hot = torch.nn.functional.one_hot(y, 10)
    assert torch.allclose(method_loss(MAE(), logits, y), (one_hot - p).abs().sum(1), rtol=0, atol=1e-12)


@pytest.mark.parametrize("rate", [0.2, 0.6])
def test_mae_under_uniform_noise_has_the_scaled_clean_gradient_and_ce_has_not(rate):
    logits, y = draw()

    def noisy(loss):
        return sum(
            ((1 - rate) * (y == c).double() + rate / 10) * loss(logits, torch.full_like(y, c)) for c in range(10)
        )  # its mean over the label's noise

    for loss, robust in ((losses.mae, True), (losses.ce, False)):
        same = torch.allclose(
            slope(noisy(loss), logits), (1 - rate) * slope(loss(logits, y), logits), rtol=0, atol=1e-12
        )
        assert same == robust


def test_mae_of_regression_is_the_l1_loss():
    loop = bound(MAE(), faces())
    output, y = torch.zeros(5, 10), torch.arange(50.0).view(5, 10) - 20
    assert torch.equal(loop.method.loss(output, y, torch.arange(5)), y.abs().sum(1))


def test_mse_is_half_the_squared_distance_to_the_one_hot_label():
    logits, y = draw()
    expected = torch.stack([0.5 * ((z - torch.eye(10, dtype=z.dtype)[c]) ** 2).sum() for z, c in zip(logits, y)])
    assert torch.allclose(method_loss(MSE(), logits, y), expected, rtol=0, atol=1e-12)
    assert torch.equal(first_weights(train(MSE(), faces())), first_weights(train(labkit.methods.ERM(), faces())))


def test_huber_is_smooth_where_its_parts_meet_and_bounds_the_gradient():
    r = torch.linspace(-4, 4, 801, dtype=torch.float64, requires_grad=True)
    loss = losses.huber(r[:, None], torch.zeros(801, 1, dtype=torch.float64), delta=1.5)
    g = slope(loss, r)
    assert torch.allclose(g, r.detach().clamp(-1.5, 1.5), rtol=0, atol=1e-12)
    inner = r.detach().abs() < 1.5
    assert torch.allclose(loss[inner], 0.5 * r.detach()[inner] ** 2, rtol=0, atol=1e-12)
    assert (loss[1:] - loss[:-1]).abs().max() < 0.016  # no jump
    output, y = torch.randn(8, 10, dtype=torch.float64), torch.randn(8, 10, dtype=torch.float64)
    expected = torch.nn.functional.huber_loss(output, y, reduction="none", delta=0.7).sum(1)
    assert torch.allclose(losses.huber(output, y, 0.7), expected, rtol=0, atol=1e-12)
    assert torch.equal(bound(Huber(delta=0.7)).method.loss(output, y, None), losses.huber(output, y, 0.7))


def test_bootstrapsoft_does_not_detach_the_prediction_in_the_target():
    logits, y = draw()
    p = logits.softmax(1)
    target = 0.7 * torch.nn.functional.one_hot(y, 10).double() + 0.3 * p
    written_out = -(target * logits.log_softmax(1)).sum(1)
    ours = method_loss(BootstrapSoft(beta=0.7), logits, y)
    assert torch.allclose(ours, written_out, rtol=0, atol=1e-12)
    assert torch.allclose(slope(ours, logits), slope(written_out, logits), rtol=0, atol=1e-12)
    detached = -(target.detach() * logits.log_softmax(1)).sum(1)
    assert not torch.allclose(slope(detached, logits), slope(written_out, logits), atol=1e-3)


def test_bootstraphard_is_ce_where_the_prediction_agrees():
    logits, y = draw()
    own = logits.argmax(1)
    ours = method_loss(BootstrapHard(beta=0.8), logits, y)
    assert torch.allclose(ours, 0.8 * losses.ce(logits, y) + 0.2 * losses.ce(logits, own), rtol=0, atol=1e-12)
    assert torch.allclose(method_loss(BootstrapHard(beta=0.8), logits, own), losses.ce(logits, own), rtol=0, atol=1e-12)


def test_focal_scales_ce_by_a_factor_that_carries_a_gradient():
    logits, y = draw()
    p = logits.softmax(1).gather(1, y[:, None])[:, 0]
    ours = method_loss(Focal(gamma=2.0), logits, y)
    assert torch.allclose(ours / losses.ce(logits, y), (1 - p) ** 2, rtol=0, atol=1e-12)
    assert torch.allclose(slope(ours, logits), slope(-((1 - p) ** 2) * p.log(), logits), rtol=0, atol=1e-12)
    detached = (1 - p.detach()) ** 2 * losses.ce(logits, y)
    assert not torch.allclose(slope(detached, logits), slope(ours, logits), atol=1e-3)


def test_gce_lies_between_ce_and_mae_and_scales_the_gradient():
    logits, y = draw()
    p = losses.probability(logits, y).detach()
    assert torch.allclose(losses.gce(logits, y, 1e-9), losses.ce(logits, y), rtol=0, atol=1e-6)
    assert torch.allclose(losses.gce(logits, y, 1.0), losses.mae(logits, y) / 2, rtol=0, atol=1e-12)
    ours = method_loss(GCE(q=0.7), logits, y)
    scaled = p[:, None] ** 0.7 * slope(losses.ce(logits, y), logits)
    assert torch.allclose(slope(ours, logits), scaled, rtol=0, atol=1e-12)
    assert (ours >= 0).all() and (ours <= 1 / 0.7).all()


def test_gce_truncated_leaves_out_what_the_network_does_not_believe():
    task = digits()
    run = labkit.fit(GCE(truncate=0.2, start=8, every=2), task, "mlp", 11, 0, life=True)
    sizes = run.life.selected.sum(1)
    assert sizes[7] == len(task.train) > sizes[8] == sizes[9] != sizes[10]
    method = run.method
    p = losses.probability(method.nets[0](task.train.inputs()), task.train.y)
    assert torch.equal(method.select(task.train, 12), (p > 0.2).nonzero()[:, 0])


def test_sce_is_ce_plus_half_a_times_mae():
    logits, y = draw()
    one_hot = torch.nn.functional.one_hot(y, 10).to(logits.dtype)
    for variant, A in (("paper", -4.0), ("released", math.log(1e-4))):
        method = SCE(alpha=0.1, beta=1.0, variant=variant)
        reverse = -(logits.softmax(1) * A * (1 - one_hot)).sum(1)  # -sum p log q with log 0 := A
        assert method.A == A
        assert torch.allclose(method_loss(method, logits, y), 0.1 * losses.ce(logits, y) + reverse, rtol=0, atol=1e-12)
    assert torch.allclose(
        method_loss(SCE(alpha=0.3, beta=0), logits, y), 0.3 * losses.ce(logits, y), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("alpha, beta, A", [(1.0, 1.0, -4.0), (10.0, 0.1, -4.0), (0.0, 2.0, -9.0), (3.0, 0.0, -4.0)])
def test_nce_rce_is_the_papers_formula_and_so_is_its_gradient(alpha, beta, A):
    logits, y = draw()
    written_out = []
    for z, label in zip(logits, y.tolist()):
        p = z.exp() / z.exp().sum()
        nce = p[label].log() / sum(p[k].log() for k in range(10))
        log_q = [0.0 if k == label else A for k in range(10)]  # q is one-hot: log 1 is 0, log 0 is A
        written_out.append(alpha * nce - beta * sum(p[k] * log_q[k] for k in range(10)))
    expected = torch.stack(written_out)
    ours = method_loss(NCE_RCE(alpha=alpha, beta=beta, A=A), logits, y)
    assert torch.allclose(ours, expected, rtol=0, atol=1e-12)
    assert torch.allclose(slope(ours, logits), slope(expected, logits), rtol=0, atol=1e-12)


def test_nce_rce_has_the_papers_settings_of_cifar10():
    paper, released = NCE_RCE(), NCE_RCE(variant="released")
    assert (paper.alpha, paper.beta, paper.A) == (1.0, 1.0, -4.0)
    assert (released.alpha, released.beta, released.A) == (1.0, 1.0, math.log(1e-4))


def test_nce_rce_is_symmetric_and_bounded():
    logits, y = draw()
    every = torch.stack([method_loss(NCE_RCE(alpha=2, beta=3), logits, torch.full_like(y, c)) for c in range(10)])
    assert torch.allclose(every.sum(0), torch.full_like(every[0], 2 + 3 * 4 * 9), rtol=0, atol=1e-11)
    assert (every >= 0).all() and (every <= 2 + 3 * 4).all()
    extreme = torch.tensor([[300.0, 0.0, -300.0]] * 3, requires_grad=True)  # float32, as in a training
    loss = method_loss(NCE_RCE(), extreme, torch.arange(3))
    assert loss.isfinite().all() and slope(loss, extreme).isfinite().all() and loss[0] < 1e-6


@pytest.mark.parametrize("rate", [0.2, 0.6])
def test_nce_rce_under_uniform_noise_has_the_scaled_clean_gradient(rate):
    logits, y = draw()
    method = NCE_RCE()
    noisy = (1 - rate) * method_loss(method, logits, y)
    for c in range(10):
        noisy = noisy + rate / 10 * method_loss(method, logits, torch.full_like(y, c))
    clean = slope(method_loss(method, logits, y), logits)
    assert torch.allclose(slope(noisy, logits), (1 - rate) * clean, rtol=0, atol=1e-12)


def test_nce_rce_fits_hard_samples_by_its_active_part():
    logits = torch.zeros(1, 10, dtype=torch.float64)
    logits[0, 1] = 12.0  # sure of class 1, while the label is 0
    logits.requires_grad_()
    active, passive = (NCE_RCE(alpha=a, beta=1 - a) for a in (1.0, 0.0))
    steepness = [slope(method_loss(part, logits, torch.tensor([0])), logits)[0, 0].abs() for part in (active, passive)]
    assert steepness[0] > 100 * steepness[1]  # the passive slope is 4 p_y (1 - p_y)


def test_labelsmoothing_against_torch():
    logits, y = draw()
    expected = torch.nn.functional.cross_entropy(logits, y, reduction="none", label_smoothing=0.3)
    assert torch.allclose(method_loss(LabelSmoothing(alpha=0.3), logits, y), expected, rtol=0, atol=1e-12)


def test_mixup_stays_between_samples_and_between_labels():
    method = bound(Mixup(alpha=0.7)).method
    x, y = torch.rand(32, 1, 8, 8), torch.randint(10, (32,), generator=torch.Generator().manual_seed(0))
    mixed_x, mixed_y, i = method.batch(x, y, torch.arange(32))
    lowest, highest = x.min(0).values - 1e-6, x.max(0).values + 1e-6
    assert ((mixed_x >= lowest) & (mixed_x <= highest)).all() and torch.equal(i, torch.arange(32))
    assert torch.allclose(mixed_y.sum(1), torch.ones(32)) and ((mixed_y > 0).sum(1) <= 2).all()
    assert not torch.equal(mixed_x, x)
    parts = [(mixed_x[k] - x[k]).norm() for k in range(32)]
    assert sum(part > 1e-3 for part in parts) > 24


def test_mixup_two_terms_equal_the_soft_label():
    logits, y = draw()
    other, lam = y.roll(1), torch.tensor([0.3], dtype=torch.float64)
    soft = mixed(*(torch.nn.functional.one_hot(c, 10).double() for c in (y, other)), lam)
    two_terms = 0.3 * losses.ce(logits, y) + 0.7 * losses.ce(logits, other)
    assert torch.allclose(losses.ce(logits, soft), two_terms, rtol=0, atol=1e-12)


@pytest.mark.parametrize("a, b", [(1.0, 1.0), (0.1, 1.0), (8.0, 8.0), (4.0, 4.0)])
def test_mixup_draws_from_the_beta_distribution(a, b):
    draws = beta(a, b, (40_000,), torch.Generator().manual_seed(1)).double()
    variance = a * b / ((a + b) ** 2 * (a + b + 1))
    assert draws.mean().item() == pytest.approx(a / (a + b), abs=4 * (variance / 40_000) ** 0.5)
    assert draws.var().item() == pytest.approx(variance, rel=0.05) and draws.min() >= 0 and draws.max() <= 1


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Huber(delta=0), ["delta", "0"]),
        (lambda: BootstrapSoft(beta=1.5), ["beta", "1.5", "[0, 1]"]),
        (lambda: BootstrapHard(beta=-1), ["beta", "-1"]),
        (lambda: Focal(gamma=-1), ["gamma", "-1", ">= 0"]),
        (lambda: GCE(q=2), ["q of GCE", "2"]),
        (lambda: GCE(truncate=1.0), ["truncate", "1.0", "(0, 1)"]),
        (lambda: SCE(A=1.0), ["A of SCE", "1.0", "below 0"]),
        (lambda: SCE(variant="relased"), ["variant", "did you mean 'released'"]),
        (lambda: NCE_RCE(alpha=-1), ["alpha of NCE_RCE", "-1"]),
        (lambda: NCE_RCE(A=0), ["A of NCE_RCE", "0", "below 0"]),
        (lambda: LabelSmoothing(alpha="much"), ["alpha", "much"]),
        (lambda: Mixup(alpha=-1), ["alpha", "-1"]),
    ],
)
def test_bad_settings_of_losses_are_named(make, words):
    with pytest.raises(ValueError) as error:
        make()
    assert all(word in str(error.value) for word in words)


def test_a_method_for_classes_refuses_numbers_and_the_reverse():
    with pytest.raises(ValueError, match="GCE"):
        labkit.fit("GCE", faces(), "mlp", 1, 0)
    with pytest.raises(ValueError, match="Huber"):
        labkit.fit("Huber", digits(), "mlp", 1, 0)
