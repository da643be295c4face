"""The sandbox: a race is as fair as `fit` alone, its bets and tables are right, its report is whole, bad input is
refused before anything is trained."""

import threading
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from test_notebooks import faults

import labkit
from labkit.fit import CRITERIA
from labkit.lessons import seeds
from labkit.lessons.sandbox import measured
from labkit.lessons.sandbox import panel as sandbox
from labkit.methods import ALL, CoTeaching
from labkit.notebook import parameters
from labkit.runs import race as racing
from labkit.runs.scores import lead, leads, scores

ROOT = Path(__file__).parents[3]
NOTEBOOK = ROOT / "lessons" / "sandbox.ipynb"
REPORT = ROOT / "lessons" / "sample_report.md"
SMALL = {"n": 200, "epochs": 3}


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    """Every test trains for itself."""
    monkeypatch.setattr(racing, "FINISHED", {})


def made(test, seed=0, val=None):
    """A Run that was never trained, with these test accuracies."""
    rows = [{"test": t, "val_noisy": v, "selected_recall": 1.0, "selected_precision": 0.6, "seconds": 0.1}
            for t, v in zip(test, val or test)]  # fmt: skip
    return labkit.Run({"seed": seed}, rows)


def test_every_contestant_is_bit_for_bit_what_fit_alone_makes():
    race = labkit.Race(["ERM", "Co-teaching", "ELR"], **SMALL)
    runs = race.run([1])
    alone = {"ERM": "ERM", "Co-teaching": CoTeaching(rate=0.4), "ELR": "ELR"}
    for label, (run,) in runs.items():
        one = labkit.fit(alone[label], race.task(1), "mlp", 3, 1, device="cpu", progress=False)
        assert run.name == one.name and run.finished
        assert list(run.history.test) == list(one.history.test)
        same = zip(run.method.nets[0].parameters(), one.method.nets[0].parameters())
        assert all(torch.equal(a, b) for a, b in same)


def forgetful(shape, classes):
    """A network that draws at random while it trains."""
    inputs = int(np.prod(shape))
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(0.5), torch.nn.Linear(inputs, classes))


def test_networks_that_draw_at_random_while_they_train_do_not_disturb_each_other():
    race = labkit.Race(["ERM", "MAE"], n=100, epochs=3, net=forgetful)
    runs = race.run([0])
    one = labkit.fit("MAE", race.task(0), forgetful, 3, 0, device="cpu", progress=False)
    assert list(runs["MAE"][0].history.train_loss) == list(one.history.train_loss)


def test_the_rounds_go_epoch_by_epoch_and_the_users_generator_stays():
    race, before = labkit.Race(["ERM", "SCE"], **SMALL), torch.get_rng_state()
    lengths = []
    for runs in race.steps(0):
        lengths.append([len(run.rows) for run in runs.values()])
        assert torch.equal(torch.get_rng_state(), before)
    assert lengths[:3] == [[1, 1], [2, 2], [3, 3]]
    assert lengths[-1] == [3, 3]


def test_a_method_of_several_stages_trains_on_to_its_end():
    runs = labkit.Race(["ERM", "F-correction"], **SMALL).run([0])
    assert len(runs["ERM"][0].rows) == 3
    assert len(runs["F-correction"][0].rows) == 6
    assert all(run.finished for (run,) in runs.values())


def test_a_finished_run_is_not_trained_again_but_other_settings_are(monkeypatch):
    race = labkit.Race(["ERM", "SCE"], **SMALL)
    first = race.run([0])["ERM"][0]
    assert race.run([0])["ERM"][0] is first
    assert race.but(["ERM", "ELR"], "symmetric", 0.4, 3).run([0])["ERM"][0] is first
    assert race.but(["ERM", "ELR"], "symmetric", 0.2, 3).run([0])["ERM"][0] is not first


def test_code_of_ones_own_is_trained_again():
    race = labkit.Race({"mine": CoTeaching(rate=0.2), "ERM": "ERM"}, **SMALL)
    assert race.run([0])["mine"][0] is not race.run([0])["mine"][0]


def test_a_method_that_needs_a_meta_set_gets_one_apart_from_its_training_set():
    run = labkit.Race(["ERM", "MW-Net"], n=300, epochs=1).run([0])["MW-Net"][0]
    assert run.config["meta"]["n"] == racing.META and run.config["meta"]["trusted"]


