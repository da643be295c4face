"""The loop, its measures, stages, stores and bad input."""

import json
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import roc_auc_score
from tools import digits, linear_net, linear_task, weights

import labkit
from labkit import measure
from labkit.errors import Diverged
from labkit.fit import criteria
from labkit.method import Method, Stage
from labkit.methods import AUX, CDR, ERM
from labkit.state import read_state


def test_history_has_the_fixed_columns_and_plausible_values():
    run = labkit.fit("ERM", digits(n=None), "mlp", 12, 0)
    h = run.history
    fixed = {name for name in measure.COLUMNS if not name.startswith("r2_")}
    assert set(h.columns) == fixed and len(h) == 12 and run.finished
    assert list(h.epoch) == list(range(1, 13)) and (h.stage == 0).all() and (h.seconds > 0).all()
    assert h.auc_weight.isna().all()  # plain SGD weighs all alike
    shares = h.drop(columns=["stage", "epoch", "seconds", "train_loss", "auc_weight"])
    assert ((shares >= 0) & (shares <= 1)).all().all()
    assert h.selected_recall.eq(1).all() and h.auc.max() > 0.8 and h.test.max() > 0.85
    assert h.noisy_memorised.iloc[-1] > h.noisy_memorised.iloc[0]


def test_measures_against_numpy():
    task = digits()
    run = labkit.fit("ERM", task, "mlp", 3, 0, life=True)
    given, true, last = task.train.y.numpy(), task.truth.y.numpy(), run.history.iloc[-1]
    believed = run.life.believed[-1].numpy()
    wrong = given != true
    assert last.train_given == pytest.approx(np.mean(believed == given))
    assert last.train_true == pytest.approx(np.mean(believed == true))
    assert last.clean_fitted == pytest.approx(np.mean(believed[~wrong] == given[~wrong]))
    assert last.noisy_memorised == pytest.approx(np.mean(believed[wrong] == given[wrong]))
    assert last.noisy_corrected == pytest.approx(np.mean(believed[wrong] == true[wrong]))
    loss = run.life.loss[-1].float().numpy()
    pairs = (loss[wrong][:, None] > loss[~wrong]) + 0.5 * (loss[wrong][:, None] == loss[~wrong])
    assert last.auc == pytest.approx(pairs.mean(), abs=2e-3)  # the life is kept in half precision


@pytest.mark.parametrize("digits", [1, 2, 7])  # with few digits there are many ties
@pytest.mark.parametrize("n", [3, 40, 1437])
def test_auc_is_scikit_learns(n, digits):
    rng = np.random.default_rng(n)
    for share in (0.05, 0.4, 0.9):
        wrong = rng.random(n) < share
        wrong[:2] = [True, False]
        loss = rng.exponential(size=n).round(digits).astype(np.float32)
        theirs = roc_auc_score(wrong, loss)
        assert labkit.measure.auc(torch.tensor(loss), torch.tensor(wrong)) == pytest.approx(theirs, abs=1e-12)


def test_life_of_every_sample():
    run = labkit.fit(AUX(lam=1.0), digits(), "mlp", 3, 0, life=True)
    life = run.life
    assert life.loss.shape == life.weight.shape == life.selected.shape == life.believed.shape == (3, 231)
    assert life.loss.dtype == torch.float16 and life.selected.all() and life.weight.eq(1).all()
    assert list(life.of(5).columns) == ["loss", "weight", "selected", "believed"] and len(life.of(5)) == 3
    assert labkit.fit("ERM", digits(), "mlp", 1, 0).life is None


def test_selection_is_measured_and_kept():
    @dataclass(kw_only=True, eq=False)
    class OnlyEven(Method):
        def select(self, train, epoch):
            return torch.arange(0, len(train), 2)

    run = labkit.fit(OnlyEven(), digits(), "mlp", 2, 0, life=True)
    task, even = digits(), torch.arange(231) % 2 == 0
    clean = task.train.y == task.truth.y
    assert torch.equal(run.life.selected[0], even)
    assert run.history.selected_precision.iloc[0] == pytest.approx(clean[even].double().mean().item())
    assert run.history.selected_recall.iloc[0] == pytest.approx(even[clean].double().mean().item())


