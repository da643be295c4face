"""PRL's notebook: what its study computes against closed forms and brute force, and what its figures draw."""

import numpy as np
import pandas as pd
import pytest
import torch

import labkit
from labkit.ledger import printed_tables as printed
from labkit.ledger.findings import Findings
from labkit.papers.prl import experiments, figures, figures_theory, findings, landmarks, lemmas, theorems, words

M = labkit.methods
RECIPE = {"optimiser": "adam", "lr": 5e-3, "momentum": 0.0, "batch": 60}


@pytest.fixture(scope="module")
def drawn():
    return landmarks.features(labkit.load("faces", n=600), epochs=3)


@pytest.fixture(scope="module")
def regression(drawn):
    """Every method of Table 1 for a moment, under two corruptions."""
    setting = experiments.Setting(net="mlp", epochs=3, ramp=1, recipe=labkit.Recipe(**RECIPE))
    makers = experiments.method_makers(experiments.REGRESSION, ramp=1)
    return experiments.train(drawn, setting, methods=makers, rates={"linadv": [0.4], "uninoise": [0.4]}, seeds=[0])


def runs(scores, **more):
    """Rows with what the comparisons need. scores: {method: score}"""
    return pd.DataFrame(
        [{"noise": "symmetric", "rate": 0.5, "method": m, "seed": 0, "last10": v, **more} for m, v in scores.items()]
    )


# -- methods and tables


def made(*names, rate=0.4, **ramps):
    """The methods of these names, as the experiments make them."""
    return [make(rate) for make in experiments.method_makers(names, **ramps)]


def test_methods_get_the_rate_its_offset_and_the_ramp():
    plain, single, double = made("ERM", "PRL(L)", "Co-PRL(L)", offset=0.1, ramp=3)
    assert type(plain) is M.ERM and (single.rate, single.ramp) == (0.5, 0) and (double.rate, double.ramp) == (0.5, 3)
    (ramped,) = made("PRL(L)", ramp=3, single=True)
    assert ramped.ramp == 3 and made("Co-teaching")[0].ramp == 10
    released, other = made("SPL", "DivideMix", ramp=3, single=True, first_epoch=1)
    assert released.first_epoch == 1 and ramped.first_epoch == 0 and other.ramp == 3
    assert made("SPL", offset=-0.5)[0].rate == 0 and made("SPL", offset=0.9)[0].rate == 0.99
    with pytest.raises(ValueError, match="methods"):
        made("PRL")


def test_a_setting_is_small_or_the_papers():
    faces, photographs = experiments.setting("faces", net="mlp", epochs=7), experiments.setting("face-landmarks")
    assert faces == experiments.SMALL["faces"] and faces.epochs == 12 and faces.store is None
    assert (photographs.net, photographs.epochs, photographs.ramp) == ("celeba_fc", 100, 10)
    other = experiments.setting("cifar10", net="mlp", epochs=7, store="runs")
    assert (other.net, other.epochs, other.store, other.recipe.batch) == ("mlp", 7, "runs", 128)
    with pytest.raises(ValueError, match="dataset is 'mnist'"):
        experiments.setting("mnist")
    digits = labkit.load("digits", n=200)
    text = faces.describe(digits, noise="linadv 40 %", seeds=[0, 1])
    assert text == f"{digits.name}, n = {len(digits.train):,}; linadv 40 %; 12 epochs, 2 seeds"
    assert faces.describe(digits, noise="", seeds=[0]).endswith("1 seed")


def test_the_printed_tables_have_every_method_of_ours():
    assert set(printed.cells("PRL", "Table 1")["method"]) == set(experiments.REGRESSION)
    assert set(printed.cells("PRL", "Table 2")["method"]) == set(experiments.CLASSES)


def test_order_is_spearmans_and_names_the_best():
    cells = runs({"ERM": 0, "SPL": 0, "PRL(L)": 0}).assign(mean=[10.0, 20.0, 30.0])
    orders = []
    for scores in ((1, 2, 3), (3, 2, 1)):
        measured = runs(dict(zip(("ERM", "SPL", "PRL(L)"), scores)))
        orders.append(experiments.order(measured, cells=cells, criterion="last10").iloc[0])
    same, turned = orders
    assert same["rank_correlation"] == pytest.approx(1) and turned["rank_correlation"] == pytest.approx(-1)
    assert (same["best_here"], turned["best_here"], same["best_printed"]) == ("PRL(L)", "ERM", "PRL(L)")


def test_the_printed_copies_are_min_sgds():
    table = words.repeated_rows(printed.cells("PRL", "Table 1"))
    assert table.iloc[0].to_dict() == {
        "method": "Min-SGD", "noises": "linadv = uninoise", "rates": "10%, 20%, 30%, 40%", "n": 4, "of": 4,
    }  # fmt: skip
    assert (table["n"] == 4).sum() == 1


