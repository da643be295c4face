"""The end of a run: stopped and gone on with, trained for longer, and the weights of its best epochs."""

import json
import threading
from dataclasses import dataclass
from functools import cache

import pytest
import torch
from cases import CASES, meta_for
from tools import NO_CASE, digits, faces
from torch import nn

import labkit
from labkit.fit import ending, keep
from labkit.methods import ALL, AUX, CDR, ERM, GCE, BCorrection, CoTeaching, FCorrection, MentorNetPD
from labkit.runs import export, groups
from labkit.site import report
from labkit.state import read_state


@cache
def small():
    """The task of most tests."""
    return digits(n=100)


def train(store=None, method="ERM", epochs=4, task=None, net="mlp", **options):
    """A small training. -> Run"""
    return labkit.fit(method, task or small(), net, epochs, 0, store=store, **{"progress": False, **options})


def bits(run):
    """A run's history without seconds, its weights and lives."""
    nets = [tensor for net in run.state()["nets"] for tensor in net.values()]
    lives = list(run.life.epochs[-1].values()) if run.life else []
    return run.history.drop(columns="seconds").to_dict("list"), nets, lives


def same(one, other):
    """Are two runs the same, bit for bit?"""
    (rows, nets, lives), (rows2, nets2, lives2) = bits(one), bits(other)
    equal = all(torch.equal(a, b) for a, b in zip((*nets, *lives), (*nets2, *lives2), strict=True))
    return repr(rows) == repr(rows2) and equal


def after(epochs):
    """on_epoch that stops after some epochs."""
    return lambda run: len(run.rows) >= epochs


def count(epochs):
    """on_epoch that gathers the epochs and never stops."""
    return lambda run: epochs.append(len(run.rows))


# -- stopped


def test_a_stopped_run_is_stored_marked_and_listed(tmp_path):
    run = train(tmp_path, epochs=60, on_epoch=after(7))
    assert len(run.rows) == run.stopped == 7 and not run.finished
    (row,) = labkit.results(tmp_path).to_dict("records")
    assert row["run"] == run.name and row["stopped"] == 7 and row["epochs"] == 60
    assert row["last"] == run.accuracy["last"]
    assert {path.name for path in tmp_path.iterdir()} <= {run.name, f"{run.name}.lock", ".index"}
    assert labkit.runs.store.unfinished(tmp_path) == []
    again = labkit.Run.load(run.folder)
    assert again.stopped == 7 and not again.finished and same(again, run)


@pytest.mark.parametrize("method", [ERM(), AUX(lam=1.0), CoTeaching(rate=0.2, ramp=2)], ids=["ERM", "AUX", "two"])
def test_a_stopped_run_goes_on_to_the_same_bits(method, tmp_path):
    straight = train(method=method, epochs=5, life=True)
    train(tmp_path, method, 5, on_epoch=after(2), life=True)
    epochs = []
    run = train(tmp_path, method, 5, on_epoch=count(epochs), life=True)
    assert run.finished and run.stopped is None and same(run, straight) and epochs == [2, 3, 4, 5]
    (row,) = labkit.results(tmp_path).to_dict("records")
    assert row.get("stopped") is None and row["last"] == straight.accuracy["last"]
    assert train(tmp_path, method, 5, life=True).method is None  # now it is read
    log = (run.folder / "log.txt").read_text()
    assert "stopped by on_epoch after 2 epochs" in log and "goes on after 2 epochs" in log and "finished" in log
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == [run.name]


def test_the_same_stop_again_trains_nothing(tmp_path):
    first = train(tmp_path, epochs=9, on_epoch=after(3))
    asked = []

    def patience(run):
        asked.append(len(run.rows))
        return len(run.rows) >= 3

    again = train(tmp_path, epochs=9, on_epoch=patience)
    assert asked == [3] and again.stopped == 3 and not again.finished and same(again, first)
    later = train(tmp_path, epochs=9, on_epoch=after(5))
    assert later.stopped == 5 and len(labkit.results(tmp_path)) == 1
    assert same(train(tmp_path, epochs=9), train(epochs=9))