def test_accuracies_are_named_by_criterion():
    rows = [{"test": t, "val_noisy": v} for t, v in zip((0.5, 0.9, 0.8), (0.3, 0.5, 0.6))]
    assert criteria(rows) == {"last": 0.8, "last10": pytest.approx(2.2 / 3), "best_val": 0.8, "oracle_best": 0.9}
    nothing_held_out = [{"test": 0.5, "val_noisy": float("nan")}]
    assert np.isnan(criteria(nothing_held_out)["best_val"]) and criteria([]) == {}


@dataclass(kw_only=True, eq=False)
class TwoStages(Method):
    """Trains, then trains again on the first half with another recipe."""

    start: str = "init"
    keep: str = "last"

    def stage(self, k, train):
        half = torch.arange(len(train) // 2)
        second = Stage(epochs=2, indices=half, start=self.start, recipe={"lr": 0.001})
        return [Stage(keep=self.keep), second, None][k]

    def end_stage(self, k):
        self.after = [*getattr(self, "after", []), weights(self)]


@pytest.mark.parametrize("start", ["init", "previous"])
def test_stages_restart_as_asked(start):
    run = labkit.fit(TwoStages(start=start), digits(), "mlp", 3, 0, life=True)
    first, second = run.method.after
    assert list(run.history.stage) == [0, 0, 0, 1, 1] and list(run.history.epoch) == [1, 2, 3, 4, 5]
    assert run.life.selected[-1].sum() == 115 and run.method.opts[0].param_groups[0]["lr"] == 0.001
    near = (second - first).norm() < 0.1 * first.norm()
    assert near == (start == "previous")


def test_a_stage_begins_with_the_first_weights_or_ends_with_the_best():
    starts = []

    class Watched(TwoStages):
        def select(self, train, epoch):
            starts.append(weights(self))

    task = digits(n=None)
    labkit.fit(Watched(), task, "mlp", 3, 0)
    assert torch.equal(starts[0], starts[3]) and not torch.equal(starts[0], starts[1])
    starts.clear()
    run = labkit.fit(Watched(start="previous", keep="best_val"), task, "mlp", 12, 0)
    best = run.history.val_noisy[:12].idxmax()  # the first of the best
    assert best < 11 and torch.equal(starts[12], starts[best + 1])


def test_an_unknown_start_of_a_stage_is_named():
    with pytest.raises(ValueError, match=r"start of a stage is 'initial'.*did you mean 'init'"):
        labkit.fit(TwoStages(start="initial"), digits(), "mlp", 1, 0)


def test_stages_resume_in_the_second_stage(tmp_path):
    calls = iter(range(100))
    interrupted = labkit.fit(
        TwoStages(), digits(), "mlp", 3, 0, store=tmp_path, on_epoch=lambda run: next(calls) == 3, checkpoint_every=0.0
    )
    assert not interrupted.finished and len(interrupted.rows) == 4
    resumed = labkit.fit(TwoStages(), digits(), "mlp", 3, 0, store=tmp_path)
    straight = labkit.fit(TwoStages(), digits(), "mlp", 3, 0)
    assert torch.equal(weights(resumed.method), weights(straight.method)) and len(resumed.rows) == 5


def test_on_epoch_sees_the_run_and_can_stop_it():
    seen = []
    run = labkit.fit("ERM", digits(), "mlp", 9, 0, on_epoch=lambda run: seen.append(len(run.history)) or len(seen) == 3)
    assert seen == [1, 2, 3] and not run.finished and len(run.history) == 3


def test_schedule_milestones_and_drop_last():
    recipe = labkit.Recipe(lr=0.1, milestones=(2, 4))
    assert [round(recipe.lr_at(e), 6) for e in range(1, 6)] == [0.1, 0.1, 0.01, 0.01, 0.001]
    method = labkit.fit(AUX(), digits(), "mlp", 3, 0, recipe={"lr": 0.1, "milestones": [2]}).method
    assert [round(opt.param_groups[0]["lr"], 6) for opt in method.opts] == [0.01, 0.1]  # b keeps its ratio
    kept = labkit.fit("ERM", digits(), "mlp", 1, 0, recipe={"batch": 50, "drop_last": True}, life=True)
    assert kept.life.selected.sum() == 200


def test_adam_and_extra_parameters():
    method = labkit.fit(AUX(), digits(), "mlp", 1, 0, recipe={"optimiser": "adam", "lr": 1e-3}).method
    assert [type(opt).__name__ for opt in method.opts] == ["Adam", "SGD"] and method.b.abs().sum() > 0


def test_regression_is_measured_by_r2():
    run = labkit.fit("ERM", linear_task(), linear_net, 50, 0, recipe={"lr": 0.5})
    assert {"r2_given", "r2_true", "r2_val_noisy", "r2_test", "auc"} <= set(run.history.columns)
    assert run.history.r2_given.iloc[-1] > 0.9 and run.accuracy["last"] == run.history.r2_test.iloc[-1]


def test_network_by_partial_and_by_function():
    wide = labkit.fit("ERM", digits(), partial(labkit.nets.mlp, width=32), 1, 0)
    assert wide.config["net"] == "mlp(width=32)" and wide.method.nets[0][1].out_features == 32
    own = labkit.fit("ERM", digits(), lambda: torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10)), 1, 0)
    assert own.config["net"] == "<lambda>" and len(weights(own.method)) == 650


