"""The ledger: nothing recorded is lost, and every verdict follows the rule that its docstring states."""

import json
import multiprocessing
import os

import numpy as np
import pandas as pd
import pytest

import labkit
from labkit import ledger
from labkit.fit import CRITERIA, identity
from labkit.ledger import order
from labkit.papers.cdr_aux import findings, words
from labkit.runs import store
from labkit.runs.grid import CURVES, curves, grid

CELLS = ledger.cells("CDR+AUX")
CELL = {"noise": "symmetric", "rate": 0.4, "label": "SGD"}


def row(seed=0, score=0.984, **more):
    """What the ledger needs to know of a run on the whole of MNIST; a mark as its name."""
    fields = {"task": "mnist", "net": "lenet", "samples": 54_000, "noise": "symmetric", "rate": 0.4, "method": "ERM"}
    fields |= {"epochs": 10, "seed": seed, "numbers": 1, "hyperparameters": "{}", "recipe": "{}", "hardware": "CPU"}
    fields |= dict.fromkeys(CRITERIA, score)
    fields |= {"seconds": 60.0, "date": "2026-01-01", "test": [0.5, score], **more}
    return fields | {"run": more.get("run", json.dumps(fields, sort_keys=True))}


def rows(*each):
    return pd.DataFrame(list(each))


def cell(measured, criterion="best_val", **which):
    """The line of the table for one printed cell."""
    table = ledger.table(CELLS, measured, criterion)
    return table[(table[[*(CELL | which)]] == pd.Series(CELL | which)).all(axis=1)].iloc[0]


def test_the_paper_s_table_has_48_cells_and_its_own_average_gains():
    printed = ledger.printed("cdr_aux_table1")
    assert len(printed) == 48
    gains = ledger.gains(printed, "mean")
    assert gains["mean"].round(2).to_dict() == {"SGD": 1.44, "CDR": 0.76, "AUX": 0.89} and (gains["n"] == 12).all()


def test_gains_are_paired_by_cell_and_seed_by_hand():
    one = lambda method, seed, score: {"noise": "a", "rate": 0.2, "method": method, "seed": seed, "last": score}
    rows = [
        one("CDR", 0, 0.5),
        one("CDR+AUX", 0, 0.52),
        one("CDR", 1, 0.9),
        one("CDR+AUX", 1, 0.94),
        one("CDR", 2, 0.1),
    ]
    gain = ledger.gains(pd.DataFrame(rows), "last").loc["CDR"]
    assert (gain["mean"], gain["n"]) == (pytest.approx(3.0), 2)
    assert gain["high"] - 3.0 == pytest.approx(12.7062 * 2**0.5 / 2**0.5, rel=1e-4)


def test_unknown_paper_names_the_papers():
    with pytest.raises(ValueError, match=r"name is 'cdr'.*cdr_aux_table1"):
        ledger.printed("cdr")


def test_a_file_that_is_not_there_has_no_rows(tmp_path):
    measured = ledger.read(tmp_path / "none.parquet")
    assert measured.empty
    assert set(ledger.table(CELLS, measured)["verdict"]) == {"not run"}


def test_recorded_rows_come_back_with_configuration_passport_and_curves(tmp_path):
    task = labkit.load("digits", n=120)
    ran = grid([lambda rate: labkit.methods.CDR_AUX(rate=rate, lam=2.0)], task, "mlp", ["pairflip"], [0.4], [3], 2)
    ledger.record(ran, tmp_path / "results" / "digits.parquet")
    (found,) = ledger.read(tmp_path / "results" / "digits.parquet").to_dict("records")
    config = json.loads(found["config"])
    assert found["run"] == identity(config) and found["samples"] == 108
    assert config["noise"]["realised"] == found["realised"] and found["noise_seed"] == found["seed"] == 3
    assert found["lam_eff"] == pytest.approx(2.0 / 0.6**0.5)
    assert {"hardware", "threads", "seconds", "date", "commit", "noise_words"} <= set(found)
    assert list(found["test"])[-1] == found["last"] and len(found["val_noisy"]) == 2


