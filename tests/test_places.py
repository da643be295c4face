"""Wherever labkit stands: no git, another project's git, no checkout, paths that are relative, a cache that is shut."""

import gzip
import hashlib
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torchvision.datasets
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image

import labkit
from labkit import checkout, paths
from labkit.cli import main
from labkit.data import cache, places, vision
from labkit.notebook import execute, parameters
from labkit.runs.sweep import Plan

ROOT = Path(__file__).parents[1]
ABOUT = (
    "import labkit; print(labkit.fit('ERM', labkit.load('digits', n=60), 'mlp', 1, 0, progress=False).about['commit'])"
)


def python(code, cwd, executable=sys.executable, **env):
    """Run code in a process of its own. -> CompletedProcess"""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "LABKIT_PROGRESS": "0", **env}
    env = {name: value for name, value in env.items() if value is not None}
    return subprocess.run([executable, "-P", "-c", code], cwd=cwd, env=env, capture_output=True, text=True)


def git(folder, *words):
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    done = subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_run_without_git_on_the_path_has_no_commit(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    run = labkit.fit("ERM", labkit.load("digits", n=60), "mlp", 1, 0, progress=False)
    assert run.about["commit"] is None and checkout.commit() is None


@pytest.mark.skipif(not shutil.which("git"), reason="there is no git")
def test_the_commit_of_a_project_that_holds_the_package_is_not_noted(tmp_path, monkeypatch):
    other = tmp_path / "other"
    (other / "libraries" / "deep").mkdir(parents=True)
    git(other, "init", "-q")
    (other / "theirs.txt").write_text("theirs")
    git(other, "add", "theirs.txt")
    git(other, "commit", "-qm", "theirs")
    for place in (other, other / "libraries" / "deep"):
        monkeypatch.setattr(checkout, "ROOT", place)
        assert checkout.commit() is None
    for name in ("notebooks", "lessons"):
        (other / "libraries" / "deep" / name).mkdir()
    for name in ("lab", "pyproject.toml"):
        (other / "libraries" / "deep" / name).touch()
    assert checkout.present() and checkout.commit() is None  # the project's folder, inside another project


@pytest.mark.skipif(not (shutil.which("git") and (ROOT / ".git").exists()), reason="not a git checkout")
def test_the_commit_of_labkit_s_own_checkout_is_noted_wherever_a_hook_points(tmp_path, monkeypatch):
    assert checkout.commit() == git(ROOT, "rev-parse", "--short", "HEAD")
    git(tmp_path, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / ".git"))
    own = checkout.commit()
    monkeypatch.delenv("GIT_DIR")
    assert own == git(ROOT, "rev-parse", "--short", "HEAD")


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("git"), reason="there is no git")
def test_a_copy_of_the_package_in_another_repository_has_no_commit(tmp_path):
    shutil.copytree(ROOT / "labkit", tmp_path / "labkit", ignore=shutil.ignore_patterns("__pycache__"))
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "x")
    done = python(ABOUT, tmp_path, PYTHONPATH=str(tmp_path))
    assert done.stdout.strip() == "None", done.stderr


CELL = """\
store: str = "runs/small"  # folder of the runs
export: str = ""  # folder for tables; empty: none
x: str = "rate\""""
SHOWS = """\
import os

print(store, export, x, *(os.environ.get(name) for name in ("LABKIT_DATA", "LABKIT_RUNS", "LABKIT_CACHE")), sep="|")"""


@pytest.fixture
def notebook(tmp_path):
    """A notebook in a folder of its own, which prints its paths."""
    (tmp_path / "books").mkdir()
    cell = new_code_cell(CELL)
    cell.metadata.tags = ["parameters"]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    shows = new_code_cell(SHOWS)
    nbformat.write(new_notebook(cells=[cell, shows], metadata=kernel), tmp_path / "books" / "paths.ipynb")
    return tmp_path / "books" / "paths.ipynb"


def printed(out):
    return nbformat.read(out, as_version=4).cells[-1].outputs[0].text.strip().split("|")


