"""Run a notebook from top to bottom without a browser."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..paths import pin_variables
from . import parameters

if TYPE_CHECKING:
    from .kernel import Warm


class Failed(NamedTuple):
    """Why a notebook did not come to its end. cell: the number of the failed cell as the notebook shows it, In [cell].
    error: its last line. traceback: its last lines."""

    cell: int
    error: str
    traceback: str


def execute(
    notebook: Path, out: Path, given: dict[str, Any], kernel: "Warm | None" = None, timeout: float | None = None
) -> Failed | None:
    """Run a notebook in its own folder through papermill. -> None if it came to its end

    given: {name: value}; a path among them that is relative begins in the current folder.
    kernel: a Warm, for many notebooks (None: a fresh one). timeout: seconds that a cell may take.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    pin_variables()
    given = parameters.placed(parameters.read(notebook), given, given)
    os.environ.setdefault("LABKIT_PROGRESS", "0")  # a file cannot show a bar of widgets
    options = {"kernel_name": "python3", "language": "python", "execution_timeout": timeout}
    of_fresh = {"cwd": notebook.parent, "extra_arguments": ["--log-level=ERROR"]}
    run = kernel.run if kernel else partial(papermill.execute_notebook, **of_fresh)
    try:
        run(notebook, out, given, **options)
    except papermill.PapermillExecutionError as error:
        return _failed(out, str(error))
    except (CellTimeoutError, DeadKernelError) as error:
        return _failed(out, f"{type(error).__name__}: {error}")
    return None


def _failed(out, message):
    """Return the failure of the last cell that began. out: the executed copy -> Failed"""
    import nbformat

    begun = 0
    for cell in nbformat.read(out, as_version=4).cells:
        if cell.cell_type == "code" and cell.source.strip() and cell.metadata.papermill.start_time:
            begun += 1
    lines = message.strip().splitlines()
    return Failed(begun, lines[-1], "\n".join(lines[-15:]))
