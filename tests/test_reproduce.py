"""The queue of printed numbers: none is counted or trained twice, nothing is lost, every run has the paper's recipe."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

import labkit
from labkit import ledger, numbers, reproduce, rooms
from labkit.cli import main
from labkit.cli.reproduce import seconds
from labkit.fit import CRITERIA
from labkit.ledger import printed_tables
from labkit.methods import ALL
from labkit.papers.prl import queue as prl
from labkit.recipes import PAPERS
from labkit.reproduce import Job, cost, export_finished, run, work
from labkit.reproduce.jobs import key
from labkit.reproduce.queue import lacks, point_of
from labkit.site import ledger as ledger_page

JOBS = reproduce.all_jobs()
RECIPE = {"lr": 0.1, "momentum": 0.9, "batch": 64}
LEAST_CSV = {"CDR+AUX": 48, "CRUST": 99, "PRL": 301, "RMNW-Net": 220}  # cells with a number, counted in the files


def small(method="ERM", seed=0, epochs=2, rate=0.4, **hyperparameters):
    """A short run on the digits. -> Job"""
    point = {"paper": "CDR+AUX", "plan": "", "data": "digits", "noise": "symmetric", "rate": rate, "method": method}
    point |= {"method.hyperparameters": hyperparameters, "net": "mlp", "epochs": epochs, "seed": seed}
    return Job({**point, "recipe": RECIPE}, "test")


def straight(job):
    """The same run by `fit`. -> Run"""
    point = job.point
    noise = labkit.noise.ALL[point["noise"]](point["rate"])
    task = labkit.noise.corrupt(labkit.load("digits"), noise, point["seed"])
    method = labkit.methods.make(point["method"], point["rate"], **point["method.hyperparameters"])
    return labkit.fit(method, task, point["net"], point["epochs"], point["seed"], point["recipe"])


# -- what is in the queue


def test_every_printed_cell_belongs_to_one_number_and_there_are_656_numbers():
    in_files = {}
    for paper, folder in ledger.STEMS.items():
        files = (rooms.PAPERS / folder / "printed").glob("*.csv")
        tables = [pd.read_csv(path) for path in files]
        in_files[paper] = sum(table["mean"].notna().sum() for table in tables if "mean" in table)
    assert in_files == LEAST_CSV and sum(in_files.values()) == 668
    found = reproduce.printed_numbers()
    cells = Counter((number.paper, cell["item"], cell["label"], str(cell)) for number in found for cell in number.cells)
    assert sum(cells.values()) == 668 and max(cells.values()) == 1
    twice = [number for number in found if len(number.cells) > 1]
    assert len(found) == 656 and len(twice) == 12
    for number in twice:  # printed in two tables, with the same value
        assert len({cell["mean"] for cell in number.cells}) == 1
        assert len({cell["item"] for cell in number.cells}) == 2


def test_the_list_sums_up_to_all_numbers_each_with_its_hours_or_what_it_lacks(capsys):
    each = reproduce.list_queue(JOBS, [], each=True)
    assert each["numbers"].sum() == 656 and len(each) == len(JOBS) and each["part"].is_unique
    assert (each["hours"].notna() | (each["lacks"] != "")).all()
    groups = reproduce.list_queue(JOBS, [])
    assert groups["numbers"].sum() == 656 and groups["hours"].sum() == pytest.approx(each["hours"].sum())
    assert main(["reproduce", "--list"]) == 0
    said = capsys.readouterr().out
    assert "656 different printed numbers" in said and "Table 1, columns at stake" in said


def test_no_number_is_without_a_run_and_no_run_comes_twice():
    keys = [job.key for job in JOBS]
    assert len(set(keys)) == len(keys)
    assert {key(point_of(number)) for number in reproduce.printed_numbers()} <= set(keys)


def test_the_order_is_that_of_value():
    ranks = [job.rank for job in JOBS]
    assert ranks == sorted(ranks)
    first = JOBS[:16]
    columns = [(job.point["noise"], job.point["rate"]) for job in first]
    at_stake = [("asymmetric", 0.7), ("instance", 0.4), ("pairflip", 0.4), ("symmetric", 0.7)]
    assert columns == [place for place in at_stake for _ in range(4)]  # whole columns
    assert all(job.paper == "CDR+AUX" and job.point["epochs"] == 100 and job.numbers == 1 for job in first)
    seen = set()
    for job in JOBS:  # a second seed comes after the first
        of_seed_0 = key({**job.point, "seed": 0})
        assert job.point["seed"] == 0 or of_seed_0 in seen
        seen.add(job.key)


def test_every_run_of_a_printed_cell_has_the_recipe_of_its_plan():
    for number in reproduce.printed_numbers():
        point, cell = point_of(number), number.cell
        plan = PAPERS[point["plan"]]
        assert point["plan"].startswith(cell["paper"]) and point["recipe"] == plan.recipe.record()
        if "timing" not in point:
            assert (point["epochs"], point["net"]) == (plan.epochs, cell["net"])
            method = labkit.methods.make(cell["method"], **point["method.hyperparameters"])  # takes them all
            assert not ALL[cell["method"]].assumes_rate() or method.rate is not None


def test_each_network_of_a_paper_has_its_own_schedule():
    milestones = {"resnet32": [40, 50], "wrn28_10": [36, 38]}
    for job in JOBS:
        if job.paper == "RMNW-Net":
            assert job.point["recipe"]["milestones"] == milestones[job.point["net"]]
    cell = ledger.cells("RMNW-Net", "Table 1").to_dict("records")[3]
    assert printed_tables.plan("RMNW-Net", "cifar10", cell["net"]).recipe.milestones == (40, 50)


def test_the_assumed_rate_is_the_true_one_and_of_uniform_noise_the_share_of_wrong_labels():
    cases = [("CDR+AUX", "CDR", "mnist", 0.7, 0.7), ("RMNW-Net", "Co-teaching", "cifar10", 0.4, 0.36)]
    cases += [("RMNW-Net", "Co-teaching", "cifar100", 0.4, 0.396), ("CRUST", "Co-teaching", "cifar10", 0.2, 0.2)]
    for paper, method, data, rate, assumed in cases:
        jobs = [job for job in JOBS if job.paper == paper and job.point.get("method") == method]
        points = [job.point for job in jobs if job.point["data"] == data and job.point["rate"] == rate]
        noisy = [point for point in points if point["noise"] in ("symmetric", "uniform")]
        assert noisy and all(point["method.hyperparameters"]["rate"] == pytest.approx(assumed) for point in noisy)


@pytest.mark.data("mnist")
def test_a_run_of_table_1_gets_all_of_mnist_but_the_tenth_that_is_held_out(tmp_path):
    job = next(job for job in JOBS if job.point["method"] == "CDR+AUX")
    method, task, net, epochs, seed, recipe, meta, life = work.entry(job.point, str(tmp_path))
    assert (len(task.train), len(task.train.val), len(task.test)) == (54_000, 6_000, 10_000)
    assert (method.rate, method.lam, net, epochs, seed, meta, life) == (0.7, 16.0, "lenet", 100, 0, None, False)
    assert recipe == PAPERS["CDR+AUX, MNIST"].recipe and recipe.milestones == (9, 19)
    assert (task.noise.name, task.noise.rate, task.noise.seed) == ("asymmetric", 0.7, 0)


def test_data_that_are_not_there_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    assert lacks(JOBS[0].point) == "mnist (./lab fetch mnist)" and lacks(small().point) == ""
    assert reproduce.open_jobs(JOBS, []) == [] and len(reproduce.open_jobs([small(), *JOBS], [])) == 1


# -- what it costs


def test_steps_are_counted_by_hand():
    assert cost.steps_of(JOBS[0].point) == 1688 * 100  # 54,000 / 32 = 1687.5
    face = next(job for job in JOBS if job.point["data"] == "face-landmarks")
    assert cost.steps_of(face.point) == 4 * 100  # 1,557.9 / 512 = 3.04
    assert cost.steps_of({**JOBS[0].point, "data": "a set of unknown size"}) is None


def test_hours_are_steps_times_a_step_times_the_methods_factor(monkeypatch):
    monkeypatch.setattr(cost, "_steps", lambda: {("lenet", 32): 0.01})
    monkeypatch.setattr(cost, "_factors", lambda: {"ERM": (0.0, 1.0), "CDR": (50.0, 1.5)})
    erm, cdr, aux = (job.point for job in JOBS[:3])
    assert cost.hours(erm) == pytest.approx(168_800 * 0.01 / 3600)
    assert cost.hours(cdr) == pytest.approx(2 * cost.hours(erm)) and cost.hours(aux) is None  # 1.5 + 50 / 100


def test_a_step_and_a_factor_can_be_measured():
    assert 0 < cost.measure_step("mlp", (1, 8, 8), 8, rounds=1) < 1
    fixed, factor = cost.measure_factor("ERM")
    assert fixed == 0 and 0.3 < factor < 3
    measured = pd.read_csv(cost.FACTORS)
    assert set(measured["method"]) >= {job.point["method"] for job in JOBS if "method" in job.point}


# -- training


def test_a_queue_trains_what_fit_trains_bit_for_bit_and_exports_it_once(tmp_path):
    jobs = [small("ERM"), small("AUX", lam=2.0), small("CDR", seed=1, rate=0.2)]
    done = reproduce.reproduce(jobs, tmp_path / "runs", workers=2, quiet=True)
    assert (done.finished, done.failed) == (3, 0) and list(done.outcomes["label"]) == [job.label for job in jobs]
    assert export_finished(tmp_path / "runs", tmp_path) == {"CDR+AUX": 3, "CRUST": 0, "PRL": 0, "RMNW-Net": 0}
    rows = pd.read_parquet(ledger.results_file("CDR+AUX", "full", tmp_path)).set_index("point")
    for job in jobs:
        run, row = straight(job), rows.loc[job.key]
        assert row["run"] == run.name and json.loads(row["config"]) == run.config
        assert {name: row[name] for name in CRITERIA} == run.accuracy
        assert list(row["test"]) == pytest.approx(list(run.history["test"]), abs=1e-5)
        assert row["noise_hash"] == run.config["noise"]["hash"] and row["threads"] == 1
        assert row["hardware"] and row["torch"] and row["python"] and row["date"] and row["samples"] == 1294
    before = ledger.results_file("CDR+AUX", "full", tmp_path).read_bytes()
    assert set(export_finished(tmp_path / "runs", tmp_path).values()) == {0}
    assert ledger.results_file("CDR+AUX", "full", tmp_path).read_bytes() == before
    assert reproduce.open_jobs(jobs, reproduce.finished(tmp_path)) == []


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_reproduce import MANY
from labkit import reproduce
from labkit.reproduce import run
run.CHECKPOINT_EVERY = 0.05
store, results = map(Path, sys.argv[1:3])
jobs = reproduce.open_jobs(MANY, reproduce.finished(results))
reproduce.reproduce(jobs, store, workers=2, quiet=True)
"""
MANY = [small(method, seed, epochs=40) for seed in (0, 1) for method in ("ERM", "GCE", "MAE")]


