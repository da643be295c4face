"""Lesson 09: what its panel computes, and its exercises: right answers pass, typical mistakes get their own words."""

import numpy as np
import pytest
import torch

import labkit
from labkit import transition
from labkit.lessons.l01 import study as lesson_01
from labkit.lessons.l09 import figures, panel
from labkit.lessons.l09 import study as lesson_09
from labkit.lessons.l09.study import doubt, error, main_rows, matrix_of, posterior, precision, train
from labkit.panels import samples

TASK = lesson_01.noisy("pairflip", noise_rate=0.4, seed=0)
T = labkit.noise.pairflip(0.4).matrix(3, "")


def random_p(n=20, classes=3):
    return torch.rand(n, classes, generator=torch.Generator().manual_seed(0), dtype=torch.float64).softmax(-1)


def test_the_posterior_is_bayes_rule_and_what_the_forward_loss_pulls_to():
    p, y = random_p(), torch.arange(20) % 3
    q = posterior(p, y, T)
    assert torch.allclose(q.sum(-1), torch.ones(20, dtype=torch.float64))
    assert torch.allclose(q[0], p[0] * T[:, 0] / (p[0] * T[:, 0]).sum())
    logits = p.log().requires_grad_()
    (gradient,) = torch.autograd.grad(transition.forward(logits, y, T).sum(), logits)
    assert torch.allclose(gradient, p - q)


def test_doubt_needs_noise_to_doubt():
    logits, y = random_p().log(), torch.arange(20) % 3
    assert torch.allclose(doubt(logits, y), 1 - logits.softmax(-1).gather(-1, y[:, None])[:, 0])
    assert doubt(logits, y, torch.eye(3)).abs().max() < 1e-12  # who believes in clean labels doubts none
    assert (doubt(logits, y, T) > 0).all()


def test_precision_counts_the_first():
    wrong = (TASK.train.y != TASK.truth.y).double()
    assert precision(wrong, TASK) == 1 and precision(-wrong, TASK) == 0


def test_error_is_the_share_of_a_row():
    assert error(torch.eye(3), T) == pytest.approx(0.4) and error(T, T) == 0
    assert error(torch.eye(3), torch.eye(3).roll(1, 0)) == 1


@pytest.mark.parametrize("name", lesson_09.METHOD_OF)
def test_every_training_of_the_lesson(name):
    run = train(name, TASK, epochs=2, seed=0)
    rows, estimate = main_rows(name, run), matrix_of(run.method)
    assert [row["epoch"] for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) == 2 + (lesson_09.REVISE if name == "T-Revision" else 0)
    assert (estimate is None) == (name == "plain SGD")
    if name.endswith("true T"):
        assert torch.allclose(estimate, lesson_09.true_matrix(TASK))


def test_only_gold_sees_true_labels():
    run = train("GLC", TASK, epochs=1, seed=0)
    assert len(run.method.meta) == lesson_09.GOLD and len(run.method.train) == len(TASK.train) - lesson_09.GOLD
    assert train("F-correction", TASK, epochs=1, seed=0).method.meta is None


def test_the_true_matrix_undoes_pairflip_and_turned_round_it_harms():
    last = lambda name, **told: train(name, TASK, epochs=10, seed=0, **told).rows[-1]["test"]
    assert last("Forward, true T") > 0.9 > 0.1 > last("Forward, true T", T=lesson_09.true_matrix(TASK).T)


def test_memorising_makes_the_anchors_fade():
    found, run = lesson_09.anchors_by_epoch(TASK, epochs=12, seed=0)
    assert len(found) == len(run.rows) == 12 and found[-1][1] > found[0][1]


def test_anchor_images_are_those_whose_predictions_are_read():
    p = random_p(200)
    i = lesson_09.anchor_images(p)
    assert torch.allclose(transition.anchors(p), p[i])


def test_a_simulated_person_sees_the_true_labels_of_the_flagged_images_only():
    wrong = TASK.train.y != TASK.truth.y
    flagged = torch.zeros_like(wrong)
    flagged[wrong.nonzero()[:50, 0]] = True
    flagged[(~wrong).nonzero()[:50, 0]] = True
    checked = lesson_09.relabelled(TASK, flagged)
    assert (checked.train.y[flagged] == TASK.truth.y[flagged]).all()
    assert (checked.train.y[~flagged] == TASK.train.y[~flagged]).all()
    assert (checked.train.y != TASK.truth.y).sum() == wrong.sum() - 50, "and the noisy task is as it was"


