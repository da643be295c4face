"""Gradients of every sample against loops of autograd and against vmap, in float64; gradients at the loss layer."""

import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, vmap
from torch.nn import functional as F

from labkit import losses, nets
from labkit.grads import SampleGradients, gradient_norms
from labkit.grads.conv import _gram_squares, _loop_squares, _padded, _product_squares
from labkit.grads.layer import (
    ce_gradient,
    feature_gradient,
    feature_gradient_norm,
    half_squared_gradient,
    loss_gradient_norm,
)


def draw(*shape, seed=0):
    """Normal numbers in float64."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def loss_of(output, y):
    """Cross-entropy of the flattened output."""
    return losses.ce(output.flatten(1), y)


def one_by_one(net, x, y):
    """Per-sample gradients by a loop of autograd; zeros where a loss does not depend on a parameter. -> list per sample
    of lists per parameter"""
    params = [p for p in net.parameters() if p.requires_grad]
    rows = []
    for b in range(len(x)):
        g = torch.autograd.grad(loss_of(net(x[b : b + 1]), y[b : b + 1]).sum(), params, allow_unused=True)
        rows.append([torch.zeros_like(p) if q is None else q for p, q in zip(params, g)])
    return rows


def agree(net, x, atol=1e-10):
    """Norms and weighted sums of SampleGradients equal the loop's."""
    y = torch.arange(len(x)) % 3
    grads = SampleGradients(net, x)
    grads.backward(loss_of(grads.output, y))
    rows, w = one_by_one(net, x, y), draw(len(x), seed=5)
    expected = torch.stack([torch.cat([g.flatten() for g in row]).norm() for row in rows])
    assert expected.min() > 1e-6 and torch.allclose(grads.norms(), expected, rtol=0, atol=atol)
    total = grads.total(w)
    for k, p in enumerate(p for p in net.parameters() if p.requires_grad):
        g = sum(w[b] * rows[b][k] for b in range(len(x)))
        assert torch.allclose(total.get(p, torch.zeros_like(p)), g, rtol=0, atol=atol)


class Tokens(nn.Module):
    """Indices through an embedding, a linear layer on every position, normalisation, mean, output. tied: the
    embedding's table gives the logits, too."""

    def __init__(self, vocabulary=7, width=6, tied=False, **embedding):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, width, **embedding)
        self.mix, self.norm = nn.Linear(width, width), nn.LayerNorm(width)
        self.out = nn.Linear(width, vocabulary, bias=False)
        if tied:
            self.out.weight = self.embed.weight

    def forward(self, x):
        return self.out(self.norm(self.mix(self.embed(x)).tanh()).mean(1))


CONVOLUTIONS = {
    "3 x 3": {"kernel_size": 3, "padding": 1},
    "1 x 1": {"kernel_size": 1},
    "stride": {"kernel_size": 3, "stride": 2, "padding": 1},
    "strides": {"kernel_size": (3, 2), "stride": (1, 2), "padding": (0, 1)},
    "dilation": {"kernel_size": 3, "dilation": 2, "padding": 2},
    "groups": {"kernel_size": 3, "groups": 2, "bias": False},
    "depthwise": {"kernel_size": 3, "groups": 4, "padding": 1},
    "same": {"kernel_size": 4, "padding": "same"},
    "reflect": {"kernel_size": 3, "padding": 1, "padding_mode": "reflect"},
    "all": {"kernel_size": (2, 3), "stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2},
}


@pytest.mark.filterwarnings("ignore:Using padding='same'")  # the even kernel's padding is not symmetric: that is tested
@pytest.mark.parametrize("settings", CONVOLUTIONS.values(), ids=CONVOLUTIONS)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["NCHW", "NHWC"])
def test_convolutions_of_every_kind(settings, layout):
    torch.manual_seed(0)
    net = nn.Conv2d(4, 8, **settings).double().to(memory_format=layout)
    agree(net, draw(3, 4, 7, 9).to(memory_format=layout))


@pytest.mark.parametrize("settings", CONVOLUTIONS.values(), ids=CONVOLUTIONS)
def test_three_ways_to_the_norms_of_a_convolution_agree(settings):
    torch.manual_seed(0)
    layer = nn.Conv2d(4, 8, **settings).double()
    a = draw(3, 4, 8, 7)
    d = draw(*layer(a).shape, seed=1)
    gram, product, loop = (way(layer, _padded(layer, a), d) for way in (_gram_squares, _product_squares, _loop_squares))
    assert torch.allclose(gram, product, rtol=1e-12) and torch.allclose(loop, product, rtol=1e-12)


