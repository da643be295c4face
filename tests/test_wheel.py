"""An installed wheel without the project's folder: what README shows for Python runs, or says what it needs."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.M | re.S)
SOURCES = ("labkit", "pyproject.toml", "README.md", "LICENSE")
# runs the blocks one after the other; one that needs what is not here must say so in an error of labkit's, or miss a
# package
RUNNER = """\
import pathlib, sys, traceback
names = {"__name__": "__main__"}
for number, path in enumerate(sys.argv[1:]):
    try:
        exec(compile(pathlib.Path(path).read_text(encoding="utf-8"), path, "exec"), names)
        print("RAN", number, flush=True)
    except Exception as error:
        *_, (frame, _) = traceback.walk_tb(error.__traceback__)
        own = "labkit" in pathlib.Path(frame.f_code.co_filename).parts
        said = own and isinstance(error, (ValueError, FileNotFoundError)) or isinstance(error, ModuleNotFoundError)
        print("SAID" if said else "RAW", number, type(error).__name__, error)
"""
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="the layout of POSIX")]


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of a new environment with the built wheel, and everything else lent by the one that tests."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, source]
    subprocess.run([*pip, *build], check=True, capture_output=True)
    (wheel,) = folder.glob("noisy_label_lab-*.whl")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    own = Path(sysconfig.get_path("purelib", "venv", {"base": folder / "venv", "platbase": folder / "venv"}))
    install = ["install", "--no-deps", "--no-index", "--target", own, wheel]
    subprocess.run([*pip, *install], check=True, capture_output=True)
    (own / "lent.pth").write_text(sysconfig.get_path("purelib"))  # a path; its own .pth files are not read
    return folder / "venv" / "bin" / "python"


def run(python, cwd, *words, **env):
    """Run words in an empty folder, without git, with a home that is empty. -> CompletedProcess"""
    home = {"HOME": str(cwd), "PATH": str(cwd), "LABKIT_PROGRESS": "0", "OMP_NUM_THREADS": "1", **env}
    return subprocess.run([python, *map(str, words)], cwd=cwd, env=home, capture_output=True, text=True)


def test_the_package_is_that_of_the_wheel_and_its_name_is_free(python, tmp_path):
    code = "import labkit, importlib.metadata as m; print(labkit.__file__, m.version('noisy-label-lab'))"
    done = run(python, tmp_path, "-c", code)
    typed = Path(done.stdout.split()[0]).with_name("py.typed")
    assert typed.exists(), done.stderr
    assert str(python.parents[1]) in done.stdout and str(ROOT) not in done.stdout, done.stderr


def test_what_readme_shows_for_python_runs_or_says_what_it_needs(python, tmp_path):
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    for number, block in enumerate(blocks):
        (tmp_path / f"block_{number}.py").write_text(block, encoding="utf-8")
    (tmp_path / "empty").mkdir()
    paths = sorted(tmp_path.glob("block_*.py"), key=lambda path: int(path.stem.split("_")[1]))
    done = run(python, tmp_path / "empty", "-c", RUNNER, *paths)
    said = [line for line in done.stdout.splitlines() if line.startswith(("RAN", "SAID", "RAW"))]
    assert len(said) == len(blocks) >= 2 and not [line for line in said if line.startswith("RAW")], done.stdout
    assert said[0] == "RAN 0", done.stdout + done.stderr


MORE = """\
import labkit
task = labkit.corrupt(labkit.load("digits", n=60), labkit.noise.symmetric(0.4), seed=0)
run = labkit.fit("ERM", task, "mlp", 1, 0, store="runs", progress=False)
assert run.about["commit"] is None and labkit.results("runs")["method"].tolist() == ["ERM"]
labkit.plot.memorisation(run), labkit.show(labkit.methods.CDR), labkit.report(run, "report.html")
assert labkit.check("00.1", ...) is False and labkit.panel("01") is not None
plan = {"fit": {"data": "digits", "n": 60, "net": "mlp", "epochs": 1, "method": "ERM"}, "grid": {"seed": [0, 1]}}
from labkit.runs.sweep import Plan
assert len(Plan.read({**plan, "store": "runs"}).points) == 2
"""


def test_more_of_the_package_works_without_the_project_s_folder(python, tmp_path):
    done = run(python, tmp_path, "-c", MORE)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.html").exists() and (tmp_path / "runs").is_dir()


CONTENT = """\
import hashlib, json
import labkit
from labkit import rooms