def test_the_panel_compares_with_plain_sgd_which_it_trains_once(monkeypatch):
    monkeypatch.setenv("LABKIT_FAST", "1")
    panel.PLAIN.clear()
    shown = labkit.panel("09", rate=0.2).move()
    assert len(panel.PLAIN) == 1
    series = shown.picture["history"]["series"]
    assert [len(one["x"]) for one in series] == [2, 2, 2]
    used = shown.picture["used"]["per_epoch"]
    assert used["epoch"] == [1, 2] and used["values"] == [shown.picture["true"]["values"]] * 2
    shown.move(method="F-correction")
    used = shown.picture["used"]["per_epoch"]["values"]
    assert len(panel.PLAIN) == 1 and shown.picture["true"]["values"] not in used
    assert [len(ids) for ids in shown.picture["suspects"]["per_epoch"]["samples"]] == [panel.SHOWN] * 2
    table = shown.picture["samples"]
    assert table["images"] == len(shown.result.method.train)
    suspects = shown.picture["suspects"]["per_epoch"]["samples"][-1]
    assert [tile["place"] for tile in samples.items(table, suspects)] == suspects, "the sprite has all images"


def zero(T=(0.4, 0.6, 0.0), p=(0.6, 0.3, 0.1)):
    return p[0] * T[0] / sum(a * b for a, b in zip(p, T))


def joint_columns(joint):
    return joint / joint.sum(0)


def joint_rows(joint):
    return joint / joint.sum(1, keepdims=True)


def revision(logits, T, dT, y, cut=False, turn=False, weigh=True):
    p, T = logits.softmax(1), (T + dT).T if turn else T + dT
    w = (p.gather(1, y[:, None]) / (p @ T).gather(1, y[:, None]))[:, 0]
    w = w.detach() if cut else w
    loss = torch.nn.functional.cross_entropy(logits, y, reduction="none")
    return (w * loss).mean() if weigh else loss.mean()


def unreduced(logits, T, dT, y, pairs=False):
    p = logits.softmax(1)
    w = p.gather(1, y[:, None]) / (p @ (T + dT)).gather(1, y[:, None])  # [B, 1]
    loss = torch.nn.functional.cross_entropy(logits, y, reduction="none")  # [B]
    return w * loss if pairs else w[:, 0] * loss


