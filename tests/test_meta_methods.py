"""Properties of the methods that learn weights from a meta set, in float64 where numbers are compared."""

from copy import deepcopy

import pytest
import torch
from sklearn.metrics import roc_auc_score
from tools import digits
from torch import nn

import labkit
from labkit import losses
from labkit.data.task import Scale, Split
from labkit.grads.meta import gradient
from labkit.methods.l2rw import L2RW, MetaBatches
from labkit.methods.mnw_net import MNWNet
from labkit.methods.mw_net import META_LOSSES, MWNet, weight_net
from labkit.methods.rmnw_net import RMNWNet

B, M, D, C = 16, 6, 5, 4
MW = [MWNet, MNWNet, RMNWNet]
LR = 0.2


def split(n, seed):
    """Random samples in float64. -> Split"""
    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(n, D, generator=rng, dtype=torch.float64)
    return Split(x, torch.randint(C, (n,), generator=rng), C, Scale())


def ready(method, net=None, train=None, meta=None, lr=LR, **sgd):
    """A method bound by hand to a network in float64. -> method, arguments of a step"""
    torch.manual_seed(0)
    net = net or nn.Sequential(nn.Linear(D, 8), nn.Tanh(), nn.Linear(8, C)).double()
    make_opt = lambda nets, groups: [torch.optim.SGD(nets[0].parameters(), lr=lr, **sgd)]
    train, meta = train or split(B, 1), meta or split(M, 2)
    method = method.bound_to(net, train, meta, make_opt=make_opt, seed=5)
    if isinstance(method, MWNet):
        method.V.double()
        with torch.no_grad():  # far from constant
            method.V[0].weight.mul_(3)
            method.V[2].weight.mul_(10)
    return method, (train.x, train.y, torch.arange(len(train)))


def flat(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def meta_gradient(method, x, y, i):
    """The gradient that V gets on a batch. -> [301]"""
    method.meta_opt.step = lambda: None
    method.step(x, y, i)
    return torch.cat([p.grad.flatten() for p in method.V.parameters()])


def meta_loss_after(method, x, y, theta):
    """The meta loss of the whole meta set after a virtual step with the weights of V(theta), by autograd's graph."""
    net, V = method.nets[0], lambda loss: torch.func.functional_call(method.V, theta, (loss[:, None],))[:, 0]
    loss = losses.ce(net(x), y)
    trust = V(loss.detach())
    weight = trust / trust.sum() if method.normalise else trust / len(trust)
    slope = torch.autograd.grad((weight * loss).sum(), list(net.parameters()), create_graph=True)
    w_hat = {name: p - LR * g for (name, p), g in zip(net.named_parameters(), slope)}
    logits = torch.func.functional_call(net, w_hat, (method.meta.x,))
    return META_LOSSES[method.meta_loss](logits, method.meta.y).mean()


# -- MW-Net and its kin


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("cls", MW)
def test_mwnet_meta_gradient_is_the_one_through_the_virtual_step(cls, normalise):
    method, batch = ready(cls(normalise=normalise, draw="fresh"))
    theta = {name: p.detach().clone().requires_grad_() for name, p in method.V.named_parameters()}
    meta_loss = meta_loss_after(method, *batch[:2], theta)
    expected = torch.cat([g.flatten() for g in torch.autograd.grad(meta_loss, list(theta.values()))])
    got = meta_gradient(method, *batch)
    assert torch.allclose(got, expected, rtol=1e-8, atol=1e-9 * expected.abs().max())


def test_mwnet_meta_gradient_has_the_dropout_of_the_virtual_step():
    net = nn.Sequential(nn.Linear(D, 20), nn.Dropout(0.5), nn.Tanh(), nn.Linear(20, C)).double()
    method, batch = ready(MWNet(), net, meta=split(1, 2))
    theta = {name: p.detach().clone().requires_grad_() for name, p in method.V.named_parameters()}
    torch.manual_seed(7)
    meta_loss = meta_loss_after(method, *batch[:2], theta)
    expected = torch.cat([g.flatten() for g in torch.autograd.grad(meta_loss, list(theta.values()))])
    torch.manual_seed(7)
    assert torch.allclose(meta_gradient(method, *batch), expected, rtol=1e-8, atol=1e-9 * expected.abs().max())


def test_mwnet_meta_gradient_is_equation_4_and_finite_differences():
    method, (x, y, i) = ready(MWNet(draw="fresh"))
    net, V = deepcopy(method.nets[0]), deepcopy(method.V)
    loss = losses.ce(net(x), y)
    trust = V(loss.detach()[:, None])[:, 0]
    slopes = [flat_of(gradient(net, loss[k], keep=True)) for k in range(B)]
    w_hat = flat(net) - LR / B * sum(t * g for t, g in zip(trust.detach(), slopes))
    there = deepcopy(net)
    nn.utils.vector_to_parameters(w_hat, there.parameters())
    G = flat_of(gradient(there, losses.ce(there(method.meta.x), method.meta.y).mean()))
    of_theta = [torch.autograd.grad(t, list(V.parameters()), retain_graph=True) for t in trust]
    of_theta = [torch.cat([p.flatten() for p in each]) for each in of_theta]
    expected = -LR / B * sum((G @ g) * d for g, d in zip(slopes, of_theta))
    fresh, step = ready(MWNet(draw="fresh"))[0], 1e-5
    got = meta_gradient(method, x, y, i)
    assert torch.allclose(got, expected, rtol=1e-9, atol=1e-15)
    theta = {name: p.detach() for name, p in fresh.V.named_parameters()}
    for k in range(0, 100, 30):  # the weights of the last layer come at 200
        moved = [
            theta | {"2.weight": theta["2.weight"] + s * torch.eye(100).double()[k : k + 1]} for s in (step, -step)
        ]
        up, down = (meta_loss_after(fresh, x, y, t).item() for t in moved)
        assert got[200 + k].item() == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-10)


