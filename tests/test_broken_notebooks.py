"""A paper's notebook notices when the method that it is about is broken: one of its compared outputs changes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.checkout import MARKS
from labkit.cli import ROOT
from labkit.cli.test import NBVAL, QUIET

BREAKS = {  # notebook: file, what it says, what is put there instead
    "crust": ("coreset/medoids.py", "np.argsort(totals", "np.argsort(-totals"),  # the noisy half
    "prl": ("methods/prl_l.py", "return loss_gradient_norm(", "return -loss_gradient_norm("),  # keeps the largest
    "rmnw_net": ("methods/rmnw_net.py", '["ce", "mae"] = "mae"', '["ce", "mae"] = "ce"'),  # trusts the wrong labels
    "cdr_aux": (
        "methods/auxiliary.py",
        "super().loss(logits + self.lam *",
        "super().loss(logits + 0 *",
    ),  # b explains nothing
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_method_makes_a_check_of_its_notebook_fail(name, tmp_path):
    file, said, instead = BREAKS[name]
    package = Path(shutil.copytree(ROOT / "labkit", tmp_path / "labkit"))
    for part in MARKS:
        (tmp_path / part).symlink_to(ROOT / part)
    text = (package / file).read_text()
    assert text.count(said) == 1
    (package / file).write_text(text.replace(said, instead))
    env = os.environ | QUIET | {"LABKIT_FAST": "1", "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    words = ["-q", "-x", "-p", "no:cacheprovider", *NBVAL, f"notebooks/{name}.ipynb"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout[-2000:]
    assert "Notebook cell output" in done.stdout or "mismatch" in done.stdout, done.stdout[-2000:]