def summary():
    panels = {name: repr(labkit.panel(name)) for name in rooms.lessons("panel")}
    exercises = {name: labkit.check(name, ...) for name in ("00.1", "02.1", "11.1")}
    papers = {}
    for paper in labkit.ledger.STEMS:
        rows = labkit.ledger.ledger(paper)
        text = rows.to_json(orient="records", double_precision=12)
        digest = hashlib.sha256(text.encode()).hexdigest()
        lines = len(labkit.ledger.overview(paper, rows=rows).data)
        papers[paper] = {"rows": len(rows), "runs": int(rows["n"].sum()), "digest": digest, "overview": lines}
    return {"panels": panels, "exercises": exercises, "papers": papers}

print(json.dumps(summary()))
"""


def test_panels_exercises_and_the_ledger_s_results_are_those_of_the_checkout(python, tmp_path):
    done = run(python, tmp_path, "-c", CONTENT)
    assert done.returncode == 0, done.stderr
    here = subprocess.run(
        [sys.executable, "-c", CONTENT], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    installed, checkout = (json.loads(stdout.splitlines()[-1]) for stdout in (done.stdout, here.stdout))
    assert installed == checkout
    assert len(installed["panels"]) > 10 and all(paper["runs"] > 0 for paper in installed["papers"].values())


PARAMETERS = """\
import sys
import labkit
from labkit.notebook import parameters
names = {name: eval(parameter.default) for name, parameter in parameters.read(sys.argv[1]).items()}
labkit.parameters(sys.argv[1], names)
names["epochs"] = -3
try:
    labkit.parameters(sys.argv[1], names)
except ValueError as error:
    print(error)
labkit.parameters("crust", names)
"""


def test_parameters_of_a_notebook_at_hand_are_checked_and_of_one_in_the_project_say_what_they_need(python, tmp_path):
    shutil.copy(ROOT / "notebooks" / "crust.ipynb", tmp_path / "mine.ipynb")
    done = run(python, tmp_path, "-c", PARAMETERS, "mine.ipynb")
    assert done.stdout.startswith("epochs is -3; it must be"), done.stdout + done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError") and "in its folder" in last, done.stderr


@pytest.mark.parametrize("words", [["papers"], ["app", "05"], ["site"]])
def test_what_needs_the_project_s_folder_says_so_in_a_sentence(python, tmp_path, words):
    done = run(python, tmp_path, "-m", "labkit", *words)
    assert done.returncode == 2 and "needs the project's folder" in done.stderr and "Traceback" not in done.stderr


def test_commands_that_need_no_folder_work(python, tmp_path):
    assert run(python, tmp_path, "-m", "labkit", "--version").stdout.startswith("labkit ")
    done = run(python, tmp_path, "-m", "labkit", "doctor")
    assert done.returncode == 0 and "missing git" in done.stdout, done.stdout + done.stderr
    done = run(python, tmp_path, "-m", "labkit", "run", "crust")
    assert done.returncode == 2 and "labkit's own are in its folder" in done.stderr
    (tmp_path / "plan.yml").write_text(
        "fit: {data: digits, net: mlp, epochs: 1, method: ERM, n: 60}\ngrid: {seed: [0, 1]}\nstore: ~/runs\n"
    )
    done = run(python, tmp_path, "-m", "labkit", "sweep", "plan.yml", "--dry")
    assert done.stdout.startswith(f"2 trainings -> {tmp_path / 'runs'}"), done.stderr