NOISY = lesson_01.noisy("symmetric", noise_rate=0.4, seed=0)
WRONG = (NOISY.train.y != NOISY.truth.y).nonzero()[:, 0]
FINE = (NOISY.train.y == NOISY.truth.y).nonzero()[:, 0]
SUMS = [0.6 + 0.4 / 0.5, 0.3 / 0.5 + 0.2, 1.0]
RIGHT = [
    *(("09.1", answer) for answer in (zero(), round(zero(), 2), torch.tensor(zero()))),
    *(("09.2", answer) for answer in (lambda joint: joint_columns(joint).T, lambda j: j.T / j.sum(0)[:, None])),
    *(("09.3", answer) for answer in (SUMS, np.array(SUMS), tuple(SUMS))),
    *(("09.4", answer) for answer in ((1, 0.6), [1.0, 0.6])),
    ("09.5", revision),
    *(("09.6", answer) for answer in (WRONG[:100], WRONG[:100].tolist(), np.array([*WRONG[:96], *FINE[:4]]))),
]
MISTAKES = [
    ("09.1", 0.6, "before the label"),
    ("09.1", 0.24, "divide by the sum"),
    ("09.1", 0.4, "other way round"),
    ("09.1", 1 - zero(), "label is clean"),
    ("09.1", 0.0, "rows and columns"),
    ("09.1", 0.9, "too large"),
    ("09.2", joint_columns, "each *true* class"),
    ("09.2", joint_rows, "P(true | given)"),
    ("09.2", lambda joint: joint_rows(joint).T, "columns here"),
    ("09.2", lambda joint: joint.T, "still counts"),
    ("09.2", lambda joint: joint / joint.sum(), "still a joint"),
    ("09.2", lambda joint: joint, "then transpose"),
    ("09.2", lambda joint: joint.T / joint.sum(), "all entries together sum to 1"),
    ("09.2", lambda joint: joint.T / joint.sum(0), "columns of joint.T"),
    ("09.2", lambda joint: joint / joint.sum(1), "use joint.sum(0)"),
    ("09.2", lambda joint: (joint / joint.sum(1)).T, "use joint.sum(0)"),
    ("09.2", lambda joint: joint[:2], "is asked for"),
    ("09.3", [1, 1, 1], "columns are divided"),
    ("09.3", [1, 0.5, 1], "sums before"),
    ("09.3", [1.0, 1.4, 0.8], "sums of the columns"),
    ("09.3", [1.5, 1, 1], "the first number, 1.5: close"),
    ("09.4", (0.6, 1), "exchanged"),
    ("09.4", (0.6, 0.6), "row `dog`"),
    ("09.4", (0.5, 0.5), "before the label"),
    ("09.4", (0.3, 0.3), "divide by the sum"),
    ("09.5", lambda *given: revision(*given, cut=True), "no gradient"),
    ("09.5", lambda *given: revision(*given, turn=True), "exchanged"),
    ("09.5", lambda *given: revision(*given, weigh=False), "weight w is missing"),
    ("09.5", lambda logits, T, dT, y: revision(logits, T, dT, y).item(), "single number"),
    ("09.5", lambda *given: unreduced(*given, pairs=True), "every weight meets every loss"),
    ("09.5", lambda *given: unreduced(*given, pairs=True).mean(), "the loss of its own sample"),
    ("09.5", unreduced, "return their mean"),
    ("09.5", lambda *given: unreduced(*given)[:3], "its shape is (3,); return"),
    ("09.5", lambda *given: unreduced(*given).sum(), "that is the sum"),
    ("09.5", lambda logits, T, dT, y: revision(logits, T, 0 * dT, y), "dT is missing"),
    ("09.5", lambda logits, T, dT, y: transition.forward(logits, y, T + dT).mean(), "forward loss"),
    ("09.5", lambda logits, T, dT, y: revision(logits, T, dT.detach(), y) + 0 * dT.sum(), "no gradient"),
    ("09.6", FINE[:100], "reverse the order"),
    ("09.6", [*WRONG[:40].tolist(), *FINE[:60].tolist()], "better than chance"),
    ("09.6", [*WRONG[:90].tolist(), *FINE[:10].tolist()], "have not seen the label"),
    ("09.6", WRONG[:50], "50 different positions"),
    ("09.6", [WRONG[0].item()] * 100, "1 different"),
    ("09.6", range(5000, 5100), "outside 0..1,293"),
    ("09.6", "all", "a list of positions"),
]


@pytest.mark.parametrize("exercise", ["09.2", "09.5"])
def test_untouched_functions_are_told_so(exercise, capsys):
    assert not labkit.check(exercise, lambda *given: ...)
    assert capsys.readouterr().out.startswith("○")


def test_the_wrapped_weight_of_the_released_code_gives_no_gradient():
    weight = torch.ones(3, requires_grad=True)
    wrapped = torch.autograd.Variable(2 * weight, requires_grad=True)
    wrapped.sum().backward()
    assert weight.grad is None


def test_figures_draw_what_the_runs_hold():
    found, run = lesson_09.anchors_by_epoch(TASK, epochs=2, seed=0)
    lines = {line.get_label(): line.get_ydata() for line in figures.fading_anchors([found], [run]).axes[0].lines}
    assert lines["error of T"] == pytest.approx([one[0] for one in found])
    (ax,) = figures.suspects(TASK, i=[0, 1], believed=TASK.truth.y, chance=torch.ones(len(TASK.train))).axes
    assert [text.get_text() for text in ax.texts] == [f"{TASK.train.y[k]} → {TASK.truth.y[k]}?\n100%" for k in (0, 1)]
    with pytest.raises(ValueError, match="1 to 48"):
        figures.suspects(TASK, i=[], believed=TASK.truth.y, chance=torch.ones(5))