def flat_of(named):
    return torch.cat([g.flatten() for g in named.values()])


@pytest.mark.parametrize("cls", MW)
def test_mwnet_with_a_constant_v_is_plain_sgd(cls):
    method, (x, y, i) = ready(cls(meta_lr=0.0), momentum=0.9, weight_decay=1e-3)
    with torch.no_grad():
        method.V[2].weight.zero_()
        method.V[2].bias.fill_(40.0)  # sigmoid: 1 but for 4e-18
    plain = deepcopy(method.nets[0])
    opt = torch.optim.SGD(plain.parameters(), lr=LR, momentum=0.9, weight_decay=1e-3)
    for _ in range(3):
        method.step(x, y, i)
        opt.zero_grad()
        losses.ce(plain(x), y).mean().backward()
        opt.step()
    assert torch.allclose(flat(method.nets[0]), flat(plain), rtol=0, atol=1e-14)


@pytest.mark.parametrize("cls", MW)
def test_mwnet_weights_are_v_of_the_loss_and_sum_to_1_if_normalised(cls):
    loss = torch.randn(3, 7, dtype=torch.float64).square() * 2
    for normalise in (True, False):
        method, _ = ready(cls(normalise=normalise))
        weight = method.shares(loss)
        trust = method.V(loss.reshape(-1, 1)).view(3, 7)
        expected = trust / trust.sum(-1, keepdim=True) if normalise else trust / 7
        assert torch.allclose(weight, expected, rtol=1e-12) and method.normalised == normalise
        assert torch.allclose(weight.sum(-1), torch.ones(3).double()) == normalise
    with torch.no_grad():
        method.V[2].weight.zero_()
        method.V[2].bias.fill_(-1e4)
    method.normalise = True
    assert (method.shares(loss) == 0).all()  # not 0 / 0


def test_mwnet_does_not_send_a_gradient_through_the_input_of_v():
    method, (x, y, i) = ready(MWNet(draw="fresh"))
    net, V = deepcopy(method.nets[0]), deepcopy(method.V)
    gradients = []
    for detached in (True, False):
        loss = losses.ce(net(x), y)
        trust = V((loss.detach() if detached else loss)[:, None])[:, 0]
        slope = torch.autograd.grad((trust * loss).mean(), list(net.parameters()), create_graph=True)
        w_hat = {name: p - LR * g for (name, p), g in zip(net.named_parameters(), slope)}
        meta = losses.ce(torch.func.functional_call(net, w_hat, (method.meta.x,)), method.meta.y).mean()
        gradients.append(torch.cat([g.flatten() for g in torch.autograd.grad(meta, list(V.parameters()))]))
    got = meta_gradient(method, x, y, i)
    assert torch.allclose(got, gradients[0], rtol=1e-8, atol=1e-12)
    assert not torch.allclose(got, gradients[1], rtol=1e-2)


