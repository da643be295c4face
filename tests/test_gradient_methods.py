"""PRL(G), Ignormclip, NormClip: their own properties, against loops of autograd over single samples."""

import pytest
import torch
from tools import bound, digits, faces, first_weights, linear_net, linear_task, train

import labkit
from labkit.methods import ERM
from labkit.methods.ignormclip import Ignormclip
from labkit.methods.normclip import NormClip
from labkit.methods.prl_g import PRL_G

METHODS = [PRL_G(rate=0.4), Ignormclip(clip=1.0)]
TASKS = {"classes": digits, "numbers": faces}


def ready(method, task=None, net="mlp", **recipe):
    """A loop in float64 before its first batch. -> method, x, y, i"""
    loop = bound(method, task, net, lr=0.1, momentum=0.0, **recipe)
    method = loop.method
    method.nets[0].double()
    method.opts = loop.make_opt(method.nets, loop.groups)
    i = loop.queue[: loop.recipe.batch]
    y = method.train.y[i]
    return method, method.train.inputs(i).double(), y if method.train.classes else y.double(), i


def rows(method, x, y, i):
    """Every sample's whole gradient, one backward pass each. -> [B, P]"""
    params = list(method.nets[0].parameters())
    losses = [method.loss(method.nets[0](x[b : b + 1]), y[b : b + 1], i[b : b + 1]).sum() for b in range(len(x))]
    return torch.stack([torch.cat([g.flatten() for g in torch.autograd.grad(loss, params)]) for loss in losses])


def moved(method, x, y, i):
    """What a step of rate 0.1 without momentum says the gradient was. -> [P]"""
    before = first_weights(method)
    method.step(x, y, i)
    return (before - first_weights(method)) / 0.1


# -- PRL(G)


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize("rate", [0.0, 0.4, 0.45, 0.99])
def test_prl_g_steps_along_the_mean_of_the_shortest_gradients(task, rate):
    method, x, y, i = ready(PRL_G(rate=rate), task())
    g = rows(method, x, y, i)
    kept = max(1, int((1 - rate) * len(x)))
    short = g.norm(dim=1).argsort()[:kept]
    assert torch.allclose(moved(method, x, y, i), g[short].mean(0), rtol=0, atol=1e-10)
    expected = torch.zeros(len(x), dtype=torch.float64)
    expected[short] = 1 / kept
    assert torch.equal(method.seen[0], i) and torch.allclose(method.seen[1], expected, rtol=0, atol=1e-12)


def test_prl_g_ranks_scalar_residuals_by_residual_times_length_of_the_input():
    task = linear_task(n=24, outputs=1)
    task.train.x.mul_(torch.linspace(0.1, 3, 24, dtype=torch.float64)[:, None])
    method, x, y, i = ready(PRL_G(rate=0.5), task, lambda shape, classes: linear_net(shape, 1), batch=24)
    r = (method.nets[0](x) - y).detach().abs()[:, 0]
    by_gradient, by_residual = (set(score.argsort()[:12].tolist()) for score in (r * x.norm(dim=1), r))
    method.step(x, y, i)
    assert set(method.seen[1].nonzero()[:, 0].tolist()) == by_gradient != by_residual


def test_prl_g_without_noise_is_plain_sgd_on_a_network_with_group_norm():
    runs = [train(method, epochs=1, net="small_cnn", momentum=0.9) for method in (PRL_G(rate=0.0), ERM())]
    assert torch.allclose(*map(first_weights, runs), rtol=0, atol=1e-5)


def test_prl_g_filters_more_as_the_ramp_grows_and_takes_any_optimiser():
    method = PRL_G(rate=0.4, variant="released")
    assert method.ramp == 10 and PRL_G(rate=0.4).ramp == 0
    method, x, y, i = ready(method, optimiser="adam")
    for epoch, kept in ((0, 30), (5, 23), (8, 19), (40, 19)):
        method.set_epoch(epoch)
        method.step(x, y, i)
        assert (method.seen[1] > 0).sum() == kept


def test_prl_g_label_precision_beats_chance():
    run = labkit.fit(PRL_G(rate=0.4), digits(n=None), "mlp", 6, 0)
    assert run.history.selected_precision.iloc[-1] > 0.7  # 0.6 of all labels are right


