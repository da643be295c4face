"""Many notebooks in one kernel: each finds what it would find in a new one, whatever the others did."""

import json
import re
import signal
import subprocess
import sys
import textwrap
import time
from threading import Thread

import nbformat
import pytest
from conftest import hears_ctrl_c
from nbformat.v4 import new_code_cell, new_notebook

from labkit.notebook import Warm, execute

LOOK = [
    "x = 1",
    "names = sorted(globals())\nprint(names)\nprint(In[1:], Out)",
    "import builtins, logging, os, random, sys, threading, warnings",
    "print(os.path.basename(os.getcwd()), [os.path.basename(place) for place in _dh], sys.path, len(sys.argv))",
    "print(sorted(os.environ), os.environ['HOME'], sys.getrecursionlimit(), logging.root.level, logging.root.handlers)",
    "import helper\nprint(helper.VALUE, hasattr(builtins, 'left'), type(sys.stdout).__name__)",
    "import matplotlib as mpl, numpy as np, pandas as pd, torch\nfrom matplotlib import pyplot as plt",
    "print(plt.get_fignums())\nwarnings.warn('look')\nplt.plot([1, 2]);",
    "print(mpl.get_backend(), {**mpl.rcParams})",
    "print(torch.get_num_threads(), torch.get_default_dtype(), torch.get_default_device(), torch.is_grad_enabled())",
    "print(torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark, torch.ones(3) / 3)",
    "print(np.geterr(), np.get_printoptions(), pd.get_option('display.max_rows'), pd.get_option('display.precision'))",
    "1\n2",
    "%load_ext autoreload\nimport labkit\nnoise = labkit.noise.symmetric(0.4)",
    "task = labkit.corrupt(labkit.load('digits', n=200), noise, seed=0)",
    "labkit.fit('ERM', task, 'mlp', 1, seed=0).history.drop(columns='seconds')",
]
DRAW = ["print(random.random(), np.random.rand(2), torch.rand(2))"]
SPOIL = [
    "import builtins, gc, logging, os, random, sys, warnings\nprint = names = x = y = 2\nleft = builtins.left = 3",
    "os.environ.update(NEW='1', HOME='elsewhere')\nos.environ.pop('PATH')\nsys.path.insert(0, '/nowhere')",
    "import helper\nsys.argv.append('more')\nsys.setrecursionlimit(5000)\nos.chdir('/')\ngc.disable()",
    "import matplotlib as mpl, numpy as np, pandas as pd, torch\nfrom matplotlib import pyplot as plt",
    "import ipywidgets\nslider = ipywidgets.IntSlider()\n%load_ext autoreload\n%autoreload 2",
    "from matplotlib_inline.backend_inline import set_matplotlib_formats\nset_matplotlib_formats('svg')",
    "plt.rcParams.update({'lines.linewidth': 9, 'figure.dpi': 30})\nplt.figure(), plt.switch_backend('agg')",
    "warnings.simplefilter('ignore')\nlogging.basicConfig(level=10)\nrandom.seed(7), np.random.seed(7)",
    "torch.manual_seed(7), torch.set_num_threads(2 if torch.get_num_threads() == 1 else 1)",
    "torch.set_default_dtype(torch.float64)\ntorch.set_grad_enabled(False), torch.set_printoptions(precision=1)",
    "torch.use_deterministic_algorithms(True)\ntorch.backends.cudnn.benchmark = not torch.backends.cudnn.benchmark",
    "np.seterr(all='ignore')\nnp.set_printoptions(precision=1)",
    "pd.set_option('display.max_rows', 3, 'display.precision', 1)",
    "torch.set_default_device('meta')\nget_ipython().ast_node_interactivity = 'all'\nsys.stdout = sys.stderr",
]


def written(folder, cells, helper=1):
    """A notebook in a folder of its own, with a module beside it, and tagged parameters. -> Path"""
    folder.mkdir()
    (folder / "helper.py").write_text(f"VALUE = {helper}")
    cells = [new_code_cell(source) for source in cells]
    cells[0].metadata.tags = ["parameters"]
    nbformat.write(new_notebook(cells=cells), folder / "notebook.ipynb")
    return folder / "notebook.ipynb"


