"""The studies of the notebook on RMNW-Net: who gets which meta set; the parts of a meta-gradient against oracles."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
import torch
from tools import digits
from torch.func import functional_call

import labkit
from labkit import losses
from labkit.ledger import join_printed, rank_correlation
from labkit.ledger import printed_tables as printed
from labkit.ledger.findings import Findings
from labkit.methods.mw_net import META_LOSSES
from labkit.papers.rmnw_net import experiments, figures, findings, theorem_1, theorem_2, words

SMALL = replace(experiments.plans("digits", epochs=2)["uniform"], meta=40)


@cache
def trained(name="RMNW-Net", rate=0.4):
    """A meta-method after two epochs, its training set, its meta set with the true labels."""
    return theorem_1.train(name, digits(rate=rate, n=None), setting=SMALL)[:3]


@cache
def snap(loss, batch=20):
    method, task, meta = trained()
    return theorem_1.snapshot(method, task=task, meta=meta, meta_loss=loss, batch=batch)


def by_graph(method, task, meta, y, loss, batch):
    """V's gradient on the batch of `snapshot`, by autograd through the virtual step. -> [301]"""
    i = torch.randperm(len(task.train), generator=torch.Generator().manual_seed(0))[:batch]
    at = {name: p.detach().double().requires_grad_() for name, p in method.nets[0].named_parameters()}
    theta = {name: p.detach().double().requires_grad_() for name, p in method.V.named_parameters()}
    each = losses.ce(functional_call(method.nets[0], at, (task.train.inputs(i).double(),)), task.train.y[i])
    trust = functional_call(method.V, theta, (each.detach()[:, None],))[:, 0]
    slope = torch.autograd.grad((trust / trust.sum() * each).sum(), list(at.values()), create_graph=True)
    alpha = method.opts[0].param_groups[0]["lr"]
    w_hat = {name: p - alpha * g for (name, p), g in zip(at.items(), slope)}
    logits = functional_call(method.nets[0], w_hat, (meta.inputs().double(),))
    parts = torch.autograd.grad(META_LOSSES[loss](logits, y).mean(), list(theta.values()))
    return torch.cat([part.flatten() for part in parts])


# -- who gets what


def test_plans_are_the_papers_networks_and_schedules():
    plan = experiments.plans("cifar10")
    assert (plan["uniform"].net, plan["flip"].net, plan["flip2"].net) == ("wrn28_10", "wrn28_10", "resnet32")
    assert plan["uniform"].recipe.milestones == (36, 38) and plan["flip2"].recipe.milestones == (40, 50)
    assert plan["flip2"].epochs == 120 and plan["flip2"].meta == 1000 and plan["flip2"].recipe.lr == 0.05
    assert {setting.net for setting in experiments.plans("cifar100", network="resnet32").values()} == {"resnet32"}
    with pytest.raises(ValueError, match="imagenet"):
        experiments.plans("imagenet")


def test_only_starred_methods_get_true_labels_and_all_get_the_same_samples():
    task, take = digits(rate=0.4, n=None), experiments.meta_of(40)
    sets = {
        name: take(task, 3, make(0.4))[1]
        for name, make in zip(experiments.TABLE_1, experiments.makers(experiments.TABLE_1, noise="uniform", classes=10))
    }
    assert {name for name, meta in sets.items() if meta.trusted} == set(experiments.CLEAN_META)
    assert all(torch.equal(meta.ids, sets["ERM"].ids) for meta in sets.values())
    assert torch.equal(sets["MNW-Net"].y, sets["RMNW-Net"].y) and not torch.equal(sets["MW-Net"].y, sets["MNW-Net"].y)


def test_a_method_is_told_the_share_of_wrong_labels():
    for noise, share in (("uniform", 0.36), ("flip2", 0.4), ("flip", 0.4)):
        spl, erm = (make(0.4) for make in experiments.makers(["SPL", "ERM"], noise=noise, classes=10))
        assert spl.rate == pytest.approx(share) and not hasattr(erm, "rate")


def test_rate_0_of_a_second_noise_is_the_training_that_it_would_have_been():
    task = labkit.load("digits", n=300)
    plan = dict.fromkeys(("uniform", "flip2"), replace(SMALL, epochs=1))
    runs = experiments.train_table(
        ["ERM"], task, settings=plan, rates={"uniform": [0.0], "flip2": [0.0, 0.4]}, seeds=[0]
    )
    assert runs[["noise", "rate"]].to_numpy().tolist() == [["uniform", 0.0], ["flip2", 0.0], ["flip2", 0.4]]
    alone = experiments.train_table(["ERM"], task, settings=plan, rates={"flip2": [0.0]}, seeds=[0])
    assert alone["train_loss"][0] == runs["train_loss"][1] != runs["train_loss"][2]


