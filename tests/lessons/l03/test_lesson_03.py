"""Lesson 03: the weights and pulls of losses, the panel's computing, the exercises."""

from math import e, log
from types import SimpleNamespace

import pytest
import torch

import labkit
from labkit.lessons.l03 import study as lab
from labkit.panels.lessons import sketch

P = torch.linspace(0.01, 0.99, 50, dtype=torch.float64)
LOGITS = torch.randn(8, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
Y = torch.tensor([0, 1, 2, 3, 4, 0, 1, 2])
WEIGHTS = {  # of the gradient p - e_y
    ("ERM", 0.0): lambda p: torch.ones_like(p),
    ("GCE", 0.7): lambda p: p**0.7,
    ("MAE", 1.0): lambda p: 2 * p,
    ("SCE", 0.9): lambda p: 0.1 + 0.9 * 4 * p,
    ("Focal", 0.4): lambda p: (1 - p) ** 2 - 2 * p * (1 - p) * p.log(),
}


@pytest.mark.parametrize("which", WEIGHTS, ids=lambda which: which[0])
def test_a_loss_of_p_is_cross_entropy_with_a_weight(which):
    p = LOGITS.softmax(-1)
    own = p[range(8), Y]
    _, slope = lab.gradients(lab.method(*which), LOGITS, Y)
    wanted = WEIGHTS[which](own)[:, None] * (p - torch.eye(5, dtype=p.dtype)[Y])
    assert torch.allclose(slope, wanted, atol=1e-10)
    value, pull = lab.shape(lab.method(*which), P)
    assert torch.allclose(pull, WEIGHTS[which](P) * (1 - P), atol=1e-8)
    assert (value[:-1] >= value[1:]).all()


@pytest.mark.parametrize("name", lab.HYPERPARAMETERS)
def test_every_loss_leaves_from_cross_entropy(name):
    start = lab.gradients(lab.method(name, step=1e-7), LOGITS, Y)[0]
    assert torch.allclose(start, labkit.losses.ce(LOGITS, Y), atol=1e-5)
    assert type(lab.method(name, step=0.0)) is labkit.methods.ERM


def fraction_of_pull(name, step=0.5):
    """Of a clean label at p_y = 0.7 and a noisy one at 0.1: the noisy one's fraction of the pull."""
    p = torch.tensor([[0.7, 0.1, 0.2], [0.7, 0.1, 0.2]], dtype=torch.float64)
    given, wrong = torch.tensor([0, 1]), torch.tensor([False, True])
    return lab.pulled_by_noisy(lab.method(name, step=step), logits=p.log(), y=given, wrong=wrong)


def test_the_pull_of_a_noisy_label_is_what_the_weights_say():
    assert fraction_of_pull("ERM") == pytest.approx(0.9 / (0.9 + 0.3))
    assert fraction_of_pull("GCE") == pytest.approx(0.1**0.5 * 0.9 / (0.1**0.5 * 0.9 + 0.7**0.5 * 0.3))
    assert fraction_of_pull("MAE") == pytest.approx(0.1 * 0.9 / (0.1 * 0.9 + 0.7 * 0.3))
    assert fraction_of_pull("Focal") > fraction_of_pull("ERM")


def test_pairs_put_two_digits_side_by_side():
    task = lab.pairs(1500)
    assert task.shape == (1, 8, 16) and task.classes == 100 and len(task.test) == 1000
    digits = labkit.load("digits")
    own = {(x.numpy().tobytes(), int(y)) for x, y in zip(digits.train.x, digits.train.y)}
    for x, y in zip(task.train.x[:20], task.train.y[:20]):
        halves = ((x[..., :8].contiguous(), y // 10), (x[..., 8:].contiguous(), y % 10))
        assert all((half.numpy().tobytes(), int(label)) in own for half, label in halves)


@pytest.fixture
def frames(monkeypatch):
    monkeypatch.setenv("LABKIT_FAST", "1")

    def drawn(**values):
        shown = []
        state = SimpleNamespace(**{"s": 0.7, "loss": "GCE", "rate": 0.4, "seed": 0} | values)
        run = sketch("03").draw(state, lambda **picture: shown.append(picture))
        return run, {name: part for picture in shown for name, part in picture.items()}

    return drawn


def test_the_panel_draws_the_run_and_cross_entropy_faintly(frames):
    run, picture = frames()
    last = picture["history"]["series"]
    assert [curve["y"][-1] for curve in last] == pytest.approx([run.rows[-1][c] for c in (
        "clean_fitted", "noisy_memorised", "noisy_corrected", "test")], abs=1e-4)  # fmt: skip
    assert picture["history"]["before"] and picture["history"]["before"] != last
    plain, picture = frames(s=0.0, loss="Focal")
    assert plain.config["method"] == "ERM" and picture["history"]["before"] == []


def test_the_points_of_the_pull_lie_on_the_line_of_a_loss_of_p(frames):
    _, picture = frames(s=1.0)
    pull = picture["pull"]
    assert pull["per_epoch"]["epoch"] == picture["history"]["per_epoch"]["epoch"] == list(range(1, 11))
    for points in pull["per_epoch"]["points"]:
        for p, force in zip(points["x"], points["y"]):
            assert force == pytest.approx(p * (1 - p), abs=1.1e-2)
    assert sorted(set(pull["points"]["group"])) == [0, 1]


def test_all_that_is_drawn_is_inside_the_axes(frames):
    axes = {part["name"]: part["traits"] for part in sketch("03").parts}
    for loss in lab.HYPERPARAMETERS:
        _, picture = frames(s=1.0, loss=loss)
        low, high = axes["pull"]["ylim"]
        heights = [y for line in picture["pull"]["lines"] for y in line["y"]]
        for points in picture["pull"]["per_epoch"]["points"]:
            heights += points["y"]
        assert low <= min(heights) and max(heights) <= high


def normalised(logits, y):
    return labkit.losses.ce(logits, y) / -logits.log_softmax(-1).sum(-1)


RIGHT = [
    ("03.1", 0.5),
    ("03.2", 0.05),
    ("03.3", (1 / 102, 1)),
    ("03.4", log(e + 9) - 1),
    ("03.6", 0.4),
    ("03.7", normalised),
]
MISTAKES = [
    ("03.1", 0.25, "MAE's weight"),
    ("03.1", 1.0, "that is the loss"),
    ("03.1", 2.0, "other way round"),
    ("03.1", 0.125, "the product of p and q"),
    ("03.2", 0.2, "other way round"),
    ("03.2", 0.1, "twice as far"),
    ("03.3", (1 / 102, 1 / 102), "under Adam: "),
    ("03.3", (1 / 128, 1), "number of kept ones"),
    ("03.3", (102, 1), "longer"),
    ("03.3", (1, 1), "shrinks with the loss"),
    ("03.3", 1 / 102, "a pair"),
    ("03.4", 0.0, "of real logits"),
    ("03.4", log(10), "knows nothing"),
    ("03.4", log(e + 9), "largest"),
    ("03.6", 0.36, "true class"),
    ("03.6", 0.04, "what each class gets"),
    ("03.6", 0.6, "keeps"),
    ("03.6", 0.0, "not symmetric"),
    ("03.7", labkit.losses.ce, "divide it"),
    ("03.7", lambda logits, y: normalised(logits, y).sum(), "one loss per sample"),
    ("03.7", lambda logits, y: labkit.losses.ce(logits, y) / labkit.losses.ce(logits, y).sum(), "over the batch"),
    ("03.7", lambda logits, y: normalised(logits, y) * logits.shape[-1], "the mean"),
    ("03.7", labkit.losses.mae, "make cross-entropy symmetric"),
    ("03.7", 3, "the function itself"),
]


def test_an_untouched_function_is_told_so(capsys):
    assert labkit.check("03.7", lambda logits, y: ...) is False
    assert capsys.readouterr().out.startswith("○ 03.7")
