"""Finding a notebook of the project, and running it from top to bottom without a browser."""

import os
from pathlib import Path

from ..errors import choose

ROOT = Path(__file__).resolve().parents[2]


def find(name):
    """The notebook of this path or name. Raises ValueError with the nearest names."""
    path = Path(name if name.endswith(".ipynb") else f"{name}.ipynb")
    for place in (Path(), ROOT, ROOT / "notebooks", ROOT / "lessons"):
        if (place / path).is_file():
            return (place / path).resolve()
    known = [
        p.relative_to(ROOT).as_posix()
        for folder in ("notebooks", "lessons")
        for p in sorted((ROOT / folder).glob("*.ipynb"))
    ]
    return choose("the notebook", str(path), dict.fromkeys(known))


def execute(notebook, out, given):
    """Run a notebook in its own folder through papermill. -> None, or the last lines of what went wrong"""
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    os.environ.setdefault("LABKIT_PROGRESS", "0")  # a bar of widgets is nothing that a file can show
    how = {"kernel_name": "python3", "language": "python", "extra_arguments": ["--log-level=ERROR"]}
    try:
        papermill.execute_notebook(notebook, out, given, cwd=notebook.parent, **how)
    except papermill.PapermillExecutionError as error:
        lines = str(error).strip().splitlines()
        return "\n".join(lines[-15:])
    except (CellTimeoutError, DeadKernelError) as error:
        return f"{type(error).__name__}: {error}"
    return None
