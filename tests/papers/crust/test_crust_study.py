"""The study of CRUST: its selections, its gradients, its theory, and what the paper's words say of its own tables."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

import labkit
from labkit import spectrum
from labkit.grads import ce_gradient
from labkit.ledger.findings import Findings
from labkit.method import evaluate
from labkit.papers.crust import bias, experiments, figures, findings, findings_theory, jacobian, theorem, words
from labkit.runs.grid import grid

RECIPE = {"lr": 0.1, "momentum": 0.9, "batch": 32}
M = labkit.methods


@pytest.fixture(scope="module")
def noisy():
    return labkit.corrupt(labkit.load("digits", n=300), labkit.noise.symmetric(0.5), 0)


@pytest.fixture(scope="module")
def net(noisy):
    return labkit.fit(M.ERM(), noisy, "mlp", 5, 0, RECIPE).method.nets[0]


@pytest.fixture(scope="module")
def runs():
    task = labkit.load("digits", n=200)
    ways = [lambda rate: M.ERM(), lambda rate: M.CRUST(keep=0.3, start=1), lambda rate: M.CRUST(start=1)]
    return findings.with_hyperparameters(grid(ways, task, "mlp", ["symmetric"], [0.5], [0], 3, RECIPE), "keep")


def test_the_last_step_of_the_ablation_is_the_released_code():
    steps, released = list(experiments.one_by_one().values()), M.CRUST().hyperparameters()
    assert steps[0].hyperparameters() == M.CRUST(variant="paper").hyperparameters()
    assert steps[-1].hyperparameters() | {"variant": "released"} == released | {"mode": "train"}
    assert steps[-2].hyperparameters() | {"variant": "released"} == released
    names = [
        {k for k, v in b.hyperparameters().items() if v != a.hyperparameters()[k]} for a, b in zip(steps, steps[1:])
    ]
    assert all(names) and sum(map(len, names)) == len(set().union(*names))  # every step changes something of its own


def test_one_back_changes_the_named_question_only():
    released, paper = M.CRUST().hyperparameters(), M.CRUST(variant="paper").hyperparameters()
    for name, method in experiments.one_back().items():
        changed = {k for k, v in method.hyperparameters().items() if v != released[k]}
        question = name.removesuffix(" as in the paper")
        assert (question in changed) == (question != "released code")
        assert all(method.hyperparameters()[k] == paper[k] for k in changed)


def test_looking_selects_as_training_does_and_trains_nothing(noisy, net):
    before = [p.clone() for p in net.parameters()]
    method = experiments.bind_crust(net, noisy.train, keep=0.4)
    i = method.select(noisy.train, 0)
    run = labkit.fit(M.CRUST(keep=0.4, start=0), noisy, lambda: net_copy(net), 1, 0, RECIPE, life=True)
    assert torch.equal(run.life.weight[0].nonzero()[:, 0], i)
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters()))


def net_copy(net):
    made = labkit.nets.mlp()
    made.load_state_dict(net.state_dict())
    return made


def test_filters_count_by_hand(noisy, net):
    row = experiments.filters(net, noisy, keeps=[0.5], selectors=["centrality"], groups=["label"]).iloc[0]
    right = (noisy.train.y == noisy.truth.y).tolist()
    g = ce_gradient(evaluate(net, noisy.train), noisy.train.y).double()
    chosen = []
    for c in range(10):
        members = (noisy.train.y == c).nonzero()[:, 0]
        sums = torch.cdist(g[members], g[members]).sum(1)
        chosen += members[sums.argsort(stable=True)[: max(1, len(members) // 2)]].tolist()
    assert row["precision"] == pytest.approx(np.mean([right[i] for i in chosen]), abs=1e-12)
    assert row["recall"] == pytest.approx(sum(right[i] for i in chosen) / sum(right), abs=1e-12)


def test_centrality_filters_and_facility_location_does_not(noisy, net):
    table = experiments.filters(net, noisy, keeps=[0.3, 0.5, 0.7], groups=["prediction"]).set_index(
        ["selector", "keep"]
    )
    right, precision = table["right"].iloc[0], table["precision"]
    assert (precision["centrality"] > right + 0.1).all() and (precision["centrality"].diff().dropna() < 0).all()
    assert (precision["facility_location"] < right).all() and (precision["kmedoids"] < right).all()
    assert (table.loc["facility_location", "weighted"] - right).abs().max() < 0.1
    smallest, same = table.loc["smallest gradient"], table.loc["centrality"]
    assert (smallest["precision"] - same["precision"]).abs().max() < 0.05


def test_smallest_gradients_are_the_smallest_of_each_group(noisy, net):
    i, sizes = experiments.select_coreset(net, noisy.train, selector="smallest gradient", keep=0.5, group_by="label")
    size = ce_gradient(evaluate(net, noisy.train), noisy.train.y).norm(dim=1)
    for c in range(10):
        members = (noisy.train.y == c).nonzero()[:, 0]
        inside = torch.isin(members, i)
        assert inside.sum() == max(1, len(members) // 2)
        assert size[members[inside]].max() <= size[members[~inside]].min()
    assert (sizes == 1).all()


def test_pairs_of_a_group_are_counted_once(noisy, net):
    table, predicted = experiments.distances(net, noisy), evaluate(net, noisy.train).argmax(1)
    sizes = predicted.bincount()
    assert table["pairs"].sum() == int((sizes * (sizes - 1) // 2).sum())
    assert table["distance"].between(0, 2).all()


def test_a_coreset_of_everything_has_no_bias(noisy, net):
    table = bias.gradient_bias(net, noisy, selectors=["facility_location"], alphas=[], keep=1.0)
    given = table[table["to"] == "given"].iloc[0]
    assert given["bias"] < 1e-4 and given["cosine"] > 1 - 1e-6
    assert table[table["to"] == "true"]["bias"].iloc[0] > 0.1


def test_the_gradient_is_that_of_the_weighted_loss(noisy, net):
    i, w = torch.arange(20), torch.rand(20, generator=torch.Generator().manual_seed(0))
    x, y = noisy.train.inputs(i), noisy.train.y[i]
    one = sum(w[k] * bias.gradient(net, x[k : k + 1], y[k : k + 1], torch.ones(1)) for k in range(20))
    assert torch.allclose(bias.gradient(net, x, y, w), one, atol=1e-5)


def test_seconds_are_positive_and_shares(noisy):
    table = experiments.seconds(
        {"ERM": M.ERM(), "CRUST": M.CRUST(start=0)}, task=noisy, net="mlp", epochs=3, recipe=RECIPE
    )
    assert list(table.index) == ["ERM", "CRUST"] and (table[["select", "train"]] > 0).all(axis=None)
    assert table["total"].to_numpy() == pytest.approx((table["select"] + table["train"]).to_numpy())


def test_snapshots_are_those_of_fit(noisy):
    nets = jacobian.snapshots(M.ERM(), noisy, net="mlp", epochs=2, seed=3, recipe=RECIPE, at=(0, 2))
    run = labkit.fit(M.ERM(), noisy, "mlp", 2, 3, RECIPE)
    same = lambda a, b: all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters()))
    assert list(nets) == [0, 2] and same(nets[2], run.method.nets[0]) and not same(nets[0], nets[2])


def test_a_part_of_the_gram_matrix_is_that_of_the_samples(noisy, net):
    few, i = jacobian.subsample(noisy, 12), torch.tensor([7, 2, 9])
    K = spectrum.gram(net, few.train.inputs())
    own = spectrum.gram(net, few.train.inputs(i))
    assert torch.allclose(jacobian.part(K, i, 10), own, atol=1e-8)
    assert len(few.truth.y) == 12 and (few.train.y != few.truth.y).any()


def test_exact_points_have_the_distances_of_the_gradients(noisy, net):
    few = jacobian.subsample(noisy, 8)
    one = torch.ones(1)
    g = torch.stack([bias.gradient(net, few.train.inputs([k]), few.train.y[[k]], one) for k in range(8)]).double()
    points = jacobian.exact_points(net, few)
    assert torch.allclose(torch.cdist(points, points), torch.cdist(g, g), rtol=1e-4, atol=1e-5)


def test_equation_7_holds_with_roots_and_not_as_printed(noisy, net):
    table = jacobian.bounds({0: net}, jacobian.subsample(noisy, 40), keeps=(0.1, 0.5))
    assert (table["root_largest"] <= table["upper"] + 1e-6).all() and (
        table["root_least"] >= table["lower"] - 1e-6
    ).all()
    assert (table["largest"] > table["upper"]).any()
    r = torch.tensor([4.0])  # one medoid that stands for four
    row = torch.randn(1, 9, generator=torch.Generator().manual_seed(0))
    assert (r[:, None] * row).norm() > r.sqrt() * row.norm()


def test_alignment_and_nuisance_are_shares(noisy, net):
    few = jacobian.subsample(noisy, 30)
    table = jacobian.alignment({0: net}, few, energy=0.5)
    whole = jacobian.alignment({0: net}, few, energy=1.0)
    assert table["share"].between(0, 1).all() and (whole["share"] > 1 - 1e-6).all()
    hidden = jacobian.nuisance({0: net}, few, energies=(0.5, 1.0)).pivot(
        index="set", columns="energy", values="nuisance"
    )
    assert (hidden[1.0] < 1e-3).all() and (hidden[0.5] > hidden[1.0]).all() and (hidden <= 1).all(axis=None)


def test_theorem_s_conclusion_fails_where_its_premises_hold():
    exact = theorem.counterexample(12)
    assert exact["premise"] and exact["eps"] < 1e-6 and exact["alpha"] == exact["beta"] == pytest.approx(1)
    assert exact["memorised"] == 1 and exact["correct"] == pytest.approx(11 / 12)


@pytest.mark.parametrize("classes, limit", [(2, 0.25), (10, 1 / 36)])
def test_the_limit_of_the_premise(classes, limit):
    assert theorem.margin(classes) / 8 == pytest.approx(limit)


def test_descent_follows_equation_8():
    task = theorem.few_classes(labkit.load("digits", n=300), classes=2, n=20, rate=0.2)
    net, nu = labkit.nets.mlp((1, 8, 8), 1, width=4), torch.tensor([-1.0, 1.0])
    i, r = torch.arange(5), torch.arange(1.0, 6.0, dtype=torch.float64)
    given, true = task.train.y[i], task.truth.y[i]
    x, y = task.train.inputs(i), nu[given][:, None]
    J, before = spectrum.jacobian(net, x)[:, 0], torch.cat([p.detach().flatten() for p in net.parameters()])
    expected = before - 0.01 * J.T @ (r.float() * (net(x).detach() - y)[:, 0])
    curves = theorem.descend(net, x, weight=r, nu=nu, given=given, true=true, rate=0.01, steps=1)
    assert torch.allclose(torch.cat([p.detach().flatten() for p in net.parameters()]), expected, atol=1e-6)
    assert curves["step"].tolist() == [1]


def test_premise_by_hand(runs):
    table = theorem.premise(runs, start=1).set_index("keep")
    own = runs[runs["keep"] == 0.5].iloc[0]["selected_precision"][1:]
    assert table.loc[0.5, "rho"] == pytest.approx(1 - np.mean(own))
    assert table.loc[0.5, "true"] == np.mean([1 - share < 1 / 36 for share in own])


def test_the_paper_s_words_and_its_tables():
    claims = words.claims()
    assert claims["agree"].sum() == 11
    assert set(claims[~claims["agree"]]["words"]) == {
        "3.15% in average over the strongest baseline INCV",
        "the strongest baseline INCV",
    }
    gains = words.over_strongest()
    assert gains["over INCV"].mean() == pytest.approx(22.3 / 7) and gains["over the strongest"].mean() == pytest.approx(
        18.5 / 7
    )


def test_orders_rank_the_best_first():
    rows = [{"noise": "symmetric", "rate": 0.5, "method": m, "last": s} for m, s in (("CRUST", 0.2), ("INCV", 0.9))]
    table = experiments.rank_methods(pd.DataFrame(rows), criterion="last").set_index("method")
    assert table["printed_rank"].to_dict() == {"CRUST": 1, "INCV": 2}
    assert table["measured_rank"].to_dict() == {"CRUST": 2, "INCV": 1} and table.loc["INCV", "printed"] == 84.8


def test_findings_are_computed(runs, noisy, net):
    found, table = Findings("CRUST"), runs.assign(size=["ERM", "CRUST 30%", "CRUST 50%"])
    curves = lambda *ends: table.assign(selected_precision=[[0.5, 0.5, end] for end in ends])
    findings.figure_1(found, curves(0.5, 0.9, 0.8), start=1, setting="here")
    other = Findings("CRUST")
    findings.figure_1(other, curves(0.5, 0.2, 0.3), start=1, setting="here")
    assert found.table()["holds"][:2].all() and not other.table()["holds"][:2].any()
    few = jacobian.subsample(noisy, 30)
    bounds = jacobian.bounds({0: net}, few, keeps=(0.1,)).assign(seed=0)
    findings_theory.equation_7(found, bounds, setting="here")
    holds = found.table().set_index("claim")["holds"]
    assert holds["both bounds, with diag(sqrt r) J_S"] and not holds["upper bound, J_r = diag(r) J_S as printed"]


def test_figures_are_drawn(runs, noisy, net):
    few = jacobian.subsample(noisy, 20)
    nets, y = {0: net}, noisy.train.y
    few_digits = theorem.few_classes(noisy, classes=2, n=30, rate=0.2)
    case = theorem.theorem(few_digits, selector="centrality", keep=0.5, steps=5)
    g, predicted = experiments.bind_crust(net, noisy.train, variant="paper").gradients(noisy.train)
    steps = runs.assign(step=runs["run"], precision=0.5, weighted=0.4)
    drawings = [
        figures.epochs(runs.assign(size=["ERM", "CRUST 30%", "CRUST 50%"])),
        figures.filters(experiments.filters(net, noisy, keeps=[0.3, 0.5])),
        figures.cloud(g, group=predicted == 1, right=y == noisy.truth.y, sets={"all": torch.arange(len(y))}),
        figures.ranks(experiments.rank_methods(runs, criterion="last"), criterion="last"),
        figures.ablation(steps, criterion="last"),
        figures.spectra(jacobian.spectra(nets, few)),
        figures.alignment(jacobian.alignment(nets, few)),
        figures.nuisance(jacobian.nuisance(nets, few)),
        figures.bias(bias.gradient_bias(net, noisy, selectors=["centrality"], alphas=[0.3, 1.0], draws=2)),
        figures.theorem(pd.DataFrame([case])),
    ]
    for figure in drawings:
        assert all(ax.get_xlabel() for ax in figure.axes)
        assert figure._repr_png_()[0].startswith(b"\x89PNG")


def test_replacing_the_truth_moves_no_selection(noisy, net):
    garbage = replace(noisy, truth=replace(noisy.truth, y=noisy.truth.y.flip(0)))
    pick = lambda task: experiments.select_coreset(net, task.train, selector="centrality", keep=0.5)[0]
    assert torch.equal(pick(noisy), pick(garbage))
