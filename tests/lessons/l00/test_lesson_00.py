"""Lesson 00: the two-dimensional world. What is stored is what labkit trains, and flips are labels like others."""

import json

import matplotlib.pyplot as plt
import pytest
import torch

import labkit
from labkit.lessons.l00 import panel, study
from labkit.panels import lessons, still, still_world, stored

SKETCH = lessons.sketch("00")
STATES = [(0.1, "plain SGD", 64), (0.3, "plain SGD", 4), (0.2, "GCE", 16), (0.2, "SOP", 64)]


def frame(rate, method, width):
    """The stored picture of the world."""
    at = SKETCH.moved(SKETCH.positions, rate=rate, method=method, width=width)
    return stored.frame(SKETCH, at)["picture"]["world"]


def share_of_equal(a, b):
    """The share of places at which two texts agree."""
    assert len(a) == len(b)
    return sum(one == other for one, other in zip(a, b)) / len(a)


def learnt(given, believed):
    """How many wrong labels are learnt by heart."""
    truth = panel.digits(study.clean().truth.y)
    return sum(g != t and b == g for g, t, b in zip(given, truth, believed))


@pytest.mark.parametrize("rate, method, width", STATES)
def test_a_stored_frame_is_what_labkit_trains(rate, method, width):
    snapshots, task, kept = [], study.noisy(rate), frame(rate, method, width)
    run = study.train(method, task, width=width, on_snapshot=snapshots.append)
    assert kept["given"] == panel.digits(task.train.y)
    assert [snapshot["epoch"] for snapshot in snapshots] == kept["per_epoch"]["epoch"] == study.snapshot_epochs()
    for k, snapshot in enumerate(snapshots):
        early = snapshot["epoch"] <= 10  # another processor rounds otherwise, and trainings part slowly
        assert share_of_equal(snapshot["grid"], kept["per_epoch"]["grid"][k]) > (0.97 if early else 0.9)
        assert share_of_equal(snapshot["believed"], kept["per_epoch"]["believed"][k]) > 0.9
        assert abs(snapshot["new"] - kept["per_epoch"]["new"][k]) < 0.06
    wrong = int((task.train.y != task.truth.y).sum())
    assert run.rows[-1]["noisy_memorised"] * wrong == pytest.approx(learnt(kept["given"], snapshots[-1]["believed"]))


def test_it_is_the_training_of_fit():
    task = study.noisy(0.2)
    options = {"epochs": 12, "seed": study.SEED, "recipe": study.RECIPE, "device": "cpu", "progress": False}
    run = labkit.fit("ERM", task, study.network(16), **options)
    mine = study.train("plain SGD", task, width=16, epochs=12)
    for p, q in zip(run.method.nets[0].parameters(), mine.method.nets[0].parameters()):
        assert torch.equal(p, q)


def test_a_training_leaves_the_readers_generators_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    study.train("plain SGD", study.noisy(0.1), width=4, epochs=2)
    study.starts.cache_clear()
    study.starts()
    assert torch.equal(torch.get_rng_state(), before)


def test_wrong_labels_stay_wrong_when_the_rate_is_dragged_up():
    truth = study.clean().truth.y
    wrong = [study.noisy(rate).train.y != truth for rate in panel.RATES]
    assert [int(w.sum()) for w in wrong] == [round(rate * study.POINTS) for rate in panel.RATES]
    assert all((low <= high).all() for low, high in zip(wrong, wrong[1:]))


def test_flips_turn_labels_over_on_top_of_the_noise():
    before, after = study.noisy(0.1), study.noisy(0.1, [3, 9, 3])
    assert (before.train.y != after.train.y).nonzero()[:, 0].tolist() == [3, 9]
    wrong = (before.train.y != before.truth.y).nonzero()[:, 0].tolist()
    assert torch.equal(study.noisy(0.1, wrong).train.y, before.truth.y)
    for bad in (40, -1, 0.5):
        with pytest.raises(ValueError, match=r"whole number in 0\.\.39"):
            study.noisy(0.1, [bad])


def test_points_can_be_told_apart():
    x = study.clean().train.x
    gaps = torch.cdist(x, x) + 1e9 * torch.eye(len(x))
    low, high = torch.tensor([study.XLIM, study.YLIM]).T
    assert gaps.min() > 0.99 * study.SCALE * study.GAP and (x > low).all() and (x < high).all()


def test_the_panel_learns_flips_and_nothing_is_stored_for_them():
    world = labkit.panel("00", marks={"world": [5, 8]})
    given = panel.digits(study.noisy(0.1, [5, 8]).train.y)
    run = world.move().result
    assert panel.digits(run.method.train.y) == given
    assert world.drawn == world.state and world.state["marks"] == {"world": [5, 8]}
    assert world.picture["world"]["given"] == panel.digits(study.noisy(0.1).train.y), "the labels before the flips"
    json.dumps(world.get_state(), allow_nan=False)
    with pytest.raises(LookupError):
        stored.frame(SKETCH, world.state)
    assert "marks" not in world.move(marks={}).state and world.move(rate=0.2).drawn == world.state
    with pytest.raises(ValueError, match="the part"):
        labkit.panel("00", marks={"moon": [1]})


def test_the_image_of_a_panel_shows_the_flips():
    axes = {}
    for marks in ([], [5]):
        picture = {"given": frame(0.1, "plain SGD", 64)["given"], "marks": marks}
        _, ax = plt.subplots()
        still_world.world(ax, {**SKETCH.parts[0]["traits"], **picture})
        axes[len(marks)] = {c.get_label(): len(c.get_offsets()) for c in ax.collections}
        plt.close("all")
    before, after = axes[0], axes[1]
    assert after["wrong label"] == before["wrong label"] + 1 == 5
    assert sum(after[about["name"]] for about in panel.CLASSES) == study.POINTS
    assert after["blue circles"] == before["blue circles"] + 1
    images = [still.png(SKETCH, state, {"world": picture}, "")[0] for state in ({**SKETCH.positions}, marked())]
    assert images[0] != images[1]


def marked():
    """A state with a flip."""
    return SKETCH.moved(SKETCH.positions, marks={"world": [7]})


def test_plain_sgd_learns_by_heart_what_robust_methods_do_not():
    counts = {}
    for method in study.METHODS:
        kept = frame(0.2, method, 64)
        counts[method] = learnt(kept["given"], kept["per_epoch"]["believed"][-1])
    assert counts["plain SGD"] >= 7
    assert all(count <= counts["plain SGD"] / 2 for method, count in counts.items() if method != "plain SGD"), counts
    narrow, wide = (frame(0.3, "plain SGD", width) for width in (4, 64))
    at_end = [learnt(kept["given"], kept["per_epoch"]["believed"][-1]) for kept in (narrow, wide)]
    assert at_end[0] < at_end[1]


def test_the_bundle_is_small():
    assert stored.path("00").stat().st_size <= 300_000
