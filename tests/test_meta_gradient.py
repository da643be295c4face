"""The meta-gradient by forward mode, against autograd through the virtual step, and finite differences."""

import pytest
import torch
from torch import nn
from torch.func import functional_call

from labkit import losses
from labkit.grads.meta import along, gradient, gradient_at, outputs, remembered, trainable, virtual_step

B, M, C = 12, 9, 4
PLAIN = lambda: nn.Sequential(nn.Flatten(), nn.Linear(36, 10), nn.Tanh(), nn.Linear(10, C))
NORM = lambda: nn.Sequential(
    *(nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2)),
    *(nn.Conv2d(6, 6, 3, bias=False), nn.BatchNorm2d(6, affine=False), nn.Flatten(), nn.Linear(6, C)),
)
NETS = pytest.mark.parametrize("make", [PLAIN, NORM], ids=["plain", "batch_norm"])
NORMALISE = pytest.mark.parametrize("normalise", [False, True], ids=["over_n", "sum_1"])


def setting(make, seed=0):
    """A network in float64 and a training and a meta batch. -> net, x, y, x_meta, y_meta, trust [B]"""
    torch.manual_seed(seed)
    net = make().double()
    draw = lambda n: (torch.randn(n, 1, 6, 6, dtype=torch.float64), torch.randint(C, (n,)))
    return net, *draw(B), *draw(M), torch.rand(B, dtype=torch.float64) + 0.1


def shares(trust, normalise):
    return trust / trust.sum() if normalise else trust / len(trust)


def second_order(net, x, y, x_meta, y_meta, trust, normalise, alpha):
    """The meta loss and its derivative with respect to trust, by autograd through the virtual step."""
    trust = trust.clone().requires_grad_()
    w, buffers = dict(net.named_parameters()), {k: b.clone() for k, b in net.named_buffers()}
    loss = (shares(trust, normalise) * losses.ce(functional_call(net, {**w, **buffers}, (x,)), y)).sum()
    slope = torch.autograd.grad(loss, list(w.values()), create_graph=True)
    w_hat = {name: p - alpha * g for (name, p), g in zip(w.items(), slope)}
    meta = losses.ce(functional_call(net, {**w_hat, **buffers}, (x_meta,)), y_meta).mean()
    return meta.detach(), torch.autograd.grad(meta, trust)[0]


def forward_mode(net, x, y, x_meta, y_meta, trust, normalise, alpha):
    """The same derivative without a second-order graph."""
    trust = trust.clone().requires_grad_()
    weight = shares(trust, normalise)
    logits, state = remembered(net, x)
    w_hat = virtual_step(net, losses.ce(logits, y), weight.detach(), alpha)
    pull = gradient_at(net, w_hat, x_meta, lambda logits: losses.ce(logits, y_meta).mean())
    weight.backward(-alpha * along(net, x, lambda logits: losses.ce(logits, y), pull, state))
    return trust.grad


@NETS
@NORMALISE
def test_meta_gradient_is_the_one_of_a_second_order_graph(make, normalise):
    case = (*setting(make), normalise, 0.3)
    expected = second_order(*case)[1]
    assert torch.allclose(forward_mode(*case), expected, rtol=1e-9, atol=1e-9 * expected.abs().max())


@NETS
@NORMALISE
def test_meta_gradient_is_the_one_of_finite_differences(make, normalise):
    *case, trust = setting(make)
    got, step = forward_mode(*case, trust, normalise, 0.3), 1e-5
    for k in range(0, B, 3):
        up, down = (trust.clone().index_add_(0, torch.tensor([k]), torch.tensor([s]).double()) for s in (step, -step))
        up, down = (second_order(*case, t, normalise, 0.3)[0] for t in (up, down))
        assert got[k].item() == pytest.approx(((up - down) / (2 * step)).item(), rel=1e-5, abs=1e-9)


@NETS
def test_derivative_along_a_direction_is_an_inner_product_of_gradients(make):
    net, x, y, *_ = setting(make)
    direction = {name: torch.randn_like(p) for name, p in net.named_parameters()}
    got = along(net, x, lambda logits: losses.ce(logits, y), direction)
    assert not got.requires_grad
    for k in range(B):
        slope = gradient(net, losses.ce(net(x), y)[k])
        assert got[k].item() == pytest.approx(sum((g * direction[n]).sum().item() for n, g in slope.items()), rel=1e-9)


@pytest.mark.parametrize("training", [True, False])
def test_virtual_passes_leave_weights_gradients_and_running_statistics_alone(training):
    net, x, y, x_meta, y_meta, trust = setting(NORM)
    logits, state = remembered(net.train(training), x)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    w_hat = virtual_step(net, losses.ce(logits, y), trust, 0.3)
    pull = gradient_at(net, w_hat, x_meta, lambda logits: losses.ce(logits, y_meta).mean())
    along(net, x, lambda logits: losses.ce(logits, y), pull, state)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())
    slope = torch.autograd.grad(
        (trust * losses.ce(logits, y)).sum(), list(net.parameters())
    )  # the graph is still there
    assert all(torch.allclose(w_hat[n], p - 0.3 * g, rtol=1e-12) for (n, p), g in zip(net.named_parameters(), slope))


def test_other_parameters_are_used_with_the_statistics_of_the_batch():
    net, x, *_ = setting(NORM)
    other, moved = setting(NORM, seed=1)[0], {}
    for name, p in other.named_parameters():
        moved[name] = p.detach()
    assert torch.equal(outputs(net, moved, x), other(x)) and not torch.equal(net(x), other(x))


def test_dropout_is_repeated_and_the_global_generator_goes_on():
    net, x, y, *_ = setting(lambda: nn.Sequential(nn.Flatten(), nn.Linear(36, 50), nn.Dropout(0.5), nn.Linear(50, C)))
    logits, state = remembered(net, x)
    slopes = [gradient(net, losses.ce(logits, y)[k], keep=True) for k in range(B)]
    direction = {name: torch.randn_like(p) for name, p in net.named_parameters()}
    expected = torch.stack([sum((g * direction[n]).sum() for n, g in slope.items()) for slope in slopes])
    before = torch.get_rng_state()
    repeated, drawn = (along(net, x, lambda z: losses.ce(z, y), direction, s) for s in (state, None))
    assert torch.allclose(repeated, expected, rtol=1e-9) and not torch.allclose(drawn, expected, rtol=1e-2)
    torch.set_rng_state(before)
    along(net, x, lambda z: losses.ce(z, y), direction, state)
    assert torch.equal(torch.get_rng_state(), before)


def test_frozen_and_unused_parameters_do_not_disturb():
    net, x, y, x_meta, y_meta, trust = setting(PLAIN)
    net.unused, net[1].bias.requires_grad = nn.Linear(2, 2).double(), False
    net.forward = lambda x: net[3](net[2](net[1](net[0](x))))
    w_hat = virtual_step(net, losses.ce(net(x), y), trust, 0.3)
    assert set(w_hat) == set(trainable(net)) and "1.bias" not in w_hat
    pull = gradient_at(net, w_hat, x_meta, lambda logits: losses.ce(logits, y_meta).mean())
    assert (pull["unused.weight"] == 0).all()
    assert along(net, x, lambda logits: losses.ce(logits, y), pull).abs().min() > 0
    nothing = {name: torch.zeros_like(g) for name, g in pull.items()}
    assert (along(net, x, lambda logits: losses.ce(logits, y), nothing) == 0).all()
