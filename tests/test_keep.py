"""What a run leaves on the disk while it trains: faults that a store has to stand."""

import errno
import json
import os
import pickle
import shutil
import subprocess
import sys
import time
from functools import partial

import pandas as pd
import pytest
import torch
from tools import digits

import labkit
from labkit.errors import Busy
from labkit.fit import keep
from labkit.state import read_state, whole_folder, write_state

EPOCHS = 5
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def train(store, **options):
    """One small training, with a checkpoint after every batch. -> Run"""
    return labkit.fit("ERM", digits(), "mlp", EPOCHS, 0, store=store, **{"checkpoint_every": 0.0, **options})


def ctrl_c(run, after=1):
    """For on_epoch: Ctrl-C after some epochs."""
    if len(run.rows) == after:
        raise KeyboardInterrupt


def stopped(store, after=3):
    """The folder of a run that was left after some epochs."""
    with pytest.raises(KeyboardInterrupt):
        train(store, on_epoch=lambda run: ctrl_c(run, after))
    (folder,) = store.glob("*.partial")
    return folder


@pytest.fixture(scope="module")
def straight():
    """The history of a run that nothing disturbed."""
    return timeless(labkit.fit("ERM", digits(), "mlp", EPOCHS, 0))


def timeless(run):
    """A history without the seconds."""
    return run.history.drop(columns="seconds")


def same(run, history):
    """Is the run finished, with this history bit for bit?"""
    pd.testing.assert_frame_equal(timeless(run), history, check_exact=True)
    return run.finished


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def edit(path):
    """Change one bit of a weight: the file is still well formed."""
    data = bytearray(path.read_bytes())
    data[-9] ^= 1
    path.write_bytes(data)


def edit_words(path):
    """Change a number in the tree of plain values."""
    data = path.read_bytes()
    assert b'\\"epoch\\", 3' in data
    path.write_bytes(data.replace(b'\\"epoch\\", 3', b'\\"epoch\\", 4'))


class Trap:
    """Unpickled, it would leave a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def pickled(path):
    path.write_bytes(pickle.dumps(Trap(path.parent / "trap")))


@pytest.mark.parametrize("damage", [truncate, empty, edit, edit_words, pickled])
def test_a_damaged_checkpoint_is_noticed_and_the_one_before_is_used(damage, tmp_path, straight):
    folder = stopped(tmp_path)
    damage(folder / "checkpoint.safetensors")
    with pytest.raises(ValueError, match=r"checkpoint\.safetensors is damaged"):
        read_state(folder / "checkpoint.safetensors")
    before = read_state(folder / "checkpoint.before.safetensors")["loop"]
    run = train(tmp_path)
    assert same(run, straight)
    log = (run.folder / "log.txt").read_text()
    assert "is damaged" in log and "the one before it is used" in log
    assert f"goes on after {len(before['rows'])} epochs and {before['position']} samples" in log
    assert not (folder / "trap").exists() and not (tmp_path / "trap").exists()


def test_with_both_checkpoints_damaged_a_run_begins_anew(tmp_path, straight):
    folder = stopped(tmp_path)
    [truncate(folder / name) for name in (keep.CURRENT, keep.BEFORE)]
    run = train(tmp_path)
    assert same(run, straight) and (run.folder / "log.txt").read_text().count("begins") == 2


@pytest.mark.parametrize("left", [{keep.NEW, keep.CURRENT, keep.BEFORE}, {keep.NEW, keep.BEFORE}, {keep.BEFORE}])
def test_killed_between_the_steps_of_a_checkpoint(left, tmp_path, straight):
    """New is written, current becomes before, new becomes current: whatever is there in between is enough."""
    folder = stopped(tmp_path)
    shutil.copy(folder / keep.CURRENT, folder / keep.NEW)
    [(folder / name).unlink() for name in {keep.NEW, keep.CURRENT, keep.BEFORE} - left]
    run = train(tmp_path)
    assert same(run, straight) and "goes on after" in (run.folder / "log.txt").read_text()


def test_the_checkpoint_of_another_run_is_not_taken(tmp_path, straight):
    folder = stopped(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        labkit.fit("ERM", digits(), "mlp", EPOCHS, 1, store=tmp_path / "other", on_epoch=ctrl_c, checkpoint_every=0)
    (other,) = (tmp_path / "other").glob("*.partial")
    for name in (keep.CURRENT, keep.BEFORE):
        shutil.copy(other / name, folder / name)
    assert same(train(tmp_path), straight)


def test_ctrl_c_leaves_a_checkpoint(tmp_path, straight):
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, on_epoch=ctrl_c, checkpoint_every=1e6)
    (folder,) = tmp_path.glob("*.partial")
    assert len(read_state(folder / keep.CURRENT)["loop"]["rows"]) == 1 and same(train(tmp_path), straight)


def test_a_finished_folder_has_all_and_the_one_in_the_making_is_gone(tmp_path):
    run = train(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [run.name]
    row = pd.read_parquet(run.folder / "result.parquet").iloc[0]
    assert row["last"] == run.accuracy["last"] and row["method"] == "ERM"
    assert (run.folder / "log.txt").read_text().splitlines()[-1].endswith("finished after 5 epochs")
    train(tmp_path)  # reads
    assert [path.name for path in tmp_path.iterdir()] == [run.name]


HOLDS = """
import sys, time, labkit
from tools import digits
def slowly(run):
    print(len(run.rows), flush=True)
    time.sleep(0.5)