def test_one_that_diverges_leaves_the_others_running():
    race = labkit.Race({"wild": "B-correction", "calm": "MAE"}, n=200, epochs=4, recipe={"lr": 1e6})
    runs = {label: run for label, (run,) in race.run([0]).items()}
    lost = [label for label, run in runs.items() if "diverged" in run.notes]
    assert lost == [label for label, run in runs.items() if not run.finished]
    assert "Diverged: " in sandbox.verdict(runs) if lost else True


@pytest.mark.parametrize(("bad", "words"), [
    ({"methods": ["ERM"]}, "two to 4"),
    ({"methods": ["ERM", "GCE", "ELR", "SCE", "MAE"]}, "two to 4"),
    ({"methods": ["ERM", "ERM"]}, "different"),
    ({"methods": ["ERM", "Co-Teaching"]}, "did you mean 'Co-teaching'"),
    ({"methods": ["ERM", 7]}, "methods|method is 7"),
    ({"methods": ["ERM", "ELR"], "data": "faces", "noise": "signflip"}, "for numbers"),
    ({"methods": ["ERM", "ELR"], "noise": "symetric"}, "did you mean 'symmetric'"),
    ({"methods": ["ERM", "ELR"], "noise": "signflip"}, "noise is 'signflip'"),
    ({"methods": ["ERM", "ELR"], "rate": 1.4}, "rate is 1.4"),
    ({"methods": ["ERM", "ELR"], "epochs": 0}, "epochs is 0"),
    ({"methods": ["ERM", "ELR"], "net": "mpl"}, "did you mean 'mlp'"),
    ({"methods": ["ERM", "ELR"], "net": "cnn9"}, "needs 28 x 28 pixels"),
    ({"methods": ["ERM", "ELR"], "recipe": {"rl": 1}}, "recipe's entry is 'rl'"),
    ({"methods": ["ERM", "ELR"], "data": "digit"}, "did you mean 'digits'"),
])  # fmt: skip
def test_what_cannot_race_is_refused_before_anything_is_trained(bad, words, monkeypatch):
    monkeypatch.setattr(racing, "begin", lambda *_: pytest.fail("it trains"))
    with pytest.raises(ValueError, match=words):
        labkit.Race(**bad)


def test_bets_name_a_contestant_points_and_a_criterion():
    race = labkit.Race(["ERM", "ELR"], **SMALL)
    for bad in (("GCE", 1), ("ELR", -1), ("ELR", 101), ("ELR", 1, "best")):
        with pytest.raises(ValueError, match=r"winner is|points is|criterion is"):
            race.bet(*bad)
    with pytest.raises(ValueError, match="one or more seeds"):
        race.run([])


RUNS = {
    "A": [made([0.5, 0.9, 0.6], 0), made([0.5, 0.8, 0.7], 1)],
    "B": [made([0.7, 0.7, 0.8], 0), made([0.6, 0.7, 0.74], 1)],
}


@pytest.mark.parametrize(("winner", "points", "words"), [
    ("B", 10, "Won: B is ahead of the next by 4.0 to 20.0 points (last, 2 seeds); your 10 points are inside the band."),
    ("B", 30, "your 30 points are 10.0 too many"),
    ("B", 1, "your 1 points are 3.0 too few"),
    ("A", 5, "Lost: B is ahead of the next by 4.0 to 20.0 points (last, 2 seeds); A is 4.0 to 20.0 points behind."),
])  # fmt: skip
def test_a_bet_is_scored_against_the_band_over_the_seeds(winner, points, words):
    bet = labkit.Race(["ERM", "ELR"], **SMALL).bet("ELR", points, "last")
    assert words in type(bet)(winner, float(points), "last").score(RUNS)


def test_the_criterion_decides_who_is_first():
    table = labkit.Race(["ERM", "ELR"], **SMALL).table(RUNS)
    assert table.loc["A", "oracle_best"] == 85.0 and table.loc["B", "last"] == 77.0
    first = leads(RUNS)
    assert (first.loc["last", "first"], first.loc["oracle_best", "first"]) == ("B", "A")
    assert first.loc["last", "leads in"] == "2 of 2 seeds"
    assert list(lead(scores(RUNS), "A", "last").round(1)) == [-20.0, -4.0]


@pytest.fixture
def panel(monkeypatch):
    monkeypatch.setenv("LABKIT_FAST", "1")
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return labkit.panel(labkit.Race(["ERM", "SPL"], n=200, epochs=30))


