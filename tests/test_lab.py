"""The script ./lab, run for real on a small project of the same shape, without a network."""

import ast
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import hears_ctrl_c

pytestmark = pytest.mark.skipif(os.name != "posix", reason="its stand-ins for uv and for Python are shell scripts")
ROOT = Path(__file__).parents[1]
LAB = ROOT / "lab"
MAIN = """\
import os, sys, time
print("labkit in", os.path.dirname(__file__), "got", sys.argv[1:], "at", os.path.expanduser("~"), flush=True)
if sys.argv[1:2] == ["exit"]:
    sys.exit(int(sys.argv[2]))
if sys.argv[1:2] == ["wait"]:
    try:
        print("waiting", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        sys.exit(5)
"""
PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "labkit"
version = "0"
"""
# the least that pip takes for an editable install, or for a wheel
BACKEND = """\
import os, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None, name="labkit", file="labkit.pth", text=None):
    info, wheel = name + "-0.dist-info/", name + "-0-py3-none-any.whl"
    files = {file: os.getcwd() if text is None else text, info + "RECORD": "",
             info + "METADATA": "Metadata-Version: 2.1\\nName: %s\\nVersion: 0\\n" % name,
             info + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
    with zipfile.ZipFile(os.path.join(folder, wheel), "w") as z:
        for path, text in files.items():
            z.writestr(path, text)
    return wheel
"""
UV = """\
#!{python}
import subprocess, sys
words = sys.argv[1:]
print("uv got", words, flush=True)
words.remove("--compile-bytecode")  # what pip does without being told
at = words.index("--python")
python = words[at + 1]
del words[at:at + 2]
sys.exit(subprocess.call([python, "-m", *words]))
"""
OFFLINE = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_INDEX_URL": "http://127.0.0.1:9/",
    "PIP_RETRIES": "0",
    "PIP_CACHE_DIR": "",
}


def project(folder):
    """A project of labkit's shape whose lock is empty."""
    (folder / "labkit").mkdir(parents=True)
    shutil.copy(LAB, folder / "lab")
    texts = {"requirements.lock": "", "pyproject.toml": PROJECT, "backend.py": BACKEND, "labkit/__main__.py": MAIN}
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


def settings(**more):
    """The environment of a call: no uv, no LABKIT_PYTHON, no network, and what is asked for."""
    kept = {name: value for name, value in os.environ.items() if name not in ("LABKIT_PYTHON", "PYTHONPATH")}
    path = [p for p in kept["PATH"].split(os.pathsep) if not shutil.which("uv", path=p)]
    return {**kept, **OFFLINE, "PATH": os.pathsep.join(path), **more}


def lab(folder, *words, before="", **more):
    """Run its ./lab; `before` is Python that changes the interpreter first. -> CompletedProcess, stderr in stdout"""
    start = [str(folder / "lab")]
    if before:
        run = "import sys, runpy; sys.argv.pop(0); {}; runpy.run_path({!r}, run_name='__main__')"
        start = ["-c", run.format(before, *start), *start]
    call = {"env": settings(**more), "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.run([sys.executable, *start, *words], **call, timeout=300)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project with its .venv, made by two ./lab started at once."""
    folder = project(tmp_path_factory.mktemp("made") / "project")
    command = [sys.executable, str(folder / "lab"), "exit", "0"]
    call = {"env": settings(), "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    both = [subprocess.Popen(command, **call) for _ in range(2)]
    folder.with_name("texts").write_text("\n".join(p.communicate(timeout=300)[0] for p in both))
    assert [p.returncode for p in both] == [0, 0], folder.with_name("texts").read_text()
    return folder


def copy(made, folder):
    """Another such project; a copy needs to be mended, for its labkit is elsewhere."""
    return Path(shutil.copytree(made, folder / "copy", symlinks=True))


def test_two_at_once_make_one_environment(made):
    text = made.with_name("texts").read_text()
    assert text.count("first use: making .venv") == 1 and text.count("ready after") == 1
    assert text.count("waiting for it") == 1
    assert text.count(f"labkit in {made / 'labkit'} got ['exit', '0']") == 2


def test_a_second_call_goes_straight_to_labkit(made):
    done = lab(made, "run", "x", "-p", "rate", "0.4", "--help")
    assert done.stdout.startswith("labkit in") and "['run', 'x', '-p', 'rate', '0.4', '--help']" in done.stdout


def test_exit_status_and_ctrl_c_are_labkits(made):
    assert lab(made, "exit", "7").returncode == 7
    call = {"env": settings(), "stdout": subprocess.PIPE, "preexec_fn": hears_ctrl_c}
    child = subprocess.Popen([sys.executable, str(made / "lab"), "wait"], **call)
    assert [child.stdout.readline()[:9] for _ in range(2)] == [b"labkit in", b"waiting\n"]
    child.send_signal(signal.SIGINT)
    assert child.wait(30) == 5


@pytest.mark.slow
def test_lock_and_project_are_followed_by_uv_where_it_is(made, tmp_path):
    folder, tools = copy(made, tmp_path), tmp_path / "tools"
    tools.mkdir()
    (tools / "uv").write_text(UV.format(python=sys.executable))
    (tools / "uv").chmod(0o755)
    wheel = "import backend; backend.build_editable('.', name='tiny', file='tiny.py', text='')"
    subprocess.run([sys.executable, "-c", wheel], cwd=folder, check=True)
    (folder / "requirements.lock").write_text(f"tiny @ {(folder / 'tiny-0-py3-none-any.whl').as_uri()}\n")
    done = lab(folder, "exit", "0", PATH=f"{tools}{os.pathsep}{settings()['PATH']}")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("uv got ['pip', 'install'") == 2
    assert "making .venv" not in done.stdout and f"labkit in {folder / 'labkit'}" in done.stdout
    assert subprocess.call([folder / ".venv/bin/python", "-c", "import tiny"]) == 0
    (folder / "pyproject.toml").write_text(PROJECT + "description = 'changed'\n")
    assert "installing labkit itself" in lab(folder, "exit", "0").stdout


@pytest.mark.slow
def test_no_network_is_said_and_harms_nothing(made, tmp_path):
    folder = copy(made, tmp_path)
    (folder / "requirements.lock").write_text("there-is-no-such-package-anywhere==1.0\n")
    done = lab(folder)
    assert done.returncode == 1 and "is there a network" in done.stdout and "Traceback" not in done.stdout
    (folder / "requirements.lock").write_text("")
    done = lab(folder, "exit", "0")
    assert done.returncode == 0 and "making .venv" not in done.stdout


@pytest.mark.slow
def test_a_set_up_that_was_killed_is_made_anew(made, tmp_path):
    folder = copy(made, tmp_path)
    (folder / "requirements.lock").write_text("#\n")
    call = {"env": settings(), "stdout": subprocess.PIPE, "text": True, "start_new_session": True}
    child = subprocess.Popen([sys.executable, str(folder / "lab")], **call)
    assert child.stdout.readline().startswith("lab: installing")
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert (folder / ".lab-lock").read_text()
    done = lab(folder, "exit", "0")
    assert done.returncode == 0 and "making .venv" in done.stdout and not (folder / ".lab-lock").read_text()


def test_a_link_in_the_place_of_venv_is_replaced_and_its_target_stays(tmp_path):
    folder, other = project(tmp_path / "project"), tmp_path / "other"
    other.mkdir()
    (other / "kept").write_text("of another project")
    (folder / ".venv").symlink_to(other)
    done = lab(folder, "exit", "0")
    assert done.returncode == 0 and "making .venv" in done.stdout
    assert (other / "kept").exists() and not (folder / ".venv").is_symlink()


def test_a_full_disk_is_said_before_anything_is_fetched(tmp_path):
    folder = project(tmp_path / "project")
    before = "import shutil, types; shutil.disk_usage = lambda path: types.SimpleNamespace(free=10**9)"
    done = lab(folder, before=before)
    assert done.returncode == 1 and "1.0 GB free" in done.stdout and "Traceback" not in done.stdout
    assert not (folder / ".venv").exists()


@pytest.mark.slow
def test_an_old_python_starts_a_newer_one(made, tmp_path):
    folder = copy(made, tmp_path)
    shutil.rmtree(folder / ".venv")
    old = "sys.version_info = (3, 9, 1, 'final', 0)"
    (tmp_path / "python3.13").write_text("#!/bin/sh\nexit 127\n")  # what pyenv puts there for a version it lacks
    (tmp_path / "python3.12").write_text(f'#!/bin/sh\necho newer >&2\nexec {sys.executable} "$@"\n')
    for name in ("python3.13", "python3.12"):
        (tmp_path / name).chmod(0o755)
    done = lab(folder, "exit", "3", before=old, PATH=f"{tmp_path}{os.pathsep}/bin")
    assert done.returncode == 3 and "newer" in done.stdout
    shutil.rmtree(folder / ".venv")
    done = lab(folder, before=old, PATH=str(folder))
    assert done.returncode == 1 and "Python 3.11 to 3.14 is needed, this is 3.9" in done.stdout


def test_an_old_python_can_read_the_script():
    ast.parse(LAB.read_text(encoding="ascii"), feature_version=(3, 4))


def test_labkit_python_is_taken_as_it_is(made, tmp_path):
    folder = project(tmp_path / "project")
    done = lab(folder, "exit", "4", LABKIT_PYTHON=sys.executable)
    assert done.returncode == 4 and f"labkit in {folder / 'labkit'}" in done.stdout
    assert not (folder / ".venv").exists()
    done = lab(folder, LABKIT_PYTHON=str(made / ".venv/bin/python"))
    assert done.returncode == 1 and "lacks torch" in done.stdout
    done = lab(folder, LABKIT_PYTHON=str(tmp_path / "nothing"))
    assert done.returncode == 1 and "nothing: Python 3.11 to 3.14 is needed" in done.stdout


def test_home_may_be_empty_or_missing(made):
    assert f"at {Path('~').expanduser()}" in lab(made, HOME=str(Path("~").expanduser())).stdout
    assert "at /" in lab(made, HOME="").stdout
    assert f"at {made / '.lab-home'}" in lab(made, HOME="/nowhere/at/all").stdout
