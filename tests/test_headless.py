"""Notebooks without a browser: plain papermill runs them, and a wrong parameter ends one before any training."""

import ast
import json
import os
import random
import re
import subprocess
import sys
from copy import deepcopy
from functools import cache

import nbformat
import papermill
import pytest
from jupyter_client.manager import start_new_kernel
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from labkit.notebook import ROOT, parameters

PAPERS = [ROOT / "notebooks" / f"{name}.ipynb" for name in ("crust", "prl", "cdr_aux", "rmnw_net")]
NOTEBOOKS = [path for place in ("notebooks", "lessons") for path in sorted((ROOT / place).glob("*.ipynb"))]
NAMED = {"ids": lambda path: path.stem}
TRAINS = re.compile(r"\b(fit|grid|Race|train|race|panel|table|towards|snapshots|begin)\(")
SMALL = {"LABKIT_FAST": "1", "LABKIT_PROGRESS": "0", "OMP_NUM_THREADS": "1"}
PLAIN = {name: value for name, value in os.environ.items() if name not in ("LABKIT_PROGRESS", "JPY_SESSION_NAME")}


@cache
def read(path):
    """A notebook as papermill reads it, without outputs."""
    notebook = load_notebook_node(str(path))
    for cell in code(notebook):
        cell.outputs = []
    return notebook


def code(notebook):
    """The code cells of a notebook."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def head(notebook):
    """Sources before the cell tagged `parameters`; that cell's, papermill's if there is one, and the next one's."""
    cells = code(notebook)
    tags = [cell.metadata.get("tags", []) for cell in cells]
    (at,) = [k for k, tag in enumerate(tags) if "parameters" in tag]
    end = at + 2 + ("injected-parameters" in tags[at + 1])
    sources = [cell.source for cell in cells]
    return sources[:at], sources[at:end]


@pytest.mark.parametrize("path", NOTEBOOKS, **NAMED)
def test_parameters_are_set_and_checked_before_anything_trains(path):
    before, (cell, check) = head(read(path))
    assert before and before[0].startswith(("import ", "from "))
    assert not any(TRAINS.search(source.replace("ledger.table(", "")) for source in before)
    assert ast.unparse(ast.parse(check).body[0]) == f"labkit.parameters('{path.stem}', globals())"
    lines = ast.parse(cell).body
    assert lines and all(isinstance(line, ast.AnnAssign) for line in lines), "a default does not say what fits"
    values = {line.target.id: ast.literal_eval(line.value) for line in lines}
    assert parameters.fit(parameters.read(path), values) == values
    assert sum(source.count("labkit.parameters(") for source in (one.source for one in code(read(path)))) == 1


@pytest.mark.parametrize("path", NOTEBOOKS, **NAMED)
def test_papermill_lists_the_parameters_with_their_types(path):
    listed = papermill.inspect_notebook(str(path))
    known = parameters.read(path)
    assert list(listed) == list(known)
    for name, entry in listed.items():
        assert entry["inferred_type_name"].split("[")[0] in known[name].types
        assert ast.unparse(ast.parse(entry["default"], mode="eval")) == known[name].default


def ends(interval):
    """Numbers outside of an interval: beyond its ends, and the ends that are not in it. -> list"""
    left, low, high, right, _ = interval.groups()
    low, high = float(low), float(high)
    return [low - 1, *([low] if left == "(" else []), *([high] if right == ")" else [high + 1])]


def misspelt(word, draw):
    """A word with one letter left out, doubled or changed."""
    k = draw.randrange(len(word))
    return draw.choice([word[:k] + word[k + 1 :], word[:k] + word[k] + word[k:], word[:k] + "q" + word[k + 1 :]])


