"""The study of the kernel limit: closed forms, the two ways of writing one network, and what a wider one changes."""

import numpy as np
import pytest
import torch
from tools import linear_net, linear_task, ridge

import labkit
from labkit.methods import AUX, ERM, RDI
from labkit.papers.cdr_aux import kernel
from labkit.spectrum import gram, stacked


def start(way, width, seed=0):
    """A network for the digits, as the study makes it."""
    return kernel.network(way, width, seed, labkit.load("digits", n=40))


def linear():
    """A linear task and a network for it. -> task, net"""
    torch.manual_seed(0)
    task = linear_task()
    return task, linear_net(task.shape, 3)


def test_both_ways_write_down_one_function_with_weights_of_one_size():
    x = torch.randn(5, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    plain, ntk_way = start("standard", 300), start("ntk", 300)
    assert torch.allclose(plain(x), ntk_way(x), atol=1e-5)
    for p in ntk_way.parameters():
        assert p.numel() < 100 or p.std().item() == pytest.approx(1, abs=0.1)


def test_the_kernel_grows_with_the_width_in_one_way_and_not_in_the_other():
    x = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    size = lambda way, width: gram(start(way, width), x).trace()
    assert size("standard", 1024) / size("standard", 64) > 3
    assert 0.7 < size("ntk", 1024) / size("ntk", 64) < 1.3


def test_kernel_ridge_is_ridge_regression_for_a_linear_model():
    task, net = linear()
    x, y = task.train.x, task.train.y
    x_new = torch.randn(7, x.shape[1], generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    residual = stacked((y - net(x)).detach())
    moved = kernel.kernel_ridge(gram(net, x), gram(net, x_new, x), residual, 0.7)
    w = ridge(task, net.weight.detach(), 0.7)
    assert torch.allclose(moved, stacked((x_new @ w - net(x_new)).detach()), atol=1e-10)
    with pytest.raises(ValueError, match="lam is 0"):
        kernel.kernel_ridge(gram(net, x), gram(net, x_new, x), residual, 0)


@pytest.mark.parametrize("method", [RDI(lam=0.7), AUX(lam=0.7)])
def test_a_linear_model_descends_to_kernel_ridge(method):
    task, net = linear()
    K = gram(net, task.train.x)
    lr = len(task.train) / (torch.linalg.eigvalsh(K).max() + 0.49)
    trained = kernel.descend(method, task, net, lr=lr, steps=400, seed=0)
    assert torch.allclose(trained.weight.T, ridge(task, net.weight.detach(), 0.7), atol=1e-6)
    plain = kernel.descend(ERM(), task, net, lr=lr, steps=400, seed=0)
    assert not torch.allclose(plain.weight.T, ridge(task, net.weight.detach(), 0.7), atol=1e-2)


def test_descending_is_fitting_with_one_batch_and_no_momentum():
    task = kernel.one_hot(labkit.corrupt(labkit.load("digits", n=40), labkit.noise.symmetric(0.4), 0))
    net = start("standard", 8)
    trained = kernel.descend(RDI(lam=1.0), task, net, lr=0.1, steps=5, seed=0)
    recipe = {"lr": 0.1, "momentum": 0.0, "batch": len(task.train)}
    make = lambda shape, classes: start("standard", 8)
    fitted = labkit.fit(RDI(lam=1.0), task, make, 5, 0, recipe, device="cpu").method.nets[0]
    for a, b, before in zip(trained.parameters(), fitted.parameters(), net.parameters()):
        assert torch.allclose(a, b, atol=1e-6) and not torch.equal(a, before)


def test_one_hot_keeps_the_wrong_labels_and_all_samples():
    noisy = labkit.corrupt(labkit.load("digits", n=60), labkit.noise.symmetric(0.4), 0)
    task = kernel.one_hot(noisy)
    assert task.classes is None and torch.equal(task.train.y.argmax(1), noisy.train.y) and len(task.train.val) == 0
    assert torch.equal(task.test.y.argmax(1), noisy.test.y) and (task.train.y.sum(1) == 1).all()


SOLVED = ["kernel ridge", "kernel, no ridge"]


@pytest.fixture(scope="module")
def rows():
    return kernel.towards(labkit.load("digits", n=60), widths=[8, 256], seeds=[0], steps=150)


def test_the_wider_the_nearer_to_kernel_ridge(rows):
    wide = rows.pivot(index=["method", "way"], columns="width", values=["distance", "kernel_moved", "weights_moved"])
    trained = wide.drop(SOLVED)
    assert (trained["kernel_moved"][256] < trained["kernel_moved"][8] / 2).all()
    assert (trained["weights_moved"][256] < trained["weights_moved"][8]).all()
    assert (trained["distance"].loc[["RDI", "AUX"], 256] < 0.5 * trained["distance"].loc[["RDI", "AUX"], 8]).all()
    assert (trained["distance"].loc["ERM", 256] > 2 * trained["distance"].loc["RDI", 256]).all()


def test_a_row_per_cell_and_method(rows):
    assert len(rows) == 2 * 2 * 5 and set(rows["method"]) == {"ERM", "RDI", "AUX", *SOLVED}
    solved = rows[rows["method"].isin(SOLVED)]
    assert solved[["distance", "kernel_moved"]].isna().all(axis=None) and rows["last"].between(0, 1).all()
    assert (rows[rows["lam"] > 0].groupby(["way", "width"])["lam"].nunique() == 1).all()
    grown = rows.groupby(["way", "width"])["lam"].first().unstack("width")
    assert grown.loc["standard", 256] > 1.5 * grown.loc["standard", 8]
    trained = rows[~rows["method"].isin(SOLVED)]
    assert np.isfinite(trained[["distance", "kernel_moved", "weights_moved"]]).all(axis=None)


def test_an_unknown_way_is_named():
    with pytest.raises(ValueError, match="ways is 'mup'"):
        kernel.towards(labkit.load("digits", n=60), widths=[8], seeds=[0], ways=["standard", "mup"])


def test_without_a_ridge_the_kernel_fits_every_label():
    task, net = linear()
    K, residual = gram(net, task.train.x), stacked((task.train.y - net(task.train.x)).detach())
    lam = (K.trace() / len(K)) ** 0.5
    assert torch.allclose(kernel.kernel_ridge(K, K, residual, kernel.LEAST * lam), residual, atol=1e-4)
    assert not torch.allclose(kernel.kernel_ridge(K, K, residual, lam), residual, atol=1e-1)
