"""Files in a store that were edited, broken or forged: named, set aside or left out; nothing is lost or believed."""

import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch

import labkit
from labkit import noise
from labkit.fit import identity
from labkit.fit.keep import BEFORE, CURRENT
from labkit.fit.place import place
from labkit.runs.store import failures, histories, note, unfinished
from labkit.state import read_state, write_state

TASK = labkit.corrupt(labkit.load("digits", n=60), noise.symmetric(0.3), 0)
DEEP = "[" * 100_000


def fit(store, epochs=2, **how):
    return labkit.fit("ERM", TASK, "mlp", epochs, 0, store=store, **{"progress": False, **how})


def curve(run):
    return run.history.drop(columns="seconds")


ALONE = fit(None)


@pytest.fixture
def stored(tmp_path):
    return fit(tmp_path)


def edit(folder, change):
    """Edit config.json by hand."""
    path = folder / "config.json"
    facts = json.loads(path.read_text())
    change(facts)
    path.write_text(json.dumps(facts, indent=1))


def history(folder):
    table = pd.read_parquet(folder / "history.parquet")
    table["test"] = 1.0
    table.to_parquet(folder / "history.parquet")


def result(folder):
    table = pd.read_parquet(folder / "result.parquet")
    table["last"] = 1.0
    table.to_parquet(folder / "result.parquet")


def text(content):
    return lambda folder: (folder / "config.json").write_text(content)


def gone(name):
    return lambda folder: (folder / name).unlink()


def flipped(name):
    def flip(folder):
        data = bytearray((folder / name).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / name).write_bytes(data)

    return flip


def another_folder(folder):
    (folder / "config.json").unlink()
    (folder / "config.json").mkdir()


def unsealed(facts):
    """Remove the seal with the checksums, and edit an accuracy."""
    del facts["seal"], facts["files"]
    facts["accuracy"]["last"] = 1.0


DAMAGE = {
    "no seal and another accuracy": lambda folder: edit(folder, unsealed),
    "no config.json": gone("config.json"),
    "a dict without anything": text("{}"),
    "a list": text("[]"),
    "a number": text("3"),
    "deep nesting": text(DEEP),
    "deep nesting inside": text('{"config": ' + DEEP),
    "no text": lambda folder: (folder / "config.json").write_bytes(b"\xff\xfe\x00"),
    "a folder": another_folder,
    "half a file": lambda folder: text((folder / "config.json").read_text()[:200])(folder),
    "other epochs": lambda folder: edit(folder, lambda facts: facts["config"].update(epochs=300)),
    "another type": lambda folder: edit(folder, lambda facts: facts["config"].update(epochs="2")),
    "no recipe": lambda folder: edit(folder, lambda facts: facts["config"].pop("recipe")),
    "other notes": lambda folder: edit(folder, lambda facts: facts["notes"].update(samples=10**6)),
    "another accuracy": lambda folder: edit(folder, lambda facts: facts["accuracy"].update(last=1.0)),
    "notes that are a list": lambda folder: edit(folder, lambda facts: facts.update(notes=[])),
    "an edited history": history,
    "a history that is gone": gone("history.parquet"),
    "a history of garbage": lambda folder: (folder / "history.parquet").write_text("garbage"),
}
PARTS = {  # what only reading all of a run notices
    "an edited result": result,
    "a model with one bit flipped": flipped("model.safetensors"),
    "a model that is gone": gone("model.safetensors"),
}


@pytest.mark.parametrize("damage", [*DAMAGE.values(), *PARTS.values()], ids=[*DAMAGE, *PARTS])
def test_a_broken_run_is_set_aside_and_trained_again(damage, stored, tmp_path, capsys):
    damage(stored.folder)
    seen = []
    run = fit(tmp_path, on_epoch=lambda run: seen.append(len(run.rows)))
    assert seen == [1, 2] and run.folder == stored.folder and curve(run).equals(curve(ALONE))
    aside = stored.folder.with_name(f"{stored.name}.broken-1")
    assert aside.is_dir() and f"is kept as {aside.name}, and trained again" in capsys.readouterr().err
    assert fit(tmp_path).method is None and curve(labkit.Run.load(run.folder)).equals(curve(ALONE))
    assert labkit.results(tmp_path)["last"].tolist() == [ALONE.accuracy["last"]] and not unfinished(tmp_path)
    damage(run.folder)
    fit(tmp_path)
    assert stored.folder.with_name(f"{stored.name}.broken-2").is_dir()  # the first one stays


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_broken_run_is_not_believed(damage, stored, tmp_path):
    damage(stored.folder)
    with pytest.raises(ValueError, match=f"folder is '{stored.folder}'; it must hold a finished run"):
        labkit.Run.load(stored.folder)
    with pytest.warns(UserWarning, match=f"left out of .*{stored.name}"):
        assert not len(labkit.results(tmp_path))
    with pytest.warns(UserWarning, match=stored.name):
        assert not len(histories(tmp_path))


