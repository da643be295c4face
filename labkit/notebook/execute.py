"""Run a notebook from top to bottom without a browser."""

import os
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from ..paths import pin_variables
from . import parameters

WORDS = 2000  # characters of what a kernel said before it died

if TYPE_CHECKING:
    from nbformat import NotebookNode

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

    What a kernel itself says (an interrupt at its end, a library that complains) is shown only where it died.

    given: {name: value}; a path among them that is relative begins in the current folder.
    kernel: a Warm, for many notebooks (None: a fresh one). timeout: seconds that a cell may take.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    pin_variables()
    given = parameters.placed(parameters.read(notebook), given, given)
    os.environ.setdefault("LABKIT_PROGRESS", "0")  # a file cannot show a bar of widgets
    options = {"kernel_name": "python3", "language": "python", "execution_timeout": timeout}
    with tempfile.TemporaryFile() as said:
        try:
            if kernel:
                kernel.run(notebook, out, given, **options)
            else:
                _run_in_fresh_kernel(notebook, out, given, said, options)
        except papermill.PapermillExecutionError as error:
            return _failed(out, str(error))
        except (CellTimeoutError, DeadKernelError) as error:
            return _failed(out, f"{_last_words(said)}\n{type(error).__name__}: {error}")
    return None


def _run_in_fresh_kernel(notebook, out, given, said, options):
    """Run a notebook in a kernel of its own. said: the open file that gets what the kernel says"""
    import papermill
    from papermill.engines import papermill_engines

    papermill_engines.register("quiet", _engine())
    papermill.execute_notebook(notebook, out, given, engine_name="quiet", said=said, cwd=notebook.parent, **options)


def _last_words(said):
    """Return the end of what a kernel said. said: an open file -> text"""
    said.seek(0)
    return said.read().decode(errors="replace")[-WORDS:]


def _engine():
    """Return papermill's own engine, with a kernel that says nothing to the terminal. -> class"""
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NBClientEngine

    class Engine(NBClientEngine):
        """Runs the notebook in a fresh kernel, which writes to a file."""

        @classmethod
        def execute_managed_notebook(
            cls, notebook: Any, kernel_name: str, said: IO, execution_timeout: float | None = None, **options: Any
        ) -> "NotebookNode":
            """Execute the notebook; papermill calls this."""
            fresh = {"kernel_name": kernel_name, "startup_timeout": options["start_timeout"]}
            arguments = ["--log-level=ERROR"]
            client = PapermillNotebookClient(notebook, timeout=execution_timeout, extra_arguments=arguments, **fresh)
            return client.execute(stdout=said, stderr=said)

    return Engine


def _failed(out, message):
    """Return the failure of the last cell that began. out: the executed copy -> Failed"""
    import nbformat

    begun = 0
    for cell in nbformat.read(out, as_version=4).cells:
        if cell.cell_type == "code" and cell.source.strip() and cell.metadata.papermill.start_time:
            begun += 1
    lines = message.strip().splitlines()
    return Failed(begun, lines[-1], "\n".join(lines[-15:]))
