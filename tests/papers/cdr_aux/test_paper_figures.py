"""The figures of the paper notebooks draw the rows they are given, and name what they draw."""

import numpy as np
import pandas as pd
import pytest
from test_ledger import row, rows

import labkit
from labkit import ledger
from labkit.papers.cdr_aux import figures


def run(method="CDR+AUX", rate=0.4, seed=0, last=0.9, **more):
    """A row as `grid` makes it."""
    curves = {
        "train_given": [0.3, 0.6],
        "train_aided": [0.5, 1.0],
        "noisy_memorised": [0.1, 0.2],
        "val_noisy": [0.4, 0.5],
    }
    fields = {
        "task": "digits",
        "net": "mlp",
        "samples": 270,
        "method": method,
        "rate": rate,
        "seed": seed,
        "last": last,
    }
    return row(run=f"{method}{rate}{seed}{more}", realised=rate, **{**fields, **curves, **more})


def titles(figure):
    return [ax.get_title(loc="left") for ax in figure.axes]


def lines(ax):
    """The named lines of a panel. -> {name: (x, y)}"""
    drawn = {line.get_label(): (np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in ax.lines}
    return {name: at for name, at in drawn.items() if not name.startswith("_")}


def test_heat_writes_mean_spread_and_the_best_of_each_column_in_bold():
    cells = [run("ERM", seed=s, last=score) for s, score in enumerate((0.80, 0.84))]
    figure = figures.table_heat(rows(*cells, run("AUX", last=0.95)), criterion="last")
    written = {text.get_text(): text.get_weight() for text in figure.axes[0].texts}
    assert written == {"82.0\n± 2.8": "normal", "95.0": "bold"}
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["ERM", "AUX"]
    assert "last epoch" in figure.get_suptitle() and "n = 270" in figure.get_suptitle()


def test_sweep_gives_zero_a_place_of_its_own_and_a_band_from_lowest_to_highest():
    grid = [run(seed=s, lam=lam, last=0.5 + 0.1 * s) for lam in (0.0, 1.0, 8.0) for s in (0, 1)]
    ax = figures.lambda_sweep(rows(*grid), criterion="last").axes[0]
    x, y = lines(ax)["noise rate 40%"]
    assert ax.get_xscale() == "log" and x.tolist() == [0.25, 1.0, 8.0] and np.allclose(y, 0.55)
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0", "1", "8"]
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((0.5, 0.6))


def test_sweep_against_the_effective_lambda_leaves_zero_out():
    grid = [run(seed=k, lam=lam, lam_eff=3 * lam) for k, lam in enumerate((0.0, 1.0, 2.0))]
    left, right = figures.lambda_sweep(rows(*grid), criterion="last", by="method", x=["lam", "lam_eff"]).axes
    assert lines(right)["CDR+AUX"][0].tolist() == [3.0, 6.0] and len(lines(left)["CDR+AUX"][0]) == 3


def test_training_and_validation_has_a_panel_per_rate_and_the_line_of_right_labels():
    figure = figures.training_and_validation(rows(run(rate=0.2), run(rate=0.4), run("ERM", rate=0.7)))
    assert titles(figure) == ["symmetric 20% (20% wrong)", "symmetric 40% (40% wrong)"]
    drawn = lines(figure.axes[1])
    assert drawn["training, with b (what the loss sees)"][1].tolist() == [0.5, 1.0]
    assert set(drawn["share of right labels"][1]) == {0.6}
    with pytest.raises(ValueError, match=r"method is 'AUX'.*CDR\+AUX"):
        figures.training_and_validation(rows(run()), method="AUX")


def test_width_sweep_has_a_tick_per_width_and_a_panel_per_criterion():
    grid = [run("ERM", width=width, what="ERM", last=width / 100) for width in (8, 32)]
    figure = figures.width_sweep(rows(*grid))
    assert len(figure.axes) == 2 and lines(figure.axes[0])["ERM"][1].tolist() == [0.08, 0.32]
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["8", "32"]


def test_printed_and_measured_stand_side_by_side():
    figure = figures.beside_printed(ledger.table(ledger.cells("CDR+AUX"), rows(row(score=0.97)), "last"))
    shown = [ax for ax in figure.axes if ax.get_visible()]
    assert len(shown) == 1 and lines(shown[0])["printed"][0].tolist() == [98.4]
    assert "last epoch" in figure.get_suptitle()
    with pytest.raises(ValueError, match="a cell that was run"):
        figures.beside_printed(ledger.table(ledger.cells("CDR+AUX"), pd.DataFrame(columns=["run"])))


def test_matrices_show_what_was_realised():
    noise = labkit.corrupt(labkit.load("digits", n=200), labkit.noise.pairflip(0.3), 0).noise
    figure = figures.noise_matrices([noise])
    assert np.array_equal(figure.axes[0].images[0].get_array(), noise.realised_matrix)
    assert f"{noise.realised:.1%} wrong" in titles(figure)[0]


def test_absorbed_counts_every_sample_once():
    wrong = np.arange(50) % 5 == 0
    figure = figures.absorbed(np.linspace(0, 1, 50), wrong=wrong, title="AUX")
    assert sum(patch.get_height() for patch in figure.axes[0].patches) == 50
    assert [text.get_text() for text in figure.legends[0].texts] == ["right labels (n = 40)", "wrong labels (n = 10)"]


METHODS = ("ERM", "RDI", "AUX", "kernel ridge", "kernel, no ridge")


def kernel_row(method, way="standard", width=8, seed=0, **more):
    """A row as labkit.papers.cdr_aux.kernel.towards makes it."""
    fields = {
        "way": way,
        "width": width,
        "epochs": 500,
        "kernel_moved": 0.1 * width,
        "distance": 1 / width,
        "last": 0.7,
    }
    return run(method, seed=seed, **fields, **more) | {"run": f"{method}{way}{width}{seed}"}


def test_towards_the_kernel_draws_each_quantity_on_its_own_axis():
    cells = [(m, w, k) for m in METHODS for w in ("standard", "ntk") for k in (8, 32)]
    figure = figures.towards_the_kernel(rows(*[kernel_row(*cell) for cell in cells]))
    moved, distance, score = figure.axes
    assert set(lines(distance)) == {f"{m}, {w}" for m in ("RDI", "AUX") for w in ("standard", "ntk")}
    assert set(lines(moved)) == {f"{m}, {w}" for m in ("ERM", "RDI") for w in ("standard", "ntk")}
    assert len(lines(score)) == 10 and len(figure.legends[0].texts) == 10
    assert lines(distance)["RDI, ntk"][1].tolist() == [1 / 8, 1 / 32]
    assert (moved.get_yscale(), distance.get_yscale(), score.get_yscale()) == ("log", "log", "linear")
    assert "500 steps" in figure.get_suptitle() and "symmetric noise, 40%" in figure.get_suptitle()
    dashes = {line.get_label(): line.get_linestyle() for line in distance.lines}
    assert dashes["RDI, standard"] == "-" and dashes["RDI, ntk"] == "--"
