"""The commands of ./lab: what they check before they do anything, what they say, and how they end."""

import json
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import nbformat
import pytest
from conftest import pytest_runtest_setup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from labkit.cli import ROOT, doctor, how_to_open, main, run, split
from labkit.cli import lab as lab_command
from labkit.cli import papers as papers_command
from labkit.cli import test as test_command
from labkit.notebook import find, parameters

CELL = """\
rate: float = 0.4  # noise rate, in [0, 1)
epochs = 10
dataset = "digits"  # digits | mnist | cifar10
methods = ["ERM", "CDR"]  # one or more of: ERM | CDR | AUX
rates = [0.2, 1]  # of each world, in (0, 1]
fast = False
note: str | None = None  # a = b
anything = None
limit: "Optional[int]" = None
seeds: list[int] = []"""
NOISE = """\
import atexit, os, sys
words = "a library" + " complains "
get_ipython().kernel.log.error(words)
sys.__stderr__.write(words)
for place in (1, 2):
    atexit.register(os.write, place, words.encode())"""


@pytest.fixture
def notebook(tmp_path):
    """A notebook with parameters that says what it got and where it ran, and fails when it is told to."""
    cells = [
        new_code_cell(CELL, metadata={"tags": ["parameters"]}),
        new_code_cell("import os\nprint(rate, epochs, dataset, methods, os.getcwd())\nassert epochs > 0, 'no epochs'"),
        new_markdown_cell("the end"),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "tiny.ipynb")
    return tmp_path / "tiny.ipynb"


def check(notebook, *words):
    """What `-p name value` pairs are taken for."""
    return parameters.check(parameters.read(notebook), list(zip(words[::2], words[1::2])))


@pytest.mark.parametrize(
    "name, text, value",
    [
        ("rate", "0.3", 0.3),
        ("rate", "0", 0.0),
        ("rate", "1e-3", 0.001),
        ("epochs", "3", 3),
        ("dataset", "mnist", "mnist"),
        ("dataset", '"mnist"', "mnist"),
        ("methods", "[AUX, ERM]", ["AUX", "ERM"]),
        ("rates", "[1, 0.5]", [1, 0.5]),
        ("fast", "true", True),
        ("note", "12", "12"),
        ("note", "yes", "yes"),
        ("anything", "[1, a]", [1, "a"]),
        ("limit", "None", None),
        ("limit", "5", 5),
        ("seeds", "[1, 2]", [1, 2]),
    ],
)
def test_values_that_fit(notebook, name, text, value):
    got = check(notebook, name, text)[name]
    assert got == value and type(got) is type(value)


@pytest.mark.parametrize(
    "name, text, words",
    [
        ("rats", "0.3", "the parameter is 'rats'; it may be rate,"),
        ("epoch", "3", "did you mean 'epochs'?"),
        ("rate", "1", "rate is 1; it must be float, in [0, 1)"),
        ("rate", "-0.1", "rate is -0.1; it must be float, in [0, 1)"),
        ("rate", ".nan", "rate is nan"),
        ("rate", "0,4", "rate is '0,4'; it must be float"),
        ("rate", "true", "rate is True; it must be float"),
        ("epochs", "2.5", "epochs is 2.5; it must be int"),
        ("epochs", "[1]", "epochs is [1]; it must be int"),
        ("dataset", "minst", "dataset is 'minst'; it may be digits, mnist, cifar10 (did you mean 'mnist'?)"),
        ("methods", "CDR", "methods is 'CDR'; it must be list of str, for example ['ERM', 'CDR']"),
        ("methods", "[CDR, CDX]", "methods is 'CDX'; it may be ERM, CDR, AUX (did you mean 'CDR'?)"),
        ("methods", "[CDR, 3]", "methods is ['CDR', 3]; it must be list of str"),
        (
            "methods",
            "[]",
            "methods is []; it must be list of str, for example ['ERM', 'CDR'] (one or more of ERM | CDR",
        ),
        ("rates", "[0.2, 0]", "rates is [0.2, 0]; it must be list of float or int"),
        ("rates", "[0.2, 2]", "each in (0, 1]"),
        ("fast", "1", "fast is 1; it must be bool"),
        ("limit", "many", "limit is 'many'; it must be int or None"),
        ("seeds", "[1.5]", "seeds is [1.5]; it must be list of int"),
    ],
)
def test_values_that_do_not_fit(notebook, name, text, words, capsys):
    before = sorted(notebook.parent.iterdir())
    assert main(["run", str(notebook), "-p", name, text, "-o", str(notebook.parent / "out" / "x.ipynb")]) == 2
    said = capsys.readouterr().err
    assert said.startswith("lab: ") and said.count("\n") == 1 and words in said
    assert sorted(notebook.parent.iterdir()) == before


