"""The front end's own tests, by Node's test runner: what is computed there, held to what labkit trains."""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from labkit.fit import begin
from labkit.generators import unmoved
from labkit.lessons.l00 import study
from labkit.panels import lessons, stored

HERE = Path(__file__).parent / "js"
TESTS = sorted(HERE.glob("*.test.mjs"))
pytestmark = pytest.mark.node


def in_float64(width, batch, rate, flips, epochs):
    """A training of plain SGD by labkit, in float64: its setting, labels and last weights."""
    task = study.noisy(rate, flips)
    train = replace(task.train, x=task.train.x.double(), val=replace(task.train.val, x=task.train.val.x.double()))
    task = replace(task, train=train, test=replace(task.test, x=task.test.x.double()))
    make_net = study.network(width)

    def make_double(shape, classes):
        return make_net(shape, classes).double()

    recipe = study.RECIPE | {"batch": batch}
    with unmoved():
        run, loop = begin("ERM", task, make_double, study.EPOCHS, study.SEED, recipe, "cpu")
        for _ in loop.run():
            if len(run.rows) == epochs:
                break
    parameters = torch.cat([p.detach().flatten() for p in loop.method.nets[0].parameters()])
    assert parameters.dtype == torch.float64
    given = "".join(map(str, task.train.y.tolist()))
    return {"width": width, "batch": batch, "given": given, "epochs": epochs, "parameters": parameters.tolist()}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """A file with what labkit trained, and the declared part of the panel of lesson 00."""
    sketch = lessons.sketch("00")
    (part,) = sketch.parts
    cases = [in_float64(64, 40, 0.1, [5], 100), in_float64(16, 12, 0.3, [0, 7], 20), in_float64(4, 40, 0.0, [], 100)]
    frames = {}
    for width in study.WIDTHS:
        frames[width] = stored.frame(sketch, sketch.moved(sketch.positions, width=width))["picture"]["world"]
    path = tmp_path_factory.mktemp("front") / "reference.json"
    path.write_text(json.dumps({"world": part["traits"], "cases": cases, "frames": frames}))
    return path


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_the_front_end_passes_its_own_tests(path, reference):
    env = {**os.environ, "LABKIT_REFERENCE": str(reference)}
    done = subprocess.run(["node", "--test", "--test-reporter=tap", path], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "# pass 0" not in done.stdout