def run(notebook, kernel=None, given=None, **how):
    """Execute a notebook beside itself. -> what execute says, the code cells of what was kept"""
    out = notebook.with_name("out.ipynb")
    said = execute(notebook, out, given or {}, kernel, **how)
    return said, [cell for cell in nbformat.read(out, as_version=4).cells if cell.cell_type == "code"]


def shown(cells):
    """What the cells show, wherever they ran, and in however many pieces it came. -> list"""
    return [(cell.source, cell.execution_count, *whole(cell.outputs)) for cell in cells]


def whole(outputs):
    """What was printed to either stream, and the other outputs of a cell. -> texts"""
    streams = [output for output in outputs if output.output_type == "stream"]
    printed = ["".join(s.text for s in streams if s.name == name) for name in ("stdout", "stderr")]
    printed = [re.sub(r"ipykernel_\d+", "ipykernel", text) for text in printed]
    return *printed, json.dumps([output for output in outputs if output not in streams])


@pytest.fixture(scope="module")
def kernel():
    warm = Warm()
    yield warm
    warm.close()


def pid(kernel, folder):
    """The process that a notebook runs in."""
    said, cells = run(written(folder, ["x = 1", "import os; print(os.getpid())"]), kernel)
    assert said is None and [cell.execution_count for cell in cells] == [1, 2]
    return int(cells[1].outputs[0].text)


def test_a_notebook_shows_the_same_in_a_new_kernel_and_after_any_other(kernel, tmp_path):
    look, spoil = written(tmp_path / "look", LOOK + DRAW), written(tmp_path / "spoil", SPOIL, helper=2)
    _, new = run(look)
    process = pid(kernel, tmp_path / "before")
    (said, first), (spoilt, _), (_, again) = run(look, kernel), run(spoil, kernel), run(look, kernel)
    assert said is spoilt is None and pid(kernel, tmp_path / "after") == process
    assert shown(first) == shown(again)
    assert shown(first[:-1]) == shown(new[:-1])


def test_the_failed_cell_is_told_and_the_next_notebook_has_another_kernel(kernel, tmp_path):
    failing = written(tmp_path / "failing", ["x = 1", "", "print(x)", "def f():\n    1 / (x - 2)\nf()", "print(3)"])
    process = pid(kernel, tmp_path / "before")
    (failed, cells), (fresh, _) = run(failing, kernel, {"x": 2}), run(failing, None, {"x": 2})
    assert failed == fresh and failed.cell == 4 and failed.error == "ZeroDivisionError: division by zero"
    assert "1 / (x - 2)" in failed.traceback
    assert [cell.execution_count for cell in cells] == [1, 2, None, 3, 4, None]
    assert pid(kernel, tmp_path / "after") != process


def test_a_notebook_finds_the_environment_of_now(kernel, tmp_path, monkeypatch):
    ask = written(tmp_path / "ask", ["x = 1", "import os; print(os.environ.get('LABKIT_FAST'))"])
    found, process = [], pid(kernel, tmp_path / "before")
    for value in ("1", None, "0"):
        monkeypatch.setenv("LABKIT_FAST", value) if value else monkeypatch.delenv("LABKIT_FAST")
        found.append(run(ask, kernel)[1][1].outputs[0].text)
    assert found == ["1\n", "None\n", "0\n"] and pid(kernel, tmp_path / "after") == process


@pytest.mark.slow
@pytest.mark.parametrize(
    "cell, error",
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "DeadKernelError: Kernel died"),
        ("import time; time.sleep(600)", "CellTimeoutError"),
        ("import os, signal, time; os.kill(os.getpid(), signal.SIGINT); time.sleep(600)", "KeyboardInterrupt"),
    ],
)
def test_a_kernel_that_died_or_hung_is_replaced(cell, error, kernel, tmp_path):
    process = pid(kernel, tmp_path / "before")
    said, cells = run(written(tmp_path / "ends", ["x = 1", "print(x)", cell]), kernel, timeout=5)
    assert said.cell == 3 and error in said.traceback
    assert cells[1].outputs[0].text == "1\n"
    assert pid(kernel, tmp_path / "after") != process