@pytest.mark.parametrize("method, same", [("Min-SGD", True), ("ERM", False)])
def test_min_sgd_is_one_run_under_two_corruptions_and_least_squares_are_two(regression, method, same):
    pairs = experiments.equal_runs(regression, method=method, noises=("linadv", "uninoise"))
    assert pairs["same"].tolist() == [same]


def test_the_snippet_uses_as_many_samples_as_there_are_outputs():
    rng = torch.Generator().manual_seed(0)
    output, y = (torch.randn(50, 7, generator=rng) for _ in range(2))
    table = words.snippet(output, y, rate=0.4)
    assert table["used"].tolist() == [7, 50, 30] and table["largest"].tolist()[1:] == [50, 30]
    kept = (output - y).square().sum(1).sort().values[:30]
    filtered = M.PRL_L(rate=0.4).bound_to(torch.nn.Identity(), labkit.load("faces", n=100).train)
    weight = filtered.weight(None, y, torch.arange(50), output)
    assert torch.equal((output - y).square().sum(1)[weight > 0].sort().values, kept)


def test_a_filter_that_keeps_the_longest_is_found_out():
    rng = torch.Generator().manual_seed(0)
    output, y = 3 * torch.randn(64, 10, generator=rng), torch.randint(10, (64,), generator=rng)

    class Wrong(M.PRL_L):
        def score(self, logits, y, i):
            return -super().score(logits, y, i)

    assert experiments.keeps_shortest_gradients(M.PRL_L(rate=0.4), output=output, y=y)
    assert not experiments.keeps_shortest_gradients(Wrong(rate=0.4), output=output, y=y)
    assert not experiments.keeps_shortest_gradients(M.SPL(rate=0.4), output=output, y=y)  # orders by cross-entropy


def test_table_4_is_the_recipes():
    assert words.hyperparameters()["agree"].all() and len(words.hyperparameters()) == 12


def test_runtime_counts_ratios_to_plain_sgd():
    ticks = iter(range(1000))
    table = experiments.runtime(rounds=2, batch=4, net="small_cnn", shape=(1, 8, 8), clock=lambda: float(next(ticks)))
    assert (table["measured"] == 1).all() and table["method"].tolist()[0] == "ERM"  # every step took one tick
    beside = experiments.runtime_beside_printed(table)
    assert beside.loc["PRL(G)", "printed"] == pytest.approx(145.55 / 37.03) and np.isnan(
        beside.loc["PRL(L)", "printed"]
    )


@pytest.mark.parametrize("norm", experiments.NORMS)
def test_normalised_mlp_is_the_mlp_and_a_normalisation_after_every_hidden_layer(norm):
    net, plain = experiments.normalised_mlp(norm=norm), labkit.nets.mlp()
    kinds = [type(layer).__name__ for layer in net]
    assert kinds.count("Linear") == 3 and len(net) == len(plain) + (0 if norm == "none" else 2)
    assert net(torch.randn(4, 1, 8, 8)).shape == (4, 10)
    with pytest.raises(ValueError, match="norm"):
        experiments.normalised_mlp(norm="LayerNorm")


def test_sensitivity_counts_from_the_true_rate():
    told = pd.concat([runs({"Co-PRL(L)": score}, offset=o) for o, score in ((-0.1, 0.5), (0.0, 0.6), (0.1, 0.7))])
    cells = printed.cells("PRL", "Table 3/5")
    row = experiments.sensitivity(told, cells=cells[cells["dataset"] == "cifar10"], criterion="last10").iloc[0]
    assert row["+0.1 here"] == pytest.approx(10) and row["-0.1 here"] == pytest.approx(-10)
    assert row["+0.1 printed"] == pytest.approx(78.10 - 75.43) and row["best offset printed"] == 0.1


# -- theory


def test_quadratic_has_its_gradient():
    x = torch.tensor([495.0, -49.5], dtype=torch.float64, requires_grad=True)
    loss = 0.5 * x[0] ** 2 + 50 * x[1] ** 2
    (slope,) = torch.autograd.grad(loss, x)
    assert lemmas.quadratic(495.0, -49.5) == pytest.approx((loss.item(), slope.norm().item()))
    assert lemmas.filters()["loss filter"].tolist() == ["drops", "keeps"]
    assert lemmas.filters()["gradient norm filter"].tolist() == ["keeps", "drops"]


def test_steepest_descent_shortens_the_gradient_below_the_cited_number_only():
    table = lemmas.disagreement([1, 3, 3 + 2 * 2**0.5 - 0.01, 3 + 2 * 2**0.5 + 0.5])
    assert table["descent"].tolist()[:3] == [0, 0, 0] < table["descent"].tolist()[3:]
    assert table["pairs"][0] == 0 and (table["pairs"][1:] > 0).all()