def wrong_values(parameter, default, draw):
    """Values that a parameter cannot have, out of what its notebook says of it. -> list"""
    one = {
        "int": [True, 2.5, "3", "three", None, [1], [[1]], {"a": 1}, float("nan")],
        "float": [False, "0.4", "much", None, [0.1], float("nan"), float("inf")],
        "bool": [1, 0, "true", "yes", None, [True], 0.5],
        "str": [None, 3, 0.5, True, ["digits"], {"a": "b"}],
        "dict": [None, 3, True, ["digits"], "digits"],
    }
    outside = ends(parameter.interval) if parameter.interval else []
    words = [misspelt(draw.choice(parameter.alternatives) or "x", draw) for _ in "ab" if parameter.alternatives]
    words = [word for word in words if word not in parameter.alternatives]
    (kind,) = parameter.elements or parameter.types
    bad = [*one[kind], *(int(x) if kind == "int" and abs(x) < float("inf") else x for x in outside), *words]
    if not parameter.elements:
        return bad
    right = default or parameter.alternatives
    lists = [[right], [*right, right[0]], *([*right[1:], x] for x in bad), *([] if parameter.may_be_empty else [[]])]
    return [None, right[0], "", json.dumps(right), {}, *lists]


def cases(count):
    """Wrong parameters of the notebooks on papers, drawn from a seed, each kind of each parameter alike. -> params"""
    draw, every = random.Random(1), []
    for path in PAPERS:
        known, own = parameters.read(path), []
        for name, parameter in known.items():
            wrong = wrong_values(parameter, ast.literal_eval(parameter.default), draw)
            own += [(path, name, value) for value in wrong]
            unknown = misspelt(name, draw)
            if unknown.isidentifier() and unknown not in known:
                own.append((path, unknown, ast.literal_eval(parameter.default)))
        every += draw.sample(own, count // len(PAPERS))
    return every


class Kernel:
    """A real kernel, elsewhere than in the project, that gets the cells that papermill would send it."""

    def __init__(self, folder):
        self.manager, self.client = start_new_kernel(cwd=str(folder), env={**os.environ, **SMALL})
        self.prepared = None
        assert self.run("%xmode Minimal") is None  # to draw a traceback takes longer than all else

    def run(self, source, **how):
        """Run a cell. -> None, or what it raised, as kind and words"""
        said = self.client.execute_interactive(source, output_hook=lambda message: None, timeout=120, **how)["content"]
        return None if said["status"] == "ok" else (said["ename"], said["evalue"])

    def head(self, path, given, **how):
        """Run a notebook's first cells, papermill's among them, up to the check. -> as `run`, of the check

        What comes before the parameters runs once: it imports and shows tables.
        """
        before, (*first, check) = head(parameterize_notebook(deepcopy(read(path)), given) if given else read(path))
        if self.prepared != path:
            assert [self.run(source, **how) for source in before] == [None] * len(before)
            self.prepared = path
        assert [self.run(source, **how) for source in first] == [None] * len(first)
        return self.run(check, **how)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    kernel = Kernel(tmp_path_factory.mktemp("elsewhere"))
    yield kernel
    kernel.close()


@pytest.mark.parametrize("count", [40, pytest.param(200, marks=pytest.mark.slow)])
def test_wrong_parameters_end_in_the_check_and_are_named(kernel, count):
    drawn = cases(count)
    assert len(drawn) == count and {name for _, name, _ in drawn} > {"seeds", "rates", "epochs", "keep", "criterion"}
    said = [kernel.head(path, {name: value}) for path, name, value in drawn]
    for (path, name, value), got in zip(drawn, said):
        assert got and got[0] == "ValueError", (path.stem, name, value, got)
        assert got[1].startswith((f"{name} is ", f"the parameter is {name!r}; it may be ")), (path.stem, value, got)
        assert got[1].startswith("the parameter") == (name not in parameters.read(path))


@pytest.mark.parametrize("path", PAPERS, **NAMED)
def test_the_command_line_says_the_same(path):
    """For all that its texts can say."""
    draw, known = random.Random(1), parameters.read(path)
    for name, parameter in known.items():
        for value in wrong_values(parameter, ast.literal_eval(parameter.default), draw):
            if parameter.types == ("str",):  # there a text stands for itself
                continue
            with pytest.raises(ValueError, match=rf"^{name} is ") as typed:
                parameters.fit(known, {name: value})
            with pytest.raises(ValueError, match=rf"^{name} is ") as text:
                parameters.check(known, [(name, json.dumps(value))])
            assert str(typed.value) == str(text.value)


def test_right_values_go_through_whoever_sends_the_cells(kernel):
    path = PAPERS[0]
    right = {"rates": [0], "seeds": [4, 1], "network": "lenet", "methods": ["CRUST", "ERM"], "keep": False}
    assert kernel.head(path, {}) is None
    assert kernel.head(path, right) is None
    assert kernel.run("assert rates == [0.0] and seeds == [4] and plan['net'] == 'lenet', (rates, seeds, plan)") is None
    assert kernel.head(path, {}, store_history=False) is None, "nbval keeps no history"
    assert kernel.run("assert plan['net'] == 'mlp'") is None


@pytest.mark.parametrize("path", sorted(set(NOTEBOOKS) - set(PAPERS)), **NAMED)
def test_every_other_notebook_refuses_what_it_does_not_know(path, kernel):
    said = kernel.head(path, {"sedes": 1})
    assert said and said[1].startswith("the parameter is 'sedes'; it may be ")
    name = list(parameters.read(path))[-1]
    assert kernel.head(path, {name: None})[1].startswith(f"{name} is None; it must be ")


def test_by_hand_a_mended_cell_is_enough(kernel):
    _, (cell, check) = head(read(PAPERS[0]))
    assert kernel.head(PAPERS[0], {"sedes": [1]})[1].startswith("the parameter is 'sedes'")
    edited = cell.replace("seeds: list[int] = [0, 1]", "seeds: list[int] = [0, 0]")
    assert edited != cell and kernel.run(edited) is None
    assert kernel.run(check) == ("ValueError", "seeds is [0, 0]; it must be a list without repeats")
    assert kernel.run(cell) is None and kernel.run(check) is None


def command(folder, path, *words, **env):
    """Plain papermill in another folder. -> the finished process, the notebook as far as it came"""
    call = [sys.executable, "-m", "papermill", str(path), "out.ipynb", *words]
    done = subprocess.run(call, cwd=folder, env=PLAIN | env, capture_output=True, text=True, check=False)
    return done, nbformat.read(folder / "out.ipynb", 4)


@pytest.mark.parametrize(
    "words, said",
    [
        (["-p", "seeds", "many"], "ValueError: seeds is 'many'; it must be list of int"),
        (["-p", "nosie", "0.4"], "ValueError: the parameter is 'nosie'; it may be dataset, "),
    ],
)
def test_papermill_ends_with_the_reason(words, said, tmp_path):
    done, out = command(tmp_path, PAPERS[0], *words)
    last = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr).strip().splitlines()[-1]
    assert done.returncode == 1 and last.startswith(said)
    ran = [cell for cell in out.cells if cell.cell_type == "code" and cell.execution_count]
    assert ran[-1].source.startswith("labkit.parameters("), "nothing after the check"


def test_papermill_runs_a_lesson_with_another_value(tmp_path):
    path = ROOT / "lessons" / "00_start_here.ipynb"
    done, out = command(tmp_path, path, "-p", "epochs", "3", LABKIT_FAST="1", OMP_NUM_THREADS="1")
    assert done.returncode == 0, done.stderr
    assert "Executing: 100%" in done.stderr and done.stderr.count("it/s") + done.stderr.count("s/it") == 0
    outputs = [output for cell in out.cells for output in cell.get("outputs", [])]
    assert outputs and not [output for output in outputs if output.get("name") == "stderr"], "no bars of ours"
    assert (tmp_path / "out.ipynb").stat().st_size < 1_000_000