@pytest.mark.parametrize("part", ["model.safetensors", "best.safetensors"])
def test_weights_of_another_run_are_not_believed(part, stored, tmp_path):
    other = fit(tmp_path / "other", epochs=1)
    shutil.copy(other.folder / part, stored.folder)
    run = labkit.Run.load(stored.folder)
    with pytest.raises(ValueError, match=f"{part} is not what was written"):
        run.net("best_val" if part == "best.safetensors" else "last")


def test_an_edit_after_a_table_was_read_is_noticed(stored, tmp_path, monkeypatch):
    monkeypatch.setattr("labkit.runs.index.UNINDEXED", 0)  # all runs go to the index
    for _ in range(2):
        assert labkit.results(tmp_path)["last"].tolist() == [stored.accuracy["last"]]
    assert (tmp_path / ".index" / "result.parquet").exists()
    result(stored.folder)
    with pytest.warns(UserWarning, match=stored.name):
        assert not len(labkit.results(tmp_path))


def test_a_damaged_index_is_none(stored, tmp_path, monkeypatch):
    monkeypatch.setattr("labkit.runs.index.UNINDEXED", 0)
    known = labkit.results(tmp_path)
    index = tmp_path / ".index" / "result.parquet"
    whole = index.read_bytes()
    table = pd.read_parquet(index)
    damaged = [b"", whole[: len(whole) // 2]]
    damaged += [whole[:k] + bytes([whole[k] ^ 255]) + whole[k + 1 :] for k in range(4, len(whole) - 8, len(whole) // 4)]
    damaged += [changed.to_parquet() for changed in (table.assign(last=1.0), pd.concat([table, table]), table[["run"]])]
    for data in damaged:
        index.write_bytes(data)
        pd.testing.assert_frame_equal(labkit.results(tmp_path), known)
    index.unlink()
    index.mkdir()
    pd.testing.assert_frame_equal(labkit.results(tmp_path), known)
    shutil.rmtree(index.parent)
    index.parent.write_text("a file")
    pd.testing.assert_frame_equal(labkit.results(tmp_path), known)


def older(folder, change=lambda facts: None):
    """Make a stored run one of a version without checksums, best weights and hashes of code. -> its folder"""
    facts = json.loads((folder / "config.json").read_text())
    facts = {name: facts[name] for name in ("config", "notes", "about", "accuracy")}
    facts["config"]["numbers"] = 0
    change(facts)
    (folder / "config.json").write_text(json.dumps(facts, indent=1))
    table = pd.read_parquet(folder / "result.parquet").assign(numbers=0)
    table.to_parquet(folder / "result.parquet")
    for name in ("best.safetensors", "ending.safetensors"):
        (folder / name).unlink()
    return folder.rename(folder.with_name(identity(facts["config"])))


def test_runs_of_older_versions_are_read(stored, tmp_path):
    folder, new = older(stored.folder), fit(tmp_path)
    assert curve(labkit.Run.load(folder)).equals(curve(stored)) and new.folder != folder
    found = labkit.results(tmp_path)
    assert dict(zip(found["run"], found["numbers"])) == {folder.name: 0, new.name: labkit.NUMBERS}
    assert set(histories(tmp_path)["run"]) == {folder.name, new.name}
    labkit.Run.load(folder).net()


@pytest.mark.parametrize("damage", [history, lambda folder: edit(folder, lambda facts: facts["config"].update(seed=9))])
def test_an_edited_run_of_an_older_version_is_not_believed(damage, stored):
    folder = older(stored.folder)
    damage(folder)
    with pytest.raises(ValueError, match="it must hold a finished run"):
        labkit.Run.load(folder)


def test_an_older_table_that_says_another_number_is_left_out(stored, tmp_path):
    result(older(stored.folder))
    with pytest.warns(UserWarning, match="other accuracies"):
        assert not len(labkit.results(tmp_path))


def test_a_copy_of_a_run_may_have_any_name(stored, tmp_path):
    copy = shutil.copytree(stored.folder, tmp_path / "my best run")
    assert curve(labkit.Run.load(copy)).equals(curve(stored))
    other = shutil.copytree(stored.folder, tmp_path / "0123456789abcdef")
    with pytest.raises(ValueError, match=f"that of run {stored.name}"):
        labkit.Run.load(other)


# -- failures


@pytest.mark.parametrize("content", ["garbage", "[]", "3", '{"run": 3}', '{"run": "x", "error": {}}', DEEP, ""])
def test_a_broken_record_of_a_failure_is_left_out(content, tmp_path):
    asked = {"method": "ERM", "seed": 1}
    note(tmp_path, asked, {"run": "a", "label": "b", "what": "c", "error": "d", "cell": None, "traceback": "e"})
    (fine,) = (tmp_path / ".failed").glob("*.json")
    broken = tmp_path / ".failed" / "x.json"
    broken.write_text(content)
    with pytest.warns(UserWarning, match=r"left out .*x\.json"):
        assert failures(tmp_path)["run"].tolist() == ["a"]
    with pytest.warns(UserWarning):
        assert unfinished(tmp_path) == []
    broken.rename(fine)
    note(tmp_path, asked, {"run": "a"})  # a broken one is replaced
    assert failures(tmp_path)["attempts"].tolist() == [1]


# -- checkpoints


class Killed(Exception):
    """Stops a training as a kill would, after a checkpoint."""


def begun(store, epochs=4):
    """A training with two checkpoints that was killed in its third epoch. -> its partial folder"""

    def kill(run):
        if len(run.rows) == 3:
            raise Killed

    with pytest.raises(Killed):
        fit(store, epochs, on_epoch=kill, checkpoint_every=0, life=True)
    (folder,) = Path(store).glob("*.partial")
    return folder


def forged(**changes):
    """Write a checkpoint with other entries, and a checksum that fits them."""

    def forge(path):
        state = read_state(path)
        for name, value in changes.items():
            part = state["loop"] if name in state["loop"] else state
            part[name] = value(part[name]) if callable(value) else value
        write_state(path, state)

    return forge


def without(*names):
    def forge(path):
        state = read_state(path)
        for name in names:
            (state["loop"] if name in state["loop"] else state).pop(name)
        write_state(path, state)

    return forge


def other_shape(states):
    return [{name: tensor[:-1] if tensor.ndim else tensor for name, tensor in state.items()} for state in states]


def method_with(**changes):
    return lambda method: method | {name: make(method.get(name)) for name, make in changes.items()}


def buffers(opts):
    for state in opts[0]["state"].values():
        state["momentum_buffer"] = torch.zeros(3)
    return opts


def nested(path):
    header = ('{"__metadata__":' + "[" * 100_000).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)


def a_folder(path):
    path.unlink()
    path.mkdir()


FORGED = {
    "threads of a million": forged(threads=10**6),
    "threads below 0": forged(threads=-1),
    "threads in words": forged(threads="2"),
    "True threads": forged(threads=True),
    "no threads": without("threads"),
    "no rows": without("rows"),
    "no method": without("method"),
    "no loop": without("loop"),
    "loop is a list": forged(loop=[]),
    "a list": lambda path: write_state(path, [1, 2]),
    "a number": lambda path: write_state(path, 3),
    "deep nesting": nested,
    "a folder": a_folder,
    "garbage": lambda path: path.write_bytes(b"garbage"),
    "epoch of a billion": forged(epoch=10**9),
    "epoch below 0": forged(epoch=-1),
    "epoch in words": forged(epoch="3"),
    "another stage": forged(k=7),
    "rows of text": forged(rows=["a", "b"]),
    "rows without epochs": forged(rows=lambda rows: [{"test": 1.0} for _ in rows]),
    "too many rows": forged(rows=lambda rows: rows * 3),
    "an unknown entry": lambda path: write_state(path, (s := read_state(path)) | {"loop": s["loop"] | {"run": 3}}),
    "generator of another size": forged(**{"global": torch.zeros(3, dtype=torch.uint8)}),
    "generator in words": forged(**{"global": "x"}),
    "augmentation's generator": forged(augment_rng=torch.zeros(3)),
    "weights of another shape": forged(method=method_with(nets=other_shape)),
    "no weights": forged(method=method_with(nets=lambda nets: [])),
    "weights in words": forged(method=method_with(nets=lambda nets: ["x"])),
    "optimiser's buffers": forged(method=method_with(opts=buffers)),
    "optimisers of others": forged(method=method_with(opts=lambda opts: [{}])),
    "a method without its function": forged(method=method_with(step=lambda step: 3)),
    "method's generator": forged(method=method_with(rng=lambda rng: 3)),
    "a life too short": forged(life=[]),
    "no life": forged(life=None),
    "best weights of others": forged(kept={"scores": {}, "epochs": {}}),
    "another run": forged(run="0123456789abcdef"),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_checkpoint_is_named_and_the_one_before_is_used(forge, tmp_path):
    threads = torch.get_num_threads()
    partial = begun(tmp_path)
    assert (partial / BEFORE).exists()
    forge(partial / CURRENT)
    run = fit(tmp_path, 4, life=True, checkpoint_every=1e5)
    log = (run.folder / "log.txt").read_text()
    assert f"{CURRENT} cannot be used" in log and "goes on after" in log and torch.get_num_threads() == threads
    assert curve(run).equals(curve(fit(None, 4)))


def test_where_no_checkpoint_can_be_used_it_begins_again(tmp_path):
    partial = begun(tmp_path)
    for name in (CURRENT, BEFORE):
        forged(threads=-1)(partial / name)
    run = fit(tmp_path, 4, life=True)
    assert (run.folder / "log.txt").read_text().count("begins") == 2 and curve(run).equals(curve(fit(None, 4)))


# -- the place of a store


def test_a_store_has_one_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LABKIT_RUNS", "~/other")
    run = fit("~/runs")
    assert run.folder.parent == tmp_path / "home" / "runs" and not Path("~").exists()
    assert len(labkit.results("~/runs")) == len(histories(Path("~/runs"))) / 2 == 1
    assert fit(Path("~/runs")).method is None and fit(tmp_path / "home/runs").method is None
    monkeypatch.chdir("home")
    assert fit("runs").method is None and len(labkit.results("runs")) == 1
    assert place() == tmp_path / "home" / "other" and place("./~x").name == "~x"
    monkeypatch.delenv("LABKIT_RUNS")
    assert place() == tmp_path / "home" / "runs"


@pytest.mark.parametrize("store", [5, "", "  ", True, b"runs", ["runs"], "a\0b", "~nobody-of-this-name/runs", 1.5])
def test_what_is_no_place_is_refused_before_training(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for ask in (fit, labkit.results, failures):
        with pytest.raises(ValueError, match="store is"):
            ask(store)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "make", [Path.touch, lambda path: path.symlink_to(path), lambda path: (path.parent / "x").touch()]
)
def test_a_store_that_cannot_be_made_is_refused_before_training(make, tmp_path):
    make(tmp_path / "store")
    store = tmp_path / "x" / "store" if (tmp_path / "x").exists() else tmp_path / "store"
    with pytest.raises(ValueError, match=r"store is .*it must be a folder that can be written"):
        fit(store, on_epoch=lambda run: 1 / 0)


def test_a_name_that_is_not_utf_8_is_stored(tmp_path, capsys):
    name = os.fsdecode(b"n\xff\xfe")
    task = labkit.Task.of(TASK.train.x, TASK.train.y, TASK.test.x, TASK.test.y, name=name)
    run = labkit.fit("ERM", task, "mlp", 1, 0, store=tmp_path, progress=False)
    again = labkit.fit("ERM", task, "mlp", 1, 0, store=tmp_path, progress=False)
    assert (
        again.method is None and again.config["task"] == name and labkit.results(tmp_path)["run"].tolist() == [run.name]
    )
    print(run, again, task)
    assert r"n\udcff" in capsys.readouterr().out
