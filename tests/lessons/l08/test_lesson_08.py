"""Lesson 08: the noisy meta set, what V learns from it, the panel's computing, the exercises."""

from types import SimpleNamespace

import pytest
import torch

import labkit
from labkit.lessons import seeds
from labkit.lessons.l08 import figures, measured
from labkit.lessons.l08 import study as lab
from labkit.losses import ce
from labkit.panels.lessons import sketch


def test_the_meta_set_is_apart_and_the_same_at_every_noise():
    task, clean = lab.split(noise_rate=0.4, meta_noise_rate=0.0, seed=0)
    _, noisy = lab.split(noise_rate=0.4, meta_noise_rate=0.8, seed=0)
    assert torch.equal(clean.x, noisy.x) and clean.trusted and noisy.trusted is False
    assert torch.bincount(clean.y).tolist() == [10] * 10
    assert len(task.train) + len(clean) == len(labkit.load("digits").train)
    assert not set(task.train.ids.tolist()) & set(clean.ids.tolist())


def test_what_is_wrong_at_a_small_noise_is_wrong_at_a_larger_one():
    clean = lab.split(noise_rate=0.4, meta_noise_rate=0.0, seed=0, size=600)[1]
    wrong = [lab.redrawn(clean, eta, 0).y != clean.y for eta in (0.0, 0.2, 0.4, 0.8, 1.0)]
    assert not wrong[0].any()
    assert all((~few | many).all() for few, many in zip(wrong, wrong[1:]))
    assert wrong[3].float().mean().item() == pytest.approx(0.72, abs=0.06)
    assert (lab.redrawn(clean, 1.0, 0, "pairflip").y == (clean.y + 1) % 10).all()
    with pytest.raises(ValueError, match="kind"):
        lab.redrawn(clean, 0.5, 0, "flips")


def test_a_clean_meta_set_finds_wrong_labels_and_the_record_is_that_of_the_run():
    learnt = lab.trained(meta_noise_rate=0.0, meta_loss="MAE", noise_rate=0.4, seed=0, epochs=4)
    assert len(learnt.V) == len(learnt.area) == len(learnt.run.rows) == 4
    assert learnt.area[-1] > 0.9
    assert learnt.V[-1][0] > learnt.V[-1][-1]  # a small loss weighs more than a large one
    assert lab.trained(meta_noise_rate=0.0, meta_loss="MAE", noise_rate=0.4, seed=0, epochs=4) is learnt


def test_a_histogram_counts_every_sample_once():
    loss, among = torch.tensor([1e-9, 0.1, 5.0, 1e3]), torch.tensor([True, True, False, True])
    bins = lab.histogram(loss, among)
    assert bins.sum() == pytest.approx(1) and bins[0] == pytest.approx(1 / 3) and bins[-1] == pytest.approx(1 / 3)
    assert (lab.histogram(loss, ~among) == 1).sum() == 1


def test_the_network_has_a_probability_for_every_meta_label():
    _, meta = lab.split(noise_rate=0.4, meta_noise_rate=0.8, seed=0)
    net = lab.trained(meta_noise_rate=0.8, meta_loss="MAE", noise_rate=0.4, seed=0, epochs=1).run.method.nets[0]
    p = lab.probability(net, meta)
    assert p.shape == (100,) and ((p > 0) & (p < 1)).all()


def test_the_gradient_of_v_is_that_of_double_backward():
    torch.manual_seed(0)
    x, y, meta_x, meta_y = torch.randn(6, 4), torch.arange(6) % 3, torch.randn(5, 4), torch.arange(5) % 3
    net, V = torch.nn.Linear(4, 3), torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Sigmoid())
    loss = ce(net(x), y)
    v = V(loss.detach()[:, None])[:, 0]
    parameters = dict(net.named_parameters())
    steps = torch.autograd.grad((v / v.sum() * loss).sum(), list(parameters.values()), create_graph=True)
    stepped = {name: w - 0.3 * step for (name, w), step in zip(parameters.items(), steps)}
    meta_loss = ce(torch.func.functional_call(net, stepped, (meta_x,)), meta_y).mean()
    right = torch.autograd.grad(meta_loss, list(V.parameters()))
    before = [p.clone() for p in V.parameters()]
    for mine, theirs in zip(right, lab.learnt_gradient(net, V, x, y, meta_x, meta_y, 0.3)):
        assert torch.allclose(mine, theirs, atol=1e-6)
    assert all(torch.equal(p, q) for p, q in zip(before, V.parameters()))