def test_parameter_counts():
    count = lambda net: sum(p.numel() for p in net.parameters())
    assert [count(labkit.nets.ALL[name]()) for name in ("mlp", "lenet", "small_cnn")] == [26_122, 61_706, 14_538]


def test_divergence_stops_the_run_and_keeps_its_history_and_checkpoint(tmp_path):
    class Breaks(ERM):
        """Loses its footing in the third epoch."""

        def loss(self, logits, y, i):
            return super().loss(logits, y, i) * (float("nan") if self.epoch == 2 and self.steps > 19 else 1)

        def select(self, train, epoch):
            self.steps = getattr(self, "steps", 0)

        def update(self):
            super().update()
            self.steps += 1

    with pytest.raises(
        Diverged, match=r"Breaks diverged: its loss is nan at epoch 3, step 5 of 8; lower.*lr"
    ) as caught:
        labkit.fit(Breaks(), digits(), "mlp", 4, 0, store=tmp_path, checkpoint_every=0.0)
    assert list(caught.value.run.history.epoch) == [1, 2] and not caught.value.run.finished
    (kept,) = tmp_path.glob("*.partial/diverged.json")
    assert len(json.loads(kept.read_text())["rows"]) == 2 and not list(tmp_path.glob("*/config.json"))
    checkpoint = kept.with_name("checkpoint.safetensors")
    state = read_state(checkpoint)["loop"]
    assert state["epoch"] == 2 and all(torch.isfinite(p).all() for p in state["method"]["nets"][0].values())
    with pytest.raises(Diverged, match="ERM diverged"):
        labkit.fit("ERM", digits(), "mlp", 2, 0, recipe={"lr": 1e6})