def finished_runs(store):
    return {path.parent.name for path in store.glob("*/config.json")}


def begun(store):
    """How often each run was begun, or gone on with, by its log. -> {run: number}"""
    logs = {path.parent.name.removesuffix(".partial"): path.read_text() for path in store.glob("*/log.txt")}
    return {run: (text.count("begins"), text.count("goes on")) for run, text in logs.items()}


def test_a_queue_that_is_killed_goes_on_in_another_folder_and_repeats_nothing(tmp_path):
    store, elsewhere, results = tmp_path / "store", tmp_path / "elsewhere", tmp_path / "results"
    script = tmp_path / "train_queue.py"
    script.write_text(SCRIPT.format(tests=str(Path(__file__).parent)), encoding="utf-8")
    words = [sys.executable, str(script), str(store), str(results)]
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(words, env=env, cwd=tmp_path, start_new_session=True)
    end = time.monotonic() + 120
    while time.monotonic() < end and len(list((store / work.RECORDS).glob("*.json"))) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(0.5)
    before = finished_runs(store)
    assert 2 <= len(before) < 6
    exported = sum(export_finished(store, results).values())
    assert 2 <= exported <= len(before)

    elsewhere.mkdir()  # another machine: the exported rows and an empty store
    other = subprocess.run([*words[:2], str(tmp_path / "other"), str(results)], env=env, cwd=elsewhere, check=True)
    assert other.returncode == 0 and len(finished_runs(tmp_path / "other")) == 6 - exported
    assert not finished_runs(tmp_path / "other") & {row for row in rows_of(results)["run"]}

    subprocess.run(words, env=env, cwd=elsewhere, check=True)  # this machine: the same store
    assert len(finished_runs(store)) == 6 - len(set(rows_of(results)["run"]) - before)
    assert all(begins <= 2 for begins, _ in begun(store).values())
    assert {run: begun(store)[run] for run in before} == dict.fromkeys(before, (1, 0))
    export_finished(store, results)
    rows = rows_of(results).set_index("point")
    assert len(rows) == 6
    for job in MANY[-2:]:  # what was stopped has the same bits
        assert rows.loc[job.key, "last"] == straight(job).accuracy["last"]