def test_the_swept_points_are_those_that_are_stored():
    rows = seeds.stored("08")
    table = measured.swept(rows)
    assert len(table) == 2 * len(measured.ETAS) * len(seeds.SEEDS)
    one = rows[(rows["setting"] == "MAE, 80 %") & (rows["seed"] == 2)].iloc[0]
    point = table[(table["meta_loss"] == "MAE") & (table["eta"] == 0.8) & (table["seed"] == 2)].iloc[0]
    assert point["auc"] == one["AUC of the weights, last epoch"] and point["test"] == one["last"]
    drawing = figures.meta_noise(table, title="digits", plain=[0.8, 0.9])
    assert len(drawing.axes[0].collections) == 2, "a band for each meta loss"


def test_a_figure_has_every_sample_in_its_bins():
    learnt = lab.trained(meta_noise_rate=0.0, meta_loss="MAE", noise_rate=0.4, seed=0, epochs=4)
    below = figures.weight_functions({"MW-Net": learnt}, epochs=[1, 4], title="digits").axes[1]
    assert sum(bar.get_height() for bar in below.patches) == len(learnt.wrong)


def test_the_panel_draws_the_learnt_weights_and_plain_sgd_faintly(monkeypatch):
    monkeypatch.setenv("LABKIT_FAST", "1")
    shown = []
    state = SimpleNamespace(eta=0.8, loss="MAE", rate=0.4, seed=0)
    learnt = sketch("08").draw(state, lambda **picture: shown.append(picture))
    picture = {name: part for each in shown for name, part in each.items()}
    weights = picture["V"]["per_epoch"]
    for k, V in enumerate(learnt.V):
        assert weights["series"][k][0]["y"] == pytest.approx(V.tolist(), abs=6e-4)
        right = picture["losses"]["per_epoch"]["series"][k][0]["y"]
        assert right == pytest.approx(lab.histogram(learnt.loss[k], ~learnt.wrong), abs=6e-4)
    assert [[curve["name"] for curve in faint] for faint in weights["before"]] == [[], ["after epoch 1"]]
    assert picture["history"]["series"][0]["y"] == pytest.approx(learnt.area, abs=1e-4)
    plain = lab.plain(noise_rate=0.4, seed=0, epochs=2).rows
    assert picture["history"]["before"][0]["y"] == pytest.approx([row["test"] for row in plain], abs=1e-4)
    assert "71% of the meta labels wrong" in shown[-1]["message"] and "plain SGD" in shown[-1]["message"]


RIGHT = [
    ("08.1", [0.0, -0.3, 0.3]),
    ("08.3", (1 - 0.2531, 0.39)),
    ("08.5", (600, 41 / 60)),
    ("08.6", 0.9),
]
MISTAKES = [
    ("08.1", [0.0, 0.3, -0.3], "the sign"),
    ("08.1", [0.0, -3.0, 3.0], "learning rate of the step"),
    ("08.1", [0.0, 3.0, -3.0], "the step still"),
    ("08.1", [0.0, -0.3], "list of 3"),
    ("08.3", (0.2531, 0.39), "the printed AUC"),
    ("08.3", (0.7469, -0.39), "the sign"),
    ("08.3", (0.7469, 0.0039), "in points"),
    ("08.3", 0.7469, "a pair"),
    ("08.5", (60_000, 41 / 60), "every 100 iterations"),
    ("08.5", (120, 41 / 60), "once an epoch"),
    ("08.5", (600, 0.7), "a hundredth begins later"),
    ("08.5", (600, 19 / 60), "the fraction before"),
    ("08.5", 600, "a pair"),
    ("08.6", 1.0, "uniform noise"),
    ("08.6", 0.5, "nine classes"),
    ("08.6", 0.1, "stay clean"),
    ("08.6", 1.1, "no rate is above 1"),
]