def test_a_parameter_is_given_once(notebook):
    with pytest.raises(ValueError, match="epochs is '2'; it must be given once"):
        check(notebook, "epochs", "1", "epochs", "2")


def test_a_notebook_without_parameters_takes_none(tmp_path):
    nbformat.write(new_notebook(cells=[new_code_cell("x = 1")]), tmp_path / "none.ipynb")
    with pytest.raises(ValueError, match="the parameter is 'x'; it must be left out"):
        check(tmp_path / "none.ipynb", "x", "1")


def test_run_keeps_what_it_ran(notebook, tmp_path, capfd):
    out = tmp_path / "out" / "done.ipynb"
    given = ["-p", "rate", "0", "-p", "methods", "[AUX]", "-p", "dataset", "mnist"]
    assert main(["run", str(notebook.with_suffix("")), *given, "-o", str(out)]) == 0
    said = capfd.readouterr()
    assert f"kept as {out}\n{how_to_open(out)}\n" in said.out
    outputs = nbformat.read(out, as_version=4).cells[2].outputs
    assert outputs[0].text == f"0.0 10 mnist ['AUX'] {tmp_path}\n"


@pytest.mark.parametrize("code, status", [(NOISE, 0), (f"{NOISE}\n1 / 0", 1), ("import os; os._exit(3)", 1)])
def test_what_a_kernel_says_is_not_in_the_terminal(code, status, notebook, tmp_path, capfd):
    stored = nbformat.read(notebook, as_version=4)
    stored.cells.append(new_code_cell(code))
    nbformat.write(stored, notebook)
    assert main(["run", str(notebook), "-o", str(tmp_path / "out.ipynb")]) == status
    said = capfd.readouterr()
    assert ("DeadKernelError" in said.err) is ("_exit" in code) and ("ZeroDivisionError" in said.err) is ("/ 0" in code)
    for words in ("IPKernelApp", "a library complains"):
        assert words not in said.out + said.err
    lines = [line for line in said.err.splitlines() if line and "Executing" not in line]
    assert bool(lines) is bool(status)


def test_the_last_words_of_a_kernel_that_died_are_said(notebook, tmp_path, capfd):
    stored = nbformat.read(notebook, as_version=4)
    code = "import os, sys\nsys.__stderr__.write('no memory ' * 2 + 'left')\nsys.__stderr__.flush()\nos._exit(3)"
    stored.cells.append(new_code_cell(code))
    nbformat.write(stored, notebook)
    assert main(["run", str(notebook), "-o", str(tmp_path / "out.ipynb")]) == 1
    assert "no memory no memory left" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["02", "2", "02_memorisation", "lessons/02", "lessons/02_memorisation.ipynb"])
