"""A lesson as an app: Voila runs the notebook and shows its outputs; what its reader cannot type in is left out."""

import re
from copy import deepcopy

import nbformat

WHERE = "\n\n*The exercises check themselves in JupyterLab:* `./lab {path}` *opens them.*\n"
GUESS = re.compile(r"labkit\.predict\([^,()]*,\s*([^()]*?)\s*\)")
ASK = "*Write down your guess. The panel further down asks for it; the figures show an example's.*"
SCORE = re.compile(r"^labkit\.scores?\(.*$", re.M)


def notebook(source):
    """What the app runs: without exercises; the guess is asked for in the panel, not in a cell. source: book.Source

    -> notebook, with no outputs: they come from the kernel
    """
    made, kept = deepcopy(source.notebook), []
    for cell in made.cells:
        if found := re.search(r"^#+ Exercise ", cell.source, re.M):
            cell.source = cell.source[: found.start()] + WHERE.format(path=source.path)
            kept.append(cell)
            break
        guessed = cell.cell_type == "code" and GUESS.search(cell.source)
        kept.append(opened(cell))
        kept += [nbformat.v4.new_markdown_cell(ASK)] if guessed else []
    made.cells = kept
    made.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return made


def opened(cell):
    """A cell without its outputs; the guess that stands in it is not kept as the reader's."""
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
        cell.source = SCORE.sub("", GUESS.sub(r"\1", cell.source)).strip()
    return cell


def write(source, folder):
    """The app's notebook in a folder. -> its path"""
    path = folder / source.path.rpartition("/")[2]
    nbformat.write(notebook(source), path)
    return path