def test_a_stop_at_the_last_epoch_is_the_end(tmp_path):
    run = train(tmp_path, epochs=3, on_epoch=after(3))
    assert run.finished and run.stopped is None and same(train(tmp_path, epochs=3), run)


def test_a_method_of_several_stages_is_stopped_and_goes_on(tmp_path):
    method, straight = FCorrection(), train(method=FCorrection(), epochs=3)
    for epochs in (2, 4):
        assert train(tmp_path, method, 3, on_epoch=after(epochs)).stopped == epochs
    assert same(train(tmp_path, method, 3), straight)


def test_killed_while_it_goes_on_from_a_stop(tmp_path):
    straight, run = train(epochs=6), train(tmp_path, epochs=6, on_epoch=after(2))

    def kill(run):
        if len(run.rows) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, epochs=6, on_epoch=kill)
    assert labkit.Run.load(run.folder).stopped == 2  # still there
    epochs = []
    assert same(train(tmp_path, epochs=6, on_epoch=count(epochs)), straight) and epochs == [5, 6]


def test_killed_between_the_old_folder_and_the_new_one(tmp_path):
    """The stopped run was moved aside and the finished one not yet in its place."""
    straight, run = train(epochs=4), train(tmp_path, epochs=4, on_epoch=after(2))
    partial = run.folder.with_name(f"{run.name}.partial")
    partial.mkdir()
    run.folder.rename(partial / keep.STOPPED)
    epochs = []
    assert same(train(tmp_path, epochs=4, on_epoch=count(epochs)), straight) and epochs == [2, 3, 4]


def test_who_waited_for_a_run_that_is_stopped_goes_on(tmp_path, capsys):
    """Another thread has the run; it is stopped while this one waits."""
    begun, ended = threading.Event(), threading.Event()

    def slowly(run):
        begun.set()
        ended.wait(60)
        return True

    other = threading.Thread(target=train, args=(tmp_path,), kwargs={"on_epoch": labkit.named("slowly", slowly)})
    task = small()  # made once
    other.start()
    begun.wait(60)
    waiting = threading.Timer(0.5, ended.set)
    waiting.start()
    run = train(tmp_path, task=task, on_epoch=labkit.named("slowly", lambda run: False), progress=True)
    other.join()
    assert run.finished and same(run, train()) and "waiting for it" in capsys.readouterr().out


def test_a_stop_without_a_store_is_marked():
    run = train(epochs=9, on_epoch=after(2))
    assert run.stopped == 2 and not run.finished and train(epochs=2).stopped is None


# -- for longer


@pytest.mark.parametrize("recipe", [{"milestones": (3,)}, {"cosine": 3}, {"optimiser": "adam", "lr": 0.01}])
def test_more_epochs_go_on_to_the_same_bits(recipe, tmp_path, capsys):
    options = {"recipe": recipe, "life": True}
    short, straight = train(tmp_path, epochs=4, **options), train(epochs=6, **options)
    epochs = []
    run = train(tmp_path, epochs=6, on_epoch=count(epochs), progress=None, **options)
    assert epochs == [5, 6] and run.finished and same(run, straight) and run.notes["went_on_from"] == short.name
    assert same(labkit.Run.load(run.folder), straight) and len(labkit.results(tmp_path)) == 2
    for best in ("best_val", "oracle_best"):
        ours, theirs = (one.net(best).state_dict().values() for one in (labkit.Run.load(run.folder), straight))
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert same(train(tmp_path, epochs=7, **options), train(epochs=7, **options))  # from the longer one