@pytest.mark.slow
def test_a_kernel_in_which_something_still_runs_is_replaced(kernel, tmp_path):
    process = pid(kernel, tmp_path / "before")
    thread = "import threading, time; threading.Thread(target=time.sleep, args=(600,), daemon=True).start()"
    assert run(written(tmp_path / "thread", ["x = 1", thread]), kernel)[0] is None
    assert pid(kernel, tmp_path / "after") != process


@pytest.mark.slow
def test_a_kernel_is_replaced_when_it_is_old(tmp_path):
    kernel = Warm(limit=2)
    pids = [pid(kernel, tmp_path / str(k)) for k in range(3)]
    assert pids[0] == pids[1] != pids[2]
    kernel.close()
    assert gone(pids[2])


@pytest.mark.slow
def test_threads_share_a_kernel_one_after_the_other(kernel, tmp_path):
    pids = []
    threads = [Thread(target=lambda k=k: pids.append(pid(kernel, tmp_path / str(k)))) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pids) == 4 and len(set(pids)) == 1


USER = """\
import sys
from pathlib import Path
from threading import Thread
from labkit.notebook import Warm, execute

folder, kernel = Path(sys.argv[1]), Warm()
def one(name):
    print(execute(folder / name, folder / f"{name}.{sys.argv[2]}.ipynb", {}, kernel), flush=True)
"""


def user(folder, what, mark="0"):
    """Another process that runs notebooks of a folder. -> Popen"""
    code = USER + textwrap.dedent(what)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "preexec_fn": hears_ctrl_c}
    return subprocess.Popen([sys.executable, "-c", code, folder, mark], **pipes)


def sleeping(folder):
    """A notebook that tells its process and sleeps, and one that tells it. -> where they tell it"""
    told = folder / "told" / "pid"
    tell = f"import os, pathlib; new = pathlib.Path({f'{told}.new'!r})\n"
    tell += f"new.write_text(str(os.getpid())); new.rename({str(told)!r})"
    written(folder / "told", ["x = 1", tell]).rename(folder / "tell.ipynb")
    written(folder / "sleep", ["x = 1", tell, "import time; time.sleep(600)"]).rename(folder / "sleep.ipynb")
    return told


def until(true, seconds=120):
    """Wait for something; fail when it does not come."""
    for _ in range(seconds * 10):
        if true():
            return
        time.sleep(0.1)
    pytest.fail("waited in vain")


def gone(process):
    """Has a process ended? One that nobody has asked about yet has, too."""
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_no_kernel_is_left_by_a_process_that_is_killed(end, tmp_path):
    told = sleeping(tmp_path)
    with user(tmp_path, "one('sleep.ipynb')") as process:
        until(told.exists)
        assert not gone(int(told.read_text()))
        process.send_signal(end)
    until(lambda: gone(int(told.read_text())), 20)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_ctrl_c_ends_the_notebook_and_the_next_one_runs(tmp_path):
    told = sleeping(tmp_path)
    what = """\
    try:
        one("sleep.ipynb")
    except KeyboardInterrupt:
        one("tell.ipynb")
    """
    with user(tmp_path, what) as process:
        until(told.exists)
        first = told.read_text()
        process.send_signal(signal.SIGINT)
        said, noise = process.communicate()
    assert (said, noise) == ("None\n", "") and told.read_text() != first
    assert gone(int(first)) and gone(int(told.read_text()))


@pytest.mark.slow
def test_several_processes_start_their_kernels_at_once(tmp_path):
    written(tmp_path / "quick", ["x = 1", "print(x)"]).rename(tmp_path / "quick.ipynb")
    what = "thread = Thread(target=one, args=('quick.ipynb',)); thread.start(); thread.join(); one('quick.ipynb')"
    processes = [user(tmp_path, what, str(k)) for k in range(4)]
    assert [process.communicate() for process in processes] == [("None\nNone\n", "")] * 4