def test_a_run_is_a_folder_that_is_read_back_and_not_trained_twice(tmp_path):
    run = labkit.fit(CDR(rate=0.4), digits(), "mlp", 2, 0, store=tmp_path, life=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == [run.name]
    assert sorted(p.name for p in (tmp_path / run.name).iterdir()) == [
        *("best.safetensors", "config.json", "ending.safetensors", "history.parquet", "life.safetensors", "log.txt"),
        *("model.safetensors", "result.parquet"),
    ]
    again = labkit.fit(CDR(rate=0.4), digits(), "mlp", 2, 0, store=tmp_path, life=True)
    assert again.method is None and again.finished and again.accuracy == run.accuracy and again.config == run.config
    pd.testing.assert_frame_equal(again.history, run.history)
    assert torch.equal(again.life.loss, run.life.loss)
    other = labkit.fit(CDR(rate=0.5), digits(), "mlp", 2, 0, store=tmp_path)
    table = labkit.results(tmp_path)
    assert (
        set(table.run) == {run.name, other.name}
        and labkit.results(tmp_path, run=run.name).last.item() == run.accuracy["last"]
    )
    assert json.loads((tmp_path / run.name / "config.json").read_text())["config"]["noise"]["name"] == "symmetric"
    assert labkit.results(tmp_path / "nowhere").empty


def test_two_processes_writing_one_run(tmp_path):
    runs = [labkit.fit("ERM", digits(), "mlp", 1, 0) for _ in range(2)]
    threads = [threading.Thread(target=run.save, args=(tmp_path / runs[0].name,)) for run in runs]
    [t.start() for t in threads], [t.join() for t in threads]
    assert labkit.Run.load(tmp_path / runs[0].name).accuracy == runs[0].accuracy
    assert [p.name for p in tmp_path.iterdir()] == [runs[0].name]


def test_results_names_unknown_columns(tmp_path):
    labkit.fit("ERM", digits(), "mlp", 1, 0, store=tmp_path)
    with pytest.raises(ValueError, match="did you mean 'method'"):
        labkit.results(tmp_path, metod="ERM")


@pytest.mark.parametrize(
    "change, words",
    [
        ({"method": "AUXX"}, ["method", "AUXX", "did you mean 'AUX'"]),
        ({"method": "CDR"}, ["CDR", "hyperparameters", "labkit.methods.CDR(...)"]),
        ({"method": CDR}, ["method", "CDR"]),
        ({"net": "lenett"}, ["net", "did you mean 'lenet'"]),
        ({"net": torch.nn.Linear(2, 2)}, ["net", "Linear", "function"]),
        ({"net": "lenet"}, ["shape", "(1, 8, 8)"]),
        ({"epochs": 0}, ["epochs", "0"]),
        ({"epochs": 2.5}, ["epochs", "2.5"]),
        ({"seed": -1}, ["seed", "-1"]),
        ({"task": "digits"}, ["task", "str", "labkit.load"]),
        ({"recipe": {"learning_rate": 1}}, ["recipe", "learning_rate"]),
        ({"recipe": {"lr": -1}}, ["lr", "-1", "above 0"]),
        ({"recipe": {"batch": 0}}, ["batch", "0"]),
        ({"recipe": "fast"}, ["recipe", "fast"]),
        ({"device": "gpu9"}, ["device", "gpu9"]),
        ({"meta": 3}, ["meta", "3"]),
    ],
)
def test_bad_input_is_named_before_anything_is_written(change, words, tmp_path):
    good = {"method": "ERM", "task": digits(), "net": "mlp", "epochs": 1, "seed": 0}
    with pytest.raises(ValueError) as error:
        labkit.fit(**good | change, store=tmp_path)
    assert all(word in str(error.value) for word in words) and not any(tmp_path.iterdir())


def test_fit_copies_the_method():
    method = ERM()
    run = labkit.fit(method, digits(), "mlp", 1, 0)
    assert run.method is not method and not hasattr(method, "nets")


SMALL_GROUP = """
import sys
others = {"torchvision", "matplotlib", "seaborn", "plotly", "ipywidgets", "anywidget", "papermill", "platformdirs"}
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in others | {"safetensors", "jupyterlab", "filelock"} and "torch" in sys.modules:
            raise ImportError(name)
import torch
sys.meta_path.insert(0, Refuse())
import labkit
labkit.fit("ERM", labkit.load("digits"), "mlp", 1, 0)
print("fits")
"""


def test_import_and_fit_take_torch_numpy_pandas_and_sklearn_only():
    done = subprocess.run([sys.executable, "-c", SMALL_GROUP], capture_output=True, text=True, check=False)
    assert done.stdout == "fits\n", done.stderr


def test_a_run_tells_itself_in_a_line():
    run = labkit.fit("GCE", digits(), "mlp", 2, 3)
    begun = replace(run, rows=[])
    assert repr(run).startswith("GCE on digits, symmetric 40%") and f"last {run.accuracy['last']:.3f}" in repr(run)
    assert "2 of 2 epochs, seed 3" in repr(run) and "0 of 2 epochs, seed 3; no score yet" in repr(begun)
