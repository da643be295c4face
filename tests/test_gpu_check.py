"""The script for the day when there is a GPU (tests/gpu_check.py), tried on the CPU and on a fake GPU."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import gpu_check
import pytest
import torch
from cases import CASES, Case
from fake_cuda import FakeCuda

from labkit.method import Method
from labkit.methods import CRUST, ERM, MWNet

SCRIPT = Path(gpu_check.__file__)
ABSENT = ("safetensors", "filelock", "tqdm", "platformdirs", "dask", "distributed", "plotly", "psutil", "PIL")
BARE = f"""
import runpy, sys
sys.modules.update(dict.fromkeys({ABSENT}, None))  # to import one of them is an error
sys.argv, sys.path[0] = ["gpu_check.py", *sys.argv[1:]], {str(SCRIPT.parent)!r}
runpy.run_path({str(SCRIPT)!r}, run_name="__main__")
"""


def run(*words):
    """The script in a process of its own that has the packages of a bare machine. -> CompletedProcess"""
    return subprocess.run([sys.executable, "-c", BARE, *map(str, words)], capture_output=True, text=True, check=False)


def test_on_the_cpu_it_fills_its_table_without_the_packages_of_a_store(tmp_path):
    path = tmp_path / "results.json"
    done = run(path, "--device", "cpu", "--methods", "ERM", "Mixup")
    assert done.returncode == 0, done.stderr
    result = json.loads(path.read_text())
    assert [row["method"] for row in result["rows"]] == ["ERM", "Mixup"] and result["facts"]["left"] == []
    for row in result["rows"]:
        assert row["difference"] == row["resume"] == 0 and row["steps_per_second"] > 0 and row["error"] == ""
    assert "| Mixup | 0 |" in done.stdout


def test_it_stops_in_time_with_what_it_has(tmp_path):
    path, methods = tmp_path / "results.json", ["CRUST", "ERM", "AUX"]
    status = gpu_check.main([str(path), "--device", "cpu", "--seconds", "0.01", "--methods", *methods])
    result = json.loads(path.read_text())
    assert status == 1 and result["facts"]["left"] == ["ERM", "AUX"]
    assert result["rows"][0]["difference"] == 0 and result["rows"][0]["error"] == "no time was left"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_what_it_needs(capsys):
    assert gpu_check.main([]) == 2
    assert "needs a CUDA device" in capsys.readouterr().out


@pytest.mark.parametrize("cls", [CRUST, MWNet], ids=lambda cls: cls.__name__)
def test_draws_of_the_cpu_are_copied_so_that_methods_can_be_compared(cls):
    with FakeCuda():
        row = gpu_check.compare(cls, "cuda")
    assert row["difference"] == 0 and row["draws"] > 0


def test_a_resume_on_the_device_is_compared():
    with FakeCuda():
        assert gpu_check.resume(CRUST, "cuda")["resume"] == 0


@dataclass(kw_only=True, eq=False)
class OtherThere(Method):
    """Plain SGD whose loss is larger on a GPU, and whose second training on it forgets its momentum."""

    def loss(self, logits, y, i):
        return super().loss(logits, y, i) * (1.01 if logits.device.type == "cuda" else 1.0)

    def load_state_dict(self, state):
        super().load_state_dict(state)
        self.opts[0].state.clear()


def test_what_differs_on_the_device_is_found(monkeypatch):
    monkeypatch.setitem(CASES, OtherThere, Case())
    with FakeCuda():
        row = {"error": ""} | gpu_check.compare(OtherThere, "cuda") | gpu_check.resume(OtherThere, "cuda")
    assert row["difference"] > gpu_check.EXACT and row["resume"] > gpu_check.RESUMED and not gpu_check.is_well(row)


def test_one_method_that_fails_leaves_the_others_their_rows(monkeypatch):
    monkeypatch.setattr(OtherThere, "load_state_dict", lambda self, state: 1 / 0)
    monkeypatch.setitem(CASES, OtherThere, Case())
    monkeypatch.setattr(gpu_check.measure, "__defaults__", (0.01,))
    result = gpu_check.check([OtherThere, ERM], "cpu", 60, lambda result: None)
    assert "ZeroDivisionError" in result["rows"][0]["error"] and gpu_check.is_well(result["rows"][1])
    assert result["rows"][0]["difference"] == 0 and "| OtherThere |" in gpu_check.markdown(result["rows"])
