"""Networks: sizes, parameters, initial weights, and outputs beside other implementations of the same architecture."""

import pytest
import torch
import torchvision
from tools import digits
from torch import nn
from torch.nn import functional as F

import labkit
from labkit.nets import ALL
from labkit.nets.layers import HalvingMaxPool

COLOUR = (3, 32, 32)
PARAMETERS = {
    ("mlp", 10): 26_122,
    ("lenet", 10): 61_706,
    ("small_cnn", 10): 14_538,
    ("cnn9", 10): 4_434_570,
    ("cnn9", 100): 4_446_180,
    ("cnn9_gn", 10): 4_434_570,
    ("resnet32", 10): 464_154,
    ("resnet32", 100): 470_004,
    ("resnet32_gn", 100): 470_004,
    ("wrn28_10", 10): 36_479_194,
    ("wrn28_10", 100): 36_536_884,
    ("wrn40_2", 10): 2_243_546,
    ("wrn40_2", 100): 2_255_156,
    ("preact_resnet18", 10): 11_171_274,
    ("resnet18", 10): 11_173_962,
    ("resnet34", 10): 21_282_122,
    ("resnet50", 10): 23_520_842,
    ("celeba_fc", 10): 199_690,
    ("celeba_cnn", 10): 1_147_466,
    ("inception_resnet_v2", 50): 54_383_314,
}
LEAST = {"lenet": 12, "small_cnn": 2, "cnn9": 28, "cnn9_gn": 28, "resnet32": 8, "resnet32_gn": 8, "wrn28_10": 4}
LEAST |= {"wrn40_2": 4, "preact_resnet18": 8, "resnet18": 16, "resnet34": 16, "resnet50": 16, "celeba_cnn": 16}
LEAST |= {"inception_resnet_v2": 75}
MIXES = {"cnn9", "resnet32", "wrn40_2", "preact_resnet18", "resnet18"}
APART = {"mlp", "lenet", "small_cnn", "cnn9_gn", "resnet32_gn", "celeba_fc", "celeba_cnn"}