def test_order_places_and_agreement():
    runs = pd.DataFrame({"noise": "uniform", "rate": 0.4, "method": ["ERM", "MW-Net", "GLC"], "last": [0.5, 0.9, 0.7]})
    cells = printed.cells("RMNW-Net", "Table 1").query("dataset == 'cifar10'")
    table = join_printed(runs, cells, "last")
    assert table.loc["uniform", 0.4]["measured_rank"].to_dict() == {"GLC": 2, "MW-Net": 1, "ERM": 3}
    assert table.loc["uniform", 0.4]["printed_rank"].to_dict() == {"GLC": 2, "MW-Net": 1, "ERM": 3}
    assert rank_correlation(table).tolist() == pytest.approx([1.0])


# -- theory


@pytest.mark.parametrize("loss", ["mae", "ce"])
def test_snapshot_is_the_gradient_through_the_virtual_step_for_any_labels(loss):
    one, (method, task, meta) = snap(loss), trained()
    other = torch.randint(10, (len(meta.y),), generator=torch.Generator().manual_seed(1))
    for y in (meta.y, other):
        got = one.gradients[torch.arange(len(y)), y].mean(0)
        expected = by_graph(method, task, meta, y, loss, 20)
        assert torch.allclose(got, expected, rtol=1e-7, atol=1e-10 * expected.abs().max())
    assert torch.allclose(one.clean(), one.gradients[torch.arange(len(meta.y)), meta.y].mean(0))


@pytest.mark.parametrize("eta", [0.2, 0.9])
def test_the_methods_own_step_obeys_theorem_1_with_mae_and_not_with_ce(eta):
    method, task, meta = trained()
    assert theorem_1.defect_of(method, task=task, meta=meta, eta=eta) < 1e-10
    method, task, meta = trained("MNW-Net")
    assert theorem_1.defect_of(method, task=task, meta=meta, eta=eta) > 0.1
    before = [p.clone() for p in method.V.parameters()]
    theorem_1.defect_of(method, task=task, meta=meta, eta=eta)
    assert all(torch.equal(a, b) for a, b in zip(before, method.V.parameters()))


def test_uniform_noise_scales_a_symmetric_loss_and_flips_turn_it():
    models = {"uniform": labkit.noise.uniform, "flip": labkit.noise.flip}
    table = theorem_1.directions({"mae": snap("mae"), "ce": snap("ce")}, models=models, rates=[0.0, 0.5], draws=5)
    table = table.set_index(["loss", "noise", "rate", "space"])
    for space in ("samples", "V"):
        line = table.loc["mae", "uniform", 0.5, space]
        assert line["expected"] == pytest.approx(1, abs=1e-9) and line["factor"] == pytest.approx(0.5, abs=1e-9)
        assert table.loc["ce", "uniform", 0.5, space]["factor"] != pytest.approx(0.5, abs=0.01)
        assert line["low"] <= line["high"] and 0 <= line["right"] <= 1
    assert table.loc["mae", "flip", 0.5, "samples"]["expected"] < 0.999
    assert (table.xs(0.0, level="rate")[["expected", "low"]] > 1 - 1e-9).all(axis=None)


def test_flips_to_all_other_classes_are_uniform_noise():
    more = theorem_1.to_more_classes({"mae": snap("mae")}, rate=0.4, maps=2).groupby("classes")["expected"].min()
    assert more[9] == pytest.approx(1, abs=1e-9) and more[1] < more[9] and list(more.index) == list(range(1, 10))
    assert theorem_1.over_all_maps(snap("mae"), rate=0.4) < 1e-10 < theorem_1.over_all_maps(snap("ce"), rate=0.4)


def test_scatter_is_that_of_all_pairs_of_sample_and_label():
    one, rate = snap("mae"), 0.4
    g, y, n = one.gradients, one.y_clean, len(one.y_clean)
    share = torch.full((n, 10), rate / 10, dtype=g.dtype)
    share[torch.arange(n), y] += 1 - rate
    share /= n  # the probability of every pair
    mean = (share[..., None] * g).sum((0, 1))
    exact = (share * (g - mean).square().sum(-1)).sum()
    table = theorem_2.variances(one, rates=[0.0, rate], sizes=[1, 20], draws=1500).set_index(["rate", "m"])
    assert table.loc[(rate, 1), "exact"] == pytest.approx(exact.item(), rel=1e-9)
    assert table.loc[(rate, 20), "exact"] == pytest.approx(exact.item() / 20, rel=1e-9)
    assert np.allclose(table["measured"], table["exact"], rtol=0.25)
    assert (table["exact"] <= table["bound"] * (1 + 1e-12)).all()
    assert np.allclose(table.loc[0.0, "bound"], table.loc[0.0, "clean"])