@pytest.mark.parametrize("cls", MW)
def test_mwnet_moves_w_by_the_weighted_losses_with_the_new_v_alone(cls):
    method, (x, y, i) = ready(cls(meta_lr=0.5), momentum=0.9, weight_decay=1e-3)
    before, old = deepcopy(method.nets[0]), deepcopy(method.V)
    got = method.step(x, y, i)
    assert not torch.equal(flat(method.V), flat(old))
    used, weight = method.seen
    loss = losses.ce(before(x), y)
    assert torch.equal(used, i) and torch.allclose(weight, method.shares(loss.detach()).detach(), rtol=1e-12)
    assert not weight.requires_grad and got.item() == pytest.approx((weight * loss).sum().item(), rel=1e-12)
    opt = torch.optim.SGD(before.parameters(), lr=LR, momentum=0.9, weight_decay=1e-3)
    (weight * loss).sum().backward()
    opt.step()
    assert torch.allclose(flat(method.nets[0]), flat(before), rtol=0, atol=1e-14)


def test_mwnet_moves_running_statistics_once_a_step_by_the_training_batch():
    net = nn.Sequential(nn.Linear(D, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, C)).double()
    method, (x, y, i) = ready(MWNet(), net)
    plain = deepcopy(net)
    plain(x)
    method.step(x, y, i)
    for name, b in plain.named_buffers():
        assert torch.equal(dict(net.named_buffers())[name], b)


def test_mwnet_virtual_step_has_the_current_learning_rate():
    slopes = []
    for lr in (1e-6, 2e-6):
        method, batch = ready(MWNet(draw="fresh"), lr=0.7)
        method.opts[0].param_groups[0]["lr"] = lr
        slopes.append(meta_gradient(method, *batch))
    assert torch.allclose(2 * slopes[0], slopes[1], rtol=1e-4)


def test_mwnet_v_has_301_parameters_and_starts_from_its_own_generator():
    before = torch.get_rng_state()
    loss = torch.rand(50, 1, generator=torch.Generator().manual_seed(3)) * 9
    nets = [weight_net(torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)]
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(flat(nets[0]), flat(nets[1])) and not torch.equal(flat(nets[0]), flat(nets[2]))
    assert len(flat(nets[0])) == 301 and 0.9 < nets[0][0].weight.abs().max() <= 1
    assert 0.09 < nets[0][2].weight.abs().max() <= 0.1  # uniform in +- 1 / sqrt(inputs), as torch's default
    weight = nets[0](loss)
    assert weight.shape == (50, 1) and weight.min() > 0 and weight.max() < 1


def test_mwnet_variants_differ_where_the_docstring_says():
    facts = lambda method: (method.normalise, method.meta_batch, method.draw, method.meta_loss)
    assert facts(MWNet()) == (False, 100, "passes", "ce") and facts(MWNet(variant="released")) == (
        True,
        100,
        "fresh",
        "ce",
    )
    for cls, loss in ((MNWNet, "ce"), (RMNWNet, "mae")):
        assert facts(cls()) == (True, 100, "passes", loss) and facts(cls(variant="released")) == (
            True,
            10,
            "fresh",
            loss,
        )
    assert facts(RMNWNet(variant="released", meta_batch=7, draw="passes")) == (True, 7, "passes", "mae")


# -- MNW-Net, RMNW-Net


def noisy_mean(meta_loss, eta):
    """Meta-gradients: clean, and averaged over all labels that uniform noise eta can give to the meta samples."""
    meta = split(M, 2)
    at = lambda y: meta_gradient(*(lambda m, b: (m, *b))(*ready(MNWNet(meta_loss=meta_loss, draw="fresh"), meta=y)))
    clean, mean = at(meta), 0
    for c in range(C):  # the meta loss is a mean over samples: all of them may take the class c at once
        other = Split(meta.x, torch.full_like(meta.y, c), C, Scale())
        mean = mean + eta / C * at(other)
    return clean, mean + (1 - eta) * clean


@pytest.mark.parametrize("eta", [0.2, 0.6, 0.9])
def test_rmnwnet_theorem_1_noise_scales_the_meta_gradient_and_only_with_a_symmetric_loss(eta):
    clean, noisy = noisy_mean("mae", eta)
    assert torch.allclose(noisy, (1 - eta) * clean, rtol=0, atol=1e-10 * clean.abs().max())
    clean, noisy = noisy_mean("ce", eta)
    assert (noisy - (1 - eta) * clean).abs().max() > 1e-3 * clean.abs().max()


