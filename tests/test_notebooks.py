"""Every stored notebook is a run from top to bottom, and has something that a test compares."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from labkit.cli import ROOT
from labkit.cli.test import PLACES

NOTEBOOKS = sorted(path for place in PLACES for path in (ROOT / place).glob("*.ipynb"))
CHECKED = re.compile(r"^#\s*NBVAL_CHECK_OUTPUT", re.MULTILINE)
SHELL = re.compile(r"^\s*[!%]\s*(pip|conda)\b|^\s*!", re.MULTILINE)
LINES, BYTES = 25, 1_000_000


def faults(notebook):
    """What is wrong with a notebook, each in a few words. -> list"""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    found = [fault for cell in cells for fault in cell_faults(cell)]
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        found.append("not executed from top to bottom")
    if not any(CHECKED.search(cell.source) for cell in cells):
        found.append("no cell is compared")
    if "widgets" in notebook.metadata:
        found.append("widget state")
    if len(nbformat.writes(notebook).encode()) >= BYTES:
        found.append("1 MB or more")
    return found


def cell_faults(cell):
    """What is wrong with a code cell."""
    tests = {
        "an error output": any(output.output_type == "error" for output in cell.outputs),
        "compared, but without outputs": CHECKED.search(cell.source) and not cell.outputs,
        "a shell command": SHELL.search(cell.source),
        "a class": any(isinstance(node, ast.ClassDef) for node in ast.walk(parsed(cell.source))),
        f"more than {LINES} lines": len(cell.source.splitlines()) > LINES,
    }
    return [f"{fault}: {cell.source[:60]!r}" for fault, wrong in tests.items() if wrong]


def parsed(source):
    """A cell's syntax; lines for IPython or for the shell are left out."""
    return ast.parse(re.sub(r"^(\s*)[!%].*$", r"\1pass", source, flags=re.MULTILINE))


def test_there_are_notebooks_and_lessons():
    assert {path.parent.relative_to(ROOT).as_posix() for path in NOTEBOOKS} == set(PLACES)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_notebooks(path):
    excused = {"no cell is compared"} if path.parent.name == "solutions" else set()
    assert not set(faults(nbformat.read(path, as_version=4))) - excused


def good():
    """A notebook without a fault."""
    cell = lambda n, source: new_code_cell(source, execution_count=n, outputs=[new_output("stream", text="1\n")])
    return new_notebook(cells=[cell(1, "# NBVAL_CHECK_OUTPUT\nprint(1)"), cell(2, "print(1)")])


def test_a_good_notebook_has_no_faults():
    assert not faults(good())


@pytest.mark.parametrize(
    "fault, spoil",
    [
        (
            "an error output",
            lambda nb: nb.cells[1].outputs.append(new_output("error", ename="E", evalue="", traceback=[])),
        ),
        ("compared, but without outputs", lambda nb: nb.cells[0].update(outputs=[])),
        ("a shell command", lambda nb: nb.cells[1].update(source="!pip install x")),
        ("a shell command", lambda nb: nb.cells[1].update(source="if True:\n    %pip install x")),
        ("a class", lambda nb: nb.cells[1].update(source="class A: pass")),
        ("more than 25 lines", lambda nb: nb.cells[1].update(source="1\n" * 26)),
        ("not executed from top to bottom", lambda nb: nb.cells[0].update(execution_count=None)),
        ("not executed from top to bottom", lambda nb: nb.cells.reverse()),
        ("no cell is compared", lambda nb: nb.cells[0].update(source="print(1)")),
        ("widget state", lambda nb: nb.metadata.update(widgets={})),
        ("1 MB or more", lambda nb: nb.cells[1].outputs[0].update(text="x" * 1_000_000)),
    ],
)
def test_every_fault_is_seen(fault, spoil):
    spoil(notebook := good())
    (found,) = faults(notebook)
    assert found.startswith(fault)


def files_written(notebook):
    """Paths that a paper's notebook gives to `keep` and `record`, if its results lie in /results. -> list of Path"""
    names = {"RESULTS": Path("/results/runs.parquet"), "KERNEL": Path("/results/kernel.parquet")}
    paths = []
    for cell in notebook.cells:
        for node in ast.walk(parsed(cell.source)) if cell.cell_type == "code" else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("keep", "record"):
                paths.append(Path(eval(ast.unparse(node.args[-1]), dict(names))))
    return paths


@pytest.mark.parametrize("name", ["crust", "prl", "cdr_aux", "rmnw_net"])
def test_a_paper_keeps_runs_and_findings_beside_each_other(name):
    paths = files_written(nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4))
    assert {path.parent for path in paths} == {Path("/results")}, "a relative path begins in the caller's folder"
    assert Path("/results/findings.parquet") in paths and len(paths) > 1
