"""The notebook that shows one training: executed for every kind of run that a store holds."""

from dataclasses import replace

import nbformat
import pytest
from tools import digits, faces

import labkit
from labkit.errors import Diverged
from labkit.notebook import Warm, execute
from labkit.runs.sweep.notebooks import SHOWS


@pytest.fixture(scope="module")
def kernel():
    warm = Warm()
    yield warm
    warm.close()


def shown(folder, kernel):
    """Execute it for a folder. -> what execute says, the outputs"""
    out = folder / "run.ipynb"
    failed = execute(SHOWS, out, {"folder": str(folder)}, kernel)
    return failed, [output for cell in nbformat.read(out, as_version=4).cells for output in cell.get("outputs", [])]


def text(outputs):
    """All words in them."""
    return "\n".join(str(words) for o in outputs for words in [o.get("text"), *o.get("data", {}).values()])


def figures(outputs):
    """How many there are."""
    return sum("image/png" in output.get("data", {}) for output in outputs)


@pytest.mark.parametrize(
    "method, task", [("GCE", digits), ("Huber", faces), ("ERM", lambda: labkit.load("digits", n=200))]
)
def test_a_finished_run_is_shown(method, task, kernel, tmp_path):
    run = labkit.fit(method, task(), "mlp", 2, seed=0, store=tmp_path)
    failed, outputs = shown(tmp_path / run.name, kernel)
    assert failed is None and figures(outputs) == 1
    words = text(outputs)
    assert run.name in words and "finished after 2 epochs" in words and run.about["hardware"] in words
    for criterion, score in run.accuracy.items():
        assert criterion in words and (f"{score:.4f}" in words or score != score)


def test_a_run_whose_truth_is_not_known_is_shown_as_such(kernel, tmp_path):
    task = digits()
    own = replace(task, truth=None, noise=None, test=replace(task.test, trusted=False))
    run = labkit.fit("ERM", own, "mlp", 2, seed=0, store=tmp_path)
    failed, outputs = shown(run.folder, kernel)
    assert failed is None and figures(outputs) == 1
    assert "truth not known" in text(outputs) and "test accuracy (given labels)" in text(outputs)


def test_a_training_that_diverged_is_shown(kernel, tmp_path):
    with pytest.raises(Diverged) as error:
        labkit.fit("ERM", faces(), "mlp", 3, seed=0, recipe={"lr": 1e9}, store=tmp_path)
    failed, outputs = shown(tmp_path / f"{error.value.run.name}.partial", kernel)
    assert failed is None and figures(outputs) == 1
    assert "ERM diverged: its loss is inf" in text(outputs)


def test_a_folder_without_a_run_is_named(kernel, tmp_path):
    failed, _ = shown(tmp_path, kernel)
    assert failed.cell == 3 and failed.error.startswith(f"ValueError: folder is '{tmp_path}'")