def test_lemma_1_is_the_sum_of_its_proofs_terms_and_theorem_3_is_four_eps():
    eps, k, v = 0.3, 1.7, 5.0
    terms = (1 - 2 * eps) * eps / (1 - eps) * k + eps * k + eps * k + eps / (1 - eps) * v
    assert lemmas.lemma_1(eps, 2.0, k, v) == pytest.approx(2 * terms)
    assert lemmas.lemma_1(eps, 2.0, k, k) == pytest.approx(4 * eps * 2.0 * k)


def test_no_batch_breaks_lemma_1_and_the_worst_case_meets_it():
    kinds = ["wrong labels", "far off", "just below the filter", "worst case"]
    table = lemmas.lemma_1_measured(kinds, [0.1, 0.4], draws=2, m=40, q=4, d=8)
    ours = table[table["filter"] == "PRL(L)"]
    assert (table["ratio"] <= 1 + 1e-9).all() and ours["short"].all() and (ours["theorem_3"] <= 1 + 1e-9).all()
    assert ours.loc[ours["kind"] == "worst case", "ratio"].min() == pytest.approx(1, abs=1e-6)
    assert (table.loc[(table["filter"] == "at random") & (table["kind"] == "far off"), "theorem_3"] > 1).all()


def test_an_attack_below_the_filter_is_kept_whole():
    rng = torch.Generator().manual_seed(0)
    alpha, delta, _, bad = lemmas.corrupted_batch("just below the filter", 0.2, m=50, q=4, d=8, rng=rng)
    length = delta.norm(dim=1)
    assert bad == 10 and torch.equal(delta[bad:], alpha[bad:])
    assert (length.argsort()[-bad:] >= bad).all()  # the longest are right ones
    with pytest.raises(ValueError, match="kind"):
        lemmas.corrupted_batch("other", 0.2, m=50, q=4, d=8, rng=rng)


def test_no_better_is_half_the_distance_of_two_means():
    assert lemmas.no_better(10, 0.2, k=3.0) == pytest.approx(2 * 0.2 * 3.0)


def test_lemma_2_is_exact():
    assert (lemmas.lemma_2_checked(draws=3000)["disagree"] == 0).all() and lemmas.lemma_2_equality() < 1e-12
    p = torch.tensor([[0.3, 0.7], [0.2, 0.8]], dtype=torch.float64)  # two classes: one other, without a variance
    left, right = lemmas.lemma_2(p[0], p[1], 0)
    assert left == 0 and right > 0
    assert lemmas.example()["SPL"].tolist() == ["drops", "keeps"]
    assert lemmas.example()["PRL(L)"].tolist() == ["keeps", "drops"]


def test_theory_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    lemmas.lemma_2_checked(draws=10), lemmas.lemma_1_measured(["wrong labels"], [0.2], draws=1)
    theorems.robust_mean("general", draws=1)
    assert torch.equal(before, torch.get_rng_state())


def test_biased_descent_stops_at_the_bias():
    table = theorems.biased_sgd([0.05, 0.5], sigmas=(0.0, 0.2), seeds=2)
    quiet = table[table["sigma"] == 0]
    assert np.allclose(quiet["end"], quiet["zeta"], rtol=1e-3) and (table["mean"] <= table["bound"]).all()
    for _, slope in theorems.LANDSCAPES.values():  # L = 1
        t = np.random.default_rng(0).standard_normal((2, 500, theorems.DIMENSIONS)) * 3
        assert (np.linalg.norm(slope(t[0]) - slope(t[1]), axis=1) <= np.linalg.norm(t[0] - t[1], axis=1) + 1e-9).all()


@pytest.mark.parametrize("name", theorems.LANDSCAPES)
def test_landscapes_have_their_gradients(name):
    value, slope = theorems.LANDSCAPES[name]
    t, step = np.random.default_rng(0).standard_normal(theorems.DIMENSIONS), 1e-6
    differences = [(value(t + step * unit) - value(t - step * unit)) / (2 * step) for unit in np.eye(len(t))]
    assert np.allclose(differences, slope(t), atol=1e-8)


def test_training_stops_where_the_clean_gradient_is_the_error():
    table = theorems.where_training_stops(labkit.load("digits", n=300), [0.2])
    assert np.allclose(table["clean"], table["zeta"], rtol=0.05)
    assert table.set_index("method")["clean"]["PRL(L)"] < table.set_index("method")["clean"]["ERM"]