def test_parts_of_a_step_add_up():
    one = snap("ce")
    part = theorem_2.terms(one, eta=0.4, decay=5e-4)
    T = labkit.noise.uniform(0.4).matrix(10, "")
    assert torch.allclose(one.expected(T), 0.6 * one.clean() + 0.4 * one.defect())
    assert part["clean"] == pytest.approx(0.6 * one.clean().norm().item())
    assert part["defect"] == pytest.approx(0.4 * one.defect().norm().item())
    assert part["cosine"] == pytest.approx(theorem_1.cosine(one.expected(T), one.clean()))
    assert theorem_2.terms(snap("mae"), eta=0.4, decay=5e-4)["defect"] < 1e-12


# -- runs and findings


def test_weights_at_the_end_and_v_after_every_epoch():
    task = digits(rate=0.4, n=None)
    grid = torch.logspace(-2, 1, 9)
    look = experiments.trace("RMNW-Net", task, setting=SMALL, seed=0, losses=grid)
    assert look["V"].shape == (2, 9) and len(look["loss"]) == 2 and look["loss"].shape[1] == len(look["wrong"])
    run = labkit.fit("ERM", task, "mlp", 1, 0)
    assert experiments.final_weights(run, task) == {}
    plan = {"uniform": SMALL}
    once = {"settings": plan, "rates": {"uniform": [0.4]}, "seeds": [0]}
    runs = experiments.train_table(["RMNW-Net"], labkit.load("digits"), also=experiments.final_weights, **once)
    seen = experiments.detection(runs).iloc[0]
    assert seen["auc_best"] >= seen["auc_last"] == seen["auc_weight"][-1] and 0 <= seen["auc_end"] <= 1
    share = np.mean(digits(rate=0.4, n=None).noise.realised)
    mean = seen["weight_right"] * (1 - share) + seen["weight_wrong"] * share
    assert mean == pytest.approx(1, abs=0.05) and seen["spread"] > 0


def test_claims_are_checked_against_the_printed_numbers():
    claims = words.claims()
    assert "15.0 and 22.2 points" in claims.loc["drop, MNW-Net, cifar100", "table"]
    assert "+1.00 points" in claims.loc["flip 30 %", "table"] and "-2.32 points" in claims.loc["no drop", "table"]
    assert claims.loc["AUC, RMNW-Net", "table"] == "in 10 of 12 columns"
    assert claims["agree"].sum() == 5 and not claims.loc["70 %", "agree"]
    flip = printed.cells("RMNW-Net", "Table 2")
    one = words.lead(flip, "MNW-Net", over="MW-Net").loc["Table 2", "cifar10", "flip", 0.3]
    assert one["errors"] == pytest.approx(1.0 / np.sqrt((0.23**2 + 0.31**2) / 5), rel=1e-6)


def test_findings_say_no_where_the_claim_fails():
    wide = [(name, 0.4, score) for name, score in (("MW-Net", 0.9), ("MNW-Net", 0.5), ("RMNW-Net", 0.89))]
    runs = pd.DataFrame(wide, columns=["method", "rate", "last"]).assign(
        noise="flip", task="t", net="mlp", epochs=1, seed=0
    )
    found = Findings("RMNW-Net")
    table = findings.against_clean(found, "Table 2", runs, criterion="last")
    assert table["holds"].tolist() == [True, False, True] and "-40.0" in table["measured"][1]
    assert findings.in_words(pd.Series([1.0], index=pd.MultiIndex.from_tuples([("flip", 0.4)]))) == "flip 40%: +1.0"


def test_figures_name_their_axes():
    snapshots, models = {"mae": snap("mae"), "ce": snap("ce")}, {"flip": labkit.noise.flip}
    cosines = theorem_1.directions(snapshots, models=models, rates=[0.0, 0.4], draws=2)
    parts = pd.DataFrame(
        [{"loss": "ce", "epoch": k, **theorem_2.terms(snap("ce"), eta=0.4, decay=5e-4)} for k in (1, 2)]
    )
    scatter = theorem_2.variances(snap("mae"), rates=[0.0, 0.4], sizes=[10], draws=5)
    drawings = [
        figures.noise([labkit.noise.flip(0.4), labkit.noise.uniform(0.4)]),
        figures.directions(cosines, setting="words"),
        figures.scatter(scatter, setting="words"),
        figures.step(parts, setting="words"),
    ]
    for figure in drawings:
        bottom = figure.axes[-1]
        assert bottom.get_xlabel() and figure._repr_png_()[0][:4] == b"\x89PNG"
