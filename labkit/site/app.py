"""A lesson as an app: Voila runs the notebook and shows its outputs; what its reader cannot type in is left out."""

import re
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from .book import Source

EXERCISE = re.compile(r"^#+ Exercise ", re.M)
EXERCISES_NOTE = "\n\n*The exercises check themselves in JupyterLab:* `./lab {path}` *opens them.*\n"
GUESS = re.compile(r"^labkit\.predict\(", re.M)
ASK = "*The panel further down waits for your guess, too. The figures do not: make it before you read on.*"
SCORE = re.compile(r"^labkit\.scores?\(.*$", re.M)


def notebook(source: Source) -> NotebookNode:
    """Return the notebook that the app runs: without exercises, and without outputs, which come from the kernel.

    The guess is asked for where the lesson asks for it, and scored in the panel alone: all cells have run before.
    """
    app = deepcopy(source.notebook)
    cells = []
    for cell in app.cells:
        heading = EXERCISE.search(cell.source)
        if heading:
            cell.source = cell.source[: heading.start()] + EXERCISES_NOTE.format(path=source.path)
            cells.append(cell)
            break
        has_guess = cell.cell_type == "code" and GUESS.search(cell.source)
        cells.append(without_score(cell))
        if has_guess:
            cells.append(nbformat.v4.new_markdown_cell(ASK))
    app.cells = cells
    app.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return app


def without_score(cell: NotebookNode) -> NotebookNode:
    """Clear a cell's outputs, and leave out lines that score a guess. Return the cell."""
    if cell.cell_type == "code":
        cell.outputs = []
        cell.execution_count = None
        cell.source = SCORE.sub("", cell.source).strip()
    return cell


def write(source: Source, folder: Path) -> Path:
    """Write the app's notebook into a folder. Return its path."""
    path = folder / source.path.rpartition("/")[2]
    nbformat.write(notebook(source), path)
    return path