def test_robust_means_agree_with_their_definitions_and_stay_below_four_eps():
    rows = torch.tensor([[9.0, 0.0], [1.0, 1.0], [0.0, 2.0], [3.0, 3.0]])
    assert theorems.estimate("norm filter (Algorithm 1)", rows, 1).tolist() == pytest.approx([4 / 3, 2.0])
    assert theorems.estimate("mean", rows, 1).tolist() == pytest.approx([13 / 4, 6 / 4])
    table = theorems.robust_mean("general", size=50.0, draws=2).set_index("estimator")
    filtered, mean = table.loc["norm filter (Algorithm 1)"], table.loc["mean"]
    assert (filtered["error"] < filtered["bound"]).all() and (mean["error"] > mean["bound"]).all()
    with pytest.raises(ValueError, match="corruption"):
        theorems.robust_mean("features")


def test_supervision_does_not_feel_the_dimension():
    errors = theorems.sweeps(rates=[0.1, 0.4], dims=[20, 500], qs=[2, 100], sizes=[0.5, 5.0], draws=3)
    by = theorems.exponents(errors)
    assert (
        abs(by["d (Theorem 3)"]) < 0.1
        and abs(by["d (Theorem 2)"] - 0.5) < 0.1
        and abs(by["q (Theorem 3)"] - 0.5) < 0.15
    )


# -- findings and figures


def test_findings_are_computed_from_what_was_measured(regression):
    report, cells = Findings("PRL"), printed.cells("PRL", "Table 1")
    findings.table_1(report, runs=regression, cells=cells, criterion="last10", setting="faces")
    findings.lemma_2(report, checked=lemmas.lemma_2_checked(draws=100), example=lemmas.example())
    broken = lemmas.lemma_2_checked(draws=100).assign(disagree=1)
    turned = Findings("PRL")
    findings.lemma_2(turned, checked=broken, example=lemmas.example())
    assert [row["holds"] for row in report.rows[-2:]] == [True, True] and not turned.rows[0]["holds"]
    assert all(row["criterion"] == "last10" for row in report.rows[:2])


def titles(figure):
    return [ax.get_title(loc="left") for ax in figure.axes if ax.get_visible()]


def test_table_and_curves_have_a_panel_per_corruption(regression):
    figure = figures.table(regression, criterion="last10")
    assert (
        titles(figure) == ["linadv", "uninoise"]
        and "R2" in figure.get_suptitle()
        and "n = 270" in figure.get_suptitle()
    )
    assert sum(text.get_weight() == "bold" for ax in figure.axes for text in ax.texts) == 2
    curves = figures.curves(regression, column="r2_test")
    assert titles(curves) == ["linadv 40%", "uninoise 40%"]
    drawn = {line.get_label(): line.get_ydata() for line in curves.axes[1].lines}
    own = regression[(regression["noise"] == "uninoise") & (regression["method"] == "PRL(L)")]["r2_test"].iloc[0]
    assert np.allclose(drawn["PRL(L)"], np.clip(own, -0.5, None)) and len(drawn) == 8


def test_beside_draws_here_against_printed(regression):
    cells = printed.cells("PRL", "Table 1")
    figure = figures.beside(regression, cells=cells, criterion="last10")
    assert titles(figure) == ["linadv 40%", "uninoise 40%"]
    at = {bar.get_label(): bar.lines[0].get_xdata()[0] for bar in figure.axes[1].containers}
    assert at["PRL(L)"] == pytest.approx(0.878) and at["ERM"] == pytest.approx(0.656)


def test_fig_1_turns_and_is_small():
    figure = figures_theory.surface(lemmas.filters())
    assert [type(trace).__name__ for trace in figure.data] == ["Surface", "Scatter3d", "Scatter3d"]
    assert len(figure.to_json()) < 30_000
    assert "loss filter drops" in figure.data[1].hovertext and "loss filter keeps" in figure.data[2].hovertext
    words = " ".join(text.get_text() for text in figures_theory.contours(lemmas.filters()).axes[0].texts)
    assert "500,050: loss filter drops" in words and "4,975: gradient filter drops" in words


def test_theory_figures_draw_their_rows():
    batches = lemmas.lemma_1_measured(["worst case", "far off"], [0.2], draws=1, m=20, q=3, d=5)
    assert len(titles(figures_theory.lemma_1(batches))) == 2
    descent = theorems.biased_sgd([0.1, 1.0], steps=50, seeds=1)
    assert titles(figures_theory.descent(descent)) == ["quadratic, L = 1", "not convex, L = 1"]
    errors = theorems.sweeps(rates=[0.1, 0.2], dims=[10, 20], qs=[2, 4], sizes=[0.5, 2], draws=1)
    assert [ax.get_xlabel() for ax in figures_theory.robust(errors).axes] == list(dict.fromkeys(errors["what"]))
