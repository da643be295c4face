"""Lesson 11: features of patches, the stored runs and what is read from them, typical mistakes."""

import numpy as np
import pandas as pd
import pytest
import torch

import labkit
from labkit.lessons.l11 import cifar10n, reading, study
from labkit.lessons.l11.panel import COMPARED
from labkit.lessons.l11.patches import SIDE, components, dictionary, encode, patches, random_patches
from labkit.numbers import DEFAULTS_SINCE
from labkit.panels import stored
from labkit.panels.lessons import sketch

RIGHT = [
    *(("11.1", answer) for answer in (1 - 0.82766 * 0.81878 * 0.8236, torch.tensor(0.4419))),
    *(
        ("11.5", answer)
        for answer in (lambda t: t.rate[t.val_noisy.idxmax()], lambda t: t.set_index("rate").val_noisy.idxmax())
    ),
    *(("11.6", answer) for answer in (0.3, 30, "30 %")),
    *(("11.7", answer) for answer in (0.4021 / 0.9, 0.447, 44.7, "45 %")),
]
MISTAKES = [
    ("11.1", 0.5298, "twice"),
    ("11.1", 0.0055, "all three are wrong"),
    ("11.1", 0.1766, "the mean"),
    ("11.1", 0.4021, "what was measured"),
    ("11.1", 0.558, "no person is wrong"),
    ("11.5", lambda t: t.rate[t.test.idxmax()], "`test`"),
    ("11.5", lambda t: t.rate[t.memorised.idxmin()], "`memorised`"),
    ("11.5", lambda t: int(t.val_noisy.idxmax()), "row's index"),
    ("11.5", lambda t: 0.4, "0.4 for different tables"),
    ("11.7", 0.402, "its rate is higher"),
    ("11.7", 0.362, "so divide"),
    ("11.7", 0.0447, "stay right"),
    ("11.6", 0.7, "clean labels"),
    ("11.6", 0.3056, "mean over the rows"),
]