def test_rmnwnet_meta_loss_is_twice_the_missing_probability():
    logits, y = split(9, 3).x[:, :C], split(9, 3).y
    p = logits.softmax(1)
    mae = META_LOSSES[RMNWNet().meta_loss](logits, y)
    assert torch.allclose(mae, 2 * (1 - p[torch.arange(9), y]), rtol=1e-12)
    assert torch.allclose(mae, (p - nn.functional.one_hot(y, C)).abs().sum(1), rtol=1e-12)


def test_rmnwnet_with_cross_entropy_is_mnwnet_is_normalised_mwnet():
    after = []
    for method in (RMNWNet(meta_loss="ce"), MNWNet(), MWNet(normalise=True), RMNWNet(), MWNet()):
        method, batch = ready(method, momentum=0.9)
        for _ in range(3):
            method.step(*batch)
        after.append(torch.cat([flat(method.nets[0]), flat(method.V)]))
    assert torch.equal(after[0], after[1]) and torch.equal(after[1], after[2])
    assert not torch.equal(after[0], after[3]) and not torch.equal(after[2], after[4])


@pytest.mark.parametrize("cls", [L2RW, *MW])
def test_meta_batches_are_passes_or_fresh_and_are_saved(cls):
    method, batch = ready(cls(meta_batch=4, draw="passes"), meta=split(10, 2))
    rows = lambda x: [int((method.meta.x == row).all(1).nonzero()) for row in x]
    first, second, third = (rows(method.batches.next()[0]) for _ in range(3))
    assert len({*first, *second}) == 8 and len(set(third)) == 4
    state = method.state_dict()
    twin = ready(cls(meta_batch=4, draw="passes"), meta=split(10, 2))[0]
    twin.load_state_dict(state)
    for _ in range(3):
        assert torch.equal(method.batches.next()[0], twin.batches.next()[0])
        assert torch.equal(method.step(*batch), twin.step(*batch))


def test_fresh_meta_batches_overlap_and_a_small_meta_set_is_used_whole():
    meta = split(10, 2)
    fresh = MetaBatches(meta, 6, "fresh", torch.Generator().manual_seed(0))
    x, y = fresh.next()
    again = fresh.next()[0]
    assert len(x) == len(y) == 6 and any((x == row).all(1).any() for row in again)
    whole = MetaBatches(meta, 100, "passes", torch.Generator().manual_seed(0))
    assert all(len(whole.next()[0]) == 10 for _ in range(3))


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_mnwnet_moves_v_by_its_own_optimiser(optimiser):
    method, (x, y, i) = ready(MNWNet(draw="fresh", meta_optimiser=optimiser, meta_lr=0.01, meta_weight_decay=0.1))
    before = flat(method.V)
    theta = {name: p.detach().clone().requires_grad_() for name, p in method.V.named_parameters()}
    slopes = torch.autograd.grad(meta_loss_after(method, x, y, theta), list(theta.values()))
    slope = torch.cat([g.flatten() for g in slopes]) + 0.1 * before
    method.step(x, y, i)
    moved = slope.sign() if optimiser == "adam" else 1.9 * slope  # the first step; nesterov: g + 0.9 g
    assert torch.allclose(flat(method.V), before - 0.01 * moved, rtol=0, atol=1e-6)
    assert method.meta_opt not in method.opts and method.meta_opt.param_groups[0]["lr"] == 0.01


# -- L2RW


def test_l2rw_agreement_is_the_inner_product_of_gradients():
    method, (x, y, i) = ready(L2RW())
    net, meta = method.nets[0], method.meta
    pull = flat_of(gradient(net, losses.ce(net(meta.x), meta.y).mean()))
    expected = torch.stack([flat_of(gradient(net, losses.ce(net(x), y)[k])) @ pull for k in range(B)])
    assert torch.allclose(method.agreement(x, y, i), expected, rtol=1e-10, atol=1e-14)
    trust = expected.clamp(min=0)
    assert 0 < (trust > 0).sum() < B
    method.step(x, y, i)
    weight = method.seen[1]
    assert torch.allclose(weight, trust / trust.sum(), rtol=1e-9) and weight.sum().item() == pytest.approx(1)


