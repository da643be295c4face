"""The front end's own tests, of what is computed in the browser: tests/js, by Node's test runner."""

import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = sorted((Path(__file__).parent / "js").glob("*.test.mjs"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_what_the_front_end_computes(path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not there: install nodejs")
    done = subprocess.run([node, "--test", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
