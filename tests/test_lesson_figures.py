"""The figures of the lessons draw what the runs hold, and refuse what would mislead."""

import numpy as np
import pytest
import torch
from tools import digits

import labkit
from labkit import plot
from labkit.plot.training import CURVE_NAMES


def fit(rate=0.4, seed=0, task=None, **more):
    task = task or digits(rate, seed=seed)
    return labkit.fit("ERM", task, "mlp", 3, seed, device="cpu", **more)


@pytest.fixture(scope="module")
def task():
    return digits()


@pytest.fixture(scope="module")
def run(task):
    return fit(task=task, life=True)


def curves(ax):
    """What is drawn with a name. -> {name: y}"""
    return {line.get_label(): line.get_ydata() for line in ax.lines}


def test_a_figure_shows_itself_as_one_png_of_its_size(run):
    png, size = plot.memorisation(run)._repr_png_()
    assert png[:4] == b"\x89PNG" and size["width"] == round(96 * 7.2)


def test_memorisation_draws_the_mean_over_seeds_and_their_range(run):
    runs = [run, fit(seed=1, life=True)]
    ax = plot.memorisation(runs).axes[0]
    for column, words in CURVE_NAMES.items():
        assert np.allclose(curves(ax)[words], np.mean([r.history[column] for r in runs], 0))
    low = [min(r.history.test[e] for r in runs) for e in range(3)]
    band = ax.collections[list(CURVE_NAMES).index("test")].get_paths()[0].vertices
    assert all(np.isclose(band, [e + 1, y]).all(1).any() for e, y in enumerate(low))
    title = ax.get_title(loc="left")
    assert "n = 231" in title and "symmetric 40%" in title and "2 seeds" in title


def test_memorisation_draws_the_guess_and_a_panel_for_every_title(run):
    ax = plot.memorisation(run, guess={"test": (2, 0.7)}).axes[0]
    assert curves(ax)["your guess: test accuracy"] == 0.7
    assert [ax.get_title(loc="left").splitlines()[0] for ax in plot.memorisation({"a": run, "b": [run]}).axes] == [
        "a",
        "b",
    ]


@pytest.mark.parametrize("other", [{"rate": 0.2}, {"recipe": {"lr": 0.01}, "life": True}])
def test_memorisation_averages_over_seeds_only(run, other):
    with pytest.raises(ValueError, match="seed only"):
        plot.memorisation([run, fit(**other)])


def test_memorisation_needs_runs_with_wrong_labels():
    with pytest.raises(ValueError, match="runs"):
        plot.memorisation([])
    with pytest.raises(ValueError, match="clean labels"):
        plot.memorisation(fit(task=labkit.load("digits", n=100)))


def test_stopping_names_every_criterion_with_its_epoch_and_accuracy(run):
    drawn = curves(plot.stopping(run).axes[0])
    assert np.allclose(drawn["validation (noisy labels)"], run.history.val_noisy)
    last = run.accuracy["last"]
    assert drawn[f"last: epoch 3, test {last:.1%}"] == last
    by_val = run.history.val_noisy.idxmax() + 1
    assert f"best_val: epoch {by_val}, test {run.accuracy['best_val']:.1%}" in drawn


def test_noise_matrix_shows_both_matrices_where_there_are_two(task):
    figure = plot.noise_matrix(task.noise)
    assert [ax.get_title(loc="left").split(",")[0] for ax in figure.axes] == ["asked", "realised"]
    assert figure.axes[1].texts[0].get_text() == f"{100 * task.noise.realised_matrix[0, 0]:.0f}"
    image = labkit.corrupt(labkit.load("digits", n=100), labkit.noise.instance(0.4), 0)
    assert len(plot.noise_matrix(image.noise).axes) == 1


def test_the_gallery_names_the_true_label_where_the_given_one_is_wrong(task):
    (ax,) = plot.label_gallery(task, range(24)).axes
    assert len(ax.images) == len(ax.texts) == 24
    for k, (image, title) in enumerate(zip(ax.images, ax.texts)):
        given, true = int(task.train.y[k]), int(task.truth.y[k])
        assert title.get_text() == (f"{given}" if given == true else f"{given} ≠ {true}")
        left, right, bottom, top = image.get_extent()
        assert (right - left, bottom - top) == pytest.approx((1, 1)) and left < title.get_position()[0] < right
        assert np.array_equal(image.get_array(), task.train.x[k, 0] / task.train.x[k].max())
    with pytest.raises(ValueError, match="1 to 60"):
        plot.label_gallery(task, range(61))


def test_life_draws_loss_and_belief_of_the_sample(run, task):
    ax = plot.life(run, 5, task).axes[1]
    assert [text.get_text() for text in ax.texts] == [str(int(b)) for b in run.life.believed[:, 5]]
    assert np.allclose(curves(ax)["loss of the given label (nats)"], run.life.loss[:, 5])


def test_life_needs_a_run_with_lives_and_a_sample_of_its_task(run, task):
    with pytest.raises(ValueError, match="life=True"):
        plot.life(fit(task=task), 0, task)
    for k in (-1, len(task.train)):
        with pytest.raises(ValueError, match="i is"):
            plot.life(run, k, task)
    with pytest.raises(ValueError, match="trained on"):
        plot.life(run, 0, digits(n=100))


def test_traces_draws_a_curve_per_sample():
    p, given, true = torch.rand(7, 3), torch.tensor([0, 1, 1]), torch.tensor([0, 1, 2])
    drawn = curves(plot.traces(p, given, true).axes[0])
    assert np.allclose(drawn["sample 2: given 1 ≠ 2"], p[:, 2])
    with pytest.raises(ValueError, match="p is"):
        plot.traces(p.T, given, true)
