"""What the notebook on CDR+AUX trains: settings, methods by noise rate, and what is read from the runs."""

import numpy as np
import pandas as pd
import pytest

import labkit
from labkit.papers.cdr_aux import experiments

M = labkit.methods


def test_a_setting_is_small_or_the_papers():
    digits, mnist = experiments.setting("digits", store="runs"), experiments.setting("mnist", store="runs")
    assert (digits.net, digits.epochs, digits.lam, digits.store) == ("mlp", 20, 8.0, None)
    assert (mnist.net, mnist.epochs, mnist.lam, mnist.store) == ("lenet", 100, 16.0, "runs")
    other = experiments.setting("digits", net="small_cnn", epochs=9, lam=2.0, fast=True)
    assert (other.net, other.epochs, other.lam) == ("small_cnn", 6, 2.0)
    assert experiments.setting("digits", epochs=3, fast=True).epochs == 3
    with pytest.raises(ValueError, match="dataset is 'cifar10'"):
        experiments.setting("cifar10")


def test_methods_get_the_rate_and_lambda_where_they_take_them():
    made = [make(0.4) for make in experiments.method_makers(["ERM", "CDR", "AUX", "CDR+AUX"], lam=3.0)]
    expected = [M.ERM(), M.CDR(rate=0.4), M.AUX(lam=3.0), M.CDR_AUX(rate=0.4, lam=3.0)]
    assert list(map(repr, made)) == list(map(repr, expected))
    with pytest.raises(ValueError, match="methods is 'CDR-AUX'"):
        experiments.method_makers(["CDR-AUX"], lam=3.0)


@pytest.fixture(scope="module")
def runs():
    task, setting = labkit.load("digits", n=200), experiments.setting("digits", epochs=12)
    makers = experiments.method_makers(["AUX"], lam=8.0)
    rates = {"symmetric": [0.2, 0.4], "pairflip": [0.4]}
    return experiments.train(task, setting, methods=makers, rates=rates, seeds=[0], also=experiments.detection)


def test_every_noise_has_its_own_rates(runs):
    assert list(zip(runs["noise"], runs["rate"])) == [("symmetric", 0.2), ("symmetric", 0.4), ("pairflip", 0.4)]
    assert runs["method"].tolist() == ["AUX"] * 3 and runs.index.tolist() == [0, 1, 2]


def test_the_length_of_b_finds_wrong_labels(runs):
    assert (runs["auc_b"] > 0.6).all() and (runs["auc_loss"] == [curve[-1] for curve in runs["auc"]]).all()


def test_watched_is_the_mean_of_the_last_ten_epochs(runs):
    watched = experiments.with_watched(runs)["watched"]
    assert watched.tolist() == [np.mean(curve[2:]) for curve in runs["val_noisy"]]


def test_a_hyperparameter_is_read_from_the_runs(runs):
    assert experiments.hyperparameter(runs, "lam").tolist() == [8.0] * 3
    assert experiments.hyperparameter(pd.DataFrame({"hyperparameters": ["{}"]}), "scale").tolist() == [""]