def rows_of(results):
    return pd.read_parquet(ledger.results_file("CDR+AUX", "full", results))


def test_a_budget_ends_the_queue_and_what_was_begun_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "CHECKPOINT_EVERY", 0.05)
    jobs = [small(epochs=3000), small(epochs=3000, seed=1)]
    began = time.monotonic()
    stopped = reproduce.reproduce(jobs, tmp_path, budget=6, workers=1, quiet=True)
    assert len(stopped.outcomes) == 0 and "none finished of 2" in stopped.words
    assert time.monotonic() - began < 60
    (partial,) = tmp_path.glob("*.partial")
    assert list(partial.glob("*.safetensors")) or list(partial.glob("checkpoint*"))


# -- exported rows


def planted(results, point, **values):
    """Write a row as an export would."""
    row = {"point": key(point), "run": f"{abs(hash(key(point))):016x}", "numbers": numbers.NUMBERS, "task": "mnist"}
    row |= {name: point.get(name) for name in ("noise", "rate", "method", "seed", "epochs")}
    row["hyperparameters"] = json.dumps(point.get("method.hyperparameters"))
    row |= dict.fromkeys(CRITERIA, 0.5) | values
    ledger.record(pd.DataFrame([row]), ledger.results_file(point["paper"], "full", results))