@pytest.fixture(scope="module")
def images():
    return torch.randint(0, 256, (12, 3, 32, 32), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def test_patches_have_one_contrast_whatever_the_brightness(images):
    p = patches(images[:2])
    assert p.shape == (2, (32 - SIDE + 1) ** 2, 3 * SIDE**2)
    assert p.mean(-1).abs().max() < 1e-5 and (p.square().mean(-1) - 1).abs().max() < 0.01
    darker = (images[:2] // 2).float()
    assert torch.allclose(patches(darker + 40), patches(darker), atol=1e-4)


def test_features_are_near_distances_summed_over_quarters(images):
    mean, white, at = dictionary(images, 5, seed=0, samples=600, rounds=3)
    found = encode(images[:3], mean, white, at)
    p = (patches(images[:1])[0] - mean) @ white
    far = torch.cdist(p, at)
    near = (far.mean(1, keepdim=True) - far).clamp(min=0).view(27, 27, 5)
    assert found.shape == (3, 20)
    assert torch.allclose(found[0].view(5, 2, 2)[:, 0, 0], near[:14, :14].mean((0, 1)), atol=1e-4)


def test_components_keep_the_largest_variance():
    x = torch.randn(200, 6, generator=torch.Generator().manual_seed(0)) @ torch.randn(6, 6)
    a, b = components(x, x[:10], 3)
    assert a.shape == (200, 3) and torch.allclose(a[:10], b)
    assert a.var(0, correction=0).mean() == pytest.approx(1, abs=1e-3)


def test_random_patches_are_patches_of_their_images(images):
    rng = torch.Generator().manual_seed(0)
    some = random_patches(images, 3, rng).unflatten(0, (len(images), 3))
    for image, drawn in zip(images, some):
        distances = torch.cdist(drawn, patches(image[None])[0])
        assert distances.min(1).values.max() < 1e-2


def test_the_counts_are_those_of_the_paper():
    n = {name: cifar10n.counts(name) for name in ("worse_label", "aggre_label", "random_label1")}
    assert all(count.sum() == 50_000 and (count.sum(1) == 5_000).all() for count in n.values())
    wrong = {name: 1 - count.trace() / 50_000 for name, count in n.items()}
    assert wrong == pytest.approx({"worse_label": 0.4021, "aggre_label": 0.0901, "random_label1": 0.1723}, abs=1e-4)
    assert cifar10n.true_rate() == pytest.approx(wrong["worse_label"])


def test_every_run_of_the_plan_is_stored_and_newer_numbers_would_be_trained():
    runs = study.results()
    assert sorted(runs["run"]) == sorted(cell.name for cell in study.plan())
    assert runs["numbers"].min() >= DEFAULTS_SINCE
    assert all(len(curve) == study.EPOCHS for curve in runs["test"])
    counted = runs.groupby(["size", "method", "rate", "start", "noise"]).size()
    assert set(counted) == {len(study.SEEDS)}
    assert runs[runs["noise"] != "none"]["realised"].between(0.38, 0.42).all()


def test_spl_that_assumes_nothing_is_plain_sgd():
    runs = study.results()
    spl = reading.of(runs, noise="people", method="SPL", assumed_rate=0.0)
    pd.testing.assert_frame_equal(spl, reading.of(runs, noise="people", method="ERM"))


def swept(best, seen):
    """Rows as of `reading.swept`, with given best rates by test and by noisy validation for seeds 0 and 1."""
    rows = []
    for seed in (0, 1):
        for k, rate in enumerate(study.RATES):
            accuracies = {"last10": 0.5 - 0.01 * abs(k - best[seed]), "val10": 0.3 - 0.01 * abs(k - seen[seed])}
            rows.append({"seed": seed, "rate": rate, **accuracies})
    return pd.DataFrame(rows)


def test_what_a_choice_by_noisy_validation_costs():
    table = reading.chosen(swept(best=(2, 3), seen=(2, 6)))
    assert list(table["best"]) == [0.2, 0.3] and list(table["chosen"]) == [0.2, 0.6]
    assert list(table["lost"]) == pytest.approx([0, 0.03]) and list(table["reached"]) == pytest.approx([0.5, 0.47])


def test_orders_that_are_decided_reversed_and_open():
    """First ahead of the second by one point on every seed of symmetric noise; under people's labels behind on every
    seed, or on some."""
    rows = []
    for noise, lead in (("symmetric", [0.01] * 5), ("people", [-0.01] * 5)):
        for seed in study.SEEDS:
            for place, method in enumerate(study.METHODS):
                score = 0.5 - 0.02 * place + (lead[seed] + 0.01 if place == 0 else 0)
                score = 0.47 - 0.001 * seed if noise == "people" and place == 0 else score
                rows.append({"noise": noise, "method": method, "size": "large", "seed": seed, "last10": score})
    counts = reading.carried_over(pd.DataFrame(rows), criterion="last10")
    pairs = len(study.METHODS) * (len(study.METHODS) - 1) // 2
    assert counts["pairs"] == pairs == counts["decided"]
    assert counts["reversed"] == 1 and counts["the same"] == pairs - 1 and counts["not decided"] == 0


def test_the_naive_guess_is_outside_the_band():
    answers = stored.answers(sketch("11"))
    assert len(answers) == 5 and not min(answers) <= sketch("11").question.naive <= max(answers)


def test_every_stored_picture_stays_within_its_axes():
    at = sketch("11")
    limits = {part["name"]: part["traits"].get("ylim") for part in at.parts}
    for positions in at.kept():
        picture = stored.frame(at, positions)["picture"]
        heights = [line["y"] for line in picture["history"]["series"]]
        check(heights, limits["history"], positions)
        for series, bars in zip(picture["sweep"]["per_epoch"]["series"], picture["methods"]["per_epoch"]["bars"]):
            check([line["y"] for line in series], limits["sweep"], positions)
            check([[bar["low"], bar["high"]] for bar in bars], limits["methods"], positions)
            assert len(bars) == len(COMPARED)


def check(heights, limits, positions):
    heights = np.concatenate(heights)
    assert limits[0] <= heights.min() and heights.max() <= limits[1], positions


@pytest.mark.parametrize("start", study.STARTS)
@pytest.mark.parametrize("noise", study.NOISES)
def test_at_the_last_epoch_the_panel_shows_the_scores_of_the_lesson(noise, start):
    at, runs = sketch("11"), study.results()
    picture = stored.frame(at, at.moved(at.positions, noise=noise, start=start))["picture"]
    means = reading.swept(runs, noise=noise, start=start).groupby("rate")[["last10", "val10"]].mean()
    test, seen, here = picture["sweep"]["per_epoch"]["series"][-1]
    assert test["y"] == pytest.approx(list(means["last10"]), abs=2e-4)
    assert seen["y"] == pytest.approx(list(means["val10"]), abs=2e-4)
    assert here["y"] == [test["y"][study.RATES.index(0.4)]]
    bars = picture["methods"]["per_epoch"]["bars"]
    scored = [reading.of(runs, noise=noise, method=name)["last10"].mean() for name in COMPARED]
    assert [bar["value"] for bar in bars[-1]] == pytest.approx(scored, abs=2e-4)


def test_the_panel_looks_up_and_trains_nothing(monkeypatch):
    monkeypatch.setattr(study, "train", None)
    panel = labkit.panel("11").move(rate=0.1)
    before = panel.picture["sweep"]
    assert panel.move(rate=0.5).picture["sweep"] != before


@pytest.mark.data("cifar10", "cifar10n")
@pytest.mark.slow
def test_a_stored_run_is_trained_again_to_nearly_the_same_scores():
    """Not to the same bits: the sums behind the features are rounded otherwise with other threads."""
    cell = study.Cell("small", "ERM", 0.0, "", "people", 0)
    again, kept = study.train(cell), study.results().set_index("run").loc[cell.name]
    assert again["last10"] == pytest.approx(kept["last10"], abs=0.02)
    assert again["best_val"] == pytest.approx(kept["best_val"], abs=0.03)
