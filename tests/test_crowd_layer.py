"""CrowdLayer: its loss against loops, missing labels, and planted annotators that it finds."""

from functools import cache

import numpy as np
import pytest
import torch
from fake_cuda import FakeCuda
from released import Table
from tools import first_weights, weights

import labkit
from labkit.data import dawid_skene, majority
from labkit.data.task import Scale, Split
from labkit.methods import ERM, CrowdLayer

SHIFTS = (0, 0, 1, 0)  # the third annotator calls every class by the name of the next


@cache
def planted(n=700):
    """Digits with four annotators, of whom one is systematically wrong, and a third of the labels missing. -> Task"""
    digits = labkit.load("digits", n=n)
    rng = np.random.default_rng(0)
    y = torch.cat([digits.train.y, digits.train.val.y])
    columns = []
    for share, shift in zip((0.7, 0.6, 0.9, 0.6), SHIFTS):
        guess = rng.integers(0, 10, len(y))
        columns.append(np.where(rng.random(len(y)) < share, (y + shift) % 10, guess))
    labels = np.stack(columns, 1)
    labels[rng.random(labels.shape) < 1 / 3] = -1
    labels[(labels == -1).all(1), 0] = 0
    x = torch.cat([digits.train.x, digits.train.val.x])
    return labkit.Task.of(
        x, majority(labels, 10), digits.test.x, digits.test.y, scale=digits.train.scale, classes=10, y_true=y,
        annotations=labels,
    )  # fmt: skip


def asked(z, annotations, y=None):
    """CrowdLayer on samples with the logits z [N, C], bound. -> method, positions"""
    n = len(z)
    y = torch.zeros(n, dtype=torch.long) if y is None else y
    split = Split(torch.eye(n, dtype=z.dtype), y, z.shape[1], Scale(), None, torch.arange(n), annotations=annotations)
    return CrowdLayer().bound_to(Table(z.detach()), split), torch.arange(n)


def drawn(n=9, classes=3, annotators=4, seed=0):
    """Logits, annotations of which some are missing, and matrices. -> z [n, C], [n, A], [A, C, C], float64"""
    rng = torch.Generator().manual_seed(seed)
    z = 2 * torch.randn(n, classes, generator=rng, dtype=torch.float64)
    annotations = torch.randint(-1, classes, (n, annotators), generator=rng)
    W = torch.randn(annotators, classes, classes, generator=rng, dtype=torch.float64)
    return z.requires_grad_(), annotations, W


def by_loops(z, annotations, W):
    """The mean over annotators of the cross-entropy of softmax(p W_a), 0 for a missing label. -> [n]"""
    rows = []
    for logits, labels in zip(z, annotations.tolist()):
        p = logits.exp() / logits.exp().sum()
        total = 0.0
        for a, label in enumerate(labels):
            if label != -1:
                scores = [sum(p[k] * W[a, k, column] for k in range(len(p))) for column in range(len(p))]
                total = total - (scores[label].exp() / sum(score.exp() for score in scores)).log()
        rows.append(total / len(labels))
    return torch.stack(rows)


@pytest.mark.parametrize("seed", range(3))
def test_crowdlayer_loss_and_gradients_are_those_of_loops(seed):
    z, annotations, W = drawn(seed=seed)
    method, i = asked(z, annotations)
    method.W = W.clone().requires_grad_()
    theirs = W.clone().requires_grad_()
    mine, right = method.loss(z, method.train.y, i), by_loops(z, annotations, theirs)
    assert torch.allclose(mine, right, rtol=0, atol=1e-12)
    gradients = torch.autograd.grad(mine.mean(), [z, method.W])
    for ours, expected in zip(gradients, torch.autograd.grad(right.mean(), [z, theirs])):
        assert torch.allclose(ours, expected, rtol=0, atol=1e-12)


def test_crowdlayer_begins_with_identities():
    z, annotations, _ = drawn()
    method, i = asked(z, annotations)
    assert torch.equal(method.W, torch.eye(3).repeat(4, 1, 1))
    right = by_loops(z, annotations, torch.eye(3, dtype=torch.float64).repeat(4, 1, 1))
    assert torch.allclose(method.loss(z, method.train.y, i), right, rtol=0, atol=1e-12)