def test_prl_g_adds_the_penalty_of_a_relative():
    class Pulled(PRL_G):
        def penalty(self):
            return sum(p.square().sum() for p in self.nets[0].parameters())

    method, x, y, i = ready(Pulled(rate=0.0))
    g, w = rows(method, x, y, i).mean(0), first_weights(method)
    assert torch.allclose(moved(method, x, y, i), g + 2 * w, rtol=0, atol=1e-10)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: type(method).__name__)
def test_networks_with_batch_norm_are_refused_by_name(method):
    net = lambda: torch.nn.Sequential(torch.nn.Flatten(), torch.nn.BatchNorm1d(64), torch.nn.Linear(64, 10))
    with pytest.raises(ValueError, match="resnet32_gn"):
        labkit.fit(method, digits(), net, 1, 0)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: type(method).__name__)
def test_weight_answers_as_the_step_does(method):
    method, x, y, i = ready(method)
    with torch.no_grad():
        weight = method.weight(x, y, i, method.nets[0](x))
    method.step(x, y, i)
    assert torch.equal(weight, method.seen[1])


# -- Ignormclip


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_ignormclip_steps_along_the_mean_of_clipped_gradients(task):
    method, x, y, i = ready(Ignormclip(clip=1.0), task())
    g = rows(method, x, y, i)
    method.clip = clip = g.norm(dim=1).median().item()
    clipped = torch.stack([row * min(1, clip / row.norm().item()) for row in g])
    assert clipped.norm(dim=1).max() <= clip + 1e-12 and not torch.allclose(clipped, g)
    assert torch.allclose(moved(method, x, y, i), clipped.mean(0), rtol=0, atol=1e-10)
    assert torch.allclose(method.seen[1][:, None] * g, clipped / len(g), rtol=0, atol=1e-12)


def test_ignormclip_of_a_single_sample_is_normclip():
    steps = []
    for cls in (Ignormclip, NormClip):
        method, x, y, i = ready(cls(clip=0.5), batch=1)
        steps.append(moved(method, x, y, i))
    assert torch.allclose(*steps, rtol=0, atol=1e-6)


def test_ignormclip_survives_a_gradient_of_zero():
    task = linear_task()
    task.train.x[0] = 0
    method, x, y, i = ready(Ignormclip(clip=0.01), task, linear_net, batch=24)
    method.step(x, y, i)
    assert torch.isfinite(first_weights(method)).all() and method.seen[1][i == 0].item() == pytest.approx(1 / 24)


# -- NormClip


@pytest.mark.parametrize("share", [0.3, 0.999, 2.0])
def test_normclip_keeps_the_direction_and_bounds_the_norm_over_all_parameters(share):
    method, x, y, i = ready(NormClip(clip=1.0))
    g = rows(method, x, y, i).mean(0)
    method.clip = share * g.norm().item()
    step = moved(method, x, y, i)
    assert torch.allclose(step, g * min(1, method.clip / (g.norm().item() + 1e-6)), rtol=0, atol=1e-10)
    assert step.norm() <= method.clip and torch.cosine_similarity(step, g, 0).item() == pytest.approx(1, abs=1e-9)


def test_normclip_does_not_shorten_weight_decay():
    method, x, y, i = ready(NormClip(clip=1e-9), weight_decay=0.5)
    w = first_weights(method)
    assert torch.allclose(moved(method, x, y, i), 0.5 * w, rtol=0, atol=1e-8)


# -- bad input


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: PRL_G(rate=1.0), ["rate of PRL_G", "1.0", "[0, 1)"]),
        (lambda: PRL_G(rate=0.4, ramp=-1), ["ramp of PRL_G", "-1"]),
        (lambda: PRL_G(rate=0.4, variant="code"), ["variant", "released"]),
        (lambda: Ignormclip(clip=0), ["clip of Ignormclip", "0", "above 0"]),
        (lambda: NormClip(clip="1"), ["clip of NormClip", "'1'"]),
        (lambda: NormClip(clip=float("nan")), ["clip of NormClip", "nan"]),
    ],
)
def test_bad_hyperparameters_are_named(make, words):
    with pytest.raises(ValueError) as error:
        make()
    assert all(word in str(error.value) for word in words)