def test_a_relative_path_means_in_a_notebook_what_it_means_where_the_command_was_typed(notebook, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name, value in (("DATA", "../data"), ("RUNS", "~/runs"), ("CACHE", "./cache/")):
        monkeypatch.setenv(f"LABKIT_{name}", value)
    words = ["-p", "store", "runs/first", "-p", "export", "~/tables", "-p", "x", "runs/first"]
    assert main(["run", str(notebook), *words, "-o", "out.ipynb"]) == 0
    folders = [tmp_path / "data", tmp_path / "home" / "runs", here / "cache"]
    expected = [here / "runs" / "first", tmp_path / "home" / "tables", "runs/first", *folders]
    assert printed(here / "out.ipynb") == list(map(str, expected))


def test_a_path_at_its_default_is_the_notebook_s_own(notebook, tmp_path, monkeypatch):
    known = parameters.read(notebook)
    monkeypatch.chdir(tmp_path)
    assert parameters.placed(known, {"store": "runs/small", "export": ""}, ["export"]) == {
        "store": "runs/small",
        "export": "",
    }
    assert parameters.check(known, [("store", "runs/small")]) == {"store": str(tmp_path / "runs" / "small")}
    assert not known["x"].is_path and known["store"].is_path


def test_values_of_a_call_from_python_begin_in_the_current_folder(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert execute(notebook, tmp_path / "out.ipynb", {"store": "a/../b"}) is None
    assert printed(tmp_path / "out.ipynb")[0] == str(tmp_path / "b")


def test_a_cell_that_was_edited_in_jupyterlab_begins_where_lab_was_typed(monkeypatch, tmp_path):
    def after(edited):
        cell = {"store": edited, "export": "", "x": "rate", "by": "method", "criterion": "last10", "fast": False}
        parameters.in_cell("notebooks/sweep.ipynb", cell)
        return cell["store"]

    monkeypatch.chdir(ROOT)
    assert after("") == "" and after("runs/first") == str(ROOT / "runs" / "first")
    monkeypatch.setenv(paths.COMMAND_FOLDER, str(tmp_path))
    assert after("runs/first") == str(ROOT / "runs" / "first")  # no kernel of JupyterLab
    monkeypatch.setenv("JPY_SESSION_NAME", "sweep.ipynb")
    assert after("runs/first") == str(tmp_path / "runs" / "first") and after("/a/b") == "/a/b"


def test_the_store_of_a_notebook_in_a_plan_begins_where_the_plan_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = Plan.read({"notebook": "sweep", "set": {"store": "runs/first"}, "store": "~/x"})
    assert plan.points == [{"store": str(tmp_path / "runs" / "first")}] and plan.store == Path.home() / "x"


def test_datasets_are_looked_for_below_home_and_from_the_current_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for given, meant in (("~/data", "home/data"), ("data/../d", "d"), ("./x/", "x")):
        monkeypatch.setenv("LABKIT_DATA", given)
        assert places.folder() == tmp_path / meant == places.folder(given)


@pytest.fixture
def pictures(tmp_path):
    for name in "ab":
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for k in range(4):
            Image.fromarray(np.full((8, 8, 3), 40 * k, np.uint8)).save(tmp_path / "pictures" / name / f"{k}.png")
    return tmp_path / "pictures"


def test_data_of_a_plan_begin_where_the_plan_is_read(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    fixed = {"data.size": 8, "net": "mlp", "epochs": 1, "method": "ERM", "seed": 0}
    for given in ("pictures", "~/pictures", "./x/../pictures", str(pictures)):
        (point,) = Plan.read({"fit": fixed | {"data": given}}).points
        assert point["data"] == str(pictures)
    (point,) = Plan.read({"fit": {"data": "digits", "net": "mlp", "epochs": 1, "method": "ERM", "seed": 0}}).points
    assert point["data"] == "digits"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have names in Unicode alone")
@pytest.mark.parametrize("at", ["the folder", "a class", "a file"])
def test_names_of_no_encoding_are_refused_in_words(at, pictures):
    bad = os.fsdecode(b"caf\xe9")
    moved = {"the folder": pictures, "a class": pictures / "a", "a file": pictures / "a" / "0.png"}[at]
    moved.rename(moved.with_name(f"{bad}{moved.suffix}"))
    folder = pictures.with_name(bad) if at == "the folder" else pictures
    with pytest.raises(ValueError, match=r"the name of a file is '.*caf\\udce9.*in UTF-8.*rename"):
        labkit.load(folder, size=8)


@pytest.mark.parametrize("shut", ["a file", "below a file", "no right"])
def test_a_cache_that_cannot_be_written_is_a_temporary_one_and_said(shut, pictures, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    place = {"a file": tmp_path / "file", "below a file": tmp_path / "file" / "x", "no right": tmp_path}[shut]
    monkeypatch.setenv("LABKIT_CACHE", str(place))
    if shut == "no right":
        monkeypatch.setattr(cache.os, "access", lambda *_: False)  # root may write anywhere
    with pytest.warns(UserWarning, match=rf"{re.escape(str(place))} cannot be written .*Set LABKIT_CACHE"):
        task = labkit.load(pictures, size=8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it is said once
        assert labkit.load(pictures, size=8).hash() == task.hash()


def test_a_cache_that_can_be_read_only_is_read(pictures, tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    labkit.load(pictures, size=8)
    before = sorted((tmp_path / "cache").rglob("*.npy"))
    monkeypatch.setattr(cache, "_why_unwritable", lambda folder: "read-only")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        labkit.load(pictures, size=8)
        assert before and not list(cache.cache_folder().rglob("*.npy"))  # nothing was made anew


def test_escape_codes_and_names_of_no_encoding_are_printed_as_text():
    assert paths.printable("a\x1b[31mb\udcffc\nd é") == "a\\x1b[31mb\\udcffc\nd é"
    assert paths.printable("\x9b31m\x07\r") == "\\x9b31m\\x07\\r"


def test_an_exercise_is_checked_in_a_terminal_of_ascii(tmp_path):
    code = "import labkit; labkit.check('00.1', ...); labkit.check('00.1', 10**9)"
    done = python(code, tmp_path, LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING=None, LANG=None)
    assert done.returncode == 0 and done.stdout.startswith("\\u25cb 00.1 not answered"), done.stderr


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return gzip.compress(head + array.tobytes())


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A server with four small files of MNIST's form, and torchvision's reader with their checksums."""
    (tmp_path / "served").mkdir()
    resources = []
    for name, shape in zip(vision._IDX, ((30, 28, 28), (30,), (20, 28, 28), (20,))):
        data = idx((np.arange(np.prod(shape)) % 10).reshape(shape).astype(np.uint8))
        (tmp_path / "served" / f"{name}.gz").write_bytes(data)
        resources.append((f"{name}.gz", hashlib.md5(data).hexdigest()))
    monkeypatch.setattr(torchvision.datasets.MNIST, "resources", resources)
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [])
    handler = lambda *words: Silent(*words, directory=str(tmp_path / "served"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_a_dataset_is_fetched_from_the_mirror_that_is_named(mirror, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LABKIT_MIRROR", "")
    half = tmp_path / "data" / "MNIST" / "raw" / f"{vision._IDX[0]}.gz"
    half.parent.mkdir(parents=True)
    half.write_bytes((tmp_path / "served" / half.name).read_bytes()[:50])  # an interrupted download
    assert main(["fetch", "mnist", "--mirror", mirror]) == 0
    said = capfd.readouterr().out
    assert "mnist: 30 training and 20 test images" in said
    assert main(["fetch", "mnist", "--mirror", "mirror"]) == 2 and "--mirror" in capfd.readouterr().err


def test_a_mirror_that_is_gone_is_said_in_one_line(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    monkeypatch.setenv("LABKIT_MIRROR", "")
    assert main(["fetch", "mnist", "--mirror", "http://127.0.0.1:9/"]) == 1
    said = capfd.readouterr().err.strip().splitlines()
    assert said[-1].startswith("lab: mnist could not be read or fetched into") and "Traceback" not in "".join(said)


def test_commands_that_need_the_project_s_folder_say_so(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    monkeypatch.setattr(sys.modules["labkit.notebook.finding"], "ROOT", tmp_path)
    for words in (
        ["test"],
        ["papers"],
        ["site"],
        ["slides", "05"],
        ["app", "05"],
        ["lab"],
        [],
        ["02"],
        ["reset", "05"],
        ["bundle"],
        ["fmt"],
    ):
        assert main(words) == 2
        assert "needs the project's folder" in capsys.readouterr().err
    assert main(["run", "crust"]) == 2 and "labkit's own are in its folder" in capsys.readouterr().err