def test_a_lesson_is_found_by_its_number(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find(name) == ROOT / "lessons/02_memorisation.ipynb"
    assert find(f"solutions/{name.removeprefix('lessons/')}") == ROOT / "lessons/solutions/02_memorisation.ipynb"
    assert split([name, "--no-browser"]) == ("lab", [name, "--no-browser"])
    assert split(["run", name]) == ("run", [name])
    (tmp_path / "02.ipynb").touch()
    assert find("02") == tmp_path / "02.ipynb"  # one's own comes first


def test_a_number_that_no_lesson_has_lists_them(capsys):
    for words in (["77"], ["lab", "77"], ["run", "77"]):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert "the notebook is '77.ipynb'; it may be notebooks/cdr_aux.ipynb" in said and "lessons/02_memo" in said


def test_what_was_kept_can_be_opened_as_it_is_said(monkeypatch, tmp_path, capsys):
    inside, outside = ROOT / "runs" / "a b.ipynb", tmp_path / "x.ipynb"
    for folder, begins in ((ROOT, "./lab"), (tmp_path, str(ROOT / "lab"))):
        monkeypatch.chdir(folder)
        for path in (inside, outside):
            words = shlex.split(how_to_open(path).removeprefix("open it: "))
            assert words[0] == begins and Path(words[1]).absolute() == path
    assert how_to_open(tmp_path / "a b.html") == f"open it in a browser: {(tmp_path / 'a b.html').as_uri()}"


def test_a_failing_cell_is_said_and_kept(notebook, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(run, "KEPT", tmp_path / "kept")
    assert main(["run", str(notebook), "-p", "epochs", "0"]) == 1
    (kept,) = (tmp_path / "kept").glob("tiny-*.ipynb")
    said = capfd.readouterr().err
    assert "AssertionError: no epochs" in said and str(kept) in said and "papermill" not in said.split("Exception")[-1]


def test_run_does_not_write_over_its_notebook(notebook, capsys):
    text = notebook.read_text()
    assert main(["run", str(notebook), "-o", str(notebook)]) == 2 and notebook.read_text() == text
    assert main(["run", str(notebook), "-o", str(notebook.with_suffix(".html"))]) == 2
    assert "ending .ipynb" in capsys.readouterr().err


def test_what_does_not_exist_has_a_neighbour(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys.modules["labkit.notebook.finding"], "ROOT", tmp_path)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "cdr_aux.ipynb").touch()
    for words, hint in [
        (["tset"], "'test'"),
        (["run", "notebooks/cdr_aus"], "'notebooks/cdr_aux.ipynb'"),
        (["lab", "cdr_aus"], "'notebooks/cdr_aux.ipynb'"),
        (["fetch", "minst"], "'mnist'"),
    ]:
        assert main(words) == 2
        assert f"did you mean {hint}?" in capsys.readouterr().err


def test_errors_that_are_not_labkits_own_keep_their_traceback(monkeypatch):
    monkeypatch.setattr(doctor, "main", lambda words: json.loads("{"))
    with pytest.raises(ValueError):
        main(["doctor"])


def test_help_names_every_command(capsys):
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    for command in ("lab", "reset", "run", "papers", "test", "fetch", "doctor", "bench", "fmt"):
        assert f"\n  {command} " in said
        with pytest.raises(SystemExit, match="0"):
            main([command, "--help"]) or sys.exit(0)


def test_doctor_says_what_is_here(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "fits torchvision" in said and f"missing mnist          {tmp_path / 'MNIST/raw'}: ./lab fetch mnist" in said


def test_doctor_speaks_without_torch(tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError('libcudart.so.13: cannot open')")
    call = [sys.executable, str(ROOT / "labkit/cli/doctor.py")]
    done = subprocess.run(call, env={**os.environ, "PYTHONPATH": str(tmp_path)}, text=True, capture_output=True)
    assert done.returncode == 1 and "BROKEN  torch          ImportError: libcudart.so.13: cannot open" in done.stdout
    assert "same index" in done.stdout and "git" in done.stdout and done.stdout.endswith("broken: torch, labkit\n")


def test_fetch_without_a_network_is_one_line(monkeypatch, tmp_path, capsys):
    import torchvision.datasets

    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])
    assert main(["fetch", "mnist"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("lab: mnist") and said.count("\n") == 1
    assert main(["fetch", "digits"]) == 0
    assert "digits: 1437 training and 360 test images" in capsys.readouterr().out


def test_a_port_in_use_is_passed_by(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        free = lab_command.free_port(port)
        assert free > port and f"port {port} is in use: JupyterLab takes {free}" in capsys.readouterr().out
        with pytest.raises(ValueError, match="all in use"):
            lab_command.free_port(port, 1)


def test_a_notebook_has_an_address(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work/00 é.ipynb").touch()
    assert lab_command.address(tmp_path / "work/00 é.ipynb", tmp_path) == "/lab/tree/work/00%20%C3%A9.ipynb"
    assert lab_command.address(tmp_path / "01.ipynb", tmp_path) == lab_command.address(Path("/x"), tmp_path) == "/lab"


def test_papers_runs_all_whatever_fails(notebook, monkeypatch, tmp_path, capfd):
    project = tmp_path / "project"
    (project / "notebooks").mkdir(parents=True)
    good, bad = (project / "notebooks" / name for name in ("b_good.ipynb", "a_bad.ipynb"))
    notebook.rename(good)
    for path in (bad, project / "notebooks" / "sweep.ipynb"):  # the dashboard is no paper, and is not run
        nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), path)
    monkeypatch.setattr(papers_command, "ROOT", project)
    for module in (papers_command, run):
        monkeypatch.setattr(module, "KEPT", project / "runs" / "notebooks")
    assert main(["papers"]) == 1
    said = capfd.readouterr().out
    assert said.endswith("1 done, 1 failed\n") and "ZeroDivisionError" in said
    assert f"open it in a browser: {good.with_suffix('.html').as_uri()}" in said and "ledger.html" in said
    assert main(["papers", "a_bad"]) == 1 and capfd.readouterr().out.endswith("0 done, 1 failed\n")
    for name in ("sweep", "b_god"):
        assert main(["papers", "b_good", name]) == 2
        assert f"the paper is '{name}'; it may be a_bad, b_good" in capfd.readouterr().err
    text = good.with_suffix(".html").read_text()
    assert "getcwd" in text and "0.4 10 digits" in text and not bad.with_suffix(".html").exists()
    assert "<script src" not in text and "https://cdnjs" not in text  # nothing is fetched by it
    book = (project / "notebooks/ledger.html").read_text()
    assert all(f">{paper}</h2>" in book for paper in ("CRUST", "PRL", "CDR+AUX", "RMNW-Net")) and "not run" in book
    assert (project / "runs/notebooks/b_good.ipynb").exists() and (project / "runs/notebooks/a_bad.ipynb").exists()


def test_a_page_holds_the_figures_that_turn_and_all_they_need():
    figure = {"data": [{"type": "surface", "z": [[1, 2], [3, 4]]}], "layout": {}, "config": {}}
    output = new_output("display_data", {"application/vnd.plotly.v1+json": figure})
    cells = [new_code_cell("figure", outputs=[output]) for _ in range(2)]
    text = papers_command.page(new_notebook(cells=cells), "x")
    assert text.count("Plotly.newPlot(") >= 2 and '"surface"' in text and "<script src" not in text
    assert len(text) < 1.5 * len(papers_command.page(new_notebook(cells=cells[:1]), "x"))  # plotly.js once


def test_a_page_with_formulas_holds_them_and_fetches_nothing():
    text = papers_command.page(new_notebook(cells=[new_markdown_cell("$x^2$")]), "x")
    assert "<script src" not in text and "<msup><mi>x</mi><mn>2</mn></msup>" in text and "STIX Two Math" in text


def checked(*outputs):
    """A notebook of compared cells that print what nbval is to look away from, and a number; with stored outputs."""
    sources = [
        "import time; print(time.strftime('%Y-%m-%d %H:%M:%S'), object(), __import__('os').__file__, '3.2 s')",
        "print(0.25)",
    ]
    cells = [
        new_code_cell(f"# NBVAL_CHECK_OUTPUT\n{source}", execution_count=n, outputs=[new_output("stream", text=text)])
        for n, (source, text) in enumerate(zip(sources, outputs), 1)
    ]
    return new_notebook(cells=cells)


@pytest.mark.parametrize("stored, failed", [("0.25\n", 0), ("0.26\n", 1)])
def test_notebooks_are_compared_but_for_times_and_places(stored, failed, tmp_path):
    before = "2020-01-01 00:00:00 <object object at 0x7f00> /elsewhere/python/os.py 14.5 s\n"
    nbformat.write(checked(before, stored), tmp_path / "checked.ipynb")
    words = [*test_command.NBVAL, "-p", "no:cacheprovider", str(tmp_path / "checked.ipynb")]
    assert test_command.pytest(words, dict(os.environ)) == (2 - failed, failed, 0)


def test_a_suite_that_cannot_run_is_a_failure(tmp_path):
    assert test_command.pytest(["--no-such-option", str(tmp_path)], dict(os.environ)) == (0, 1, 0)


def test_totals_are_counted_and_decide(capsys):
    suite = ElementTree.fromstring('<testsuite tests="9" failures="1" errors="2" skipped="3"/>')
    assert test_command.count(suite) == (3, 3, 3)
    assert test_command.report({"a": (0.1, (3, 0, 0)), "b": (2.0, (4, 0, 2))}) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "7 passed, 0 failed, 2 skipped"
    assert test_command.report({"a": (0.1, (3, 0, 0)), "b": (2.0, (4, 1, 0))}) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "7 passed, 1 failed"


def test_parts_are_run_as_asked(monkeypatch, capfd):
    calls = []
    record = lambda words, env: calls.append((words, env)) or (1, 0, 0)
    for name in ("command", "counting", "pytest"):
        monkeypatch.setattr(test_command, name, record)
    assert main(["test"]) == 0
    assert [words[-2:] for words, _ in calls[:2]] == [["ruff", "check"], ["format", "--check"]] and len(calls) == 4
    assert calls[3][1]["LABKIT_FAST"] == "1" and "--nbval-lax" in calls[3][0] and "loadfile" in calls[3][0]
    assert main(["test", "--all"]) == 0
    assert calls[-1][0][-1] == "tests/mutate.py" and calls[-3][1]["LABKIT_ALL"] == "1" and len(calls) == 9


@pytest.mark.parametrize(
    "code, counts",
    [
        ("print('x'); print('8 passed, 0 failed')", (8, 0, 0)),
        ("print('7 passed, 1 failed'); exit(1)", (7, 1, 0)),
        ("exit(1)", (0, 1, 0)),
    ],
)
def test_a_part_that_counts_for_itself(code, counts):
    assert test_command.counting([sys.executable, "-c", code], dict(os.environ)) == counts


@pytest.mark.parametrize("require, outcome", [("", pytest.skip), ("browser", pytest.skip), ("data", pytest.fail)])
def test_missing_data_is_skipped_or_fails(require, outcome, tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_REQUIRE", require)
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    with pytest.raises(outcome.Exception, match=f"mnist is not in {tmp_path}"):
        pytest_runtest_setup(marked(pytest.mark.data("digits", "mnist")))
    pytest_runtest_setup(marked(pytest.mark.data("digits")))


def test_slow_tests_wait_to_be_asked_for(monkeypatch):
    monkeypatch.setenv("LABKIT_ALL", "0")
    with pytest.raises(pytest.skip.Exception, match="lab test --all"):
        pytest_runtest_setup(marked(pytest.mark.slow))
    monkeypatch.setenv("LABKIT_ALL", "1")
    pytest_runtest_setup(marked(pytest.mark.slow))


def test_a_missing_chromium_fails_where_it_is_required(monkeypatch):
    monkeypatch.setenv("LABKIT_REQUIRE", "data browser")
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("LABKIT_CHROME", raising=False)
    with pytest.raises(pytest.fail.Exception, match="no Chromium"):
        pytest_runtest_setup(marked(pytest.mark.browser))


def marked(decorator):
    """What the setup hook asks of a test with this mark."""
    return SimpleNamespace(iter_markers=lambda name: [decorator.mark] if decorator.name == name else [])