def test_rows_of_other_numbers_are_open_again(tmp_path):
    first, second = JOBS[0], JOBS[1]
    planted(tmp_path, first.point)
    planted(tmp_path, second.point, numbers=numbers.NUMBERS - 1)
    assert reproduce.finished(tmp_path) == [first.key]
    assert reproduce.open_jobs([first, second, small()], reproduce.finished(tmp_path))[-1] == small()


def test_printed_stands_beside_the_mean_over_seeds_without_a_verdict(tmp_path):
    job = JOBS[0]
    for seed, value in ((0, 0.25), (1, 0.35)):
        planted(tmp_path, {**job.point, "seed": seed}, best_val=value, last=value, last10=value, oracle_best=value)
    table = reproduce.printed_beside_measured("CDR+AUX", tmp_path)
    (row,) = table.to_dict("records")
    cells = ledger.cells("CDR+AUX")
    is_cell = (cells["noise"] == "asymmetric") & (cells["rate"] == 0.7) & (cells["method"] == "ERM")
    assert row["printed"] == cells[is_cell]["mean"].item()
    assert (row["measured"], row["low"], row["high"], row["seeds"]) == (pytest.approx(30), 25, 35, 2)
    assert row["stand_in"] == "" and "verdict" not in table


def test_a_stand_in_is_laid_beside_what_it_stands_for_and_says_so(tmp_path):
    photographs = next(job for job in JOBS if job.point["data"] == "face-landmarks")
    planted(tmp_path, photographs.point, last10=0.7)
    (row,) = reproduce.printed_beside_measured("PRL", tmp_path).to_dict("records")
    assert row["dataset"] == "celeba-landmarks" and row["stand_in"] == "face-landmarks for CelebA"
    assert row["measured"] == pytest.approx(0.7) and row["rate"] == photographs.point["rate"]
    on_mnist = next(job for job in JOBS if job.paper == "CRUST" and job.point["data"] == "mnist")
    planted(tmp_path, on_mnist.point)
    assert reproduce.printed_beside_measured("CRUST", tmp_path).empty  # another network stands beside no number


