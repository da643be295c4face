"""Lesson 05: the plane keeps clusters apart, what is drawn is what is chosen, exercises tell typical mistakes."""

import numpy as np
import pytest
import torch

import labkit
from labkit.lessons import seeds
from labkit.lessons.l05 import measured
from labkit.lessons.l05 import study as lesson_05
from labkit.lessons.l05.panel import SKETCH
from labkit.papers.crust import experiments


@pytest.fixture(scope="module")
def at():
    return lesson_05.train_scene(noise="symmetric 50 %", seed=0, epoch=6)


def test_the_plane_gives_every_other_label_a_direction_and_is_linear():
    sure = torch.eye(10)[3] - torch.eye(10)  # gradients of a network that is sure of 3, for each label
    place = lesson_05.ring(sure, 3)
    assert torch.allclose(place[3], torch.zeros(2, dtype=place.dtype))
    others = place[[k for k in range(10) if k != 3]]
    assert torch.allclose(others.norm(dim=1), torch.ones(9, dtype=place.dtype))
    assert torch.cdist(others, others).fill_diagonal_(9).min() > 0.6
    assert torch.allclose(lesson_05.ring(2 * sure - sure[:1], 3), 2 * place - place[:1])


@pytest.mark.parametrize("selector", lesson_05.SELECTORS)
@pytest.mark.parametrize("keep", [0.02, 0.5])
def test_the_cloud_shows_what_crust_chooses(at, selector, keep):
    seen = lesson_05.cloud(at, selector, keep)
    chosen, _ = experiments.select_coreset(at.net, at.task.train, selector=selector, keep=keep)
    own = [i for i in chosen.tolist() if at.group[i] == lesson_05.SHOWN]
    assert seen.members[seen.order].tolist() == own and len(own) == max(1, int(keep * len(seen.members)))
    assert seen.sizes.sum() == len(seen.members) and (seen.sizes[seen.order] > 0).all()
    assert torch.equal(seen.clean, at.clean[seen.members])


def test_a_medoid_is_the_nearest_chosen_sample(at):
    seen = lesson_05.cloud(at, "facility_location", 0.1)
    g = at.gradients[seen.members].double()
    far = torch.cdist(g, g[seen.order])
    own = (g - g[seen.medoid]).norm(dim=1)
    assert torch.allclose(own, far.min(1).values, atol=1e-6)


def test_the_middle_is_clean_and_a_cover_is_not(at):
    half = {name: lesson_05.precisions("symmetric 50 %", 0, 6, name).iloc[6] for name in lesson_05.SELECTORS}
    assert half["centrality"]["precision"] > 0.85 and half["smallest gradient"]["precision"] > 0.85
    assert half["facility_location"]["precision"] < 0.4 and half["kmedoids"]["precision"] < 0.4
    assert abs(half["facility_location"]["weighted"] - at.clean.double().mean()) < 0.03
    assert lesson_05.half_by_medoids(0) == half["facility_location"]["precision"]


def test_no_selector_beats_the_best_possible(at):
    best = np.minimum(1, at.clean.double().mean().item() / np.array(lesson_05.KEEPS))
    for name in lesson_05.SELECTORS:
        assert (lesson_05.precisions("symmetric 50 %", 0, 6, name)["precision"] <= best + 0.01).all()


def test_pairs_of_clean_labels_are_near_each_other(at):
    table = lesson_05.pair_distances(at)
    g, same = at.gradients.double(), at.group[:, None] == at.group
    assert table["pairs"].sum() == (int(same.sum()) - len(g)) // 2, "every pair of a class once"
    means = experiments.distances(at.net, at.task)["distance"]
    assert np.allclose(table["mean distance"], means, atol=1e-6)


def test_the_largest_cluster_of_wrong_labels_is_a_ninth_of_the_clean_ones_or_nearly_as_large(at):
    assert 0.1 < lesson_05.largest_wrong_cluster(at) < 0.25
    assert lesson_05.largest_wrong_cluster(lesson_05.train_scene(noise="pairflip 45 %", seed=0, epoch=2)) > 0.4


def test_the_curves_of_the_figure_are_the_stored_rows():
    rows = seeds.stored("05")
    curve = measured.over_epochs(rows, "pairflip 45 %", "centrality")
    assert list(curve["epoch"].unique()) == list(measured.STOPS) and len(curve) == 5 * len(measured.STOPS)
    one = rows[(rows["setting"] == "pairflip 45 %, 10 epochs") & (rows["seed"] == 2)]["clean, centrality"].item()
    assert curve[(curve["epoch"] == 10) & (curve["seed"] == 2)]["precision"].item() == one


def test_the_easy_clean_labels_are_kept(at):
    chosen, _ = experiments.select_coreset(at.net, at.task.train, selector="centrality", keep=0.5)
    kept, left = lesson_05.easy(at, chosen)
    assert 0 < left < kept < 1