def test_it_is_said_on_stderr(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("LABKIT_PROGRESS", raising=False)
    short = train(tmp_path, epochs=1)
    train(tmp_path, epochs=2, progress=True)
    assert f"labkit: goes on from run {short.name} after 1 epochs" in capsys.readouterr().err
    mentor = train(tmp_path, MentorNetPD(), 1)
    train(tmp_path, MentorNetPD(), 2, progress=True)
    reason = "MentorNetPD depends on the number of epochs"
    message = f"trains from the first epoch, not on from run {mentor.name} (1 epochs): {reason}"
    assert message in capsys.readouterr().err
    monkeypatch.setenv("LABKIT_PROGRESS", "0")
    train(tmp_path, epochs=3, progress=None)
    assert "goes on" not in capsys.readouterr().err


def test_a_stopped_run_goes_on_to_more_epochs(tmp_path):
    train(tmp_path, epochs=4, on_epoch=after(2))
    epochs = []
    assert same(train(tmp_path, epochs=6, on_epoch=count(epochs)), train(epochs=6)) and epochs == [3, 4, 5, 6]


@pytest.mark.parametrize(
    "change", [{"method": CDR(rate=0.2)}, {"recipe": {"lr": 0.01}}, {"net": "small_cnn"}, {"life": True}]
)
def test_another_training_is_not_gone_on_with(change, tmp_path):
    train(tmp_path, epochs=2)
    epochs = []
    train(tmp_path, epochs=3, on_epoch=count(epochs), **change)
    assert epochs == [1, 2, 3]


def test_a_damaged_shorter_run_is_left_alone(tmp_path):
    short = train(tmp_path, epochs=2)
    path = short.folder / ending.ENDING
    path.write_bytes(path.read_bytes()[:-40])
    epochs = []
    assert same(train(tmp_path, epochs=3, on_epoch=count(epochs)), train(epochs=3)) and epochs == [1, 2, 3]
    (short.folder / ending.ENDING).unlink()  # as an older version left it
    assert same(train(tmp_path, epochs=4, on_epoch=count(epochs)), train(epochs=4))


QUICK = ("ERM", "AUX", "PRL_G", "CoTeaching", "CDR_RDI", "ELR", "SOP", "D2L", "MentorNetPD", "BCorrection")
marked = [pytest.param(cls, marks=[] if cls.__name__ in QUICK else [pytest.mark.slow]) for cls in ALL.values()]


@pytest.mark.parametrize("cls", marked, ids=lambda cls: cls.__name__)
def test_every_method_goes_on_to_the_same_bits_or_says_why_not(cls, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("LABKIT_PROGRESS", raising=False)
    case = CASES.get(cls, NO_CASE)
    task, meta = meta_for(cls, faces(n=130) if case.task == "faces" else digits(n=130))
    options = {"task": task, "meta": meta, "recipe": {"batch": 64}}
    make = lambda: cls(**case.settings)
    train(tmp_path, make(), 2, **options)
    run = train(tmp_path, make(), 3, progress=True, **options)
    said = capsys.readouterr().err
    assert ("goes on from run" in said) == ("went_on_from" in run.notes) != ("trains from the first epoch" in said)
    assert ("went_on_from" in run.notes) == (cls.__name__ not in DEPEND), said
    if "went_on_from" in run.notes:
        assert same(run, train(None, make(), 3, **options))


DEPEND = {
    *("PES", "MentorNetPD", "MentorNetDD", "D2L"),  # read the number of epochs
    *("FCorrection", "BCorrection", "GLC", "TRevision", "L_DMI", "FineTuning", "SModel", "O2UNet", "INCV"),  # stages
    "ConfidentLearning",
}


def test_a_method_of_ones_own_that_reads_the_epochs_does_not_go_on(tmp_path):
    @dataclass(kw_only=True, eq=False)
    class Fades(ERM):
        def weight(self, x, y, i, logits):
            return super().weight(x, y, i, logits) * (1 - self.epoch / self.epochs)

    epochs = []
    task = digits()
    method = labkit.named("fades", Fades) if hasattr(labkit, "named") else Fades
    train(tmp_path, method(), 2, task)
    run = train(tmp_path, method(), 4, task, on_epoch=count(epochs))
    assert epochs == [1, 2, 3, 4] and same(run, train(None, method(), 4, task))


# -- the weights


def measured(net, task):
    """Test accuracy of a network."""
    with torch.no_grad():
        return (net(task.test.inputs()).argmax(1) == task.test.y).double().mean().item()


@pytest.mark.parametrize("net", ["mlp", "small_cnn"])
def test_the_network_of_every_criterion_has_its_accuracy(net, tmp_path):
    task = digits()
    run = train(tmp_path, GCE(), 8, task, net, recipe={"lr": 0.3 if net == "mlp" else 0.1})
    scores = run.accuracy
    assert len({scores["last"], scores["best_val"], scores["oracle_best"]}) > 1
    for one in (run, labkit.Run.load(run.folder)):
        for best in ("last", "best_val", "oracle_best"):
            module = one.net(best)
            assert measured(module, task) == pytest.approx(scores[best], abs=1e-12) and not module.training
    assert run.net() is not run.method.nets[0] and run.method.nets[0].training


def test_the_second_network_and_a_number_that_is_none(tmp_path):
    run = train(tmp_path, CoTeaching(rate=0.2), 3)
    loaded = labkit.Run.load(run.folder)
    for k in (0, 1):
        assert torch.equal(loaded.net(k=k)[1].weight, run.method.nets[k][1].weight.detach())
    for k in (2, -1, "0", True):
        with pytest.raises(ValueError, match=r"k is .*; it must be a number of a network, 0 to 1"):
            loaded.net(k=k)
    with pytest.raises(ValueError, match="best is 'best'; it may be last, best_val, oracle_best"):
        run.net("best")


def test_without_validation_there_is_no_best_val(tmp_path):
    x, y = torch.randn(40, 5), torch.arange(40) % 2
    task = labkit.Task.of(x, y, x, y, val=0)
    for run in (train(tmp_path, task=task), labkit.Run.load(train(tmp_path, task=task).folder)):
        with pytest.raises(ValueError, match=r"best is 'best_val'; it must be \"last\": .* held nothing out"):
            run.net("best_val")
        assert run.net("oracle_best") and run.net()


def own(shape, classes):
    """A network of one's own."""
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, classes))