LAYERS = {
    "linear": (lambda: nn.Linear(5, 4), (6, 5)),
    "linear without bias": (lambda: nn.Linear(5, 4, bias=False), (6, 5)),
    "linear, few positions": (lambda: nn.Linear(20, 30), (6, 3, 20)),
    "linear, many positions": (lambda: nn.Linear(5, 4), (6, 3, 11, 5)),
    "group norm": (lambda: nn.Sequential(nn.GroupNorm(2, 6), nn.Conv2d(6, 3, 1)), (4, 6, 3, 5)),
    "group norm of rows": (lambda: nn.Sequential(nn.GroupNorm(3, 6), nn.Linear(6, 4)), (4, 6)),
    "group norm of sequences": (lambda: nn.GroupNorm(3, 6), (4, 6, 5)),
    "layer norm": (lambda: nn.LayerNorm(6), (4, 6)),
    "layer norm of positions": (lambda: nn.LayerNorm(6), (4, 3, 5, 6)),
    "layer norm of images": (lambda: nn.LayerNorm((3, 6), bias=False), (4, 5, 3, 6)),
    "in place": (lambda: nn.Sequential(nn.Linear(5, 8), nn.ReLU(inplace=True), nn.Linear(8, 4)), (6, 5)),
}


@pytest.mark.parametrize("make, shape", LAYERS.values(), ids=LAYERS)
def test_layers_of_every_kind(make, shape):
    torch.manual_seed(0)
    net = make().double()
    with torch.no_grad():
        for p in net.parameters():
            p.add_(0.3 * torch.randn_like(p))  # the factors of a normalisation start at 1
    agree(net, draw(*shape))


@pytest.mark.parametrize("embedding", [{}, {"padding_idx": 2}], ids=["plain", "padding"])
def test_embeddings_whose_rows_repeat_in_a_sample(embedding):
    torch.manual_seed(0)
    x = torch.tensor([[1, 1, 2, 4], [0, 2, 2, 2], [3, 6, 3, 3]])
    agree(Tokens(**embedding).double(), x)


def test_shared_parameters_and_a_layer_used_twice():
    torch.manual_seed(0)
    agree(Tokens(tied=True).double(), torch.tensor([[1, 1, 2], [0, 5, 2], [3, 6, 3]]))
    conv, linear = nn.Conv2d(3, 3, 3, padding=1), nn.Linear(12, 12)
    net = nn.Sequential(conv, nn.Tanh(), conv, nn.Flatten(), linear, nn.Tanh(), linear).double()
    agree(net, draw(4, 3, 2, 2))