def test_crowdlayer_gives_no_gradient_to_an_annotator_without_labels():
    z, annotations, _ = drawn()
    annotations[:, 2] = -1
    method, i = asked(z, annotations)
    loss = method.loss(z, method.train.y, i)
    (gradient,) = torch.autograd.grad(loss.sum(), method.W, retain_graph=True)
    assert not gradient[2].any() and gradient[[0, 1, 3]].flatten(1).any(1).all()
    without, _ = asked(z, annotations[:, [0, 1, 3]])
    assert torch.allclose(4 * loss, 3 * without.loss(z, without.train.y, i), rtol=0, atol=1e-12)


def test_crowdlayer_takes_the_given_label_where_there_are_no_annotators():
    z, annotations, _ = drawn()
    y = annotations[:, 0].clamp(min=0)
    alone, i = asked(z, None, y)
    one, _ = asked(z, y[:, None])
    assert alone.W.shape == (1, 3, 3)
    assert torch.equal(alone.loss(z, y, i), one.loss(z, torch.zeros_like(y), i))


@cache
def trained(cls, **settings):
    """A method on the planted annotators. -> Run"""
    return labkit.fit(cls(**settings), planted(), "mlp", 30, 0, {"lr": 0.1, "momentum": 0.9})


def test_crowdlayer_finds_the_annotator_who_names_the_next_class():
    W = trained(CrowdLayer, layer_lr="matched").method.W.detach()
    for matrix, shift in zip(W, SHIFTS):
        favoured = matrix.argmax(1)
        assert (favoured == (torch.arange(10) + shift) % 10).float().mean() >= 0.7
        assert (matrix.gather(1, favoured[:, None]) > 1).float().mean() > 0.5  # it grew out of the identity


def test_crowdlayer_is_better_than_plain_sgd_on_the_majority():
    crowd, plain = trained(CrowdLayer, layer_lr="matched"), trained(ERM)
    assert crowd.accuracy["last10"] > plain.accuracy["last10"] + 0.03


def test_crowdlayer_reads_neither_the_aggregated_nor_the_true_labels():
    task = planted()
    x, y = torch.cat([task.train.x, task.train.val.x]), torch.cat([task.train.y, task.train.val.y])
    annotations = torch.cat([task.train.annotations, task.train.val.annotations])
    options = {"scale": task.train.scale, "classes": 10, "y_true": "given", "annotations": annotations}
    parts = [labkit.Task.of(x, labels, task.test.x, task.test.y, **options) for labels in (y, y.flip(0))]
    runs = [labkit.fit(CrowdLayer(), part, "mlp", 2, 0) for part in parts]
    assert torch.equal(*(weights(run.method) for run in runs))
    assert torch.equal(runs[0].method.W, runs[1].method.W)


def test_crowdlayer_frozen_at_the_start_predicts_without_its_layer():
    run = labkit.fit(CrowdLayer(layer_lr=0), planted(), "mlp", 1, 0)
    assert torch.equal(run.method.W.detach(), torch.eye(10).repeat(4, 1, 1))
    x = planted().test.inputs(slice(0, 5))
    assert torch.equal(run.method.predict(x), run.method.nets[0](x))
    plain = labkit.fit(ERM(), planted(), "mlp", 1, 0)
    assert not torch.equal(first_weights(run.method), first_weights(plain.method))


def test_crowdlayer_names_a_bad_setting():
    with pytest.raises(ValueError, match=r"layer_lr of CrowdLayer is 'equal'"):
        CrowdLayer(layer_lr="equal")


def test_crowdlayer_and_annotations_stay_on_the_device():
    reference = labkit.fit(CrowdLayer(), planted(), "mlp", 1, 0, device="cpu")
    with FakeCuda():
        task = planted().to("cuda")
        assert task.train.annotations.device.type == "cuda"
        _, meta = labkit.data.meta_split(task, 40, trusted=False, balanced=False)
        assert majority(meta.annotations, 10).device == dawid_skene(meta.annotations, 10).y.device == meta.y.device
        run = labkit.fit(CrowdLayer(), task, "mlp", 1, 0, device="cuda")
        ours = weights(run.method).to("cpu")
    assert torch.equal(ours, weights(reference.method))