def test_a_rerun_replaces_its_row_and_nothing_else(tmp_path):
    path = tmp_path / "r.parquet"
    ledger.record(rows(row(0, run="a"), row(1, run="b")), path)
    ledger.record(rows(row(1, 0.5, run="b"), row(2, run="c")), path)
    assert dict(zip(ledger.read(path)["run"], ledger.read(path)["last"])) == {"a": 0.984, "b": 0.5, "c": 0.984}


def test_columns_that_came_later_do_not_cost_old_rows(tmp_path):
    path = tmp_path / "r.parquet"
    ledger.record(rows(row(run="a")), path)
    found = ledger.record(rows(row(run="b", lam_eff=3.0)), path).set_index("run")
    assert np.isnan(found.loc["a", "lam_eff"]) and found.loc["b", "lam_eff"] == 3.0


def _record_some(path, start, mark):
    start.wait()
    for k in range(6):
        ledger.record(rows(row(k, run=f"{mark}-{k}")), path)


def test_processes_that_record_at_the_same_time_lose_no_row(tmp_path):
    fork = multiprocessing.get_context("fork")
    path, start = tmp_path / "r.parquet", fork.Event()
    workers = [fork.Process(target=_record_some, args=(path, start, mark)) for mark in "abcd"]
    for worker in workers:
        worker.start()
    start.set()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert sorted(ledger.read(path)["run"]) == sorted(f"{mark}-{k}" for mark in "abcd" for k in range(6))


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "r.parquet"
    ledger.record(rows(row(run="a")), path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        ledger.record(rows(row(run="b")), path)
    assert path.read_bytes() == before and not list(tmp_path.glob(".r.parquet*"))


def test_sgd_is_erm_and_the_printed_number_is_met():
    line = cell(rows(row(score=0.9842)))
    assert (line["printed"], line["n"], line["verdict"]) == (98.4, 1, "reproduced")
    assert line["measured"] == pytest.approx(98.42) and np.isnan(line["low"])


@pytest.mark.parametrize(
    "score, verdict",
    [(0.984, "reproduced"), (0.9807, "reproduced"), (0.980, "within the band"), (0.97, "not reproduced")],
)
def test_verdicts_with_one_seed(score, verdict):
    # 1.96 sqrt(2) sqrt(.984 .016 / 10,000) = 0.348 percentage points
    line = cell(rows(row(score=score)))
    assert line["verdict"] == verdict and line["allowed"] == pytest.approx(0.3478, abs=1e-3)


def test_interval_and_allowance_over_seeds_by_hand():
    line = cell(rows(row(0, 0.980), row(1, 0.982), row(2, 0.984)))
    t, s = 4.302653, 0.2
    assert line["measured"] == pytest.approx(98.2) and line["n"] == 3
    assert line["high"] - 98.2 == 98.2 - line["low"] == pytest.approx(t * s / 3**0.5, rel=1e-5)
    assert line["allowed"] == pytest.approx((0.347787**2 + (t * s) ** 2 * 4 / 3) ** 0.5, rel=1e-4)


def test_seeds_that_scatter_reproduce_nothing():
    assert cell(rows(row(0, 0.99), row(1, 0.70)))["verdict"] == "not reproduced"


def test_the_same_number_three_times_is_doubtful_unless_it_is_measured_too():
    where = {"noise": "pairflip", "rate": 0.7}
    assert cell(rows(row(score=0.02, **where)), **where)["verdict"] == "paper's cell doubtful"
    assert cell(rows(row(score=0.1152, **where)), **where)["verdict"] == "reproduced"
    aux = where | {"method": "AUX"}  # 14.29 is printed once
    assert cell(rows(row(score=0.02, **aux)), label="AUX", **where)["verdict"] == "not reproduced"


@pytest.mark.parametrize("other", [{"samples": 1_800}, {"task": "digits"}, {"net": "mlp"}, {"rate": 0.2}])
def test_other_runs_do_not_count_as_the_paper_s(other):
    assert cell(rows(row(**other)))["verdict"] == "not run"


def test_ways_are_not_mixed_and_the_longest_counts():
    line = cell(rows(row(0, 0.9, epochs=1), row(1, 0.9, epochs=1), row(0, 0.98, epochs=100)))
    assert (line["epochs"], line["n"]) == (100, 1) and line["measured"] == pytest.approx(98.0)


def test_criterion_is_the_one_asked_for():
    measured = rows(row() | {"last": 0.7})
    assert cell(measured, "last")["measured"] == pytest.approx(70) != cell(measured)["measured"]
    with pytest.raises(ValueError, match="criterion is 'best'"):
        ledger.table(CELLS, measured, "best")


def test_styled_table_names_every_verdict_in_words():
    html = ledger.styled(ledger.table(CELLS, rows(row()))).to_html()
    assert html.count("not run") == 47 and html.count("reproduced") == 1


def test_grid_gives_every_method_the_same_noise_and_equals_fit():
    task, M = labkit.load("digits", n=150), labkit.methods
    ran = grid([lambda _: M.ERM(), lambda rate: M.CDR(rate=rate)], task, "mlp", ["symmetric"], [0.2, 0.4], [0, 5], 2)
    assert len(ran) == 8 and (ran.groupby(["rate", "seed"])["noise_hash"].nunique() == 1).all()
    one = ran[(ran["method"] == "CDR") & (ran["rate"] == 0.4) & (ran["seed"] == 5)].iloc[0]
    run = labkit.fit(M.CDR(rate=0.4), labkit.corrupt(task, labkit.noise.symmetric(0.4), 5), "mlp", 2, 5)
    assert one["run"] == run.name and one["test"] == list(run.history["test"])


def test_grid_says_no_before_any_training():
    with pytest.raises(ValueError, match=r"noises is 'pair'.*pairflip"):
        grid([lambda _: labkit.methods.ERM()], labkit.load("digits", n=50), "mlp", ["symmetric", "pair"], [0.2], [0], 1)


def test_a_store_is_read_instead_of_trained(tmp_path):
    task, make = labkit.load("digits", n=100), [lambda _: labkit.methods.ERM()]
    first = grid(make, task, "mlp", ["symmetric"], [0.2], [0], 2, store=tmp_path)
    again = grid(make, task, "mlp", ["symmetric"], [0.2], [0], 2, store=tmp_path)
    assert first["date"].tolist() == again["date"].tolist() and len(store.results(tmp_path)) == 1
    assert first["test"].tolist() == again["test"].tolist()


def test_curves_are_one_row_per_run_and_epoch(tmp_path):
    task = labkit.load("digits", n=100)
    ran = grid([lambda _: labkit.methods.ERM()], task, "mlp", ["symmetric"], [0.2], [0, 1], 3)
    ledger.record(ran, tmp_path / "r.parquet")
    for long in (curves(ran), curves(ledger.read(tmp_path / "r.parquet"))):
        assert long["epoch"].tolist() == [1, 2, 3, 1, 2, 3] and long.dtypes[list(CURVES)].eq(float).all()
        assert long["test"].tolist() == np.concatenate(ran["test"]).tolist()


def test_the_paper_s_words_and_its_table():
    claims = words.claims()
    assert claims["agree"].sum() == 5 and claims.loc[["gain over SGD", "rates", "pairflip 70%"], "agree"].all()
    assert claims.loc["margin", "table"].startswith("7.78 points")
    assert claims.loc["bold", "table"] == "CDR has 99.18, AUX 99.15"
    assert claims.loc["instance", "table"] == "alone at the top in 2 of 3 columns"
    assert claims.loc["everywhere", "table"] == "alone at the top in 8 of 12 columns"
    assert claims.loc["pairflip 70%", "table"] == "11.52 to 14.29, 11.52 for 3 methods"


def test_verdicts_without_and_with_runs(tmp_path):
    verdict = lambda measured: findings.summary(measured).set_index("item")["verdict"]
    nothing = verdict(ledger.read(tmp_path / "none.parquet"))
    assert nothing["Table 1"] == "48 not run" and set(nothing[1:]) == {"not run"}
    own = {"method": "CDR+AUX", "hyperparameters": '{"rate": 0.4}', "realised": 0.4, "train_aided": [0.5, 0.99]}
    some = verdict(rows(row(score=0.97), row(1, 0.985, val_noisy=[0.3, 0.58], **own)))
    assert some["Table 1"] == "1 reproduced, 1 not reproduced, 46 not run"
    assert (some["gain over SGD"], some["gain over CDR"], some["Fig. 1"]) == ("same direction", "not run", "reproduced")
    off = verdict(rows(row(score=0.99), row(1, 0.985, val_noisy=[0.58, 0.3], **own)))
    assert (off["gain over SGD"], off["Fig. 1"]) == ("not reproduced", "reproduced in 0 of 1 runs")


def test_labels_that_were_collected_with_their_noise_fill_cells_on_two_test_sets():
    scores = {"top1": 0.6, "top5": 0.8, "imagenet_top1": 0.5, "imagenet_top5": 0.7}
    web = {"task": "webvision-mini", "net": "inception_resnet_v2", "samples": 65_944, "noise": "given labels"}
    measured = rows(row(method="Co-teaching", rate=0.0, epochs=90, **web, **scores))
    cells = ledger.cells("CRUST", "Table 3")
    table = ledger.table(cells, measured)
    filled = table[table["n"] > 0].set_index(["dataset", "metric"])["measured"]
    assert filled.to_dict() == {
        ("webvision-mini", "test_top1"): 60.0,
        ("webvision-mini", "test_top5"): 80.0,
        ("webvision-mini, ImageNet val", "test_top1"): 50.0,
        ("webvision-mini, ImageNet val", "test_top5"): 70.0,
    }
    clean = measured.assign(noise="none")  # labels that are known to be clean are another thing
    assert (ledger.table(cells, clean)["n"] == 0).all()


@pytest.mark.parametrize("samples", [15_970, 14_373])
def test_features_of_celebas_test_images_fill_the_cells_of_prls_table_1(samples):
    celeba = {"task": "celeba-landmarks", "net": "celeba_fc", "samples": samples, "noise": "signflip"}
    measured = rows(row(method="PRL(L)", hyperparameters='{"rate": 0.4}', **celeba, last10=0.9))
    table = ledger.table(ledger.cells("PRL", "Table 1"), measured)
    (filled,) = table[table["n"] > 0].to_dict("records")
    assert (filled["noise"], filled["rate"], filled["label"]) == ("signflip", 0.4, "PRL(L)")
    stand_in = measured.assign(task="face-landmarks features", samples=1_558)
    assert (ledger.table(ledger.cells("PRL", "Table 1"), stand_in)["n"] == 0).all()


def test_seconds_are_compared_as_ratios_to_plain_training():
    time = {"task": "random images", "net": "cnn9_gn", "noise": "none", "rate": 0.0}
    timed = [
        ("ERM", "{}", 1.0),
        ("PRL(G)", '{"rate": 0.45}', 2.0),
        ("PRL(L)", '{"rate": 0.45, "reforward": true}', 1.5),
    ]
    measured = [row(method=name, hyperparameters=text, step_ratio=ratio, **time) for name, text, ratio in timed]
    table = ledger.table(ledger.cells("PRL", "Table 6"), rows(*measured)).set_index("label")
    assert table["measured"].to_dict() == {"Standard": 1.0, "PRL(G)": 2.0, "PRL(L)": 1.5}
    assert table["printed"].round(2).to_dict() == {"Standard": 1.0, "PRL(G)": 3.93, "PRL(L)": 1.48}
    one_pass = measured[2] | {"hyperparameters": '{"rate": 0.45, "reforward": false}', "run": "one pass"}
    assert ledger.table(ledger.cells("PRL", "Table 6"), rows(one_pass))["n"].sum() == 0


def test_cells_of_two_datasets_with_the_same_small_run_count_as_one_measurement():
    small = {"task": "digits", "net": "mlp", "samples": 1294, "noise": "symmetric", "rate": 0.3}
    methods = {"ERM": 0.5, "NormClip": 0.6, "PRL(L)": 0.9}
    measured = [
        row(method=name, last10=score, hyperparameters='{"rate": 0.3}', **small) for name, score in methods.items()
    ]
    table = ledger.table(ledger.cells("PRL", "Table 2"), rows(*measured))
    in_small = table[table["verdict"] == "small setting"]
    assert len(in_small) == 6 and in_small["measurement"].nunique() == 3
    tau, columns = order.mean_tau(in_small)
    taus = [order.tau(column) for _, column in in_small.groupby("dataset")]
    assert columns == 1 and tau == pytest.approx(np.mean(taus))
    line = ledger._table_line("Table 2", table)["measured"]
    assert "6 by 3 measurements" in line and "over 1 measured columns" in line
