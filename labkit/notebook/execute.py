"""Run a notebook from top to bottom without a browser."""

import os
from functools import partial
from typing import NamedTuple

from ..paths import pin_variables
from . import parameters


class Failed(NamedTuple):
    """Why a notebook did not come to its end. cell: the number of the failed cell as the notebook shows it, In [cell].
    error: its last line. traceback: its last lines."""

    cell: int
    error: str
    traceback: str


def execute(notebook, out, given, kernel=None, timeout=None):
    """Run a notebook in its own folder through papermill. -> None, or Failed

    given: {name: value}; a path among them that is relative begins in the current folder.
    kernel: a Warm, for many notebooks (None: a fresh one). timeout: seconds that a cell may take.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    pin_variables()
    given = parameters.placed(parameters.read(notebook), given, given)
    os.environ.setdefault("LABKIT_PROGRESS", "0")  # a bar of widgets is nothing that a file can show
    how = {"kernel_name": "python3", "language": "python", "execution_timeout": timeout}
    fresh = {"cwd": notebook.parent, "extra_arguments": ["--log-level=ERROR"]}
    run = kernel.run if kernel else partial(papermill.execute_notebook, **fresh)
    try:
        run(notebook, out, given, **how)
    except papermill.PapermillExecutionError as error:
        return _failed(out, str(error))
    except (CellTimeoutError, DeadKernelError) as error:
        return _failed(out, f"{type(error).__name__}: {error}")
    return None


def _failed(out, words):
    """The cell is the last one that began. -> Failed"""
    import nbformat

    cells = [cell for cell in nbformat.read(out, as_version=4).cells if cell.cell_type == "code"]
    begun = [cell for cell in cells if cell.source.strip() and cell.metadata.papermill.start_time]
    lines = words.strip().splitlines()
    return Failed(len(begun), lines[-1], "\n".join(lines[-15:]))
