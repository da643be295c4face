"""./lab methods: every method beside plain SGD."""

import re

import pandas as pd
import pytest

from labkit import cli
from labkit.methods import ALL, make
from labkit.runs.compare import RATE, SETTINGS, compare, job, lines, planned, verdicts


@pytest.mark.catalogue("methods")
def test_every_method_can_be_made_from_its_settings():
    for name in ALL:
        make(name, RATE, **SETTINGS.get(name, {}))
    assert set(SETTINGS) <= set(ALL)


def test_comparison_has_a_row_per_run_and_plain_sgd_in_it():
    runs = compare(["PRL(L)", "RMNW-Net"], epochs=2, seeds=2, jobs=2)
    counts = runs.groupby(["on", "method"]).size().to_dict()
    assert counts == {
        ("classes", "ERM"): 2,
        ("classes", "PRL(L)"): 2,
        ("classes", "RMNW-Net"): 2,
        ("numbers", "ERM"): 2,
        ("numbers", "PRL(L)"): 2,
    }
    assert (runs.seconds > 0).all() and runs[runs.on == "classes"].last.between(0, 1).all()
    assert runs[runs.method == "RMNW-Net"].auc_weight.notna().all()
    table = verdicts(runs)
    printed = "\n".join(lines(table, 2, 2))
    rows = lambda name: len(re.findall(rf"^{re.escape(name)} +[-\d]", printed, re.MULTILINE))
    assert (rows("ERM"), rows("RMNW-Net"), rows("PRL(L)")) == (2, 1, 2)


def test_plain_sgd_is_trained_on_what_a_named_method_can_learn_alone():
    classes, numbers = ("ERM", "classes", 0, 5), ("ERM", "numbers", 0, 5)
    assert planned(["GCE"], 5, 1) == [classes, ("GCE", "classes", 0, 5)]
    assert planned(["Huber"], 5, 1) == [numbers, ("Huber", "numbers", 0, 5)]
    assert planned(["ERM"], 5, 1) == planned(["SGD"], 5, 1) == [classes, numbers]
    every = planned([], 5, 1)
    assert len(every) == sum(len(cls.targets) for name, cls in ALL.items() if name != "SGD")


def test_verdicts_by_hand():
    rows = {
        "on": "classes",
        "best_val": 0.5,
        "selected_precision": 1.0,
        "auc_weight": 0.9,
        "auc": 0.8,
        "seconds": 0.1,
        "diverged": False,
    }
    scores = {"ERM": (0.70, 0.72, 0.74), "GCE": (0.80, 0.84, 0.82)}
    runs = pd.DataFrame([{**rows, "method": name, "last10": s} for name, each in scores.items() for s in each])
    plain, gce = verdicts(runs).to_dict("records")
    assert plain["error"] == pytest.approx(0.02 / 3**0.5) and gce["gain"] == pytest.approx(0.1)
    assert "ERM is not" not in "\n".join(lines(verdicts(runs), 1, 3))
    assert gce["errors"] == pytest.approx(0.1 / (2 * (0.02**2) / 3) ** 0.5) and gce["family"] == "losses"


def test_a_run_that_diverges_is_a_row_that_says_so(monkeypatch):
    monkeypatch.setitem(SETTINGS, "RDI", {"lam": 1e6})
    row = job("RDI", "classes", 0, 3)
    assert row["diverged"] and row["last10"] != row["last10"]
    runs = pd.DataFrame([row, {**row, "method": "ERM", "diverged": False, "last10": 0.5}])
    assert "diverged in 1 of 1 runs" in "\n".join(lines(verdicts(runs), 3, 1))


def test_the_command_names_what_it_cannot_use(capsys):
    assert cli.main(["methods", "PRLL"]) == 2
    assert "did you mean" in capsys.readouterr().err
    assert cli.main(["methods", "GCE", "--epochs", "0"]) == 2
    assert "epochs is 0" in capsys.readouterr().err