labkit.fit("ERM", digits(), "mlp", 5, 0, store=sys.argv[1], checkpoint_every=0.0, on_epoch=slowly)
"""


@pytest.fixture
def other(tmp_path):
    """Another process that trains the same run, and has finished its first epoch."""
    env = os.environ | {"PYTHONPATH": os.path.dirname(__file__), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], env=env, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"1\n"
    yield process
    process.kill()
    process.wait()


def test_two_processes_one_run_the_second_notices_and_reads(other, tmp_path, straight, capsys):
    with pytest.raises(Busy, match=r"is being trained by another process, see .*log\.txt"):
        train(tmp_path, wait=False)
    run = train(tmp_path)
    assert same(run, straight) and run.method is None and other.wait(60) == 0
    assert "waiting for it" in capsys.readouterr().out
    assert (run.folder / "log.txt").read_text().count("begins") == 1


def test_two_processes_one_run_the_first_is_killed_and_the_second_goes_on(other, tmp_path, straight):
    other.kill()
    run = train(tmp_path)
    assert same(run, straight) and "goes on after" in (run.folder / "log.txt").read_text()


@pytest.fixture
def disk(tmp_path):
    """A disk of 400 kB of its own: `disk("ro")` mounts it anew, to be read only."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = partial(subprocess.run, capture_output=True, text=True, check=False)
    done = mount(["mount", "-t", "tmpfs", "-o", "size=400k", "labkit", place])
    if done.returncode:
        pytest.skip(f"a disk of its own needs root and mount: {done.stderr.strip()}")

    def again(options):
        assert mount(["mount", "-o", f"remount,{options}", place]).returncode == 0

    yield place, again
    mount(["umount", "-l", place])


def test_a_full_disk_is_said_and_nothing_is_half_written(disk, straight):
    place, again = disk
    with pytest.raises(OSError, match=r"the disk is full: .*run it again: it goes on where it was") as caught:
        train(place)  # one checkpoint fits, the second does not
    assert caught.value.errno == errno.ENOSPC
    (folder,) = place.glob("*.partial")
    assert len(read_state(folder / keep.CURRENT)["loop"]["queue"]) > 0  # the first one is whole
    assert sorted(path.name for path in folder.iterdir()) == sorted([keep.CURRENT, "log.txt"])
    with pytest.raises(OSError, match="the disk is full"):
        train(place)
    again("size=4m")
    run = train(place)
    assert same(run, straight) and "goes on after" in (run.folder / "log.txt").read_text()


