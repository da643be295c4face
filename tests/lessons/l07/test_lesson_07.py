"""Lesson 07: who is chosen, what b gives, and that typical mistakes get their own words."""

import pytest
import torch

import labkit
from labkit.lessons.l07 import measured, watched
from labkit.lessons.l07 import study as lesson
from labkit.methods import CDR_AUX
from labkit.panels.lessons import sketch

RIGHT = [
    *(("07.1", answer) for answer in ([1, 2, 4], (4, 2, 1), torch.tensor([1, 2, 4]).numpy())),
    *(("07.2", answer) for answer in ((1 - 4 * 0.4 / 9, 0.6), [0.8222, 0.6])),
    *(("07.3", answer) for answer in (236, 236.0)),
    *(("07.4", answer) for answer in (2.439, torch.tensor(2.44))),
    *(("07.6", answer) for answer in (8 / 0.6**0.5, 10.33)),
    ("07.7", lambda rate, lr: lr * (1 - rate) ** 2),
]
MISTAKES = [
    ("07.1", [1, 2, 3], "write |w g|"),
    ("07.1", [0, 2, 4], "largest gradients"),
    ("07.1", [0, 1, 3], "largest weights"),
    ("07.1", [1, 4], "the assumed rate"),
    ("07.1", [0, 3, 2], "the smallest"),
    ("07.1", 3, "a list of positions"),
    ("07.2", (0.6, 0.6), "ignore the last line"),
    ("07.2", (0.8222, 0.8222), "the last line"),
    ("07.2", (0.7778, 0.6), "reverses them"),
    ("07.2", 0.6, "list of 2"),
    ("07.3", 61_470, "count those that are not"),
    ("07.3", 5, "number of tensors"),
    ("07.3", 61_706, "all parameters"),
    ("07.3", 24_588, "never ranked"),
    ("07.4", 0, "what the paper says"),
    ("07.4", 2.71, "first step, too"),
    ("07.4", 9, "infinitely many"),
    ("07.6", 8, "advantage"),
    ("07.6", 6.197, "the other way round"),
    ("07.6", 13.33, "the root"),
    ("07.7", lambda rate, lr: lr * (1 - rate), "damping"),
    ("07.7", lambda rate, lr: lr, "undamped"),
    ("07.7", lambda rate, lr: 0.36 * lr, "write the factor with `rate`"),
    ("07.7", 0.036, "the function itself"),
]


@pytest.mark.parametrize("by", watched.CHOICES)
@pytest.mark.parametrize("rate", [0.0, 0.4, 0.9])
def test_so_many_weights_are_chosen(by, rate):
    rng = torch.Generator().manual_seed(0)
    w, g = torch.randn(2, 500, generator=rng)
    mask, score = watched.chosen(by, w, g, rate, rng), (w * g).abs()
    assert mask.dtype == torch.bool and mask.sum() == int((1 - rate) * 500)
    if rate and by == watched.LARGEST:
        assert score[mask].min() >= score[~mask].max()
    if rate and by == watched.SMALLEST:
        assert score[mask].max() <= score[~mask].min()


@pytest.mark.parametrize("lam", [0.0, 8.0])
def test_watched_is_cdr_aux_and_only_looks(lam):
    seen = lesson.trained(rate=0.4, by=watched.LARGEST, lam=lam, epochs=2)["run"]
    task = lesson.noisy(lesson.SYMMETRIC, seed=0)
    own = labkit.fit(CDR_AUX(rate=0.4, lam=lam), task, lesson.NET, 2, 0, lesson.RECIPE, device="cpu")
    assert [row["train_loss"] for row in seen.rows] == [row["train_loss"] for row in own.rows]
    assert [row["test"] for row in seen.rows] == [row["test"] for row in own.rows]


def test_random_weights_stay_by_chance_and_rate_zero_chooses_all():
    record = lesson.trained(rate=0.4, by=watched.RANDOM, lam=0.0, epochs=2)
    assert record["retained"] == pytest.approx([0.6, 0.6], abs=0.02)
    every = lesson.trained(rate=0.0, by=watched.LARGEST, lam=0.0, epochs=1)
    assert every["retained"] == every["coverage"] == [1.0] and (every["share"][0] == 1).all()


def test_fates_add_up_and_without_b_none_is_by_it():
    for lam in (0.0, 8.0):
        for kind, shares in lesson.trained(rate=0.4, by=watched.LARGEST, lam=lam, epochs=2)["fates"][-1].items():
            assert sum(shares) == pytest.approx(1), kind
            assert lam or shares[1] == 0


def test_an_unknown_choice_is_an_error():
    with pytest.raises(ValueError, match="by"):
        watched.Watched(rate=0.4, by="largest")


def test_every_stored_state_has_a_picture_within_its_axes():
    at = sketch("07")
    from labkit.panels import stored

    for positions in at.kept():
        picture = stored.frame(at, positions)["picture"]
        assert set(picture) == {"history", "masks", "mask", "fates"}
        heights = [y for name in ("history", "masks") for line in picture[name]["series"] for y in line["y"]]
        assert all(0 <= y <= 1 for y in heights if y is not None)


def test_the_naive_guess_is_outside_the_band():
    from labkit.panels import stored

    found = stored.answers(sketch("07"))
    assert len(found) == 5 and sketch("07").question.naive < min(found)


def test_every_epoch_has_the_numbers_of_the_training():
    panel = labkit.panel("07").move(rate=0.4)
    record, picture = panel.result, panel.picture
    for k, share in enumerate(record["share"]):
        assert torch.tensor(picture["mask"]["per_epoch"]["values"][k]) == pytest.approx(share.numpy(), abs=6e-3)
        bars = [bar["value"] for bar in picture["fates"]["per_epoch"]["bars"][k]]
        assert bars == pytest.approx([*record["fates"][k]["clean"], *record["fates"][k]["wrong"]], abs=1e-4)
    assert panel.move(rate=0.4).result is record  # nothing is trained twice


def test_the_largest_scores_hold_more_of_the_gradient_than_chance_and_the_smallest_less():
    held = {}
    for by in watched.CHOICES:
        held[by] = lesson.trained(rate=0.4, by=by, lam=0.0, epochs=1)["gradient"][0]
    assert held[watched.LARGEST] > held[watched.RANDOM] > held[watched.SMALLEST]
    assert held[watched.RANDOM] == pytest.approx(0.6, abs=0.05)


def test_a_small_gradient_with_the_whole_decay_is_the_average_step_of_a_random_mask():
    w, g = torch.randn(2, 4000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    recipe = measured.small_gradient(0.4)
    rng = torch.Generator().manual_seed(1)
    lr, decay = lesson.RECIPE["lr"], lesson.RECIPE["weight_decay"]
    masks = [watched.chosen(watched.RANDOM, w, g, 0.4, rng) for _ in range(400)]
    average = sum(-lr * (0.6 * mask * g + decay * w) for mask in masks) / len(masks)
    assert (average + recipe["lr"] * (g + recipe["weight_decay"] * w)).abs().max() < 0.03 * lr * g.abs().max()


def test_norms_of_b_are_no_detector_without_b():
    run = lesson.trained(rate=0.0, by=watched.LARGEST, lam=0.0, epochs=1)["run"]
    task = lesson.noisy(lesson.SYMMETRIC, seed=0)
    assert lesson.detected(run.method, task) == 0.5
    held_back = lesson.trained_rdi(4.0, epochs=1)
    assert lesson.detected(held_back["run"].method, task) == 0.5 and held_back["fates"][-1]["clean"][1] == 0
