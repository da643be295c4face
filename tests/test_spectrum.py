"""Spectra of Jacobians against dense ones by autograd, against closed forms, and the algebra of projections."""

import math

import pytest
import torch
from torch import nn
from torch.func import functional_call, jacrev
from torch.nn import functional as F

from labkit import nets, spectrum
from labkit.spectrum import kernel, rows


class Odd(nn.Module):
    """What the trick for linear layers is wrong for: a layer that is called twice, a layer whose weight is used by
    another function, too, tied weights, a linear layer on every pixel; and a layer that it is right for."""

    def __init__(self):
        super().__init__()
        self.pixels, self.twice, self.seen = nn.Linear(8, 6), nn.Linear(48, 48), nn.Linear(48, 48)
        self.tied, self.again = nn.Linear(48, 48), nn.Linear(48, 48, bias=False)
        self.again.weight = self.tied.weight
        self.out = nn.Linear(48, 3)

    def forward(self, x):
        h = self.pixels(x[:, 0]).flatten(1).tanh()
        h = self.twice(self.twice(h).tanh()).tanh()
        h = self.seen(h).tanh() + F.linear(h, self.seen.weight.T)
        return self.out(self.again(self.tied(h).tanh()))


class Buffered(nn.Module):
    """Convolution, BatchNorm with statistics of its own, in-place ReLU, dropout."""

    def __init__(self):
        super().__init__()
        norm = nn.BatchNorm2d(4)
        norm.running_mean, norm.running_var = torch.linspace(-1, 1, 4), torch.linspace(0.5, 2, 4)
        self.net = nn.Sequential(
            *(nn.Conv2d(1, 4, 3, stride=2), norm, nn.ReLU(inplace=True), nn.Dropout(0.5)),
            *(nn.Flatten(), nn.Linear(36, 3)),
        )

    def forward(self, x):
        return self.net(x)


NETS = {
    "mlp": lambda: nets.ALL["mlp"]((1, 8, 8), 3, width=12),
    "small_cnn": lambda: nets.ALL["small_cnn"]((1, 8, 8), 3, width=4),
    "batch norm": Buffered,
    "odd": Odd,
}