def test_times_of_a_step_are_rows_of_their_methods(tmp_path):
    timing = next(job for job in JOBS if "timing" in job.point).point
    assert timing["recipe"]["batch"] == 128 and timing["net"] == "cnn9_gn"
    short = {**timing, "rounds": 1, "recipe": {**timing["recipe"], "batch": 4}}
    outcome = work.train(short, {"threads": 1, "store": str(tmp_path / "runs")})
    assert outcome["status"] == "finished"
    assert export_finished(tmp_path / "runs", tmp_path)["PRL"] == 4
    rows = pd.read_parquet(ledger.results_file("PRL", "full", tmp_path)).set_index("method")
    assert rows.loc["ERM", "step_ratio"] == 1 and (rows["step_ratio"] > 0.3).all() and set(rows["batch"]) == {4}
    planted_times = [
        ("ERM", {}, 1.0),
        ("PRL(G)", {"rate": 0.45}, 3.5),
        ("PRL(L)", {"rate": 0.45, "reforward": True}, 1.1),
    ]
    for method, hyperparameters, ratio in [*planted_times, ("PRL(L)", {"rate": 0.45, "reforward": False}, 0.9)]:
        facts = {"method": method, "hyperparameters": json.dumps(hyperparameters), "run": f"{method} {ratio}"}
        facts |= {"noise": "none", "rate": 0.0, "task": "random images", "step_ratio": ratio}
        planted(tmp_path / "full", timing, **facts)
    table = reproduce.printed_beside_measured("PRL", tmp_path / "full").set_index("label")
    assert table["measured"].to_dict() == {"Standard": 1.0, "PRL(G)": 3.5, "PRL(L)": 1.1}
    assert table.loc["PRL(G)", "printed"] == pytest.approx(145.55 / 37.03)


def test_photographs_are_features_of_a_network_that_the_store_keeps(tmp_path, monkeypatch):
    faces = labkit.load("faces", n=300)
    monkeypatch.setattr(prl, "load_data", lambda data: faces)
    prl._features.cache_clear()
    monkeypatch.setattr(prl, "features", lambda task, **options: prl_features(task, epochs=1, **options))
    point = next(job for job in JOBS if job.point["data"] == "face-landmarks").point
    task = work.load(point, str(tmp_path))
    assert task.shape == (512,) and len(list(tmp_path.glob("*/config.json"))) == 1
    prl._features.cache_clear()
    again = work.load(point, str(tmp_path))
    assert again.hash() == task.hash()
    prl._features.cache_clear()


def prl_features(task, **options):
    from labkit.papers.prl.landmarks import features

    return features(task, **options)


# -- the command


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--budget", "two hours"], "--budget is 'two hours'; it must be a time above 0 such as 2h, 90m or 30s"),
        (["--budget", "0m"], "--budget is '0m'"),
        (["--workers", "0"], "--workers is 0"),
        (["--papers", "CRUSTY"], "paper is 'CRUSTY'; it may be"),
        (["--list", "--cells", "Table 99"], "cells is ['Table 99']; it must be texts that stand in the label of a run"),
    ],
)
def test_what_cannot_be_meant_is_refused(words, expected, capsys):
    assert main(["reproduce", *words]) == 2
    assert expected in capsys.readouterr().err


def test_durations():
    assert [seconds(text) for text in ("2h", "90m", "30s", "1.5 h", "3M")] == [7200, 5400, 30, 5400, 180]


def test_the_list_can_be_narrowed(capsys):
    words = ["reproduce", "--list-each", "--papers", "CDR+AUX", "--cells", "at stake", "asymmetric 70%"]
    assert main([*words, "--seeds", "0"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 1 + 4 + 4 and all("asymmetric 70%" in line for line in said[1:5])
    assert main([*words, "--seeds", "7"]) == 0


def test_the_command_trains_what_is_open_and_says_how_to_export(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(reproduce, "all_jobs", lambda papers: [small()])
    monkeypatch.setattr("labkit.cli.reproduce.LOW", 0)
    words = ["reproduce", "--store", str(tmp_path), "--workers", "1", "--budget", "5m"]
    assert main(words) == 0
    assert "1 finished of 1" in (said := capsys.readouterr().out) and "--export" in said
    monkeypatch.setattr(reproduce, "finished", lambda: [small().key])
    assert main(words) == 0 and "nothing is open" in capsys.readouterr().out


def test_the_page_of_the_ledger_shows_what_is_measured_in_full(tmp_path):
    assert ledger_page._full("CDR+AUX", tmp_path) is None
    planted(tmp_path, JOBS[0].point, best_val=0.125)
    full = ledger_page._full("CDR+AUX", tmp_path)
    assert full["count"] == 1 and "asymmetric" in str(full["table"]) and "70%" in str(full["table"])
    assert "12.50" in str(full["table"])  # by the paper's criterion, the best epoch on noisy validation
