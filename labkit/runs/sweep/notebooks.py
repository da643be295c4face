"""Notebooks on a worker: one of a plan, or one that shows a training. A worker runs all of them in one warm kernel."""

import hashlib
import json
import os
import shutil
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from ...fit import Keeper
from ...fit.config import about
from ...fit.seal import write_facts
from ...notebook import Failed, Warm, execute
from ...numbers import NUMBERS
from ...state import whole_folder
from .points import Point

SHOWS = Path(__file__).parents[2] / "notebook" / "run.ipynb"  # shows one training


class CellFailed(RuntimeError):
    """A notebook did not come to its end. cell: the number of the failed cell."""

    def __init__(self, failure: Failed, out: Path) -> None:
        super().__init__(f"{failure.error}\ncell {failure.cell} of {out}\n{failure.traceback}")
        self.cell = failure.cell


@lru_cache(maxsize=1)
def kernel() -> Warm:
    """Return this worker's kernel."""
    return Warm()


def run(point: Point, options: dict[str, Any]) -> dict[str, str]:
    """Run a notebook with the point's values, and keep it in a folder of the store like a training. -> run, status

    Its own trainings go to <store>/trainings, so that a killed one goes on there. Raises CellFailed, and Busy where
    another process runs the same. options: of work.options
    """
    notebook = Path(options["notebook"])
    store = Path(options["store"])
    os.environ["LABKIT_RUNS"] = str(store / "trainings")
    wait = _ignore if options["wait"] else None
    with Keeper(store, configuration(notebook, point), wait=wait) as keeper:
        if keeper.finished:
            return {"run": keeper.name, "status": "read"}
        start = time.monotonic()
        out = keeper.partial / "run.ipynb"
        keeper.log(f"begins: {notebook.name} {json.dumps(point)}")
        failure = execute(notebook, out, point, kernel())
        if failure:
            keeper.log(f"cell {failure.cell} failed: {failure.error}")
            raise CellFailed(failure, out)
        keeper.log("finished")
        _keep(keeper, notebook, point, time.monotonic() - start)
        return {"run": keeper.name, "status": "finished"}


def _ignore(message):
    """Print nothing while another process is waited for."""


def configuration(notebook: Path, point: Point) -> dict[str, Any]:
    """Return what identifies an executed notebook: its code, the values, the size."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    sources = []
    for cell in cells:
        if cell["cell_type"] == "code":
            sources.append(cell["source"])
    code = hashlib.sha256(json.dumps(sources).encode())
    size = {"fast": os.environ.get("LABKIT_FAST", "0") not in ("", "0"), "numbers": NUMBERS}
    return {"notebook": notebook.name, "code": code.hexdigest()[:16], "values": point, **size}


def _keep(keeper, notebook, point, seconds):
    """Write the folder of a notebook that came to its end."""
    import torch

    facts = about(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    row = {"notebook": notebook.stem, "values": json.dumps(point), "numbers": NUMBERS, "seconds": seconds, **facts}
    with whole_folder(keeper.folder, keeper.partial) as folder:
        for name in ("run.ipynb", "log.txt"):
            shutil.copy(keeper.partial / name, folder)
        pd.DataFrame([row]).to_parquet(folder / "result.parquet")
        write_facts(folder, {"config": configuration(notebook, point), "about": facts})


def leave(folder: Path) -> None:
    """Leave an executed notebook in the folder of a training, unless there is one. Raises CellFailed."""
    out = folder / "run.ipynb"
    temporary = folder / f".run.{os.getpid()}.ipynb"
    if out.exists():
        return
    try:
        failure = execute(SHOWS, temporary, {"folder": str(folder.resolve())}, kernel())
        if failure:
            raise CellFailed(failure, temporary)
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