def draw(*shape, seed=0, dtype=torch.float32):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def made(name, *args, seed=0, **settings):
    """A network from fixed random weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ALL[name](*args, **settings)


def test_every_network_is_counted():
    assert {name for name, _ in PARAMETERS} == set(ALL)


@pytest.mark.parametrize("name, classes", PARAMETERS, ids=lambda value: str(value))
def test_parameters_of_the_card(name, classes):
    with torch.device("meta"):
        net = ALL[name](classes=classes)
    assert sum(p.numel() for p in net.parameters()) == PARAMETERS[name, classes]


@pytest.mark.parametrize("name", LEAST)
def test_smallest_image_gives_finite_outputs_and_gradients(name):
    shape = (2, LEAST[name], LEAST[name] + 1)
    net = made(name, shape, 3)
    out = net(draw(4, *shape))
    out.square().sum().backward()
    assert out.shape == (4, 3) and torch.isfinite(out).all()
    assert all(torch.isfinite(p.grad).all() for p in net.parameters())


@pytest.mark.parametrize("name", LEAST)
def test_smaller_images_are_refused_with_the_sizes(name):
    least = LEAST[name]
    for shape in ((1, least, least - 1), (1, least - 1, least), (least,), (0, least, least)):
        with pytest.raises(ValueError) as caught:
            ALL[name](shape, 3)
        assert all(word in str(caught.value) for word in ("shape", repr(shape), name, f"{least} x {least}"))


def test_a_batch_mixes_in_batchnorm_only():
    for name in MIXES | APART:
        shape = (512,) if name == "celeba_fc" else COLOUR
        net, x = made(name, shape, 4).eval(), draw(4, *shape)
        alone = net(x[:2])
        assert torch.allclose(net(x)[:2], alone, atol=1e-4), name
        for layer in net.modules():
            layer.training = "Norm" in type(layer).__name__
        assert torch.allclose(net(x)[:2], net(x[:2]), atol=1e-4) == (name in APART), name


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
def test_resnet_is_torchvisions_with_a_cifar_stem(name):
    theirs = getattr(torchvision.models, name)(num_classes=5)
    theirs.conv1, theirs.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    ours = made(name, COLOUR, 5)
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
    x = draw(2, *COLOUR, dtype=torch.float64)
    assert torch.allclose(ours.double().eval()(x), theirs.double().eval()(x), rtol=1e-9, atol=1e-9)


def by_hand(weights, x, norm):
    """ResNet-32 from its list of weights, as a loop of functional calls (option A shortcuts)."""
    take = lambda: next(weights)
    layer = lambda x, stride: norm(F.conv2d(x, take(), stride=stride, padding=1), take(), take())
    x = layer(x, 1).relu()
    for n in range(15):
        stride = 2 if n in (5, 10) else 1
        short = x[:, :, ::stride, ::stride]
        zeros = torch.zeros_like(short)[:, : short.shape[1] // 2]
        short = torch.cat([zeros, short, zeros], 1) if stride == 2 else short
        x = (layer(layer(x, stride).relu(), 1) + short).relu()
    return F.linear(x.mean((2, 3)), take(), take())


@pytest.mark.parametrize("name", ["resnet32", "resnet32_gn"])
def test_resnet32_is_the_loop_written_by_hand(name):
    batch = lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True)
    group = lambda x, w, b: F.group_norm(x, min(32, len(w)), w, b)
    net, x = made(name).double(), draw(4, *COLOUR, dtype=torch.float64)
    hand = by_hand(iter(net.parameters()), x, batch if name == "resnet32" else group)
    assert torch.allclose(net(x), hand, rtol=1e-9, atol=1e-9)


def wide_by_hand(net, x):
    """WRN from its convolutions and normalisations in training mode without dropout, block by block."""
    norm = lambda layer, x: F.batch_norm(x, None, None, layer.weight, layer.bias, training=True).relu()
    conv, *blocks, last, _, _, _, linear = net
    x = F.conv2d(x, conv.weight, padding=1)
    for n, block in enumerate(blocks):
        per = len(blocks) // 3
        stride = 2 if n in (per, 2 * per) else 1
        weights = [layer for layer in block.modules() if isinstance(layer, (nn.Conv2d, nn.BatchNorm2d))]
        first, c1, second, c2, *short = weights
        out = norm(first, x)
        x = F.conv2d(out, short[0].weight, stride=stride) if short else x
        assert bool(short) == (n % per == 0)
        x = x + F.conv2d(norm(second, F.conv2d(out, c1.weight, stride=stride, padding=1)), c2.weight, padding=1)
    return linear(norm(last, x).mean((2, 3)))


def test_wide_resnet_is_the_loop_written_by_hand():
    net, x = made("wrn40_2").double(), draw(3, *COLOUR, dtype=torch.float64)
    for layer in net.modules():
        layer.p = 0.0
    assert torch.allclose(net(x), wide_by_hand(net, x), rtol=1e-9, atol=1e-9)


def test_initial_weights_of_the_cards():
    wide, small = made("wrn40_2"), made("resnet32")
    for conv in (layer for layer in wide.modules() if isinstance(layer, nn.Conv2d)):
        assert conv.weight.std().item() == pytest.approx(
            (2 / (conv.kernel_size[0] ** 2 * conv.out_channels)) ** 0.5, 0.2
        )
    for layer in (layer for layer in small.modules() if isinstance(layer, (nn.Conv2d, nn.Linear))):
        assert layer.weight.std().item() == pytest.approx((2 / layer.weight[0].numel()) ** 0.5, 0.2)
    assert not wide[-1].bias.any() and small[-1].bias.any()


def test_released_cnn9_drops_out_when_tested():
    x = draw(2, *COLOUR)
    for settings, same in (({}, True), ({"variant": "released"}, False), ({"always_dropout": True}, False)):
        net = made("cnn9", **settings).eval()
        assert torch.equal(net(x), net(x)) == same
    assert torch.equal(*(made("cnn9", variant="released", always_dropout=False).eval()(x) for _ in "ab"))
    for settings in ({"variant": "code"}, {"always_dropout": 1}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            labkit.nets.cnn9(**settings)


def test_released_preact_shortcut_carries_the_activation():
    paper, released = (made("preact_resnet18", variant=v).double().eval() for v in ("paper", "released"))
    assert all(torch.equal(p, q) for p, q in zip(paper.parameters(), released.parameters()))
    first, changed = paper[3], paper[5]
    x = draw(2, 64, 8, 8, dtype=torch.float64)
    assert torch.allclose(first(x) - first.path(first.first(x)), x)
    assert torch.allclose(released[3](x) - first.path(first.first(x)), first.first(x))
    assert torch.equal(changed(x), released[5](x))  # a 1 x 1 convolution of the activation in both
    with pytest.raises(ValueError, match="variant"):
        labkit.nets.preact_resnet18(variant="code")


@pytest.mark.parametrize("shape", [(1, 1, 2, 2), (3, 6, 28, 28), (2, 16, 11, 7), (4, 5, 9)])
def test_max_pooling_without_gradients_is_torchs(shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    x.flatten()[:: x.numel() // 3] = torch.nan
    for y in (x, x.nan_to_num().relu(), x.double()):  # rectified: many ties
        wanted = F.max_pool2d(y, 2)
        with torch.no_grad():
            assert torch.equal(HalvingMaxPool()(y).nan_to_num(9.0), wanted.nan_to_num(9.0))
        z = y.clone().requires_grad_()
        assert torch.equal(HalvingMaxPool()(z).nan_to_num(9.0), wanted.nan_to_num(9.0)) and z.requires_grad


@pytest.mark.parametrize("channels, side", [(1, 16), (3, 33), (3, 64)])
def test_celeba_cnn_has_512_features_at_every_size(channels, side):
    net = labkit.nets.celeba_cnn((channels, side, side), 10)
    x = draw(2, channels, side, side)
    assert net[:-1](x).shape == (2, 512) and net(x).shape == (2, 10)


def test_celeba_fc_is_leaky():
    net = labkit.nets.celeba_fc()
    assert [type(layer) for layer in net[2::2]] == [nn.LeakyReLU, nn.LeakyReLU] and net[2].negative_slope == 0.01


@pytest.mark.parametrize("name", ["resnet32", "wrn40_2"])
def test_fit_trains_a_residual_network(name):
    run = labkit.fit("ERM", digits(0.0, n=64), name, 1, 0, recipe={"lr": 0.01})
    assert torch.isfinite(torch.tensor(run.history.train_loss)).all()