def test_l2rw_agreement_is_the_derivative_through_the_virtual_step_at_weights_0():
    method, (x, y, i) = ready(L2RW())
    net, eps = method.nets[0], torch.zeros(B, dtype=torch.float64, requires_grad=True)
    slope = torch.autograd.grad((eps * losses.ce(net(x), y)).sum(), list(net.parameters()), create_graph=True)
    w_hat = {name: p - LR * g for (name, p), g in zip(net.named_parameters(), slope)}
    meta = losses.ce(torch.func.functional_call(net, w_hat, (method.meta.x,)), method.meta.y).mean()
    expected = -torch.autograd.grad(meta, eps)[0]
    assert torch.allclose(LR * method.agreement(x, y, i), expected, rtol=1e-10, atol=1e-14)


def test_l2rw_gives_a_sample_with_the_opposite_gradient_no_weight():
    net = nn.Linear(D, 2, bias=False).double()
    train, torch_y = split(2, 1), torch.tensor([0, 1])
    nn.init.zeros_(net.weight)  # p = 1/2: the other label has the opposite gradient
    train.x[1] = train.x[0]
    given = Split(train.x, torch_y, 2, Scale())
    clean = Split(train.x, torch.tensor([0, 0]), 2, Scale())
    method, batch = ready(L2RW(), net, given, clean)
    method.step(*batch)
    assert torch.equal(method.seen[1], torch.tensor([1.0, 0.0]).double())


@pytest.mark.parametrize("decay", [0.0, 1e-2])
def test_l2rw_without_agreement_only_decays(decay):
    net = nn.Linear(D, 2, bias=False).double()
    nn.init.zeros_(net.weight)
    train = split(1, 1)
    wrong, clean = (Split(train.x, torch.tensor([c]), 2, Scale()) for c in (1, 0))
    method, batch = ready(L2RW(), net, wrong, clean, weight_decay=decay)
    unseen = torch.linalg.svd(train.x)[2][-1]  # a direction that the sample does not see: the gradient stays opposite
    with torch.no_grad():
        net.weight.copy_(unseen.expand(2, D))
    before = net.weight.detach().clone()
    method.step(*batch)
    assert (method.seen[1] == 0).all()
    assert torch.allclose(net.weight, (1 - LR * decay) * before, rtol=0, atol=1e-15)
    assert torch.equal(net.weight, before) == (decay == 0)


# -- what it is for


TAUGHT = {MWNet: {"normalise": True, "meta_lr": 0.03}, RMNWNet: {"meta_lr": 0.1}, L2RW: {}}


@pytest.mark.parametrize("cls", [MWNet, RMNWNet, L2RW])
def test_meta_weights_tell_clean_samples_from_noisy_ones(cls):
    full = digits(rate=0.4, n=None)
    task, meta = labkit.data.meta_split(full, 100, trusted=cls is not RMNWNet, balanced="true")
    recipe = {"batch": 100, "lr": 0.02, "momentum": 0.9}
    run = labkit.fit(cls(**TAUGHT[cls]), task, "mlp", 30, 0, recipe=recipe, meta=meta, life=True)
    weight = run.life.weight[-10:].float().mean(0)
    assert roc_auc_score(task.truth.y == task.train.y, weight) > 0.8


# -- bad input


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: MWNet(variant="realeased"), ["variant", "did you mean 'released'"]),
        (lambda: MWNet(meta_loss="mse"), ["meta_loss", "mse", "mae"]),
        (lambda: MWNet(meta_optimiser="lion"), ["meta_optimiser", "lion", "adam"]),
        (lambda: MNWNet(meta_lr=-1), ["meta_lr of MNWNet", "-1", ">= 0"]),
        (lambda: MNWNet(meta_weight_decay="much"), ["meta_weight_decay", "much"]),
        (lambda: RMNWNet(meta_batch=0), ["meta_batch of RMNWNet", "0", "above 0"]),
        (lambda: RMNWNet(draw="random"), ["draw", "random", "passes", "fresh"]),
        (lambda: L2RW(meta_batch=2.5), ["meta_batch of L2RW", "2.5"]),
        (lambda: L2RW(draw="all"), ["draw", "all"]),
    ],
)
def test_bad_hyperparameters_of_meta_methods_are_named(make, words):
    with pytest.raises(ValueError) as error:
        make()
    assert all(word in str(error.value) for word in words)