def test_frozen_and_unused_parameters_count_nothing():
    class Branch(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.idle = nn.Linear(5, 6), nn.Linear(6, 4), nn.Linear(6, 4)

        def forward(self, x):
            h = self.first(x).relu()
            self.idle(h)
            return self.second(h)

    torch.manual_seed(0)
    net = Branch().double()
    net.first.weight.requires_grad_(False)
    agree(net, draw(6, 5))
    net.first.bias.requires_grad_(False)
    agree(net, draw(6, 5))


@pytest.mark.parametrize("name", ["small_cnn", "lenet", "mlp"])
def test_networks_against_vmap(name):
    torch.manual_seed(0)
    shape = (1, 12, 12) if name == "lenet" else (1, 8, 8)
    net = nets.ALL[name](shape).double().to(memory_format=torch.channels_last)
    x, y = draw(5, *shape), torch.arange(5)
    params = {key: p.detach() for key, p in net.named_parameters()}
    one = lambda p, x, y: losses.ce(functional_call(net, p, (x[None],)), y[None])[0]
    g = vmap(grad(one), in_dims=(None, 0, 0))(params, x, y)
    norms = torch.cat([q.flatten(1) for q in g.values()], 1).norm(dim=1)
    assert torch.allclose(gradient_norms(net, x, lambda logits: losses.ce(logits, y)), norms, rtol=0, atol=1e-10)
    agree(net, x)


def test_large_layers_take_each_way():
    """Sizes at which the CPU takes the loop, the products of pixels, and pieces of more than one sample."""
    torch.manual_seed(0)
    for layer, shape in ((nn.Conv2d(48, 64, 3), (2, 48, 24, 24)), (nn.Conv2d(48, 64, 3), (3, 48, 5, 5))):
        net = nn.Sequential(layer, nn.ReLU(), nn.AdaptiveAvgPool2d(1)).double()
        agree(net, draw(*shape))
    agree(nn.Conv2d(2, 3, 3).double(), draw(40, 2, 30, 30))


def test_accumulated_sum_is_the_gradient_of_the_weighted_loss():
    torch.manual_seed(0)
    net = nets.small_cnn().double().to(memory_format=torch.channels_last)
    x, y, w = draw(8, 1, 8, 8), torch.arange(8), draw(8, seed=1)
    (w * losses.ce(net(x), y)).sum().backward()
    expected = [p.grad for p in net.parameters()]
    net.zero_grad()
    grads = SampleGradients(net, x)
    grads.backward(losses.ce(grads.output, y))
    for times in (1, 2):  # it adds, as backward() does
        grads.accumulate(w)
        for p, g in zip(net.parameters(), expected):
            assert torch.allclose(p.grad, times * g, rtol=0, atol=1e-12) and p.grad.stride() == p.stride()


def test_hooks_are_gone_afterwards_even_when_the_network_fails():
    net = nets.mlp().double()
    with pytest.raises(RuntimeError):
        SampleGradients(net, draw(3, 1, 9, 9))
    SampleGradients(net, draw(3, 1, 8, 8))
    assert not any(layer._forward_hooks for layer in net.modules())


class Own(nn.Module):
    """A parameter that no layer owns."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))

    def forward(self, x):
        return x * self.scale


class Aside(nn.Linear):
    """A kind of layer whose forward pass nobody knows here."""


class Twice(nn.Module):
    """A weight that is used by its layer, and once more beside it."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x):
        return self.layer(x) + F.linear(x, self.layer.weight)


class Changed(nn.Module):
    """Changes what a layer got, after the layer, where autograd does not notice."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x):
        x = x.clone()
        out = self.layer(x)
        x.add_(1)
        return out


class Folded(nn.Sequential):
    """Positions become samples of the layer inside."""

    def forward(self, x):
        return super().forward(x.flatten(0, 1)).view(*x.shape[:2], -1)


REFUSED = {
    "batch norm": (
        nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)),
        (2, 3, 4, 4),
        ["'1'", "BatchNorm2d", "cnn9_gn"],
    ),
    "batch norm, frozen": (
        nn.BatchNorm1d(3, affine=False),
        (2, 3),
        ["BatchNorm1d", "resnet32_gn", "mixes the samples"],
    ),
    "other layer": (nn.Sequential(nn.Conv1d(3, 3, 1)), (2, 3, 4), ["'0'", "Conv1d", "Linear, Conv2d"]),
    "attention": (nn.TransformerEncoderLayer(4, 2, 4), (2, 3, 4), ["self_attn", "MultiheadAttention"]),
    "subclass": (Aside(3, 3), (2, 3), ["Aside"]),
    "own parameter": (nn.Sequential(Own()), (2, 3), ["'0'", "Own"]),
    "used beside its layer": (Twice(), (2, 3), ["layer.weight", "2", "1 times"]),
    "changed": (Changed(), (2, 3), ["layer.weight", "changed in place"]),
    "folded": (Folded(nn.Linear(3, 3)), (2, 5, 3), ["0.weight", "(10, 3)", "[2, ...]"]),
    "sparse": (nn.Embedding(3, 3, sparse=True), None, ["sparse"]),
}


@pytest.mark.parametrize("net, shape, words", REFUSED.values(), ids=REFUSED)
def test_what_has_no_per_sample_gradients_here_is_named(net, shape, words):
    x = torch.zeros(2, 3, dtype=torch.long) if shape is None else torch.randn(*shape)
    with pytest.raises(ValueError) as error:
        gradient_norms(net, x, lambda out: out.flatten(1).square().sum(1))
    assert all(word in str(error.value) for word in words), str(error.value)


def test_a_mean_is_no_loss_per_sample():
    with pytest.raises(ValueError, match="one per sample"):
        gradient_norms(nets.mlp(), torch.randn(4, 1, 8, 8), lambda out: out.mean())


# -- at the loss layer


def by_autograd(loss, z, y):
    z = z.clone().requires_grad_()
    loss(z, y).sum().backward()
    return z.grad


def test_loss_layer_gradients_in_closed_form():
    z, hard, soft = draw(2, 6, 5), torch.arange(12).view(2, 6) % 5, draw(2, 6, 5, seed=1).softmax(-1)
    for y in (hard, soft):
        assert torch.allclose(ce_gradient(z, y), by_autograd(losses.ce, z, y), rtol=0, atol=1e-12)
    target = draw(2, 6, 5, seed=2)
    expected = by_autograd(losses.half_squared, z, target)
    assert torch.allclose(half_squared_gradient(z, target), expected, rtol=0, atol=1e-12)
    assert torch.allclose(loss_gradient_norm(z, target, None), expected.norm(dim=-1), rtol=0, atol=1e-12)
    norms = loss_gradient_norm(100 * z, hard)
    assert norms.shape == (2, 6) and (norms >= 0).all() and (norms <= 2**0.5 + 1e-12).all() and norms.max() > 1.4


def test_feature_gradients_are_those_at_the_last_layers_input():
    h, y, W = draw(2, 6, 4).requires_grad_(), torch.arange(12).view(2, 6) % 5, draw(5, 4, seed=1)
    losses.ce(h @ W.T, y).sum().backward()
    logits = (h @ W.T).detach()
    assert torch.allclose(feature_gradient(logits, y, W), h.grad, rtol=0, atol=1e-12)
    assert torch.allclose(feature_gradient_norm(logits, y, W), h.grad.norm(dim=-1), rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="W is"):
        feature_gradient(logits, y, W.T)