def test_a_network_of_ones_own_needs_its_function_again(tmp_path):
    run = labkit.Run.load(train(tmp_path, net=own).folder)
    with pytest.raises(ValueError, match="net is None; it must be what `fit` was given, a function that makes"):
        run.net()
    torch.manual_seed(3)
    drawn = torch.rand(1)
    torch.manual_seed(3)
    module = run.net("best_val", net=own)
    assert torch.equal(torch.rand(1), drawn) and measured(module, small()) == run.accuracy["best_val"]
    assert measured(run.net(net=own((1, 8, 8), 10)), small()) == run.accuracy["last"]
    with pytest.raises(ValueError, match="it must be the one that the run was trained with"):
        run.net(net="mlp")


@pytest.mark.parametrize("net", ["nope", 5, ["mlp"]])
def test_a_network_that_is_none_is_refused(net, tmp_path):
    run = labkit.Run.load(train(tmp_path, epochs=1).folder)
    with pytest.raises(ValueError, match="net is"):
        run.net(net=net)


def test_a_run_of_an_older_version_has_its_last_weights_alone(tmp_path):
    run = train(tmp_path)
    (run.folder / ending.BEST).unlink()
    facts = json.loads((run.folder / "config.json").read_text())
    older = {name: facts[name] for name in ("config", "notes", "about", "accuracy")}  # without checksums
    (run.folder / "config.json").write_text(json.dumps(older))
    loaded = labkit.Run.load(run.folder)
    assert measured(loaded.net(), small()) == run.accuracy["last"]
    with pytest.raises(ValueError, match="it must be one with the weights of its best epochs: it was stored by a"):
        loaded.net("best_val")


def test_weights_that_are_the_last_ones_are_not_written_twice(tmp_path):
    run = train(tmp_path, epochs=1)
    assert (run.folder / ending.BEST).stat().st_size < 2_000 and read_state(run.folder / ending.BEST)["epochs"]
    assert all(torch.equal(a, b) for a, b in zip(run.net("best_val").parameters(), run.net().parameters()))