def draw(*shape, seed=0):
    """Normal numbers in float64."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def made(name, dtype=torch.float64, n=7):
    """A network with seeded weights, in training mode, and samples. -> net, x"""
    torch.manual_seed(0)
    net = NETS[name]().to(dtype)
    return net, draw(n, 1, 8, 8).to(dtype)


def dense(net, x, only=lambda name: True):
    """The Jacobian of the whole batch in one jacrev, in evaluation mode. -> [n, C, P]"""
    at = {name: p.detach() for name, p in net.named_parameters() if p.requires_grad and only(name)}
    modes = [layer.training for layer in net.modules()]
    net.eval()
    J = jacrev(lambda p: functional_call(net, p, (x,)))(at)
    for layer, mode in zip(net.modules(), modes):
        layer.training = mode
    return torch.cat([part.detach().flatten(2) for part in J.values()], 2)


def close(a, b, relative):
    """The largest difference is small beside the largest number."""
    assert a.shape == b.shape and (a - b).abs().max() <= relative * b.abs().max(), (a - b).abs().max() / b.abs().max()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", NETS)
def test_jacobian_gram_and_values_equal_the_dense_ones(name, dtype):
    net, x = made(name, dtype)
    J, relative = dense(net, x), 1e-4 if dtype == torch.float32 else 1e-10
    flat = J.flatten(0, 1).double()
    close(spectrum.jacobian(net, x, chunk=3), J, relative)
    close(spectrum.gram(net, x), flat @ flat.T, relative)
    close(spectrum.singular_values(net, x), torch.linalg.svdvals(flat)[: len(flat)], max(relative, 1e-7))
    close(spectrum.gram(net, x, outputs="each"), torch.einsum("ncp,mcp->cnm", J.double(), J.double()), relative)
    each = torch.stack([torch.linalg.svdvals(J[:, c].double()) for c in range(3)])
    close(spectrum.singular_values(net, x, "each"), each, max(relative, 1e-7))
    close(spectrum.singular_values(net, x, 2), each[2], max(relative, 1e-7))
    close(spectrum.jacobian(net, x, 2), J[:, 2:], relative)


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("block", [1, 10**4, 10**9])
def test_gram_in_blocks_and_between_two_sets(name, block, monkeypatch):
    monkeypatch.setattr(kernel, "BLOCK", block)
    net, x = made(name)
    x2 = draw(4, 1, 8, 8, seed=1)
    J, J2 = dense(net, x), dense(net, x2)
    close(spectrum.gram(net, x), J.flatten(0, 1) @ J.flatten(0, 1).T, 1e-10)
    close(spectrum.gram(net, x, x2), J.flatten(0, 1) @ J2.flatten(0, 1).T, 1e-10)
    close(spectrum.gram(net, x, x2, "each"), torch.einsum("ncp,mcp->cnm", J, J2), 1e-10)
    close(spectrum.gram(net, x, x2, 1), J[:, 1] @ J2[:, 1].T, 1e-10)


@pytest.mark.parametrize(
    "only", [lambda name: "5" in name, lambda name: name.endswith("bias"), lambda name: "1" in name]
)
def test_some_parameters_alone_and_frozen_ones(only):
    net, x = made("mlp")
    J = dense(net, x, only)
    flat = J.flatten(0, 1)
    close(spectrum.jacobian(net, x, only=only), J, 1e-10)
    close(spectrum.gram(net, x, only=only), flat @ flat.T, 1e-10)
    close(spectrum.top(net, x, 4, only=only).values, torch.linalg.svdvals(flat)[:4], 1e-7)
    for name, p in net.named_parameters():
        p.requires_grad_(only(name))
    close(spectrum.gram(net, x), flat @ flat.T, 1e-10)


def test_the_last_layer_has_the_kernel_of_its_inputs():
    net, x = made("mlp")
    features = net[:-1](x).detach()
    K = spectrum.gram(net, x, only=lambda name: name == "5.weight")
    close(K, torch.kron(features @ features.T, torch.eye(3, dtype=x.dtype)), 1e-12)


def test_a_linear_model_in_closed_form():
    X = draw(9, 5)
    net = nn.Linear(5, 3, bias=False, dtype=torch.float64)
    one = torch.linalg.svdvals(X)
    close(spectrum.gram(net, X, outputs="each"), (X @ X.T).expand(3, 9, 9), 1e-12)
    close(spectrum.gram(net, X), torch.kron(X @ X.T, torch.eye(3, dtype=X.dtype)), 1e-12)
    each = spectrum.singular_values(net, X, "each")
    close(each[:, :5], one.expand(3, 5), 1e-7)
    assert each[:, 5:].max() < 1e-6 * one[0]  # fewer parameters than rows
    close(spectrum.singular_values(net, X)[:15], one.repeat_interleave(3), 1e-7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["mlp", "small_cnn", "batch norm"])
def test_top_agrees_with_the_whole_spectrum(name, dtype):
    net, x = made(name, dtype, 12)
    relative = 1e-4 if dtype == torch.float32 else 1e-7
    for outputs in ("all", 1):
        some, whole = spectrum.top(net, x, 3, outputs, chunk=5), spectrum.split(net, x, outputs, rank=3)
        close(some.values, whole.values[:3], relative)
        close(some.vectors @ some.vectors.T, whole.vectors @ whole.vectors.T, 100 * relative)
        assert some.rank == 3
        assert torch.equal(some.vectors, spectrum.top(net, x, 3, outputs, chunk=5).vectors)  # same seed


def test_top_where_there_are_fewer_parameters_than_rows():
    X = draw(30, 6)
    some = spectrum.top(nn.Linear(6, 1, bias=False, dtype=torch.float64), X, 4)
    U, values, _ = torch.linalg.svd(X, full_matrices=False)
    close(some.values, values[:4], 1e-9)
    close(some.vectors @ some.vectors.T, U[:, :4] @ U[:, :4].T, 1e-7)


def test_projections_are_orthogonal_idempotent_and_their_norms_add_up():
    net, x = made("mlp")
    space, v = spectrum.split(net, x, rank=5), draw(21, 4, seed=3)
    inside, outside = space.information(v), space.nuisance(v)
    close(inside + outside, v, 1e-12)
    close(space.information(inside), inside, 1e-12)
    assert space.information(outside).abs().max() < 1e-12 and space.nuisance(inside).abs().max() < 1e-12
    assert (inside.T @ outside).abs().max() < 1e-12
    a, b = space.norms(v)
    close(a**2 + b**2, v.norm(dim=0) ** 2, 1e-12)
    close(space.alignment(v), a**2 / v.norm(dim=0) ** 2, 1e-12)
    assert space.alignment(space.vectors[:, 2]) == pytest.approx(1) and space.alignment(outside[:, 0]) < 1e-20
    close(space.information(v[:, 1]), inside[:, 1], 1e-12)


def test_the_bounds_of_equation_4():
    net, x = made("mlp")
    space, J = spectrum.split(net, x, rank=5), spectrum.jacobian(*made("mlp")).flatten(0, 1)
    v, w = space.information(draw(21, 50)), space.nuisance(draw(21, 50))
    stretch = lambda u: (J.T @ u).norm(dim=0) / u.norm(dim=0)
    assert (stretch(v) >= space.values[4] * (1 - 1e-9)).all() and (stretch(v) <= space.values[0] * (1 + 1e-9)).all()
    assert (stretch(w) <= space.values[5] * (1 + 1e-9)).all()


def test_energy_picks_the_smallest_rank_that_reaches_it():
    net, x = made("small_cnn")
    shares = (spectrum.singular_values(net, x) ** 2).cumsum(0)
    shares = shares / shares[-1]
    for energy in (0.3, 0.9, 0.99, 0.9999):
        r = spectrum.split(net, x, energy=energy).rank
        assert shares[r - 1] >= energy and (r == 1 or shares[r - 2] < energy)
    K = torch.diag(torch.tensor([1.0, 4.0, 3.0, 2.0]))
    assert [spectrum.split(K, energy=e).rank for e in (0.1, 0.4, 0.41, 0.7, 0.9, 0.91, 1.0)] == [1, 1, 2, 2, 3, 4, 4]
    assert spectrum.split(torch.diag(torch.tensor([1.0, 0.0, 2.0])), energy=1.0).rank == 2
    close(spectrum.split(K, rank=1).values, torch.tensor([4.0, 3.0, 2.0, 1.0], dtype=torch.float64).sqrt(), 1e-12)


def test_labels_in_the_order_of_the_rows():
    net, x = made("mlp")
    y = F.one_hot(torch.arange(7) % 3, 3)
    J, v = spectrum.jacobian(net, x), spectrum.stacked(y)
    slope = torch.einsum("ncp,nc->p", J, y.double())
    close(J.flatten(0, 1).T @ v, slope, 1e-12)
    at = dict(net.named_parameters())
    total = torch.autograd.grad((net(x) * y).sum(), list(at.values()))
    close(slope, torch.cat([g.flatten() for g in total]), 1e-12)
    centred = spectrum.stacked(y, centred=True).view(7, 3)
    assert centred.sum(0).abs().max() < 1e-12 and (centred - y - (centred - y)[0]).abs().max() < 1e-12


def test_modes_buffers_and_gradients_are_put_back():
    net, x = made("batch norm")
    net.net[1].eval()
    before = [layer.training for layer in net.modules()], {k: v.clone() for k, v in net.state_dict().items()}
    for look in (spectrum.gram, spectrum.jacobian, lambda n, x: spectrum.top(n, x, 2)):
        look(net, x)
        assert [layer.training for layer in net.modules()] == before[0]
        assert all(torch.equal(v, before[1][k]) for k, v in net.state_dict().items())
        assert all(p.grad is None for p in net.parameters())
    with pytest.raises(RuntimeError):
        spectrum.gram(net, x[:, :, :2])
    assert [layer.training for layer in net.modules()] == before[0]


def test_what_is_too_large_says_so(monkeypatch):
    net, x = made("mlp")
    monkeypatch.setattr(rows, "LARGEST", 100)
    with pytest.raises(ValueError, match=r"\[7, 3, 975\].*`gram` and `top`"):
        spectrum.jacobian(net, x)
    monkeypatch.setattr(kernel, "LARGEST", 100)
    with pytest.raises(ValueError, match=r"x is .*`top` has none"):
        spectrum.gram(net, x)


WRONG = {
    "outputs is 3": lambda net, x: spectrum.gram(net, x, outputs=3),
    "outputs is True": lambda net, x: spectrum.gram(net, x, outputs=True),
    "outputs is 'every'": lambda net, x: spectrum.singular_values(net, x, "every"),
    "outputs is 'each'": lambda net, x: spectrum.split(net, x, "each", rank=2),
    "outputs is 'each'; ": lambda net, x: spectrum.top(net, x, 2, "each"),
    "only is": lambda net, x: spectrum.gram(net, x, only=lambda name: False),
    "k is 0": lambda net, x: spectrum.top(net, x, 0),
    "k is 21": lambda net, x: spectrum.top(net, x, 21),
    "rank and energy is": lambda net, x: spectrum.split(net, x),
    "rank and energy is (5": lambda net, x: spectrum.split(net, x, rank=5, energy=0.5),
    "rank is 22": lambda net, x: spectrum.split(net, x, rank=22),
    "energy is 1.5": lambda net, x: spectrum.split(net, x, energy=1.5),
    "energy is 0": lambda net, x: spectrum.split(net, x, energy=0),
    "x is None": lambda net, x: spectrum.split(net, rank=2),
    "source is 'str'": lambda net, x: spectrum.split("mlp", x, rank=2),
    "source is (3, 2)": lambda net, x: spectrum.split(torch.ones(3, 2), rank=2),
    "len(v) is 20": lambda net, x: spectrum.split(net, x, rank=2).information(torch.ones(20)),
    "shape of y_onehot": lambda net, x: spectrum.stacked(torch.ones(4)),
    "x is (0, 1, 8, 8)": lambda net, x: spectrum.gram(net, x[:0]),
}


@pytest.mark.parametrize("words", WRONG)
def test_wrong_input_is_named(words):
    net, x = made("mlp")
    with pytest.raises(ValueError, match=words.replace("(", r"\(").replace(")", r"\)").rstrip("; ")):
        WRONG[words](net, x)


def test_a_larger_network_needs_no_jacobian():
    torch.manual_seed(0)
    net, x = nets.ALL["mlp"]((1, 8, 8), 10, width=256), draw(40, 1, 8, 8).float()
    some = spectrum.top(net, x, 8)
    close(some.values, spectrum.singular_values(net, x)[:8], 1e-4)
    assert math.isfinite(some.alignment(draw(400)))
