"""What the solutions hand in: the answers of the notebooks in lessons/solutions, without their trainings."""

import ast
import contextlib
import io
import re
from functools import cache
from pathlib import Path

import nbformat
import numpy as np

from labkit.exercises.reading import array
from labkit.exercises.verdict import Wrong

LESSONS = Path(__file__).parents[1] / "lessons"
TRAINS = re.compile(r"\b(fit|trained|cross_validated|patience)\(")
POSITIONS = ("01.5", "07.1")  # exercises that ask for positions, in any order
NUMBER = re.compile(r"(?<![\w.])[-−]?\d[\d,]*(?:\.\d+)?")


def exercise_of(statement):
    """The call labkit.check(name, answer) that a statement is, None if it is another one."""
    call = getattr(statement, "value", None)
    is_check = isinstance(call, ast.Call) and ast.unparse(call.func) == "labkit.check"
    return call if is_check else None


@cache
def answers():
    """{exercise: answer} of every solution that needs no training. A cell is run until it checks its answer."""
    handed_in = {}
    for path in sorted((LESSONS / "solutions").glob("*.ipynb")):
        names = {}
        for cell in nbformat.read(path, 4).cells:
            if cell.cell_type == "code" and not TRAINS.search(cell.source.split("labkit.check")[0]):
                handed_in |= run(cell.source, names)
    return handed_in


def run(source, names):
    """Run a cell until its check. -> {exercise: answer}, empty if it checks nothing"""
    for statement in ast.parse(source).body:
        if call := exercise_of(statement):
            name, answer = (eval(ast.unparse(argument), names) for argument in call.args)
            return {name: answer}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(ast.Module([statement], []), "<solution>", "exec"), names)
    return {}


@cache
def numbers():
    """{exercise: numbers [n]} of every solution that hands in numbers; positions are none."""
    found = {}
    for name, answer in answers().items():
        if name in POSITIONS:
            continue
        with contextlib.suppress(Wrong):
            found[name] = np.atleast_1d(array(answer))
    return found


@cache
def questions():
    """{exercise: its text in the lesson, with the code of its cell}"""
    texts = {}
    for path in sorted(LESSONS.glob("[0-9]*.ipynb")):
        name = None
        for cell in nbformat.read(path, 4).cells:
            heading = re.search(r"^### Exercise (\S+):", cell.source, re.M)
            name = heading[1] if heading else name
            if name:
                texts[name] = texts.get(name, "") + cell.source + "\n"
            if "labkit.check" in cell.source:
                name = None
    return texts