def test_stages_do_not_forget_the_best_epoch_of_the_run(tmp_path):
    run = train(tmp_path, BCorrection(T=[[float(a == b) for b in range(10)] for a in range(10)]), 3)
    assert measured(run.net("oracle_best"), small()) == pytest.approx(run.accuracy["oracle_best"])
    several = train(tmp_path, FCorrection(), 3)
    for best in ("best_val", "oracle_best"):
        assert measured(several.net(best), small()) == pytest.approx(several.accuracy[best])


# -- no way to the truth


def test_nothing_leads_a_method_to_the_truth():
    task = digits()
    truths = (task.truth.y, task.truth.val)
    seen, wrong = set(), []

    def look(value, way, depth=0):
        if id(value) in seen or depth > 12 or isinstance(value, (str, bytes, int, float, bool, type, type(None))):
            return
        seen.add(id(value))
        kept.append(value)
        if isinstance(value, (labkit.data.Truth, labkit.Task)):
            wrong.append(way)
        if isinstance(value, torch.Tensor) and any(value.shape == t.shape and torch.equal(value, t) for t in truths):
            wrong.append(way)
        parts = dict(getattr(value, "__dict__", {}))
        for name in ("__self__", "__func__", "__wrapped__", "func", "args", "keywords", "gi_frame"):
            parts[name] = getattr(value, name, None)
        for k, cell in enumerate(getattr(value, "__closure__", None) or ()):
            parts[f"cell {k}"] = cell.cell_contents
        if isinstance(value, dict):
            parts |= {f"[{key!r}]": part for key, part in value.items()}
        if isinstance(value, (list, tuple, set)):
            parts |= {f"[{k}]": part for k, part in enumerate(value)}
        for name, part in parts.items():
            if name != "gi_frame":
                look(part, f"{way}.{name}", depth + 1)

    kept = []  # so that no id is given twice

    @dataclass(kw_only=True, eq=False)
    class Spy(ERM):
        def bind(self, *handed):
            look(handed, "bind")
            super().bind(*handed)

        def select(self, train, epoch):
            look((self, train), "select")

        def step(self, x, y, i):
            look((self, x, y, i), "step")
            return super().step(x, y, i)

        def loss(self, logits, y, i):
            look((logits, y, i), "loss")
            return super().loss(logits, y, i)

        def stage(self, k, train):
            look((self, train), "stage")
            return super().stage(k, train)

        def notes(self):
            look(self, "notes")
            return {}

    labkit.fit(Spy(), task, own, 1, 0, on_epoch=lambda run: None)
    assert not wrong and len(seen) > 100
    look(task, "task")  # the walk does find it where it is
    assert wrong


def test_lazy_layers_and_hooks_do_not_change_a_runs_name(tmp_path):
    def lazy(classes):
        net = nn.Sequential(nn.Flatten(), nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(classes))
        net.handle = net[2].register_forward_hook(keep_output)
        return net

    def keep_output(layer, inputs, output):
        return None

    first = train(tmp_path, epochs=2, net=lazy)
    assert train(tmp_path, epochs=2, net=lazy).method is None
    assert train(tmp_path, epochs=3, net=lazy).notes["went_on_from"] == first.name


def test_stopped_runs_are_not_averaged_with_finished_ones(tmp_path):
    for seed in range(3):
        labkit.fit("ERM", small(), "mlp", 3, seed, store=tmp_path, progress=False, on_epoch=after(1) if seed else None)
    table = labkit.results(tmp_path)
    assert groups.differing(table, ["method"]) == ["stopped"]
    with pytest.raises(ValueError, match="stopped"):
        export.pivot(table)
    whole = export.pivot(table[table["stopped"].isna()])
    assert whole.cells["n"].tolist() == [1] and groups.title("stopped") == "stopped after epoch"


def test_a_report_says_how_many_runs_were_stopped():
    runs = [labkit.fit("ERM", small(), "mlp", 2, seed, progress=False, on_epoch=after(1)) for seed in (0, 1)]
    assert "GCE (stopped in 2)" in report.page({"GCE": runs}, None, "A race")