def test_the_budget_changes_the_picture_and_the_words(monkeypatch):
    monkeypatch.setenv("LABKIT_FAST", "1")
    shown = []
    for keep in lesson_05.KEEPS:
        parts = {}
        show = lambda message=None, progress=None, parts=parts, **own: parts.update(
            own, words=message or parts["words"]
        )
        SKETCH.draw(SKETCH.values(SKETCH.moved(SKETCH.positions, keep=keep)), show)
        shown.append(parts)
    solid = [parts["cloud"]["points"]["faint"].count(0) for parts in shown]
    assert solid == sorted(solid) and len(set(solid)) == len(solid)
    assert len({parts["words"] for parts in shown}) == len(shown)
    assert all(set(parts) >= {"cloud", "precision", "gallery"} for parts in shown)


def greedy(d, k):
    gain, near, chosen = d.max() - d, torch.zeros(len(d), dtype=d.dtype), []
    for _ in range(k):
        chosen.append(int(gain.maximum(near).sum(1).argmax()))
        near = near.maximum(gain[chosen[-1]])
    return chosen


def central(d, k):
    return d.sum(1).argsort()[:k]


def farthest(d, k):
    chosen = [int(d.sum(1).argmin())]
    while len(chosen) < k:
        chosen.append(int(d[:, chosen].min(1).values.argmax()))
    return chosen


def half(score):
    """The positions with the highest score."""
    return score.argsort(descending=True)[: len(score) // 2]


def trust(at):
    """The (shifted) probability of the given label."""
    return at.gradients.gather(1, at.task.train.y[:, None])[:, 0]


RIGHT = [
    *(("05.1", answer) for answer in (2**0.5, 1.41, torch.tensor(1.4142))),
    *(("05.2", answer) for answer in (greedy, lambda d, k: torch.tensor(greedy(d, k)))),
    *(("05.3", answer) for answer in (181, 256 / 2**0.5)),
    *(("05.4", answer) for answer in (2 / 7, 0.286, 28.6, 0.29)),
    *(("05.5", answer) for answer in (2.64, 18.5 / 7)),
]
MISTAKES = [
    ("05.1", 0, "the labels are not"),
    ("05.1", 2, "its root"),
    ("05.1", (0.09 + 0.04 + 0.01) ** 0.5, "first gradient"),
    ("05.1", 1, "largest entry"),
    ("05.1", 3, "too large"),
    ("05.1", [1, 2], "2 numbers"),
    ("05.2", central, "smallest sum of distances"),
    ("05.2", farthest, "farthest from S"),
    ("05.2", lambda d, k: d.sum(1).argsort()[-k:], "largest sum"),
    ("05.2", lambda d, k: range(k), "first k points"),
    ("05.2", lambda d, k: greedy(d, k)[:-1], "k = 4 are asked for"),
    ("05.2", lambda d, k: [0] * k, "twice"),
    ("05.2", lambda d, k: [99, *greedy(d, k)[1:]], "outside"),
    ("05.2", lambda d, k: [*greedy(d, k)[:-1], next(j for j in range(9) if j not in greedy(d, k))], "adds less to F"),
    ("05.2", lambda d, k: greedy(d, k)[::-1], "choice 1 of"),
    ("05.2", lambda d, k: "all", "a list of positions"),
    ("05.2", lambda d, k: None, "returns nothing"),
    ("05.3", 256 / 8**0.5, "e_y cancels"),
    ("05.3", 2**0.5, "128 times smaller"),
    ("05.3", 256, "but above 1"),
    ("05.3", 128, "not 2"),
    ("05.3", 128 / 2**0.5 * 3, "too large"),
    ("05.4", 0.2, "the data"),
    ("05.4", 0.5, "random choice"),
    ("05.4", 5 / 7, "the wrong ones are asked for"),
    ("05.5", 3.15, "printed average"),
    ("05.5", 3.186, "another baseline"),
    ("05.5", 0.0264, "in points"),
    ("05.5", 6.0, "largest gain"),
]


HALVES = [
    (lambda at: half(trust(at)), "have clean labels"),
    (lambda at: half(trust(at)).tolist(), "have clean labels"),
    (lambda at: half(trust(at)).numpy(), "have clean labels"),
    (lambda at: range(647), "chance"),
    (lambda at: half(at.clean.double()), "Only the true labels"),
    (lambda at: at.clean, "Only the true labels"),
    (lambda at: half(trust(at))[:100], "100 different positions"),
    (lambda at: half(trust(at)) + 1294, "outside 0..1,293"),
    (lambda at: 0.9, "a list of positions"),
]


@pytest.mark.parametrize("choose, words", HALVES)
def test_a_half_is_judged_by_its_labels(at, choose, words, capsys):
    fine = labkit.check("05.6", choose(at))
    line = capsys.readouterr().out
    assert fine is (words == "have clean labels") and words in line, line