def test_the_panel_draws_the_runs_and_leaves_no_thread(panel):
    threads = set(threading.enumerate())
    runs = panel.move(rate=0.3, noise="pairflip").result
    assert list(runs) == ["ERM", "SPL"] and runs["ERM"].noise["rate"] == 0.3
    drawn = {curve["name"]: curve["y"] for curve in panel.picture["race"]["series"]}
    assert drawn["SPL"] == pytest.approx(list(runs["SPL"].history.test), abs=1e-4)
    assert [c["name"] for c in panel.picture["precision"]["series"]] == ["SPL"], "ERM chooses nothing"
    for part in ("race", "precision"):
        assert panel.picture[part]["per_epoch"] == {"epoch": list(runs["ERM"].history.epoch)}
    assert [row[0] for row in panel.picture["table"]["rows"]] == ["ERM", "SPL"]
    by = {name: [run.accuracy[name] for run in runs.values()] for name in CRITERIA}
    assert panel.picture["table"]["rows"][1][2] == f"{100 * by['last10'][1]:.1f}"
    assert panel.picture["table"]["marked"] == [int(np.argmax(by["last10"]))]
    assert set(threading.enumerate()) <= threads  # one that was there before may end meanwhile


def test_a_race_of_ones_own_stands_first_among_the_contestants(panel):
    who = next(control for control in panel.controls if control["name"] == "contestants")
    assert who["words"][who["value"]] == sandbox.YOUR_METHODS and set(sandbox.PRESETS) < set(who["words"])
    assert panel.sketch.name != sandbox.SKETCH.name, "it has no stored pictures"
    faces = sandbox.of(labkit.Race(["MSE", "Huber"], data="faces", noise="signflip", n=100, epochs=2))
    assert faces.controls[2]["words"] == [sandbox.YOUR_METHODS]


def test_the_race_of_the_notebook_is_the_one_with_stored_pictures():
    given = {name: parameter.default for name, parameter in parameters.read(NOTEBOOK).items()}
    race = labkit.Race(eval(given["methods"]), eval(given["data"]), eval(given["noise"]), eval(given["rate"]))
    assert sandbox.of(race).name == sandbox.SKETCH.name
    assert [c["words"] for c in sandbox.of(race).controls] == [c["words"] for c in sandbox.SKETCH.controls]


def test_the_notebook_is_a_run_from_top_to_bottom_whose_parameters_are_checked():
    assert faults(nbformat.read(NOTEBOOK, 4)) == []
    known = parameters.read(NOTEBOOK)
    assert set(known) == {"data", "noise", "rate", "methods", "epochs", "seeds"}
    with pytest.raises(ValueError, match="rate is"):
        parameters.check(known, [("rate", "1.5")])
    assert parameters.check(known, [("methods", '["ERM", "SPL"]')]) == {"methods": ["ERM", "SPL"]}
    assert set(eval(known["methods"].default)) < set(ALL)


def test_a_stored_row_is_what_a_race_measures(monkeypatch):
    monkeypatch.setattr(measured, "EPOCHS", 2)
    row = measured.measure(1, **measured.SETTINGS["symmetric 40 %, ELR"])
    (run,) = labkit.Race(["ERM", "ELR"], epochs=2).run([1])["ELR"]
    assert {name: row[name] for name in CRITERIA} == run.accuracy
    assert row["clean among the kept, last epoch"] == run.rows[-1]["selected_precision"]


@pytest.mark.parametrize("race", measured.CONTESTANTS)
def test_the_stored_races_have_all_methods_on_all_seeds(race):
    rows = seeds.stored("sandbox")
    table = measured.raced(rows, race)
    assert table.groupby("method", sort=False)["seed"].agg(list).to_dict() == {
        method: list(seeds.SEEDS) for method in measured.CONTESTANTS[race]
    }
    assert list(measured.leads(rows, race).index) == list(CRITERIA)


def test_the_sample_report_quotes_what_is_stored():
    text = REPORT.read_text(encoding="utf-8")
    columns = ["last10", "best_val", "oracle_best", "clean among the kept, last epoch"]
    settings = [f"pairflip 45 %, {method}" for method in measured.CONTESTANTS["pairflip 45 %"]]
    for setting, row in seeds.ranges("sandbox", columns, settings).iterrows():
        method = setting.removeprefix("pairflip 45 %, ")
        assert f"| {method} | {' | '.join(row)} |" in text
    for method in ("SPL", "PRL(L)"):
        ahead = measured.points_over(seeds.stored("sandbox"), "pairflip 45 %", method)
        for criterion in ("last10", "best_val"):
            points = map("{:+.1f}".format, ahead[criterion])
            assert f"| {method}, `{criterion}` | {' | '.join(points)} |" in text