def test_a_disk_that_is_full_at_the_end_leaves_no_half_run(disk, straight):
    place, again = disk
    (place / "ballast").write_bytes(bytes(100_000))
    again("size=300k")
    with pytest.raises(OSError, match="the disk is full"):
        train(place, checkpoint_every=1e6)  # nothing is written before the end
    assert not list(place.glob("*/config.json")) and not list(place.glob("*.partial/.*"))
    again("size=4m")
    assert same(train(place), straight)


def test_a_store_that_cannot_be_written_is_named_before_training(disk, tmp_path):
    def never(run):
        raise AssertionError("it trained")

    place, again = disk
    again("ro")
    (tmp_path / "file").write_text("")
    for store in (place, place / "runs", tmp_path / "file"):
        with pytest.raises(ValueError, match=r"store is '.*'; it must be a folder that can be written"):
            train(store, on_epoch=never)


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(ValueError, match="it must be a folder that can be written"):
        train(tmp_path)
    tmp_path.chmod(0o755)


def test_a_clock_that_jumps_changes_nothing(tmp_path, straight, monkeypatch):
    now = time.time()
    folder = stopped(tmp_path)
    os.utime(folder / keep.CURRENT, (now - 1e8, now - 1e8))  # the newest looks oldest
    position = len(read_state(folder / keep.CURRENT)["loop"]["rows"])
    jumps = iter(range(10**6))
    monkeypatch.setattr(time, "time", lambda: now - 86_400 * next(jumps))
    run = train(tmp_path)
    assert same(run, straight) and f"goes on after {position} epochs" in (run.folder / "log.txt").read_text()


def test_a_folder_is_whole_or_not_there(tmp_path):
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "a") as temporary:
        (temporary / "half").write_text("")
        raise RuntimeError
    assert not list(tmp_path.iterdir())
    for text in ("first", "second"):
        with whole_folder(tmp_path / "a") as temporary:
            (temporary / "text").write_text(text)
    assert (tmp_path / "a" / "text").read_text() == "first" and len(list(tmp_path.iterdir())) == 1


def test_every_byte_of_a_state_counts(tmp_path):
    """Whichever byte is changed: reading says so, or gives what was written (padding)."""
    state = {"a": torch.arange(6.0).reshape(2, 3), "n": [1, {"b": torch.tensor(3)}], 5: "five", "e": torch.zeros(0)}
    path = tmp_path / "state"
    write_state(path, state)
    data = path.read_bytes()
    noticed = 0
    for at in range(len(data)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x04]) + data[at + 1 :])
        try:
            read = read_state(path)
        except ValueError as error:
            noticed += "is damaged" in str(error)
            continue
        assert torch.equal(read["a"], state["a"]) and read["n"][0] == 1 and read[5] == "five", at
    assert noticed > 0.97 * len(data)
    path.write_bytes(data)
    assert json.dumps(read_state(path)["n"][0]) == "1" and read_state(path)["e"].shape == (0,)


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_a_convolutional_network_goes_on_with_the_same_bits(tmp_path, optimiser):
    """Its weights are channels-last, and a file keeps no layout: the momentum must not meet other coordinates."""
    recipe = {"optimiser": optimiser, "lr": 0.01}
    options = {"task": digits(n=128), "net": "small_cnn", "epochs": 2, "seed": 0, "recipe": recipe, "device": "cpu"}
    labkit.fit("ERM", **options, store=tmp_path, on_epoch=lambda run: len(run.rows) == 1, checkpoint_every=0.0)
    resumed, straight = labkit.fit("ERM", **options, store=tmp_path), labkit.fit("ERM", **options)
    assert "goes on after" in (resumed.folder / "log.txt").read_text()
    for saved, p in zip(resumed.state()["nets"][0].values(), straight.state()["nets"][0].values()):
        assert torch.equal(saved, p)
